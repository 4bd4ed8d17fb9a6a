"""netsuite carries out orders: `get`, `post`, `suiteql`, and `request` where an answer's headers matter."""

import os
from collections.abc import Mapping
from typing import Any

from netsuite import Config, NetSuiteRestApi, TokenAuth

from tests.clients.scripts.loop import serve


class Client:
    """The client, and the whole of an answer: it gives None for a created record, whose id is in a header."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)

    async def request(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """Make a call; give status, headers and body."""
        reply = await self._api.request(method, path, **more)
        body = reply.json() if reply.content else None
        return {"status": reply.status_code, "headers": dict(reply.headers), "body": body}


def signed_in(url: str, certificate: str, account: str, **tokens: str) -> Client:
    """Make the client for a sandbox that is served over TLS: this client speaks nothing else."""
    os.environ["SSL_CERT_FILE"] = certificate
    api = NetSuiteRestApi(Config(account=account, auth=TokenAuth(**tokens)))
    api.hostname = url.removeprefix("https://")
    return Client(api)


def refusal(error: Exception) -> Mapping[str, Any]:
    """Tell the status, as the client's exceptions hold it; the answer is in their text."""
    return {"status": getattr(error, "status_code", None), "content": getattr(error, "response_text", None)}


if __name__ == "__main__":
    serve(signed_in, refusal)
