"""One demo at a time in one home, and what a crashed one left running is ended before the next begins."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tools.demo.settings import DemoError, Settings

PROCESSES = "processes.json"


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Hold the home; the kernel lets go of it when this process is gone, however it went.

    Raises DemoError where another demo holds it.
    """
    settings.home.mkdir(mode=0o755, exist_ok=True)
    with (settings.home / "demo.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise DemoError(_second(lock.read())) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()} {settings.ui}")
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def _second(text: str) -> str:
    pid, _, ui = text.partition(" ")
    return (
        f"A demo of this checkout runs already: process {pid or 'unknown'}, {ui or 'still starting'}.\n"
        f"Use that one, or stop it (Ctrl-C in its terminal, or kill {pid or '<its process>'}) and start again."
    )


def note(home: Path, pids: Iterable[int]) -> None:
    """Write down which processes run, with their start times: a process id alone may be somebody else's by then."""
    found = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            found.append({"pid": pid, "started": psutil.Process(pid).create_time()})
    (home / PROCESSES).write_text(json.dumps(found), encoding="utf-8")


def end_leftovers(home: Path) -> list[str]:
    """End what a killed demo left running; what was ended, for the terminal."""
    path = home / PROCESSES
    if not path.exists():
        return []
    left = []
    for entry in json.loads(path.read_text(encoding="utf-8") or "[]"):
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(entry["pid"])
            if process.create_time() == entry["started"]:
                left += [process, *process.children(recursive=True)]
    names = []
    for process in left:
        with suppress(psutil.NoSuchProcess):
            names.append(f"{process.name()} ({process.pid})")
            process.terminate()
    _, alive = psutil.wait_procs(left, timeout=20)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    path.unlink()
    return names
