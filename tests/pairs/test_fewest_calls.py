"""Ten thousand changed records cost each CRM as few calls as its API allows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

import pytest

from keepstep.connectors.base import Connector, ReadQuery
from keepstep.core.model import Applied, Kind, OperationId, Record, Write
from keepstep_sandbox import dynamics, netsuite, salesforce, sugarcrm
from keepstep_sandbox.server import SandboxServer
from tests.pairs.crms import CRMS

CHANGED: Final = 10_000
APPS: Final = {
    "netsuite": lambda size: netsuite.create_app(netsuite.NetSuiteSettings(size=size)),
    "dynamics": lambda size: dynamics.create_app(dynamics.DynamicsSettings(size=size)),
    "salesforce": lambda size: salesforce.create_app(salesforce.SalesforceSettings(size=size)),
    "sugarcrm": lambda size: sugarcrm.create_app(sugarcrm.SugarCrmSettings(size=size)),
}
# CRM -> records, calls for them, and why there are no fewer.
FEWEST: Final = {
    "netsuite": (1_000, 1_000, "REST writes one record a call: shown for a tenth"),
    "dynamics": (CHANGED, 10, "UpdateMultiple, 1,000 rows a call"),
    "salesforce": (CHANGED, 5, "one Bulk 2.0 ingest job: made, sent, closed, asked twice; nobody failed: no results"),
    "sugarcrm": (CHANGED, 100, "/bulk, 100 calls a call"),
    "sugarcrm_v4_1": (CHANGED, 200, "set_entries, 100 rows a call, each read back: it claims what it doesn't store"),
}


def contacts(connector: Connector, many: int) -> list[Record]:
    """So many of those who are there."""

    def told() -> Iterator[Record]:
        for page in connector.read(ReadQuery("contact")):
            yield from page.records

    return list(islice(told(), many))


@pytest.mark.slow
@pytest.mark.parametrize("name", FEWEST)
def test_ten_thousand_changed_scores_cost_the_fewest_calls_there_can_be(name: str) -> None:
    crm, (many, calls, _) = CRMS[name], FEWEST[name]
    with SandboxServer(APPS[crm.system](2 * many)) as server:
        connector = crm(server.url).connector()
        people = contacts(connector, many)
        assert len(people) == many
        writes = [
            Write(OperationId(f"op{n}"), Kind.UPDATE, "contact", {crm.score: 7 + n % 90}, record_id=one.id)
            for n, one in enumerate(people)
        ]
        connector.schema(["contact"])
        before = connector.usage.calls
        outcomes = list(connector.apply(writes))
        connector.close()

    assert sum(isinstance(one, Applied) for one in outcomes) == many
    assert connector.usage.calls - before == calls
