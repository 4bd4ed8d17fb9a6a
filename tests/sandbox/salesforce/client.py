"""A caller of the Salesforce sandbox that knows no more than HTTP."""

from typing import Any

import requests

from keepstep_sandbox import credentials

TIMEOUT_S = 20
ROOT = "/services/data/v60.0"
CLIENT = {
    "client_id": credentials.SALESFORCE_CLIENT_ID,
    "client_secret": credentials.SALESFORCE_CLIENT_SECRET,
}


class SalesforceClient:
    """Signs in by client credentials when asked to."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self.url, self.session = url, session

    def sign_in(self) -> None:
        """Take an access token for all further calls."""
        reply = self.token({"grant_type": "client_credentials", **CLIENT})
        assert reply.status_code == 200, reply.text
        self.session.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"

    def token(self, form: dict[str, str], **more: Any) -> requests.Response:
        """Ask for a token."""
        return self.session.post(f"{self.url}/services/oauth2/token", data=form, timeout=TIMEOUT_S, **more)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
        """Make a call below the version's root."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.request(method, f"{self.url}{ROOT}{path}", json=body, headers=sent, timeout=TIMEOUT_S)

    def ask(self, soql: str, *, deleted: bool = False, **headers: str) -> Any:
        """Run SOQL; give the whole answer, page or error."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"{self.url}{ROOT}/{'queryAll' if deleted else 'query'}/"
        return self.session.get(path, params={"q": soql}, headers=sent, timeout=TIMEOUT_S).json()

    def rows(self, soql: str, *, deleted: bool = False) -> list[dict[str, Any]]:
        """Run SOQL; give the records of the first page, without their attributes."""
        answer = self.ask(soql, deleted=deleted)
        assert "records" in answer, answer
        return [{name: value for name, value in one.items() if name != "attributes"} for one in answer["records"]]

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Do what people do; give the answer's JSON, None where there's none."""
        reply = self.session.request(method, f"{self.url}/_control/{path}", json=body, timeout=TIMEOUT_S)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def people(self, method: str, path: str, body: object = None) -> Any:
        """Do what people do in the org."""
        return self.control(method, f"salesforce/{path}", body)

    def create(self, kind: str, **body: object) -> str:
        """Make a record; give its id."""
        reply = self.call("POST", f"/sobjects/{kind}", body)
        assert reply.status_code == 201, reply.text
        return str(reply.json()["id"])

    def lead(self, last_name: str = "Ode", **more: object) -> str:
        """Make a lead."""
        return self.create("Lead", LastName=last_name, Company="Acme", **more)

    def later(self, seconds: float) -> None:
        """Move the org's clock ahead."""
        self.control("DELETE", "weather")
        self.control("POST", "weather", {"kind": "clock_skew", "seconds": seconds})


def error_of(reply: requests.Response) -> tuple[int, str]:
    """Give the status and the code of an error reply, which is a list of one."""
    (one,) = reply.json()
    return reply.status_code, one["errorCode"]
