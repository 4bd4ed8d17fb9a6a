"""How many calls may be made, how fast, and how many at once: the customer's other users need their share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from keepstep.core.errors import BudgetSpent

_CALM = 50  # successes in a row before one more call at once is tried again


class Budget:
    """The calls that one run may make to one system; safe to share between threads and transports.

    `max_calls` counts every call that is sent, retries and sign-ins included; None: no limit. `reserve` is what must
    remain of the account's own quota for its other users, where the system says what remains. `per_second` spaces
    calls evenly; None: no pacing.
    """

    def __init__(
        self,
        max_calls: int | None = None,
        *,
        reserve: int = 0,
        per_second: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.max_calls = max_calls
        self.reserve = reserve
        self.spent = 0
        self.left: int | None = None  # of the account's quota, as the system last said
        self._interval_s = 1.0 / per_second if per_second else 0.0
        self._next_s = clock()
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()

    def spend(self) -> None:
        """Take one call, waiting for its turn. Raises BudgetSpent when the budget is used up."""
        with self._lock:
            self._refuse_if_used_up()
            self.spent += 1
            if self.left is not None:
                self.left -= 1
            now = self._clock()
            turn = max(now, self._next_s)
            self._next_s = turn + self._interval_s
        if turn > now:
            self._sleep(turn - now)

    def note_left(self, left: int) -> None:
        """What the system says remains of the account's quota."""
        with self._lock:
            self.left = left

    def _refuse_if_used_up(self) -> None:
        if self.max_calls is not None and self.spent >= self.max_calls:
            raise BudgetSpent(
                f"this run's budget of {self.max_calls} API calls is used up; what is left waits for the next run. "
                "If that happens often, raise limits.api_calls in the sync's file"
            )
        if self.left is not None and self.left <= self.reserve:
            raise BudgetSpent(
                f"{self.left} API calls remain of the account's quota, {self.reserve} of them for its other users; "
                "what is left waits for the next quota window"
            )


class Gate:
    """Lets a number of calls through at once; fewer when the system says it's crowded, more again when it is calm."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._ceiling = limit
        self._inside = 0
        self._calm = 0
        self._changed = threading.Condition()

    def __enter__(self) -> Gate:
        with self._changed:
            self._changed.wait_for(lambda: self._inside < self.limit)
            self._inside += 1
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def crowded(self) -> None:
        """One fewer from now on, but never none."""
        with self._changed:
            self.limit = max(1, self.limit - 1)
            self._calm = 0

    def calm(self) -> None:
        """A call went through; after enough of them, one more may go at once, up to the first limit."""
        with self._changed:
            self._calm += 1
            if self._calm >= _CALM and self.limit < self._ceiling:
                self.limit += 1
                self._calm = 0
                self._changed.notify_all()
