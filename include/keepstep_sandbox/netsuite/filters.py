"""The `q` filter of `GET record`: conditions joined by AND; dates only bare, in the account's format."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from keepstep_sandbox.netsuite.account import Account
from keepstep_sandbox.netsuite.errors import NetSuiteError, invalid_parameter
from keepstep_sandbox.netsuite.schema import Field, Type
from keepstep_sandbox.netsuite.suiteql import dates
from keepstep_sandbox.netsuite.table import Row

_CONDITION: Final = re.compile(r'\s*(\w+)\s+([A-Z_]+)(?:\s+("[^"]*"|[^\s"]+))?\s*')
_TEXT: Final[dict[str, Callable[[str, str], bool]]] = {
    "IS": lambda value, given: value == given,
    "IS_NOT": lambda value, given: value != given,
    "CONTAIN": lambda value, given: given in value,
    "START_WITH": lambda value, given: value.startswith(given),
    "END_WITH": lambda value, given: value.endswith(given),
}
_JAVA: Final = {"MM/DD/YYYY": "M/d/yy", "DD/MM/YYYY": "d/M/yy", "YYYY-MM-DD": "yyyy-M-d"}
_NUMBER: Final[dict[str, Callable[[float, float], bool]]] = {
    "EQUAL": lambda value, given: value == given,
    "GREATER": lambda value, given: value > given,
    "GREATER_OR_EQUAL": lambda value, given: value >= given,
    "LESS": lambda value, given: value < given,
    "LESS_OR_EQUAL": lambda value, given: value <= given,
}
# A bare date is its midnight in the account's zone (airbyte-source-netsuite's notes on its `q` filter).
_DAY: Final = timedelta(days=1)
_MOMENT: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "AFTER": lambda value, day: value > day,
    "ON_OR_AFTER": lambda value, day: value >= day,
    "BEFORE": lambda value, day: value < day,
    "ON_OR_BEFORE": lambda value, day: value < day + _DAY,
    "ON": lambda value, day: day <= value < day + _DAY,
}


def row_filter(account: Account, record: str, text: str) -> Callable[[Row], bool]:
    """Make a filter of a `q`.

    Raises:
        NetSuiteError: it isn't one.
    """
    conditions: list[Callable[[Row], bool]] = []
    for part in re.split(r"\s+AND\s+", text) if text else []:
        found = _CONDITION.fullmatch(part)
        field = account.schema.fields(record).get(found[1]) if found else None
        if found is None or field is None:
            raise invalid_parameter(f"Invalid query: '{found[1] if found else 'condition'}' is not known.", "q")
        conditions.append(_condition(account, field, found[2], (found[3] or "").strip('"')))
    return lambda row: all(condition(row) for condition in conditions)


def _condition(account: Account, field: Field, operator: str, given: str) -> Callable[[Row], bool]:
    column = field.column
    if operator in ("EMPTY", "EMPTY_NOT"):
        return lambda row: (row.get(column) is None) == (operator == "EMPTY")
    if field.type is Type.BOOLEAN and operator == "IS":
        wanted = "T" if given.lower() in ("true", "t") else "F"
        return lambda row: row.get(column) == wanted
    compare, value = _comparison(account, field, operator, given)

    def condition(row: Row) -> bool:
        found = row.get(column)
        if found is None:
            return False
        return compare(str(found).lower() if field.type in (Type.TEXT, Type.EMAIL) else found, value)

    return condition


def _comparison(account: Account, field: Field, operator: str, given: str) -> tuple[Callable[[Any, Any], bool], Any]:
    if field.type in (Type.TEXT, Type.EMAIL) and operator in _TEXT:
        return _TEXT[operator], given.lower()
    if field.type is Type.DATETIME and operator in _MOMENT:
        return _MOMENT[operator], _date(account, given)
    try:
        if field.type in (Type.INTEGER, Type.FLOAT, Type.REFERENCE) and operator in _NUMBER:
            return _NUMBER[operator], float(given)
    except ValueError as error:
        raise invalid_parameter(f"Invalid query: the value of {field.name} can't be read.", "q") from error
    raise invalid_parameter(f"Invalid query: operator {operator} doesn't go with {field.name}.", "q")


def _date(account: Account, given: str) -> datetime:
    try:
        return dates.read(given, account.settings.date_format, account.zone)
    except NetSuiteError as error:
        # The words by which airbyte-source-netsuite knows that it must try another format.
        form = f'"{_JAVA[account.settings.date_format]}" in time zone {account.zone.key}'
        message = f'Invalid query: Parse of date/time "{given}" failed with date format {form}'
        raise invalid_parameter(message, "q") from error
