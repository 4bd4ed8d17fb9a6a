"""Reads a business unit: prospects, users, what visitors did, and the members of lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote_plus

from keepstep.connectors.account_engagement import wire
from keepstep.connectors.account_engagement.fields import ACTIVITY, ACTIVITY_FIELDS, PROSPECT, ROW, USER
from keepstep.connectors.account_engagement.place import Part, Place
from keepstep.connectors.account_engagement.unit import Unit, overlapped
from keepstep.connectors.base import Cursor, FetchBy, Page, ReadQuery
from keepstep.core.errors import Bug, SettingsError
from keepstep.core.model import Record

PROSPECTS = "/objects/prospects"
MEMBERS = "/objects/list-memberships"
ACTIVITIES = "/objects/visitor-activities"
_KEYS = 500  # ids or addresses in one question, and
_LETTERS = 5000  # of them, as they are encoded: a URL has an end


@dataclass(frozen=True, slots=True)
class Reader:
    """Pages and read-backs of one business unit."""

    unit: Unit

    def pages(self, query: ReadQuery, cursor: Cursor | None) -> Iterator[Page]:
        """A listing, or what changed since the cursor."""
        place = Place.of(query, cursor)
        match query.object:
            case "prospect":
                return self._prospects(place)
            case "activity":
                return self._activities(place)
            case "user":
                return self._users(place)
            case "row":
                return self._members(place)
            case _:
                raise Bug(f"Account Engagement: there is no object {query.object!r} to read")

    def _prospects(self, place: Place) -> Iterator[Page]:
        kinds = self.unit.kinds(place.fields)
        for rows, last, now_place in self._query(place, PROSPECTS, wire.sources(place.fields), {}):
            yield Page(
                records=tuple(wire.prospect(row, place.fields, kinds) for row in rows if not wire.is_deleted(row)),
                deletions=tuple(wire.deletion(PROSPECT, str(row["id"]), row) for row in rows if wire.is_deleted(row)),
                cursor=now_place.cursor(),
                full=place.part is Part.LISTING,
                last=last,
            )

    def _query(
        self, place: Place, path: str, fields: Sequence[str], filters: dict[str, str]
    ) -> Iterator[tuple[list[wire.Row], bool, Place]]:
        """Pages of a listing, or of what changed; each with the place to go on from."""
        if place.part is Part.LISTING:
            given = {**filters, "deleted": "false"}
        else:
            since = place.since or self.unit.now()
            given = {**filters, "deleted": "all", "updatedAtAfterOrEqualTo": overlapped(since, self.unit.settings)}
        for rows, last, asked_at in self.unit.pages(path, fields, given, place.after):
            began_at = place.began_at or asked_at or self.unit.now()
            place = replace(place, began_at=began_at, after=int(str(rows[-1]["id"])) if rows else place.after)
            yield rows, last, place.finished() if last else place

    def _activities(self, place: Place) -> Iterator[Page]:
        """Everybody's, by the time at which they were recorded; an event near the watermark is told again.

        Whether an activity tells the prospect's address is not documented: where that is refused, it is told without.
        """
        filters = {"createdAtAfterOrEqualTo": overlapped(place.since, self.unit.settings)} if place.since else {}
        while True:
            email = self.unit.activity_email
            fields = ACTIVITY_FIELDS + ((email,) if email else ())
            try:
                for rows, last, asked_at in self.unit.pages(ACTIVITIES, fields, filters, place.after):
                    began_at = place.began_at or asked_at or self.unit.now()
                    place = replace(place, began_at=began_at, after=int(str(rows[-1]["id"])) if rows else place.after)
                    told = (wire.activity(row, email) for row in rows)
                    cursor = (place.finished() if last else place).cursor()
                    yield Page(tuple(one for one in told if one), cursor=cursor, last=last)
            except SettingsError:
                if email is None:
                    raise
                self.unit.activity_email = None
            else:
                return

    def _users(self, place: Place) -> Iterator[Page]:
        """All of them each time: they are few, and one who left says so."""
        fields = ("id", "email", "firstName", "lastName", "salesforceId", "isDeleted", "updatedAt")
        for rows, last, _ in self.unit.pages("/objects/users", fields, {"deleted": "all"}):
            yield Page(tuple(wire.user(row) for row in rows), cursor=place.cursor(), last=last)

    # -- lists -----------------------------------------------------------------------------------------------------

    def _members(self, place: Place) -> Iterator[Page]:
        if place.part is Part.LISTING:
            yield from self._memberships(place)
            return
        if place.part is Part.CHANGES:
            began_at: datetime | None = None
            for page, went_on in self._changed_memberships(place):
                began_at = began_at or went_on.began_at
                yield page
            place = replace(place, part=Part.PEOPLE, began_at=began_at, after=0)
        yield from self._changed_people(place)

    def _memberships(self, place: Place) -> Iterator[Page]:
        for rows, last, went_on in self._query(place, MEMBERS, wire.member_fields(place.fields), self._of(place)):
            yield Page(self._rows(place, rows), cursor=went_on.cursor(), full=True, last=last)

    def _changed_memberships(self, place: Place) -> Iterator[tuple[Page, Place]]:
        fields = wire.member_fields(place.fields)
        for rows, last, went_on in self._query(place, MEMBERS, fields, self._of(place)):
            there = self._rows(place, rows)
            # Who came back may have a new membership, and be there in spite of the old one that ended.
            ended = sorted({str(row["prospectId"]) for row in rows if wire.is_deleted(row)})
            there += tuple(self._by_prospect(place, ended))
            known = {record.id for record in there}
            gone = [row for row in rows if wire.row_id(place.list_id, row["prospectId"]) not in known]
            deletions = tuple(wire.deletion(ROW, wire.row_id(place.list_id, row["prospectId"]), row) for row in gone)
            began_at = place.began_at or went_on.began_at or went_on.since
            onward = replace(place, began_at=began_at, after=went_on.after)
            if last:
                onward = replace(onward, part=Part.PEOPLE, after=0)
            yield Page(there, deletions, onward.cursor()), onward

    def _changed_people(self, place: Place) -> Iterator[Page]:
        """Of the prospects that changed, those who are on the list: asked by their ids, so the cost follows change."""
        since = {
            "deleted": "all",
            "updatedAtAfterOrEqualTo": overlapped(place.since or self.unit.now(), self.unit.settings),
        }
        for rows, last, asked_at in self.unit.pages(PROSPECTS, ("id", "isDeleted", "updatedAt"), since, place.after):
            began_at = place.began_at or asked_at or self.unit.now()
            place = replace(place, began_at=began_at, after=int(str(rows[-1]["id"])) if rows else place.after)
            ids = [str(row["id"]) for row in rows]
            there = tuple(self._by_prospect(place, ids))
            # Whoever is in the bin is on no list: told as gone, which costs nothing where nobody knew the person.
            binned = tuple(
                wire.deletion(ROW, wire.row_id(place.list_id, row["id"]), row) for row in rows if wire.is_deleted(row)
            )
            yield Page(there, binned, (place.finished() if last else place).cursor(), last=last)

    def _by_prospect(self, place: Place, prospect_ids: Sequence[str]) -> Iterator[Record]:
        fields, kinds = wire.member_fields(place.fields), self.unit.kinds(place.fields)
        for ids in chunks(prospect_ids):
            for rows, _, _ in self.unit.pages(MEMBERS, fields, {**self._of(place), "prospectIdList": ",".join(ids)}):
                found = (wire.member(place.list_id, row, place.fields, kinds) for row in rows)
                yield from (record for record in found if record)

    def _rows(self, place: Place, rows: Sequence[wire.Row]) -> tuple[Record, ...]:
        kinds = self.unit.kinds(place.fields)
        found = (wire.member(place.list_id, row, place.fields, kinds) for row in rows)
        return tuple(record for record in found if record)

    def _of(self, place: Place) -> dict[str, str]:
        return {"listId": place.list_id}

    # -- read-backs ------------------------------------------------------------------------------------------------

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """By id or by email. The API tells addresses apart by case: each is asked for in its usual spellings."""
        if by not in (FetchBy.ID, FetchBy.EMAIL):
            raise Bug(f"Account Engagement: nothing is found by {by}")
        if query.object in (USER, ACTIVITY):
            raise Bug(f"Account Engagement: no {query.object} is read back")
        if by is FetchBy.ID:
            wanted = {wire.prospect_of(key) for key in keys}
        else:
            wanted = {spelling for key in keys for spelling in wire.spellings(key)}
        for part in chunks(sorted(wanted - {""})):
            found = list(self._found(query, by, part))
            if query.object == ROW:
                place = Place.of(query, None)
                yield from self._by_prospect(place, [record.id for record in found])
            else:
                yield from found

    def _found(self, query: ReadQuery, by: FetchBy, keys: Sequence[str]) -> Iterator[Record]:
        name = "idList" if by is FetchBy.ID else "emailList"
        kinds = self.unit.kinds(query.fields)
        for rows, _, _ in self.unit.pages(PROSPECTS, wire.sources(query.fields), {name: ",".join(keys)}):
            yield from (wire.prospect(row, query.fields, kinds) for row in rows if not wire.is_deleted(row))


def chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    """As many keys as go in one question."""
    chunk: list[str] = []
    letters = 0
    for key in keys:
        size = len(quote_plus(f"{key},"))
        if chunk and (len(chunk) == _KEYS or letters + size > _LETTERS):
            yield chunk
            chunk, letters = [], 0
        chunk.append(key)
        letters += size
    if chunk:
        yield chunk
