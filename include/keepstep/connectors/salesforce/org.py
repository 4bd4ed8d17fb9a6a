"""One signed-in org: queries, descriptions and the deletion log, each call with its refusals sorted out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from keepstep.connectors.base import CursorExpired
from keepstep.connectors.calls import CallRefused, Effect, Reply, Request
from keepstep.connectors.salesforce import errors, soql, stamps, wire
from keepstep.connectors.salesforce.fields import Catalog, catalog_of, type_of
from keepstep.connectors.salesforce.login import SessionAuth
from keepstep.connectors.salesforce.settings import MIN_PAGE, SalesforceSettings
from keepstep.connectors.salesforce.soql import Soql
from keepstep.connectors.transport import Transport
from keepstep.core.errors import SettingsError, Unavailable

SYSTEM = "Salesforce"


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a query's answer."""

    rows: Sequence[wire.Row]
    total: int  # of the whole answer
    more: str | None  # the path of the next page
    asked_at: datetime | None  # by the server's clock, before the query began


@dataclass(frozen=True, slots=True)
class Log:
    """What the deletion log told."""

    ids: tuple[str, ...]
    at: dict[str, datetime | None]
    earliest: datetime | None  # what was deleted before it has been forgotten
    covered: datetime | None  # what was deleted after it may not be told yet


@dataclass(slots=True)
class Org:
    """Asks; what doesn't change during a run is asked for once."""

    transport: Transport
    session: SessionAuth
    settings: SalesforceSettings
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    _catalogs: dict[str, Catalog] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def send(self, method: str, path: str, effect: Effect = Effect.READS, *, label: str = "", **parts: Any) -> Reply:
        """A call below the data root (or any path that Salesforce told). Raises as `Transport.send`.

        `label` is the path without its ids, for counts and error texts.
        """
        whole = path if path.startswith("/services/") else f"/services/data/v{self.settings.api_version}{path}"
        url = self.session.session().instance_url + whole
        return self.transport.send(Request(method, url, f"{method} {label or path}", effect, **parts))

    def query(self, query: Soql) -> Rows:
        """The first page of an answer. Raises SettingsError where Salesforce refuses the query.

        Raises CallRefused with QUERY_TIMEOUT where it runs for too long.
        """
        if soql.too_long(query):
            raise SettingsError(f"Salesforce: the query of {query.label} names too many fields: name fewer in the sync")
        path = "/queryAll" if query.every else "/query"
        options = {"Sforce-Query-Options": f"batchSize={max(MIN_PAGE, self.settings.page_size)}"}
        try:
            reply = self.send("GET", path, label=f"{path} {query.label}", params={"q": query.text}, headers=options)
        except CallRefused as refused:
            if refused.verdict.code == errors.QUERY_TIMEOUT:
                raise
            raise self._refused(query, refused) from None
        return _rows(query.label, reply)

    def page(self, question: soql.Asking, limit: int | None) -> tuple[Rows, int | None]:
        """One page of a keyset listing, with its limit: a smaller one where the query runs for too long."""
        while True:
            try:
                return self.query(question(limit)), limit
            except CallRefused as refused:
                smaller = (limit or self.settings.page_size) // 2
                if smaller < MIN_PAGE:
                    raise Unavailable(f"Salesforce: the query runs for too long ({refused.verdict.code})") from None
                limit = smaller

    def all(self, query: Soql) -> Iterator[wire.Row]:
        """Every row of an answer, page after page."""
        try:
            page = self.query(query)
            while True:
                yield from page.rows
                if page.more is None:
                    return
                page = _rows(query.label, self.send("GET", page.more, label=f"/query/cursor {query.label}"))
        except CallRefused as refused:
            raise Unavailable(f"Salesforce didn't finish the query of {query.label}: {refused.verdict.code}") from None

    def catalog(self, object: str) -> Catalog:
        """The fields of an object, as Salesforce describes them to this user."""
        with self._lock:
            if object not in self._catalogs:
                path = f"/sobjects/{type_of(object)}/describe"
                try:
                    self._catalogs[object] = catalog_of(object, self.send("GET", path).json)
                except CallRefused as refused:
                    raise SettingsError(
                        f"Salesforce doesn't describe its {object} ({refused.verdict.code}): give the user of this "
                        "connection read access to that object"
                    ) from None
            return self._catalogs[object]

    def log(self, object: str, start: datetime, end: datetime) -> Log:
        """What was deleted between two moments. Raises CursorExpired where Salesforce doesn't remember that far."""
        bounds = {"start": stamps.bound(start), "end": stamps.bound(end)}
        try:
            reply = self.send("GET", f"/sobjects/{type_of(object)}/deleted", params=bounds)
        except CallRefused as refused:
            if refused.verdict.code in ("INVALID_REPLICATION_DATE", "EXCEEDED_ID_LIMIT"):
                raise CursorExpired from None
            raise SettingsError(
                f"Salesforce doesn't tell which {object}s were deleted ({refused.verdict.code}): give the user of this "
                "connection read access to that object"
            ) from None
        body = reply.json if isinstance(reply.json, dict) else {}
        told = body.get("deletedRecords")
        if not isinstance(told, list):
            raise Unavailable("Salesforce's answer is not a log of deletions")
        rows = [row for row in told if isinstance(row, dict)]
        at = {id: stamps.moment(row.get("deletedDate")) for row in rows if (id := wire.id_of(str(row.get("id"))))}
        earliest, covered = (stamps.moment(body.get(key)) for key in ("earliestDateAvailable", "latestDateCovered"))
        return Log(tuple(at), at, earliest, covered)

    def _refused(self, query: Soql, refused: CallRefused) -> SettingsError:
        field = f", field {refused.verdict.pointer}" if refused.verdict.pointer else ""
        return SettingsError(
            f"Salesforce refuses the query of {query.label} ({refused.verdict.code}{field}): check that every field of "
            "the sync's file exists there, and can be seen by the user of this connection (field-level security)"
        )


def _rows(label: str, reply: Reply) -> Rows:
    body = reply.json if isinstance(reply.json, dict) else {}
    rows, done, more, total = wire.rows_of(body), body.get("done"), body.get("nextRecordsUrl"), body.get("totalSize")
    if rows is None or not isinstance(done, bool) or not (done or isinstance(more, str)):
        raise Unavailable(f"Salesforce's answer to the query of {label} is not a page of rows")
    return Rows(rows, total if isinstance(total, int) else len(rows), None if done else str(more), reply.asked_at)
