"""Holds the legacy service against the recorded replies of a real SuiteCRM; `recordings/README.md` tells more."""

from collections.abc import Iterator

import pytest
import requests

from keepstep_sandbox.server import SandboxServer
from keepstep_sandbox.sugarcrm import SugarCrmSettings, create_app
from tests.sandbox.sugarcrm.client import SugarClient
from tests.sandbox.sugarcrm.replay import Exchange, Replay, exchanges

EXCHANGES = list(exchanges())


@pytest.fixture(scope="module")
def differences() -> Iterator[dict[str, list[str]]]:
    """Replay everything once, on a site that is as empty as the recorded one was; give what differs by call."""
    with SandboxServer(create_app(SugarCrmSettings(size=0))) as server, requests.Session() as session:
        client = SugarClient(server.url, session)
        for kind in ("lead", "contact"):
            client.people("DELETE", f"fields/{kind}/act_on_score_c")
        client.log_in()
        replay = Replay(client)
        yield {one.name: replay.run(one) for one in EXCHANGES}


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda one: one.name)
def test_the_legacy_service_answers_as_the_real_one_did(differences: dict[str, list[str]], exchange: Exchange) -> None:
    assert differences[exchange.name] == []
