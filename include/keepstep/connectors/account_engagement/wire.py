"""Account Engagement's rows to records, and writes to the bodies of its calls. Pure.

Datetimes come in the API user's time zone, with the offset, and are told in UTC. A row of a list is a prospect seen
through its membership; its id is ``<list>:<prospect>``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from keepstep.connectors.account_engagement.fields import ACTIVITY, PROSPECT, READ_AS, ROW, USER, activity_type
from keepstep.connectors.base import Json
from keepstep.core.model import Deletion, FieldType, Kind, Record, Status, Value, Write

Row = Mapping[str, Json]
TOLD = ("id", "email", "assignedToId", "optedOut", "isDeleted", "updatedAt")  # what a `Record` tells beside its fields
MEMBERSHIP = ("id", "prospectId", "optedOut", "isDeleted", "updatedAt")


def spellings(email: str) -> tuple[str, ...]:
    """Under which an address is asked for, as the API tells them apart by case: as given, and the usual ones.

    None for what can't stand in a list of addresses.
    """
    given = email.strip()
    local, at, domain = given.lower().rpartition("@")
    if not at or "," in given:
        return ()
    titled = local.title()  # Ann.Ode@example.test
    return tuple(
        dict.fromkeys((given, given.lower(), f"{titled}@{domain}", f"{titled}@{domain.title()}", given.upper()))
    )


def rows_of(body: Json) -> tuple[list[Row], bool] | None:
    """The rows of a query's page, and whether more follow; None where it isn't such a page."""
    values = body.get("values") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(values, list) or "nextPageToken" not in body:
        return None
    rows: list[Row] = [row for row in values if isinstance(row, dict) and isinstance(row.get("id"), int)]
    return (rows, body["nextPageToken"] is not None) if len(rows) == len(values) else None


def sources(names: Sequence[str]) -> tuple[str, ...]:
    """Every field of a query for prospects, each once, by the name under which it is read."""
    return tuple(dict.fromkeys((*TOLD, *(READ_AS.get(name, name) for name in names))))


def prospect(row: Row, names: Sequence[str], kinds: Mapping[str, FieldType]) -> Record:
    """A prospect."""
    return Record(
        object=PROSPECT,
        id=str(row["id"]),
        fields=_fields(row, names, kinds),
        email=_text(row.get("email")),
        modified=moment(row.get("updatedAt")),
        owner=_text(row.get("assignedToId")),
        opted_out=row.get("optedOut") is True,
    )


def _fields(row: Row, names: Sequence[str], kinds: Mapping[str, FieldType]) -> dict[str, Value]:
    return {name: _value(row.get(READ_AS.get(name, name)), kinds.get(name, FieldType.TEXT)) for name in names}


def is_deleted(row: Row) -> bool:
    """Whether it is in the recycle bin, or no longer a member."""
    return row.get("isDeleted") is True


def deletion(object_name: str, record_id: str, row: Row) -> Deletion:
    """The news that it is."""
    return Deletion(object_name, record_id, moment(row.get("updatedAt")))


def member_fields(names: Sequence[str]) -> tuple[str, ...]:
    """Every field of a query for memberships: its own, and the prospect's."""
    return (*MEMBERSHIP, *(f"prospect.{name}" for name in sources(names)))


def row_id(list_id: str, prospect_id: Json) -> str:
    """The id of a prospect as a member of that list."""
    return f"{list_id}:{prospect_id}"


def prospect_of(record_id: str) -> str:
    """The prospect's own id, of a row's or a prospect's."""
    return record_id.rsplit(":", 1)[-1]


def member(list_id: str, row: Row, names: Sequence[str], kinds: Mapping[str, FieldType]) -> Record | None:
    """A membership as a row of its list; None where it is none any more: it ended, or the prospect is in the bin."""
    person = row.get("prospect")
    if is_deleted(row) or not isinstance(person, dict) or is_deleted(person):
        return None
    told = prospect({**person, "id": row["prospectId"]}, names, kinds)
    stamps = [stamp for stamp in (moment(row.get("updatedAt")), told.modified) if stamp is not None]
    return Record(
        object=ROW,
        id=row_id(list_id, row["prospectId"]),
        fields=told.fields,
        email=told.email,
        modified=max(stamps, default=None),
        owner=told.owner,
        opted_out=told.opted_out or row.get("optedOut") is True,
    )


def user(row: Row) -> Record:
    """A user of the business unit."""
    names = (_text(row.get("firstName")), _text(row.get("lastName")))
    return Record(
        object=USER,
        id=str(row["id"]),
        fields={"name": " ".join(filter(None, names)) or None, "salesforceId": _text(row.get("salesforceId"))},
        email=_text(row.get("email")),
        status=Status.INACTIVE if is_deleted(row) else Status.ACTIVE,
        modified=moment(row.get("updatedAt")),
    )


def activity(row: Row, email_field: str | None) -> Record | None:
    """What somebody did; None where it was no prospect."""
    at, subject = moment(row.get("createdAt")), row.get("prospectId")
    if at is None or subject is None:
        return None
    return Record(
        object=ACTIVITY,
        id=str(row["id"]),
        fields={"subject": str(subject), "type": activity_type(row), "at": at.isoformat()},
        email=_text(_nested(row, email_field)) if email_field else None,
        modified=at,
    )


def hidden(rows: Sequence[Row], names: Sequence[str]) -> tuple[str, ...]:
    """Of the fields that were asked for those that no row has: the user's role may not see them."""
    return tuple(name for name in names if rows and not any(_has(row, name) for row in rows))


def _has(row: Row, path: str) -> bool:
    """Whether the row tells a field, if only that it is blank; so does one whose relation is blank."""
    value: Json = dict(row)
    for part in path.split("."):
        if value is None:
            return True
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def _nested(row: Row, path: str) -> Json:
    value: Json = dict(row)
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def moment(value: Json) -> datetime | None:
    """A date-time of the API, in UTC; None where it is none."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def stamp(at: datetime) -> str:
    """A moment as a filter takes it."""
    return at.astimezone(UTC).replace(microsecond=0).isoformat()


def _value(value: Json, kind: FieldType) -> Value:
    if kind is FieldType.DATETIME:
        at = moment(value)
        return None if at is None else at.isoformat()
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list):  # a custom field that records several answers
        return "; ".join(str(one) for one in value) or None
    return _text(value)


def _text(value: Json) -> str | None:
    return None if value is None or value == "" or isinstance(value, list | dict) else str(value)


# -- writes ------------------------------------------------------------------------------------------------------------


_REFUSALS = frozenset({"optedOut", "isDoNotEmail", "isDoNotCall"})
_IDS = frozenset({"userId", "campaignId", "profileId", "prospectAccountId"})


def body_of(write: Write) -> dict[str, Json]:
    """The fields of a write in the API's words. Ids of users and the like are numbers.

    A create may meet somebody who is there: it leaves blanks out, and never says that a refusal to be written to or
    called is over (that of a new prospect is not there anyway).
    """
    creates = write.kind is Kind.CREATE
    body: dict[str, Json] = {}
    for name, value in sorted(write.fields.items()):
        if creates and (value is None or (name in _REFUSALS and value is False)):
            continue
        body[name] = _sent(name, value)
    return body


def _sent(name: str, value: Value) -> Json:
    if name in _IDS and isinstance(value, str) and value.isdigit():
        return int(value)
    if isinstance(value, float) and value.is_integer():  # the score and the like are whole numbers
        return int(value)
    return value


def email_of(write: Write) -> str | None:
    """The address by which a create finds who is there: as it will be stored, or sending it again would find nobody."""
    return _text(write.fields.get("email")) or write.email or None
