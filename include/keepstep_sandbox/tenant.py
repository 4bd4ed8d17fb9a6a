"""What a NetSuite account, a Salesforce org and a business unit have in common: settings, rows, and starting over."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sized
from dataclasses import replace
from datetime import datetime
from typing import Generic, TypeVar

from keepstep_sandbox.settings import SandboxSettings
from keepstep_sandbox.surroundings import Surroundings

Settings = TypeVar("Settings", bound=SandboxSettings)


class Tenant(ABC, Generic[Settings]):
    """One customer's part of a system, in memory."""

    tables: Mapping[str, Sized]

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._initial = self._settings = settings
        self.surroundings = surroundings
        self.on_reset: list[Callable[[], None]] = []  # what else starts over
        self.token_age = 0  # moves when all tokens handed out so far are to be too old
        self._fill()

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._adopt(settings)
        self._settings = settings

    def reset(self, seed: int | None, size: int | None) -> None:
        """Make everything new: people, schema, settings, faults, calls counted."""
        seed = self._initial.seed if seed is None else seed
        size = self._initial.size if size is None else size
        self._initial = self._settings = replace(self._initial, seed=seed, size=size)
        self._fill()
        for start_over in self.on_reset:
            start_over()

    def expire_tokens(self) -> None:
        """Let all tokens handed out so far be too old."""
        self.token_age += 1

    def counts(self) -> dict[str, int]:
        """Tell how many rows each object has; what lies in a recycle bin counts."""
        return {kind: len(table) for kind, table in self.tables.items()}

    def now(self) -> datetime:
        """Tell the server's moment as records keep it: whole seconds."""
        return self.surroundings.clock.now().replace(microsecond=0)

    def _adopt(self, settings: Settings) -> None:  # most settings need nothing done
        """Do what new settings ask for.

        Raises:
            ValueError: they can't be.
        """

    @abstractmethod
    def _fill(self) -> None:
        """Make everything as it is at the start."""
