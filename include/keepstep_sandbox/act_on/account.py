"""One Act-On account in memory: its lists, people, suppression, jobs and mailings."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from keepstep_sandbox.act_on.behaviour import Behaviour
from keepstep_sandbox.act_on.columns import Column, email_position, fold
from keepstep_sandbox.act_on.errors import ApiError
from keepstep_sandbox.act_on.jobs import JobBook
from keepstep_sandbox.act_on.limits import RequestLimits
from keepstep_sandbox.act_on.marketing_list import MarketingList, Row
from keepstep_sandbox.act_on.seeded import DAY_MS, MONTH_MS, Activity, History, Message
from keepstep_sandbox.act_on.settings import ActOnSettings
from keepstep_sandbox.act_on.suppression import Suppressed, Suppression, seed_suppression
from keepstep_sandbox.act_on.tokens import TokenBook
from keepstep_sandbox.clock import Clock
from keepstep_sandbox.people import Person, population

CATEGORIES: Final = ("Newsletter", "Product news", "Events")
SUBJECTS: Final = ("Monthly update", "What is new", "A look ahead", "Customer story")


class Account:
    """Everything that a reset makes anew; the clock stays."""

    def __init__(self, settings: ActOnSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.lists: dict[str, MarketingList] = {}
        self.tokens = TokenBook(settings, self.now_s)
        self.limits = RequestLimits(settings)
        self.jobs = JobBook(settings, self.now_s)
        self.cookies: dict[str, str] = {}  # cookie id -> address, for the look-up by cookie
        self.refused_uploads: dict[str, str] = {}  # address -> why its row is refused in uploads
        self.people: Sequence[Person] = population(settings.seed, settings.size, odd_emails=settings.odd_emails).persons
        self._known = frozenset(fold(person.email) for person in self.people) - {""}
        midnight_ms = self.now_ms() // DAY_MS * DAY_MS  # so that all starts of one day have the same past
        self.messages = _mailings(midnight_ms, settings.history_months)
        history = History(
            settings.seed, midnight_ms, settings.history_months, settings.active_share, tuple(self.messages.values())
        )
        self.behaviour = Behaviour(history, lambda: self._known, period_days=settings.score_period_days)
        self.suppression = Suppression(categories={name: {} for name in CATEGORIES})
        seed_suppression(self.suppression, settings.seed, sorted(self._known), midnight_ms)
        self._lists_made = 0

    def now_s(self) -> float:
        """Tell the sandbox's time in seconds since 1970."""
        return self.clock.now().timestamp()

    def now_ms(self) -> int:
        """Tell the sandbox's time in milliseconds since 1970."""
        return int(self.now_s() * 1000)

    def add_list(self, name: str, columns: Sequence[Column]) -> MarketingList:
        """Make an empty list; names may repeat, ids never do."""
        self._lists_made += 1
        made = MarketingList(f"l-{self._lists_made:04x}", name, columns, self.now_ms())
        self.lists[made.id] = made
        return made

    def find_list(self, list_id: str) -> MarketingList:
        """Find a list.

        Raises:
            ApiError: 10004, there is none.
        """
        found = self.lists.get(list_id)
        if found is None:
            raise ApiError(10004)
        return found

    def record(self, list_id: str, record_id: str) -> tuple[MarketingList, Row]:
        """Find a list and a record in it.

        Raises:
            ApiError: 10004 or 10008.
        """
        target = self.find_list(list_id)
        row = target.find(record_id)
        if row is None:
            raise ApiError(10008)
        return target, row

    def opt_out(self, email: str, origin: str) -> None:
        """Put an address on the account's opt-out list; the opt-out is an activity too."""
        if fold(email) and not self.suppression.holds(Suppressed.OPT_OUT, email):
            self.suppression.add(Suppressed.OPT_OUT, email, self.now_ms(), origin)
            self.behaviour.record(email, Activity(self.now_ms(), "oo", f"Opted out: {origin}", ""))

    def opt_in(self, email: str) -> None:
        """Take an address off the account's opt-out list; the opt-in is an activity too."""
        if self.suppression.holds(Suppressed.OPT_OUT, email):
            self.suppression.remove(Suppressed.OPT_OUT, email)
            self.behaviour.record(email, Activity(self.now_ms(), "oi", "Opted in", ""))

    def fill_scores(self, target: MarketingList, heading: str) -> int:
        """Write everybody's behaviour score into a column, as a list maintenance program does; give the rows changed.

        Raises:
            KeyError: the list has no such column.
        """
        if heading not in target.headings:
            raise KeyError(heading)
        place, now_ms = target.headings.index(heading), self.now_ms()
        with target.bulk():
            return sum(
                target.update(
                    row,
                    {place: str(self.behaviour.score(target.email_of(row), now_ms))},
                    now_ms,
                    touch_unchanged=False,
                )
                for row in target
            )

    def objection(self, target: MarketingList, values: Sequence[str]) -> str:
        """Say why an uploaded row is refused; empty if it isn't."""
        place = email_position(target.columns)
        email = "" if place is None else values[place]
        if fold(email) in self.refused_uploads:
            return self.refused_uploads[fold(email)]
        if not email.strip():
            return "Missing email address" if self.settings.email_required else ""
        local, at, domain = email.strip().partition("@")
        well_formed = bool(local and at and domain) and not any(letter.isspace() for letter in email.strip())
        return "" if well_formed else "Invalid email address"


def _mailings(until_ms: int, months: int) -> dict[str, Message]:
    """Make one mailing a month, at ten in the morning, the latest some days ago."""
    made = {}
    for number in range(months):
        sent_ms = until_ms - (months - number) * MONTH_MS + 22 * DAY_MS + 10 * 3_600_000
        month = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=sent_ms)
        message = Message(f"s-{number + 1:04x}-{month:%y%m}", SUBJECTS[number % len(SUBJECTS)], sent_ms)
        made[message.id] = message
    return made
