"""The NetSuite connector: reads people, companies and users by SuiteQL, writes the first two by SuiteTalk REST."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar, Final

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
from keepstep.connectors.netsuite.account import SYSTEM, Account, auth_of, classify_token
from keepstep.connectors.netsuite.errors import classify
from keepstep.connectors.netsuite.fields import CONTACT, CUSTOMER, LEAD, USER
from keepstep.connectors.netsuite.queries import AUDIENCES
from keepstep.connectors.netsuite.reader import Reader
from keepstep.connectors.netsuite.settings import MAX_PAGE, NetSuiteSettings
from keepstep.connectors.netsuite.writer import Writer
from keepstep.connectors.oauth import utc_now
from keepstep.connectors.parallel import prefetch
from keepstep.connectors.transport import Retries, Transport
from keepstep.core.model import Outcome, Record, Write

_PAGES: Final = {CONTACT: "contact.nl", CUSTOMER: "custjob.nl", LEAD: "custjob.nl", USER: "employee.nl"}


class NetSuiteConnector:
    """One NetSuite account.

    A "lead" is a customer record that is a person, at any stage: one that grows into a prospect or customer keeps its
    id and stays the same lead. A "customer" is a company, a "user" an employee. The owner of a lead is its `salesRep`;
    contacts have none in NetSuite.

    `budget` is what a run may spend, sign-ins and retries included; `now` is the wall clock (aware, UTC), used for
    tokens and nowhere else where NetSuite tells its own; `sleep` waits between attempts.
    """

    name: ClassVar[str] = "netsuite"
    capabilities: ClassVar[Capabilities] = Capabilities(
        objects=frozenset({LEAD, CONTACT, CUSTOMER, USER}),
        audiences=AUDIENCES,
        announces_deletions=True,  # by deletedrecord, where the role may see it
        announces_merges=False,  # the loser's deletion is told, the survivor isn't
        idempotent_create=IdempotentBy.EXTERNAL_ID,
        remove_means=RemoveMeans.INACTIVATES,
        batch_size=1,  # batches of 100 exist, but each item's outcome costs a call of its own
        concurrency=3,
        page_size=MAX_PAGE,
    )

    def __init__(
        self,
        settings: NetSuiteSettings,
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
        self._tokens = transport(SYSTEM, settings.api_url, concurrency=1)
        self._tokens.classify = classify_token
        self._calls = transport(SYSTEM, settings.api_url, concurrency=settings.concurrency)
        self._calls.classify = classify
        self._calls.auth = auth_of(settings, self._tokens, now)
        self._account = Account(self._calls, settings, now)
        self._reader = Reader(self._account)
        self._writer = Writer(self._account)

    def check(self) -> None:
        """Sign in and ask for the clock. Raises AuthError, Unavailable or SettingsError."""
        self._account.clock()

    def schema(self, objects: Sequence[str], list_id: str | None = None) -> Schema:  # noqa: ARG002 # the protocol's
        """The fields as the metadata catalog tells them, custom ones too; `stage` of customers and leads is ours."""
        return {object: self._account.catalog(object) for object in objects}

    def read(self, query: ReadQuery, cursor: Cursor | None = None) -> Iterator[Page]:
        """See `Connector.read`. Nothing changed: two calls, whatever the list's size.

        Deletions are told since the watermark; a merge is told as the loser's deletion. Users are listed anew each
        time. Once a week, where the account's time zone isn't set, it is found again: one more call.
        """
        return prefetch(self._reader.pages(query, cursor))

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """See `Connector.fetch`. By id or email; people and companies by external id too, companies by name."""
        return self._reader.fetch(query, by, keys)

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """See `Connector.apply`, and `wire` for how values are written. One call a write."""
        return self._writer.apply(writes)

    def url(self, object: str, record_id: str, list_id: str | None = None) -> str:  # noqa: ARG002 # the protocol's
        """The record's page in NetSuite."""
        return f"{self.settings.app_url}/app/common/entity/{_PAGES[object]}?id={record_id}"

    def close(self) -> None:
        """Let go of connections."""
        self._calls.close()
        self._tokens.close()
