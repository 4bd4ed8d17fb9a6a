"""FetchXML of one table: its columns, conditions joined by and or or, their order, pages by number."""

import re
from dataclasses import dataclass
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

from keepstep_sandbox.dynamics.columns import CHOICES, NUMBERS, Column, Type
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import DynamicsError
from keepstep_sandbox.dynamics.filters import nodes
from keepstep_sandbox.dynamics.options import Question
from keepstep_sandbox.dynamics.standard import Definition

_OPERATORS: Final = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_NUMBERED: Final = frozenset({"top", "count", "page"})
_LIKE: Final = re.compile(r"(%?)([^%]*)(%?)")


@dataclass(slots=True)
class _Filter:
    """One filter element, open or closed."""

    joined: str
    parts: list[nodes.Condition]

    def whole(self) -> nodes.Condition:
        return nodes.Or(tuple(self.parts)) if self.joined == "or" else nodes.And(tuple(self.parts))


class _Reader:
    """Takes the elements as they come."""

    def __init__(self, environment: Environment, table: Definition) -> None:
        self._environment, self._table = environment, table
        self._open = [_Filter("and", [])]
        self._columns: list[str] = []
        self._order: list[tuple[nodes.Path, bool]] = []
        self._numbers: dict[str, int] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "entity" if attributes.get("name") != self._table.name:
                raise bad_fetch(f"The FetchXML is not about {self._table.name}.")
            case "entity" | "value":
                return
            case "fetch":
                self._numbers = {name: _whole(attributes[name]) for name in _NUMBERED & attributes.keys()}
            case "order":
                path = (self._column(attributes.get("attribute", "")).wire,)
                self._order.append((path, attributes.get("descending", "false") == "true"))
            case "attribute":
                self._columns.append(self._column(attributes.get("name", "")).wire)
            case "filter":
                self._open.append(_Filter(attributes.get("type", "and"), []))
            case "condition":
                self._open[-1].parts.append(self._condition(attributes))
            case _:
                raise bad_fetch(f"The element '{name}' is not served by this sandbox.")

    def end(self, name: str) -> None:
        if name == "filter":
            closed = self._open.pop()
            self._open[-1].parts.append(closed.whole())

    def whole(self) -> Question:
        return Question(
            tuple(self._columns) or None,
            self._open[0].whole(),
            tuple(self._order),
            self._numbers.get("top"),
            size=self._numbers.get("count"),
            page=self._numbers.get("page", 1),
        )

    def _condition(self, attributes: dict[str, str]) -> nodes.Condition:
        column = self._column(attributes.get("attribute", ""))
        operator, value = attributes.get("operator", ""), attributes.get("value", "")
        path = (column.wire,)
        if operator in ("null", "not-null"):
            return nodes.Comparison(path, "eq" if operator == "null" else "ne", None)
        if operator == "like":
            return _like(path, value)
        if operator not in _OPERATORS:
            raise bad_fetch(f"The operator '{operator}' is not served by this sandbox.")
        return nodes.Comparison(path, operator, _literal(column, value))

    def _column(self, name: str) -> Column:
        column = self._environment.schema.find(self._table.name, name)
        if column is None:
            message = f"'{self._table.name}' entity doesn't contain attribute with Name = '{name}'."
            raise DynamicsError(400, "0x80041103", message)
        return column


def read(environment: Environment, table: Definition, text: str) -> Question:
    """Read a FetchXML text as a question about a table.

    Raises:
        DynamicsError: it's none, or is about another table, or asks for what this sandbox doesn't serve.
    """
    reader, parser = _Reader(environment, table), ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    try:
        parser.Parse(text, True)
    except ExpatError as error:
        raise bad_fetch("Invalid XML.") from error
    return reader.whole()


def bad_fetch(message: str) -> DynamicsError:
    """Refuse a FetchXML text."""
    return DynamicsError(400, "0x80041102", message)


def _like(path: nodes.Path, value: str) -> nodes.Condition:
    found = _LIKE.fullmatch(value)
    if found is None:
        raise bad_fetch("A pattern may have % at its ends only.")
    before, text, after = found.groups()
    if not before and not after:
        return nodes.Comparison(path, "eq", text)
    function = "contains" if before and after else "endswith" if before else "startswith"
    return nodes.TextTest(function, path, text)


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise bad_fetch(f"'{text}' is no number of rows or of a page.")
    return int(text)


def _literal(column: Column, value: str) -> nodes.Literal:
    if column.type is Type.BOOLEAN:
        return value in ("1", "true")
    if column.type in NUMBERS | CHOICES and value.lstrip("-").isdecimal():
        return int(value)
    return value
