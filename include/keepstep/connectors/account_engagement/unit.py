"""One signed-in business unit: calls with its headers, and pages of rows."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from keepstep.connectors.account_engagement import errors, wire
from keepstep.connectors.account_engagement.fields import PROSPECT_FIELDS, custom_field
from keepstep.connectors.account_engagement.settings import AccountEngagementSettings
from keepstep.connectors.base import FieldInfo
from keepstep.connectors.calls import Action, CallRefused, Effect, Reply, Request
from keepstep.connectors.transport import Transport
from keepstep.core.errors import AuthError, BudgetSpent, SettingsError, Unavailable
from keepstep.core.model import FieldType

SYSTEM: Final = "Account Engagement"
ROOT: Final = "/api/v5"
LISTS: Final = "/objects/lists"
_USAGE = re.compile(r"([0-9]{1,12})/([0-9]{1,12})")
_AN_HOUR_S: Final = 3600.0
_MIDNIGHT_TAKES_S: Final = 60.0  # clocks differ
_REDACTED: Final = "202"  # of the warnings: the role may not see some of the fields


@dataclass(slots=True)
class Unit:
    """Asks; what doesn't change during a run is asked for once."""

    transport: Transport
    settings: AccountEngagementSettings
    now: Callable[[], datetime]
    activity_email: str | None = field(init=False)  # as the settings say, until the API refuses it
    import_part: str | None = None  # the name that a batch of an import goes by, once one was taken
    _dynamic: dict[str, bool] = field(default_factory=dict)  # by list
    _schema: Mapping[str, FieldInfo] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.activity_email = self.settings.activity_email

    def send(self, method: str, path: str, effect: Effect = Effect.READS, *, label: str = "", **parts: Any) -> Reply:
        """A call below the API's root. Raises as `Transport.send`, and BudgetSpent where today's calls are used up.

        `label` is the path without its ids, for counts and error texts.
        """
        given = parts.pop("headers", {})
        headers = {"Pardot-Business-Unit-Id": self.settings.business_unit_id, "X-Return-Api-Usage": "1", **given}
        request = Request(method, ROOT + path, f"{method} {label or path}", effect, headers=headers, **parts)
        try:
            return self.transport.send(request)
        except CallRefused as refused:
            code = refused.verdict.code
            if code == errors.DAILY_LIMIT:
                raise BudgetSpent(
                    "Account Engagement's calls of this day are used up; what is left goes on when the business unit's "
                    "day is over",
                    until_tomorrow_s(self.settings.account_zone, self.now()),
                ) from None
            must = errors.what_the_user_must_do(code)
            if must is not None:
                raise AuthError(f"Account Engagement refused {request.endpoint}: {code}; {must}") from None
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
            self._refuse_hidden(path, reply, rows, fields)
            if rows and int(str(rows[-1]["id"])) <= after:
                raise Unavailable(f"Account Engagement repeats a page of {path} instead of going on")
            yield rows, not more or not rows, reply.asked_at
            if not more or not rows:
                return
            after = int(str(rows[-1]["id"]))

    def _refuse_hidden(self, path: str, reply: Reply, rows: Sequence[wire.Row], fields: Sequence[str]) -> None:
        """A field that the role may not see isn't told, which must not be taken for a blank."""
        if not reply.headers.get("Pardot-Warning", "").startswith(_REDACTED):
            return
        names = wire.hidden(rows, fields)
        if names:
            raise SettingsError(
                f"Account Engagement doesn't show the connection's user {', '.join(names)} (in {path}): give its role "
                "the right to see that, or take it out of the sync's file"
            )

    def is_dynamic(self, list_id: str) -> bool:
        """Whether its members come by rule; asked once. Raises CallRefused where there is no such list."""
        with self._lock:
            if list_id not in self._dynamic:
                path, label = f"{LISTS}/{list_id}", f"{LISTS}/{{id}}"
                reply = self.send("GET", path, label=label, params={"fields": "id,isDynamic"})
                self.note_list(list_id, reply.json if isinstance(reply.json, dict) else {})
            return self._dynamic[list_id]

    def note_list(self, list_id: str, row: wire.Row) -> None:
        """What a row of the lists says about it."""
        self._dynamic[list_id] = row.get("isDynamic") is True

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


def until_tomorrow_s(zone: str | None, now: datetime) -> float:
    """Seconds until the unit's next day; where its zone isn't known an hour, after which it can be asked again."""
    if zone is None:
        return _AN_HOUR_S
    today = now.astimezone(ZoneInfo(zone))
    midnight = datetime.combine(today.date() + timedelta(days=1), time.min, ZoneInfo(zone))
    return (midnight.astimezone(UTC) - now).total_seconds() + _MIDNIGHT_TAKES_S


def calls_left(reply: Reply) -> int | None:
    """Of ``1234/25000`` what remains of the day; None where the answer doesn't say."""
    found = _USAGE.fullmatch(reply.headers.get("x-api-usage", "").strip())
    return None if found is None else max(0, int(found[2]) - int(found[1]))


def overlapped(since: datetime, settings: AccountEngagementSettings) -> str:
    """Where an incremental read begins: reads may be a minute stale, and saves become visible late."""
    return wire.stamp(since - timedelta(seconds=settings.overlap_s))
