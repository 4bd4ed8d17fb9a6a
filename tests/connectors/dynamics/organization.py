"""A few lines of Dataverse: what the connector's tests ask of it, and trouble on demand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from keepstep.connectors.budget import Budget
from keepstep.connectors.dynamics import ClientSecret, DynamicsConnector, DynamicsSettings
from keepstep.connectors.transport import Retries
from keepstep.core.model import Kind, OperationId, Value, Write
from tests.connectors.stub import Answer, Call, Stub, stub

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
DATE = "Sun, 01 Mar 2026 10:00:00 GMT"
STAMP = "2026-03-01T09:00:00Z"
DATA = "/api/data/v9.2"
FORMATTED = "OData.Community.Display.V1.FormattedValue"
KEYS = {"leads": "leadid", "contacts": "contactid", "accounts": "accountid", "systemusers": "systemuserid"}
COLUMNS = {
    "leadid": "Uniqueidentifier",
    "emailaddress1": "String",
    "firstname": "String",
    "lastname": "String",
    "companyname": "String",
    "jobtitle": "String",
    "name": "String",
    "fullname": "String",
    "new_nickname": "String",
    "donotbulkemail": "Boolean",
    "new_score": "Integer",
    "new_seen": "DateTime",
    "leadsourcecode": "Picklist",
    "statecode": "State",
    "ownerid": "Owner",
    "parentcustomerid": "Customer",
    "masterid": "Lookup",
    "isdisabled": "Boolean",
}
Row = dict[str, Any]


def row_id(number: int) -> str:
    """The id of the row of that number."""
    return f"00000000-0000-4000-8000-{number:012d}"


def lead(number: int, **columns: Any) -> Row:
    """A lead that is open."""
    return {
        "leadid": row_id(number),
        "emailaddress1": f"p{number}@a.test",
        "modifiedon": STAMP,
        "statecode": 0,
        "_ownerid_value": row_id(900),
        "merged": False,
        **columns,
    }


@dataclass
class Organization:
    """An organization with these rows of each table; `trouble` answers first, where it has an answer."""

    rows: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)  # what a delta link tells
    tracked: bool = True
    trouble: Callable[[Call], Answer | None] = lambda _: None
    together: Callable[[list[Row]], Answer | None] = lambda _: None  # of UpdateMultiple
    part: Callable[[str], tuple[int, str]] = lambda _: (204, "")  # of a batch, by its path
    asked: list[tuple[str, str]] = field(default_factory=list)  # each query, decoded, and its preferences
    targets: list[list[Row]] = field(default_factory=list)  # of each UpdateMultiple
    parts: list[list[tuple[str, str, dict[str, str], Row]]] = field(default_factory=list)  # of each batch
    keep: int | None = None  # parts of a batch's answer that are not cut off

    def answer(self, call: Call) -> Answer:
        """As Dataverse would."""
        said = self.trouble(call)
        if said is not None:
            return said
        path = urlsplit(call.path).path.removeprefix(DATA)
        if path.endswith("/oauth2/v2.0/token"):
            return told({"token_type": "Bearer", "expires_in": 3599, "access_token": "T1"})
        if path == "/WhoAmI":
            return told({"UserId": row_id(900), "BusinessUnitId": row_id(901), "OrganizationId": row_id(902)})
        if path.startswith("/EntityDefinitions"):
            return told({"value": metadata(path)})
        if path.endswith("UpdateMultiple"):
            self.targets.append(orjson.loads(call.body)["Targets"])
            return self.together(self.targets[-1]) or Answer(204, b"")
        return self._batch(call) if path == "/$batch" else self._query(call, path)

    def _query(self, call: Call, path: str) -> Answer:
        text, prefer = unquote(urlsplit(call.path).query), call.headers.get("Prefer", "")
        self.asked.append((text, prefer))
        if "track-changes" in prefer and not self.tracked:
            return refused(403, "0x80040220")
        if "$deltatoken" in text:
            return self._page(call, self.changes, KEYS[path[1:]], text, prefer)
        rows, key = self.rows, KEYS[path[1:]]
        wanted = re.findall(r"\w+ eq '?(.+?)'?(?= or |$|&)", text)
        if wanted:
            names = {name.replace("''", "'").casefold() for name in wanted}
            rows = [row for row in rows if names & {str(row.get(n)).casefold() for n in (key, "emailaddress1", "name")}]
        return self._page(call, rows, key, text, prefer)

    def _page(self, call: Call, rows: list[Row], key: str, text: str, prefer: str) -> Answer:
        size = int(re.findall(r"maxpagesize=(\d+)", prefer)[0])
        start = int((re.findall(r"skiptoken=(\d+)", text) or ["0"])[0])
        head = f"http://{call.headers['Host']}{urlsplit(call.path).path}?$select={key}"
        token = "&$deltatoken=1%2101%2f03" if "$deltatoken" in text else ""
        body: Row = {"value": rows[start : start + size]}
        if start + size < len(rows):
            body["@odata.nextLink"] = f"{head}{token}&$skiptoken={start + size}%2520x"
        elif "track-changes" in prefer or token:
            body["@odata.deltaLink"] = f"{head}&$deltatoken=1%2101%2f03"
        return told(body)

    def _batch(self, call: Call) -> Answer:
        boundary = call.headers["Content-Type"].partition("boundary=")[2]
        parts = [request(text) for text in call.body.decode().split(f"--{boundary}\r\n")[1:]]
        self.parts.append(parts)
        answers = [answered(*self.part(path)) for _, path, _, _ in parts][: self.keep]
        text = "".join(f"--batchresponse_9\r\n{one}\r\n" for one in answers) + "--batchresponse_9--\r\n"
        return Answer(200, text.encode(), {"Content-Type": "multipart/mixed; boundary=batchresponse_9"})


def told(body: Any, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, orjson.dumps(body), {"Date": DATE, "Content-Type": "application/json", **named})


def refused(status: int, code: str, **headers: str) -> Answer:
    """A refusal whose sentence names a person."""
    return told({"error": {"code": code, "message": "Ann's value"}}, status, **headers)


def request(text: str) -> tuple[str, str, dict[str, str], Row]:
    """A part of a batch: method, path, headers and body."""
    _, _, http = text.partition("\r\n\r\n")
    head, _, body = http.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ")
    body = body.partition("\r\n--")[0].strip()
    headers = dict(line.split(": ", 1) for line in lines)
    return method, path.removeprefix(DATA), headers, orjson.loads(body) if body else {}


def answered(status: int, code: str) -> str:
    """A part of a batch's answer."""
    error = orjson.dumps({"error": {"code": code, "message": "Ann's value"}}).decode() if status >= 400 else ""
    head = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    return f"{head}HTTP/1.1 {status} x\r\nContent-Type: application/json; odata.metadata=minimal\r\n\r\n{error}"


def metadata(path: str) -> Any:
    """Of the columns."""
    if path.endswith("StringAttributeMetadata"):
        return [
            {"LogicalName": name, "MaxLength": 50, "FormatName": {"Value": "Email" if "email" in name else "Text"}}
            for name, kind in COLUMNS.items()
            if kind == "String"
        ]
    if path.endswith("PicklistAttributeMetadata"):
        options = [{"Value": 8, "Label": label("Web", "Netz")}, {"Value": 10, "Label": label("Other", "Anderes")}]
        return [{"LogicalName": "leadsourcecode", "OptionSet": {"Options": options}, "GlobalOptionSet": None}]
    plain = [
        {
            "LogicalName": name,
            "AttributeType": kind,
            "AttributeOf": None,
            "IsCustomAttribute": name.startswith("new_"),
            "IsValidForRead": True,
            "IsValidForUpdate": True,
            "DisplayName": label(name.title()),
        }
        for name, kind in COLUMNS.items()
    ]
    of_another = {"LogicalName": "leadsourcecodename", "AttributeType": "Virtual", "AttributeOf": "leadsourcecode"}
    return [*plain, of_another]


def label(own: str, *others: str) -> Row:
    """A label in the user's language and in others."""
    return {"UserLocalizedLabel": {"Label": own}, "LocalizedLabels": [{"Label": one} for one in (own, *others)]}


@contextmanager
def connected(
    organization: Organization, budget: Budget | None = None, **options: Any
) -> Iterator[tuple[DynamicsConnector, Stub]]:
    """A connector to it. Nothing really waits."""
    sleep = options.pop("sleep", lambda _: None)
    with stub(organization.answer) as server:
        auth = ClientSecret("contoso.test", "app", "secret")
        settings = DynamicsSettings(auth, server.url, **{"login_url": server.url, **options})
        connector = DynamicsConnector(
            settings,
            budget=budget,
            retries=Retries(attempts=3, read_timeout_s=5),
            now=lambda: NOW,
            clock=lambda: 0.0,
            sleep=sleep,
        )
        try:
            yield connector, server
        finally:
            connector.close()


def calls(server: Stub) -> list[str]:
    """What was asked, without signing in and metadata."""
    told_of = [f"{call.method} {urlsplit(call.path).path.removeprefix(DATA)}" for call in server.calls]
    return [call for call in told_of if "/oauth2/" not in call and "/EntityDefinitions" not in call]


def update(number: int, kind: Kind = Kind.UPDATE, object: str = "lead", **fields: Value) -> Write:
    """A write to the row of that number."""
    return Write(OperationId(f"op{number}"), kind, object, fields, row_id(number))


def create(number: int, object: str = "lead", external_id: str | None = None, **fields: Value) -> Write:
    """A new row."""
    return Write(OperationId(f"op{number}"), Kind.CREATE, object, fields, external_id=external_id)
