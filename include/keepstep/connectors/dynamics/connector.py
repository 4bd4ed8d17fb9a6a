"""The Dynamics 365 connector: reads by change tracking, writes by UpdateMultiple and $batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import ClassVar, Final
from urllib.parse import quote

from keepstep.connectors.base import (
    Capabilities,
    Cursor,
    FetchBy,
    IdempotentBy,
    Page,
    ReadQuery,
    RemoveMeans,
    Schema,
    Usage,
)
from keepstep.connectors.budget import Budget
from keepstep.connectors.calls import Action, Reply, Verdict
from keepstep.connectors.dynamics import errors
from keepstep.connectors.dynamics.environment import SYSTEM, Environment
from keepstep.connectors.dynamics.fields import TABLES, table_of
from keepstep.connectors.dynamics.login import SignInRefusedError, classify_login, sign_in
from keepstep.connectors.dynamics.members import ListReader
from keepstep.connectors.dynamics.reader import Reader
from keepstep.connectors.dynamics.rest import Rest, RestingAuth
from keepstep.connectors.dynamics.sending import Sending
from keepstep.connectors.dynamics.settings import MAX_BATCH, MAX_PAGE, DynamicsSettings
from keepstep.connectors.dynamics.writer import Writer
from keepstep.connectors.oauth import BearerAuth, utc_now
from keepstep.connectors.parallel import prefetch
from keepstep.connectors.transport import Retries, Transport
from keepstep.core.errors import AuthError, Unavailable
from keepstep.core.model import Outcome, Record, Write

CAPABILITIES: Final = Capabilities(
    objects=frozenset(TABLES),
    audiences=frozenset(),  # any static marketing list may be named; there is no telling which there are
    announces_deletions=True,  # where the table is tracked, and the application user may read all of it
    announces_merges=True,  # a merged row stays, and names its master
    conditional_writes=False,  # ETags exist for single rows; UpdateMultiple takes none
    idempotent_create=IdempotentBy.EXTERNAL_ID,  # the row's id is made of it
    remove_means=RemoveMeans.DELETES,
    batch_size=MAX_BATCH,
    concurrency=4,
    page_size=MAX_PAGE,
)


class DynamicsConnector:
    """One Dynamics 365 environment.

    `budget` is what a run may spend, sign-ins and retries included; `now` is the wall clock (aware, UTC), used where
    Dataverse doesn't tell its own; `clock` counts seconds and never goes back; `sleep` waits between attempts.
    """

    name: ClassVar[str] = "dynamics"

    def __init__(
        self,
        settings: DynamicsSettings,
        *,
        budget: Budget | None = None,
        retries: Retries | None = None,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self.usage = Usage()
        retries = retries or Retries()
        self._rest = Rest(clock, sleep, retries.patience_s)
        transport = partial(
            Transport,
            budget=budget or Budget(sleep=sleep),
            usage=self.usage,
            retries=retries,
            sleep=sleep,
            verify=settings.verify,
        )
        self._tokens = transport("Microsoft Entra", settings.login_url, concurrency=1)
        self._tokens.classify = classify_login
        self._calls = transport(SYSTEM, settings.root, concurrency=settings.concurrency)
        self._calls.classify = self._classify
        token = BearerAuth(lambda: sign_in(settings, self._tokens, now), now=now)
        self._calls.auth = RestingAuth(token, self._rest)
        self._env = Environment(self._calls, settings, now, sleep)
        self._reader = Reader(self._env)
        self._lists = ListReader(self._env, self._reader)
        self._writer = Writer(self._env, Sending(self._env))

    @property
    def capabilities(self) -> Capabilities:
        """What can be done over this connection; deletions aren't announced where a read found a table untracked."""
        tracked = self.settings.track_changes and not self._env.polled
        return replace(
            CAPABILITIES,
            announces_deletions=tracked,
            announces_merges=tracked,
            batch_size=self.settings.batch_rows,
            concurrency=self.settings.concurrency,
            page_size=self.settings.page_size,
        )

    def check(self) -> None:
        """Sign in and ask who we are. Raises AuthError or Unavailable."""
        try:
            reply = self._env.send("GET", f"{self.settings.data}/WhoAmI", "WhoAmI")
        except SignInRefusedError:
            raise
        except AuthError as error:
            raise AuthError(
                f"{error}. In the Power Platform admin center, the environment needs an application user for this "
                "app registration, enabled, with a security role"
            ) from None
        if not isinstance(reply.json, dict) or "UserId" not in reply.json:
            raise Unavailable(f"{SYSTEM}'s answer doesn't say who we are")

    def schema(self, objects: Sequence[str], list_id: str | None = None) -> Schema:  # noqa: ARG002 # the protocol's
        """The columns as the metadata tells them; accounts and users have none that can be written."""
        return {object: {name: one.field for name, one in self._env.described(object).items()} for object in objects}

    def read(self, query: ReadQuery, cursor: Cursor | None = None) -> Iterator[Page]:
        """See `Connector.read`. Nothing changed: one call.

        Merges are told as deletions with the surviving row, conversions as leads that are `converted`, with their
        contact in the field `parentcontactid`. Where changes can't be tracked, they are found by `modifiedon`, and a
        full listing alone shows what was deleted. An audience is the name of a static marketing list: see `members`.
        """
        reader = self._reader if query.audience is None else self._lists
        return prefetch(reader.pages(query, cursor))

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """See `Connector.fetch`. By id or email; people by external id too, accounts by name."""
        reader = self._reader if query.audience is None else self._lists
        return reader.fetch(query, by, keys)

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """See `Connector.apply`, and `wire` for how values are written. A removal deletes for good."""
        return self._writer.apply(writes)

    def url(self, object: str, record_id: str, list_id: str | None = None) -> str:  # noqa: ARG002 # the protocol's
        """The row's form in the model-driven app."""
        logical = table_of(object).logical
        return f"{self.settings.root}/main.aspx?pagetype=entityrecord&etn={logical}&id={quote(record_id, safe='')}"

    def close(self) -> None:
        """Let go of connections."""
        self._calls.close()
        self._tokens.close()

    def _classify(self, reply: Reply) -> Verdict | None:
        """As `errors.classify`; where one call must wait, all of them do."""
        verdict = errors.classify(reply)
        asked = reply.retry_after_s
        if verdict is not None and verdict.action is Action.WAIT and asked is not None:
            self._rest.ask(asked)
        return verdict
