"""Puts the Salesforce sandbox together."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from keepstep_sandbox.control import build_app
from keepstep_sandbox.salesforce.admin_routes import Administrator
from keepstep_sandbox.salesforce.bulk_ingest import BulkIngest
from keepstep_sandbox.salesforce.bulk_query import BulkQuery
from keepstep_sandbox.salesforce.collection_service import Collections
from keepstep_sandbox.salesforce.composite import Composite
from keepstep_sandbox.salesforce.errors import SalesforceError
from keepstep_sandbox.salesforce.gate import Gate, Handler
from keepstep_sandbox.salesforce.limits import Limits
from keepstep_sandbox.salesforce.org import Org
from keepstep_sandbox.salesforce.people_routes import people_routes
from keepstep_sandbox.salesforce.query_service import QueryService
from keepstep_sandbox.salesforce.record_service import RecordService
from keepstep_sandbox.salesforce.replication import Replication
from keepstep_sandbox.salesforce.settings import SalesforceSettings
from keepstep_sandbox.salesforce.sign_in import REVOKE_PATH, TOKEN_PATH, SignIn
from keepstep_sandbox.surroundings import Surroundings

ROOT = "/services/data/v{version}.0"
SOAP_PATH = "/services/Soap/u/{version}"


def create_app(settings: SalesforceSettings) -> Starlette:
    """Make an org with its people in it, and the application that serves it."""
    org = Org(settings, Surroundings.of(settings))
    gate = Gate(org)
    sign_in, limits, ingest, query = SignIn(org, gate), Limits(org), BulkIngest(org, gate), QueryService(org)
    routes: list[BaseRoute] = [
        Route(TOKEN_PATH, sign_in.token, methods=["POST"]),
        Route(REVOKE_PATH, sign_in.revoke, methods=["POST"]),
        Route(SOAP_PATH, sign_in.soap, methods=["POST"]),
        Route("/services/data", limits.versions, methods=["GET"]),
        Route("/services/data/", limits.versions, methods=["GET"]),
    ]
    resources = _resources(org, gate, limits, ingest, query)
    inner = [(Route(ROOT + path, handler, methods=[method]), handler) for method, path, handler in resources]
    for method, path, handler in [*resources, ("POST", "/composite", Composite(org, inner).run)]:
        # simple-salesforce ends its paths with a slash, jsforce doesn't: the real one takes both.
        routes += [Route(ROOT + path + end, gate.guarded(handler), methods=[method]) for end in ("", "/")]
    admin = Administrator(org, sign_in, query, ingest)
    handlers = {SalesforceError: _refusal, HTTPException: _unrouted}
    return build_app(org, routes, people_routes(org, admin), guard=gate.crowd, exception_handlers=handlers)


def _resources(
    org: Org, gate: Gate, limits: Limits, ingest: BulkIngest, query: QueryService
) -> list[tuple[str, str, Handler]]:
    """Give method, path and handler of all that lies below a version; the more particular paths first."""
    records, bulk_query = RecordService(org, gate), BulkQuery(org)
    replication, many = Replication(org, records), Collections(org, gate, records)
    return [
        ("GET", "", limits.resources),
        ("GET", "/limits", limits.limits),
        ("GET", "/query", query.query),
        ("GET", "/queryAll", query.query_all),
        ("GET", "/query/{cursor}", query.more),
        ("GET", "/queryAll/{cursor}", query.more),
        ("POST", "/composite/sobjects", many.create),
        ("PATCH", "/composite/sobjects", many.update),
        ("DELETE", "/composite/sobjects", many.delete),
        ("GET", "/composite/sobjects/{kind}", many.retrieve),
        ("POST", "/composite/sobjects/{kind}", many.retrieve),
        ("PATCH", "/composite/sobjects/{kind}/{field}", many.upsert),
        ("GET", "/sobjects", records.objects),
        ("GET", "/sobjects/{kind}", records.basic),
        ("POST", "/sobjects/{kind}", records.create),
        ("GET", "/sobjects/{kind}/describe", records.describe),
        ("GET", "/sobjects/{kind}/deleted", replication.deleted),
        ("GET", "/sobjects/{kind}/updated", replication.updated),
        ("GET", "/sobjects/{kind}/{id}", records.read),
        ("PATCH", "/sobjects/{kind}/{id}", records.update),
        ("DELETE", "/sobjects/{kind}/{id}", records.delete),
        ("GET", "/sobjects/{kind}/{field}/{value:path}", records.by_external_id),
        ("PATCH", "/sobjects/{kind}/{field}/{value:path}", records.upsert),
        ("DELETE", "/sobjects/{kind}/{field}/{value:path}", records.delete_by_external_id),
        ("GET", "/jobs/query", bulk_query.jobs),
        ("POST", "/jobs/query", bulk_query.create),
        ("GET", "/jobs/query/{job}", bulk_query.job),
        ("PATCH", "/jobs/query/{job}", bulk_query.abort),
        ("DELETE", "/jobs/query/{job}", bulk_query.delete),
        ("GET", "/jobs/query/{job}/results", bulk_query.results),
        ("GET", "/jobs/ingest", ingest.jobs),
        ("POST", "/jobs/ingest", ingest.create),
        ("GET", "/jobs/ingest/{job}", ingest.job),
        ("PATCH", "/jobs/ingest/{job}", ingest.close),
        ("DELETE", "/jobs/ingest/{job}", ingest.delete),
        ("PUT", "/jobs/ingest/{job}/batches", ingest.upload),
        ("GET", "/jobs/ingest/{job}/{which}", ingest.results),
    ]


async def _refusal(_: Request, error: Exception) -> Response:
    if not isinstance(error, SalesforceError):
        raise error
    return error.response()


async def _unrouted(_: Request, error: Exception) -> Response:
    """Answer for paths and methods that don't exist, in Salesforce's own shape."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 405:
        message = "HTTP Method not allowed. Allowed are those of the resource."
        return SalesforceError(405, "METHOD_NOT_ALLOWED", message).response()
    return SalesforceError(error.status_code, "NOT_FOUND", "The requested resource does not exist").response()
