"""Where the other side keeps its data: in memory, or in one file that several processes share."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

Document = TypeVar("Document", bound=BaseModel)


class Shelf(Generic[Document]):
    """One document, changed by one user at a time.

    With a path, the file is the truth: it is read at each look and replaced at each change, under a lock that holds
    between processes; a process killed in the middle of a change leaves the document as it was before it. Neither
    `look` nor `change` may be entered while the other is open.
    """

    def __init__(self, empty: Document, path: Path | None = None) -> None:
        self._document = empty
        self._path = path
        self._lock = threading.Lock()

    @contextmanager
    def look(self) -> Iterator[Document]:
        """The document as it stands, to read only."""
        with self._lock, self._file_lock():
            yield self._read()

    @contextmanager
    def change(self) -> Iterator[Document]:
        """The document to change; it is kept when the block ends without an error."""
        with self._lock, self._file_lock():
            document = self._read()
            yield document
            if self._path is None:
                self._document = document
            else:
                _replace(self._path, document.model_dump_json())

    def dump(self, path: Path) -> None:
        """Write the document as JSON."""
        with self.look() as document:
            _replace(path, document.model_dump_json(indent=1))

    def load(self, path: Path) -> None:
        """Take over a document that `dump` wrote."""
        loaded = type(self._document).model_validate_json(path.read_bytes())
        with self._lock, self._file_lock():
            self._document = loaded
            if self._path is not None:
                _replace(self._path, loaded.model_dump_json())

    def _read(self) -> Document:
        if self._path is None or not self._path.exists():
            return self._document
        return type(self._document).model_validate_json(self._path.read_bytes())

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        if self._path is None:
            yield
            return
        with self._path.with_name(self._path.name + ".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)  # the kernel lets go of it when the process dies
            yield


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
