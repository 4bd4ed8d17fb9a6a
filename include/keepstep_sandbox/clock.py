"""The clock of a sandbox: real time, moved by as much as the weather says."""

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

MIN_SKEW_S, MAX_SKEW_S = -10 * 365 * 86_400.0, 10 * 365 * 86_400.0  # beyond that no client's date code is being tested


class Clock:
    """Tells the server's idea of now; a skewed clock is wrong in stamps, token ages and the Date header alike."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._skew_s = 0.0

    @property
    def skew_s(self) -> float:
        """By how many seconds this clock is ahead of the real one; negative if it is behind."""
        with self._lock:
            return self._skew_s

    @skew_s.setter
    def skew_s(self, seconds: float) -> None:
        if not MIN_SKEW_S <= seconds <= MAX_SKEW_S:
            raise ValueError(f"a clock may be skewed by {MIN_SKEW_S:.0f} to {MAX_SKEW_S:.0f} seconds")
        with self._lock:
            self._skew_s = seconds

    def now(self) -> datetime:
        """Tell the server's present moment, aware, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.skew_s)

    def http_date(self) -> str:
        """Write now as an HTTP Date header has it (RFC 9110 section 5.6.7)."""
        return format_datetime(self.now(), usegmt=True)
