"""Rows as the Web API tells them, with the annotations that are wanted."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request

from keepstep_sandbox.dynamics.columns import CHOICES, NUMBERS, TEXTS, YES_NO, Column, Type
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import no_such_property
from keepstep_sandbox.dynamics.keys import ROOT
from keepstep_sandbox.dynamics.options import Expansion
from keepstep_sandbox.dynamics.preferences import FORMATTED, LOOKUP_NAVIGATION, LOOKUP_TABLE, Preferences
from keepstep_sandbox.dynamics.standard import VERSION, Definition
from keepstep_sandbox.dynamics.table import Row
from keepstep_sandbox.dynamics.values import held, to_json

JSON: Final = "application/json; odata.metadata=minimal"


def root(request: Request) -> str:
    """Give the Web API's whole address, as the client knows it."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}{ROOT}"


def etag(row: Row) -> str:
    """Give a row's ETag: the version that all tables share."""
    return f'W/"{row[VERSION]}"'


class Renderer:
    """Writes rows of one table in one way."""

    def __init__(
        self,
        environment: Environment,
        table: Definition,
        wishes: Preferences,
        select: tuple[str, ...] | None = None,
        expand: tuple[Expansion, ...] = (),
    ) -> None:
        """Prepare.

        Raises:
            DynamicsError: a name isn't the table's.
        """
        self._environment, self._table, self._wishes = environment, table, wishes
        self._shows = wishes.annotates(FORMATTED)
        self._names_table, self._names_link = wishes.annotates(LOOKUP_TABLE), wishes.annotates(LOOKUP_NAVIGATION)
        columns = self._chosen(select)
        # What a column without a value tells is looked up once, not for each of many thousand rows.
        self._columns = [(column, column.wire, held(column, {})) for column in columns]
        self._expanded = [self._expansion(one) for one in expand]
        self.context = f"{table.set_name}({','.join(select)})" if select else table.set_name

    def record(self, row: Row) -> dict[str, Any]:
        """Write a row."""
        told: dict[str, Any] = {"@odata.etag": etag(row)}
        annotated = bool(self._wishes.annotations)
        for column, wire, empty in self._columns:
            value = row.get(column.name, empty)
            told[wire] = to_json(value)
            if annotated and value is not None and column.type not in TEXTS:
                told.update(self._annotations(column, value))
        for name, column, target, renderer in self._expanded:
            found = self._environment.holder((target,), row.get(column.name))
            told[name] = None if found is None else renderer.record(found[1])
        return told

    def _chosen(self, select: tuple[str, ...] | None) -> list[Column]:
        schema, table = self._environment.schema, self._table
        if select is None:
            return list(schema.columns(table.name))
        columns = [schema.by_wire(table.name, name) for name in select]
        key = schema.by_wire(table.name, table.key)
        return columns if key in columns else [*columns, key]

    def _expansion(self, wanted: Expansion) -> tuple[str, Column, str, "Renderer"]:
        found = self._environment.schema.by_navigation(self._table.name, wanted.name)
        if found is None:
            raise no_such_property(wanted.name, self._table.name)
        column, target = found
        table = self._environment.schema.table(target)
        renderer = Renderer(self._environment, table, self._wishes, wanted.select, wanted.expand)
        return wanted.name, column, target, renderer

    def _annotations(self, column: Column, value: Any) -> Iterable[tuple[str, Any]]:
        target = self._environment.holder(column.targets, value) if column.targets else None
        wire = column.wire
        if self._shows:
            shown = self._name(target) if target is not None else formatted(column, value)
            if shown is not None:
                yield f"{wire}@{FORMATTED}", shown
        if target is not None and self._names_table:
            yield f"{wire}@{LOOKUP_TABLE}", target[0]
        if target is not None and self._names_link:
            yield f"{wire}@{LOOKUP_NAVIGATION}", column.navigation(target[0])

    def _name(self, target: tuple[str, Row]) -> str | None:
        table, row = target
        return row.get(self._environment.schema.table(table).name_column)


def formatted(column: Column, value: Any) -> str | None:
    """Write a value as people see it; None for those that are seen as they are."""
    if column.type in CHOICES:
        option = column.option(value)
        return option.label if option else None
    if column.type is Type.BOOLEAN:
        return (column.options or YES_NO)[int(value)].label
    if column.type in NUMBERS:
        return f"{value:,}"
    if isinstance(value, datetime):
        half = "AM" if value.hour < 12 else "PM"
        return f"{value.month}/{value.day}/{value.year} {value.hour % 12 or 12}:{value.minute:02d} {half}"
    return None
