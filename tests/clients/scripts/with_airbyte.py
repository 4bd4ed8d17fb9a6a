"""airbyte-source-salesforce carries out orders, `check`, `discover` or `read` with its files, as its command would.

Several in one process, since it takes seconds to start. What it means for login.salesforce.com goes to the sandbox;
all else follows the token's instance_url.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from requests.adapters import HTTPAdapter
from source_salesforce.run import _get_source

from tests.clients.scripts.elsewhere import here
from tests.clients.scripts.loop import serve


class Command:
    """The client's command."""

    def run(self, *words: str) -> list[Any]:
        """Run it; give the messages that it would print."""
        entrypoint = AirbyteEntrypoint(_get_source(list(words)))
        return [json.loads(str(line)) for line in entrypoint.run(entrypoint.parse_args(list(words)))]


def signed_in(url: str) -> Command:
    """Let everything from now on go to a sandbox."""
    HTTPAdapter.send = _sent_to(url)  # type: ignore[method-assign]  # the client makes its adapters itself
    return Command()


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


if __name__ == "__main__":
    serve(signed_in, refusal)
