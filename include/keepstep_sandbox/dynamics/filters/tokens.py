"""Cuts a `$filter` text into words."""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from keepstep_sandbox.dynamics.errors import DynamicsError, bad_query


class Kind(Enum):
    """What a word is."""

    NAME = auto()
    TEXT = auto()
    NUMBER = auto()
    GUID = auto()
    MOMENT = auto()
    SYMBOL = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One word, and where it begins. A TEXT is without its quotes."""

    kind: Kind
    text: str
    at: int


_HEX: Final = "[0-9a-fA-F]"
_WORDS: Final = re.compile(
    rf"""\s*(?:
    (?P<GUID>{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}})
    |(?P<MOMENT>\d{{4}}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)
    |(?P<NUMBER>-?\d+(?:\.\d+)?)
    |(?P<TEXT>'(?:[^']|'')*'|"[^"]*")
    |(?P<NAME>[A-Za-z_][\w.]*)
    |(?P<SYMBOL>[(),=/\[\]])
    )""",
    re.VERBOSE,
)


def tokenize(text: str) -> list[Token]:
    """Cut a text; an END stands at the end.

    Raises:
        DynamicsError: something in it is no word.
    """
    found: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _WORDS.match(text, at)
        if match is None or match.lastgroup is None:
            raise syntax_error(text, at)
        word = match[match.lastgroup]
        if match.lastgroup == "TEXT":
            word = word[1:-1].replace("''", "'") if word[0] == "'" else word[1:-1]
        found.append(Token(Kind[match.lastgroup], word, match.start(match.lastgroup)))
        at = match.end()
    return [*found, Token(Kind.END, "", end)]


def syntax_error(text: str, at: int) -> DynamicsError:
    """Refuse a text at a place."""
    return bad_query(f"Syntax error at position {at} in '{text}'.")
