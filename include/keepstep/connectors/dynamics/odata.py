"""Every query that is sent, as the path of its URL. Pure.

Laws: what comes from outside (addresses, names) goes in as a literal made by `quoted` and nowhere else, ids and
columns are checked before they come here. Blanks are written ``%20``: a plus sign may be one of an address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlsplit

from keepstep.connectors.dynamics.stamps import literal

MAX_URL: Final = 30_000  # of 32 kB outside a $batch (Microsoft: Dataverse Web API)
MAX_CONDITIONS: Final = 400  # Dataverse refuses a query of more than 500
FORMATTED: Final = "OData.Community.Display.V1.FormattedValue"
LOGICAL_NAME: Final = "Microsoft.Dynamics.CRM.lookuplogicalname"
_SAFE: Final = "(),'=:@/-._~"


def quoted(text: str) -> str:
    """A string literal that means exactly this text: a quote is written twice."""
    return "'" + text.replace("'", "''") + "'"


def listing(data: str, set: str, select: Sequence[str], where: str = "") -> str:
    """The rows of a table."""
    condition = f"&$filter={quote(where, safe=_SAFE)}" if where else ""
    return f"{data}/{set}?$select={','.join(select)}{condition}"


def changed(since: datetime) -> str:
    """The condition of rows that were saved since then."""
    return f"modifiedon ge {literal(since)}"


def lookups(data: str, set: str, select: Sequence[str], key: str, literals: Iterable[str]) -> Iterator[str]:
    """The rows with one of these values, in as few queries as the length of a URL and its conditions allow."""
    head = listing(data, set, select, "x")[:-1]
    room = MAX_URL - len(head)
    chunk: list[str] = []
    used = 0
    for one in literals:
        condition = quote(f"{key} eq {one}", safe=_SAFE)
        length = len(condition) + len("%20or%20")
        if chunk and (used + length > room or len(chunk) >= MAX_CONDITIONS):
            yield head + "%20or%20".join(chunk)
            chunk, used = [], 0
        chunk.append(condition)
        used += length
    if chunk:
        yield head + "%20or%20".join(chunk)


def prefer(page_size: int, *, track: bool = False, annotated: bool = False) -> dict[str, str]:
    """The preferences of a query."""
    parts = ["odata.track-changes"] if track else []
    parts.append(f"odata.maxpagesize={page_size}")
    if annotated:
        parts.append(f'odata.include-annotations="{FORMATTED},{LOGICAL_NAME}"')
    return {"Prefer": ",".join(parts)}


def path_of(link: object, data: str) -> str | None:
    """A link that Dataverse gave (next page, changes), as it is but without its host; None where it is no such link.

    The host is left out so that the token never goes anywhere else.
    """
    if not isinstance(link, str):
        return None
    parts = urlsplit(link)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return path if path.startswith(f"{data}/") else None
