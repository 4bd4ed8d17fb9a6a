"""What became of deleted records: in the bin, merged into another, undeleted since, or purged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from keepstep.connectors.salesforce import soql, wire
from keepstep.connectors.salesforce.org import Log, Org
from keepstep.core.model import Deletion


@dataclass(slots=True)
class Fates:
    """What is known of some records of one object; asks for the rest."""

    org: Org
    object: str
    known: dict[str, wire.Row] = field(default_factory=dict)

    def of_rows(self, rows: Sequence[wire.Row]) -> tuple[Deletion, ...]:
        """The news of the rows that are in the recycle bin. Costs a call only where a merge's survivor isn't known."""
        living = {str(row["Id"]): row for row in rows if not wire.is_deleted(row)}
        self.known.update({str(row["Id"]): _short(row) for row in rows})
        gone = [row for row in rows if wire.is_deleted(row)]
        survivors = self._survivors(gone)
        self.known = {id: row for id, row in self.known.items() if id not in living}  # memory stays flat
        return tuple(wire.deletion_of(self.object, row, survivors.get(str(row["Id"]))) for row in gone)

    def of_log(self, log: Log) -> tuple[Deletion, ...]:
        """The news of the deletion log, which tells neither merges nor undeletions: the recycle bin does."""
        self._learn(log.ids)
        gone = [row for id in log.ids if (row := self.known.get(id)) is not None and wire.is_deleted(row)]
        survivors = self._survivors(gone)
        return tuple(
            Deletion(self.object, id, log.at[id], survivors.get(id))
            for id in log.ids
            if id not in self.known or wire.is_deleted(self.known[id])
        )

    def _survivors(self, gone: Sequence[wire.Row]) -> Mapping[str, str]:
        """For each record that was merged away, the living one at the end of the chain; no entry: none lives."""
        masters = {str(row["Id"]): master for row in gone if (master := wire.master_of(row)) is not None}
        while unknown := {end for master in masters.values() if (end := self._end(master)) not in self.known}:
            self._learn(unknown)
            for id in unknown - set(self.known):
                self.known[id] = {"Id": id, "IsDeleted": True}  # purged: nothing is there to follow
        return {id: end for id, master in masters.items() if not wire.is_deleted(self.known[end := self._end(master)])}

    def _end(self, id: str) -> str:
        """As far as it can be followed; a loop, which only a broken answer has, ends where it began."""
        seen: set[str] = set()
        while id not in seen and (row := self.known.get(id)) is not None and wire.is_deleted(row):
            seen.add(id)
            id = wire.master_of(row) or id
        return id

    def _learn(self, ids: Iterable[str]) -> None:
        for query in soql.fates(self.object, sorted(set(ids) - set(self.known))):
            self.known.update({str(row["Id"]): _short(row) for row in self.org.all(query)})


def _short(row: wire.Row) -> wire.Row:
    """What a fate needs of a row."""
    return {key: row.get(key) for key in ("Id", "IsDeleted", wire.MASTER)}
