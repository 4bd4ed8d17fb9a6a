"""Parses a condition, with the select that it may hold."""

from typing import Final

from keepstep_sandbox.sugarcrm.v4_1.sql.tokens import Token, tokens
from keepstep_sandbox.sugarcrm.v4_1.sql.tree import (
    And,
    Column,
    Compare,
    Condition,
    Function,
    In,
    IsNull,
    Literal,
    Not,
    Operand,
    Or,
    Select,
    Source,
    SqlError,
)

_SIGNS: Final = frozenset({"=", "<=>", "<>", "!=", "<", "<=", ">", ">="})
_FUNCTIONS: Final = frozenset({"lower", "upper", "trim"})
_KEYWORDS: Final = frozenset(
    {"and", "or", "not", "in", "is", "null", "like", "between", "as"}
    | {"select", "distinct", "from", "join", "inner", "left", "outer", "on", "where"}
)


def parse(text: str) -> Condition:
    """Parse a condition.

    Raises:
        SqlError: it isn't one.
    """
    parser = _Parser(tokens(text))
    condition = parser.condition()
    parser.expect_end()
    return condition


class _Parser:
    def __init__(self, given: list[Token]) -> None:
        self._tokens = given
        self._at = 0

    def condition(self) -> Condition:
        parts = [self._and()]
        while self._take("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def expect_end(self) -> None:
        if self._now.kind != "end":
            raise SqlError(f"a syntax error near {self._now.value}")

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _take(self, *words: str) -> bool:
        """Step over these words if they come next."""
        ahead = self._tokens[self._at : self._at + len(words)]
        if [token.lower for token in ahead] != list(words):
            return False
        self._at += len(words)
        return True

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise SqlError(f"a syntax error near {self._now.value}: {word} expected")

    def _and(self) -> Condition:
        parts = [self._not()]
        while self._take("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self) -> Condition:
        return Not(self._not()) if self._take("not") else self._predicate()

    def _predicate(self) -> Condition:
        if self._take("("):
            inner = self.condition()
            self._expect(")")
            return inner
        left = self._operand()
        if self._now.lower in _SIGNS:
            sign = self._step().lower
            return Compare("!=" if sign == "<>" else sign, left, self._operand())
        if self._take("is"):
            negated = self._take("not")
            self._expect("null")
            return IsNull(left, negated)
        return self._worded(left)

    def _worded(self, left: Operand) -> Condition:
        negated = self._take("not")
        if self._take("like"):
            return _perhaps_not(Compare("like", left, self._operand()), negated)
        if self._take("in"):
            return self._among(left, negated)
        if self._take("between"):
            first = self._operand()
            self._expect("and")
            span = And((Compare(">=", left, first), Compare("<=", left, self._operand())))
            return _perhaps_not(span, negated)
        if negated:
            raise SqlError("a syntax error near not")
        return left

    def _among(self, operand: Operand, negated: bool) -> Condition:
        self._expect("(")
        if self._take("select"):
            select = self._select()
            self._expect(")")
            return In(operand, select, negated)
        found: list[Literal] = []
        while True:
            one = self._operand()
            if not isinstance(one, Literal):
                raise SqlError("a list of literals expected")
            found.append(one)
            if not self._take(","):
                break
        self._expect(")")
        return In(operand, tuple(found), negated)

    def _select(self) -> Select:
        self._take("distinct")
        column = self._operand()
        self._expect("from")
        sources, conditions = [self._source()], list[Condition]()
        while True:
            outer = self._take("left", "outer") or self._take("left")
            self._take("inner")
            if not self._take("join"):
                break
            sources.append(self._source(outer=outer))
            self._expect("on")
            conditions.append(self.condition())
        if self._take("where"):
            conditions.append(self.condition())
        return Select(column, tuple(sources), And(tuple(conditions)))

    def _source(self, *, outer: bool = False) -> Source:
        table = self._name()
        aliased = self._take("as")
        alias = self._name() if aliased or self._is_name() else table
        return Source(table.lower(), alias.lower(), outer)

    def _operand(self) -> Operand:
        token = self._step()
        if token.kind == "text":
            return Literal(token.value)
        if token.kind == "number":
            return Literal(float(token.value))
        if token.lower == "null":
            return Literal(None)
        if token.kind != "word" or token.lower in _KEYWORDS:
            raise SqlError(f"a syntax error near {token.value}")
        if self._now.lower == "(":
            return self._function(token.lower)
        table, _, name = token.lower.rpartition(".")
        return Column(table, name)

    def _function(self, name: str) -> Function:
        if name not in _FUNCTIONS:
            raise SqlError(f"no such function: {name}")
        self._expect("(")
        inner = self._operand()
        self._expect(")")
        return Function(name, inner)

    def _is_name(self) -> bool:
        return self._now.kind == "word" and self._now.lower not in _KEYWORDS

    def _name(self) -> str:
        if not self._is_name():
            raise SqlError(f"a syntax error near {self._now.value}: a name expected")
        return self._step().value

    def _step(self) -> Token:
        token = self._now
        if token.kind == "end":
            raise SqlError("a syntax error at the end")
        self._at += 1
        return token


def _perhaps_not(condition: Condition, negated: bool) -> Condition:
    return Not(condition) if negated else condition
