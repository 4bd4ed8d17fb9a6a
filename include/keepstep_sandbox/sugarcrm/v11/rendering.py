"""Records as v11 tells them."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from keepstep_sandbox.sugarcrm.errors import invalid
from keepstep_sandbox.sugarcrm.schema import Field, Type
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.standard import ADDRESSES, USERS
from keepstep_sandbox.sugarcrm.table import Row
from keepstep_sandbox.sugarcrm.v11.calls import Call
from keepstep_sandbox.sugarcrm.view import View

ALWAYS: Final = ("id", "date_modified")
TEAM: Final = {"id": "1", "name": "Global", "name_2": "", "primary": True}
_VIEWS: Final = {
    "list": ("name", "first_name", "last_name", "title", "account_name", "email", "phone_work", "status", "list_type",
             "assigned_user_id", "assigned_user_name", "date_entered"),
}  # fmt: skip


class Rendering:
    """See the module."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._view = View(site)

    def record(self, module: str, row: Row, fields: Sequence[Field] | None = None) -> dict[str, Any]:
        """Write a record; all its fields if none are named."""
        chosen = self._site.schema.fields(module) if fields is None else fields
        told = {field.name: self._value(module, field, row) for field in chosen}
        if fields is None and module not in (USERS, ADDRESSES):
            told["team_name"] = [TEAM]
            told["following"] = False
        return {**told, "_acl": {"fields": {}}, "_module": module}

    def chosen(self, module: str, call: Call) -> list[Field] | None:
        """Read `fields` and `view`; None for all fields.

        Raises:
            SugarError: there's no such field or view.
        """
        wanted, view = call.arguments.get("fields"), call.arguments.get("view")
        if not wanted and view in (None, "", "record"):
            return None
        if view not in (None, "", "record", "list"):
            raise invalid(f"Unknown view: {view}")
        texts = wanted if isinstance(wanted, list) else str(wanted or "").split(",")
        names = [str(one.get("name", "") if isinstance(one, dict) else one).strip() for one in texts]
        names += [name for name in _VIEWS.get(str(view), ()) if self._site.schema.field(module, name) is not None]
        kept = dict.fromkeys([*ALWAYS, *names])
        return [field for name in kept if (field := self._site.schema.field(module, name)) is not None]

    def emails(self, module: str, record_id: str) -> list[dict[str, Any]]:
        """Write the addresses of a record."""
        text = self._site.settings.flags_as_text
        told = []
        for held in self._site.addresses.held(module, record_id):
            flags = {
                "primary_address": held.primary,
                "opt_out": held.address["opt_out"],
                "invalid_email": held.address["invalid_email"],
                "reply_to_address": False,
            }
            shown = {name: str(int(flag)) if text else flag for name, flag in flags.items()}
            ids = {"email_address_id": held.address["id"], "email_address": held.address["email_address"]}
            told.append({**ids, **shown})
        return told

    def moment(self, when: datetime) -> str:
        """Write a date-time with the API user's offset."""
        zone = timezone(timedelta(minutes=self._site.settings.utc_offset_minutes))
        return when.astimezone(zone).isoformat(timespec="seconds")

    def _value(self, module: str, field: Field, row: Row) -> Any:
        if field.type is Type.EMAIL:
            return self.emails(module, row["id"])
        value = self._view.value(module, field, row)
        if isinstance(value, datetime):
            return self.moment(value)
        if value is None and field.type not in (Type.INT, Type.DATE, Type.DATETIME):
            return ""
        return value
