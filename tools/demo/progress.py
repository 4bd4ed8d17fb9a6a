"""What is going on, for whoever waits: one line that changes on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import time

from rich.console import Console
from rich.status import Status

QUIET_S = 30.0  # elsewhere than on a terminal: a sign of life after this
CHATTY_S = 5.0  # and no more lines than one in this


class Progress:
    """Says what happened, and what is happening."""

    def __init__(self, console: Console) -> None:
        """Speak on this console."""
        self.console = console
        self._started = time.monotonic()
        self._last = ("", 0.0)

    def say(self, text: str) -> None:
        """A line that stays."""
        self.console.print(f"[dim]{self._clock()}[/dim] {text}", highlight=False, soft_wrap=True)

    def now(self, text: str, status: Status) -> None:
        """The present state of what is waited for; on a terminal in place, else when it changed, or after a while."""
        if self.console.is_terminal:
            status.update(text)
            return
        before, at = self._last
        silent_s = time.monotonic() - at
        if silent_s > QUIET_S or (text != before and silent_s > CHATTY_S):
            self._last = (text, time.monotonic())
            self.say(text)

    def _clock(self) -> str:
        seconds = int(time.monotonic() - self._started)
        return f"{seconds // 60:2d}:{seconds % 60:02d}"
