"""A caller of the Dynamics 365 sandbox that knows no more than HTTP."""

from typing import Any

import requests

from keepstep_sandbox import credentials

TIMEOUT_S = 20
ROOT = "/api/data/v9.2"
TYPE = "Microsoft.Dynamics.CRM."
MISSING = "00000000-0000-4000-8000-000000000000"
HEADERS = {"Accept": "application/json", "OData-Version": "4.0", "OData-MaxVersion": "4.0"}


class DynamicsClient:
    """Signs in by client credentials when asked to."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self.url, self.session = url, session
        session.headers.update(HEADERS)

    def sign_in(self) -> None:
        """Take an access token for all further calls."""
        reply = self.token()
        assert reply.status_code == 200, reply.text
        self.session.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"

    def token(self, *, tenant: str = credentials.DYNAMICS_TENANT_ID, **form: str) -> requests.Response:
        """Ask for a token; `form` changes what is sent."""
        sent = {
            "grant_type": "client_credentials",
            "client_id": credentials.DYNAMICS_CLIENT_ID,
            "client_secret": credentials.DYNAMICS_CLIENT_SECRET,
            "scope": f"{self.url}/.default",
            **form,
        }
        return self.session.post(f"{self.url}/{tenant}/oauth2/v2.0/token", data=sent, timeout=TIMEOUT_S)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
        """Make a call below the root, or to a whole address."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith("http") else f"{self.url}{ROOT}/{path}"
        return self.session.request(method, url, json=body, headers=sent, timeout=TIMEOUT_S)

    def get(self, path: str, **headers: str) -> Any:
        """Read; give the answer's JSON."""
        reply = self.call("GET", path, **headers)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def rows(self, path: str, **headers: str) -> list[dict[str, Any]]:
        """Read a page; give its rows without their annotations."""
        return [plain(one) for one in self.get(path, **headers)["value"]]

    def create(self, set_name: str, **body: object) -> str:
        """Make a row; give its id."""
        reply = self.call("POST", set_name, {name.replace("__", "@odata."): value for name, value in body.items()})
        assert reply.status_code == 204, reply.text
        return reply.headers["OData-EntityId"].rpartition("(")[2].rstrip(")")

    def lead(self, last_name: str = "Ode", **more: object) -> str:
        """Make a lead."""
        return self.create("leads", lastname=last_name, companyname="Acme", **more)

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Do what people do; give the answer's JSON, None where there's none."""
        reply = self.session.request(method, f"{self.url}/_control/{path}", json=body, timeout=TIMEOUT_S)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def people(self, method: str, path: str, body: object = None) -> Any:
        """Do what people do in the environment."""
        return self.control(method, f"dynamics/{path}", body)

    def told(self, records: str, row_id: str) -> dict[str, Any]:
        """Read a row as the people see it."""
        found: dict[str, Any] = self.people("GET", f"{records}/{row_id}")
        return found

    def settings(self, **changes: object) -> None:
        """Change settings."""
        self.people("PUT", "settings", changes)

    def later(self, seconds: float) -> None:
        """Move the environment's clock ahead, and sign in again."""
        self.control("DELETE", "weather")
        self.control("POST", "weather", {"kind": "clock_skew", "seconds": seconds})
        self.sign_in()

    def user(self, address: str) -> str:
        """Give the id of a user."""
        (found,) = self.rows(f"systemusers?$select=systemuserid&$filter=internalemailaddress eq '{address}'")
        return str(found["systemuserid"])


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Leave a row's annotations away."""
    return {name: value for name, value in row.items() if "@" not in name}


def error_of(reply: requests.Response) -> tuple[int, str]:
    """Give the status and the code of an error reply."""
    return reply.status_code, reply.json()["error"]["code"]
