"""airbyte-source-microsoft-dataverse against the sandbox of Dynamics 365, by its own command: check, discover, read."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from keepstep_sandbox import credentials
from tests.clients.airbyte import Airbyte, succeeded
from tests.clients.conftest import puppet
from tests.clients.puppet import Puppet, Refused
from tests.sandbox.dynamics.client import DynamicsClient

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="airbyte-source-microsoft-dataverse wants Python 3.11"
)

CONFIG = {
    "tenant_id": credentials.DYNAMICS_TENANT_ID,
    "client_id": credentials.DYNAMICS_CLIENT_ID,
    "client_secret_value": credentials.DYNAMICS_CLIENT_SECRET,
    "odata_maxpagesize": 2,
}
DELETED = "_ab_cdc_deleted_at"
TRIED = 1  # page that it asks for beforehand, to see whether there's anything


@pytest.fixture(scope="module")
def process() -> Iterator[Puppet]:
    with puppet("airbyte_dataverse") as client:
        yield client


@pytest.fixture
def airbyte(process: Puppet, environment: DynamicsClient, tmp_path: Path) -> Airbyte:
    process("sign_in", environment.url)
    return Airbyte(process, tmp_path, {**CONFIG, "url": environment.url})


@pytest.fixture
def leads(environment: DynamicsClient) -> list[str]:
    """Five leads that people made."""
    bodies = [{"lastname": f"Ode {n}", "companyname": "Acme"} for n in range(5)]
    return [environment.people("POST", "leads", body)["id"] for body in bodies]


def test_a_check_goes_well_with_the_right_secret_only(airbyte: Airbyte) -> None:
    assert succeeded(airbyte.run("check"))
    assert not succeeded(airbyte.but(client_secret_value="x").run("check"))


def test_each_table_is_a_stream_with_its_columns(airbyte: Airbyte) -> None:
    streams = airbyte.discover()
    assert {"lead", "contact", "account", "systemuser", "list"} <= streams.keys()
    lead, columns = streams["lead"], streams["lead"]["json_schema"]["properties"]
    assert lead["source_defined_primary_key"] == [["leadid"]]
    assert lead["supported_sync_modes"] == ["full_refresh", "incremental"]
    assert columns["new_act_on_score"] == {"type": ["null", "integer"]}
    assert columns["modifiedon"]["format"] == "date-time"
    assert "_parentaccountid_value" in columns


def test_a_table_is_read_to_its_end_and_then_only_its_changes_and_deletions(
    airbyte: Airbyte, environment: DynamicsClient, leads: list[str]
) -> None:
    first = airbyte.read("lead")
    assert sorted(one["leadid"] for one in first.records) == sorted(leads)
    assert environment.control("GET", "requests")["counts"]["GET /api/data/v9.2/{set}"] == TRIED + 3
    environment.people("PATCH", f"leads/{leads[0]}", {"jobtitle": "Poet"})
    environment.people("DELETE", f"leads/{leads[1]}")
    second = airbyte.read("lead", first.state)
    changed, deleted = second.records
    assert (changed["leadid"], changed["jobtitle"], changed.get(DELETED)) == (leads[0], "Poet", None)
    assert (deleted["leadid"], deleted[DELETED] is None) == (leads[1], False)
    assert airbyte.read("lead", second.state).records == []


def test_a_delta_token_that_is_too_old_fails_the_reading(
    airbyte: Airbyte, environment: DynamicsClient, leads: list[str]
) -> None:
    first = airbyte.read("lead")
    assert len(first.records) == len(leads)
    environment.people("DELETE", "delta-tokens")
    with pytest.raises(Refused, match="AirbyteTracedException"):
        airbyte.read("lead", first.state)


def test_a_full_refresh_follows_the_links_to_the_last_page(airbyte: Airbyte, leads: list[str]) -> None:
    told = airbyte.read("lead", mode="full_refresh")
    assert sorted(one["leadid"] for one in told.records) == sorted(leads)
    assert told.errors == []
