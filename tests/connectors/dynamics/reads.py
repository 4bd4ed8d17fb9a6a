"""What tests of reads share: a read with its calls, and rows that are gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keepstep.connectors.base import Cursor, FetchBy, Page, ReadQuery
from keepstep.core.model import Deletion
from tests.connectors.dynamics.organization import (
    Organization,
    Row,
    calls,
    connected,
    lead,
    row_id,
)
from tests.connectors.stub import Answer

LEADS = ReadQuery("lead", ("companyname", "new_score"))
LOGICAL = "Microsoft.Dynamics.CRM.lookuplogicalname"


def listed(org: Organization, query: ReadQuery = LEADS, **options: Any) -> tuple[list[Page], list[str]]:
    with connected(org, **options) as (connector, server):
        return list(connector.read(query)), calls(server)


def changed(
    org: Organization, cursor: Cursor, query: ReadQuery = LEADS, **options: Any
) -> tuple[list[Page], list[str]]:
    with connected(org, **options) as (connector, server):
        return list(connector.read(query, cursor)), calls(server)


def watermark(org: Organization, **options: Any) -> Mapping[str, Any]:
    cursor = listed(org, **options)[0][-1].cursor
    assert cursor is not None
    return cursor


def ids(pages: list[Page]) -> list[str]:
    return [record.id for page in pages for record in page.records]


def deletions(pages: list[Page]) -> list[Deletion]:
    return [deletion for page in pages for deletion in page.deletions]


def merged(number: int, into: int) -> Row:
    return lead(number, merged=True, statecode=2, _masterid_value=row_id(into))


def deleted(number: int) -> Row:
    context = "http://x/api/data/v9.2/$metadata#leads/$deletedEntity"
    return {"@odata.context": context, "id": row_id(number), "reason": "deleted"}


def one_time(path: str, *answers: Answer) -> Any:
    left = list(answers)
    return lambda call: left.pop(0) if left and path in call.path else None


def fetched(org: Organization, query: ReadQuery, by: FetchBy, *keys: str) -> tuple[list[str], list[str]]:
    with connected(org) as (connector, server):
        return [record.id for record in connector.fetch(query, by, keys)], calls(server)
