"""The refusals that both protocols meet, each in its own words later."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

# Sugar Developer Guide, "REST API exceptions": label -> HTTP status.
STATUSES: Final = {
    "incorrect_version": 301,
    "need_login": 401,
    "invalid_grant": 401,
    "not_authorized": 403,
    "inactive_portal_user": 403,
    "portal_not_configured": 403,
    "no_method": 404,
    "not_found": 404,
    "edit_conflict": 409,
    "metadata_out_of_date": 412,
    "request_too_large": 413,
    "missing_parameter": 422,
    "invalid_parameter": 422,
    "request_failure": 424,
    "fatal_error": 500,
    "maintenance": 503,
}
LOCKED: Final = "fatal_error"  # what a row that somebody else's transaction holds comes to


@dataclass(slots=True)
class SugarError(Exception):
    """A refusal as v11 words it: `label` is `error`, `message` is `error_message`, `extra` stands beside them."""

    label: str
    message: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    status: int = 0

    def __post_init__(self) -> None:
        """Look the status up; a label of the customer's own logic is a refused value."""
        self.status = self.status or STATUSES.get(self.label, 422)

    def body(self) -> dict[str, Any]:
        """Write the refusal."""
        return {"error": self.label, "error_message": self.message, **self.extra}


def no_record(module: str, record_id: str) -> SugarError:
    """Refuse what isn't there, or is deleted."""
    return SugarError("not_found", f"Could not find record: {record_id} in module: {module}")


def invalid(message: str) -> SugarError:
    """Refuse a value."""
    return SugarError("invalid_parameter", message)


def missing(name: str) -> SugarError:
    """Refuse a call without something that it needs."""
    return SugarError("missing_parameter", f"Missing parameter: {name}")
