"""Where an account's tokens are kept between processes, for systems that allow few sign-ins, or one session at once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import orjson

from keepstep.connectors.base import Json


class TokenStore(Protocol):
    """Keeps one account's token pair for all processes that use it."""

    def load(self) -> Mapping[str, Json]:
        """What was saved; empty where nothing was."""

    def save(self, kept: Mapping[str, Json]) -> None:
        """Keep this instead."""

    def exclusive(self) -> AbstractContextManager[None]:
        """Inside, no other process loads in order to save."""


class MemoryTokenStore:
    """Keeps the token pair for this process alone."""

    def __init__(self) -> None:
        self._kept: Mapping[str, Json] = {}
        self._lock = threading.Lock()

    def load(self) -> Mapping[str, Json]:
        """What was saved."""
        return self._kept

    def save(self, kept: Mapping[str, Json]) -> None:
        """Keep this instead."""
        self._kept = kept

    def exclusive(self) -> AbstractContextManager[None]:
        """A lock between threads."""
        return self._locked()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock:
            yield


class FileTokenStore:
    """Keeps the token pair in a file that only its user can read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def for_account(
        cls, base_url: str, credentials: tuple[str, str, str, str], folder: Path | None = None
    ) -> FileTokenStore:
        """The file of these credentials (user, password, client id, client secret): changed ones start afresh.

        `folder` None: `keepstep` in the user's state directory (XDG_STATE_HOME, else ~/.local/state). The file's name
        is a slow hash, so that it tells nothing of a password.
        """
        user, password, client_id, client_secret = credentials
        salt = hashlib.sha256("\n".join((base_url, user, client_id)).encode()).digest()
        name = hashlib.scrypt(f"{password}\n{client_secret}".encode(), salt=salt, n=2**14, r=8, p=1, dklen=16)
        return cls((folder or state_folder()) / f"act_on-{name.hex()}.json")

    def load(self) -> Mapping[str, Json]:
        """What was saved; empty where nothing was, or where the file is broken."""
        try:
            kept: Json = orjson.loads(self._path.read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def save(self, kept: Mapping[str, Json]) -> None:
        """Replace the file in one step; 0600 from its first byte on."""
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            handle.write(orjson.dumps(dict(kept)))
        fresh.replace(self._path)

    def exclusive(self) -> AbstractContextManager[None]:
        """A lock that the kernel gives back when its process dies."""
        return self._locked()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self._path.with_name(self._path.name + ".lock"), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def state_folder() -> Path:
    """Where this user's programs keep what should outlive them."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "keepstep"
