"""The error codes of Account Engagement, and the one exception that carries them through the sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson
from starlette.responses import Response

BAD_REQUEST: Final = 400
# code: (status if it isn't 400, message). The statuses of 66, 122, 184, 201, 202, 219 and 62 are only believed.
_CODES: Final[dict[int, tuple[int, str]]] = {
    3: (400, "Invalid prospect ID"),
    4: (400, "Invalid prospect email address"),
    5: (400, "Invalid query parameters"),
    7: (400, "Invalid timestamp"),
    9: (400, "A prospect with the specified email address already exists"),
    10: (400, "Invalid user ID"),
    13: (400, "One or more required parameters are missing"),
    16: (400, "Invalid ID"),
    19: (400, "Invalid value specified for orderBy"),
    21: (400, "Invalid value specified for offset"),
    23: (400, "Invalid value specified for limit"),
    27: (400, "Parameter deleted must be true, false or all"),
    29: (400, "Invalid value specified for score"),
    38: (400, "Invalid campaign ID"),
    39: (400, "Invalid profile ID"),
    49: (405, "Access Denied"),
    50: (400, "Invalid boolean"),
    54: (400, "Email address is already in use"),
    55: (400, "Invalid list ID"),
    56: (400, "Invalid number entered for field"),
    57: (400, "Invalid date entered for field"),
    58: (400, "That prospect is already a member of that list. Update the membership instead."),
    59: (400, "A CRM connector was detected"),
    60: (405, "Invalid HTTP request method"),
    61: (400, "Invalid prospect account id"),
    62: (409, "Conflicting Update"),
    66: (429, "You have exceeded your concurrent request limit. Please wait, before trying again"),
    77: (400, "Invalid prospect fid"),
    85: (400, "Unable to save the prospect"),
    108: (405, "This Asset cannot be deleted because it's being used in other places."),
    109: (404, "The requested record was not found."),
    122: (429, "Daily API rate limit met"),
    125: (400, "Cannot accept both userId and salesforceOwnerId."),
    128: (400, "Cannot create campaigns"),
    132: (404, "Prospect is archived"),
    133: (400, "Up to 2 sort by options are allowed."),
    135: (400, "When passing a comma-separated value, one of the two values must be id."),
    150: (400, "Input needs to be valid JSON"),
    151: (400, "Unsupported content-type"),
    152: (400, "Request body can't be empty"),
    153: (400, "Missing required property in request"),
    154: (400, "Invalid property in request"),
    155: (400, 'Can\'t update. Import must be in "Open" state.'),
    156: (400, "Can't start processing. Import has no associated data."),
    158: (400, "Uploading a file was unsuccessful"),
    159: (400, "The file is not in a valid CSV format"),
    160: (400, "The limit of batches per import has been reached"),
    161: (400, "The current state of the import does not allow the operation"),
    162: (400, "No file was specified or uploaded"),
    163: (400, "Too many files were specified or uploaded"),
    164: (400, "Daily limit of import batches has been reached"),
    165: (400, "column options is invalid"),
    174: (400, "Unknown procedure name."),
    175: (400, "Unknown procedure argument."),
    176: (400, "Missing required argument."),
    177: (400, "Invalid procedure argument."),
    178: (400, "The current state of the export does not allow the operation"),
    180: (400, "One or more of the specified fields are invalid"),
    181: (400, "A required header is missing"),
    182: (400, "Invalid header value"),
    183: (500, "An internal error occurred, please try your request again"),
    184: (401, "access_token is invalid, unknown, or malformed"),
    192: (404, "Object specified does not exist"),
    197: (400, "Import missing required field"),
    198: (404, "Endpoint not found"),
    201: (400, "Business Unit specified in Pardot-Business-Unit-Id header not found or inactive."),
    202: (429, "Minute rate limit met"),
    204: (400, "File size exceeds the max post size or the body message can't be empty"),
    205: (400, "Action name is either missing or incorrect"),
    206: (400, "Invalid action argument value"),
    207: (400, "Missing required action argument"),
    208: (400, "Unknown action argument"),
    209: (
        400,
        "Too many fields have filters: The max number of 3 distinct fields with filters was exceeded for this query.",
    ),
    210: (400, "Page token has expired."),
    211: (400, "Page token is invalid."),
    219: (400, "Deleted records can't be updated. Please undelete before updating."),
    224: (400, "Invalid fields for request type"),
    227: (400, "Mismatched CSV headers and field options"),
    231: (400, "Maximum file size has to be at least 10,000,000 bytes"),
    232: (400, "Maximum file size cannot exceed 200 MB"),
    245: (400, "The supplied name is already in use."),
}


@dataclass(slots=True)
class PardotError(Exception):
    """A refusal as Account Engagement words it.

    Attributes:
        code: what a client branches on; the HTTP status says little.
        detail: what is added to the code's message, the name of a field.
        headers: a warning, where the reply has one.
    """

    code: int
    detail: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence for people."""
        _, message = _CODES.get(self.code, (BAD_REQUEST, "The request was refused"))
        return f"{message}: {self.detail}" if self.detail else message

    def status(self, statuses: Mapping[str, int]) -> int:
        """Give the HTTP status, by the settings or as believed."""
        return statuses.get(str(self.code), _CODES.get(self.code, (BAD_REQUEST, ""))[0])

    def body(self) -> bytes:
        """Write the body: an object, unlike Salesforce's list."""
        return orjson.dumps({"code": self.code, "message": self.message})

    def response(self, statuses: Mapping[str, int]) -> Response:
        """Write the refusal as a whole answer."""
        return Response(self.body(), self.status(statuses), dict(self.headers), "application/json")
