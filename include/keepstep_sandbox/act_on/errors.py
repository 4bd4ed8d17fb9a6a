"""The error bodies of Act-On: one exception for each shape, and the codes of /api/1."""

from collections.abc import Mapping
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

# The vendor has more codes than it publishes; this one, ours, stands for every refusal whose own code isn't public.
UNPUBLISHED: Final = 10001


class WireError(Exception):
    """A refusal as it goes over the wire; subclasses are the shapes."""

    status: int

    def body(self) -> Mapping[str, object]:
        """Give the members of the JSON body."""
        raise NotImplementedError

    @property
    def headers(self) -> dict[str, str]:
        """Give the extra headers of the reply."""
        return {}


class ApiError(WireError):
    """A refusal of /api/1: {"errorCode", "message"}; a missing list or record is 400 here, not 404."""

    PUBLISHED: ClassVar[Mapping[int, tuple[int, str]]] = {
        10003: (400, "Input file missing"),
        10004: (400, "Invalid or missing list"),
        10008: (400, "Invalid contact"),
        10010: (400, "Invalid Column Specified"),
        10017: (400, "Invalid or expired Job Id"),
        10025: (400, "Invalid or missing merge destination list"),
        10030: (400, "Invalid or deleted message"),
        10054: (400, "Invalid ID"),
        10085: (403, "File type is not allowed"),
        10088: (400, "At least one specified merge column is missing from the uploaded file"),
        10089: (400, "Invalid drill-down verb"),
        10121: (422, "Required parameter is missing"),
        10160: (400, "The date period is invalid."),
        UNPUBLISHED: (400, "Invalid request"),
    }
    # The published example of an unknown column carries its code as text, the other examples as a number.
    AS_TEXT: ClassVar[frozenset[int]] = frozenset({10010})

    def __init__(self, code: int, message: str = "", *, status: int | None = None) -> None:
        usual_status, usual_message = self.PUBLISHED[code]
        self.code = code
        self.status = usual_status if status is None else status
        self.message = message or usual_message
        super().__init__(self.message)

    def body(self) -> Mapping[str, object]:
        """Give errorCode and message."""
        return {"errorCode": str(self.code) if self.code in self.AS_TEXT else self.code, "message": self.message}


class GatewayError(WireError):
    """A refusal before any of Act-On's code runs: {"httpCode", "httpMessage", "moreInformation"}, the code as text."""

    def __init__(self, status: int, message: str, more: str, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.message, self.more = status, message, more
        self._headers = dict(headers or {})
        super().__init__(message)

    def body(self) -> Mapping[str, object]:
        """Give the gateway's three members."""
        return {"httpCode": str(self.status), "httpMessage": self.message, "moreInformation": self.more}

    @property
    def headers(self) -> dict[str, str]:
        """Give the extra headers, such as Retry-After."""
        return self._headers


class TokenError(WireError):
    """A refusal of /token: {"error", "error_description"}."""

    def __init__(self, status: int, error: str, description: str) -> None:
        self.status, self.error, self.description = status, error, description
        super().__init__(error)

    def body(self) -> Mapping[str, object]:
        """Give the two members of an OAuth error."""
        return {"error": self.error, "error_description": self.description}


def to_response(error: WireError) -> Response:
    """Write a refusal as the reply that carries it."""
    return JSONResponse(error.body(), status_code=error.status, headers=error.headers)


async def refuse(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    """Answer a refusal raised by an endpoint."""
    if not isinstance(error, WireError):
        raise error
    return to_response(error)


async def unknown_path(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    """Answer a path that nobody serves, as the gateway does."""
    return to_response(GatewayError(404, "Not Found", "No resources match requested URI"))


async def wrong_method(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    """Answer a method that the path doesn't know, as the gateway does."""
    return to_response(GatewayError(405, "Method Not Allowed", "The method is not allowed for the requested URL"))
