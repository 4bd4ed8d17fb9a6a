"""airbyte-source-salesforce against the sandbox, by its own command: check, discover, read."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Served
from tests.clients.puppet import Puppet, Refused
from tests.sandbox.salesforce.client import CLIENT

SECONDS = "%Y-%m-%dT%H:%M:%SZ"


class Airbyte:
    """The command, with the files that it wants."""

    def __init__(self, puppet: Puppet, folder: Path, config: dict[str, str]) -> None:
        self._puppet, self._folder = puppet, folder
        self._config = self._file("config", config)

    def run(self, what: str, **files: object) -> list[dict[str, Any]]:
        """Run it; give the messages that it printed."""
        words = [what, "--config", self._config]
        for name, content in files.items():
            words += [f"--{name}", self._file(name, content)]
        return list(self._puppet("run", *words))

    def read(self, stream: str, state: object = None) -> "Read":
        """Read one stream, as it was discovered."""
        (catalog,) = [one["catalog"] for one in self.run("discover") if one["type"] == "CATALOG"]
        (found,) = [one for one in catalog["streams"] if one["name"] == stream]
        configured = {"stream": found, "sync_mode": "incremental", "destination_sync_mode": "append"}
        files: dict[str, object] = {"catalog": {"streams": [configured]}}
        return Read(self.run("read", **files, **({} if state is None else {"state": state})))

    def _file(self, name: str, content: object) -> str:
        path = self._folder / f"{name}.json"
        path.write_text(json.dumps(content))
        return str(path)


class Read:
    """What a run of `read` told."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.records = [one["record"]["data"] for one in messages if one["type"] == "RECORD"]
        states = [one["state"] for one in messages if one["type"] == "STATE"]
        self.state = states[-1:]
        traces = [one["trace"] for one in messages if one["type"] == "TRACE"]
        self.errors = [one["error"] for one in traces if one["type"] == "ERROR"]


@pytest.fixture
def airbyte(airbyte_process: Puppet, served: Served, tmp_path: Path) -> Airbyte:
    airbyte_process("sign_in", served.url)
    # It reads in slices of thirty days: from yesterday there is one.
    config = {**CLIENT, "auth_type": "Client", "start_date": (datetime.now(UTC) - timedelta(days=1)).strftime(SECONDS)}
    return Airbyte(airbyte_process, tmp_path, {**config, **served.org.people("POST", "approvals")})


def succeeded(messages: list[dict[str, Any]]) -> bool:
    """Tell whether a check went well."""
    return [one["connectionStatus"] for one in messages if one["type"] == "CONNECTION_STATUS"] == [
        {"status": "SUCCEEDED"}
    ]


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
