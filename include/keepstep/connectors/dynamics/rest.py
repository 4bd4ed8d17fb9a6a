"""Service protection limits are per user: when one call is asked to wait, every worker of the connection waits.

Calls that go on meanwhile make the wait longer (Microsoft Learn: "Service protection API limits").
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

from keepstep.connectors.transport import RenewableAuth
from keepstep.core.errors import Unavailable


@dataclass(slots=True)
class Rest:
    """Until when nobody may call."""

    clock: Callable[[], float]  # seconds, never going back
    sleep: Callable[[float], None]
    patience_s: float  # a longer rest isn't waited for here: Unavailable carries it to the scheduler
    _until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, seconds: float) -> None:
        """Nobody calls for so long from now on."""
        with self._lock:
            self._until = max(self._until, self.clock() + seconds)

    def wait(self) -> None:
        """Until the rest is over. Raises Unavailable where that is too far away."""
        with self._lock:
            left = self._until - self.clock()
        if left > self.patience_s:
            raise Unavailable("Dynamics 365 asks this connection to wait (service protection)", retry_after_s=left)
        if left > 0:
            self.sleep(left)


class RestingAuth(RenewableAuth):
    """Holds a call back for as long as the connection rests, then signs it: every try of every thread comes by here."""

    def __init__(self, inner: RenewableAuth, rest: Rest) -> None:
        self._inner = inner
        self._rest = rest

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign it when it may go."""
        self._rest.wait()
        signed: requests.PreparedRequest = self._inner(r)
        return signed

    def renew(self, used: str | None) -> bool:
        """As the inner one."""
        return self._inner.renew(used)
