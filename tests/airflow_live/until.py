"""Waiting for something to become so, while every process has to stay alive."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from tools.demo.processes import Processes

PAUSE_S = 0.1
LIMIT_S = 150.0
Found = TypeVar("Found")


class TooLateError(AssertionError):
    """It didn't become so in time."""


def until(what: str, look: Callable[[], Found | None], processes: Processes, limit_s: float = LIMIT_S) -> Found:
    """Look until there is something to be seen, and give it. Raises TooLateError, or DemoError where a process died."""
    deadline = time.monotonic() + limit_s
    while True:
        found = look()
        if found is not None:
            return found
        processes.check()
        if time.monotonic() > deadline:
            raise TooLateError(f"waited {limit_s:.0f} s for {what}")
        time.sleep(PAUSE_S)
