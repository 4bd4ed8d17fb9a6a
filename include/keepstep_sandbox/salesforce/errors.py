"""The error bodies of Salesforce REST, and the one exception that carries them through the sandbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.responses import Response

ROLLED_BACK = "Record rolled back because not all records were valid and the request was using AllOrNone header"


@dataclass(slots=True)
class SalesforceError(Exception):
    """A refusal as Salesforce words it.

    Attributes:
        status: HTTP status where the refusal is the whole answer.
        code: `errorCode` there, `statusCode` in the result of one record.
        message: the sentence for people.
        fields: the fields it is about; None leaves them out of a whole answer.
        extra: what else the whole answer holds, the matches of a duplicate rule.
    """

    status: int
    code: str
    message: str
    fields: Sequence[str] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def response(self) -> Response:
        """Write the refusal as a whole answer: a list, even though it holds one."""
        one = {**self.extra, "message": self.message, "errorCode": self.code}
        if self.fields is not None:
            one["fields"] = list(self.fields)
        return Response(orjson.dumps([one]), self.status, media_type="application/json")

    def result(self) -> dict[str, Any]:
        """Write the refusal as the result of one record within a call that went well; it has no id."""
        error = {**self.extra, "statusCode": self.code, "message": self.message, "fields": list(self.fields or ())}
        return {"success": False, "errors": [error]}

    def text(self) -> str:
        """Write the refusal as the `sf__Error` of a bulk job's row: `CODE:message:fields --`."""
        return f"{self.code}:{self.message}:{', '.join(self.fields or ())} --"


def refuse(code: str, message: str, *fields: str) -> SalesforceError:
    """Refuse a value or an operation."""
    return SalesforceError(400, code, message, fields)


def bad_request(code: str, message: str) -> SalesforceError:
    """Refuse a request as a whole."""
    return SalesforceError(400, code, message)


def is_deleted() -> SalesforceError:
    """Refuse a record in the recycle bin."""
    return SalesforceError(404, "ENTITY_IS_DELETED", "entity is deleted", ())


def not_found() -> SalesforceError:
    """Refuse to read what isn't there."""
    return SalesforceError(404, "NOT_FOUND", "The requested resource does not exist")


def invalid_cross_reference() -> SalesforceError:
    """Refuse to write to what isn't there."""
    return SalesforceError(404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ())


def no_such_field(name: str, kind: str) -> SalesforceError:
    """Refuse a field that the object hasn't, or that isn't seen."""
    return bad_request("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind}")


def no_such_object(name: str) -> SalesforceError:
    """Refuse an object that the org hasn't."""
    return bad_request(
        "INVALID_TYPE",
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append "
        "the '__c' after the entity name.",
    )


def invalid_session() -> SalesforceError:
    """Refuse who asks."""
    return SalesforceError(401, "INVALID_SESSION_ID", "Session expired or invalid")


def malformed_query(message: str) -> SalesforceError:
    """Refuse a SOQL text."""
    return bad_request("MALFORMED_QUERY", message)
