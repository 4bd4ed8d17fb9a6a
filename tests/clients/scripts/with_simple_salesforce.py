"""simple-salesforce carries out orders: `query_all`, `Lead.create`, `bulk2.Lead.insert`."""

from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

from tests.clients.scripts.elsewhere import here
from tests.clients.scripts.loop import serve


class Elsewhere(HTTPAdapter):
    """Sends login calls to a sandbox, whose certificate it trusts."""

    def __init__(self, url: str, certificate: str) -> None:
        super().__init__()
        self._url, self._certificate = url, certificate

    def send(self, request: requests.PreparedRequest, *args: Any, **named: Any) -> requests.Response:
        """Send it."""
        request.url = here(str(request.url), self._url)
        return super().send(request, *args, **{**named, "verify": self._certificate})


def signed_in(url: str, certificate: str, **how: Any) -> Salesforce:
    """Sign in at a sandbox that is served over TLS: this client speaks nothing else."""
    session = requests.Session()
    session.trust_env = False  # else a certificate file named by the environment would win over ours
    session.mount("https://", Elsewhere(url, certificate))
    if "session_id" in how:
        how["instance_url"] = url
    return Salesforce(session=session, version="60.0", **how)


def refusal(error: Exception) -> Mapping[str, Any]:
    """Tell status, code and content, as the client's exceptions hold them."""
    return {name: getattr(error, name, None) for name in ("status", "code", "content")}


if __name__ == "__main__":
    serve(signed_in, refusal)
