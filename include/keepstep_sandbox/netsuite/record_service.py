"""`/services/rest/record/v1`: single records, collections, batches, attachments, the metadata catalog."""

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from keepstep_sandbox.netsuite.account import Account, check_record_type
from keepstep_sandbox.netsuite.errors import invalid_request
from keepstep_sandbox.netsuite.filters import row_filter
from keepstep_sandbox.netsuite.gate import Gate
from keepstep_sandbox.netsuite.jobs import Jobs
from keepstep_sandbox.netsuite.metadata import Metadata
from keepstep_sandbox.netsuite.operations import EXTERNAL, RECORD_PATH, Operation, find, perform
from keepstep_sandbox.netsuite.schema import CONTACT, CUSTOMER, EMPLOYEE
from keepstep_sandbox.netsuite.suiteql_service import COLLECTION, page_links, paging

_PERMISSION: Final = {CUSTOMER: "customers", CONTACT: "contacts", EMPLOYEE: "employees"}


class RecordService:
    """The handlers; what they do to a record is in `operations`."""

    def __init__(self, account: Account, gate: Gate, jobs: Jobs) -> None:
        self._account = account
        self._gate = gate
        self._jobs = jobs
        self._metadata = Metadata(account, gate)

    def routes(self) -> list[BaseRoute]:
        """Give the routes; the catalog's come before those of a record type of that name."""
        return [
            Route(f"{RECORD_PATH}/metadata-catalog", self._metadata.catalog, methods=["GET"]),
            # as airbyte-source-netsuite asks for it
            Route(f"{RECORD_PATH}/metadata-catalog/", self._metadata.catalog, methods=["GET"]),
            Route(f"{RECORD_PATH}/metadata-catalog/{{record}}", self._metadata.describe, methods=["GET"]),
            Route(f"{RECORD_PATH}/{{record}}", self.collection, methods=["GET", "POST", "PATCH", "PUT", "DELETE"]),
            Route(f"{RECORD_PATH}/{{record}}/{{key}}", self.single, methods=["GET", "PATCH", "PUT", "DELETE"]),
            Route(f"{RECORD_PATH}/{{record}}/{{key}}/!attach/{{other}}/{{other_key}}", self.attach, methods=["POST"]),
            Route(f"{RECORD_PATH}/{{record}}/{{key}}/!detach/{{other}}/{{other_key}}", self.detach, methods=["POST"]),
        ]

    async def single(self, request: Request) -> Response:
        """Read, change, upsert or delete one record."""
        self._enter(request)
        body = _object(await request.body()) if request.method in ("PATCH", "PUT") else {}
        return self._now_or_later(request, self._operation(request, request.path_params["key"], body))

    async def collection(self, request: Request) -> Response:
        """List records, make one, or take in a batch."""
        self._enter(request)
        raw = await request.body()
        if "ids" in request.query_params:
            return self._batch_by_ids(request)
        if request.method == "GET":
            return self._list(request)
        if "type=collection" in request.headers.get("content-type", "").replace(" ", ""):
            return self._batch(request, _object(raw))
        if request.method != "POST":
            raise invalid_request(
                "Without a record instance ID, this method needs a collection.", **{"o:urlPath": "id"}
            )
        return self._now_or_later(request, self._operation(request, "", _object(raw)))

    async def attach(self, request: Request) -> Response:
        """Attach a contact to a further customer."""
        customer, contact = self._pair(request)
        raw = await request.body()
        role = (_object(raw) if raw else {}).get("role") or {}
        self._account.attach(customer, contact, int(role["id"]) if "id" in role else None)
        return Response(status_code=204)

    async def detach(self, request: Request) -> Response:
        """Take an attachment away."""
        self._account.detach(*self._pair(request))
        return Response(status_code=204)

    def _enter(self, request: Request) -> None:
        self._gate.admit(request)
        record = request.path_params["record"]
        check_record_type(record)
        self._gate.need(_PERMISSION[record])

    def _pair(self, request: Request) -> tuple[int, int]:
        self._enter(request)
        record, other = request.path_params["record"], request.path_params["other"]
        if (record, other) != (CUSTOMER, CONTACT):
            raise invalid_request(f"A {other} can't be attached to a {record}.", **{"o:urlPath": other})
        keys = request.path_params["key"], request.path_params["other_key"]
        return find(self._account, CUSTOMER, keys[0]), find(self._account, CONTACT, keys[1])

    def _now_or_later(self, request: Request, operation: Operation) -> Response:
        if _asks_later(request):
            return self._jobs.submit(request, [operation])
        return perform(self._account, operation)

    def _operation(self, request: Request, key: str, body: dict[str, Any]) -> Operation:
        fields = request.query_params.get("fields")
        return Operation(
            method=request.method,
            record=request.path_params["record"],
            key=key,
            body=body,
            base=f"{request.url.scheme}://{request.headers.get('host', '')}",
            strict_names=_is_error(request, "X-NetSuite-PropertyNameValidation"),
            strict_values=_is_error(request, "X-NetSuite-PropertyValueValidation"),
            wanted=frozenset(fields.split(",")) if fields else None,
        )

    def _batch(self, request: Request, body: dict[str, Any]) -> Response:
        if not _asks_later(request):
            raise invalid_request("A collection needs 'Prefer: respond-async'.", **{"o:errorHeader": "Prefer"})
        items = body.get("items")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise invalid_request("A collection has its records as 'items'.", **{"o:errorPath": "items"})
        return self._jobs.submit(request, [self._item(request, item) for item in items])

    def _item(self, request: Request, item: dict[str, Any]) -> Operation:
        """Make an operation of a batch's item; if it has both ids, the internal one wins."""
        if request.method == "POST":
            return self._operation(request, "", item)
        rest = {name: value for name, value in item.items() if name not in ("id", "externalId")}
        if request.method == "PATCH" and "id" in item:
            return self._operation(request, str(item["id"]), rest)
        return self._operation(request, f"{EXTERNAL}{item.get('externalId', '')}", rest)

    def _batch_by_ids(self, request: Request) -> Response:
        if request.method not in ("GET", "DELETE") or not _asks_later(request):
            raise invalid_request(
                "'ids' goes with GET or DELETE and 'Prefer: respond-async'.", **{"o:errorQueryParam": "ids"}
            )
        keys = [key.strip() for key in request.query_params["ids"].split(",")]
        return self._jobs.submit(request, [self._operation(request, key, {}) for key in keys])

    def _list(self, request: Request) -> Response:
        """List ids and links, and nothing else: to read, one must ask for each, or use SuiteQL."""
        record = request.path_params["record"]
        limit, offset = paging(request, self._account.settings.default_limit)
        wanted = row_filter(self._account, record, request.query_params.get("q", ""))
        ids = [row["id"] for row in self._account.tables[record].rows() if wanted(row)]
        href = self._operation(request, "", {}).href
        page = ids[offset : offset + limit]
        told = {
            "links": page_links(request, limit, offset, len(ids)),
            "count": len(page),
            "hasMore": offset + limit < len(ids),
            "items": [{"links": [{"rel": "self", "href": href(record, i)}], "id": str(i)} for i in page],
            "offset": offset,
            "totalResults": len(ids),
        }
        return Response(orjson.dumps(told), media_type=COLLECTION)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise invalid_request("The request body isn't valid JSON.") from error
    if not isinstance(body, dict):
        raise invalid_request("The request body must be an object.")
    return body


def _asks_later(request: Request) -> bool:
    return "respond-async" in request.headers.get("prefer", "").lower()


def _is_error(request: Request, header: str) -> bool:
    return request.headers.get(header, "").lower() == "error"
