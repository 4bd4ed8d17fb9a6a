"""What a reader sees of the business unit: as old as stale reads are, people inside always as it is."""

from datetime import timedelta
from typing import TYPE_CHECKING

from keepstep_sandbox.account_engagement.table import Row, Table

if TYPE_CHECKING:
    from keepstep_sandbox.account_engagement.unit import BusinessUnit


class View:
    """Made for one question; see the module."""

    def __init__(self, unit: "BusinessUnit", *, fresh: bool = False) -> None:
        """Look at a unit; a fresh view sees writes at once, whatever the settings say."""
        self._unit = unit
        self._stale_s = 0.0 if fresh else unit.settings.stale_reads_s
        self._earlier: dict[str, dict[int, Row | None]] = {}

    @property
    def unit(self) -> "BusinessUnit":
        """The unit that is looked at."""
        return self._unit

    def table(self, kind: str) -> Table:
        """Give an object's table as it is now; `earlier` says what of it isn't seen yet."""
        return self._unit.tables[kind]

    def earlier(self, kind: str) -> dict[int, Row | None]:
        """Give the rows that are seen otherwise than they are; None stands for one that isn't seen at all."""
        if not self._stale_s:
            return {}
        if kind not in self._earlier:
            moment = self._unit.surroundings.clock.now() - timedelta(seconds=self._stale_s)
            self._earlier[kind] = self.table(kind).earlier(moment)
        return self._earlier[kind]

    def get(self, kind: str, row_id: int | None) -> Row | None:
        """Give a row as it is seen, in the recycle bin or not."""
        if row_id is None:
            return None
        earlier = self.earlier(kind)
        return earlier[row_id] if row_id in earlier else self.table(kind).get(row_id)
