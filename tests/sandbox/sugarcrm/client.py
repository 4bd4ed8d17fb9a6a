"""A caller of the SugarCRM sandbox that knows no more than HTTP."""

import hashlib
import json
from typing import Any

import requests

from keepstep_sandbox import credentials

TIMEOUT_S = 20
ROOT = "/rest/v11_20"
LEGACY = "/service/v4_1/rest.php"
CLIENT = {"client_id": credentials.SUGARCRM_CLIENT_ID, "client_secret": credentials.SUGARCRM_CLIENT_SECRET}
PASSWORD_GRANT = {
    "grant_type": "password",
    **CLIENT,
    "username": credentials.SUGARCRM_USER,
    "password": credentials.SUGARCRM_PASSWORD,
    "platform": credentials.SUGARCRM_PLATFORM,
}
PASSWORD_MD5 = hashlib.md5(credentials.SUGARCRM_PASSWORD.encode(), usedforsecurity=False).hexdigest()


class SugarClient:
    """Signs in by both protocols when asked to."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self.url, self.http = url, session
        self.sid = ""

    def token(self, **changes: object) -> requests.Response:
        """Ask for a token, by the password unless the changes say otherwise."""
        return self.http.post(f"{self.url}{ROOT}/oauth2/token", json={**PASSWORD_GRANT, **changes}, timeout=TIMEOUT_S)

    def sign_in(self) -> dict[str, Any]:
        """Take an access token for all further calls of v11; give the reply."""
        reply = self.token()
        assert reply.status_code == 200, reply.text
        told: dict[str, Any] = reply.json()
        self.http.headers["OAuth-Token"] = told["access_token"]
        return told

    def call(self, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
        """Make a call below v11's root."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, f"{self.url}{ROOT}{path}", json=body, headers=sent, timeout=TIMEOUT_S)

    def good(self, method: str, path: str, body: object = None) -> Any:
        """Make a call that goes well; give its JSON."""
        reply = self.call(method, path, body)
        assert reply.status_code < 400, reply.text
        return reply.json()

    def found(self, module: str, *clauses: object, **more: object) -> list[dict[str, Any]]:
        """Give the records of a filter's page."""
        body = {"filter": list(clauses), "order_by": "date_modified:ASC,id:ASC", **more}
        records: list[dict[str, Any]] = self.good("POST", f"/{module}/filter", body)["records"]
        return records

    def lead(self, last_name: str = "Ode", **more: object) -> str:
        """Make a lead by v11; give its id."""
        return str(self.good("POST", "/Leads", {"last_name": last_name, **more})["id"])

    def log_in(self) -> None:
        """Take a session for all further calls of v4_1."""
        auth = {"user_name": credentials.SUGARCRM_USER, "password": PASSWORD_MD5}
        self.sid = self.legacy("login", auth, "tests", [])["id"]

    def raw(self, method: str, rest_data: object, **form: str) -> requests.Response:
        """Make a call of v4_1 with these arguments, whatever they are."""
        text = rest_data if isinstance(rest_data, str) else json.dumps(rest_data)
        sent = {"method": method, "input_type": "JSON", "response_type": "JSON", "rest_data": text, **form}
        return self.http.post(f"{self.url}{LEGACY}", data=sent, timeout=TIMEOUT_S)

    def legacy(self, method: str, *arguments: object) -> Any:
        """Make a call of v4_1 that doesn't crash; `self.sid` isn't added."""
        reply = self.raw(method, list(arguments))
        assert reply.status_code == 200, reply.text
        return reply.json()

    def entry(self, module: str, record_id: str, *names: str) -> Any:
        """Read a record's values by v4_1: a map of texts, or the list that stands for one that's gone."""
        told = self.legacy("get_entry", self.sid, module, record_id, list(names), [])["entry_list"][0]
        values = told["name_value_list"]
        return {name: one["value"] for name, one in values.items()} if isinstance(values, dict) else values

    def set_entry(self, module: str, **values: object) -> Any:
        """Write a record by v4_1; give the answer."""
        pairs = [{"name": name, "value": value} for name, value in values.items()]
        return self.legacy("set_entry", self.sid, module, pairs)

    def ids(self, module: str, query: str, order: str = "", *, deleted: int = 0) -> list[str]:
        """Give the ids of the records that fulfil a condition by v4_1."""
        told = self.legacy("get_entry_list", self.sid, module, query, order, 0, ["id"], [], 1000, deleted)
        return [one["id"] for one in told["entry_list"]]

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Do what people do; give the answer's JSON, None where there's none."""
        reply = self.http.request(method, f"{self.url}/_control/{path}", json=body, timeout=TIMEOUT_S)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def people(self, method: str, path: str, body: object = None) -> Any:
        """Do what people do in the site."""
        return self.control(method, f"sugarcrm/{path}", body)

    def settings(self, **changes: object) -> None:
        """Change settings."""
        self.people("PUT", "settings", changes)

    def later(self, seconds: float) -> None:
        """Move the site's clock ahead."""
        self.control("DELETE", "weather")
        self.control("POST", "weather", {"kind": "clock_skew", "seconds": seconds})


def error_of(reply: requests.Response) -> tuple[int, str]:
    """Give the status and the label of a v11 refusal."""
    return reply.status_code, reply.json()["error"]
