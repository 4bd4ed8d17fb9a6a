"""Request bodies, and the headers that set conditions."""

from typing import Any

import orjson
from starlette.requests import Request

from keepstep_sandbox.dynamics.errors import DynamicsError, bad_payload, version_mismatch
from keepstep_sandbox.dynamics.rendering import etag
from keepstep_sandbox.dynamics.table import Row


async def json_body(request: Request) -> dict[str, Any]:
    """Read a body that must be a JSON object.

    Raises:
        DynamicsError: it's something else.
    """
    if "json" not in request.headers.get("content-type", "application/json"):
        raise DynamicsError(415, "0x80060888", "The Content-Type isn't supported by this resource.")
    try:
        found = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise bad_payload(f"Invalid JSON: {error.msg}") from error
    if not isinstance(found, dict):
        raise bad_payload("An object was expected.")
    return found


def check_match(request: Request, row: Row) -> None:
    """Let a request with `If-Match` pass only if the row still has that version; `*` is any.

    Raises:
        DynamicsError: it hasn't (412).
    """
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted not in ("*", etag(row)):
        raise version_mismatch()
