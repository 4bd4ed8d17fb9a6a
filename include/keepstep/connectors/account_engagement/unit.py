"""One signed-in business unit: calls with its headers, and pages of rows."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from keepstep.connectors.account_engagement import errors, wire
from keepstep.connectors.account_engagement.fields import PROSPECT_FIELDS, custom_field
from keepstep.connectors.account_engagement.settings import AccountEngagementSettings
from keepstep.connectors.base import FieldInfo
from keepstep.connectors.calls import Action, CallRefused, Effect, Reply, Request
from keepstep.connectors.transport import Transport
from keepstep.core.errors import BudgetSpent, SettingsError, Unavailable
from keepstep.core.model import FieldType

SYSTEM: Final = "Account Engagement"
ROOT: Final = "/api/v5"
_USAGE = re.compile(r"([0-9]{1,12})/([0-9]{1,12})")
_UNTIL_TOMORROW_S: Final = 3600.0  # the day's end is in the account's zone, which isn't told: ask again in an hour


@dataclass(slots=True)
class Unit:
    """Asks; what doesn't change during a run is asked for once."""

    transport: Transport
    settings: AccountEngagementSettings
    _schema: Mapping[str, FieldInfo] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, method: str, path: str, effect: Effect = Effect.READS, *, label: str = "", **parts: Any) -> Reply:
        """A call below the API's root. Raises as `Transport.send`, and BudgetSpent where today's calls are used up.

        `label` is the path without its ids, for counts and error texts.
        """
        given = parts.pop("headers", {})
        headers = {"Pardot-Business-Unit-Id": self.settings.business_unit_id, "X-Return-Api-Usage": "1", **given}
        where = path if path.startswith("http") else ROOT + path
        try:
            request = Request(method, where, f"{method} {label or path}", effect, headers=headers, **parts)
            return self.transport.send(request)
        except CallRefused as refused:
            if refused.verdict.code == errors.DAILY_LIMIT:
                raise BudgetSpent(
                    "Account Engagement's calls of this day are used up; what is left goes on when the business unit's "
                    "day is over",
                    _UNTIL_TOMORROW_S,
                ) from None
            raise

    def pages(
        self, path: str, fields: Sequence[str], filters: Mapping[str, str], after: int = 0
    ) -> Iterator[tuple[list[wire.Row], bool, datetime | None]]:
        """Pages of a query in the order of ids: the rows, whether it is the last page, the server's time before it.

        It goes on by the last id and not by the vendor's token, which is good for four hours and 100,000 rows.
        """
        while True:
            params = {"fields": ",".join(fields), "orderBy": "id", "limit": str(self.settings.page_size), **filters}
            if after:
                params["idGreaterThan"] = str(after)
            reply = self.ask(path, params)
            told = wire.rows_of(reply.json)
            if told is None:
                raise Unavailable(f"Account Engagement's answer to {path} is not a page of rows")
            rows, more = told
            if rows and int(str(rows[-1]["id"])) <= after:
                raise Unavailable(f"Account Engagement repeats a page of {path} instead of going on")
            yield rows, not more or not rows, reply.asked_at
            if not more or not rows:
                return
            after = int(str(rows[-1]["id"]))

    def ask(self, path: str, params: Mapping[str, str]) -> Reply:
        """One query. Raises SettingsError where it is refused: a field of the file isn't there."""
        try:
            return self.send("GET", path, params=params)
        except CallRefused as refused:
            if refused.verdict.action is Action.ROW:
                raise SettingsError(
                    f"Account Engagement refuses the query of {path} (code {refused.verdict.code}): check that every "
                    "field of the sync's file exists there, and that the connection's user may see it"
                ) from None
            raise

    def schema(self) -> Mapping[str, FieldInfo]:
        """The fields of a prospect, custom ones too."""
        with self._lock:
            if self._schema is None:
                own: dict[str, FieldInfo] = {}
                for rows, _, _ in self.pages("/objects/custom-fields", ("id", "name", "fieldId", "type"), {}):
                    own |= {info.name: info for info in map(custom_field, rows)}
                self._schema = {**PROSPECT_FIELDS, **own}
            return self._schema

    def kinds(self, names: Sequence[str]) -> Mapping[str, FieldType]:
        """What these fields hold, without a call: a custom field's value is told as it stands."""
        return {name: PROSPECT_FIELDS[name].type for name in names if name in PROSPECT_FIELDS}


def calls_left(reply: Reply) -> int | None:
    """Of ``1234/25000`` what remains of the day; None where the answer doesn't say."""
    found = _USAGE.fullmatch(reply.headers.get("x-api-usage", "").strip())
    return None if found is None else max(0, int(found[2]) - int(found[1]))


def overlapped(since: datetime, settings: AccountEngagementSettings) -> str:
    """Where an incremental read begins: reads may be a minute stale, and saves become visible late."""
    return wire.stamp(since - timedelta(seconds=settings.overlap_s))
