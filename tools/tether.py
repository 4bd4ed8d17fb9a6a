"""Run a command that can't outlive the process that asked for it.

    python -m tools.tether PARENT SIGNAL GRACE USER -- command

The tether stays as the command's parent. It passes a stop on as the signal that the command understands as "finish
and leave", and when the command is gone, or the grace is over, it ends everything that the command had started,
orphans included. If the tether's own parent dies, by whatever signal, the kernel tells the tether to stop (Linux:
prctl(2), PR_SET_PDEATHSIG); if the tether itself is killed, the kernel tells the command.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType

import psutil

ROOT = Path(__file__).resolve().parent.parent
PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
NOBODY = "nobody"  # an account without rights that every Debian has; PostgreSQL refuses to run as root


def command(
    args: Sequence[str], *, stop: signal.Signals = signal.SIGTERM, grace_s: float = 20, user: str | None = None
) -> list[str]:
    """The command line that runs `args` on a tether of the calling process; start it with cwd=ROOT."""
    head = [sys.executable, "-m", "tools.tether", str(os.getpid()), str(int(stop)), str(grace_s), user or "-"]
    return [*head, "--", *args]


def _prctl() -> Callable[[int, int, int, int, int], object]:
    """prctl(2); where there is none (not Linux) a call of no effect: the stop at the end of the parent has to do."""
    libc = ctypes.CDLL(None, use_errno=True)
    function: Callable[[int, int, int, int, int], object] = libc.prctl if sys.platform == "linux" else max
    return function


def end_with_parent() -> None:
    """From now on, the end of this process's parent is a SIGTERM to this process."""
    _prctl()(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class _Stop(Exception):
    """Somebody asked the tether to end."""


def _asked(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (a signal handler's form)
    raise _Stop


def _start(args: Sequence[str], user: str, stop: int) -> subprocess.Popen[bytes]:
    prctl = _prctl()
    return subprocess.Popen(
        args,
        user=None if user == "-" else user,
        group=None if user == "-" else group_of(user),
        extra_groups=None if user == "-" else [],
        # safe here: this process has no threads; it has to happen after the change of user, which would undo it
        preexec_fn=partial(prctl, PR_SET_PDEATHSIG, stop, 0, 0, 0),  # noqa: PLW1509
    )


def group_of(user: str) -> int:
    """The account's own group."""
    return pwd.getpwnam(user).pw_gid


def _end_everything(grace_s: float) -> None:
    """Terminate, then kill, whatever is still below this process (it adopts orphans)."""
    left = psutil.Process().children(recursive=True)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(left, timeout=grace_s)
    while alive := alive or psutil.Process().children(recursive=True):
        for process in alive:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        _, alive = psutil.wait_procs(alive, timeout=5)


def _wait(child: subprocess.Popen[bytes], stop: int, grace_s: float) -> int:
    try:
        return child.wait()
    except _Stop:
        child.send_signal(stop)
    with suppress(subprocess.TimeoutExpired):
        return child.wait(grace_s)
    return 128 + stop


def main(arguments: Sequence[str]) -> int:
    """Run the command until it ends or a stop is asked for; its exit status."""
    parent, stop, grace_s, user, dashes, *args = arguments
    if dashes != "--" or not args:
        raise SystemExit(__doc__)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _asked)
    _prctl()(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    end_with_parent()
    if os.getppid() != int(parent):  # it died before the kernel was asked to tell
        return 128 + signal.SIGTERM
    started = time.monotonic()
    try:
        child = _start(args, user, int(stop))
        status = _wait(child, int(stop), float(grace_s))
    except _Stop:
        status = 128 + signal.SIGTERM
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _end_everything(min(5.0, max(1.0, float(grace_s) - (time.monotonic() - started))))
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
