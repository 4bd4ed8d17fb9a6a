"""Puts the Dynamics 365 sandbox together."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from keepstep_sandbox.control import build_app
from keepstep_sandbox.dynamics.action_service import ActionService
from keepstep_sandbox.dynamics.admin_routes import Administrator
from keepstep_sandbox.dynamics.batch import Batch
from keepstep_sandbox.dynamics.documents import Documents
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import DynamicsError, no_such_segment, wrong_method
from keepstep_sandbox.dynamics.gate import Gate, Handler
from keepstep_sandbox.dynamics.keys import ROOT
from keepstep_sandbox.dynamics.limits import Protection
from keepstep_sandbox.dynamics.list_service import ListService
from keepstep_sandbox.dynamics.metadata_changes import MetadataChanges
from keepstep_sandbox.dynamics.metadata_service import MetadataService
from keepstep_sandbox.dynamics.multiple_service import MultipleService
from keepstep_sandbox.dynamics.people_routes import people_routes
from keepstep_sandbox.dynamics.property_service import PropertyService
from keepstep_sandbox.dynamics.query_service import QueryService
from keepstep_sandbox.dynamics.row_service import RowService
from keepstep_sandbox.dynamics.settings import DynamicsSettings
from keepstep_sandbox.dynamics.sign_in import CONFIGURATION_PATH, TOKEN_PATH, SignIn
from keepstep_sandbox.surroundings import Surroundings

Resource = tuple[str, str, Handler]  # method, path below the root, handler
_TYPE = "Microsoft.Dynamics.CRM."


def create_app(settings: DynamicsSettings) -> Starlette:
    """Make an environment with its people in it, and the application that serves it."""
    environment = Environment(settings, Surroundings.of(settings))
    protection = Protection(environment)
    gate = Gate(environment, protection)
    sign_in = SignIn(environment, gate)
    resources = [
        *_metadata(environment),
        *_actions(environment, gate, protection),
        *_rows(environment, gate, protection),
    ]
    inner = [(Route(ROOT + path, handler, methods=[method]), handler) for method, path, handler in resources]
    batch: Resource = ("POST", "/$batch", Batch(environment, inner).run)
    routes: list[BaseRoute] = [
        Route(TOKEN_PATH, sign_in.token, methods=["POST"]),
        Route(CONFIGURATION_PATH, sign_in.configuration, methods=["GET"]),
    ]
    for method, path, handler in [batch, *resources]:
        routes.append(Route(ROOT + path, gate.guarded(handler), methods=[method]))
    admin = Administrator(environment, sign_in, protection)
    handlers = {DynamicsError: _refusal, HTTPException: _unrouted}
    people = people_routes(environment, admin)
    return build_app(environment, routes, people, guard=protection.crowd, exception_handlers=handlers)


def _metadata(environment: Environment) -> list[Resource]:
    documents, metadata = Documents(environment), MetadataService(environment)
    table, column = "/EntityDefinitions({key})", "/EntityDefinitions({key})/Attributes({attribute})"
    return [
        ("GET", "", documents.service),
        ("GET", "/", documents.service),
        ("GET", "/$metadata", documents.metadata),
        ("GET", "/RetrieveMetadataChanges(Query=@p1)", MetadataChanges(environment).retrieve),
        ("GET", "/EntityDefinitions", metadata.tables),
        ("GET", table, metadata.table),
        ("GET", f"{table}/Keys", metadata.keys),
        ("GET", f"{table}/Attributes", metadata.attributes),
        ("GET", f"{table}/Attributes/{{cast}}", metadata.attributes),
        ("GET", column, metadata.attribute),
        ("GET", f"{column}/{{cast}}", metadata.attribute),
        ("GET", f"{column}/{{cast}}/{{name}}", metadata.choice),
    ]


def _actions(environment: Environment, gate: Gate, protection: Protection) -> list[Resource]:
    actions, lists = ActionService(environment, gate), ListService(environment, gate, protection)
    many = MultipleService(environment, gate, protection)
    row = "/{set}({key})"
    return [
        ("GET", "/WhoAmI", actions.who_am_i),
        ("GET", "/WhoAmI()", actions.who_am_i),
        ("POST", "/Merge", actions.merge),
        ("POST", "/AddListMembersList", lists.add_many),
        ("POST", f"/{{set}}/{_TYPE}CreateMultiple", many.create),
        ("POST", f"/{{set}}/{_TYPE}UpdateMultiple", many.update),
        ("POST", f"/{{set}}/{_TYPE}UpsertMultiple", many.upsert),
        ("POST", f"{row}/{_TYPE}QualifyLead", actions.qualify),
        ("POST", f"{row}/{_TYPE}AddMemberList", lists.add),
        ("POST", f"{row}/{_TYPE}RemoveMemberList", lists.remove),
    ]


def _rows(environment: Environment, gate: Gate, protection: Protection) -> list[Resource]:
    rows, query = RowService(environment, gate, protection), QueryService(environment, gate, protection)
    properties = PropertyService(environment, gate)
    row, name = "/{set}({key})", "/{set}({key})/{name}"
    return [
        ("GET", "/{set}/$count", query.count),
        ("GET", f"{name}/$ref", properties.reference),
        ("PUT", f"{name}/$ref", properties.link),
        ("DELETE", f"{name}/$ref", properties.unlink),
        ("GET", f"{name}/$value", properties.value),
        ("GET", name, properties.read),
        ("PUT", name, properties.write),
        ("DELETE", name, properties.clear),
        ("GET", row, rows.read),
        ("PATCH", row, rows.update),
        ("DELETE", row, rows.delete),
        ("GET", "/{set}", query.rows),
        ("POST", "/{set}", rows.create),
    ]


async def _refusal(_: Request, error: Exception) -> Response:
    if not isinstance(error, DynamicsError):
        raise error
    return error.response()


async def _unrouted(request: Request, error: Exception) -> Response:
    """Answer for paths and methods that don't exist, in Dataverse's own shape."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 405:
        return wrong_method(request.method).response()
    return no_such_segment(request.url.path.rpartition("/")[2]).response()
