"""The SugarCRM connector: one object, two protocols behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from keepstep.connectors.base import Capabilities, Cursor, FetchBy, Page, ReadQuery, Schema, Usage
from keepstep.connectors.budget import Budget
from keepstep.connectors.calls import CallRefused, Reply, Verdict
from keepstep.connectors.oauth import utc_now
from keepstep.connectors.parallel import prefetch
from keepstep.connectors.sugarcrm import errors
from keepstep.connectors.sugarcrm.fields import LEAD
from keepstep.connectors.sugarcrm.login import (
    SharedSession,
    carry_in_body,
    carry_in_header,
    classify_login,
    sign_in_v4_1,
    sign_in_v11,
)
from keepstep.connectors.sugarcrm.members import ListReader
from keepstep.connectors.sugarcrm.protocol import Speaker, unreadable
from keepstep.connectors.sugarcrm.reader import Reader
from keepstep.connectors.sugarcrm.settings import Api, SugarCrmSettings
from keepstep.connectors.sugarcrm.v4_1 import V4_1
from keepstep.connectors.sugarcrm.v11 import V11
from keepstep.connectors.sugarcrm.writer import Writer
from keepstep.connectors.transport import Retries, Transport
from keepstep.core.model import Outcome, Record, Write

if TYPE_CHECKING:
    from keepstep.connectors.token_store import TokenStore

SYSTEM = "SugarCRM"


class SugarCrmConnector:
    """One SugarCRM, by v11 or v4_1.

    `tokens` keeps the session for all processes that sign in as this user on this platform: v11 gives it one at a time,
    and each sign-in ends the one before. None: this connector has a session of its own.
    `budget` is what a run may spend, sign-ins and retries included; `now` is the wall clock (aware, UTC), used where
    SugarCRM doesn't tell its own; `sleep` waits between attempts. Its own writes come back with the next read, even
    those that changed nothing: any save moves `date_modified`.
    """

    name: ClassVar[str] = "sugarcrm"

    def __init__(
        self,
        settings: SugarCrmSettings,
        tokens: TokenStore | None = None,
        *,
        budget: Budget | None = None,
        retries: Retries | None = None,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self.usage = Usage()
        transport = partial(
            Transport,
            budget=budget or Budget(sleep=sleep),
            usage=self.usage,
            retries=retries or Retries(),
            sleep=sleep,
            verify=settings.verify,
        )
        self._tokens = transport(SYSTEM, settings.root, concurrency=1)
        self._tokens.classify = classify_login
        self._calls = transport(SYSTEM, settings.root, concurrency=settings.concurrency)
        self._speaker: Speaker
        if settings.api == Api.V11:
            self._speaker = V11(self._calls, settings)
            sign_in = lambda last: sign_in_v11(settings, self._tokens, now, last)  # noqa: E731 # two of a kind
            self._session = SharedSession(sign_in, carry_in_header, now, tokens)
            self._calls.classify = self._classify_v11
        else:
            self._speaker = V4_1(self._calls, settings)
            sign_in = lambda _: sign_in_v4_1(settings, self._tokens)  # noqa: E731 # as above
            self._session = SharedSession(sign_in, carry_in_body, now, tokens)
            self._calls.classify = errors.classify_v4_1
        self._calls.auth = self._session
        self._reader = Reader(self._speaker, settings, now)
        self._lists = ListReader(self._speaker, self._reader)
        self._writer = Writer(self._speaker, self._reader, settings)

    @property
    def capabilities(self) -> Capabilities:
        """What this protocol can do. v4_1 announces deletions; v11 may turn out not to take the ids of creates."""
        return self._speaker.capabilities

    def check(self) -> None:
        """Sign in and make one cheap call. Raises AuthError, Unavailable or SettingsError."""
        try:
            self._speaker.ping()
        except CallRefused as refused:
            raise unreadable(LEAD, refused) from None

    def schema(self, objects: Sequence[str], list_id: str | None = None) -> Schema:  # noqa: ARG002 # the protocol's
        """The fields as SugarCRM describes them to this user; accounts and users have none that can be written."""
        return {object: self._reader.catalog(object) for object in objects}

    def read(self, query: ReadQuery, cursor: Cursor | None = None) -> Iterator[Page]:
        """See `Connector.read`. Nothing changed: one call, and for people one more for addresses that were opted out.

        A conversion is told as a lead that is `converted`, with its contact in the field `contact_id`. By v4_1 a
        deletion is told, and a merge as one; by v11 neither is: `count` shows that somebody is gone, a listing who.
        An audience is the name of a target list: see `members`.
        """
        reader = self._reader if query.audience is None else self._lists
        return prefetch(reader.pages(query, cursor))

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """See `Connector.fetch`. By id or email; people by external id too, accounts by id or name."""
        reader = self._reader if query.audience is None else self._lists
        return reader.fetch(query, by, keys)

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """See `Connector.apply`, and `v11` and `v4_1` for what their answers are worth. A removal deletes softly.

        An opt-out is the address's: it holds for everybody who has it.
        """
        return self._writer.apply(writes)

    def count(self, object: str) -> int:
        """See `Counts.count`; by v11 alone, which announces no deletions. One call."""
        try:
            return self._speaker.count(object)
        except CallRefused as refused:
            raise unreadable(object, refused) from None

    def url(self, object: str, record_id: str, list_id: str | None = None) -> str:  # noqa: ARG002 # the protocol's
        """The record's page in SugarCRM."""
        return self._speaker.url(object, record_id)

    def close(self) -> None:
        """Let go of connections."""
        self._calls.close()
        self._tokens.close()

    def _classify_v11(self, reply: Reply) -> Verdict | None:
        """As `errors.classify_v11`; where the session can't be refreshed, the session is told."""
        verdict = errors.classify_v11(reply)
        if verdict is not None and verdict.code == errors.NEED_LOGIN:
            self._session.lost()
        return verdict
