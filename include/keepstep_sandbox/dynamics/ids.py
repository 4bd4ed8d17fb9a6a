"""Row ids: GUIDs, drawn from names so that the same seed gives the same ids."""

import re
from hashlib import blake2b
from typing import Final
from uuid import UUID

_GUID: Final = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?")


def make(kind: str, number: int) -> str:
    """Give the id of the n-th thing of a kind."""
    # By hand, not by uuid5: a large environment draws hundreds of thousands.
    drawn = blake2b(f"{kind}/{number}".encode(), digest_size=16).hexdigest()
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-8{drawn[17:20]}-{drawn[20:]}"


def normal(text: str) -> str | None:
    """Give a GUID in its usual writing, lower case without braces; None if it's none."""
    found = _GUID.fullmatch(text.strip())
    return str(UUID(found[1])) if found else None
