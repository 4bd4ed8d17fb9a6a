"""What the hooks of all systems share: an Airflow connection in, a connector out.

Hooks are the only place that reads secrets, and they read them only when a task or the Test button asks: importing a
hook or making one reads nothing and calls nobody.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from airflow.sdk import BaseHook

from keepstep.core.errors import KeepstepError, SettingsError

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from keepstep.connectors.base import Connector
    from keepstep.connectors.budget import Budget

KEEP_CALLS = 1000  # a day, where the connection doesn't say


class SystemHook(BaseHook):
    """Turns one Airflow connection into a connector."""

    conn_name_attr: ClassVar[str] = "conn_id"
    conn_type: ClassVar[str]
    default_conn_name: ClassVar[str]
    hook_name: ClassVar[str]
    systems: ClassVar[frozenset[str]]  # what `crm.system` or `platform.system` may say over such a connection

    def __init__(self, conn_id: str) -> None:
        super().__init__()
        self.conn_id = conn_id

    def get_conn(self, max_calls: int | None = None) -> Connector:
        """A connector that nobody else uses; close it when done. Raises SettingsError where a field is missing.

        `max_calls` is how many calls it may make before it raises Unavailable; None: no limit.
        """
        return self.connector(self.get_connection(self.conn_id), max_calls)

    def connector(self, connection: Connection, max_calls: int | None) -> Connector:
        """The connector that this connection describes."""
        raise NotImplementedError

    def test_connection(self) -> tuple[bool, str]:
        """What the Test button runs: sign in, one cheap call."""
        try:
            connector = self.get_conn()
        except KeepstepError as wrong:
            return False, str(wrong)
        try:
            connector.check()
        except KeepstepError as wrong:
            return False, str(wrong)
        finally:
            connector.close()
        return True, f"Signed in to {self.hook_name.split(' (', maxsplit=1)[0]}."


class Fields:
    """The fields of a connection by name, whether the form keeps them as columns or among the extras."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._extra: dict[str, Any] = connection.extra_dejson

    def optional(self, name: str) -> str | None:
        """The field's text; None where it is empty. `login`, `password` and `host` are the form's own fields."""
        given = getattr(self._connection, name) if name in ("login", "password", "host") else self._extra.get(name)
        text = str(given).strip() if given is not None else ""
        return text or None

    def required(self, name: str, meaning: str) -> str:
        """The field's text. Raises SettingsError that names connection, field and meaning."""
        text = self.optional(name)
        if text is None:
            raise SettingsError(
                f"connection {self._connection.conn_id}: the field {name} is empty; it is {meaning} "
                "(Admin > Connections in Airflow)"
            )
        return text

    def whole(self, name: str) -> int | None:
        """The field's whole number; None where it is empty. Raises SettingsError where it isn't one."""
        text = self.optional(name)
        if text is None or text.isdigit():
            return None if text is None else int(text)
        raise SettingsError(f"connection {self._connection.conn_id}: {name} is a whole number, not {text!r}")

    def budget(self, kept: str, max_calls: int | None) -> Budget:
        """What a run may spend; the field `kept` says how many calls of a day stay for the system's other users."""
        from keepstep.connectors.budget import Budget

        reserve = self.whole(kept)
        return Budget(max_calls, reserve=KEEP_CALLS if reserve is None else reserve)

    def required_url(self, example: str) -> str:
        """The form's base URL. Raises SettingsError that names it and shows what it looks like."""
        return self.base_url() or self.required("host", f"the address that people open in a browser, {example}")

    def base_url(self) -> str | None:
        """The form's base URL without a trailing slash; None where it is empty: the system's own address.

        A connection made of a URI has scheme, host and port apart (``act-on://user:password@127.0.0.1:8080``).
        """
        host = self.optional("host")
        if host is None:
            return None
        if "://" not in host:
            host = f"{self._connection.schema or 'https'}://{host}"
        if self._connection.port and host.count(":") == 1:
            host = f"{host}:{self._connection.port}"
        return self.private("host", host)

    def private(self, name: str, url: str) -> str:
        """The address without a trailing slash. Raises SettingsError where secrets would travel in clear."""
        parts = urlsplit(url)
        if parts.scheme == "https" or (parts.scheme == "http" and _is_near(parts.hostname)):
            return url.rstrip("/")
        raise SettingsError(
            f"connection {self._connection.conn_id}: {name} begins with https://; http:// is for a sandbox on this "
            "machine, or in the same container network"
        )


def _is_near(host: str | None) -> bool:
    """This machine, or a name without a dot, which only a network of one's own resolves."""
    if not host:
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return "." not in host
