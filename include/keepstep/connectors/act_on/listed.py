"""What is remembered of a list while it is worked on: which rows were told, which addresses they have.

Law: a list may be longer than memory. So both are kept by SQLite, in a database without a name that spills to disk what
is over half a megabyte; nobody else can open it, and it is gone with its owner, also where the process is killed.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable
from typing import Final

from keepstep.connectors.act_on.wire import folded

_UNNAMED: Final = ""  # sqlite.org/inmemorydb.html: a temporary database on disk, deleted when it is closed
# No journal: what is half written is of no use to anybody.
_SETTINGS: Final = "PRAGMA cache_size = -512; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"


class Told:
    """Ids that were told."""

    __slots__ = ("__weakref__", "_db", "count")

    def __init__(self) -> None:
        self.count = 0
        self._db = _database(self, "CREATE TABLE told (id TEXT PRIMARY KEY) WITHOUT ROWID")

    def add(self, id: str) -> bool:
        """Note an id; whether it is new."""
        new = self._db.execute("INSERT OR IGNORE INTO told VALUES (?)", (id,)).rowcount == 1
        self.count += new
        return new


class Addresses:
    """The ids and addresses of a list's rows; a row that was told twice, as it was told last."""

    __slots__ = ("__weakref__", "_db")

    def __init__(self, rows: Iterable[tuple[str, str | None]]) -> None:
        self._db = _database(self, "CREATE TABLE address (id TEXT PRIMARY KEY, email TEXT, folded TEXT) WITHOUT ROWID")
        given = ((id, email, folded(email)) for id, email in rows)
        self._db.executemany("INSERT OR REPLACE INTO address VALUES (?, ?, ?)", given)
        self._db.execute("CREATE INDEX address_folded ON address (folded)")

    def of(self, ids: Iterable[str]) -> dict[str, str | None]:
        """The addresses of these rows, as they are written there; without rows that weren't told."""
        found = (self._db.execute("SELECT id, email FROM address WHERE id = ?", (id,)).fetchone() for id in ids)
        return {row[0]: row[1] for row in found if row is not None}

    def stand_on_several_rows(self, emails: Iterable[str]) -> set[str]:
        """Which of these addresses more than one row has, all of them folded."""
        counting = "SELECT count(*) FROM (SELECT 1 FROM address WHERE folded = ? LIMIT 2)"
        return {one for one in set(emails) if self._db.execute(counting, (one,)).fetchone()[0] > 1}


def _database(owner: object, table: str) -> sqlite3.Connection:
    # A page may be asked for by another thread than the one before it, never by two at once.
    db = sqlite3.connect(_UNNAMED, isolation_level=None, check_same_thread=False)
    db.executescript(_SETTINGS + table)
    weakref.finalize(owner, db.close)
    return db
