"""The query options of a request: what is asked for, as a value."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from keepstep_sandbox.dynamics.errors import bad_query
from keepstep_sandbox.dynamics.filters import nodes
from keepstep_sandbox.dynamics.filters.parser import parse

_KNOWN: Final = frozenset(
    {"$select", "$filter", "$orderby", "$top", "$count", "$expand", "$skiptoken", "$deltatoken"}
)  # fmt: skip
_ALIAS: Final = re.compile(r"@\w+")


@dataclass(frozen=True, slots=True)
class Expansion:
    """One of `$expand`: the navigation property, and what of it."""

    name: str
    select: tuple[str, ...] | None = None
    expand: tuple["Expansion", ...] = ()
    filter: nodes.Condition | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """All query options.

    Attributes:
        select: names; None = all.
        order: names, each with whether it's descending.
        given: the names of the options that were given.
        size: rows of a page, where FetchXML says it.
        page: which one of them.
    """

    select: tuple[str, ...] | None = None
    filter: nodes.Condition | None = None
    order: tuple[tuple[nodes.Path, bool], ...] = ()
    top: int | None = None
    count: bool = False
    expand: tuple[Expansion, ...] = ()
    skip_token: str | None = None
    delta_token: str | None = None
    given: frozenset[str] = frozenset()
    size: int | None = None
    page: int = 1


def question(request: Request) -> Question:
    """Read a request's options.

    Raises:
        DynamicsError: one isn't known, or says nothing that can be understood.
    """
    return read(dict(request.query_params))


def read(options: Mapping[str, str]) -> Question:
    """Read options.

    Raises:
        DynamicsError: one isn't known, or says nothing that can be understood.
    """
    if "$skip" in options:
        raise bad_query("Skip Clause is not supported in CRM")
    if "sql" in options:
        raise bad_query("SQL is not served by this sandbox.")
    if unknown := [name for name in options if name.startswith("$") and name not in _KNOWN]:
        raise bad_query(f"The query parameter {unknown[0]} is not supported")
    condition = options.get("$filter")
    return Question(
        _names(options.get("$select")),
        parse(_filled(condition, options)) if condition else None,
        tuple(_order(part) for part in split(options.get("$orderby", ""), ",")),
        _whole(options.get("$top")),
        options.get("$count", "false") == "true",
        expansions(options.get("$expand", "")),
        options.get("$skiptoken"),
        options.get("$deltatoken"),
        frozenset(options),
    )


def expansions(text: str) -> tuple[Expansion, ...]:
    """Read `$expand`: names, each with its own options in brackets.

    Raises:
        DynamicsError: one of them isn't known.
    """
    return tuple(_expansion(part) for part in split(text, ","))


def split(text: str, mark: str) -> Iterator[str]:
    """Cut a text at a mark that stands outside of brackets and quotes; without the blanks around."""
    depth, quoted, begin = 0, False, 0
    for at, char in enumerate(text):
        quoted = quoted != (char == "'")
        depth += 0 if quoted else (char == "(") - (char == ")")
        if char == mark and depth == 0 and not quoted:
            yield text[begin:at].strip()
            begin = at + 1
    if text[begin:].strip():
        yield text[begin:].strip()


def _expansion(text: str) -> Expansion:
    name, bracket, inner = text.partition("(")
    if not bracket:
        return Expansion(name.strip())
    options = dict(part.partition("=")[::2] for part in split(inner.removesuffix(")"), ";"))
    found = read({name.strip(): value.strip() for name, value in options.items()})
    return Expansion(name.strip(), found.select, found.expand, found.filter)


def _names(text: str | None) -> tuple[str, ...] | None:
    names = tuple(dict.fromkeys(split(text or "", ",")))
    return None if not names or names == ("*",) else names


def _order(text: str) -> tuple[nodes.Path, bool]:
    name, _, direction = text.partition(" ")
    if direction.strip() not in ("", "asc", "desc"):
        raise bad_query(f"Syntax error in '{text}'.")
    return tuple(name.split("/")), direction.strip() == "desc"


def _whole(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise bad_query(f"Invalid value '{text}' for $top query option found.")
    return int(text)


def _filled(text: str, options: Mapping[str, str]) -> str:
    """Put the values of parameter aliases, `@p1`, in their places."""
    return _ALIAS.sub(lambda found: options.get(found[0], found[0]), text)
