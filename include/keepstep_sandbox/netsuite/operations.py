"""One write or read of one record, however it was asked for: alone, or as an item of a batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.responses import Response

from keepstep_sandbox.netsuite.account import Account, check_record_type
from keepstep_sandbox.netsuite.errors import NetSuiteError, invalid_content, invalid_request, nonexistent_id
from keepstep_sandbox.netsuite.values import to_json, to_row

SINGULAR: Final = "application/vnd.oracle.resource+json; type=singular"
EXTERNAL: Final = "eid:"
MAX_ID_DIGITS: Final = 15
RECORD_PATH: Final = "/services/rest/record/v1"


@dataclass(frozen=True, slots=True)
class Operation:
    """What is to be done to one record.

    Attributes:
        method: GET, POST, PATCH, PUT or DELETE.
        record: the record type.
        key: an internal id, `eid:` and an external id, or empty for POST.
        body: the properties.
        base: scheme and host of the request, for the links in the reply.
        strict_names: unknown properties are refused.
        strict_values: values for read-only properties are refused.
        wanted: of a GET, the properties to give; None for all.
    """

    method: str
    record: str
    key: str
    body: Mapping[str, Any]
    base: str
    strict_names: bool = False
    strict_values: bool = False
    wanted: frozenset[str] | None = None

    def href(self, record: str, row_id: int) -> str:
        """Give a record's address."""
        return f"{self.base}{RECORD_PATH}/{record}/{row_id}"


def perform(account: Account, operation: Operation) -> Response:
    """Do it; a write answers 204 with no body, and the id only in Location.

    Raises:
        NetSuiteError: the account refuses.
    """
    check_record_type(operation.record)
    doers: dict[str, Callable[[Account, Operation], Response]] = {
        "GET": _get,
        "POST": _create,
        "PATCH": _update,
        "PUT": _upsert,
        "DELETE": _delete,
    }
    return doers[operation.method](account, operation)


def find(account: Account, record: str, key: str) -> int:
    """Give the internal id that a key of the URL means.

    Raises:
        NetSuiteError: there's no such record.
    """
    if key.startswith(EXTERNAL):
        found = account.by_external_id(record, key.removeprefix(EXTERNAL))
        if found is None:
            raise nonexistent_id()
        return found
    if not (key.isascii() and key.isdecimal()) or len(key) > MAX_ID_DIGITS:
        raise invalid_request(f"Invalid record instance ID '{key}'.", **{"o:urlPath": "id"})
    return int(account.record(record, int(key))["id"])


def _get(account: Account, operation: Operation) -> Response:
    row = account.record(operation.record, find(account, operation.record, operation.key))
    told = to_json(account, operation.record, row, operation.wanted, operation.href)
    return Response(orjson.dumps(told), media_type=SINGULAR)


def _create(account: Account, operation: Operation) -> Response:
    return _made(operation, account.create(operation.record, _row(account, operation)))


def _update(account: Account, operation: Operation) -> Response:
    row_id = find(account, operation.record, operation.key)
    account.update(operation.record, row_id, _row(account, operation))
    return _made(operation, row_id)


def _upsert(account: Account, operation: Operation) -> Response:
    """Update the record with this external id, or make it; the answer doesn't tell which it was."""
    if not operation.key.startswith(EXTERNAL) or operation.key == EXTERNAL:
        raise invalid_request("An upsert needs an external ID in the URL, as eid:EXTERNAL_ID.", **{"o:urlPath": "id"})
    external = operation.key.removeprefix(EXTERNAL)
    if "externalId" in operation.body and operation.body["externalId"] != external:
        raise invalid_content("The external ID is given by the URL.", "externalId")
    found = account.by_external_id(operation.record, external)
    values = {**_row(account, operation), "externalid": external}
    if found is None:
        return _made(operation, account.create(operation.record, values))
    account.update(operation.record, found, values)
    return _made(operation, found)


def _delete(account: Account, operation: Operation) -> Response:
    account.delete(operation.record, find(account, operation.record, operation.key))
    return Response(status_code=204)


def _row(account: Account, operation: Operation) -> dict[str, Any]:
    return to_row(
        account,
        operation.record,
        operation.body,
        strict_names=operation.strict_names,
        strict_values=operation.strict_values,
    )


def _made(operation: Operation, row_id: int) -> Response:
    return Response(status_code=204, headers={"Location": operation.href(operation.record, row_id)})


def outcome(account: Account, operation: Operation) -> Response:
    """Do it, and give a refusal as a reply too: what an item of a batch comes to."""
    try:
        return perform(account, operation)
    except NetSuiteError as refusal:
        return refusal.response()
