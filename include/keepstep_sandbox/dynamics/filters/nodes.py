"""What a `$filter` says, as a tree."""

from dataclasses import dataclass
from datetime import datetime

Literal = str | int | float | bool | datetime | None
Path = tuple[str, ...]  # names, the last one a column; those before it lead over lookups


@dataclass(frozen=True, slots=True)
class Comparison:
    """`name operator value`; the operator is one of eq, ne, gt, ge, lt, le."""

    path: Path
    operator: str
    value: Literal


@dataclass(frozen=True, slots=True)
class TextTest:
    """`contains(name,'text')`, `startswith`, `endswith`."""

    function: str
    path: Path
    value: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """`Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=['a','b'])`."""

    path: Path
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: "Condition"


Condition = Comparison | TextTest | OneOf | And | Or | Not
