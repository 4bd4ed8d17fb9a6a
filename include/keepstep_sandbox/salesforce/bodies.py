"""Request bodies, and headers that set conditions."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
from starlette.requests import Request

from keepstep_sandbox.salesforce.errors import SalesforceError, bad_request


async def json_body(request: Request) -> dict[str, Any]:
    """Read a body that must be a JSON object.

    Raises:
        SalesforceError: it's something else.
    """
    if "json" not in request.headers.get("content-type", "application/json"):
        raise SalesforceError(415, "UNSUPPORTED_MEDIA_TYPE", "The Content-Type isn't supported by this resource.")
    try:
        found = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise bad_request("JSON_PARSER_ERROR", f"Unexpected character: {error.msg}") from error
    if not isinstance(found, dict):
        raise bad_request("JSON_PARSER_ERROR", "Unexpected token where an object was expected")
    return found


def moment_of(request: Request, header: str) -> datetime | None:
    """Read a header that holds an HTTP date; None without it.

    Raises:
        SalesforceError: it isn't one.
    """
    text = request.headers.get(header)
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError) as error:
        raise bad_request("INVALID_HEADER", f"Bad value of {header}") from error


def unmodified(request: Request, modified: datetime) -> None:
    """Let a request with `If-Unmodified-Since` pass only if that's so; to the second.

    Raises:
        SalesforceError: it has been modified since (412).
    """
    since = moment_of(request, "if-unmodified-since")
    if since is not None and modified > since:
        raise SalesforceError(412, "PRECONDITION_FAILED", "The record was modified since the given date.")
