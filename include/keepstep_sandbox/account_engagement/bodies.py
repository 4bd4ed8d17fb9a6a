"""Request bodies: JSON objects, the fields that a reply is to hold, and files in multipart forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from keepstep_sandbox.account_engagement.errors import PardotError


@dataclass(frozen=True, slots=True)
class File:
    """A file of a form: the name of its part, and what it holds."""

    part: str
    content: bytes


async def json_body(request: Request) -> dict[str, Any]:
    """Read a body that must be a JSON object.

    Raises:
        PardotError: it's empty (152), of another type (151) or no JSON object (150).
    """
    if "json" not in request.headers.get("content-type", "application/json"):
        raise PardotError(151)
    raw = await request.body()
    if not raw.strip():
        raise PardotError(152)
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise PardotError(150) from error
    if not isinstance(found, dict):
        raise PardotError(150)
    return found


def fields_of(request: Request, *, required: bool) -> list[str]:
    """Read the parameter `fields`; where it isn't required, it may be missing.

    Raises:
        PardotError: it's required and missing (13).
    """
    names = [name.strip() for name in request.query_params.get("fields", "").split(",") if name.strip()]
    if required and not names:
        raise PardotError(13, "fields")
    return names


def names_of(value: object) -> list[str]:
    """Read the `fields` of an action's body.

    Raises:
        PardotError: they aren't a list of names (206).
    """
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise PardotError(206, "fields")
    return list(value)


async def files_of(request: Request) -> Sequence[File]:
    """Read the files of a multipart form.

    Raises:
        PardotError: it's no such form (151), or a broken one (158).
    """
    if "multipart/form-data" not in request.headers.get("content-type", ""):
        raise PardotError(151)
    try:
        async with request.form() as form:
            parts = [(name, value) for name, value in form.multi_items() if isinstance(value, UploadFile)]
            return [File(name, await value.read()) for name, value in parts]
    except MultiPartException as error:
        raise PardotError(158) from error
