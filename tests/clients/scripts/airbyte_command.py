"""Airbyte's connectors carry out orders, `check`, `discover` or `read` with their files, as their command would.

Several in one process, since it takes seconds to start.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from requests.adapters import HTTPAdapter

from tests.clients.scripts.elsewhere import here


class Command:
    """A connector's command."""

    def __init__(self, source: Callable[[list[str]], Any]) -> None:
        """Take what makes the connector, given the words behind the command."""
        self._source = source

    def run(self, *words: str) -> list[Any]:
        """Run it; give the messages that it would print."""
        entrypoint = AirbyteEntrypoint(self._source(list(words)))
        return [json.loads(str(line)) for line in entrypoint.run(entrypoint.parse_args(list(words)))]


def send_to(url: str) -> None:
    """Let what is meant for the real system's fixed hosts go to a sandbox from now on."""
    HTTPAdapter.send = _sent_to(url)  # type: ignore[method-assign]  # the clients make their adapters themselves


def refusal(error: Exception) -> Mapping[str, Any]:  # noqa: ARG001 - what serve wants
    """Tell nothing more: what goes wrong is among the messages."""
    return {}


_send = HTTPAdapter.send


def _sent_to(url: str) -> Callable[..., Any]:
    def send(self: HTTPAdapter, request: Any, *args: Any, **named: Any) -> Any:
        address, request.url = request.url, here(request.url, url)
        if address != request.url:
            named["proxies"] = {}  # the one that was chosen for the other address leads nowhere
        return _send(self, request, *args, **named)

    return send
