"""Single records of v11: create, read, change, delete, convert; upserts by a key."""

from typing import Any

from keepstep_sandbox.sugarcrm.conversion import convert
from keepstep_sandbox.sugarcrm.errors import SugarError, invalid, missing, no_record
from keepstep_sandbox.sugarcrm.records import Records
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.standard import ACCOUNTS, CONTACTS, LEADS, USERS
from keepstep_sandbox.sugarcrm.table import STAMP, Row
from keepstep_sandbox.sugarcrm.v11.calls import Answer, Call
from keepstep_sandbox.sugarcrm.v11.listing import module_of
from keepstep_sandbox.sugarcrm.v11.rendering import Rendering
from keepstep_sandbox.sugarcrm.v11.writing import Writing
from keepstep_sandbox.sugarcrm.values import moment

SYNC_KEY = "sync_key"


class RecordService:
    """See the module."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._records = Records(site)
        self._writing = Writing(site)
        self._rendering = Rendering(site)

    def create(self, call: Call) -> Answer:
        """Answer `POST /MODULE`."""
        module = module_of(self._site, call)
        made = self._writing.create(call.user, module, call.body)
        return Answer(self._told(call, module, made), self._site.settings.create_status)

    def read(self, call: Call) -> Answer:
        """Answer `GET /MODULE/ID`."""
        module = module_of(self._site, call)
        self._records.live(module, call.path["id"])
        return Answer(self._told(call, module, call.path["id"]))

    def update(self, call: Call) -> Answer:
        """Answer `PUT /MODULE/ID`."""
        module, record_id = module_of(self._site, call), call.path["id"]
        self._check_conflict(call, module, self._records.live(module, record_id))
        self._writing.update(call.user, module, record_id, call.body)
        return Answer(self._told(call, module, record_id))

    def delete(self, call: Call) -> Answer:
        """Answer `DELETE /MODULE/ID`."""
        module, record_id = module_of(self._site, call), call.path["id"]
        if module == USERS:
            raise SugarError("not_authorized", f"You are not authorized to delete {module}.")
        self._records.delete(call.user, module, record_id)
        return Answer({"id": record_id})

    def convert(self, call: Call) -> Answer:
        """Answer `POST /Leads/ID/convert`."""
        modules = call.needed("modules")
        if not isinstance(modules, dict) or not isinstance(modules.get(CONTACTS), dict):
            raise missing(CONTACTS)
        existing = {module: str(body.get("id") or "") for module, body in modules.items() if isinstance(body, dict)}
        existing = {module: found for module, found in existing.items() if self._is_there(module, found)}
        values = {
            module: self._writing.draft(module, body).values
            for module, body in modules.items()
            if module in (CONTACTS, ACCOUNTS) and isinstance(body, dict) and module not in existing
        }
        became = convert(
            self._site,
            call.user,
            call.path["id"],
            contact=existing.get(CONTACTS, ""),
            account=existing.get(ACCOUNTS, ""),
            values=values,
        )
        made = [(CONTACTS, became.contact), (ACCOUNTS, became.account)]
        told = [self._rendering.record(module, self._records.live(module, one)) for module, one in made if one]
        lead = self._rendering.record(LEADS, self._records.live(LEADS, call.path["id"]))
        return Answer({"modules": [lead, *told]})

    def upsert(self, call: Call) -> Answer:
        """Answer `PATCH /MODULE/sync_key/KEY` and `PATCH /integrate/MODULE/FIELD/KEY`."""
        module, name, value = self._key(call)
        found = self._keyed(module, name, value)
        body = {one: given for one, given in call.body.items() if one != name}
        if found is None:
            made = self._writing.create(call.user, module, body, {name: value})
            return Answer({"record": made}, 201)
        self._writing.update(call.user, module, found["id"], body)
        return Answer({"record": found["id"]})

    def read_by_key(self, call: Call) -> Answer:
        """Answer `GET` of the same paths."""
        module, name, value = self._key(call)
        return Answer(self._told(call, module, self._by_key(module, name, value)["id"]))

    def delete_by_key(self, call: Call) -> Answer:
        """Answer `DELETE` of the same paths."""
        module, name, value = self._key(call)
        record_id = self._by_key(module, name, value)["id"]
        self._records.delete(call.user, module, record_id)
        return Answer({"record": record_id})

    def set_key(self, call: Call) -> Answer:
        """Answer `PATCH /integrate/MODULE/ID/sync_key/KEY`."""
        module = module_of(self._site, call)
        self._check_admin(call)
        other = self._keyed(module, SYNC_KEY, call.path["key"])
        if other is not None and other["id"] != call.path["id"]:
            raise invalid(f"The sync key is taken: {call.path['key']}")
        self._records.update(call.user, module, call.path["id"], {SYNC_KEY: call.path["key"]})
        return Answer({"success": True})

    def _key(self, call: Call) -> tuple[str, str, str]:
        module, name = module_of(self._site, call), call.path.get("field", SYNC_KEY)
        self._check_admin(call)
        if self._site.schema.field(module, name) is None:
            raise invalid(f"Unknown field: {name}")
        return module, name, call.path["key"]

    def _keyed(self, module: str, name: str, value: str) -> Row | None:
        table = self._site.tables[module]
        if name == "id":
            return table.live(value)
        found = table.found(name, value)
        if len(found) > 1:
            raise invalid(f"Several records have {name} {value}")
        return found[0] if found else None

    def _by_key(self, module: str, name: str, value: str) -> Row:
        found = self._keyed(module, name, value)
        if found is None:
            raise no_record(module, value)
        return found

    def _check_admin(self, call: Call) -> None:
        if self._site.settings.upsert_needs_admin and not self._site.is_admin(call.user):
            raise SugarError("not_authorized", "Sync keys are for administrators.")

    def _check_conflict(self, call: Call, module: str, row: Row) -> None:
        read = call.headers.get("x-timestamp", "")
        if not read:
            return
        try:
            stale = row[STAMP] > moment(read, self._site.settings.utc_offset_minutes)
        except ValueError as error:
            raise invalid("X-TIMESTAMP is no date") from error
        if stale:
            told = {"record": self._rendering.record(module, row)}
            raise SugarError("edit_conflict", "Data has been modified since you read it.", told)

    def _is_there(self, module: str, record_id: str) -> bool:
        return module in self._site.tables and self._site.tables[module].live(record_id) is not None

    def _told(self, call: Call, module: str, record_id: str) -> dict[str, Any]:
        row = self._site.tables[module].get(record_id) or {}
        return self._rendering.record(module, row, self._rendering.chosen(module, call))
