"""Cuts a condition into words, texts, numbers and signs."""

import re
from dataclasses import dataclass
from typing import Final

from keepstep_sandbox.sugarcrm.v4_1.sql.tree import SqlError

_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    |(?P<number>-?\d+(?:\.\d+)?)
    |(?P<word>`?[A-Za-z_][A-Za-z0-9_]*`?(?:\s*\.\s*`?[A-Za-z_][A-Za-z0-9_]*`?)?)
    |(?P<sign><=>|<>|!=|<=|>=|[=<>(),*])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(.)|''|\"\"", re.DOTALL)
_SPECIAL: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "%": "\\%", "_": "\\_"}


@dataclass(frozen=True, slots=True)
class Token:
    """A token; words and signs are in lower case, but `value` is as it was written."""

    kind: str  # text, number, word, sign, end
    value: str

    @property
    def lower(self) -> str:
        """What keywords are compared by."""
        return self.value.lower() if self.kind in ("word", "sign") else ""


def tokens(text: str) -> list[Token]:
    """Cut a condition up; the last token is the end.

    Raises:
        SqlError: there's a character that has no place there.
    """
    found: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise SqlError(f"a syntax error at {at}")
        kind = str(match.lastgroup)
        value = match[kind]
        if kind == "text":
            value = _ESCAPE.sub(_plain, value[1:-1])
        elif kind == "word":
            value = re.sub(r"[`\s]", "", value)
        found.append(Token(kind, value))
        at = match.end()
    return [*found, Token("end", "")]


def _plain(match: "re.Match[str]") -> str:
    escaped = match[1]
    return match[0][0] if escaped is None else _SPECIAL.get(escaped, escaped)
