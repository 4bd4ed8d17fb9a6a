"""What the two protocols have in common, as the rest of the connector sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from keepstep.connectors.base import Capabilities, FetchBy, Json
from keepstep.connectors.calls import CallRefused
from keepstep.connectors.sugarcrm import errors, wire
from keepstep.connectors.sugarcrm.fields import module_of
from keepstep.connectors.sugarcrm.rows import Row
from keepstep.core.errors import KeepstepError, SettingsError, Unavailable
from keepstep.core.model import Outcome

BATCH = 100  # writes, or keys of a look-up, that go in one call


@dataclass(frozen=True, slots=True)
class Ask:
    """A question for rows, always in the order of their ids: a page begins beyond the last id told.

    That order stands still while people save; whoever is saved after being told is told by the next read. Offsets
    would shift, and whole batches share one second of `date_modified`.
    """

    object: str
    sources: tuple[str, ...]
    limit: int
    since: datetime | None = None  # saved at that moment or later
    after: str = ""
    by: FetchBy | None = None
    keys: tuple[str, ...] = ()
    deleted: bool = False  # deleted ones too, where the protocol tells them
    addresses: bool = False  # with every address of each, where the protocol can


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows, made flat."""

    rows: Sequence[wire.Row]
    more: bool
    asked_at: datetime | None  # by the server's clock, before the question


@dataclass(frozen=True, slots=True)
class Members:
    """The ids of whoever is on a list."""

    ids: frozenset[str]
    asked_at: datetime | None  # by the server's clock, before the question


class Speaker(Protocol):
    """One protocol: how to ask, and how to write."""

    capabilities: Capabilities

    def ping(self) -> None:
        """One cheap call."""

    def describe(self, object: str) -> Json:
        """A module's fields: by name, each with its `type`, `len` and label. Raises CallRefused."""

    def page(self, ask: Ask) -> Rows:
        """One page. Raises CallRefused."""

    def members(self, list_id: str, object: str) -> Members:
        """Who of these is on a target list now. Raises CallRefused."""

    def count(self, object: str) -> int:
        """How many there are, where the capabilities say that it counts. Raises CallRefused."""

    def send(self, rows: Sequence[Row]) -> list[Outcome]:
        """Write a batch of one way and object: an outcome for each row.

        Raises CallRefused or LostReply for all of them. One that has a code of `SPLITS` may be sent again in parts.
        """

    def url(self, object: str, record_id: str) -> str:
        """The record's page."""


SPLITS = frozenset({errors.TOO_LARGE, errors.EMPTY_500, errors.NULL_REPLY})


def unreadable(object: str, refused: CallRefused) -> KeepstepError:
    """What a refused question means to the run."""
    code = refused.verdict.code
    if code in (errors.EMPTY_500, errors.NULL_REPLY) or errors.rule_of(code).retry:
        return Unavailable(f"SugarCRM broke off while it told its {module_of(object)} ({code})")
    return SettingsError(
        f"SugarCRM doesn't tell its {module_of(object)} ({code}): check that the user of this connection may see that "
        "module, and that every field of the sync's file exists there"
    )


def by_id(rows: Sequence[wire.Row]) -> Mapping[str, wire.Row]:
    """The rows under their ids."""
    return {str(row["id"]): row for row in rows}
