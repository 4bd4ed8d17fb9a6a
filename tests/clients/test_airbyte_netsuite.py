"""airbyte-source-netsuite against the sandbox of NetSuite, by its own command: check, discover, read."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keepstep_sandbox import credentials
from tests.clients.airbyte import Airbyte, succeeded
from tests.clients.conftest import puppet
from tests.clients.puppet import Puppet
from tests.sandbox.netsuite_client import NetSuiteClient

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 12), reason="airbyte-source-netsuite wants Python 3.11")

CONFIG = {
    "realm": credentials.NETSUITE_ACCOUNT,
    "consumer_key": credentials.NETSUITE_CONSUMER_KEY,
    "consumer_secret": credentials.NETSUITE_CONSUMER_SECRET,
    "token_key": credentials.NETSUITE_TOKEN_ID,
    "token_secret": credentials.NETSUITE_TOKEN_SECRET,
    "object_types": ["customer", "contact"],
    "window_in_days": 30,
}
HOUR = 3600
TRIED = 1  # page and record that it asks for beforehand, to see whether there's anything


@pytest.fixture(scope="module")
def process() -> Iterator[Puppet]:
    with puppet("airbyte_netsuite") as client:
        yield client


@pytest.fixture
def airbyte(process: Puppet, account: NetSuiteClient, tmp_path: Path) -> Airbyte:
    process("sign_in", account.url)
    start = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Airbyte(process, tmp_path, {**CONFIG, "start_datetime": start})


def companies(account: NetSuiteClient, hours_ago: int, *names: str) -> list[str]:
    """Let people have made customers some hours ago."""
    account.control("POST", "weather", {"kind": "clock_skew", "seconds": -hours_ago * HOUR})
    made = [str(account.control("POST", "netsuite/customers", {"companyName": name})["id"]) for name in names]
    account.control("DELETE", "weather")
    return made


def test_a_check_goes_well_with_the_right_secret_only(airbyte: Airbyte) -> None:
    assert succeeded(airbyte.run("check"))
    assert not succeeded(airbyte.but(token_secret="x").run("check"))


def test_each_record_type_is_a_stream_with_its_fields(airbyte: Airbyte) -> None:
    streams = airbyte.discover()
    assert streams.keys() == {"customer", "contact"}
    contact = streams["contact"]
    assert contact["default_cursor_field"] == ["lastModifiedDate"]
    assert contact["json_schema"]["properties"]["email"]["type"] == ["null", "string"]
    assert set(airbyte.but(object_types=[]).discover()) >= {"customer", "contact", "employee"}


def test_records_are_read_and_next_time_only_what_changed_the_same_day_too(
    airbyte: Airbyte, account: NetSuiteClient
) -> None:
    ids = companies(account, 1, "Acme", "Beta", "Gamma")
    first = airbyte.read("customer")
    assert [one["id"] for one in first.records] == ids
    assert first.records[0]["companyName"] == "Acme"
    account.control("PATCH", f"netsuite/customers/{ids[0]}", {"email": "info@acme.example"})
    account.control("DELETE", f"netsuite/customers/{ids[1]}")
    told = {one["id"]: one.get("email") for one in airbyte.read("customer", first.state).records}
    assert told == {ids[0]: "info@acme.example", ids[2]: None}  # it takes the last moment again, and knows no deletions


def test_a_list_of_several_pages_is_read_to_its_end(airbyte: Airbyte, account: NetSuiteClient) -> None:
    ids = companies(account, 1, *(f"Acme {n}" for n in range(5)))
    account.control("PUT", "netsuite/settings", {"default_limit": 2})
    assert [one["id"] for one in airbyte.read("customer").records] == ids
    counts = account.control("GET", "requests")["counts"]
    assert counts["GET /services/rest/record/v1/{record}"] == TRIED + 3
    assert counts["GET /services/rest/record/v1/{record}/{key}"] == TRIED + 5


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
@pytest.mark.parametrize("date_format", ["DD/MM/YYYY", "YYYY-MM-DD", "MM/DD/YYYY"])
def test_it_finds_the_account_s_date_format_by_what_it_is_refused(
    airbyte: Airbyte, account: NetSuiteClient, date_format: str, zone: str
) -> None:
    account.control("PUT", "netsuite/settings", {"date_format": date_format, "time_zone": zone})
    ids = companies(account, 1, "Acme")
    assert [one["id"] for one in airbyte.read("customer").records] == ids


def test_without_the_permission_a_stream_is_passed_over(airbyte: Airbyte, account: NetSuiteClient) -> None:
    companies(account, 1, "Acme")
    account.control("PUT", "netsuite/settings", {"permissions": ["contacts"]})
    told = airbyte.read("customer")
    assert (told.records, told.errors) == ([], [])
