"""What people did, by e-mail address, and the behaviour score that this sums up to."""

from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from keepstep_sandbox.act_on.columns import fold
from keepstep_sandbox.act_on.seeded import DAY_MS, Activity, History
from keepstep_sandbox.act_on.verbs import VERBS

ADJUSTMENT: Final = "CUSTOM_TOUCH_POINT"


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """Part of a score: what one kind of behaviour on one asset earned."""

    asset: str
    id_type: str
    action: str
    points: int


class Behaviour:
    """The activities of an account; the past of an address is drawn when somebody first asks for it."""

    def __init__(
        self, history: History, known: Callable[[], Collection[str]], *, period_days: int | None = None
    ) -> None:
        """Set the book up.

        Args:
            history: draws the past of the known addresses.
            known: gives the folded addresses that have a seeded past; strangers begin with none.
            period_days: older activity earns nothing; None is "all time".
        """
        self._history = history
        self._known = known
        self._period_days = period_days
        self._activities: dict[str, list[Activity]] = {}
        self._set_scores: dict[str, int] = {}
        self._by_asset: dict[str, list[tuple[str, Activity]]] | None = None

    @property
    def period_days(self) -> int | None:
        """Length of the period that scores, in days; None is "all time"."""
        return self._period_days

    def of(self, email: str) -> Sequence[Activity]:
        """Give what a person did, oldest first."""
        return self._book(fold(email))

    def record(self, email: str, activity: Activity) -> None:
        """Note something that a person did.

        Raises:
            ValueError: there is no such verb, or no address.
        """
        if activity.verb not in VERBS:
            raise ValueError(f"no such verb: {activity.verb}; there is {', '.join(VERBS)}")
        if not fold(email):
            raise ValueError("behaviour is kept by e-mail address; this one is empty")
        insort(self._book(fold(email)), activity)
        self._by_asset = None

    def set_score(self, email: str, score: int | None) -> None:
        """Fix a person's behaviour score, as a person in the UI would by hand; None lets it follow the activities."""
        if score is None:
            self._set_scores.pop(fold(email), None)
        else:
            self._set_scores[fold(email)] = score

    def score(self, email: str, now_ms: int) -> int:
        """Sum up a person's behaviour score."""
        fixed = self._set_scores.get(fold(email))
        return sum(line.points for line in self._earned(email, now_ms)) if fixed is None else fixed

    def score_lines(self, email: str, now_ms: int) -> list[ScoreLine]:
        """Say what makes up a score; the lines sum up to it."""
        lines = self._earned(email, now_ms)
        difference = self.score(email, now_ms) - sum(line.points for line in lines)
        return [*lines, ScoreLine("", "custom", ADJUSTMENT, difference)] if difference else lines

    def in_period(self, activity: Activity, now_ms: int) -> bool:
        """Tell whether an activity is young enough to earn points."""
        return self._period_days is None or activity.when_ms >= now_ms - self._period_days * DAY_MS

    def on_asset(self, asset: str) -> Sequence[tuple[str, Activity]]:
        """Give who did what with an asset, such as a message: folded address and activity."""
        if self._by_asset is None:
            self._by_asset = self._file_by_asset()
        return self._by_asset.get(asset, ())

    def _file_by_asset(self) -> dict[str, list[tuple[str, Activity]]]:
        found: defaultdict[str, list[tuple[str, Activity]]] = defaultdict(list)
        for address, activity in self._everything():
            found[activity.asset].append((address, activity))
        return dict(found)

    def _everything(self) -> Iterator[tuple[str, Activity]]:
        for address in {*self._known(), *self._activities}:
            for activity in self._book(address):
                yield address, activity

    def _book(self, address: str) -> list[Activity]:
        book = self._activities.get(address)
        if book is None:
            book = self._history.of(address) if address in self._known() else []
            self._activities[address] = book
        return book

    def _earned(self, email: str, now_ms: int) -> list[ScoreLine]:
        totals: defaultdict[tuple[str, str], int] = defaultdict(int)
        for activity in self.of(email):
            if self.in_period(activity, now_ms):
                totals[activity.asset, activity.verb] += VERBS[activity.verb].points
        return [
            ScoreLine(asset, VERBS[verb].id_type, VERBS[verb].action, total)
            for (asset, verb), total in totals.items()
            if total
        ]
