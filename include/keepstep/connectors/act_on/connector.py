"""The Act-On connector: marketing lists of one account, through /api/1."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar
from urllib.parse import quote

from keepstep.connectors.act_on import wire
from keepstep.connectors.act_on.client import Client
from keepstep.connectors.act_on.reading import Reader
from keepstep.connectors.act_on.refusals import refusal, sign_in_refusal, what_to_do
from keepstep.connectors.act_on.tokens import SignIn, TokenAuth
from keepstep.connectors.act_on.writing import Writer
from keepstep.connectors.base import (
    Capabilities,
    Cursor,
    FetchBy,
    FieldInfo,
    IdempotentBy,
    ListInfo,
    Page,
    ReadQuery,
    RemoveMeans,
    Schema,
    Usage,
)
from keepstep.connectors.budget import Budget
from keepstep.connectors.calls import CallRefused, LostReply
from keepstep.connectors.parallel import prefetch
from keepstep.connectors.token_store import FileTokenStore, TokenStore
from keepstep.connectors.transport import Retries, Transport
from keepstep.core.errors import Bug, SettingsError, Unavailable
from keepstep.core.model import FieldType, Outcome, Record, Write

BASE_URL = "https://api.actonsoftware.com"  # in the EU: https://api-eu.actonsoftware.com (documented)
CONCURRENCY = 4  # an answer takes longer than the fifth of a second that the rate limit leaves between calls


@dataclass(frozen=True, slots=True)
class ActOnSettings:
    """How to reach an account; client id and secret name the integration, the user chooses the account."""

    user: str
    password: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)
    base_url: str = BASE_URL
    app_url: str = "https://login.act-on.com"  # of the pages for people (believed)
    requests_per_second: float = 5.0  # an account's limit, shared with its other users (documented)
    max_calls: int | None = None  # of one run; None: no limit
    small_write_limit: int = 20  # rows up to which each is a call of its own; above it, an upload
    page_size: int = 1000  # rows a call, 2 to 1000
    overlap_s: float = 120.0  # how far incremental reads reach back: stamps are given before a row can be seen
    job_poll_s: float = 2.0
    job_limit_s: float = 900.0  # an upload that takes longer is in doubt, and is read back by the next run
    retries: Retries = field(default_factory=Retries)

    def __post_init__(self) -> None:
        """Refuse what can't work. Raises SettingsError."""
        if not 2 <= self.page_size <= 1000:  # noqa: PLR2004 - pages share one row; Act-On's limit is 1000 (documented)
            raise SettingsError("Act-On's page size must be from 2 to 1000 rows")


class ActOn:
    """One Act-On account. `tokens` None: kept in a file of this user; `now` is in seconds since 1970."""

    name: ClassVar[str] = "act_on"
    capabilities: ClassVar[Capabilities] = Capabilities(
        objects=frozenset({"row", "opt_out", "activity"}),
        counts=True,
        idempotent_create=IdempotentBy.EMAIL,
        remove_means=RemoveMeans.LEAVES_LIST,
        reads_activities=True,
        batch_size=5000,  # of an upload: Act-On takes more, but a lost answer puts a whole batch in doubt
        concurrency=CONCURRENCY,
        page_size=1000,
    )

    def __init__(
        self,
        settings: ActOnSettings,
        tokens: TokenStore | None = None,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.usage = Usage()
        self._settings = settings
        budget = Budget(settings.max_calls, per_second=settings.requests_per_second, sleep=sleep)
        self._door = Transport(
            "Act-On",
            settings.base_url,
            classify=sign_in_refusal,
            budget=budget,
            usage=self.usage,
            retries=replace(settings.retries, attempts=1),  # each try counts against the sign-ins of the hour
            sleep=sleep,
        )
        sign_in = SignIn(self._door, settings.user, settings.client_id, settings.password, settings.client_secret)
        self._transport = Transport(
            "Act-On",
            settings.base_url,
            auth=TokenAuth(sign_in, tokens or self._file(), now),
            classify=refusal,
            budget=budget,
            usage=self.usage,
            retries=settings.retries,
            concurrency=CONCURRENCY,
            sleep=sleep,
        )
        self._client = Client(self._transport, settings.page_size, now)
        self._reader = Reader(self._client, settings.overlap_s, CONCURRENCY)
        self._writer = Writer(
            client=self._client,
            reader=self._reader,
            workers=CONCURRENCY,
            small_write_limit=settings.small_write_limit,
            job_poll_s=settings.job_poll_s,
            job_limit_s=settings.job_limit_s,
            sleep=sleep,
        )

    def check(self) -> None:
        """Sign in, unless a kept token still lives, and list the account's lists."""
        self._client.lists(0)

    def schema(self, objects: Sequence[str], list_id: str | None = None) -> Schema:
        """The columns of the list, all text: Act-On tells no types."""
        schemas = dict(_SCHEMAS)
        if "row" in objects:
            schemas["row"] = wire.columns_of(self._client.head(_list(list_id), fresh=True).head)
        return {name: schemas[name] for name in objects}

    def read(self, query: ReadQuery, cursor: Cursor | None = None) -> Iterator[Page]:
        """Rows, suppressed addresses, or the behaviour of the query's subjects; the next page is fetched ahead."""
        if query.object == "opt_out":
            return self._reader.opt_outs(cursor)
        _list(query.list_id)
        if query.object == "activity":
            return self._reader.activities(query, cursor)
        return prefetch(self._reader.rows(query, cursor))

    def fetch(self, query: ReadQuery, by: FetchBy, keys: Iterable[str]) -> Iterator[Record]:
        """Rows by id or by address; of several rows with one address the first alone may be answered."""
        wanted = frozenset(key for key in keys if key)
        if not wanted:
            return
        if by is FetchBy.ID:
            found = self._reader.by_id(_list(query.list_id), wanted)
        elif by is FetchBy.EMAIL:
            found = self._reader.by_email(_list(query.list_id), wanted)
        else:
            raise Bug(f"an Act-On row has no {by}")
        yield from (wire.only(record, query.fields) for record in found)

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Removals by the hundred, changes one by one or by upload."""
        return self._writer.apply(writes)

    def url(self, object: str, record_id: str, list_id: str | None = None) -> str:  # noqa: ARG002 # the protocol's
        """The list in Act-On's own pages; the address is believed, Act-On documents none."""
        return f"{self._settings.app_url}/acton/lists/{quote(list_id or '')}?record={quote(record_id, safe=':')}"

    def close(self) -> None:
        """Close connections; the token stays kept."""
        self._transport.close()
        self._door.close()

    # -- lists -----------------------------------------------------------------------------------------------------

    def find_list(self, name: str) -> ListInfo | None:
        """By its exact name, over all of the account's lists."""
        found: dict[str, None] = {}
        offset = total = 0
        while offset == 0 or offset < total:
            lists, total = self._client.lists(offset)
            found |= {entry.id: None for entry in lists if entry.name == name}
            offset += len(lists)
            if not lists:
                break
        if len(found) > 1:
            raise SettingsError(f"Act-On has {len(found)} lists named {name!r}: rename all but one")
        return next((self._info(id, name) for id in found), None)

    def create_list(self, name: str, columns: Sequence[str], email_column: str) -> ListInfo:
        """Make an empty list. Raises SettingsError where Act-On refuses it, Unavailable where no answer came."""
        if email_column not in columns:
            raise SettingsError(f"the list {name!r} has no column {email_column!r}: map the email to it")
        try:
            return self._info(self._client.create_list(name, list(columns), email_column), name)
        except CallRefused as refused:
            code = refused.verdict.code
            raise SettingsError(f"Act-On refused to make the list {name!r} ({code}): {what_to_do(code)}") from None
        except LostReply:
            raise Unavailable(f"Act-On did not say whether it made the list {name!r}; look for it again") from None

    def count(self, list_id: str) -> int:
        """One call."""
        return self._client.head(list_id, fresh=True).head.total

    def _info(self, list_id: str, name: str) -> ListInfo:
        return ListInfo(list_id, name, self._client.head(list_id, fresh=True).head.columns)

    def _file(self) -> TokenStore:
        s = self._settings
        return FileTokenStore.for_account(s.base_url, (s.user, s.password, s.client_id, s.client_secret))


def _list(list_id: str | None) -> str:
    if list_id is None:
        raise Bug("an Act-On row is read without its list")
    return list_id


_SCHEMAS: Schema = {
    "opt_out": {
        "email": FieldInfo("email", FieldType.EMAIL, writable=False),
        "origin": FieldInfo("origin", writable=False),
    },
    "activity": {
        "subject": FieldInfo("subject", FieldType.REFERENCE, writable=False),
        "type": FieldInfo("type", writable=False),
        "at": FieldInfo("at", FieldType.DATETIME, writable=False),
    },
}
