"""The service protection limits: requests and execution time in a sliding window, and requests at once."""

from collections import deque
from dataclasses import dataclass
from math import ceil
from typing import Final

from starlette.types import Scope

from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import DynamicsError
from keepstep_sandbox.middleware import Reply

_REQUESTS: Final = (
    "0x80072322",
    "Number of requests exceeded the limit of {limit} over time window of {window} seconds.",
)
_EXECUTION: Final = (
    "0x80072321",
    "Combined execution time of incoming requests exceeded limit of {limit} milliseconds over time window of {window} "
    "seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.",
)
_CONCURRENT: Final = "0x80072326", "Number of concurrent requests exceeded the limit of {limit}."


@dataclass(slots=True)
class _Spent:
    """One entry of the window: when, how many requests, how many seconds of execution."""

    when: float
    requests: int
    seconds: float


class Protection:
    """Counts what the app's user spends. Microsoft Learn: "Service protection API limits"."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._window: deque[_Spent] = deque()
        self._requests, self._seconds = 0, 0.0  # sums over the window
        self._blocked_until = 0.0
        self._ignored = 0  # requests that were sent before Retry-After was over
        environment.on_reset.append(self.clear)

    def clear(self) -> None:
        """Start over."""
        self._window.clear()
        self._requests, self._seconds = 0, 0.0
        self._blocked_until, self._ignored = 0.0, 0

    def admit(self) -> None:
        """Count a request.

        Raises:
            DynamicsError: it's one too many, or came before the time that the last refusal named (429).
        """
        now = self._now()
        if now < self._blocked_until:
            self._ignored += 1
            self._blocked_until += self._environment.settings.retry_growth_s
            raise self._refusal(*_REQUESTS, self._environment.settings.request_limit)
        if self._ignored or self._blocked_until:
            self._blocked_until, self._ignored = 0.0, 0
        self._look(now)
        self.use(1, 0.0)

    def spend(self, rows: int) -> None:
        """Count the execution time of so many rows read or written."""
        seconds = rows * self._environment.settings.row_ms / 1000
        if seconds and self._window:
            self._window[-1].seconds += seconds
            self._seconds += seconds

    def use(self, requests: int, seconds: float) -> None:
        """Let so much have been spent just now."""
        self._window.append(_Spent(self._now(), requests, seconds))
        self._requests += requests
        self._seconds += seconds

    def headers(self) -> dict[str, str]:
        """Tell what is left, as the debugging headers do."""
        settings = self._environment.settings
        left = settings.request_limit - self._requests
        seconds = settings.execution_limit_s - self._seconds
        return {
            "x-ms-ratelimit-burst-remaining-xrm-requests": str(max(0, left)),
            "x-ms-ratelimit-time-remaining-xrm-requests": f"{max(0.0, seconds):.2f}",
        }

    def crowd(self, under_way: int, scope: Scope) -> Reply | None:  # noqa: ARG002 - a guard's signature
        """Refuse a request that is one too many at once."""
        limit = self._environment.settings.concurrent_limit
        if under_way < limit:
            return None
        code, message = _CONCURRENT
        refusal = DynamicsError(429, code, message.format(limit=limit)).response()
        headers = [(b"content-type", b"application/json; odata.metadata=minimal"), (b"retry-after", b"1")]
        return Reply(429, headers, bytes(refusal.body))

    def _look(self, now: float) -> None:
        settings = self._environment.settings
        while self._window and self._window[0].when <= now - settings.window_s:
            old = self._window.popleft()
            self._requests -= old.requests
            self._seconds -= old.seconds
        if self._window and self._requests >= settings.request_limit:
            self._block(now)
            raise self._refusal(*_REQUESTS, settings.request_limit)
        if self._window and self._seconds >= settings.execution_limit_s:
            self._block(now)
            raise self._refusal(*_EXECUTION, int(settings.execution_limit_s * 1000))

    def _block(self, now: float) -> None:
        self._blocked_until = max(now, self._window[0].when + self._environment.settings.window_s)

    def _refusal(self, code: str, message: str, limit: int) -> DynamicsError:
        window = self._environment.settings.window_s
        wait = max(1, ceil(self._blocked_until - self._now()))
        return DynamicsError(429, code, message.format(limit=limit, window=window), {"Retry-After": str(wait)})

    def _now(self) -> float:
        return self._environment.surroundings.clock.now().timestamp()
