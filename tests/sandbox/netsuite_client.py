"""A caller of the NetSuite sandbox that signs with oauthlib, which is nobody's here."""

import itertools
import uuid
from typing import Any, Literal

import oauthlib.oauth1
import requests

from keepstep_sandbox import credentials

Method = Literal["DELETE", "GET", "PATCH", "POST", "PUT"]
TIMEOUT_S = 20
RECORDS = "/services/rest/record/v1"
SUITEQL = "/services/rest/query/v1/suiteql"
BATCH = {"Prefer": "respond-async", "Content-Type": "application/vnd.oracle.resource+json; type=collection"}


class NetSuiteClient:
    """Signs by token-based authentication, unless told otherwise by headers."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self.url, self.session = url, session

    def signed(self, method: Method, path: str, **overrides: Any) -> dict[str, str]:
        """Give the Authorization header for a call."""
        signer = oauthlib.oauth1.Client(
            **{
                "client_key": credentials.NETSUITE_CONSUMER_KEY,
                "client_secret": credentials.NETSUITE_CONSUMER_SECRET,
                "resource_owner_key": credentials.NETSUITE_TOKEN_ID,
                "resource_owner_secret": credentials.NETSUITE_TOKEN_SECRET,
                "signature_method": oauthlib.oauth1.SIGNATURE_HMAC_SHA256,
                "realm": credentials.NETSUITE_ACCOUNT,
                "nonce": uuid.uuid4().hex,
                **overrides,
            }
        )
        _, headers, _ = signer.sign(f"{self.url}{path}", http_method=method)
        return {name: str(value) for name, value in headers.items()}

    def call(self, method: Method, path: str, body: object = None, **headers: str) -> requests.Response:
        """Make a signed call."""
        sent = {**self.signed(method, path), **headers}
        return self.session.request(method, f"{self.url}{path}", json=body, headers=sent, timeout=TIMEOUT_S)

    def query(self, text: str, *, limit: int = 1000, offset: int = 0, params: list[object] | None = None) -> Any:
        """Run SuiteQL; give the whole answer, page or error."""
        body: dict[str, object] = {"q": text, **({"params": params} if params is not None else {})}
        return self.call("POST", f"{SUITEQL}?limit={limit}&offset={offset}", body, Prefer="transient").json()

    def items(self, text: str, *params: object) -> list[dict[str, str]]:
        """Run SuiteQL; give the items without their links."""
        answer = self.query(text, params=list(params))
        return [{name: value for name, value in item.items() if name != "links"} for item in answer["items"]]

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Do what people do; give the answer's JSON, None where there's none."""
        reply = self.session.request(method, f"{self.url}/_control/{path}", json=body, timeout=TIMEOUT_S)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def create(self, record: str, body: dict[str, object]) -> str:
        """Make a record; give its id, which only Location tells."""
        reply = self.call("POST", f"{RECORDS}/{record}", body)
        assert reply.status_code == 204, reply.text
        return reply.headers["Location"].rsplit("/", 1)[1]

    def new_company(self, name: str = "Acme GmbH", **more: object) -> str:
        """Make a customer."""
        return self.create("customer", {"companyName": name, **more})

    def new_contact(self, last_name: str = "Ode", **more: object) -> str:
        """Make a contact."""
        return self.create("contact", {"firstName": "Ann", "lastName": last_name, **more})

    def made_yesterday(self, records: str, body: dict[str, object]) -> str:
        """Let somebody have made a record in the UI a day ago, by the sandbox's clock; give its id."""
        self.control("POST", "weather", {"kind": "clock_skew", "seconds": -86_400})
        made = str(self.control("POST", f"netsuite/{records}", body)["id"])
        self.control("DELETE", "weather")
        return made


def error_of(answer: Any) -> tuple[str, str]:
    """Give the code and the pointer's value of an error body."""
    one = answer["o:errorDetails"][0]
    pointers = [one[name] for name in ("o:errorPath", "o:urlPath", "o:errorHeader", "o:errorQueryParam") if name in one]
    return one.get("o:errorCode", ""), next(itertools.chain(pointers, [""]))
