"""Parses a SOQL text: one SELECT over one object and the parents of its rows. Whatever else SOQL knows is refused."""

from datetime import date
from typing import Final

from keepstep_sandbox.salesforce.errors import malformed_query
from keepstep_sandbox.salesforce.soql import nodes
from keepstep_sandbox.salesforce.soql.tokens import Kind, Token, tokenize, unexpected
from keepstep_sandbox.salesforce.values import moment

PERIODS: Final = frozenset(
    {"TODAY", "YESTERDAY", "TOMORROW", "LAST_N_DAYS", "NEXT_N_DAYS", "THIS_MONTH", "LAST_MONTH", "THIS_YEAR"}
)
_COMPARE: Final = frozenset({"=", "!=", "<>", "<", "<=", ">", ">="})
_CLAUSES: Final = frozenset({"WHERE", "ORDER", "LIMIT", "OFFSET", "GROUP", "HAVING", "FOR", "USING", "WITH", "ALL"})
_CONSTANTS: Final = {"TRUE": True, "FALSE": False, "NULL": None}
MAX_OFFSET: Final = 2000


def parse(text: str) -> nodes.Query:
    """Parse a whole query.

    Raises:
        SalesforceError: it isn't one that this sandbox knows.
    """
    parser = _Parser(text)
    query = parser.query()
    parser.end()
    return query


def parse_condition(text: str) -> nodes.Condition:
    """Parse what could stand behind WHERE.

    Raises:
        SalesforceError: it couldn't.
    """
    parser = _Parser(text)
    found = parser.condition()
    parser.end()
    return found


class _Parser:
    """Recursive descent over the words."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._at = 0

    def query(self) -> nodes.Query:
        self._need("SELECT")
        paths = self._paths()
        self._need("FROM")
        kind = self._next(Kind.NAME)
        self._take("AS")
        token = self._token
        named = token.kind is Kind.NAME and token.word not in _CLAUSES
        alias = self._next(Kind.NAME).text if named else ""
        where = self.condition() if self._take("WHERE") else None
        order = self._order() if self._take("ORDER", "BY") else ()
        limit = self._whole() if self._take("LIMIT") else None
        offset = self._whole() if self._take("OFFSET") else 0
        if offset > MAX_OFFSET:
            raise malformed_query("Maximum SOQL offset allowed is 2000")
        return nodes.Query(paths, kind.text, kind.at, alias, where, order, limit, offset)

    def condition(self) -> nodes.Condition:
        """Parse terms joined by AND or by OR; mixing them needs brackets, as in the real SOQL."""
        first = self._term()
        word = self._token.word
        if word not in ("AND", "OR"):
            return first
        parts = [first]
        while self._take(word):
            parts.append(self._term())
        if self._token.word in ("AND", "OR"):
            raise unexpected(self._text, self._token)
        return nodes.And(tuple(parts)) if word == "AND" else nodes.Or(tuple(parts))

    def end(self) -> None:
        """Refuse anything that follows."""
        if self._token.kind is not Kind.END:
            raise unexpected(self._text, self._token)

    def _paths(self) -> tuple[nodes.Path, ...]:
        if self._token.word == "COUNT" and self._tokens[self._at + 1].text == "(":
            self._at += 2
            self._symbol(")")
            return ()
        paths = [self._path()]
        while self._take_symbol(","):
            paths.append(self._path())
        return tuple(paths)

    def _path(self) -> nodes.Path:
        token = self._next(Kind.NAME)
        if ":" in token.text:
            raise unexpected(self._text, token)
        return nodes.Path(tuple(token.text.split(".")), token.at)

    def _term(self) -> nodes.Condition:
        if self._take("NOT"):
            return nodes.Not(self._term())
        if self._take_symbol("("):
            found = self.condition()
            self._symbol(")")
            return found
        return self._comparison()

    def _comparison(self) -> nodes.Condition:
        path = self._path()
        if self._take("LIKE"):
            return nodes.Comparison(path, "LIKE", self._literal())
        if self._take("IN"):
            return self._in(path)
        if self._take("NOT", "IN"):
            return nodes.Not(self._in(path))
        token = self._next(Kind.SYMBOL)
        if token.text not in _COMPARE:
            raise unexpected(self._text, token)
        return nodes.Comparison(path, "!=" if token.text == "<>" else token.text, self._literal())

    def _in(self, path: nodes.Path) -> nodes.Condition:
        self._symbol("(")
        if self._token.word == "SELECT":
            found: nodes.Condition = nodes.InQuery(path, self.query())
        else:
            values = [self._literal()]
            while self._take_symbol(","):
                values.append(self._literal())
            found = nodes.InList(path, tuple(values))
        self._symbol(")")
        return found

    def _literal(self) -> nodes.Literal:
        token = self._token
        self._at += 1
        try:
            return self._read(token)
        except ValueError as error:
            raise unexpected(self._text, token) from error

    def _read(self, token: Token) -> nodes.Literal:
        match token.kind:
            case Kind.TEXT:
                return token.text
            case Kind.NUMBER:
                return float(token.text) if "." in token.text else int(token.text)
            case Kind.MOMENT:
                return moment(token.text)
            case Kind.DAY:
                return date.fromisoformat(token.text)
            case Kind.NAME if token.word in _CONSTANTS:
                return _CONSTANTS[token.word]
            case Kind.NAME:
                word, _, days = token.word.partition(":")
                if word in PERIODS and bool(days) == word.endswith("_N_DAYS"):
                    return nodes.Period(word, int(days or 0))
        raise unexpected(self._text, token)

    def _order(self) -> tuple[nodes.Order, ...]:
        order = [self._order_part()]
        while self._take_symbol(","):
            order.append(self._order_part())
        return tuple(order)

    def _order_part(self) -> nodes.Order:
        path = self._path()
        descending = self._take("DESC")
        if not descending:
            self._take("ASC")
        last = self._take("NULLS", "LAST")
        if not last:
            self._take("NULLS", "FIRST")
        return nodes.Order(path, descending, last)

    def _whole(self) -> int:
        token = self._next(Kind.NUMBER)
        if not token.text.isdecimal():
            raise unexpected(self._text, token)
        return int(token.text)

    @property
    def _token(self) -> Token:
        return self._tokens[min(self._at, len(self._tokens) - 1)]

    def _next(self, kind: Kind) -> Token:
        token = self._token
        if token.kind is not kind:
            raise unexpected(self._text, token)
        self._at += 1
        return token

    def _take(self, *words: str) -> bool:
        found = tuple(token.word for token in self._tokens[self._at : self._at + len(words)])
        if found != words:
            return False
        self._at += len(words)
        return True

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise unexpected(self._text, self._token)

    def _take_symbol(self, symbol: str) -> bool:
        if self._token.kind is not Kind.SYMBOL or self._token.text != symbol:
            return False
        self._at += 1
        return True

    def _symbol(self, symbol: str) -> None:
        if not self._take_symbol(symbol):
            raise unexpected(self._text, self._token)
