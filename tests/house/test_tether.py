"""What the demo and the tests start can't outlive them, however they end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tools import tether
from tools.behaviours import ROOT

# A parent that starts a tethered child with a grandchild, says their ids, and waits.
CHILD = (
    "import os, subprocess, time\n"
    "grandchild = subprocess.Popen(['sleep', '300'])\n"
    "print(os.getpid(), grandchild.pid, flush=True)\n"
    "time.sleep(300)\n"
)
PARENT = f"""
import subprocess, sys, time
from tools import tether
child = {CHILD!r}
subprocess.Popen(tether.command([sys.executable, "-c", child], grace_s=2), start_new_session=True)
time.sleep(300)
"""


def wait_until(true: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether it became true in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def gone(pid: int) -> bool:
    """Whether the process has ended."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_child_and_grandchild_are_gone_when_the_parent_is_whatever_ended_it(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ
    ) as parent:
        assert parent.stdout
        child, grandchild = (int(word) for word in parent.stdout.readline().split())
        assert not gone(child)
        assert not gone(grandchild)
        parent.send_signal(number)
        assert wait_until(lambda: gone(child) and gone(grandchild))


def test_a_stop_reaches_the_command_as_the_signal_it_understands(tmp_path: Path) -> None:
    note = tmp_path / "note"
    program = (
        "import signal, sys, time, pathlib\n"
        f"signal.signal(signal.SIGINT, lambda *_: (pathlib.Path({str(note)!r}).write_text('finished'), sys.exit(3)))\n"
        "print('ready', flush=True)\n"
        "time.sleep(300)\n"
    )
    with subprocess.Popen(
        tether.command([sys.executable, "-c", program], stop=signal.SIGINT, grace_s=10),
        cwd=ROOT,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        process.terminate()
        assert process.wait(20) == 3
    assert note.read_text() == "finished"


def test_a_command_that_does_not_listen_is_killed_after_its_grace() -> None:
    deaf = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready', flush=True)\n"
        "time.sleep(300)\n"
    )
    with subprocess.Popen(
        tether.command([sys.executable, "-c", deaf], grace_s=1), cwd=ROOT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        child = psutil.Process(process.pid).children()[0].pid
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM
    assert gone(child)


def test_the_status_of_a_command_that_ends_by_itself_is_the_tethers() -> None:
    done = subprocess.run(tether.command(["sh", "-c", "exit 7"]), cwd=ROOT, check=False, timeout=20)
    assert done.returncode == 7
