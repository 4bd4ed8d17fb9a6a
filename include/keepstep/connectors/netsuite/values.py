"""What the values of a SuiteQL row mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from keepstep.connectors.base import Json
from keepstep.connectors.netsuite.fields import (
    COMPANY,
    CONTACT,
    LEAD,
    NEVER_BLANK,
    OF_CUSTOMERS,
    OPT_OUT,
    STAGE,
    USER,
    Column,
)
from keepstep.connectors.netsuite.zone import AccountZone
from keepstep.core.model import FieldType, Value

Row = Mapping[str, Json]

_OPTED_OUT: Final = "opt-out"  # "Soft Opt-Out", "Confirmed Opt-Out"


def field_of(object: str, row: Row, place: int, column: Column, zone: AccountZone, unknown: str | None = None) -> Value:
    """The value of the column that stands at that place; None where it is blank."""
    if object == USER:
        return user_field(row, column.name)
    if object in OF_CUSTOMERS and column.name == STAGE:
        stage = text(row.get("stage"))
        return None if stage is None else stage.lower()
    value = row.get(f"f{place}")
    if object == CONTACT and column.source == COMPANY:
        return text(value) or text(row.get(f"f{place}_shown"))
    if column.source == OPT_OUT:
        return None if text(value) is None else says_opted_out(value)
    told = _typed(value, column.type, zone)
    return None if object == LEAD and column.name in NEVER_BLANK and told == unknown else told


def user_field(row: Row, name: str) -> Value:
    """An employee's field. The name is that of the person: entityid may be a number."""
    if name != "name":
        return text(row.get(name.lower()))
    parts = (text(row.get("firstname")), text(row.get("lastname")))
    return " ".join(part for part in parts if part) or text(row.get("entityid"))


def says_opted_out(value: Json) -> bool:
    """Whether a check box or a subscription status means: do not contact."""
    return is_true(value) or _OPTED_OUT in str(value).lower()


def _typed(value: Json, kind: FieldType, zone: AccountZone) -> Value:
    if kind is FieldType.BOOLEAN:
        return None if value is None else is_true(value)
    if kind is FieldType.DATETIME:
        moment = zone.to_utc(str(value))
        return None if moment is None else moment.isoformat()
    if kind is FieldType.NUMBER:
        return _number(value)
    return value if isinstance(value, bool | int | float) else text(value)


def _number(value: Json) -> Value:
    """A number, which comes as text; text that isn't one stays text."""
    if isinstance(value, bool | int | float):
        return value
    told = text(value)
    try:
        return told if told is None else int(told)
    except ValueError:
        return _fraction(str(told))


def _fraction(text: str) -> Value:
    try:
        return float(text) if re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text) else text
    except ValueError:  # pragma: no cover - the pattern lets nothing else through
        return text


def text(value: Json) -> str | None:
    """None for what NetSuite leaves out, which is how it tells a blank."""
    return None if value is None or value == "" else str(value)


def is_true(value: Json) -> bool:
    """A check box comes as T or F."""
    return value is True or str(value).strip().lower() in ("t", "true")
