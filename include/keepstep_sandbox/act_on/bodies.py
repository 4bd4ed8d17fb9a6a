"""The bodies of requests: forms with files, records, named values."""

import json
from dataclasses import dataclass

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from keepstep_sandbox.act_on.errors import UNPUBLISHED, ApiError


@dataclass(frozen=True, slots=True)
class Upload:
    """A form: its text fields, and the file if one came along."""

    fields: dict[str, str]
    filename: str
    data: bytes | None


async def upload_of(request: Request) -> Upload:
    """Read a form, multipart or URL-encoded; of a field that comes twice, the last counts."""
    async with request.form() as form:
        file = form.get("file")
        fields = dict(_texts(form))
        if isinstance(file, UploadFile):
            return Upload(fields, file.filename or "", await file.read())
        return Upload(fields, "", None)


async def record_body(request: Request) -> dict[str, str]:
    """Read a record's values: a JSON object, keyed by heading or system name; null is a blank.

    Raises:
        ApiError: something else.
    """
    return {name: _text(value) for name, value in _object(await request.body()).items()}


async def named_values(request: Request) -> list[tuple[str, str]]:
    """Read a form, or a JSON object in which a value may be a list; query parameters count as well."""
    pairs = list(request.query_params.multi_items())
    if not request.headers.get("Content-Type", "").startswith("application/json"):
        async with request.form() as form:
            return pairs + _texts(form)
    for name, value in _object(await request.body()).items():
        pairs += [(name, _text(each)) for each in (value if isinstance(value, list) else [value])]
    return pairs


def _object(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        raise ApiError(UNPUBLISHED, "The body is not JSON") from None
    if not isinstance(found, dict):
        raise ApiError(UNPUBLISHED, "The body is not a JSON object")
    return found


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            raise ApiError(UNPUBLISHED, "A value is neither text nor number")


def _texts(form: FormData) -> list[tuple[str, str]]:
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
