"""A caller of the Act-On sandbox: one method for each thing that the tests say often."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from keepstep_sandbox import credentials

TIMEOUT_S = 30
API = "/api/1"
COLUMNS = (("First Name", "FIRSTNAME"), ("E-mail Address", "EMAIL"), ("Lead Source", None), ("Behavior Score", None))
HEADINGS = [heading for heading, _ in COLUMNS]
SIGN_IN = {
    "grant_type": "password",
    "username": credentials.ACT_ON_USER,
    "password": credentials.ACT_ON_PASSWORD,
    "client_id": credentials.ACT_ON_CLIENT_ID,
    "client_secret": credentials.ACT_ON_CLIENT_SECRET,
}


def upload_specs(columns: Sequence[tuple[str, str | None]] = COLUMNS) -> str:
    """Write uploadspecs for a file with these columns, in this order."""
    entries = []
    for index, (heading, kind) in enumerate(columns):
        entry: dict[str, object] = {"columnHeading": heading, "columnIndex": index, "ignoreColumn": "N"}
        entries.append({**entry, "columnType": kind} if kind else entry)
    return json.dumps(entries)


def merge_specs(list_id: str, mode: str, **more: object) -> str:
    """Write mergespecs."""
    return json.dumps([{"dstListId": list_id, "mergeMode": mode, "columnMap": [], **more}])


def csv_of(rows: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS) -> str:
    """Write rows as a CSV file with headings."""
    return "\n".join(",".join(f'"{cell}"' for cell in row) for row in [headings, *rows]) + "\n"


class Driver:
    """A signed-in caller with one kept connection."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self.url, self.session = url, session

    def sign_in(self) -> None:
        """Get a token and use it from now on."""
        self.use(self.token().json()["access_token"])

    def use(self, access_token: str) -> None:
        """Send this token from now on."""
        self.session.headers["Authorization"] = f"Bearer {access_token}"

    def token(self, **changes: str) -> requests.Response:
        """Call /token with the right sign-in, changed where a test says so."""
        return self.session.post(f"{self.url}/token", data={**SIGN_IN, **changes}, timeout=TIMEOUT_S)

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """Call the API."""
        return self.session.request(method, f"{self.url}{API}{path}", timeout=TIMEOUT_S, **more)

    def get(self, path: str, **params: object) -> Any:
        """Read from the API; the reply must be a good one."""
        reply = self.call("GET", path, params=params)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def people(self, method: str, path: str, body: object = None) -> Any:
        """Let the people do something."""
        reply = self.session.request(method, f"{self.url}/_control/act_on{path}", json=body, timeout=TIMEOUT_S)
        assert reply.status_code < 300, reply.text
        return reply.json() if reply.content else None

    def make_list(self, rows: Sequence[Sequence[str]] = (), *, name: str = "Customers", **more: object) -> str:
        """Let somebody make a list with these rows."""
        columns = [{"heading": heading, "type": kind} for heading, kind in COLUMNS]
        made = self.people("POST", "/lists", {"name": name, "columns": columns, **more})
        for row in rows:
            self.people("POST", f"/lists/{made['id']}/rows", {"values": dict(zip(HEADINGS, row, strict=True))})
        return str(made["id"])

    def rows(self, list_id: str) -> list[list[str]]:
        """Tell a list's rows, without their ids."""
        return [row[1:] for row in self.people("GET", f"/lists/{list_id}")["rows"]]

    def merge(self, list_id: str, mode: str, rows: Sequence[Sequence[str]], **fields: str) -> requests.Response:
        """Upload rows into a list."""
        data = {"uploadspecs": upload_specs(), "mergespecs": merge_specs(list_id, mode), "headings": "Y", **fields}
        files = {"file": ("rows.csv", csv_of(rows), "text/csv")}
        return self.call("PUT", f"/list/{list_id}", data=data, files=files)

    def done(self, reply: requests.Response) -> Mapping[str, Any]:
        """Poll the job of an upload until it's done; give its details."""
        assert reply.status_code == 200, reply.text
        for _ in range(10):
            status = self.get(f"/list/{reply.json()['jobId']}/status")
            if status["status"] == "success":
                return dict(status["details"])
        raise AssertionError("the job is never done")


def error(reply: requests.Response) -> tuple[int, object]:
    """Tell a refusal's HTTP status and error code."""
    return reply.status_code, reply.json()["errorCode"]
