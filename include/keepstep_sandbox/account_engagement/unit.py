"""A business unit in memory: its tables, settings, faults and the calls that were made.

Everything here runs to its end without giving way, on the server's one loop: a write is seen whole or not at all.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from keepstep_sandbox.account_engagement import schema, seeded
from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.scoring import DEFAULT_POINTS
from keepstep_sandbox.account_engagement.settings import AccountEngagementSettings
from keepstep_sandbox.account_engagement.table import Row, Table
from keepstep_sandbox.tenant import Tenant


@dataclass(slots=True)
class Fault:
    """Why one prospect refuses to be written; `times` None = for ever."""

    code: int = 85
    detail: str = ""
    times: int | None = None


class BusinessUnit(Tenant[AccountEngagementSettings]):
    """See the module."""

    name: Final = "account_engagement"
    tables: dict[str, Table]
    _minute: tuple[int, int]  # a minute since 1970, and the calls made in it

    def _adopt(self, settings: AccountEngagementSettings) -> None:
        for zone in (settings.time_zone, settings.account_time_zone):
            if zone not in available_timezones():
                raise ValueError(f"{zone} is no time zone")
        for table in self.tables.values():
            table.remembers = settings.stale_reads_s > 0

    def new_id(self, kind: str) -> int:
        """Give an object's next id."""
        self._last[kind] += 1
        return self._last[kind]

    def insert(self, kind: str, values: Row, by: int) -> Row:
        """Store a new row with its id and stamps; give it."""
        now = self.now()
        row = {"id": self.new_id(kind), **values, "createdAt": now, "updatedAt": now}
        row |= {"createdById": by, "updatedById": by}
        self.put(kind, row)
        return self.row(kind, row["id"])

    def change(self, kind: str, row: Row, values: Row, by: int) -> Row:
        """Store a row with some values changed and its stamps moved; give it."""
        unchanged = all(row.get(name) == value for name, value in values.items())
        if unchanged and not self.settings.noop_moves_updated:
            return row
        self.put(kind, {**row, **values, "updatedAt": self.now(), "updatedById": by})
        return self.row(kind, row["id"])

    def put(self, kind: str, row: Row) -> None:
        """Store a row as it is given."""
        self.tables[kind].put(row, self.surroundings.clock.now())

    def erase(self, kind: str, row_id: int) -> None:
        """Take a row away for good."""
        self.tables[kind].remove(row_id, self.surroundings.clock.now())

    def row(self, kind: str, row_id: int) -> Row:
        """Give a row as it is, in the recycle bin or not.

        Raises:
            PardotError: there's none (109).
        """
        found = self.tables[kind].get(row_id)
        if found is None:
            raise PardotError(109)
        return found

    def object_type(self, kind: str) -> schema.ObjectType:
        """Give an object by the word in its paths.

        Raises:
            PardotError: there's none (198).
        """
        found = self.schema.get(kind)
        if found is None:
            raise PardotError(198)
        return found

    def count_call(self) -> None:
        """Note one API call.

        Raises:
            PardotError: it's more than the day (122) or the minute (202) has.
        """
        today, minute = self._today(), int(self.now().timestamp()) // 60
        if self.calls[today] >= self.settings.daily_limit:
            raise PardotError(122)
        if self.settings.minute_limit and self._minute == (minute, self.settings.minute_limit):
            raise PardotError(202)
        self.calls[today] += 1
        self._minute = (minute, self._minute[1] + 1 if self._minute[0] == minute else 1)

    def calls_today(self) -> int:
        """Tell how many calls were made since the account's midnight."""
        return self.calls[self._today()]

    def use(self, calls: int) -> None:
        """Let so many calls have been made today."""
        self.calls.clear()
        self.calls[self._today()] = calls

    def active_user(self, username: str) -> int | None:
        """Give the id of the user with this name, unless deleted."""
        for user in self.tables[schema.USERS].find("username", username):
            if not self.row(schema.USERS, user).get("isDeleted", False):
                return user
        return None

    def _today(self) -> date:
        return self.surroundings.clock.now().astimezone(ZoneInfo(self.settings.account_time_zone)).date()

    def _fill(self) -> None:
        self.schema = schema.types()
        self.tables = {kind: Table(one.moments) for kind, one in self.schema.items()}
        self.faults: dict[int, Fault] = {}
        self.points: dict[str, int] = dict(DEFAULT_POINTS)
        self.unreadable = 0  # so many creates are yet to end with 204
        self.calls: Counter[date] = Counter()
        self._minute = (0, 0)
        self._last: dict[str, int] = {}
        for kind, rows in seeded.rows(self._settings).items():
            self.tables[kind].load(rows)
            self._last[kind] = max((row["id"] for row in rows), default=seeded.FIRST_IDS[kind] - 1)
        self.settings = self._settings
