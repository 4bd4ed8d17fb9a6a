"""All that the in-memory CRM keeps: its objects with their fields and records."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from keepstep.connectors.base import FieldInfo
from keepstep.connectors.memory.side import ScriptedDocument
from keepstep.connectors.memory.table import Entry, Table
from keepstep.core.model import FieldType, Record, Value

AUDIENCE_OF_STAGE: Mapping[Value, str] = {
    "customer": "affiliated_with_customers",
    "prospect": "affiliated_with_prospects",
    "lead": "affiliated_with_leads",
    None: "unaffiliated",
}
STAGE_OF_AUDIENCE = {audience: stage for stage, audience in AUDIENCE_OF_STAGE.items()}


def _fields(*infos: FieldInfo) -> dict[str, FieldInfo]:
    return {info.name: info for info in infos}


PERSON_FIELDS = _fields(
    FieldInfo("email", FieldType.EMAIL, max_length=254),
    FieldInfo("first_name", max_length=32),
    FieldInfo("last_name", max_length=32),
    FieldInfo("title"),
    FieldInfo("phone"),
    FieldInfo("lead_source"),
    FieldInfo("act_on_score", FieldType.NUMBER),
    FieldInfo("grade"),
    FieldInfo("opted_out", FieldType.BOOLEAN),
    FieldInfo("owner", FieldType.REFERENCE),
)
CONTACT_FIELDS = PERSON_FIELDS | _fields(
    FieldInfo("company", FieldType.REFERENCE),
    FieldInfo("stage"),  # customer, prospect, lead or blank; blank with a company: the company's
)
LEAD_FIELDS = PERSON_FIELDS | _fields(FieldInfo("company"))
CUSTOMER_FIELDS = _fields(FieldInfo("name", max_length=83), FieldInfo("stage"))
USER_FIELDS = _fields(
    FieldInfo("email", FieldType.EMAIL, writable=False), FieldInfo("name", writable=False)
)  # an administrator makes them


def _schemas() -> dict[str, dict[str, FieldInfo]]:
    return {
        "contact": dict(CONTACT_FIELDS),
        "lead": dict(LEAD_FIELDS),
        "customer": dict(CUSTOMER_FIELDS),
        "user": dict(USER_FIELDS),
    }


class CrmDocument(ScriptedDocument):
    """All that the CRM keeps; no two records have one id, of whichever objects they are."""

    schemas: dict[str, dict[str, FieldInfo]] = Field(default_factory=_schemas)
    tables: dict[str, Table] = Field(default_factory=lambda: {name: Table() for name in _schemas()})
    next_id: int = 1
    forgotten: int = 0  # changes up to this number are no longer in the logs

    def new_id(self) -> str:
        """An id that no record had before."""
        self.next_id += 1
        return str(self.next_id - 1)

    def object_of(self, id: str) -> str:
        """The object of a record that is there. Raises KeyError where it isn't."""
        for object, table in self.tables.items():
            if id in table.kept:
                return object
        raise KeyError(id)

    def entry(self, id: str) -> Entry:
        """A record that is there. Raises KeyError where it isn't."""
        return self.tables[self.object_of(id)].kept[id]

    def audience(self, object: str, entry: Entry) -> str | None:
        """The selection that a contact is in; other objects are in none."""
        if object != "contact":
            return None
        company = self.tables["customer"].kept.get(str(entry.fields.get("company")))
        stage = entry.fields.get("stage") or (company.fields.get("stage") if company else None)
        return AUDIENCE_OF_STAGE.get(stage)

    def record(self, object: str, id: str, fields: tuple[str, ...] = ()) -> Record:
        """The record as the connector tells it; no `fields`: all of them."""
        return self.tell(object, id, self.tables[object].kept[id], fields)

    def tell(self, object: str, id: str, entry: Entry, fields: tuple[str, ...]) -> Record:
        """This entry as the connector tells it."""
        audience = self.audience(object, entry)
        return entry.record(object, id, fields, frozenset({audience} if audience else ()))
