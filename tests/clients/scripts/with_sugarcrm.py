"""sugarcrm carries out orders: `set_entry`, `get_entry_list`; its objects, `Lead(...)`, are told by their class."""

from collections.abc import Mapping
from typing import Any

import sugarcrm

from tests.clients.scripts.loop import serve

Told = dict[str, Any]


class Client:
    """The client, whose functions take and give objects of its own."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def set_entry(self, kind: str, **fields: str) -> str:
        """Make or change a record; give its id."""
        return str(self._session.set_entry(_object(kind, fields)).id)

    def get_entry(self, module: str, record_id: str, **links: list[str]) -> Told | None:
        """Read a record, and what it is linked with."""
        found = self._session.get_entry(module, record_id, links=links)
        return None if found is None else _told(found)

    def get_entries(self, module: str, ids: list[str]) -> list[Told]:
        """Read records."""
        return [_told(one) for one in self._session.get_entries(module, ids)]

    def get_entry_list(self, kind: str, like: dict[str, str], **how: Any) -> list[Told]:
        """Read the records that are like this one."""
        return [_told(one) for one in self._session.get_entry_list(_object(kind, like), **how)]

    def get_entries_count(self, kind: str, like: dict[str, str], **how: Any) -> int:
        """Count them."""
        return int(self._session.get_entries_count(_object(kind, like), **how))

    def set_relationship(self, parent: list[str], child: list[str], *, delete: bool = False) -> Told:
        """Link two records, each given by its class and id, or part them."""
        objects = [_object(kind, {"id": record_id}) for kind, record_id in (parent, child)]
        told: Told = self._session.set_relationship(*objects, delete=delete)
        return told

    def get_available_modules(self) -> list[str]:
        """Name the modules."""
        return [one.module_key for one in self._session.get_available_modules()]


def _object(kind: str, fields: dict[str, str]) -> Any:
    return getattr(sugarcrm, kind)(**fields)


def _told(found: Any) -> Told:
    return {
        name: [_told(one) for one in value] if isinstance(value, list) else value
        for name, value in vars(found).items()
        if name not in ("module", "__class__")
    }


def signed_in(url: str, username: str, password: str) -> Client:
    """Sign in."""
    return Client(sugarcrm.Session(f"{url}/service/v4_1/rest.php", username, password))


def refusal(error: Exception) -> Mapping[str, Any]:  # noqa: ARG001 - what serve wants
    """Tell nothing more: the client's exceptions hold their text alone."""
    return {}


if __name__ == "__main__":
    serve(signed_in, refusal)
