"""The parts of a parsed SOQL query: frozen, so that equal queries are equal values."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Path:
    """A field, or one reached over relationships: `("Account", "Owner", "Email")`; `at` is its place in the text."""

    names: tuple[str, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """A date literal: TODAY, LAST_N_DAYS:30. A day is a period of one day."""

    word: str
    days: int = 0


Literal = str | int | float | bool | datetime | date | Period | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`= != < <= > >= LIKE`."""

    path: Path
    operator: str
    value: Literal


@dataclass(frozen=True, slots=True)
class InList:
    """`x IN (a, b)`."""

    path: Path
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class InQuery:
    """`x IN (SELECT ...)`: a semi-join."""

    path: Path
    query: "Query"


@dataclass(frozen=True, slots=True)
class Not:
    """`NOT x`."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    parts: tuple["Condition", ...]


Condition = Comparison | InList | InQuery | Not | And | Or


@dataclass(frozen=True, slots=True)
class Order:
    """One part of ORDER BY."""

    path: Path
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A whole SELECT. No paths = COUNT()."""

    paths: tuple[Path, ...]
    kind: str
    kind_at: int = 0
    alias: str = ""
    where: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
