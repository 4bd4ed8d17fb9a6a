"""The pages' templates; every text from files and the store is escaped."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from datetime import datetime

REASONS = {"on_demand": "asked for"}  # others are said by their own name


def render(template: str, **given: Any) -> str:
    """A page as HTML."""
    return _environment().get_template(template).render(given)


def moment(when: datetime | None) -> str:
    """A time as people read it; the store's times are UTC."""
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else "not yet"


def reason(code: str) -> str:
    """Why somebody waits, in words."""
    return REASONS.get(code, code.replace("_", " "))


def record(key: str | None) -> str:
    """A CRM record as people name it; `key` is "object:id"."""
    return key.replace(":", " ", 1) if key else ""


def on_the_web(url: str | None) -> str | None:
    """The address if a browser can open it; systems in memory have others."""
    return url if url and url.startswith(("https://", "http://")) else None


def schedule(expression: str | None, timezone: str) -> str:
    """When a Dag runs by itself."""
    return f"{expression} ({timezone})" if expression else "by hand"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("keepstep_airflow.ui", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(moment=moment, reason=reason, record=record, on_the_web=on_the_web)
    return environment
