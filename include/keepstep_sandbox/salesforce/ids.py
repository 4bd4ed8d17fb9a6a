"""Record ids: 15 characters that mind their case, or 18 that don't need to (the last three are a checksum)."""

import re
import string
from typing import Final

_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase  # ASCII order: ids sort as made
_CHECK: Final = string.ascii_uppercase + "012345"
_FORM: Final = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_POD: Final = "Ks0000"


def make(prefix: str, number: int) -> str:
    """Make the 18-character id of a kind's n-th record."""
    tail = ""
    for _ in range(6):
        number, digit = divmod(number, len(_DIGITS))
        tail = _DIGITS[digit] + tail
    return _full(f"{prefix}{_POD}{tail}")


def normal(text: str) -> str | None:
    """Give the 18-character form of an id of either length; None if it isn't one, or its checksum is wrong."""
    if _FORM.fullmatch(text) is None:
        return None
    whole = _full(text[:15])
    return whole if len(text) == 15 or whole == text else None


def _full(short: str) -> str:
    tail = ""
    for at in range(0, 15, 5):
        tail += _CHECK[sum(1 << place for place, letter in enumerate(short[at : at + 5]) if letter.isupper())]
    return short + tail
