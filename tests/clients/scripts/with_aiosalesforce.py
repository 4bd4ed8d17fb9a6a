"""aiosalesforce carries out orders: `query`, `sobject.create`, `bulk_v2.insert`, and compositions."""

import json
import time
from collections.abc import Mapping
from functools import partialmethod
from typing import Any

import httpx
from aiosalesforce import ClientCredentialsFlow, JwtBearerFlow, Salesforce, SoapLogin
from aiosalesforce.bulk.v2.ingest import BulkIngestClient

from tests.clients.scripts.elsewhere import here
from tests.clients.scripts.loop import serve

WAYS = {"client_credentials": ClientCredentialsFlow, "jwt": JwtBearerFlow, "soap": SoapLogin}


class Elsewhere(httpx.AsyncHTTPTransport):
    """Sends what is meant for the org's own host, the only form of host that this client takes, to the sandbox."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it."""
        request.url = httpx.URL(here(str(request.url), self._url))
        request.headers["Host"] = request.url.netloc.decode()
        return await super().handle_async_request(request)


class Client:
    """The client, a use of its composite requests, which want a with-statement, and what it knows of its session."""

    def __init__(self, salesforce: Any) -> None:
        self._salesforce = salesforce

    def __getattr__(self, name: str) -> Any:
        return getattr(self._salesforce, name)

    def seconds_left(self) -> float:
        """Tell how long the client believes that its session lives."""
        return float(self._salesforce.auth._expiration_time - time.time())

    async def account_with_contact(self, account: dict[str, Any], contact: dict[str, Any]) -> dict[str, Any]:
        """Make both, the contact pointing at the account, all or none; give status and body of each."""
        async with self._salesforce.composite(all_or_none=True) as composite:
            made = composite.sobject.create("Account", account)
            child = composite.sobject.create("Contact", {**contact, "AccountId": str(made.reference.id)})
        return {"account": [made.status_code, made.response_body], "contact": [child.status_code, child.response_body]}


def signed_in(url: str, way: str, **how: Any) -> Client:
    """Make the client; it signs in at its first call."""
    http = httpx.AsyncClient(transport=Elsewhere(url))
    return Client(Salesforce(http, "https://acme.my.salesforce.com", WAYS[way](**how)))


def refusal(error: Exception) -> Mapping[str, Any]:
    """Tell status and content, as the client's exceptions hold them."""
    response = getattr(error, "response", None)
    told = {"status": getattr(response, "status_code", None), "code": getattr(error, "error_code", None)}
    if duplicates := getattr(error, "duplicates", None):
        told["content"] = json.loads(json.dumps(duplicates))
    return told


if __name__ == "__main__":
    # Jobs are asked about at once, not every five seconds; the client has no setting for that.
    BulkIngestClient.perform_operation = partialmethod(BulkIngestClient.perform_operation, polling_interval=0.01)
    serve(signed_in, refusal)
