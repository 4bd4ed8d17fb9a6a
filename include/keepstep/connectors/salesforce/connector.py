"""The Salesforce connector: reads by SOQL and Bulk queries, writes by sObject collections and Bulk jobs."""

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
from keepstep.connectors.calls import Reply, Verdict
from keepstep.connectors.oauth import utc_now
from keepstep.connectors.parallel import prefetch
from keepstep.connectors.salesforce import composite, errors, limits
from keepstep.connectors.salesforce.fields import TYPES, type_of
from keepstep.connectors.salesforce.login import Session, SessionAuth, classify_login, sign_in
from keepstep.connectors.salesforce.org import SYSTEM, Org
from keepstep.connectors.salesforce.reader import Reader
from keepstep.connectors.salesforce.settings import MAX_PAGE, SalesforceSettings
from keepstep.connectors.salesforce.writer import Writer
from keepstep.connectors.transport import Retries, Transport
from keepstep.core.model import Outcome, Record, Write

CAPABILITIES: Final = Capabilities(
    objects=frozenset(TYPES),
    audiences=frozenset(),  # who is on a list comes from the platform
    announces_deletions=True,
    announces_merges=True,  # by MasterRecordId, for as long as the loser is in the recycle bin (15 days)
    conditional_writes=False,  # If-Unmodified-Since exists for single records only
    idempotent_create=IdempotentBy.EXTERNAL_ID,  # where the connection names the field that holds it
    remove_means=RemoveMeans.RECYCLES,
    batch_size=composite.SIZE,
    concurrency=5,
    page_size=MAX_PAGE,
)


class SalesforceConnector:
    """One Salesforce org.

    `budget` is what a run may spend, sign-ins and retries included, and the reserve that stays for the org's other
    users; `now` is the wall clock (aware, UTC), used where Salesforce doesn't tell its own; `sleep` waits between
    attempts, and for Bulk jobs.
    """

    name: ClassVar[str] = "salesforce"

    def __init__(
        self,
        settings: SalesforceSettings,
        *,
        budget: Budget | None = None,
        retries: Retries | None = None,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        by = IdempotentBy.NOTHING if settings.external_id_field is None else IdempotentBy.EXTERNAL_ID
        self.capabilities = replace(CAPABILITIES, idempotent_create=by)
        self.usage = Usage()
        self._budget = budget or Budget(sleep=sleep)
        transport = partial(
            Transport,
            budget=self._budget,
            usage=self.usage,
            retries=retries or Retries(),
            sleep=sleep,
            verify=settings.verify,
        )
        self._tokens = transport(SYSTEM, settings.login_url, concurrency=1)
        self._tokens.classify = classify_login
        self._calls = transport(SYSTEM, settings.login_url, concurrency=settings.concurrency)
        self._calls.classify = self._classify
        self._session = SessionAuth(self._sign_in(now))
        self._calls.auth = self._session
        self._org = Org(self._calls, self._session, settings, now, sleep)
        self._reader = Reader(self._org)
        self._writer = Writer(self._org)

    def check(self) -> None:
        """Sign in and ask for the limits. Raises AuthError, Unavailable or SettingsError."""
        self._note(limits.left_in_body(self._org.send("GET", "/limits").json))

    def schema(self, objects: Sequence[str], list_id: str | None = None) -> Schema:  # noqa: ARG002 # the protocol's
        """The fields as describe tells them to this user; accounts and users have none that can be written."""
        return {object: self._org.catalog(object) for object in objects}

    def read(self, query: ReadQuery, cursor: Cursor | None = None) -> Iterator[Page]:
        """See `Connector.read`. Nothing changed: one call, and one more every ten minutes for the deletion log.

        Merges are told as deletions with the surviving record, conversions as leads that are `converted`, with their
        contact in the field `ConvertedContactId`.
        """
        return prefetch(self._reader.pages(query, cursor))

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """See `Connector.fetch`. By id or email; people by external id too, accounts by name."""
        return self._reader.fetch(query, by, keys)

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """See `Connector.apply`, and `wire` for how values are written. A removal goes to the recycle bin."""
        return self._writer.apply(writes)

    def url(self, object: str, record_id: str, list_id: str | None = None) -> str:  # noqa: ARG002 # the protocol's
        """The record's page in Salesforce. Before the first sign-in the login host stands for the org's own."""
        known = self._session.known
        root = known.instance_url if known is not None else self.settings.instance_url or self.settings.login_url
        return f"{root.rstrip('/')}/lightning/r/{type_of(object)}/{quote(record_id, safe='')}/view"

    def close(self) -> None:
        """Let go of connections."""
        self._calls.close()
        self._tokens.close()

    def _sign_in(self, now: Callable[[], datetime]) -> Callable[[], Session]:
        return lambda: sign_in(self.settings, self._tokens, now)

    def _classify(self, reply: Reply) -> Verdict | None:
        """As `errors.classify`; every answer tells how many calls remain to the org."""
        self._note(limits.left_in_header(reply.headers.get("Sforce-Limit-Info", "")))
        return errors.classify(reply)

    def _note(self, left: int | None) -> None:
        if left is not None:
            self.usage.left = left
            self._budget.note_left(left)
