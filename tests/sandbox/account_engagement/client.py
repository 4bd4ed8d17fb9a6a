"""A caller of the Account Engagement sandbox that knows no more than HTTP."""

from typing import Any

import requests

from keepstep_sandbox import credentials

TIMEOUT_S = 20
ROOT = "/api/v5"
CLIENT = {
    "client_id": credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID,
    "client_secret": credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET,
}


class PardotClient:
    """Signs in by client credentials when asked to."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self.url, self.session = url, session

    def sign_in(self) -> None:
        """Take an access token for all further calls."""
        reply = self.token({"grant_type": "client_credentials", **CLIENT})
        assert reply.status_code == 200, reply.text
        self.session.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        self.session.headers["Pardot-Business-Unit-Id"] = credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT

    def token(self, form: dict[str, str], **more: Any) -> requests.Response:
        """Ask for a token."""
        return self.session.post(f"{self.url}/services/oauth2/token", data=form, timeout=TIMEOUT_S, **more)

    def call(self, method: str, path: str, body: object = None, **more: Any) -> requests.Response:
        """Make a call below the version's root."""
        return self.session.request(method, f"{self.url}{ROOT}{path}", json=body, timeout=TIMEOUT_S, **more)

    def get(self, path: str, fields: str = "id", **parameters: object) -> requests.Response:
        """Query or read an object."""
        return self.call("GET", f"/objects/{path}", params={"fields": fields, **parameters})

    def values(self, path: str, fields: str = "id", **parameters: object) -> list[dict[str, Any]]:
        """Query an object to its end; give all records."""
        reply = self.get(path, fields, **parameters)
        found: list[dict[str, Any]] = []
        while True:
            assert reply.status_code == 200, reply.text
            found += reply.json()["values"]
            token = reply.json()["nextPageToken"]
            if token is None:
                return found
            reply = self.get(path, fields, nextPageToken=token)

    def ids(self, path: str, **parameters: object) -> list[int]:
        """Query an object to its end; give the ids."""
        return [one["id"] for one in self.values(path, "id", **parameters)]

    def read(self, path: str, fields: str = "id", **parameters: object) -> dict[str, Any]:
        """Read one record."""
        reply = self.get(path, fields, **parameters)
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found

    def create(self, path: str, **body: object) -> int:
        """Make a record; give its id."""
        reply = self.call("POST", f"/objects/{path}", body, params={"fields": "id"})
        assert reply.status_code == 201, reply.text
        return int(reply.json()["id"])

    def prospect(self, email: str = "ana@roe.example", **more: object) -> int:
        """Make a prospect."""
        return self.create("prospects", email=email, **more)

    def change(self, path: str, **body: object) -> None:
        """Change a record."""
        reply = self.call("PATCH", f"/objects/{path}", body)
        assert reply.status_code == 204, reply.text

    def upsert(self, **body: object) -> requests.Response:
        """Make or change the latest prospect of an address."""
        return self.call("POST", "/objects/prospects/do/upsertLatestByEmail", {"fields": ["id"], **body})

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Do what people do around any system; give the answer's JSON, None where there's none."""
        reply = self.session.request(method, f"{self.url}/_control/{path}", json=body, timeout=TIMEOUT_S)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def people(self, method: str, path: str, body: object = None) -> Any:
        """Do what people do in the business unit."""
        return self.control(method, f"account_engagement/{path}", body)

    def act(self, prospect: int, kind: int, **more: object) -> int:
        """Let a prospect do something."""
        return int(self.people("POST", f"prospects/{prospect}/act", {"type": kind, **more})["id"])

    def set(self, **settings: object) -> None:
        """Change settings."""
        self.people("PUT", "settings", settings)

    def later(self, seconds: float) -> None:
        """Move the unit's clock ahead."""
        self.control("DELETE", "weather")
        self.control("POST", "weather", {"kind": "clock_skew", "seconds": seconds})


def error_of(reply: requests.Response) -> tuple[int, int]:
    """Give the status and the code of an error reply, which is an object and not a list."""
    told = reply.json()
    assert set(told) == {"code", "message"}, told
    return reply.status_code, told["code"]
