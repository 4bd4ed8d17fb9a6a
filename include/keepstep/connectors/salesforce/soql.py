"""Every SOQL query that is sent. Pure.

Laws: SOQL over REST knows no bound parameters, so what comes from outside (addresses, names, external ids) goes in
as a literal made by `quoted` and nowhere else; field names are checked in `fields.py`; stamps are made in `stamps.py`.
Lists go by keyset (``Id > last ORDER BY Id``), which rows that change while we page can't disturb, and which leaves no
cursor open on the server (a user has ten).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote_plus

from keepstep.connectors.salesforce.fields import type_of
from keepstep.connectors.salesforce.stamps import literal

MAX_URI: Final = 15_000  # of the encoded query: SOQL is GET only, and URIs end at about 16 kB
_ESCAPES: Final = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
}
_TABLE: Final = str.maketrans(_ESCAPES)


@dataclass(frozen=True, slots=True)
class Soql:
    """A query, a name for counts and error texts, and whether what is in the recycle bin is asked for too."""

    label: str
    text: str
    every: bool = False


Asking = Callable[[int | None], Soql]  # a page's query, by its limit


def quoted(text: str) -> str:
    """A string literal that means exactly this text, whatever is in it."""
    return f"'{text.translate(_TABLE)}'"


def listing(object: str, fields: Sequence[str], after: str, limit: int | None) -> Soql:
    """Every record beyond that id, in order; no limit: the answer's total then is the number of all of them."""
    where = f" WHERE Id > {quoted(after)}" if after else ""
    return Soql(object, f"SELECT {', '.join(fields)} FROM {type_of(object)}{where} ORDER BY Id{_limit(limit)}")


def export(object: str, fields: Sequence[str], after: str) -> Soql:
    """As `listing`, in no order: for a Bulk job, which an order would slow down."""
    where = f" WHERE Id > {quoted(after)}" if after else ""
    return Soql(object, f"SELECT {', '.join(fields)} FROM {type_of(object)}{where}")


def changes(object: str, fields: Sequence[str], since: datetime, after: str, limit: int, *, every: bool) -> Soql:
    """Who was saved, deleted or merged since then: SystemModstamp moves with all of these."""
    where = f"SystemModstamp >= {literal(since)}" + (f" AND Id > {quoted(after)}" if after else "")
    text = f"SELECT {', '.join(fields)} FROM {type_of(object)} WHERE {where} ORDER BY Id{_limit(limit)}"
    return Soql(f"{object} changes", text, every)


def fates(object: str, ids: Iterable[str]) -> Iterator[Soql]:
    """What became of these records, the recycle bin included."""
    for query in lookups(object, ("Id", "IsDeleted", "MasterRecordId"), "Id", ids):
        yield Soql(f"{object} fates", query.text, every=True)


def lookups(object: str, fields: Sequence[str], key: str, values: Iterable[str]) -> Iterator[Soql]:
    """The records with these values, in as many queries as the length of a URI asks for."""
    head = f"SELECT {', '.join(fields)} FROM {type_of(object)} WHERE {key} IN ("
    room = MAX_URI - len(quote_plus(head + ")"))
    chunk: list[str] = []
    used = 0
    for value in values:
        one = quoted(value)
        length = len(quote_plus(one + ","))
        if chunk and used + length > room:
            yield Soql(f"{object} look-up", f"{head}{','.join(chunk)})")
            chunk, used = [], 0
        chunk.append(one)
        used += length
    if chunk:
        yield Soql(f"{object} look-up", f"{head}{','.join(chunk)})")


def too_long(query: Soql) -> bool:
    """Whether it doesn't fit in a URI."""
    return len(quote_plus(query.text)) > MAX_URI


def _limit(limit: int | None) -> str:
    return "" if limit is None else f" LIMIT {limit}"
