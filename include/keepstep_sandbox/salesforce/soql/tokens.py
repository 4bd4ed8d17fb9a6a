"""Cuts a SOQL text into words."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keepstep_sandbox.salesforce.errors import malformed_query

MAX_LENGTH: Final = 100_000  # characters of a statement


class Kind(StrEnum):
    """The kinds of words."""

    NAME = "name"  # with its dots: Account.Owner.Email
    MOMENT = "moment"
    DAY = "day"
    NUMBER = "number"
    TEXT = "text"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A word, and where it stands: `at` counts characters from 0."""

    kind: Kind
    text: str
    at: int

    @property
    def word(self) -> str:
        """The name in upper case, to compare with keywords; empty for anything but names."""
        return self.text.upper() if self.kind is Kind.NAME else ""


_WORDS: Final = re.compile(
    r"""
    (?P<space>\s+)
    |(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    |(?P<day>\d{4}-\d\d-\d\d)(?![\dT])
    |(?P<number>[+-]?\d+(?:\.\d+)?)
    |(?P<text>'(?:[^'\\]|\\.)*')
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*(?::\d+)?)
    |(?P<symbol><>|!=|<=|>=|[=<>(),])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "N": "\n", "r": "\r", "R": "\r", "t": "\t", "T": "\t"}


def tokenize(query: str) -> list[Token]:
    r"""Cut a query into its words, with an END after the last. `\%` and `\_` keep their backslash, for LIKE.

    Raises:
        SalesforceError: a character that doesn't belong there, or too long a text.
    """
    if len(query) > MAX_LENGTH:
        raise malformed_query("SOQL statements cannot be longer than 100000 characters.")
    tokens: list[Token] = []
    at = 0
    while at < len(query):
        found = _WORDS.match(query, at)
        if found is None:
            raise unexpected(query, Token(Kind.SYMBOL, query[at], at))
        kind, text = str(found.lastgroup), found.group()
        if kind != "space":
            tokens.append(Token(Kind(kind), _unquoted(text) if kind == "text" else text, at))
        at = found.end()
    return [*tokens, Token(Kind.END, "<EOF>", at)]


def _unquoted(text: str) -> str:
    return _ESCAPED.sub(lambda m: m[0] if m[1] in "%_" else _ESCAPES.get(m[1], m[1]), text[1:-1])


def place(query: str, at: int) -> str:
    """Point at a place of the query as the real errors do, before their sentence."""
    return f"\n{query[max(0, at - 30) : at + 30]}\n{' ' * min(at, 30)}^\nERROR at Row:1:Column:{at + 1}\n"


def unexpected(query: str, token: Token) -> Exception:
    """Refuse a word that doesn't belong there."""
    return malformed_query(f"{place(query, token.at)}unexpected token: '{token.text}'")
