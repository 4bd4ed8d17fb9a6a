"""The words beside an HTTP status: those that the real servers use, whatever Python this runs on."""

from http import HTTPStatus
from typing import Final

# RFC 9110 named these anew and so did Python 3.13; servers in the field have kept the names of before.
_KEPT: Final = {413: "Request Entity Too Large", 414: "Request-URI Too Long", 422: "Unprocessable Entity"}


def reason(status: int) -> str:
    """As in `HTTP/1.1 404 Not Found`. Raises ValueError: that is no status."""
    return _KEPT.get(status) or HTTPStatus(status).phrase
