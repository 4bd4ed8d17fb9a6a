"""The application: POST /token, /api/1, and the control API around them."""

from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from keepstep_sandbox.act_on.bodies import upload_of
from keepstep_sandbox.act_on.errors import WireError, refuse, unknown_path, wrong_method
from keepstep_sandbox.act_on.lists import ListEndpoints
from keepstep_sandbox.act_on.people import People
from keepstep_sandbox.act_on.records import RecordEndpoints
from keepstep_sandbox.act_on.reports import ReportEndpoints
from keepstep_sandbox.act_on.settings import ActOnSettings
from keepstep_sandbox.act_on.suppressed import SuppressionEndpoints
from keepstep_sandbox.act_on.system import ActOn
from keepstep_sandbox.act_on.uploads import UploadEndpoints
from keepstep_sandbox.control import build_app

HANDLERS: Final[dict[Any, Any]] = {WireError: refuse, 404: unknown_path, 405: wrong_method}


def create_app(settings: ActOnSettings | None = None) -> Starlette:
    """Make the application with an account of its own."""
    system = ActOn(settings or ActOnSettings())

    async def token(request: Request) -> Response:
        return JSONResponse(system.account().tokens.grant((await upload_of(request)).fields))

    # The order counts: /list/optout and its like must be met before /list/{list_id}.
    routes = [
        Route("/token", token, methods=["POST"]),
        *SuppressionEndpoints(system.account).routes(),
        *UploadEndpoints(system.account).routes(),
        *ListEndpoints(system.account).routes(),
        *RecordEndpoints(system.account).routes(),
        *ReportEndpoints(system.account).routes(),
    ]
    return build_app(system, routes, People(system.account).routes(), exception_handlers=HANDLERS)
