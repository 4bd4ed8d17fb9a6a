"""What was asked of a sandbox: counts by endpoint, and a log of requests that holds no person's data."""

import threading
from collections import Counter, deque
from dataclasses import dataclass

LOG_LENGTH = 10_000


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the log keeps it: the route's template instead of the path, since a path may hold an address.

    Attributes:
        number: counts from 1 since the start or the last `clear`.
        route: method and path template, `GET /api/1/list/{list_id}`.
        status: of the reply; 0 where the connection was closed without one.
        seconds: from the request's arrival to the end of its reply.
        request_bytes: length of the request's body; reply_bytes: of the reply's.
    """

    number: int
    route: str
    status: int
    seconds: float
    request_bytes: int
    reply_bytes: int


class Traffic:
    """Counts requests, and tells how many are under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._log: deque[Request] = deque(maxlen=LOG_LENGTH)
        self._number = 0
        self._under_way = 0
        self._most_under_way = 0

    def enter(self) -> int:
        """Note that a request arrived; give how many are under way with it."""
        with self._lock:
            self._under_way += 1
            self._most_under_way = max(self._most_under_way, self._under_way)
            return self._under_way

    def leave(self, route: str, *, status: int, seconds: float, request_bytes: int, reply_bytes: int) -> None:
        """Note that a request has been answered, or was cut off."""
        with self._lock:
            self._under_way -= 1
            self._number += 1
            self._counts[route] += 1
            self._log.append(Request(self._number, route, status, round(seconds, 6), request_bytes, reply_bytes))

    def counts(self) -> dict[str, int]:
        """Give the number of requests by method and path template."""
        with self._lock:
            return dict(sorted(self._counts.items()))

    def log(self) -> tuple[Request, ...]:
        """Give the latest requests, oldest first, at most 10,000."""
        with self._lock:
            return tuple(self._log)

    @property
    def under_way(self) -> int:
        """Requests being worked on now."""
        with self._lock:
            return self._under_way

    @property
    def most_under_way(self) -> int:
        """The highest number of requests that were under way at once, since the last `clear`."""
        with self._lock:
            return self._most_under_way

    def clear(self) -> None:
        """Forget counts and log; requests under way stay counted as such."""
        with self._lock:
            self._counts.clear()
            self._log.clear()
            self._number = 0
            self._most_under_way = self._under_way
