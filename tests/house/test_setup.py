"""Making the environment on a machine that lacks something: the reader is told what, and what to install."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.behaviours import ROOT

SHELL = ("sh", "printf", "tail", "rm")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine with a shell and no Python; its programs are in `bin`, the checkout is `checkout`."""
    (tmp_path / "bin").mkdir()
    for name in SHELL:
        program = shutil.which(name)
        if program:
            (tmp_path / "bin" / name).symlink_to(program)
    (tmp_path / "checkout" / "tools" / "setup").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "setup" / "environment.sh", tmp_path / "checkout" / "tools" / "setup")
    return tmp_path


def install(machine: Path, name: str, script: str) -> None:
    """Put a program on the machine."""
    path = machine / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def set_up(machine: Path) -> tuple[int, str]:
    """Run the set-up; its status and what it said."""
    done = subprocess.run(
        ["sh", "tools/setup/environment.sh"],
        cwd=machine / "checkout",
        env={"PATH": str(machine / "bin"), "HOME": str(machine), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(machine)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stderr


def test_without_python_it_says_which_are_needed_and_how_to_get_one(machine: Path) -> None:
    status, said = set_up(machine)
    assert status == 1
    assert "needs Python 3.11, 3.12 or 3.13" in said
    assert "apt install python3 python3-venv" in said


def test_a_python_that_is_too_old_is_named(machine: Path) -> None:
    install(machine, "python3", 'if [ "$1" = --version ]; then echo "Python 3.9.2"; else exit 1; fi')
    status, said = set_up(machine)
    assert status == 1
    assert "here is: Python 3.9.2" in said


def test_a_shim_with_nothing_behind_it_is_passed_over(machine: Path) -> None:
    install(machine, "python3.13", 'echo "command not found" >&2; exit 127')
    install(machine, "python3", f'case "$*" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"')
    status, said = set_up(machine)
    assert status == 1
    assert "python3 (" in said
    assert "can't make virtual environments" in said
    assert "apt install python3-venv" in said


def test_without_a_network_it_says_that_the_packages_could_not_be_fetched(machine: Path) -> None:
    install(machine, "python3", f'exec {sys.executable} "$@"')
    status, said = set_up(machine)
    assert status == 1
    assert "could not be fetched" in said
    assert not (machine / "checkout" / ".venv" / ".keepstep").exists()
