"""Parses a `$filter` text. Whatever else OData knows is refused."""

from datetime import UTC, datetime
from typing import Final

from keepstep_sandbox.dynamics.errors import bad_query
from keepstep_sandbox.dynamics.filters import nodes
from keepstep_sandbox.dynamics.filters.tokens import Kind, Token, syntax_error, tokenize

_COMPARE: Final = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_TESTS: Final = frozenset({"contains", "startswith", "endswith"})
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_NAMESPACE: Final = "Microsoft.Dynamics.CRM."
_IN, _NOT_IN = f"{_NAMESPACE}In", f"{_NAMESPACE}NotIn"


def parse(text: str) -> nodes.Condition:
    """Parse a whole filter.

    Raises:
        DynamicsError: it isn't one that this sandbox knows.
    """
    return _Parser(text).whole()


class _Parser:
    """Recursive descent over the words: `or` binds less than `and`, and that less than `not`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._at = 0

    def whole(self) -> nodes.Condition:
        found = self._or()
        if self._token.kind is not Kind.END:
            raise syntax_error(self._text, self._token.at)
        return found

    def _or(self) -> nodes.Condition:
        parts = [self._and()]
        while self._take("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else nodes.Or(tuple(parts))

    def _and(self) -> nodes.Condition:
        parts = [self._term()]
        while self._take("and"):
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else nodes.And(tuple(parts))

    def _term(self) -> nodes.Condition:
        if self._take("not"):
            return nodes.Not(self._term())
        if self._take_symbol("("):
            found = self._or()
            self._symbol(")")
            return found
        token = self._need(Kind.NAME)
        if self._token.text == "(" and self._token.kind is Kind.SYMBOL:
            return self._function(token)
        path = self._path(token)
        operator = self._need(Kind.NAME)
        if operator.text not in _COMPARE:
            raise syntax_error(self._text, operator.at)
        return nodes.Comparison(path, operator.text, self._literal())

    def _function(self, name: Token) -> nodes.Condition:
        if name.text in _TESTS:
            return self._test(name.text)
        if name.text in (_IN, _NOT_IN):
            found = self._one_of()
            return found if name.text == _IN else nodes.Not(found)
        raise bad_query(f"An unknown function with name '{name.text}' was found.")

    def _test(self, function: str) -> nodes.Condition:
        self._symbol("(")
        path = self._path(self._need(Kind.NAME))
        self._symbol(",")
        value = self._need(Kind.TEXT).text
        self._symbol(")")
        if self._token.text == "eq":  # `contains(...) eq true` is the same
            self._at += 1
            return self._is(nodes.TextTest(function, path, value))
        return nodes.TextTest(function, path, value)

    def _is(self, condition: nodes.Condition) -> nodes.Condition:
        return condition if self._literal() is True else nodes.Not(condition)

    def _one_of(self) -> nodes.OneOf:
        self._symbol("(")
        self._argument("PropertyName")
        name = self._need(Kind.TEXT).text
        self._symbol(",")
        self._argument("PropertyValues")
        self._symbol("[")
        values = [self._literal()]
        while self._take_symbol(","):
            values.append(self._literal())
        self._symbol("]")
        self._symbol(")")
        return nodes.OneOf((name,), tuple(values))

    def _argument(self, name: str) -> None:
        if not self._take(name):
            raise bad_query(f"The parameter '{name}' is missing.")
        self._symbol("=")

    def _path(self, first: Token) -> nodes.Path:
        names = [first.text]
        while self._take_symbol("/"):
            names.append(self._need(Kind.NAME).text)
        return tuple(names)

    def _literal(self) -> nodes.Literal:
        token = self._token
        self._at += 1
        match token.kind:
            case Kind.TEXT:
                return token.text
            case Kind.GUID:
                return token.text.lower()
            case Kind.NUMBER:
                return float(token.text) if "." in token.text else int(token.text)
            case Kind.MOMENT:
                return self._moment(token)
            case Kind.NAME if token.text in _CONSTANTS:
                return _CONSTANTS[token.text]
            case Kind.NAME if token.text.startswith(_NAMESPACE):  # an enumeration's value, Namespace.Type'Value'
                return self._need(Kind.TEXT).text
            case _:
                raise syntax_error(self._text, token.at)

    def _moment(self, token: Token) -> datetime:
        try:
            found = datetime.fromisoformat(token.text)
        except ValueError as error:
            raise syntax_error(self._text, token.at) from error
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)

    @property
    def _token(self) -> Token:
        return self._tokens[min(self._at, len(self._tokens) - 1)]

    def _take(self, word: str) -> bool:
        if self._token.kind is not Kind.NAME or self._token.text != word:
            return False
        self._at += 1
        return True

    def _take_symbol(self, symbol: str) -> bool:
        if self._token.kind is not Kind.SYMBOL or self._token.text != symbol:
            return False
        self._at += 1
        return True

    def _symbol(self, symbol: str) -> None:
        if not self._take_symbol(symbol):
            raise syntax_error(self._text, self._token.at)

    def _need(self, kind: Kind) -> Token:
        token = self._token
        if token.kind is not kind:
            raise syntax_error(self._text, token.at)
        self._at += 1
        return token
