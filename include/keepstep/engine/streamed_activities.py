"""Behaviour from a platform that tells everybody's in one incremental read: what it costs follows what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from keepstep.connectors.base import Connector, CursorExpired, FetchBy, Page, ReadQuery
from keepstep.core.errors import SettingsError
from keepstep.core.model import Record
from keepstep.engine.frame import Frame
from keepstep.engine.run import Activity, ActivityBatch, RunContext

ACTIVITY, PROSPECT = "activity", "prospect"


class StreamedActivities:
    """One incremental read with a cursor, a batch a page.

    Within the calls of a run: what doesn't fit into them is read by the next runs, from the page on that was stored
    last; `unread` then says that the scores of this run don't know all behaviour yet.
    """

    def __init__(self, platform: Connector, connection: str, calls: int) -> None:
        """`connection` names the account, `calls` is how many a run may make."""
        self.unread = False
        self._platform = platform
        self._connection = connection
        self._calls = calls

    @classmethod
    def of(cls, ctx: RunContext, frame: Frame) -> Self:
        """The platform that a run's list is on, within the sync's `limits.activity_calls`.

        Raises SettingsError where that platform doesn't tell everybody's behaviour at once.
        """
        if not ctx.platform.capabilities.streams_activities:
            raise SettingsError(
                f"{ctx.file.name}: {ctx.platform.name} tells no activities; write activities: {{source: sql, …}} into "
                "the sync file, or maintenance: {score_from: platform}"
            )
        return cls(ctx.platform, frame.platform_connection, ctx.file.settings.limits.activity_calls)

    @property
    def name(self) -> str:
        """Names the source for good: all syncs over one connection share its activities."""
        return f"platform:{self._connection}"

    def read(self, cursor: Mapping[str, Any] | None, until: datetime) -> Iterator[ActivityBatch]:
        """What was told since the cursor; everything where there is none, or where the platform forgot it.

        Args:
            cursor: The platform's own, as it was with the page that was stored last.
            until: Not used: what happened after it is taken in as well, and counts once scores are computed for then.
        """
        del until
        self.unread = False
        began = self._platform.usage.calls
        try:
            yield from self._batches(cursor, began)
        except CursorExpired:
            yield from self._batches(None, began)

    def _batches(self, cursor: Mapping[str, Any] | None, began: int) -> Iterator[ActivityBatch]:
        if self._calls <= 0:
            self.unread = True
            return
        for page in self._platform.read(ReadQuery(ACTIVITY), cursor):
            yield ActivityBatch(tuple(self._activities(page)), page.cursor)
            if not page.last and self._platform.usage.calls - began >= self._calls:
                self.unread = True
                return

    def _activities(self, page: Page) -> Iterator[Activity]:
        emails = self._emails([record for record in page.records if not record.email])
        for record in page.records:
            at = datetime.fromisoformat(str(record.fields["at"]))
            yield Activity(
                id=record.id or None,
                email=record.email or emails.get(str(record.fields.get("subject")), ""),
                type=str(record.fields.get("type") or ""),
                occurred_at=at if at.tzinfo else at.replace(tzinfo=UTC),
            )

    def _emails(self, nameless: Sequence[Record]) -> Mapping[str, str]:
        """The addresses of those of whom the page tells the id alone; a call for many."""
        ids = {str(subject) for record in nameless if (subject := record.fields.get("subject"))}
        if not ids or PROSPECT not in self._platform.capabilities.objects:
            return {}
        found = self._platform.fetch(ReadQuery(PROSPECT), FetchBy.ID, sorted(ids))
        return {record.id: record.email for record in found if record.email}
