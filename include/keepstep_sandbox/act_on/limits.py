"""The account's limits on requests: five a second, 30,000 a day."""

from collections import deque
from dataclasses import dataclass, field

from keepstep_sandbox.act_on.errors import GatewayError
from keepstep_sandbox.act_on.settings import ActOnSettings

DAY_S = 86_400


@dataclass(slots=True)
class RequestLimits:
    """Counts the requests of one account, and refuses where the settings say so."""

    settings: ActOnSettings
    latest: deque[float] = field(default_factory=deque)  # moments of the requests let through within a second
    day: int = 0
    today: int = 0  # requests let through on that day
    over: int = 0  # requests that went over a limit, refused or not

    def count(self, now_s: float) -> None:
        """Count a request.

        Raises:
            GatewayError: 429. None is documented; the shape is the gateway's, Retry-After is sent only if set.
        """
        if self.day != int(now_s // DAY_S):
            self.day, self.today = int(now_s // DAY_S), 0
        while self.latest and not 0 <= now_s - self.latest[0] < 1:
            self.latest.popleft()
        if self._over():
            self.over += 1
            if self.settings.refuses_requests:
                raise GatewayError(429, "Too Many Requests", "Rate limit exceeded", self._retry_after())
        self.latest.append(now_s)
        self.today += 1

    def _over(self) -> bool:
        return len(self.latest) >= self.settings.requests_per_second or self.today >= self.settings.requests_per_day

    def _retry_after(self) -> dict[str, str]:
        seconds = self.settings.retry_after_s
        return {} if seconds is None else {"Retry-After": str(seconds)}
