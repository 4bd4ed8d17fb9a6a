"""An account's access token, kept for all workers: for platforms that allow only a few sign-ins an hour."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import orjson
from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from keepstep.store.database import Store
from keepstep.store.tables import access_token

Sealer = Callable[[bytes], str]
Opener = Callable[[str], bytes | None]  # None: it was sealed with a key that is no more


class SealedTokens:
    """Keeps one account's tokens in the store, sealed by a key that isn't in the store.

    It opens the store for each call and closes it again: there are few, and nobody tells it when the last one was.
    """

    def __init__(self, open_store: Callable[[], Store], account: str, seal: Sealer, unseal: Opener) -> None:
        self._open_store = open_store
        self._account = account
        self._seal = seal
        self._unseal = unseal

    def load(self) -> Mapping[str, Any]:
        """What was saved; empty where nothing was, or where its key is gone."""
        query = select(access_token.c.sealed).where(access_token.c.account == self._account)
        with self._open_store() as store, store.begin() as connection:
            sealed = connection.scalar(query)
        opened = None if sealed is None else self._unseal(sealed)
        if opened is None:
            return {}
        kept: Mapping[str, Any] = orjson.loads(opened)
        return kept

    def save(self, kept: Mapping[str, Any]) -> None:
        """Keep this instead; committed when it returns, whatever becomes of the caller."""
        sealed = self._seal(orjson.dumps(dict(kept)))
        row = insert(access_token).values(account=self._account, sealed=sealed)
        with self._open_store() as store, store.begin() as connection:
            connection.execute(
                row.on_conflict_do_update(
                    index_elements=["account"], set_={"sealed": row.excluded.sealed, "saved_at": text("now()")}
                )
            )

    def forget(self) -> None:
        """Keep nothing any more."""
        with self._open_store() as store, store.begin() as connection:
            connection.execute(delete(access_token).where(access_token.c.account == self._account))

    def exclusive(self) -> AbstractContextManager[None]:
        """One worker at a time, on whichever machine; PostgreSQL gives the lock back when a worker dies."""
        return self._locked()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        key = int.from_bytes(hashlib.sha256(self._account.encode()).digest()[:8], signed=True)
        with self._open_store() as store, store.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": key})
            yield
