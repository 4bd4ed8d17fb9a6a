"""What is remembered of a list while it is worked on: which rows were told, which addresses they have.

Laws: neither may grow to what the list itself takes, so that ids are kept as digests, and addresses packed by the page.
A digest that two ids share makes a listing start over, with other digests, and never hides a row; addresses are kept
whole and compared whole, so that none is ever taken for another.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

import orjson

_DIGEST_BYTES = 8  # two of a million ids share one in one of thirty million listings
_DRAWERS = 1024  # a million digests are a thousand in each: looked through in some microseconds
_SALT_BYTES = 4
_PACKED_TOGETHER = 1000  # rows; they are unpacked together too


class Told:
    """Ids that were told, in about nine bytes each; `attempt` chooses the digests."""

    __slots__ = ("_drawers", "_salt", "count")

    def __init__(self, attempt: int = 0) -> None:
        self.count = 0
        self._salt = attempt.to_bytes(_SALT_BYTES, "big")
        self._drawers: dict[int, array[int]] = {}

    def add(self, id: str) -> bool:
        """Note an id; whether it is new. One of a billion billion is called told although it wasn't."""
        digest = int.from_bytes(blake2b(id.encode(), digest_size=_DIGEST_BYTES, salt=self._salt).digest(), "big")
        drawer = self._drawers.setdefault(digest % _DRAWERS, array("Q"))
        if digest in drawer:
            return False
        drawer.append(digest)
        self.count += 1
        return True


@dataclass(slots=True)
class Addresses:
    """The ids and addresses of a list's rows, in about fifteen bytes a row; a row may stand there more than once."""

    _packs: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str | None]]) -> Addresses:
        """Pack them as they come."""
        kept = cls()
        ids: list[str] = []
        emails: list[str | None] = []
        for id, email in rows:
            ids.append(id)
            emails.append(email)
            if len(ids) == _PACKED_TOGETHER:
                kept._pack(ids, emails)
                ids, emails = [], []
        kept._pack(ids, emails)
        return kept

    def __iter__(self) -> Iterator[tuple[str, str | None]]:
        """Id and address, in the order in which they were told."""
        for pack in self._packs:
            ids, emails = orjson.loads(zlib.decompress(pack))
            yield from zip(ids, emails, strict=True)

    def _pack(self, ids: list[str], emails: list[str | None]) -> None:
        self._packs.append(zlib.compress(orjson.dumps([ids, emails])))
