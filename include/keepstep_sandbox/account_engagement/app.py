"""Puts the Account Engagement sandbox together."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from keepstep_sandbox.account_engagement.errors import PardotError
from keepstep_sandbox.account_engagement.exports import Exports
from keepstep_sandbox.account_engagement.gate import TOKEN_PATH, Gate, Handler
from keepstep_sandbox.account_engagement.imports import Imports
from keepstep_sandbox.account_engagement.object_service import ObjectService
from keepstep_sandbox.account_engagement.people_routes import people_routes
from keepstep_sandbox.account_engagement.query_service import QueryService
from keepstep_sandbox.account_engagement.settings import AccountEngagementSettings
from keepstep_sandbox.account_engagement.sign_in import SignIn
from keepstep_sandbox.account_engagement.unit import BusinessUnit
from keepstep_sandbox.control import build_app
from keepstep_sandbox.surroundings import Surroundings

ROOT = "/api/v5"


def create_app(settings: AccountEngagementSettings) -> Starlette:
    """Make a business unit with its people in it, and the application that serves it."""
    unit = BusinessUnit(settings, Surroundings.of(settings))
    gate = Gate(unit)
    routes: list[BaseRoute] = [Route(TOKEN_PATH, SignIn(unit, gate).token, methods=["POST"])]
    for method, path, handler in _resources(unit):
        routes.append(Route(ROOT + path, gate.guarded(handler), methods=[method]))

    async def refusal(_: Request, error: Exception) -> Response:
        """Answer for paths and methods that don't exist, in Account Engagement's own shape."""
        if not isinstance(error, HTTPException):
            raise error
        return PardotError(60 if error.status_code == 405 else 198).response(unit.settings.statuses)

    return build_app(
        unit, routes, people_routes(unit), guard=gate.crowd, exception_handlers={HTTPException: refusal}
    )  # fmt: skip


def _resources(unit: BusinessUnit) -> list[tuple[str, str, Handler]]:
    """Give method, path and handler of all that lies below the version; the more particular paths first."""
    queries, objects, imports, exports = QueryService(unit), ObjectService(unit), Imports(unit), Exports(unit)
    return [
        ("POST", "/objects/{kind}/do/{action}", objects.action),
        ("GET", "/objects/{kind}", queries.query),
        ("POST", "/objects/{kind}", objects.create),
        ("GET", "/objects/{kind}/{id}", queries.read),
        ("PATCH", "/objects/{kind}/{id}", objects.update),
        ("DELETE", "/objects/{kind}/{id}", objects.delete),
        ("POST", "/imports", imports.create),
        ("GET", "/imports/{id}", imports.read),
        ("PATCH", "/imports/{id}", imports.update),
        ("GET", "/imports/{id}/errors", imports.errors),
        ("POST", "/imports/{id}/{tail}", imports.add_batch),
        ("POST", "/exports", exports.create),
        ("GET", "/exports/{id}", exports.read),
        ("GET", "/exports/{id}/results/{number}", exports.results),
    ]
