"""The error bodies of the Dataverse Web API, and the one exception that carries them through the sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.responses import Response


@dataclass(slots=True)
class DynamicsError(Exception):
    """A refusal as Dataverse words it.

    Attributes:
        status: HTTP status.
        code: `0x80040217`; may be empty, as some of Microsoft's own examples have it.
        message: the sentence for people.
        headers: what else the answer's head says.
    """

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Write the refusal as JSON has it."""
        return {"error": {"code": self.code, "message": self.message}}

    def response(self) -> Response:
        """Write the refusal as a whole answer."""
        headers = {"OData-Version": "4.0", **self.headers}
        media = "application/json; odata.metadata=minimal"
        return Response(orjson.dumps(self.body()), self.status, headers=headers, media_type=media)


def bad_query(message: str) -> DynamicsError:
    """Refuse a query option or a path."""
    return DynamicsError(400, "0x80060888", message)


def bad_payload(message: str) -> DynamicsError:
    """Refuse a body that doesn't fit the table."""
    return DynamicsError(400, "0x80048d19", f"Error identified in Payload provided by the user: {message}")


def invalid_argument(message: str) -> DynamicsError:
    """Refuse an operation's parameters or its time."""
    return DynamicsError(400, "0x80040203", message)


def no_such_row(table: str, row_id: str) -> DynamicsError:
    """Refuse what isn't there."""
    return DynamicsError(404, "0x80040217", f"Entity '{table}' With Id = {row_id} Does Not Exist")


def no_such_key() -> DynamicsError:
    """Refuse an alternate key's value that no row has."""
    return DynamicsError(404, "0x80060891", "A record with the specified key values does not exist.")


def no_such_segment(segment: str) -> DynamicsError:
    """Refuse a path."""
    return DynamicsError(404, "0x8006088a", f"Resource not found for the segment '{segment}'.")


def no_such_property(name: str, kind: str) -> DynamicsError:
    """Refuse a name in a query."""
    message = f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{kind}'."
    return bad_query(message)


def wrong_method(method: str) -> DynamicsError:
    """Refuse a method that the resource doesn't know."""
    message = f"The requested resource does not support http method '{method}'."
    return DynamicsError(405, "0x80060888", message)


def version_mismatch() -> DynamicsError:
    """Refuse a write under an ETag that isn't the row's any more."""
    message = "The version of the existing record doesn't match the RowVersion property provided."
    return DynamicsError(412, "0x80060882", message)


def exists_already() -> DynamicsError:
    """Refuse to create what is there."""
    return DynamicsError(412, "0x80040237", "A record with matching key values already exists.")


def missing_privilege(user: str, privilege: str) -> DynamicsError:
    """Refuse who may not."""
    message = f"Principal user (Id={user}, type=8) is missing {privilege} privilege."
    return DynamicsError(403, "0x80040220", message)


def expired_delta_token() -> DynamicsError:
    """Refuse a delta token that is too old."""
    message = "Version stamp associated with the client has expired. Please perform a full sync."
    return DynamicsError(400, "0x80044352", message)
