"""The query parameters that many endpoints share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from keepstep_sandbox.act_on.account import Account
from keepstep_sandbox.act_on.errors import UNPUBLISHED, ApiError
from keepstep_sandbox.act_on.settings import TimeUnit
from keepstep_sandbox.act_on.time_index import FOREVER_MS, Span

MAX_COUNT: Final = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """Which elements a request asks for; `count` is at most 1000, None where it names none."""

    offset: int
    count: int | None

    def cut(self, elements: Sequence[Any], default_count: int) -> Sequence[Any]:
        """Give the page of the elements."""
        count = default_count if self.count is None else self.count
        return elements[self.offset : self.offset + count]


def page_of(request: Request) -> Page:
    """Read offset and count; a larger count is brought down to 1000.

    Raises:
        ApiError: one of them is no number, or negative.
    """
    offset, count = _number(request, "offset"), _number(request, "count")
    return Page(offset or 0, None if count is None else min(count, MAX_COUNT))


def span_of(request: Request, account: Account, after: str, before: str) -> Span:
    """Read a pair of bounds such as modafter and modbefore, in the unit that the settings name."""
    factor = 1000 if account.settings.time_unit is TimeUnit.SECONDS else 1
    low, high = _number(request, after), _number(request, before)
    inclusive = account.settings.bounds_inclusive
    return Span(
        -FOREVER_MS if low is None else low * factor + (not inclusive),
        FOREVER_MS if high is None else high * factor + inclusive,
    )


def required(request: Request, name: str) -> str:
    """Read a query parameter that must be there.

    Raises:
        ApiError: 10121.
    """
    value = request.query_params.get(name, "").strip()
    if not value:
        raise ApiError(10121, f"Required parameter is missing: {name}")
    return value


def flag(request: Request, name: str) -> bool:
    """Read a query parameter that is Y or N, or true or false."""
    return request.query_params.get(name, "").lower() in ("y", "true")


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "").strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise ApiError(UNPUBLISHED, f"Invalid value of parameter: {name}")
    return int(text)
