"""The writing methods of the legacy service; what they answer is what was sent, not what was stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from keepstep_sandbox.sugarcrm.addresses import FLAGS
from keepstep_sandbox.sugarcrm.errors import LOCKED, SugarError
from keepstep_sandbox.sugarcrm.ids import well_formed
from keepstep_sandbox.sugarcrm.links import LINKS, Links
from keepstep_sandbox.sugarcrm.records import Records
from keepstep_sandbox.sugarcrm.schema import Field
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.standard import ADDRESSES, CONTACTS, USERS
from keepstep_sandbox.sugarcrm.table import STAMP, Row
from keepstep_sandbox.sugarcrm.v4_1.errors import Crash, access_denied, no_module
from keepstep_sandbox.sugarcrm.v4_1.reads import Arguments, module_of, names_of
from keepstep_sandbox.sugarcrm.v4_1.rendering import Pairs, echo, pair
from keepstep_sandbox.sugarcrm.values import DATABASE, is_email, loose, truth

_FLAG_FIELDS: Final = {"email_opt_out": FLAGS[0], "invalid_email": FLAGS[1]}


@dataclass(frozen=True, slots=True)
class _Stored:
    """What a write came to: the record's id, and whether a record was written at all."""

    id: str
    written: bool


class Writes:
    """Each method takes its user and its arguments, by name."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._records = Records(site)
        self._links = Links(site)

    def set_entry(self, user: str, given: Arguments) -> Any:
        """Create, change or delete one record; null for an id that can't be one."""
        module, values = module_of(self._site, given), _values(given["name_value_list"])
        stored = self._write(user, module, values)
        return None if stored is None else {"id": stored.id, "entry_list": self._echo(module, values, stored)}

    def set_entries(self, user: str, given: Arguments) -> Any:
        """Do so with many; a crash half-way leaves those before it written."""
        module, lists = module_of(self._site, given), given["name_value_lists"]
        if not isinstance(lists, list | dict):
            raise Crash
        every = lists if isinstance(lists, list) else list(lists.values())
        stored = [self._write(user, module, _values(one)) for one in every]
        return {"ids": [None if one is None else one.id for one in stored]}

    def set_relationship(self, _: str, given: Arguments) -> Any:
        """Link records, or unlink them; the answer counts calls, and says nothing of ids that there aren't."""
        done = self._relate(
            module_of(self._site, given),
            str(given["module_id"]),
            str(given["link_field_name"]),
            names_of(given["related_ids"]),
            delete=truth(given["delete"]),
        )
        return {"created": 0, "failed": 0, "deleted": 0, done: 1}

    def set_relationships(self, _: str, given: Arguments) -> Any:
        """Do so with many."""
        counts = {"created": 0, "failed": 0, "deleted": 0}
        deletes = given["delete_array"] or []
        columns = (given["module_names"], given["module_ids"], given["link_field_names"], given["related_ids"])
        if any(not isinstance(column, list) for column in columns):
            raise Crash
        for place, (module, record_id, link, ids) in enumerate(zip(*columns, strict=False)):
            if module not in self._site.schema:
                raise no_module()
            delete = place < len(deletes) and truth(deletes[place])
            counts[self._relate(module, str(record_id), str(link), names_of(ids), delete=delete)] += 1
        return counts

    def _relate(self, module: str, record_id: str, link_name: str, ids: list[str], *, delete: bool) -> str:
        link = LINKS[module].get(link_name)
        if link is None:
            return "failed"
        for remote in ids if self._site.tables[module].live(record_id) is not None else ():
            if delete:
                self._links.unrelate(module, record_id, link, remote)
            elif self._site.tables[link.module].live(remote) is not None:
                self._links.relate(module, record_id, link, remote)
        return "deleted" if delete else "created"

    def _write(self, user: str, module: str, values: Mapping[str, Any]) -> _Stored | None:
        if module == USERS and not self._site.is_admin(user):
            raise access_denied()
        record_id = str(values.get("id") or "")
        if record_id and not well_formed(record_id):
            return None
        known = self._site.tables[module].get(record_id)
        if truth(values.get("new_with_id", False)) and record_id:
            if known is not None and self._site.settings.duplicate_id_fails:
                raise Crash  # a duplicate key
            if known is None:
                return self._create(user, module, values, record_id)
        if not record_id:
            return self._create(user, module, values, None)
        if known is None or known["deleted"]:
            return _Stored(record_id, False)
        return _Stored(record_id, self._update(user, module, record_id, values))

    def _create(self, user: str, module: str, values: Mapping[str, Any], record_id: str | None) -> _Stored:
        made = self._records.create(user, module, self._row(module, values), record_id)
        email = str(values.get("email1") or "")
        if is_email(email):
            now, told = self._site.now(), {flag: values[name] for name, flag in _FLAG_FIELDS.items() if name in values}
            flags = {flag: truth(value) for flag, value in told.items()} if self._site.settings.flags_on_create else {}
            address = self._site.addresses.named(email, now, flags)
            self._site.addresses.attach(module, made, address, now, primary=True)
        return _Stored(made, True)

    def _update(self, user: str, module: str, record_id: str, values: Mapping[str, Any]) -> bool:
        try:
            self._records.update(user, module, record_id, self._row(module, values))
            if truth(values.get("deleted", False)):
                self._records.delete(user, module, record_id)
        except SugarError as refusal:
            if refusal.label == LOCKED or self._site.settings.hook_crashes:
                raise Crash from refusal
            return False
        if self._site.settings.stores_email_changes:
            self._change_email(module, record_id, values)
        return True

    def _change_email(self, module: str, record_id: str, values: Mapping[str, Any]) -> None:
        now, addresses = self._site.now(), self._site.addresses
        if (email := values.get("email1")) is not None and (email == "" or is_email(str(email))):
            addresses.set_primary(module, record_id, str(email), now)
        flags = {flag: truth(values[name]) for name, flag in _FLAG_FIELDS.items() if values.get(name) is not None}
        held = addresses.primary(module, record_id)
        if held is not None:
            addresses.mark(held["id"], flags, now)

    def _row(self, module: str, values: Mapping[str, Any]) -> Row:
        row: Row = {}
        for name, value in values.items():
            field = self._field(module, name)
            own = field is not None and (field.column or (module == CONTACTS and name == "account_id"))
            if field is None or value is None or field.readonly or not own or name in ("id", "deleted"):
                continue
            row[name] = loose(field, value)
        if module == ADDRESSES and "email_address" in row:
            row["email_address_caps"] = row["email_address"].upper()
        return row

    def _echo(self, module: str, values: Mapping[str, Any], stored: _Stored) -> Pairs:
        told: Pairs = {}
        for name, value in values.items():
            field = self._field(module, name)
            if field is None or value is None or (field.readonly and name != STAMP):
                continue
            told[name] = pair(name, echo(field, value))
        if STAMP in told and stored.written:
            row = self._site.tables[module].get(stored.id) or {}
            told[STAMP] = pair(STAMP, row[STAMP].strftime(DATABASE))
        return told

    def _field(self, module: str, name: str) -> Field | None:
        field = self._site.schema.field(module, name)
        return None if field is None or field.modern else field


def _values(given: Any) -> dict[str, Any]:
    """Read names and values: an array of pairs, or an object of them.

    Raises:
        Crash: it's something else.
    """
    if isinstance(given, list | dict):
        pairs = given if isinstance(given, list) else list(given.values())
        if all(isinstance(one, dict) and {"name", "value"} <= one.keys() for one in pairs):
            return {str(one["name"]): one["value"] for one in pairs}
    raise Crash
