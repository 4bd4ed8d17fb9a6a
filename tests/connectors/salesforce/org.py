"""A few lines of Salesforce: what the connector's tests ask of it, and trouble on demand."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from keepstep.connectors.budget import Budget
from keepstep.connectors.salesforce import ClientCredentials, SalesforceConnector, SalesforceSettings
from keepstep.connectors.transport import Retries
from keepstep.core.model import Kind, OperationId, Value, Write
from tests.connectors.stub import Answer, Call, Stub, stub

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
DATE = "Sun, 01 Mar 2026 10:00:00 GMT"
STAMP = "2026-03-01T09:00:00.000+0000"
ROOT = "/services/data/v60.0"
FIELD_TYPES = {
    "Id": "id",
    "Email": "email",
    "FirstName": "string",
    "LastName": "string",
    "Company": "string",
    "HasOptedOutOfEmail": "boolean",
    "Score__c": "double",
    "Seen__c": "datetime",
    "Key__c": "string",
    "Address": "address",
    "Name": "string",
}
Row = dict[str, Any]


def lead_id(number: int) -> str:
    """The long form of a lead's id, in the order of its number."""
    return f"00Q{number:012d}EAA"


def lead(number: int, **fields: Any) -> Row:
    """A living lead."""
    usual = {"Id": lead_id(number), "Email": f"p{number}@a.test", "SystemModstamp": STAMP, "IsDeleted": False}
    return {"MasterRecordId": None, "OwnerId": "005000000000001AAA", "IsConverted": False, **usual, **fields}


@dataclass
class Org:
    """An org with these rows of one object; `trouble` answers first, where it has an answer."""

    rows: list[Row] = field(default_factory=list)
    log: list[Row] = field(default_factory=list)
    earliest: str = "2026-02-15T00:00:00.000+0000"
    covered: str = "2026-03-01T09:58:00.000+0000"
    trouble: Callable[[Call], Answer | None] = lambda _: None
    usage: str = "api-usage=18/5000"
    asked: list[str] = field(default_factory=list)  # the queries
    saved: list[Any] = field(default_factory=list)  # the bodies of collections
    result: Callable[[Any], Row] = lambda record: {"success": True, "id": record.get("id", lead_id(900)), "errors": []}
    job: dict[str, Any] = field(default_factory=dict)
    bulk_page: int = 3
    job_states: list[str] = field(default_factory=lambda: ["JobComplete"])
    failed: dict[str, str] = field(default_factory=dict)  # key -> error, of a Bulk job
    unprocessed: frozenset[str] = frozenset()

    def answer(self, call: Call) -> Answer:
        """As Salesforce would."""
        said = self.trouble(call)
        if said is not None:
            return said
        url = urlsplit(call.path)
        path, asked = url.path.removeprefix(ROOT), {key: value[0] for key, value in parse_qs(url.query).items()}
        if path in ("/query", "/queryAll"):
            return self._query(asked["q"], every=path == "/queryAll")
        if path.startswith("/composite/sobjects"):
            return self._collection(call, asked)
        if path.startswith("/jobs/"):
            return self._bulk(call, path, asked)
        return self._plain(call, path)

    def _plain(self, call: Call, path: str) -> Answer:
        if path == "/services/oauth2/token":
            return told({"access_token": "T1", "instance_url": f"http://{call.headers['Host']}"})
        if path == "/limits":
            return told({"DailyApiRequests": {"Max": 15000, "Remaining": 14998}}, "")
        if path.endswith("/describe"):
            return told({"fields": [describe(name, kind) for name, kind in FIELD_TYPES.items()]})
        body = {"earliestDateAvailable": self.earliest, "latestDateCovered": self.covered}
        return told({"deletedRecords": self.log, **body})

    def _query(self, text: str, *, every: bool) -> Answer:
        self.asked.append(text)
        rows = [row for row in self.rows if every or not row["IsDeleted"]]
        for key, values in re.findall(r"(\w+) IN \(([^)]*)\)", text):
            rows = [row for row in rows if f"'{row[key]}'" in values]
        for after in re.findall(r"Id > '(\w+)'", text):
            rows = [row for row in rows if row["Id"] > after]
        limit = int((re.findall(r"LIMIT (\d+)", text) or ["2000"])[0])
        page = sorted(rows, key=lambda row: str(row["Id"]))[:limit]
        more = "LIMIT" not in text and len(rows) > limit
        body = {"totalSize": len(rows) if more else len(page), "done": not more, "records": page}
        return told(body | ({"nextRecordsUrl": f"{ROOT}/query/01gX-2000"} if more else {}), self.usage)

    def _collection(self, call: Call, asked: dict[str, str]) -> Answer:
        if call.method == "DELETE":
            records = [{"id": id} for id in asked["ids"].split(",")]
        else:
            records = orjson.loads(call.body)["records"]
        self.saved.append(records)
        return told([self.result(record) for record in records], self.usage)

    def _bulk(self, call: Call, path: str, asked: dict[str, str]) -> Answer:
        _, _, kind, *rest = path.split("/")
        if call.method == "POST":
            self.job = {"asked": orjson.loads(call.body), "rows": []}
            return told({"id": "7501", "state": "Open"})
        if call.method == "PUT":
            self.job["rows"] = list(csv.DictReader(io.StringIO(call.body.decode(), newline="")))
            return Answer(201, b"")
        if call.method == "PATCH":
            self.job["ordered"] = orjson.loads(call.body)["state"]
            return told({"id": "7501"})
        if len(rest) == 1:
            state = self.job_states.pop(0) if len(self.job_states) > 1 else self.job_states[0]
            done = len(self.job["rows"]) - len(self.unprocessed)
            return told({"state": state, "numberRecordsProcessed": done, "numberRecordsFailed": len(self.failed)})
        return self._results(asked) if kind == "query" else self._outcomes(rest[1])

    def _results(self, asked: dict[str, str]) -> Answer:
        text = self.job["asked"]["query"]
        names = re.findall(r"SELECT (.*) FROM", text)[0].split(", ")
        after = (re.findall(r"Id > '(\w+)'", text) or [""])[0]
        rows = sorted((row for row in self.rows if row["Id"] > after), key=lambda row: str(row["Id"]))
        start = int(asked.get("locator", "0"))
        page = rows[start : start + self.bulk_page]
        end = start + len(page)
        body = as_csv([names, *[[cell(row.get(name)) for name in names] for row in page]])
        headers = {"Sforce-Locator": str(end) if end < len(rows) else "null", "Sforce-NumberOfRecords": str(len(page))}
        return Answer(200, body, headers)

    def _outcomes(self, name: str) -> Answer:
        key = self.job["asked"].get("externalIdFieldName", "Id")
        rows: list[Row] = self.job["rows"]
        columns = list(rows[0])
        if name == "failedResults":
            lines = [["", self.failed[row[key]], *row.values()] for row in rows if row[key] in self.failed]
            return Answer(200, as_csv([["sf__Id", "sf__Error", *columns], *lines]))
        if name == "unprocessedrecords":
            lines = [[*row.values()] for row in rows if row[key] in self.unprocessed]
            return Answer(200, as_csv([columns, *lines]))
        good = [
            (n, row) for n, row in enumerate(rows) if row[key] not in self.failed and row[key] not in self.unprocessed
        ]
        lines = [[row.get("Id") or lead_id(800 + n), "true", *row.values()] for n, row in reversed(good)]
        return Answer(200, as_csv([["sf__Id", "sf__Created", *columns], *lines]))


def told(body: Any, usage: str = "api-usage=18/5000", status: int = 200) -> Answer:
    """An answer in JSON."""
    return Answer(status, orjson.dumps(body), {"Date": DATE, "Sforce-Limit-Info": usage})


def refused(status: int, code: str, *fields: str) -> Answer:
    """A refusal whose sentence names a person."""
    return told([{"errorCode": code, "message": "Ann's value", "fields": list(fields)}], status=status)


def describe(name: str, kind: str) -> Row:
    """A field, as describe has it."""
    return {
        "name": name,
        "type": kind,
        "label": name,
        "length": 80,
        "createable": name != "Id",
        "updateable": name != "Id",
    }


def cell(value: Any) -> str:
    """As Bulk writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value).replace("+0000", "Z")


def as_csv(lines: Sequence[Sequence[str]]) -> bytes:
    """Every cell in quotes."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(lines)
    return text.getvalue().encode()


@contextmanager
def connected(org: Org, budget: Budget | None = None, **options: Any) -> Iterator[tuple[SalesforceConnector, Stub]]:
    """A connector to it. Nothing really waits."""
    with stub(org.answer) as server:
        settings = SalesforceSettings(**{"auth": ClientCredentials("id", "secret"), "login_url": server.url, **options})
        connector = SalesforceConnector(
            settings,
            budget=budget,
            retries=Retries(attempts=3, read_timeout_s=5),
            now=lambda: NOW,
            sleep=lambda _: None,
        )
        try:
            yield connector, server
        finally:
            connector.close()


def calls(server: Stub) -> list[str]:
    """What was asked, without signing in and describing."""
    quiet = ("/services/oauth2/token", "/describe")
    told_of = [f"{call.method} {urlsplit(call.path).path.removeprefix(ROOT)}" for call in server.calls]
    return [call for call in told_of if not call.endswith(quiet)]


def update(number: int, kind: Kind = Kind.UPDATE, object: str = "lead", **fields: Value) -> Write:
    """A write to the lead of that number."""
    return Write(OperationId(f"op{number}"), kind, object, fields, lead_id(number))


def create(number: int, object: str = "lead", external_id: str | None = None, **fields: Value) -> Write:
    """A new lead."""
    return Write(OperationId(f"op{number}"), Kind.CREATE, object, fields, external_id=external_id)
