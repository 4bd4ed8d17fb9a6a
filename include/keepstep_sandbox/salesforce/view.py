"""What a reader sees of the org: with or without deleted rows, as old as stale reads are, private rows or not."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from keepstep_sandbox.salesforce.schema import CONTACT
from keepstep_sandbox.salesforce.table import Row

if TYPE_CHECKING:
    from keepstep_sandbox.salesforce.org import Org


class View:
    """Made for one question; see the module."""

    def __init__(self, org: "Org", *, deleted: bool = False, fresh: bool = False) -> None:
        """Look at the org.

        Args:
            org: that is looked at.
            deleted: whether rows in the recycle bin are seen.
            fresh: whether writes are seen at once whatever the settings say, as by the people inside.
        """
        self._org = org
        self._deleted = deleted
        stale_s = 0.0 if fresh else org.settings.stale_reads_s
        moment = org.surroundings.clock.now() - timedelta(seconds=stale_s)
        self._earlier = {
            kind: table.earlier(moment) if stale_s else {} for kind, table in org.tables.items()
        }  # fmt: skip
        self._sees_private = fresh or org.settings.sees_private

    def get(self, kind: str, record_id: str) -> Row | None:
        """Give a row that is seen."""
        row = self.raw(kind, record_id)
        return row if row is not None and self._seen(kind, row) else None

    def raw(self, kind: str, record_id: str) -> Row | None:
        """Give a row even if it's in the recycle bin, for those who tell `deleted` from `never there`."""
        earlier = self._earlier[kind]
        return earlier[record_id] if record_id in earlier else self._org.tables[kind].get(record_id)

    def rows(self, kind: str, ids: Iterable[str] | None = None) -> Iterable[Row]:
        """Give the rows that are seen among these, or among all; rows that were otherwise a while ago come as well."""
        earlier = self._earlier[kind]
        chosen = self._org.tables[kind].ids() if ids is None else ids
        if earlier:
            chosen = dict.fromkeys([*chosen, *earlier])
        table = self._org.tables[kind]
        for record_id in chosen:
            row = earlier[record_id] if record_id in earlier else table.get(record_id)
            if row is not None and self._seen(kind, row):
                yield row

    def parent(self, kinds: tuple[str, ...], record_id: str | None) -> tuple[str, Row] | None:
        """Give the object and row that a reference points to; a deleted parent is still shown."""
        if record_id is None:
            return None
        for kind in kinds:
            if kind in self._org.tables and (row := self.raw(kind, record_id)) is not None:
                return kind, row
        return None

    def _seen(self, kind: str, row: Row) -> bool:
        if not self._deleted and row.get("IsDeleted", False):
            return False
        private = kind == CONTACT and "AccountId" not in row and row.get("OwnerId") != self._org.integration_user
        return self._sees_private or not private
