"""The kinds of values that a settings file holds, with what to say where one isn't of its kind."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from typing import Annotated

import pendulum
from croniter import croniter
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

PRESETS = ("@hourly", "@daily", "@weekly", "@monthly")


_SHARE = r"^\d+(\.\d+)?\s*%$"
_SPAN = r"^\d+\s*[smhd]$"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Wrong(ValueError):
    """Something that the settings can't mean; `keys` lead from where it is noticed to where it stands in the file."""

    def __init__(self, text: str, *keys: str | int) -> None:
        super().__init__(text)
        self.keys = keys


def _share(value: object) -> object:
    """A share of a whole, written as 5% or as 0.05, as a number from 0 to 1."""
    share = float(value[:-1]) / 100 if isinstance(value, str) and re.match(_SHARE, value) else value
    if isinstance(share, int | float) and not isinstance(share, bool) and 0 <= share <= 1:
        return share
    raise Wrong("a share is from 0% to 100%, written as 5% or as 0.05")


def _span(value: object) -> object:
    """A span of time, written as 30m, 2h or 90d."""
    if isinstance(value, str) and re.match(_SPAN, value, re.ASCII):
        with suppress(OverflowError):
            return timedelta(**{_UNITS[value[-1]]: int(value[:-1])})
    raise Wrong("a span of time is a whole number and s, m, h or d: 30m, 2h, 90d")


def _some_time(value: timedelta) -> timedelta:
    if not value:
        raise Wrong("no time at all is no span to age in: leave the key out")
    return value


def _schedule(value: object) -> object:
    if value is None or value in PRESETS or (isinstance(value, str) and croniter.is_valid(value)):
        return value
    raise Wrong(f'a schedule is a cron expression such as "0 0 * * *", one of {", ".join(PRESETS)}, or null')


def _time_zone(value: str) -> str:
    try:
        pendulum.timezone(value)
    except (ValueError, OSError) as wrong:  # OSError: it names a folder of the time zone database
        raise Wrong("a time zone is an IANA name such as Europe/Berlin") from wrong
    return value


Share = Annotated[
    float,
    BeforeValidator(_share),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": _SHARE}]}),
]
Span = Annotated[timedelta, BeforeValidator(_span), WithJsonSchema({"type": "string", "pattern": _SPAN})]
Age = Annotated[Span, AfterValidator(_some_time)]
Schedule = Annotated[str | None, BeforeValidator(_schedule)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
FieldKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


class Strict(BaseModel):
    """Settings: no key but those that are known, and nothing changes after they were read."""

    model_config = ConfigDict(extra="forbid", frozen=True)
