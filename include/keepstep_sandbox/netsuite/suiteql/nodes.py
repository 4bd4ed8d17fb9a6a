"""The parts of a parsed SuiteQL query: frozen, so that equal queries are equal values."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a text; the empty text is NULL, as in Oracle."""

    value: int | float | str | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column, with the alias of its table if the query gives one. Names are in lower case."""

    table: str
    name: str


@dataclass(frozen=True, slots=True)
class Star:
    """All columns, of one alias or of all tables (empty)."""

    table: str = ""


@dataclass(frozen=True, slots=True)
class Now:
    """SYSDATE."""


@dataclass(frozen=True, slots=True)
class RowNumber:
    """ROWNUM."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function of one row's values; the name is in upper case."""

    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """COUNT, MIN or MAX over all rows; no argument = COUNT(*)."""

    name: str
    argument: "Expression | None"
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+ - * /` and `||`."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`= <> < <= > >=`."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Between:
    """`x BETWEEN low AND high`."""

    value: "Expression"
    low: "Expression"
    high: "Expression"


@dataclass(frozen=True, slots=True)
class Like:
    """`x LIKE pattern`."""

    value: "Expression"
    pattern: "Expression"


@dataclass(frozen=True, slots=True)
class IsNull:
    """`x IS NULL`."""

    value: "Expression"


@dataclass(frozen=True, slots=True)
class InList:
    """`x IN (a, b)`."""

    value: "Expression"
    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class InQuery:
    """`x IN (SELECT ...)`; the inner query stands alone."""

    value: "Expression"
    query: "Query"


@dataclass(frozen=True, slots=True)
class Not:
    """`NOT x`."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    parts: tuple["Expression", ...]


Expression = (
    Literal | Column | Star | Now | RowNumber | Call | Aggregate | Arithmetic | Comparison | Between | Like | IsNull
    | InList | InQuery | Not | And | Or
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One thing selected, and the key it gets in the answer (empty where the expression must say)."""

    value: Expression
    alias: str


@dataclass(frozen=True, slots=True)
class Join:
    """A further table; `left` keeps the rows without a partner."""

    table: str
    alias: str
    on: Expression
    left: bool


@dataclass(frozen=True, slots=True)
class Order:
    """One part of ORDER BY."""

    value: Expression
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A whole SELECT. `where` holds what is joined by AND at the top, one by one; `first` is FETCH FIRST's figure."""

    items: tuple[Item, ...]
    table: str
    alias: str
    joins: tuple[Join, ...] = ()
    where: tuple[Expression, ...] = ()
    order: tuple[Order, ...] = field(default=())
    first: int | None = None
    distinct: bool = False
