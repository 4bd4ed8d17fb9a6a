"""Puts the SugarCRM sandbox together."""

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from keepstep_sandbox.control import build_app
from keepstep_sandbox.sugarcrm.people_routes import people_routes
from keepstep_sandbox.sugarcrm.querying import Querying
from keepstep_sandbox.sugarcrm.settings import SugarCrmSettings
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.v4_1.entry import legacy_routes
from keepstep_sandbox.sugarcrm.v11.bulk import Bulk
from keepstep_sandbox.sugarcrm.v11.calls import Handling
from keepstep_sandbox.sugarcrm.v11.gate import Gate
from keepstep_sandbox.sugarcrm.v11.link_service import LinkService
from keepstep_sandbox.sugarcrm.v11.listing import Listing
from keepstep_sandbox.sugarcrm.v11.metadata import Metadata
from keepstep_sandbox.sugarcrm.v11.record_service import RecordService
from keepstep_sandbox.sugarcrm.v11.sessions import Sessions
from keepstep_sandbox.sugarcrm.v11.sign_in import SignIn
from keepstep_sandbox.surroundings import Surroundings


def create_app(settings: SugarCrmSettings) -> Starlette:
    """Make a site with its people in it, and the application that serves both its protocols."""
    site = Site(settings, Surroundings.of(settings))
    querying = Querying(site)
    routes = [*_modern(site, querying), *legacy_routes(site, querying)]
    return build_app(site, routes, people_routes(site))


def _modern(site: Site, querying: Querying) -> list[BaseRoute]:
    sessions, metadata = Sessions(site), Metadata(site)
    gate = Gate(site, sessions, metadata)
    sign_in = SignIn(site, sessions)
    open_: list[Handling] = [("POST", "/oauth2/token", sign_in.token)]
    guarded: list[Handling] = [
        ("POST", "/oauth2/logout", sign_in.logout),
        ("POST", "/bulk", Bulk(site, gate).run),
        ("GET", "/metadata", metadata.metadata),
        ("GET", "/me", metadata.me),
        ("GET", "/ping", metadata.ping),
        *_keys(RecordService(site)),
        *_modules(site, querying),
    ]
    return gate.routes(open_, guarded)


def _keys(records: RecordService) -> list[Handling]:
    """Give what upserts by a key; these paths come before those of ids."""
    paths = ("/{module}/sync_key/{key}", "/integrate/{module}/{field}/{key}")
    handlers = (("GET", records.read_by_key), ("PATCH", records.upsert), ("DELETE", records.delete_by_key))
    found: list[Handling] = [(method, path, handler) for path in paths for method, handler in handlers]
    put = "/integrate/{module}/{id}/sync_key/{key}"
    return [*found, ("PATCH", put, records.set_key), ("PUT", put, records.set_key)]


def _modules(site: Site, querying: Querying) -> list[Handling]:
    """Give method, path and handler of what modules have; the more particular paths first."""
    records, listing, links = RecordService(site), Listing(site, querying), LinkService(site)
    return [
        ("GET", "/{module}", listing.list_records),
        ("POST", "/{module}", records.create),
        ("GET", "/{module}/count", listing.count),
        ("GET", "/{module}/filter", listing.list_records),
        ("POST", "/{module}/filter", listing.list_records),
        ("GET", "/{module}/filter/count", listing.count),
        ("POST", "/{module}/filter/count", listing.count),
        ("GET", "/{module}/{id}", records.read),
        ("PUT", "/{module}/{id}", records.update),
        ("DELETE", "/{module}/{id}", records.delete),
        ("POST", "/Leads/{id}/convert", records.convert),
        ("POST", "/{module}/{id}/link", links.relate_many),
        ("GET", "/{module}/{id}/link/{link}", listing.list_related),
        ("POST", "/{module}/{id}/link/{link}", links.create_related),
        ("GET", "/{module}/{id}/link/{link}/count", listing.count_related),
        ("GET", "/{module}/{id}/link/{link}/filter", listing.list_related),
        ("GET", "/{module}/{id}/link/{link}/filter/count", listing.count_related),
        ("POST", "/{module}/{id}/link/{link}/{remote}", links.relate),
        ("DELETE", "/{module}/{id}/link/{link}/{remote}", links.unrelate),
    ]
