"""A call of v11 as its handlers see it, whether it came by itself or within a bulk request."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from keepstep_sandbox.sugarcrm.errors import SugarError, missing

_BRACKETS: Final = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True)
class Call:
    """Everything about one call; `path` holds what the route's template names."""

    method: str
    path: Mapping[str, str]
    query: str
    headers: Mapping[str, str]
    raw: bytes
    user: str = ""

    @cached_property
    def body(self) -> dict[str, Any]:
        """The body, JSON or a form (zucker signs in by one); empty where there's none.

        Raises:
            SugarError: it isn't an object.
        """
        if not self.raw.strip():
            return {}
        form = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        if form and not self.raw.lstrip().startswith(b"{"):  # curl calls any body a form
            return nested(parse_qsl(self.raw.decode(errors="replace"), keep_blank_values=True))
        try:
            found = orjson.loads(self.raw)
        except orjson.JSONDecodeError as error:
            raise SugarError("invalid_parameter", "Invalid JSON in the request body") from error
        if not isinstance(found, dict):
            raise SugarError("invalid_parameter", "The request body must be a JSON object")
        return found

    @cached_property
    def arguments(self) -> dict[str, Any]:
        """What stands in the query string and in the body; the body wins."""
        return {**nested(parse_qsl(self.query, keep_blank_values=True)), **self.body}

    def number(self, name: str, default: int) -> int:
        """Read a whole number among the arguments.

        Raises:
            SugarError: it's something else.
        """
        try:
            return int(self.arguments.get(name, default))
        except (TypeError, ValueError) as error:
            raise SugarError("invalid_parameter", f"{name} must be a number") from error

    def needed(self, name: str) -> Any:
        """Give an argument that must be there.

        Raises:
            SugarError: it isn't.
        """
        if name not in self.arguments:
            raise missing(name)
        return self.arguments[name]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: a JSON value with its status."""

    contents: Any
    status: int = 200


Handler = Callable[[Call], Answer]
Handling = tuple[str, str, Handler]  # method, path template, handler


def nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Read a query string's names with brackets, `filter[0][name]=x`, as PHP does."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        start = name.find("[")
        parts = [name] if start < 1 else [name[:start], *_BRACKETS.findall(name[start:])]
        _put(found, parts, value)
    return {name: _listed(value) for name, value in found.items()}


def _put(into: dict[str, Any], parts: list[str], value: str) -> None:
    for part in parts[:-1]:
        step = into.setdefault(part or str(len(into)), {})
        if not isinstance(step, dict):
            return
        into = step
    into[parts[-1] or str(len(into))] = value


def _listed(value: Any) -> Any:
    """Make lists of the objects whose names are numbers."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(one) for name, one in value.items()}
    return list(inner.values()) if inner and all(name.isdecimal() for name in inner) else inner
