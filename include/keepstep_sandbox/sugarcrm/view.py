"""What a record's fields hold, those that stand in other tables included."""

from collections.abc import Callable
from typing import Any, Final

from keepstep_sandbox.sugarcrm.addresses import FLAGS
from keepstep_sandbox.sugarcrm.schema import Field, Type
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.standard import ACCOUNTS, CONTACTS, LEADS, PROSPECTS, USERS
from keepstep_sandbox.sugarcrm.table import Row

_PERSONS: Final = (LEADS, CONTACTS, PROSPECTS, USERS)
_USER_NAMES: Final = {
    "assigned_user_name": "assigned_user_id",
    "modified_by_name": "modified_user_id",
    "created_by_name": "created_by",
}


class View:
    """See the module. NULL and what isn't there is None."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._computed: dict[str, Callable[[str, Row], Any]] = {
            "full_name": lambda _, row: full_name(row),
            "email1": self._email,
            "email_opt_out": lambda module, row: self._flag(module, row, FLAGS[0]),
            "invalid_email": lambda module, row: self._flag(module, row, FLAGS[1]),
            **{name: self._user_name(field) for name, field in _USER_NAMES.items()},
        }

    def value(self, module: str, field: Field, row: Row) -> Any:
        """Give what a row holds in a field."""
        if field.column and not (field.name == "name" and module in _PERSONS):
            return row.get(field.name, False if field.type is Type.BOOL else None)
        if field.name == "name":
            return full_name(row)
        if module == CONTACTS and field.name in ("account_id", "account_name"):
            return self._account(row, field.name)
        compute = self._computed.get(field.name)
        return None if compute is None else compute(module, row)

    def user_name(self, user: Any) -> str:
        """Give a user's name as records tell it."""
        row = self._site.tables[USERS].get(str(user or ""))
        return "" if row is None else str(row["user_name"])

    def _account(self, row: Row, name: str) -> Any:
        account = self._site.tables[ACCOUNTS].live(str(row.get("account_id", "")))
        if account is None:
            return ""
        return account["id"] if name == "account_id" else account.get("name", "")

    def _email(self, module: str, row: Row) -> Any:
        address = self._site.addresses.primary(module, row["id"])
        return "" if address is None else address["email_address"]

    def _flag(self, module: str, row: Row, flag: str) -> bool:
        address = self._site.addresses.primary(module, row["id"])
        return False if address is None else bool(address.get(flag, False))

    def _user_name(self, field: str) -> Callable[[str, Row], str]:
        return lambda _, row: self.user_name(row.get(field))


def full_name(row: Row) -> str:
    """Give a person's name."""
    return " ".join(part for part in (row.get("first_name"), row.get("last_name")) if part)
