"""One customer's site: its records, and what was deleted."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from keepstep_sandbox.brightwell import seeded
from keepstep_sandbox.brightwell.errors import BrightwellError
from keepstep_sandbox.brightwell.schema import ACCOUNT, CONTACT, FIELDS, LEAD, PREFIXES
from keepstep_sandbox.brightwell.settings import BrightwellSettings
from keepstep_sandbox.tenant import Tenant

Row = dict[str, Any]  # without what is blank


class Site(Tenant[BrightwellSettings]):
    """Records by object and id. People see what the API sees."""

    name: Final = "brightwell"
    tables: dict[str, dict[str, Row]]

    def find(self, object: str, record_id: str) -> Row:
        """Give a record.

        Raises:
            BrightwellError: there is none.
        """
        if record_id not in self.tables[object]:
            raise BrightwellError(404, "not_found")
        return self.tables[object][record_id]

    def create(self, object: str, values: Mapping[str, Any], external_id: str | None = None) -> Row:
        """Make a record."""
        row = {"external_id": external_id} if external_id is not None else {}
        self._put(row, self._checked(object, values))
        self._made[object] += 1
        row["id"] = f"{PREFIXES[object]}{self._made[object]:08d}"
        self.tables[object][row["id"]] = row
        return row

    def update(self, object: str, record_id: str, values: Mapping[str, Any]) -> Row:
        """Change what is named; null clears."""
        row, changes = self.find(object, record_id), self._checked(object, values)
        if record_id in self.refused:
            raise BrightwellError(422, "refused_by_rule")
        self._put(row, changes)
        return row

    def delete(self, object: str, record_id: str, merged_into: str | None = None) -> None:
        """Delete a record for good, and remember that."""
        self.find(object, record_id)
        told = {"id": record_id, "at": self.stamp()} | ({"merged_into": merged_into} if merged_into else {})
        self.deletions[object][record_id] = told
        del self.tables[object][record_id]

    def merge(self, object: str, survivor: str, losers: list[str]) -> None:
        """Merge records into one, which keeps its own values and takes others where it has none."""
        row = self.find(object, survivor)
        for loser in losers:
            known = self.find(object, loser)
            self._put(row, {name: known[name] for name in FIELDS[object] if name in known and name not in row})
            self.delete(object, loser, survivor)

    def convert(self, lead_id: str) -> Row:
        """Make a lead a contact, of an account of its own where it names a company; the lead stays, and tells it."""
        lead = self.find(LEAD, lead_id)
        if "contact_id" in lead:
            raise BrightwellError(422, "converted")
        values = {name: lead[name] for name in FIELDS[CONTACT] if name in lead}
        if "company" in lead:
            owner = {name: lead[name] for name in ("owner_id",) if name in lead}
            values["account_id"] = self.create(ACCOUNT, {"name": lead["company"], **owner})["id"]
        contact = self.create(CONTACT, values)
        self._put(lead, {"contact_id": contact["id"]})
        return contact

    def told(self, object: str, row: Row) -> Row:
        """Give a record as the API has it: every field, blank ones as null."""
        told = {name: row.get(name) for name in ("id", "external_id", "modified_at", *FIELDS[object])}
        if object == CONTACT:
            told["account_name"] = self.tables[ACCOUNT].get(row.get("account_id", ""), {}).get("name")
        return told

    def changed(self, object: str, since: datetime | None, *, deleted: bool = False) -> Iterator[Row]:
        """Give what was saved, or deleted, from a moment on, by id.

        Raises:
            BrightwellError: deletions aren't remembered that far back.
        """
        if deleted and since is not None and since < self.now() - timedelta(days=self.settings.deletions_days):
            raise BrightwellError(410, "too_old", "changed_since")
        rows, stamp = (self.deletions, "at") if deleted else (self.tables, "modified_at")
        first = "" if since is None else _text(since)
        return (row for _, row in sorted(rows[object].items()) if row[stamp] >= first)

    def stamp(self) -> str:
        """Give the present moment as records keep it."""
        return _text(self.now())

    def _checked(self, object: str, values: Mapping[str, Any]) -> dict[str, Any]:
        fields = FIELDS[object]
        changes = {name: None if value == "" else value for name, value in values.items()}
        for name, value in changes.items():
            if name not in fields:
                raise BrightwellError(422, "unknown_field", name)
            if not fields[name].writable:
                raise BrightwellError(422, "read_only", name)
            if value is not None:
                fields[name].check(value)
            if value is not None and fields[name].type in PREFIXES and value not in self.tables[fields[name].type]:
                raise BrightwellError(422, "invalid_value", name)
        return changes

    def _put(self, row: Row, changes: Mapping[str, Any]) -> None:
        row.update(changes)
        for name in [name for name, value in row.items() if value is None]:
            del row[name]
        row["modified_at"] = self.stamp()

    def _fill(self) -> None:
        self.tables = {object: {} for object in PREFIXES}
        self.deletions: dict[str, dict[str, Row]] = {object: {} for object in PREFIXES}
        self.refused: set[str] = set()  # the ids of records that a rule of the customer's refuses to save
        self._made = dict.fromkeys(PREFIXES, 0)
        seeded.fill(self.enter, self.settings)

    def enter(self, object: str, values: Mapping[str, Any]) -> str:
        """Make a record as an administrator, who may write what the API doesn't. Gives its id."""
        open_ = {name: value for name, value in values.items() if FIELDS[object][name].writable}
        row = self.create(object, open_)
        self._put(row, {name: value for name, value in values.items() if name not in open_})
        return str(row["id"])


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
