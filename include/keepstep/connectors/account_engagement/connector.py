"""The Account Engagement connector: prospects of a business unit, its users, what they did, and its lists (API v5)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar
from urllib.parse import quote

from keepstep.connectors.account_engagement import errors, wire
from keepstep.connectors.account_engagement.fields import ACTIVITY, OBJECTS, PROSPECT, ROW, USER
from keepstep.connectors.account_engagement.reading import MEMBERS, Reader
from keepstep.connectors.account_engagement.settings import AT_ONCE, MAX_PAGE, AccountEngagementSettings
from keepstep.connectors.account_engagement.unit import LISTS, SYSTEM, Unit, calls_left
from keepstep.connectors.account_engagement.writing import Writer
from keepstep.connectors.base import (
    Capabilities,
    Cursor,
    FetchBy,
    FieldInfo,
    IdempotentBy,
    Json,
    ListInfo,
    Page,
    ReadQuery,
    RemoveMeans,
    Schema,
    Usage,
)
from keepstep.connectors.budget import Budget
from keepstep.connectors.calls import CallRefused, Effect, Expects, LostReply, Reply, Verdict
from keepstep.connectors.oauth import utc_now
from keepstep.connectors.parallel import prefetch
from keepstep.connectors.salesforce.login import SessionAuth, classify_login, sign_in
from keepstep.connectors.transport import Retries, Transport
from keepstep.core.errors import SettingsError, Unavailable
from keepstep.core.model import FieldType, Outcome, Record, Write


class AccountEngagementConnector:
    """One business unit.

    `budget` is what a run may spend, sign-ins and retries included, and the reserve that stays for the unit's other
    users; `now` is the wall clock (aware, UTC), used where the API doesn't tell its own; `sleep` waits between tries.
    """

    name: ClassVar[str] = "account_engagement"
    capabilities: ClassVar[Capabilities] = Capabilities(
        objects=OBJECTS,
        announces_deletions=True,
        announces_merges=False,  # a merge's losers are just gone
        stale_reads=True,  # by up to a minute
        idempotent_create=IdempotentBy.EMAIL,
        remove_means=RemoveMeans.RECYCLES,  # of a prospect; a row leaves its list
        streams_activities=True,
        batch_size=1000,  # of an import; a few go one by one
        concurrency=AT_ONCE,
        page_size=MAX_PAGE,
    )

    def __init__(
        self,
        settings: AccountEngagementSettings,
        *,
        budget: Budget | None = None,
        retries: Retries | None = None,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
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
        self._tokens = transport("Salesforce", settings.login_url, concurrency=1)
        self._tokens.classify = classify_login
        self._calls = transport(SYSTEM, settings.base_url, concurrency=settings.concurrency)
        self._calls.classify = self._classify
        self._calls.auth = SessionAuth(lambda: sign_in(settings.sign_in, self._tokens, now))
        self._unit = Unit(self._calls, settings, now)
        self._reader = Reader(self._unit)
        self._writer = Writer(self._unit)

    def check(self) -> None:
        """Sign in and ask for one list. Raises AuthError, Unavailable or SettingsError."""
        self._unit.ask(LISTS, {"fields": "id", "limit": "1"})

    def schema(self, objects: Sequence[str], list_id: str | None = None) -> Schema:  # noqa: ARG002 # every list has all
        """The fields of prospects, which are those of every list's rows; users and activities have their own."""
        return {name: dict(self._fields(name)) for name in objects}

    def _fields(self, name: str) -> dict[str, FieldInfo]:
        if name in (PROSPECT, ROW):
            return dict(self._unit.schema())
        told = {USER: ("name", "salesforceId"), ACTIVITY: ("subject", "type", "at")}.get(name, ())
        kinds = {"at": FieldType.DATETIME, "subject": FieldType.REFERENCE}
        return {one: FieldInfo(one, kinds.get(one, FieldType.TEXT), writable=False) for one in told}

    def read(self, query: ReadQuery, cursor: Cursor | None = None) -> Iterator[Page]:
        """See `Connector.read`. Nothing changed: one call; two for the rows of a list."""
        return prefetch(self._reader.pages(query, cursor))

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """See `Connector.fetch`. By id or email; an address is found as it is asked for, and in its usual spellings.

        The API has no search that leaves case alone: asked are lower and upper case, and names that begin with capital
        letters. One that is spelled in yet another way is found by reading everything.
        """
        return self._reader.fetch(query, by, keys)

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """See `Connector.apply`. A removed prospect goes to the recycle bin; a removed row leaves its list only.

        From `import_from` writes of one shape on they go by the Import API.
        """
        return self._writer.apply(writes)

    def url(self, object: str, record_id: str, list_id: str | None = None) -> str:  # noqa: ARG002 # the protocol's
        """The prospect's page."""
        return f"{self.settings.base_url.rstrip('/')}/prospect/read/id/{quote(wire.prospect_of(record_id), safe='')}"

    def close(self) -> None:
        """Let go of connections."""
        self._calls.close()
        self._tokens.close()

    # -- lists -----------------------------------------------------------------------------------------------------

    def find_list(self, name: str) -> ListInfo | None:
        """By its exact name; a dynamic one too, whose members can't be added or removed.

        Raises SettingsError where several have it.
        """
        found = []
        for rows, _, _ in self._unit.pages(LISTS, ("id", "name", "isDynamic"), {"name": name}):
            found += [row for row in rows if row.get("name") == name]
        if len(found) > 1:
            raise SettingsError(f"Account Engagement: {len(found)} lists have the name {name!r}: rename all but one")
        if not found:
            return None
        self._unit.note_list(str(found[0]["id"]), found[0])
        return ListInfo(str(found[0]["id"]), name, tuple(self._unit.schema()))

    def create_list(self, name: str, columns: Sequence[str], email_column: str) -> ListInfo:
        """Make an empty list. Its columns are fields of prospects: raises SettingsError where one isn't there."""
        known = self._unit.schema()
        missing = sorted({*columns, email_column} - set(known))
        if missing:
            raise SettingsError(
                f"Account Engagement: prospects have no field {', '.join(missing)}: make a custom field for it there "
                "(Prospects > Custom Fields), or name an existing one in the sync's file"
            )
        id = self._made(name)
        if id is None:
            raise Unavailable(
                "Account Engagement made a list and didn't tell its id: the next run finds it by its name"
            )
        return ListInfo(id, name, tuple(known))

    def _made(self, name: str) -> str | None:
        """The id of a new list; None where it wasn't told."""
        asked = {"fields": "id"}
        body: dict[str, Json] = {"name": name}
        try:
            reply = self._unit.send(
                "POST", LISTS, Effect.ONCE, params=asked, json=body, expects=Expects.JSON_OR_NOTHING
            )
        except LostReply:
            return None
        except CallRefused as refused:
            raise SettingsError(
                f"Account Engagement refuses to make the list {name!r} (code {refused.verdict.code}): make it there by "
                "hand, as a static list"
            ) from None
        told = reply.json if isinstance(reply.json, dict) else {}
        return str(told["id"]) if "id" in told else None

    def count(self, list_id: str) -> int:
        """The number of members; a call a thousand: the API tells no count."""
        pages = self._unit.pages(MEMBERS, ("id",), {"listId": list_id, "deleted": "false"})
        return sum(len(rows) for rows, _, _ in pages)

    # --------------------------------------------------------------------------------------------------------------

    def _classify(self, reply: Reply) -> Verdict | None:
        """As `errors.classify`; every answer tells how many calls remain of the day."""
        left = calls_left(reply)
        if left is not None:
            self.usage.left = left
            self._budget.note_left(left)
        return errors.classify(reply)
