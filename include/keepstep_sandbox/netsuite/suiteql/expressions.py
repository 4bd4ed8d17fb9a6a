"""Parses SuiteQL expressions by recursive descent, one method a level of precedence."""

from collections.abc import Callable, Sequence
from typing import Final

from keepstep_sandbox.netsuite.errors import NetSuiteError, invalid_search
from keepstep_sandbox.netsuite.suiteql import nodes
from keepstep_sandbox.netsuite.suiteql.tokens import Kind, Token

COMPARISONS: Final = frozenset({"=", "<>", "!=", "<", "<=", ">", ">="})
AGGREGATES: Final = frozenset({"COUNT", "MIN", "MAX"})
_CLAUSES: Final = """
    SELECT FROM WHERE AND OR NOT IN IS NULL LIKE BETWEEN JOIN INNER LEFT RIGHT FULL CROSS OUTER ON ORDER BY GROUP HAVING
    ASC DESC AS UNION ALL EXISTS CASE WHEN THEN ELSE END DISTINCT FETCH FIRST ROWS ONLY WITH LIMIT OFFSET
"""
RESERVED: Final = frozenset(_CLAUSES.split())
MAX_DEPTH: Final = 50  # nested parentheses; beyond it the text is no query of a client's


class ExpressionParser:
    """Walks over the tokens. `parameters` take the places of the question marks, in order."""

    def __init__(self, tokens: Sequence[Token], parameters: Sequence[int | float | str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._parameters = parameters
        self._used = 0
        self._depth = 0

    def expression(self) -> nodes.Expression:
        """Parse a condition or a value.

        Raises:
            NetSuiteError: it's neither, or beyond what this sandbox knows.
        """
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise invalid_search("The query is nested too deeply.")
        parts = [self._conjunction()]
        while self.take("OR"):
            parts.append(self._conjunction())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else nodes.Or(tuple(parts))

    @property
    def token(self) -> Token:
        """The word that comes next."""
        return self._tokens[self._at]

    def next(self) -> Token:
        """Go over a word; give it."""
        found = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return found

    def take(self, *words: str) -> bool:
        """Go over these keywords if they come next, all of them in this order."""
        following = [token.word for token in self._tokens[self._at : self._at + len(words)]]
        if following != list(words):
            return False
        self._at += len(words)
        return True

    def take_symbol(self, symbol: str) -> bool:
        """Go over this symbol if it comes next."""
        if (self.token.kind, self.token.text) != (Kind.SYMBOL, symbol):
            return False
        self.next()
        return True

    def need(self, what: str) -> None:
        """Go over a keyword or symbol that must come next.

        Raises:
            NetSuiteError: something else does.
        """
        if not (self.take(what) or self.take_symbol(what)):
            raise self.unexpected()

    def name(self) -> str:
        """Go over a name that must come next; give it in lower case.

        Raises:
            NetSuiteError: something else does, or a keyword.
        """
        if self.token.kind is not Kind.NAME or self.token.word in RESERVED:
            raise self.unexpected()
        return self.next().text.lower()

    def unexpected(self) -> NetSuiteError:
        """Refuse the word that comes next."""
        found = self.token.text if self.token.kind is not Kind.END else "end of query"
        return invalid_search(f"Unexpected '{found}'.")

    def subquery(self) -> nodes.Query:
        """Parse a SELECT within an expression; the query parser knows how."""
        raise self.unexpected()

    def all_parameters_used(self) -> bool:
        """Tell whether there were as many question marks as parameters."""
        return self._used == len(self._parameters)

    def _conjunction(self) -> nodes.Expression:
        parts = [self._negation()]
        while self.take("AND"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else nodes.And(tuple(parts))

    def _negation(self) -> nodes.Expression:
        return nodes.Not(self._negation()) if self.take("NOT") else self._predicate()

    def _predicate(self) -> nodes.Expression:
        value = self._sum()
        if self.token.kind is Kind.SYMBOL and self.token.text in COMPARISONS:
            operator = self.next().text
            return nodes.Comparison("<>" if operator == "!=" else operator, value, self._sum())
        if self.take("IS", "NOT", "NULL"):
            return nodes.Not(nodes.IsNull(value))
        if self.take("IS", "NULL"):
            return nodes.IsNull(value)
        negated = self.take("NOT")
        found = self._range(value)
        if found is None and negated:
            raise self.unexpected()
        if found is None:
            return value
        return nodes.Not(found) if negated else found

    def _range(self, value: nodes.Expression) -> nodes.Expression | None:
        if self.take("BETWEEN"):
            low = self._sum()
            self.need("AND")
            return nodes.Between(value, low, self._sum())
        if self.take("LIKE"):
            return nodes.Like(value, self._sum())
        if not self.take("IN"):
            return None
        self.need("(")
        if self.token.word == "SELECT":
            query = self.subquery()
            self.need(")")
            return nodes.InQuery(value, query)
        items = self._list()
        self.need(")")
        return nodes.InList(value, items)

    def _list(self) -> tuple[nodes.Expression, ...]:
        items = [self._sum()]
        while self.take_symbol(","):
            items.append(self._sum())
        return tuple(items)

    def _sum(self) -> nodes.Expression:
        return self._chain(("+", "-", "||"), self._product)

    def _product(self) -> nodes.Expression:
        return self._chain(("*", "/"), self._unary)

    def _chain(self, symbols: tuple[str, ...], part: Callable[[], nodes.Expression]) -> nodes.Expression:
        value = part()
        while self.token.kind is Kind.SYMBOL and self.token.text in symbols:
            operator = self.next().text
            value = nodes.Arithmetic(operator, value, part())
        return value

    def _unary(self) -> nodes.Expression:
        if not self.take_symbol("-"):
            return self._atom()
        value = self._atom()
        if isinstance(value, nodes.Literal) and isinstance(value.value, int | float):
            return nodes.Literal(-value.value)
        return nodes.Arithmetic("-", nodes.Literal(0), value)

    def _atom(self) -> nodes.Expression:
        if self.token.kind is Kind.NAME:
            return self._named()
        if self.take_symbol("("):
            inside = self.expression()
            self.need(")")
            return inside
        if self.take_symbol("?"):
            return self._parameter()
        return self._literal()

    def _literal(self) -> nodes.Expression:
        token = self.token
        if token.kind is Kind.NUMBER:
            self.next()
            return nodes.Literal(float(token.text) if "." in token.text else int(token.text))
        if token.kind is Kind.TEXT:
            self.next()
            return nodes.Literal(token.text or None)
        raise self.unexpected()

    def _parameter(self) -> nodes.Expression:
        if self._used >= len(self._parameters):
            raise invalid_search("There are fewer parameters than question marks.")
        value = self._parameters[self._used]
        self._used += 1
        return nodes.Literal(None if value == "" else value)

    def _named(self) -> nodes.Expression:
        if self.take("NULL"):
            return nodes.Literal(None)
        if self.take("SYSDATE"):
            return nodes.Now()
        if self.take("ROWNUM"):
            return nodes.RowNumber()
        first = self.name()
        if self.take_symbol("."):
            if self.take_symbol("*"):
                return nodes.Star(first)
            second = self.name()
            return self._call(f"{first}.{second}") if self.take_symbol("(") else nodes.Column(first, second)
        return self._call(first) if self.take_symbol("(") else nodes.Column("", first)

    def _call(self, name: str) -> nodes.Expression:
        name = name.upper()
        if name in AGGREGATES:
            return self._aggregate(name)
        arguments = () if self.take_symbol(")") else self._arguments()
        return nodes.Call(name, arguments)

    def _arguments(self) -> tuple[nodes.Expression, ...]:
        arguments = self._list()
        self.need(")")
        return arguments

    def _aggregate(self, name: str) -> nodes.Expression:
        if name == "COUNT" and self.take_symbol("*"):
            self.need(")")
            return nodes.Aggregate(name, None)
        distinct = self.take("DISTINCT")
        value = self._sum()
        self.need(")")
        return nodes.Aggregate(name, value, distinct)
