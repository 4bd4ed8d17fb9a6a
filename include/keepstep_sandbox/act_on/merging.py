"""The five ways in which an upload's rows meet those of a list."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from keepstep_sandbox.act_on.columns import fold
from keepstep_sandbox.act_on.marketing_list import MarketingList, Row
from keepstep_sandbox.act_on.settings import Matches
from keepstep_sandbox.act_on.upload_specs import MergeMode


@dataclass(frozen=True, slots=True)
class Merge:
    """How to merge.

    Attributes:
        mode: one of the five.
        key: position of the merge key among the columns; keys are compared without regard to case and outer blanks.
        put_empty: a blank in the file overwrites a value. REPLACE always does: the file becomes the list.
        matches: which rows to update where the key stands in several.
        touch_unchanged: an update that changes nothing still moves the modified stamp.
    """

    mode: MergeMode
    key: int
    put_empty: bool
    matches: Matches
    touch_unchanged: bool


@dataclass(slots=True)
class Tally:
    """What became of an upload's rows. Rows that a mode skips are in none of the counts."""

    appended: int = 0
    updated: int = 0
    rejected: list[tuple[list[str], str]] = field(default_factory=list)  # the row, and why


def merge(
    target: MarketingList,
    rows: Sequence[list[str]],
    how: Merge,
    now_ms: int,
    *,
    objection: Callable[[list[str]], str],
) -> Tally:
    """Bring rows into a list; `objection` says why a row is refused, or nothing.

    Rows that are in both keep their ids, also under REPLACE.
    """
    tally = Tally()
    accepted = []
    for row in rows:
        if reason := objection(row):
            tally.rejected.append((row, reason))
        else:
            accepted.append(row)
    with target.bulk():
        _Merging(target, how, now_ms, tally).run(accepted)
    return tally


class _Merging:
    """One merge under way."""

    def __init__(self, target: MarketingList, how: Merge, now_ms: int, tally: Tally) -> None:
        self._target, self._how, self._now_ms, self._tally = target, how, now_ms, tally
        self._by_key: defaultdict[str, list[Row]] = defaultdict(list)
        for row in target:
            self._enter(row)
        self._kept: set[int] = set()

    def run(self, rows: Sequence[list[str]]) -> None:
        before = list(self._target)
        take = {
            MergeMode.APPEND: self._append,
            MergeMode.APPEND_NO_DUPLICATES: self._append_unseen,
            MergeMode.UPSERT: self._upsert,
            MergeMode.UPDATE_ONLY: self._update_only,
            MergeMode.REPLACE: self._replace,
        }[self._how.mode]
        for row in rows:
            take(row)
        if self._how.mode is MergeMode.REPLACE:
            self._target.delete([row for row in before if row.number not in self._kept], self._now_ms)

    def _append(self, values: list[str]) -> None:
        self._enter(self._target.insert(values, self._now_ms))
        self._tally.appended += 1

    def _append_unseen(self, values: list[str]) -> None:
        if not self._matching(values):
            self._append(values)

    def _upsert(self, values: list[str]) -> None:
        if not self._update_only(values):
            self._append(values)

    def _update_only(self, values: list[str]) -> bool:
        rows = self._matching(values)
        for row in rows if self._how.matches is Matches.ALL else rows[:1]:
            self._update(row, values, put_empty=self._how.put_empty)
        self._tally.updated += bool(rows)
        return bool(rows)

    def _replace(self, values: list[str]) -> None:
        row = next((row for row in self._matching(values) if row.number not in self._kept), None)
        if row is None:
            row = self._target.insert(values, self._now_ms)
            self._tally.appended += 1
        else:
            self._update(row, values, put_empty=True)
            self._tally.updated += 1
        self._kept.add(row.number)

    def _update(self, row: Row, values: list[str], *, put_empty: bool) -> None:
        changes = {place: value for place, value in enumerate(values) if value or put_empty}
        self._target.update(row, changes, self._now_ms, touch_unchanged=self._how.touch_unchanged)

    def _matching(self, values: list[str]) -> list[Row]:
        key = fold(values[self._how.key])
        return self._by_key.get(key, []) if key else []

    def _enter(self, row: Row) -> None:
        if key := fold(row.values[self._how.key]):
            self._by_key[key].append(row)
