"""A public client in a process and an environment of its own, told by a test what to do."""

import json
import os
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from tools.clients.environments import ROOT

PATIENCE_S = 120.0
NOT_INHERITED = ("virtual_env", "pythonpath", "http_proxy", "https_proxy", "all_proxy", "no_proxy")
NOWHERE = "http://127.0.0.1:9"  # whatever a client wants from elsewhere, it doesn't get there


@dataclass
class Refused(Exception):
    """The client raised: the name of its exception, and what that holds."""

    kind: str
    text: str
    status: object = None
    code: object = None
    content: Any = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def moment(when: datetime) -> dict[str, str]:
    """Write a datetime as an argument of an order."""
    return {"$moment": when.isoformat()}


def environment(*, node: bool = False) -> dict[str, str]:
    """Give a client's environment: the project's root to import from, and no way out of this machine."""
    inherited = {name: value for name, value in os.environ.items() if name.lower() not in NOT_INHERITED}
    # jsforce knows no NO_PROXY: its script guards its own way out.
    proxies = {} if node else {"HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE, "NO_PROXY": "localhost,127.0.0.1"}
    return {**inherited, **proxies, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


class Puppet:
    """Calls are the client's own functions: `client("Lead.create", {...})`."""

    def __init__(self, command: Sequence[str], *, node: bool = False) -> None:
        """Take the command line of the script that carries out orders, and whether Node.js runs it."""
        self._command, self._node = list(command), node
        self._process: subprocess.Popen[str] | None = None
        self._errors: deque[str] = deque(maxlen=20)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=environment(node=self._node),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.communicate(timeout=PATIENCE_S)

    def __call__(self, deed: str, *args: object, **named: object) -> Any:
        """Let the client do something; give what it gave.

        Raises:
            Refused: it raised.
        """
        told = self._order({"do": deed, "args": args, "named": named})
        if "refused" in told:
            raise Refused(**told["refused"])
        return told["gave"]

    def refusal(self, deed: str, *args: object, **named: object) -> Refused:
        """Let the client do something that it must raise for; give what it raised."""
        try:
            gave = self(deed, *args, **named)
        except Refused as refused:
            return refused
        raise AssertionError(f"{deed} was not refused but gave {gave!r}")

    def _order(self, order: dict[str, object]) -> Any:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        watch = threading.Timer(PATIENCE_S, process.kill)
        watch.start()
        try:
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        if not line:
            raise AssertionError(f"the client ended at {order['do']}:\n{''.join(self._errors)}")
        return json.loads(line)

    def _listen(self) -> None:
        """Keep the end of what the client says aside, so that it never waits for a reader."""
        assert self._process is not None
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._errors.append(line)
