"""Puts the NetSuite sandbox together."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from keepstep_sandbox.control import build_app
from keepstep_sandbox.netsuite.account import Account
from keepstep_sandbox.netsuite.errors import NetSuiteError
from keepstep_sandbox.netsuite.gate import Gate
from keepstep_sandbox.netsuite.jobs import JOB_PATH, Jobs
from keepstep_sandbox.netsuite.metadata import Metadata
from keepstep_sandbox.netsuite.oauth2 import TOKEN_PATH, OAuth2
from keepstep_sandbox.netsuite.people_routes import people_routes
from keepstep_sandbox.netsuite.record_service import RecordService
from keepstep_sandbox.netsuite.settings import NetSuiteSettings
from keepstep_sandbox.netsuite.suiteql_service import SuiteQlService
from keepstep_sandbox.surroundings import Surroundings

SUITEQL_PATH = "/services/rest/query/v1/suiteql"
GOVERNANCE_PATH = "/services/rest/system/v1/governanceLimits"


def create_app(settings: NetSuiteSettings, *, key_path: Path | None = None) -> Starlette:
    """Make a NetSuite account with its people in it, and the application that serves it.

    Args:
        settings: of the account.
        key_path: where to write the private key of the default OAuth 2.0 client; nowhere if None.
    """
    account = Account(settings, Surroundings.of(settings))
    gate = Gate(account, OAuth2(key_path))
    jobs = Jobs(account, gate)
    account.on_reset.append(jobs.clear)
    routes: list[BaseRoute] = [
        Route(TOKEN_PATH, gate.token, methods=["POST"]),
        Route(SUITEQL_PATH, SuiteQlService(account, gate).query, methods=["POST"]),
        Route(GOVERNANCE_PATH, Metadata(account, gate).governance_limits, methods=["GET"]),
        Route(f"{JOB_PATH}/{{job}}", jobs.job, methods=["GET"]),
        Route(f"{JOB_PATH}/{{job}}/task", jobs.tasks, methods=["GET"]),
        Route(f"{JOB_PATH}/{{job}}/task/", jobs.tasks, methods=["GET"]),
        Route(f"{JOB_PATH}/{{job}}/task/{{task}}", jobs.task, methods=["GET"]),
        Route(f"{JOB_PATH}/{{job}}/task/{{task}}/result", jobs.result, methods=["GET"]),
        *RecordService(account, gate, jobs).routes(),
    ]
    handlers = {NetSuiteError: _refusal, HTTPException: _unrouted}
    return build_app(
        account, routes, people_routes(account, gate.oauth2), guard=gate.crowd, exception_handlers=handlers
    )


async def _refusal(_: Request, error: Exception) -> Response:
    if not isinstance(error, NetSuiteError):
        raise error
    return error.response()


async def _unrouted(_: Request, error: Exception) -> Response:
    """Answer for paths and methods that don't exist, in NetSuite's own shape."""
    if not isinstance(error, HTTPException):
        raise error
    return NetSuiteError(error.status_code, "INVALID_REQUEST", "The URL or the method isn't known.").response()
