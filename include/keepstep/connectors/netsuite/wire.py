"""NetSuite's rows to records, and writes to the bodies of its calls. Pure.

Conventions: a contact's `company` is told as the company's name, and written as its internal id; other references are
told as the text that NetSuite shows, and written as an internal id. `stage` (lead, prospect, customer) of a customer
is written as the entityStatus that stands for it. None clears a field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from keepstep.connectors.base import Json
from keepstep.connectors.netsuite.fields import COMPANY, CONTACT, CUSTOMER, STAGE, Catalog, Column, source_of
from keepstep.connectors.netsuite.queries import STAGE_OF, UNAFFILIATED
from keepstep.connectors.netsuite.settings import STAGES
from keepstep.connectors.netsuite.zone import AccountZone
from keepstep.core.model import Deletion, FieldType, Record, Status, Value, Write

Row = Mapping[str, Json]

RECORDS = "/services/rest/record/v1"
PLAIN_FIELDS = frozenset({"email", "firstName", "lastName", "title", "phone", "companyName", COMPANY, STAGE})
_AUDIENCE_OF = {stage.lower(): audience for audience, stage in STAGE_OF.items()}
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
    text = str(value)
    return int(text) if _ID.fullmatch(text) else None


def after(rows: Sequence[Row], last: int, key: str = "id") -> list[Row]:
    """The rows beyond the last id, each id once, in order: what a page that repeats tells again is dropped."""
    numbered = {number: row for row in rows if (number := number_of(row.get(key))) is not None and number > last}
    return [numbered[number] for number in sorted(numbered)]


def record_of(object: str, row: Row, columns: Sequence[Column], zone: AccountZone, opt_out: str | None) -> Record:
    """A row of `queries`, as a record."""
    fields = {column.name: _field(object, row, n, column, zone) for n, column in enumerate(columns)}
    active = not _is_true(row.get("isinactive"))
    marked = fields.get(opt_out) if opt_out is not None else None
    return Record(
        object=object,
        id=str(row["id"]),
        fields=fields,
        email=_text(row.get("email")),
        status=Status.ACTIVE if active else Status.INACTIVE,
        modified=zone.to_utc(str(row.get("modified"))),
        audiences=frozenset({_audience(row)}) - {""} if active and object == CONTACT else frozenset(),
        external_id=_text(row.get("externalid")),
        opted_out=_is_true(marked) or "opt-out" in str(marked).lower(),  # globalSubscriptionStatus: "Soft Opt-Out"
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
        and not _is_true(row.get("inactive", row.get("isinactive")))
        and any(_says_stage(value, stage) for column, value in row.items() if column not in ("id", "key", "links"))
    )
    return str(fitting[0]) if fitting else None


def _says_stage(value: Json, stage: str) -> bool:
    text = str(value).strip().lower()
    return text == stage or text.startswith(f"{stage}-")  # "LEAD", or the name "LEAD-Qualified"


def _audience(row: Row) -> str:
    if row.get("customerid") is None:
        return UNAFFILIATED
    return _AUDIENCE_OF.get(str(row.get("stage")).strip().lower(), "")


def _field(object: str, row: Row, place: int, column: Column, zone: AccountZone) -> Value:
    if object == CUSTOMER and column.name == STAGE:
        stage = _text(row.get("stage"))
        return None if stage is None else stage.lower()
    value = row.get(f"f{place}")
    if object == CONTACT and column.name == COMPANY:
        return _text(value) or _text(row.get(f"f{place}_shown"))
    if column.type is FieldType.BOOLEAN:
        return None if value is None else _is_true(value)
    if column.type is FieldType.DATETIME:
        moment = zone.to_utc(str(value))
        return None if moment is None else moment.isoformat()
    if column.type is FieldType.NUMBER:
        return _number(value)
    return value if isinstance(value, bool | int | float) else _text(value)


def _number(value: Json) -> Value:
    """A number, which comes as text; text that isn't one stays text."""
    if isinstance(value, bool | int | float):
        return value
    text = _text(value)
    try:
        return text if text is None else int(text)
    except ValueError:
        return _fraction(str(text))


def _fraction(text: str) -> Value:
    try:
        return float(text) if re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text) else text
    except ValueError:  # pragma: no cover - the pattern lets nothing else through
        return text


def _text(value: Json) -> str | None:
    return None if value is None or value == "" else str(value)


def _is_true(value: Json) -> bool:
    return value is True or str(value).strip().lower() in ("t", "true")


# -- writes to bodies --------------------------------------------------------------------------------------------------


def body_of(write: Write, catalog: Catalog, statuses: Mapping[str, str]) -> dict[str, Json]:
    """The given fields in NetSuite's words, and no other. Raises UnwritableError.

    `catalog` may be empty where every field is one of `PLAIN_FIELDS` or no text; `statuses`: stage -> entityStatus id.
    """
    body: dict[str, Json] = {}
    for name, value in write.fields.items():
        if write.object == CUSTOMER and name == STAGE:
            body["entityStatus"] = {"id": _status(value, statuses)}
            continue
        known = catalog.get(name)
        refers = name == COMPANY if known is None else known.type is FieldType.REFERENCE
        body[source_of(write.object, name, catalog)] = _reference(name, value) if refers else value
    return body


def new_body(write: Write, catalog: Catalog, statuses: Mapping[str, str], subsidiary: str | None) -> dict[str, Json]:
    """The body of a create: the fields, and what NetSuite wants to know of every new record. Raises UnwritableError."""
    body: dict[str, Json] = {
        name: value for name, value in body_of(write, catalog, statuses).items() if value is not None
    }
    if write.object == CUSTOMER:
        body.setdefault("isPerson", False)
    if subsidiary is not None:
        body.setdefault("subsidiary", {"id": subsidiary})
    return body


def needs_catalog(write: Write) -> bool:
    """Whether only NetSuite's own description tells how a value is to be written."""
    return any(isinstance(value, str) and name not in PLAIN_FIELDS for name, value in write.fields.items())


def record_path(object: str, record_id: str) -> str:
    """Where a record is. Raises UnwritableError for an id that isn't one."""
    if not _ID.fullmatch(record_id):
        raise UnwritableError("NOT_AN_ID", "id")
    return f"{RECORDS}/{object}/{record_id}"


def external_path(object: str, external_id: str) -> str:
    """Where the record with this external id is, or will be."""
    return f"{RECORDS}/{object}/eid:{quote(external_id, safe='')}"


def id_in_location(location: str) -> str | None:
    """The new record's id, which stands nowhere else; None where the address ends in something else."""
    found = _LOCATION.search(location)
    return found.group(1) if found else None


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
