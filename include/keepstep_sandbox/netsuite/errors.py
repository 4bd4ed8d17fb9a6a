"""The error bodies of SuiteTalk REST, and the one exception that carries them through the sandbox."""

from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from starlette.responses import Response

_RFC: Final = "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html"
_TITLES: Final = {
    400: ("Bad Request", "#sec10.4.1"),
    401: ("Unauthorized", ""),
    403: ("Forbidden", "#sec10.4.4"),
    404: ("Not Found", "#sec10.4.5"),
    405: ("Method Not Allowed", "#sec10.4.6"),
    409: ("Conflict", "#sec10.4.10"),
    429: ("Too Many Requests", ""),
    500: ("Internal Server Error", "#sec10.5.1"),
}
ERROR_MEDIA_TYPE: Final = "application/vnd.oracle.resource+json; type=error"


@dataclass(slots=True)
class NetSuiteError(Exception):
    """A refusal as NetSuite words it.

    Attributes:
        status: HTTP status.
        code: `o:errorCode`; empty where the real one gives none.
        detail: the sentence for people.
        pointer: one of `o:errorPath`, `o:urlPath`, `o:errorHeader`, `o:errorQueryParam` with its value, or nothing.
        title: if it differs from the status's own.
    """

    status: int
    code: str
    detail: str
    pointer: dict[str, str] = field(default_factory=dict)
    title: str = ""

    def body(self) -> dict[str, Any]:
        """Write the error body."""
        title, section = _TITLES.get(self.status, ("Error", ""))
        one = {"detail": self.detail, **({"o:errorCode": self.code} if self.code else {}), **self.pointer}
        return {"type": _RFC + section, "title": self.title or title, "status": self.status, "o:errorDetails": [one]}

    def response(self) -> Response:
        """Write the whole reply."""
        return Response(orjson.dumps(self.body()), self.status, media_type=ERROR_MEDIA_TYPE)


def invalid_content(detail: str, path: str) -> NetSuiteError:
    """Refuse a property's value; `path` is its place in the body."""
    return NetSuiteError(400, "INVALID_CONTENT", f"Error while accessing resource: {detail}", {"o:errorPath": path})


def user_error(detail: str) -> NetSuiteError:
    """Refuse by a business rule."""
    return NetSuiteError(400, "USER_ERROR", f"Error while accessing resource: {detail}")


def nonexistent_id() -> NetSuiteError:
    """Refuse an id that isn't there (or isn't any more)."""
    detail = "The record instance does not exist. Provide a valid record instance ID."
    return NetSuiteError(404, "NONEXISTENT_ID", detail, {"o:urlPath": "id"})


def invalid_login() -> NetSuiteError:
    """Refuse who asks; the reason stays on the server, as with the real one."""
    detail = "Invalid login attempt. For more details, see the Login Audit Trail in the NetSuite UI."
    return NetSuiteError(401, "INVALID_LOGIN", detail)


def insufficient_permission() -> NetSuiteError:
    """Refuse what the role may not do."""
    return NetSuiteError(403, "INSUFFICIENT_PERMISSION", "You do not have permissions to access this resource.")


def invalid_parameter(detail: str, name: str) -> NetSuiteError:
    """Refuse a parameter of the query string."""
    return NetSuiteError(400, "INVALID_PARAMETER", detail, {"o:errorQueryParam": name})


def invalid_request(detail: str, **pointer: str) -> NetSuiteError:
    """Refuse a request that is malformed as a whole."""
    return NetSuiteError(400, "INVALID_REQUEST", detail, dict(pointer))


def invalid_search(detail: str) -> NetSuiteError:
    """Refuse a SuiteQL text."""
    title = "Invalid search query. Detailed unprocessed description follows."
    return NetSuiteError(
        400, "INVALID_PARAMETER", f"Invalid search query. Search error occurred: {detail}", title=title
    )
