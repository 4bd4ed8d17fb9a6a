"""`make demo`: everything up, two rounds of four syncs, a table a round, everything down again."""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType

import requests
from rich.console import Console

from tools import tether
from tools.demo import home, ports
from tools.demo.processes import Processes
from tools.demo.progress import Progress
from tools.demo.settings import DemoError, Settings
from tools.demo.story import tell

NOBODY_LOOKS = 120  # columns where there is no terminal to ask


class Stopped(BaseException):
    """Somebody wants the demo to end."""


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (a signal handler's form)
    raise Stopped


def main() -> int:
    """Run the demo; 0 where everything is accounted for and every score is in step, else 1."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=NOBODY_LOOKS)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    tether.end_with_parent()
    try:
        settings = Settings.of(os.environ)
        with home.held(settings):
            return _run(settings, console)
    except DemoError as wrong:
        console.print(str(wrong), style="red", highlight=False, markup=False)
        return 1
    except Stopped:
        return 1


def _run(settings: Settings, console: Console) -> int:
    progress = Progress(console)
    for name in home.end_leftovers(settings.home):
        progress.say(f"An earlier demo had left {name} running: ended.")
    ports.require_free(settings.ports)
    processes = Processes(settings)
    good = False
    try:
        good = tell(settings, processes, progress)
        if not settings.once:
            _stay(processes, progress)
    except Stopped:
        progress.say("Stopping ...")
    except requests.RequestException as wrong:
        raise DemoError(f"a server of the demo doesn't answer: {wrong}") from wrong
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        processes.stop()
        progress.say("Everything is stopped.")
    return 0 if good else 1


def _stay(processes: Processes, progress: Progress) -> None:
    progress.say("Everything stays up until Ctrl-C.")
    while True:
        processes.check()
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
