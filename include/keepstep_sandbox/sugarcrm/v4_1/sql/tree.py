"""A parsed condition."""

from dataclasses import dataclass


class SqlError(Exception):
    """The database refused the statement."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `table` is a table's name or alias, empty where none stands."""

    table: str
    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a number or NULL."""

    value: str | float | None


@dataclass(frozen=True, slots=True)
class Function:
    """LOWER, UPPER or TRIM of an operand."""

    name: str
    of: "Operand"


Operand = Column | Literal | Function


@dataclass(frozen=True, slots=True)
class Compare:
    """`left operator right`."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class In:
    """`operand IN (...)`: literals, or what a select gives."""

    operand: Operand
    among: "tuple[Literal, ...] | Select"
    negated: bool


@dataclass(frozen=True, slots=True)
class IsNull:
    """`operand IS [NOT] NULL`."""

    operand: Operand
    negated: bool


@dataclass(frozen=True, slots=True)
class Not:
    """`NOT condition`."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """One part holds."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Source:
    """A table in a select's FROM; `outer` says that rows without a partner stay."""

    table: str
    alias: str
    outer: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """One column of joined tables."""

    column: Operand
    sources: tuple[Source, ...]
    where: "Condition"


Condition = Compare | In | IsNull | Not | And | Or | Column | Literal | Function


def conjuncts(condition: Condition) -> tuple[Condition, ...]:
    """Give the parts that must all hold."""
    if isinstance(condition, And):
        return tuple(inner for part in condition.parts for inner in conjuncts(part))
    return (condition,)
