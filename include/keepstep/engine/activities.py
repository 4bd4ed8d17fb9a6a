"""Sources of activities: any SQL table or view of events, or the platform, asked one contact a call within a budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Self

from sqlalchemy import CursorResult, DateTime, Engine, Row, bindparam, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from keepstep.connectors.base import ListPlatform, ReadQuery
from keepstep.core.errors import SettingsError, Unavailable
from keepstep.core.model import Record
from keepstep.engine.frame import Frame
from keepstep.engine.run import Activity, ActivityBatch, RunContext
from keepstep.store.activities import source_id
from keepstep.store.database import Store
from keepstep.store.subjects import mark_asked, subjects_to_ask

BATCH = 5000  # rows
EVER = datetime(1970, 1, 1, tzinfo=UTC)
NEEDED = ("email", "type", "occurred_at")
OPTIONAL = ("id", "recorded_at")
RECORDED_OVERLAP = timedelta(hours=1)  # a row gets its stamp before it is committed and seen
OCCURRED_OVERLAP = timedelta(days=2)  # without recorded_at: how late an event may enter the warehouse and be noticed


class SqlActivities:
    """Events behind any SQLAlchemy engine, read by a query with `:since` (exclusive) and `:until` (inclusive).

    The query returns the columns email, type and occurred_at, and may return id, the source's own key of an event, and
    recorded_at, the time at which the row was recorded. Its bounds are of recorded_at where it has that; else of
    occurred_at, and what is recorded more than two days late isn't found. Timestamps without a zone are taken as UTC.
    Nothing is written to that database.
    """

    def __init__(self, engine: Engine, query: str, name: str) -> None:
        """Raises SettingsError where the query lacks one of its bounds."""
        missing = [f":{bound}" for bound in ("since", "until") if bound not in text(query).compile().params]
        if missing:
            raise SettingsError(
                f"{name}: activities.query lacks {' and '.join(missing)}: without its bounds every run would read "
                "everything; add WHERE recorded_at > :since AND recorded_at <= :until"
            )
        bounds = (bindparam(bound, type_=DateTime(timezone=True)) for bound in ("since", "until"))
        self._engine = engine
        self._query = text(query).bindparams(*bounds)
        self._name = name

    @property
    def name(self) -> str:
        """Names the source for good: two syncs with the same source share its activities."""
        return self._name

    def read(self, cursor: Mapping[str, Any] | None, until: datetime) -> Iterator[ActivityBatch]:
        """What was recorded since the cursor, less an overlap, and up to `until`.

        Raises SettingsError where the query doesn't return what it must, Unavailable where the database is away.
        """
        newest = datetime.fromisoformat(cursor["newest"]) if cursor else EVER
        since = newest - timedelta(seconds=cursor["overlap_s"]) if cursor else EVER
        try:
            with self._engine.connect() as conn:
                if conn.dialect.name == "postgresql":
                    conn.execution_options(postgresql_readonly=True)
                    conn.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")  # it compares columns without a zone in its own
                given, how = {"since": since, "until": until}, {"stream_results": True, "yield_per": BATCH}
                with conn.execute(self._query, given, execution_options=how) as result:
                    yield from self._batches(result, newest, until)
        except (OperationalError, InterfaceError) as wrong:
            raise self._away(wrong) from None
        except DBAPIError as wrong:
            raise self._away(wrong) if wrong.connection_invalidated else self._wrong(_first_line(wrong)) from None

    def _batches(self, result: CursorResult[Any], newest: datetime, until: datetime) -> Iterator[ActivityBatch]:
        columns = tuple(result.keys())
        missing = [column for column in NEEDED if column not in columns]
        if missing:
            raise self._wrong(
                f"it doesn't return {', '.join(missing)}; it must return {', '.join(NEEDED)}, "
                f"and may return {' and '.join(OPTIONAL)}"
            )
        stamp = "recorded_at" if "recorded_at" in columns else "occurred_at"
        overlap = RECORDED_OVERLAP if stamp == "recorded_at" else OCCURRED_OVERLAP
        for rows in result.partitions(BATCH):
            newest = max(newest, *(min(self._moment(getattr(row, stamp), stamp), until) for row in rows))
            yield ActivityBatch(
                tuple(self._activity(row, "id" in columns) for row in rows),
                # Rows come in any order: only the last batch may move the place to go on from.
                None,
            )
        yield ActivityBatch((), {"newest": newest.isoformat(), "overlap_s": overlap.total_seconds()})

    def _activity(self, row: Row[Any], has_id: bool) -> Activity:
        return Activity(
            id=str(row.id) if has_id and row.id is not None else None,
            email=str(row.email or ""),
            type=str(row.type or ""),
            occurred_at=self._moment(row.occurred_at, "occurred_at"),
        )

    def _moment(self, value: object, column: str) -> datetime:
        if isinstance(value, str):  # SQLite has no timestamps
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                value = None
        if not isinstance(value, datetime):
            raise self._wrong(f"its column {column} has a value that is no timestamp")
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def _wrong(self, what: str) -> SettingsError:
        return SettingsError(f"{self._name}: activities.query can't be used: {what}")

    def _away(self, wrong: DBAPIError) -> Unavailable:
        database = self._engine.url.render_as_string(hide_password=True)
        return Unavailable(
            f"{self._name}: the database of activities at {database} is not available: {_first_line(wrong)}"
        )


def _first_line(wrong: DBAPIError) -> str:
    """What the driver says, without the statement and its parameters."""
    return (str(wrong.orig).strip().splitlines() or [type(wrong).__name__])[0]


@dataclass(frozen=True, slots=True)
class AskedList:
    """The list whose people a platform is asked about."""

    connection: str
    list_id: str


class PlatformActivities:
    """Behaviour from a platform that tells it one contact a call: as many contacts a run as the budget has calls.

    First those who were never asked about, then those whose row has changed since, then those whose turn is longest
    ago. Each answer is the whole behaviour of a contact that the platform remembers; the store de-duplicates.
    """

    def __init__(self, store: Store, platform: ListPlatform, asked: AskedList, calls: int, at_once: int = 50) -> None:
        """`calls` a run; `at_once` contacts are read, stored and ticked off together."""
        self._store = store
        self._platform = platform
        self._asked = asked
        self._calls = calls
        self._at_once = at_once

    @classmethod
    def of(cls, ctx: RunContext, frame: Frame) -> Self:
        """The platform that a run's list is on, within the sync's `limits.activity_calls`.

        Raises SettingsError where that platform doesn't tell behaviour.
        """
        if not ctx.platform.capabilities.reads_activities:
            raise SettingsError(
                f"{ctx.file.name}: {ctx.platform.name} tells no activities; write activities: {{source: sql, …}} into "
                "the sync file, or maintenance: {score_from: platform}"
            )
        asked = AskedList(frame.platform_connection, frame.list_id)
        return cls(ctx.store, ctx.platform, asked, ctx.file.settings.limits.activity_calls)

    @property
    def name(self) -> str:
        """Names the source for good: the connection and the list, as rows of two lists are two contacts."""
        return f"platform:{self._asked.connection}:{self._asked.list_id}"

    def read(self, cursor: Mapping[str, Any] | None, until: datetime) -> Iterator[ActivityBatch]:
        """What the contacts whose turn it is have done; each is ticked off once its batch is stored.

        Args:
            cursor: Not used: who was asked when is kept per contact.
            until: The moment that is noted as the one at which they were asked.
        """
        del cursor
        subjects = self._subjects()
        while chunk := tuple(islice(subjects, self._at_once)):
            query = ReadQuery(object="activity", list_id=self._asked.list_id, subjects=chunk)
            told = [record for page in self._platform.read(query) for record in page.records]
            yield ActivityBatch(tuple(_told(told)), None)
            # The reader asks for more only after it has stored this batch. Killed in between, the chunk is asked again.
            with self._store.begin() as conn:
                mark_asked(conn, source_id(conn, self.name), chunk, until)

    def _subjects(self) -> Iterator[str]:
        with self._store.begin() as conn:
            number = source_id(conn, self.name)
            found: Sequence[str] = subjects_to_ask(
                conn, number, self._asked.connection, self._asked.list_id, self._calls
            )
        return iter(found)


def _told(records: Iterable[Record]) -> Iterator[Activity]:
    for record in records:
        at = datetime.fromisoformat(str(record.fields["at"]))
        yield Activity(
            id=record.id or None,
            email=record.email or "",
            type=str(record.fields.get("type") or ""),
            occurred_at=at if at.tzinfo else at.replace(tzinfo=UTC),
        )
