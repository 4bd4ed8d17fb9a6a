"""airbyte-source-salesforce against the sandbox, by its own command: check, discover, read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.clients.airbyte import Airbyte, succeeded
from tests.clients.conftest import Served
from tests.clients.puppet import Puppet, Refused
from tests.sandbox.salesforce.client import CLIENT

SECONDS = "%Y-%m-%dT%H:%M:%SZ"


@pytest.fixture
def airbyte(airbyte_process: Puppet, served: Served, tmp_path: Path) -> Airbyte:
    airbyte_process("sign_in", served.url)
    # It reads in slices of thirty days: from yesterday there is one.
    config = {**CLIENT, "auth_type": "Client", "start_date": (datetime.now(UTC) - timedelta(days=1)).strftime(SECONDS)}
    return Airbyte(airbyte_process, tmp_path, {**config, **served.org.people("POST", "approvals")})


def leads(served: Served, *names: str) -> list[str]:
    """Let people make leads."""
    return [served.org.people("POST", "leads", {"LastName": name, "Company": "Acme"})["id"] for name in names]


def test_a_stream_is_read_with_the_deleted_and_next_time_only_what_is_new(airbyte: Airbyte, served: Served) -> None:
    assert succeeded(airbyte.run("check"))
    served.org.later(-3600)  # it reads ten minutes back each time
    ids = leads(served, "Ode", "Elegy", "Hymn")
    served.org.people("DELETE", f"leads/{ids[1]}")
    served.org.control("DELETE", "weather")
    first = airbyte.read("Lead")
    assert first.errors == []
    assert {one["Id"]: one["IsDeleted"] for one in first.records} == {i: i == ids[1] for i in ids}
    ode = served.org.people("GET", f"leads/{ids[0]}")
    (told,) = [one for one in first.records if one["Id"] == ids[0]]
    assert (told["LastName"], told.get("Email"), told["HasOptedOutOfEmail"]) == ("Ode", None, False)
    assert datetime.fromisoformat(told["SystemModstamp"]) == datetime.fromisoformat(ode["SystemModstamp"])
    served.org.later(-60)
    new = leads(served, "Psalm")
    served.org.control("DELETE", "weather")
    assert [one["Id"] for one in airbyte.read("Lead", first.state).records] == new


def test_a_result_of_several_pages_is_read_to_its_end(airbyte: Airbyte, served: Served) -> None:
    served.org.later(-60)
    ids = leads(served, *(f"Ode {n}" for n in range(5)))
    served.org.control("DELETE", "weather")
    served.org.people("PUT", "settings", {"bulk_page": 2})
    told = airbyte.read("Lead")
    assert told.errors == []
    assert sorted(one["Id"] for one in told.records) == ids
    counts = served.org.control("GET", "requests")["counts"]
    assert counts["GET /services/data/v{version}.0/jobs/query/{job}/results"] == 3


def test_a_rotated_refresh_token_is_good_for_one_use(airbyte: Airbyte, served: Served) -> None:
    served.org.people("PUT", "settings", {"rotate_refresh_tokens": True})
    assert succeeded(airbyte.run("check"))
    with pytest.raises(Refused, match="expired access/refresh token"):
        airbyte.run("check")  # its configuration still has the first one
