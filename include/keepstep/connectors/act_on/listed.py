"""What is remembered of a list while it is worked on: which rows were told, which addresses they have.

Laws: neither may grow to what the list itself takes, so that ids are kept as digests, and addresses packed by the page.
A digest that two ids share makes a listing start over, with other digests, and never hides a row; addresses are kept
whole and compared whole, so that none is ever taken for another.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

import orjson

_DIGEST_BYTES = 5  # and a drawer's number: two of a million ids share both in one of a thousand listings
_DRAWERS = 512
_SALT_BYTES = 4
_PACKED_TOGETHER = 1000  # rows; they are unpacked together too


class Told:
    """Ids that were told, in about six bytes each; `attempt` chooses the digests."""

    __slots__ = ("_drawers", "_salt", "count")

    def __init__(self, attempt: int = 0) -> None:
        self.count = 0
        self._salt = attempt.to_bytes(_SALT_BYTES, "big")
        self._drawers: dict[int, bytearray] = {}

    def add(self, id: str) -> bool:
        """Note an id; whether it is new. Another id with the same digest isn't called new."""
        digest = blake2b(id.encode(), digest_size=_DIGEST_BYTES + 2, salt=self._salt).digest()
        number, mark = int.from_bytes(digest[_DIGEST_BYTES:], "big") % _DRAWERS, digest[:_DIGEST_BYTES]
        drawer = self._drawers.setdefault(number, bytearray())
        at = drawer.find(mark)
        while at % _DIGEST_BYTES and at > 0:  # found across two digests, which means nothing
            at = drawer.find(mark, at + 1)
        if at >= 0:
            return False
        drawer += mark
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
