"""A platform's sandbox with one list, as those see it who work there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Final

from starlette.applications import Starlette

from keepstep.connectors.base import ListPlatform
from keepstep.core.model import Value
from tests.pairs.desk import Desk

LIST: Final = "Everybody"


class SandboxedPlatform(ABC):
    """The same deeds on each platform; fields by our names."""

    url: str
    desk: Desk
    system: ClassVar[str]
    words: ClassVar[Mapping[str, str]]  # our names -> the platform's
    maintenance: ClassVar[Mapping[str, str]]  # where its scores come from, as a sync file says it

    @abstractmethod
    def __init__(self, url: str) -> None:
        """Who works with the sandbox at this address."""

    @classmethod
    @abstractmethod
    def app(cls) -> Starlette:
        """An empty sandbox."""

    @abstractmethod
    def connector(self) -> ListPlatform:
        """A fresh one."""

    @abstractmethod
    def rows(self) -> dict[str, Mapping[str, Value]]:
        """Who is on the list, by address."""

    @abstractmethod
    def act(self, email: str) -> int:
        """A person submits a form. Returns the points it is worth."""

    @abstractmethod
    def edit(self, email: str, **fields: Value) -> None:
        """Somebody edits a person."""

    @abstractmethod
    def opt_out(self, email: str) -> None:
        """A person leaves all mail."""
