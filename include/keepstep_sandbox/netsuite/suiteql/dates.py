"""Oracle's date formats, in the account's time zone: the words of TO_CHAR and TO_DATE that clients use."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from keepstep_sandbox.netsuite.errors import invalid_search

_ELEMENTS: Final = {
    "YYYY": "%Y",
    "HH24": "%H",
    "HH12": "%I",
    "MON": "%b",
    "HH": "%I",
    "MM": "%m",
    "MI": "%M",
    "SS": "%S",
    "DD": "%d",
    "AM": "%p",
    "PM": "%p",
}
_PARTS: Final = re.compile("|".join(_ELEMENTS) + r'|"[^"]*"|[-/:., ;]|[A-Z0-9]+', re.IGNORECASE)


@lru_cache(maxsize=64)
def strftime_format(oracle: str) -> str:
    """Give Python's words for an Oracle date format.

    Raises:
        NetSuiteError: it has an element that isn't known here.
    """
    told: list[str] = []
    at = 0
    while at < len(oracle):
        part = _PARTS.match(oracle, at)
        if part is None:
            raise invalid_search("Date format not recognized.")
        at, text = part.end(), part.group()
        if text.upper() in _ELEMENTS:
            told.append(_ELEMENTS[text.upper()])
        elif text[0].isalnum():
            raise invalid_search("Date format not recognized.")
        else:
            told.append(text.strip('"').replace("%", "%%"))
    return "".join(told)


def read(text: str, oracle: str, zone: ZoneInfo) -> datetime:
    """Read a date as TO_DATE does: in the account's zone, whatever is missing is midnight.

    Raises:
        NetSuiteError: the text doesn't fit the format.
    """
    try:
        local = datetime.strptime(text, strftime_format(oracle)).replace(tzinfo=zone)
    except ValueError as error:
        raise invalid_search(
            "A non-numeric character was found where a numeric was expected, or a bad date."
        ) from error
    return local.astimezone(UTC)


def write(moment: datetime, oracle: str, zone: ZoneInfo) -> str:
    """Write a date as TO_CHAR does, in the account's zone."""
    return moment.astimezone(zone).strftime(strftime_format(oracle))
