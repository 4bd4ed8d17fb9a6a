"""Refusals: a status, a code, and the field where one is to blame."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


@dataclass(slots=True)
class BrightwellError(Exception):
    """A refusal."""

    status: int
    code: str
    field: str = ""


async def refuse(request: Request, error: Exception) -> Response:  # noqa: ARG001 - a handler's signature
    """Answer with it."""
    assert isinstance(error, BrightwellError)  # noqa: S101 - the only kind that this handler is registered for
    told = {"code": error.code} | ({"field": error.field} if error.field else {})
    return JSONResponse({"error": told}, error.status)
