"""NetSuite's rows to records, and writes to the bodies of its calls. Pure.

Conventions: a contact's `company` is told as the company's name, and written as its internal id; other references are
told as the text that NetSuite shows, and written as an internal id. `stage` (lead, prospect, customer) of a customer
or lead is written as the entityStatus that stands for it. `globalSubscriptionStatus` is told and written as whether the
person opted out. None clears a field; a lead's names, which NetSuite doesn't allow to be blank, are spelled
``[[Unknown]]`` there instead (an option).

The owner of a lead is its sales representative, `salesRep`, which is written as the id of an employee. A contact has
no owner in NetSuite, and no `salesRep` (SOAP schema browser 2018.2, Contact): its `Record.owner` is always None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from keepstep.connectors.base import Json
from keepstep.connectors.netsuite.fields import (
    COMPANY,
    CONTACT,
    LEAD,
    NEVER_BLANK,
    OF_CUSTOMERS,
    OPT_OUT,
    OWNER,
    RECORD_TYPES,
    STAGE,
    STATUS,
    USER,
    Catalog,
    Column,
    source_of,
)
from keepstep.connectors.netsuite.queries import STAGE_OF, UNAFFILIATED
from keepstep.connectors.netsuite.settings import STAGES
from keepstep.connectors.netsuite.values import Row, field_of, is_true, says_opted_out, text
from keepstep.connectors.netsuite.zone import AccountZone
from keepstep.core.model import Deletion, FieldType, Kind, Record, Status, Value, Write

RECORDS = "/services/rest/record/v1"
PLAIN_FIELDS = frozenset({"email", "firstName", "lastName", "title", "phone", "companyName", COMPANY, STAGE, OWNER})
_AUDIENCE_OF = {stage.lower(): audience for audience, stage in STAGE_OF.items()}
_REFERENCES = frozenset({COMPANY, OWNER})  # known to be such without asking
# The statuses that a user may set, soft ones; a person's own word, a confirmed one, is only told. That 1 is Soft Opt-In
# is in public scripts, the ids are the same in all accounts (believed).
_SUBSCRIPTION = {True: "2", False: "1"}  # by whether the person opted out
_LONGEST_NAME = 83  # characters of an entityId
_ID = re.compile(r"-?[0-9]{1,18}")  # NetSuite's own values have negative ids
_LOCATION = re.compile(r"/([0-9]{1,18})/?$")


class UnwritableError(ValueError):
    """A value can't be put in the words of NetSuite; carries a code and the field's name, never the value."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(f"{code}: {field}")
        self.code = code
        self.field = field


# -- rows to records ---------------------------------------------------------------------------------------------------


def rows_of(body: Json) -> tuple[list[Row], bool] | None:
    """The rows of a SuiteQL page and whether more follow; None where it isn't such a page."""
    if not isinstance(body, dict) or not isinstance(items := body.get("items"), list):
        return None
    if not all(isinstance(item, dict) for item in items):
        return None
    more = body.get("hasMore")
    if not isinstance(more, bool):  # taken for the end, it would make everybody beyond look deleted
        return None
    return [item for item in items if isinstance(item, dict)], more


def number_of(value: Json) -> int | None:
    """An id, which comes as text or as a number."""
    said = str(value)
    return int(said) if _ID.fullmatch(said) else None


def after(rows: Sequence[Row], last: int, key: str = "id") -> list[Row]:
    """The rows beyond the last id, each id once, in order: what a page that repeats tells again is dropped."""
    numbered = {number: row for row in rows if (number := number_of(row.get(key))) is not None and number > last}
    return [numbered[number] for number in sorted(numbered)]


def record_of(
    object: str,
    row: Row,
    columns: Sequence[Column],
    zone: AccountZone,
    opt_out: str | None,
    unknown: str | None = None,
) -> Record:
    """A row of `queries`, as a record. A lead is active whatever its stage: one that grows stays the same record."""
    fields = {column.name: field_of(object, row, n, column, zone, unknown) for n, column in enumerate(columns)}
    active = not is_true(row.get("isinactive"))
    marked = fields.get(opt_out) if opt_out is not None else None
    return Record(
        object=object,
        id=str(row["id"]),
        fields=fields,
        email=text(row.get("email")),
        status=Status.ACTIVE if active else Status.INACTIVE,
        modified=zone.to_utc(str(row.get("modified"))),
        audiences=frozenset({_audience(row)}) - {""} if active and object == CONTACT else frozenset(),
        owner=text(row.get(OWNER.lower())) if object == LEAD else None,
        external_id=text(row.get("externalid")),
        opted_out=says_opted_out(marked),
    )


def deletion_of(object: str, row: Row, zone: AccountZone) -> Deletion:
    """A row of deletedrecord. A merge looks the same: the survivor isn't told."""
    return Deletion(object, str(row["recordid"]), zone.to_utc(str(row.get("deleted"))))


def status_of_stage(rows: Sequence[Row], stage: str) -> str | None:
    """The id of the first active entityStatus of that stage, by whichever column tells it; None where there is none."""
    fitting = sorted(
        number
        for row in rows
        if (number := number_of(row.get("key", row.get("id")))) is not None
        and not is_true(row.get("inactive", row.get("isinactive")))
        and any(_says_stage(value, stage) for column, value in row.items() if column not in ("id", "key", "links"))
    )
    return str(fitting[0]) if fitting else None


def _says_stage(value: Json, stage: str) -> bool:
    said = str(value).strip().lower()
    return said == stage or said.startswith(f"{stage}-")  # "LEAD", or the name "LEAD-Qualified"


def _audience(row: Row) -> str:
    if row.get("customerid") is None:
        return UNAFFILIATED
    return _AUDIENCE_OF.get(str(row.get("stage")).strip().lower(), "")


# -- writes to bodies --------------------------------------------------------------------------------------------------


def body_of(write: Write, catalog: Catalog, statuses: Mapping[str, str], unknown: str | None = None) -> dict[str, Json]:
    """The given fields in NetSuite's words, and no other. Raises UnwritableError.

    `catalog` may be empty where every field is one of `PLAIN_FIELDS` or no text; `statuses`: stage -> entityStatus id.
    """
    body: dict[str, Json] = {}
    for name, value in write.fields.items():
        if write.object in OF_CUSTOMERS and name == STAGE:
            body[STATUS] = {"id": _status(value, statuses)}
        elif write.object == LEAD and name in NEVER_BLANK and not value:
            body[name] = unknown
        else:
            body[source_of(write.object, name, catalog)] = _written(name, value, catalog)
    return body


def new_body(
    write: Write,
    catalog: Catalog,
    statuses: Mapping[str, str],
    subsidiary: str | None,
    unknown: str | None = None,
) -> dict[str, Json]:
    """The body of a create: the fields, and what NetSuite wants to know of every new record. Raises UnwritableError.

    A new lead is an individual with the status of the stage Lead, unless the fields say which; a contact without any
    name, who may be made without a company, goes by the email.
    """
    given = body_of(write, catalog, statuses, unknown)
    body: dict[str, Json] = {name: value for name, value in given.items() if value is not None}
    if write.object in OF_CUSTOMERS:
        body.setdefault("isPerson", write.object == LEAD)
    if write.object == LEAD:
        body |= {name: unknown for name in NEVER_BLANK if unknown is not None and name not in body}
        if STATUS not in body:
            body[STATUS] = {"id": _status("lead", statuses)}
    if write.object == CONTACT and not any(body.get(name) for name in ("firstName", "lastName", "entityId")):
        body |= {"entityId": str(body["email"])[:_LONGEST_NAME]} if body.get("email") else {}
    if subsidiary is not None:
        body.setdefault("subsidiary", {"id": subsidiary})
    return body


def stages_of(writes: Sequence[Write]) -> frozenset[str]:
    """The stages whose statuses these writes need."""
    named = {str(w.fields[STAGE]).lower() for w in writes if w.object in OF_CUSTOMERS and STAGE in w.fields}
    new = any(w.object == LEAD and w.kind is Kind.CREATE and not {STAGE, STATUS} & w.fields.keys() for w in writes)
    return frozenset(named | ({"lead"} if new else set())) & frozenset(STAGES)


def needs_catalog(write: Write) -> bool:
    """Whether only NetSuite's own description tells how a value is to be written."""
    return any(isinstance(value, str) and name not in PLAIN_FIELDS for name, value in write.fields.items())


def record_path(object: str, record_id: str | None = None) -> str:
    """Where a record is, or its kind. Raises UnwritableError for an id that isn't one, and for what is read only."""
    if object == USER:
        raise UnwritableError("READ_ONLY", "id")
    if record_id is None:
        return f"{RECORDS}/{RECORD_TYPES[object]}"
    if not _ID.fullmatch(record_id):
        raise UnwritableError("NOT_AN_ID", "id")
    return f"{record_path(object)}/{record_id}"


def external_path(object: str, external_id: str) -> str:
    """Where the record with this external id is, or will be. Raises as `record_path`."""
    return f"{record_path(object)}/eid:{quote(external_id, safe='')}"


def id_in_location(location: str) -> str | None:
    """The new record's id, which stands nowhere else; None where the address ends in something else."""
    found = _LOCATION.search(location)
    return found.group(1) if found else None


def _written(name: str, value: Value, catalog: Catalog) -> Json:
    if name == OPT_OUT and isinstance(value, bool):
        return {"id": _SUBSCRIPTION[value]}
    known = catalog.get(name)
    refers = name in _REFERENCES if known is None else name == OPT_OUT or known.type is FieldType.REFERENCE
    return _reference(name, value) if refers else value


def _reference(name: str, value: Value) -> Json:
    if value is None:
        return None
    if not _ID.fullmatch(str(value)):
        raise UnwritableError("NOT_AN_ID", name)
    return {"id": str(value)}


def _status(stage: Value, statuses: Mapping[str, str]) -> str:
    name = str(stage).lower()
    if name not in STAGES:
        raise UnwritableError("NOT_A_STAGE", STAGE)
    if name not in statuses:
        raise UnwritableError("NO_STATUS_FOR_STAGE", STAGE)
    return statuses[name]
