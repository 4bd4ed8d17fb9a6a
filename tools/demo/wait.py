"""Waiting for something to become true, with a time limit, while every process has to stay alive."""

from __future__ import annotations

import time
from collections.abc import Callable

from tools.demo.processes import Processes
from tools.demo.progress import Progress
from tools.demo.settings import DemoError

PAUSE_S = 1.0


def until(
    done: Callable[[], tuple[bool, str]], *, what: str, timeout_s: float, processes: Processes, progress: Progress
) -> None:
    """Ask until `done` says so; what it says meanwhile is shown.

    Raises DemoError when a process died or the time is over.
    """
    deadline = time.monotonic() + timeout_s
    with progress.console.status(what) as status:
        while True:
            finished, text = done()
            if finished:
                return
            processes.check()
            if time.monotonic() > deadline:
                raise DemoError(f"{what}: not done after {timeout_s:.0f} s; at the end: {text}")
            progress.now(f"{what}: {text}" if text else what, status)
            time.sleep(PAUSE_S)
