"""Ids: 36 characters, drawn from what they are for, so that equal sites have equal ids."""

import hashlib
import re
from typing import Final

_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9_-]{1,36}")


def make(kind: str, number: int) -> str:
    """Give a kind's id of this number; their order tells nothing about the order of making, as in the real one."""
    drawn = hashlib.sha256(f"{kind}/{number}".encode()).hexdigest()
    return "-".join((drawn[:8], drawn[8:12], drawn[12:16], drawn[16:20], drawn[20:32]))


def well_formed(text: str) -> bool:
    """Tell whether a text may be an id."""
    return _WELL_FORMED.fullmatch(text) is not None
