"""Cuts a SuiteQL text into words."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keepstep_sandbox.netsuite.errors import invalid_search

MAX_LENGTH: Final = 1_000_000  # characters of a query; IN lists make long ones


class Kind(StrEnum):
    """The kinds of words."""

    NAME = "name"
    NUMBER = "number"
    TEXT = "text"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A word; `text` of a name is as it was written, of a quoted text without its quotes."""

    kind: Kind
    text: str

    @property
    def word(self) -> str:
        """The name in upper case, to compare with keywords; empty for anything but names."""
        return self.text.upper() if self.kind is Kind.NAME else ""


_WORDS: Final = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<text>'(?:[^']|'')*')
    |(?P<name>[A-Za-z_][A-Za-z0-9_$\#]*|"[^"]+")
    |(?P<symbol><>|!=|<=|>=|\|\||[=<>(),.?*+\-/])
    """,
    re.VERBOSE | re.DOTALL,
)


def tokenize(query: str) -> list[Token]:
    """Cut a query into its words, with an END after the last.

    Raises:
        NetSuiteError: a character that doesn't belong there, or far too long a text.
    """
    if len(query) > MAX_LENGTH:
        raise invalid_search("The query is too long.")
    tokens: list[Token] = []
    at = 0
    while at < len(query):
        found = _WORDS.match(query, at)
        if found is None:
            raise invalid_search(f"Unexpected character at position {at + 1}.")
        at = found.end()
        kind, text = str(found.lastgroup), found.group()
        if kind == "text":
            tokens.append(Token(Kind.TEXT, text[1:-1].replace("''", "'")))
        elif kind != "space":
            tokens.append(Token(Kind(kind), text.strip('"')))
    return [*tokens, Token(Kind.END, "")]
