"""Rows to JSON: the fields that were asked for, through relations as well, moments in the user's time zone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.schema import ACTIVITIES, PROSPECTS, Field, ObjectType, Relation, Type
from keepstep_sandbox.account_engagement.table import Row
from keepstep_sandbox.account_engagement.unit import BusinessUnit
from keepstep_sandbox.account_engagement.values import written
from keepstep_sandbox.account_engagement.view import View

MAX_DEPTH: Final = 3  # objects that a dotted name may lead through
REDACTED: Final = "202;Record(s) have been redacted from output due to access rules"
_Reader = Callable[[Row, View], Any]
_Time = Callable[[datetime], str]


@dataclass(slots=True)
class Selection:
    """What of an object was asked for, ready to be read from its rows.

    Attributes:
        redacted: whether a field was left out because the user may not see it.
    """

    readers: dict[str, _Reader] = field(default_factory=dict)
    related: dict[str, tuple[Relation, "Selection"]] = field(default_factory=dict)
    redacted: bool = False

    def render(self, row: Row, view: View) -> dict[str, Any]:
        """Write a row; what hasn't a value is null, and so is a related object that isn't there."""
        told = {name: read(row, view) for name, read in self.readers.items()}
        for name, (relation, inner) in self.related.items():
            other = view.get(relation.kind, row.get(relation.via))
            told[name] = None if other is None else inner.render(other, view)
        return told


class Selector:
    """Makes selections from lists of names."""

    def __init__(self, unit: BusinessUnit, *, time: _Time | None = None) -> None:
        """Make a selector for one answer; `time` writes moments, in the user's time zone if it's left out."""
        self._unit = unit
        zone = ZoneInfo(unit.settings.time_zone)
        self._time = time or (lambda moment: written(moment, zone))

    def select(self, kind: str, names: Sequence[str]) -> Selection:
        """Make a selection of an object's fields.

        Raises:
            PardotError: there's no such field (180).
        """
        made = Selection()
        for name in names:
            self._add(made, self._unit.schema[kind], name.split("."), name)
        return made

    def read(self, kind: str, name: str) -> _Reader:
        """Give what reads one field, by a name that may be dotted, for the cell of a table.

        Raises:
            PardotError: there's no such field (180).
        """
        first, _, rest = name.partition(".")
        one = self._unit.schema[kind]
        if not rest:
            return self._reader(one, one.field(first))
        relation = self._relation(one, first, name)
        inner = self.read(relation.kind, rest)

        def through(row: Row, view: View) -> Any:
            other = view.get(relation.kind, row.get(relation.via))
            return None if other is None else inner(other, view)

        return through

    def _add(self, selection: Selection, kind: ObjectType, path: Sequence[str], whole: str, depth: int = 0) -> None:
        name = path[0]
        if len(path) > 1:
            if depth == MAX_DEPTH:
                raise PardotError(180, whole)
            relation = self._relation(kind, name, whole)
            inner = selection.related.setdefault(name, (relation, Selection()))[1]
            self._add(inner, self._unit.schema[relation.kind], path[1:], whole, depth + 1)
            selection.redacted = selection.redacted or inner.redacted
        elif kind.name == PROSPECTS and name in self._unit.settings.hidden_fields:
            kind.field(name)
            selection.redacted = True
        else:
            selection.readers[name] = self._reader(kind, kind.field(name))

    def _relation(self, kind: ObjectType, name: str, whole: str) -> Relation:
        relation = kind.relations.get(name)
        if relation is None or (kind.name == ACTIVITIES and not self._unit.settings.activity_relations):
            raise PardotError(180, whole)
        return relation

    def _reader(self, kind: ObjectType, one: Field) -> _Reader:
        if one.alias:
            return self.read(kind.name, one.alias)
        name, time = one.name, self._time
        if one.type is Type.DATETIME:
            return lambda row, _: time(row[name]) if name in row else None
        if one.type is Type.BOOLEAN:
            return lambda row, _: row.get(name, False)
        if name == "salesforceId" and kind.name == PROSPECTS and not self._unit.settings.markers_shown:
            return lambda row, _: None if str(row.get(name, "")).startswith("[[") else row.get(name)
        return lambda row, _: row.get(name)
