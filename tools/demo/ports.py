"""Are the demo's ports free, and if not, who has them."""

from __future__ import annotations

import dataclasses
import socket
from contextlib import suppress

import psutil

from tools.demo.settings import DemoError, Ports


def require_free(ports: Ports) -> None:
    """Raises DemoError that names each taken port, the program that has it, and how to choose others."""
    taken = [(name, port) for name, port in dataclasses.asdict(ports).items() if not _free(port)]
    if taken:
        lines = [f"  port {port} (for {name.replace('_', ' ')}) is taken by {owner(port)}" for name, port in taken]
        advice = f"Stop that, or take four other ports in a row: make demo DEMO_PORT={ports.ui + 1000}"
        raise DemoError("\n".join(["The demo can't have its ports:", *lines, advice]))


def owner(port: int) -> str:
    """The program that listens on the port, as far as this user may know."""
    with suppress(psutil.AccessDenied):
        for connection in psutil.net_connections("tcp"):
            here = connection.status == psutil.CONN_LISTEN and tuple(connection.laddr)[1:] == (port,)
            if here and connection.pid:
                with suppress(psutil.NoSuchProcess):
                    return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return "another user's program"


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do: connections that linger don't count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
