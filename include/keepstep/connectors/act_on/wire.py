"""Act-On's replies as values: lists, rows, suppressed addresses, behaviour. Pure.

Marks in comments: "documented" is said by Act-On's developer pages or its OpenAPI; "believed" is not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from keepstep.connectors.base import FieldInfo, Json
from keepstep.core.model import FieldType, Record, Value, Values

ROW_ID = "_contact_id_"  # column 0 of a download (documented)
# The OpenAPI and the developer pages disagree about these names, so that either is taken.
CREATED = frozenset({"created_date", "__created_date"})
MODIFIED = frozenset({"modified_date", "__modified_date"})
_MILLISECONDS = 100_000_000_000  # a stamp above this can't be in seconds: that would be the year 5138

# `Verb` of a fact (documented) -> our activity type. "r" is a "response", which we take for a click (believed).
ACTIVITY_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "s": "message_sent",
        "os": "message_opened",
        "r": "message_clicked",
        "E": "exported",
        "d": "media_downloaded",
        "fv": "form_viewed",
        "fs": "form_submitted",
        "fu": "form_updated",
        "l": "landing_page_visited",
        "sv": "site_visited",
        "b": "web_beacon",
        "wr": "webinar_registered",
        "wa": "webinar_attended",
        "custom": "custom_event",
        "oi": "opted_in",
        "oo": "opted_out",
        "hb": "hard_bounced",
        "sb": "soft_bounced",
        "sp": "spam_complained",
        "sto": "search_organic",
        "stp": "search_paid",
    }
)

# A new list's columns with one of these headings get the system usage of that name (documented list of usages).
COLUMN_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "First Name": "FIRSTNAME",
        "Last Name": "LASTNAME",
        "Middle Name": "MIDDLENAME",
        "Company": "COMPANY",
        "Job Title": "JOBTITLE",
        "Department": "DEPT",
        "Business Phone": "BIZ_PHONE",
        "Cell Phone": "CELL_PHONE",
    }
)


class UnexpectedShape(Exception):
    """A reply that isn't of the documented shape."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a list's download says before its rows."""

    columns: tuple[str, ...]  # in the list's order, without the ids and dates that the download adds
    email_column: str
    total: int  # rows that the download has in all


@dataclass(frozen=True, slots=True)
class Grid:
    """One page of a list's download."""

    head: Head
    headers: tuple[str, ...]
    rows: tuple[Record, ...]


def grid(reply: Json) -> Grid:
    """One page of a download; `headers` is read anew on each page, because the data is positional."""
    body = mapping(reply)
    headers = tuple(str(name) for name in sequence(body.get("headers")))
    email_index = _integer(body.get("emailColumn"))
    if not 0 <= email_index < len(headers) or ROW_ID not in headers:
        raise UnexpectedShape
    email_column = headers[email_index]
    columns = tuple(name for name in headers if name != ROW_ID and name not in CREATED | MODIFIED)
    rows = tuple(row(headers, sequence(values), email_column) for values in sequence(body.get("data")))
    return Grid(Head(columns, email_column, _integer(body.get("totalCount"))), headers, rows)


def row(headers: Sequence[str], values: Sequence[Json], email_column: str) -> Record:
    """A row by its headers."""
    if len(headers) != len(values):
        raise UnexpectedShape
    cells = dict(zip(headers, values, strict=True))
    stamp = next((cells.pop(name) for name in headers if name in MODIFIED), None)
    id = cells.pop(ROW_ID)
    fields = {
        name: value for name, cell in cells.items() if name not in CREATED and (value := _value(cell)) is not None
    }
    return _record(str(id), fields, email_column, moment(stamp))


def single(reply: Json, row_id: str, headers: Sequence[str], email_column: str) -> Record:
    """A row read by its id: an array of values without headings (documented), with or without its id in front."""
    values = sequence(reply)
    columns = [name for name in headers if name not in CREATED | MODIFIED and name != ROW_ID]
    if len(values) == len(columns) + 1 and values[0] == row_id:
        values = values[1:]
    return row([ROW_ID, *columns], [row_id, *values[: len(columns)]], email_column)


def looked_up(reply: Json, email_column: str) -> Record | None:
    """A row looked up by its address: an object by headings, its id as `contactID` (documented); None: none there."""
    body = dict(mapping(reply)) if reply else {}
    id = body.pop("contactID", None)
    if id is None:
        return None
    # ".tz" and the like are Act-On's own, no columns.
    fields = {n: v for n, cell in body.items() if not n.startswith(".") and (v := _value(cell)) is not None}
    return _record(str(id), fields, email_column, None)


def only(record: Record, fields: tuple[str, ...]) -> Record:
    """The record with these of its fields; none named: all."""
    if not fields:
        return record
    kept = {name: value for name, value in record.fields.items() if name in fields}
    return Record(record.object, record.id, kept, record.email, record.status, record.modified)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list, as the listing of lists tells it."""

    id: str
    name: str


def listed(reply: Json) -> tuple[tuple[Listed, ...], int]:
    """A page of the listing of lists, and how many lists there are."""
    body = mapping(reply)
    entries = [mapping(entry) for entry in sequence(body.get("result"))]
    return tuple(Listed(str(e.get("id")), str(e.get("name"))) for e in entries), _integer(body.get("totalCount"))


def opt_outs(reply: Json) -> tuple[Record, ...]:
    """A page of the account's suppression list; the address is all the id there is."""
    found = []
    for entry in map(mapping, sequence(mapping(reply).get("result"))):
        email = str(entry.get("email"))
        origin = _value(entry.get("origin"))
        fields: dict[str, Value] = {"email": email} if origin is None else {"email": email, "origin": origin}
        found.append(
            Record(
                object="opt_out",
                id=email.strip().casefold(),
                fields=fields,
                email=email,
                modified=moment(entry.get("timestamp")),
                opted_out=True,
            )
        )
    return tuple(found)


def activities(reply: Json, subject: str, email: str | None, after_ms: int | None) -> tuple[Record, ...]:
    """What the person of a row did, later than `after_ms` (ms since 1970; None: ever).

    Verbs that aren't in `ACTIVITY_TYPES` are told under their own name, so that a score sheet can name them and a
    report can count them. An activity belongs to the address, not to the row, so that its id is made of the address:
    two rows with one address tell the same activities.
    """
    facts = [mapping(fact) for fact in sequence(mapping(reply).get("activitylist"))]
    found = []
    for fact in facts:
        verb, when = str(fact.get("Verb")), _integer(fact.get("WhenMillis"))
        if after_ms is not None and when <= after_ms:
            continue
        at = datetime.fromtimestamp(when / 1000, UTC)
        person = (email or subject).strip().casefold()
        key = "\n".join((person, verb, str(fact.get("id")), str(fact.get("What")), str(when)))
        kind = ACTIVITY_TYPES.get(verb, verb)
        fields: Values = {"subject": subject, "type": kind, "at": at.isoformat()}
        id = hashlib.sha256(key.encode()).hexdigest()[:32]
        found.append(Record(object="activity", id=id, fields=fields, email=email, modified=at))
    return tuple(found)


def columns_of(head: Head) -> dict[str, FieldInfo]:
    """The schema of a list: Act-On keeps text, and tells nothing of a column but its heading."""
    email = head.email_column
    return {n: FieldInfo(n, FieldType.EMAIL if n == email else FieldType.TEXT, label=n) for n in head.columns}


def cell(value: Value) -> str:
    """A value as Act-On keeps it: text; blank clears."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def folded(email: str | None) -> str:
    """What is compared of an address; finer than Act-On's own comparison may be, never coarser than it is safe."""
    return (email or "").strip().casefold()


def record_id(reply: Json) -> str | None:
    """The id of the row that a write answered with."""
    body = mapping(reply)
    id = body.get("contact_id") or body.get("id")
    return None if id is None else str(id)


def undeleted(reply: Json) -> tuple[frozenset[str], int]:
    """The ids of the rows that a deletion left there, and how many it says there are."""
    body = mapping(reply)
    failed = [mapping(entry) for entry in sequence(body.get("failedList") or [])]
    return frozenset(str(entry.get("id")) for entry in failed), _integer(body.get("fail_count") or 0)


def moment(stamp: Json) -> datetime | None:
    """A stamp in ms or s since 1970, or as date and time (UTC where it names no zone); None where it is no stamp."""
    text = str(stamp or "").strip().removesuffix(" UTC").removesuffix(" GMT")
    if text.isdigit():
        number = int(text)
        return datetime.fromtimestamp(number / 1000 if number > _MILLISECONDS else number, UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def mapping(value: Json) -> Mapping[str, Json]:
    """A JSON object. Raises UnexpectedShape where it is something else."""
    if not isinstance(value, dict):
        raise UnexpectedShape
    return value


def sequence(value: Json) -> Sequence[Json]:
    """A JSON array. Raises UnexpectedShape where it is something else."""
    if not isinstance(value, list):
        raise UnexpectedShape
    return value


def _record(id: str, fields: Values, email_column: str, modified: datetime | None) -> Record:
    email = fields.get(email_column)
    return Record(object="row", id=id, fields=fields, email=None if email is None else str(email), modified=modified)


def _value(cell: Json) -> Value:
    """A cell's value: blanks are None, the rest is text already or a plain number."""
    if cell == "" or isinstance(cell, list | dict):
        return None
    return cell


def _integer(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UnexpectedShape
    try:
        return int(value)
    except ValueError:
        raise UnexpectedShape from None
