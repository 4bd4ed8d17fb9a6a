"""Each CRM with each platform as Dags over their sandboxes: lists, and prospects in Account Engagement.

The same people and sync files as in `tests.pairs`, but through the project's dag files and Airflow's task runner.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from itertools import product
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from fastapi.testclient import TestClient

from keepstep.connectors import account_engagement, act_on, dynamics, netsuite, sugarcrm
from keepstep.store.database import Store
from keepstep_sandbox.server import SandboxServer
from tests.airflow.connections_of import connect
from tests.airflow.prospect_stage import GREEN as GREEN_PROSPECTS
from tests.airflow.sandboxes import GREEN, totals
from tests.airflow.stage import Outcome, impatient, impatient_dag, outcome
from tests.airflow.test_pages import publish, sign_in
from tests.airflow.test_schedules import next_run
from tests.engine.prospects.sandboxes import SandboxedOffice, sandbox_sync, sandboxed
from tests.pairs.crms import CRMS, SandboxedCrm
from tests.pairs.crms.dynamics import Dynamics
from tests.pairs.lists import write_sync
from tests.pairs.platforms import PLATFORMS, SandboxedPlatform

pytestmark = pytest.mark.slow
# What waits in a connector while it is imported would keep `impatient`'s sleep for good.
IMPORTED = (account_engagement, act_on, dynamics, netsuite, sugarcrm)
ADA, BOB = "ada@acme.example", "bob@acme.example"
TESTED_ELSEWHERE = {("netsuite", "act_on")}  # test_netsuite_act_on
PAIRS = [pair for pair in product(("netsuite", "dynamics", "sugarcrm"), PLATFORMS) if pair not in TESTED_ELSEWHERE]


@dataclass(frozen=True, slots=True)
class Lists:
    """A list between two sandboxes; its Dag is the project's own."""

    name: str
    crm: SandboxedCrm
    platform: SandboxedPlatform

    def run(self) -> Outcome:
        """Run the whole Dag once."""
        return run_dag(self.name)

    def names(self) -> Mapping[str, object]:
        """The first name of everybody on the list, by address."""
        return {email: row["first_name"] for email, row in self.platform.rows().items()}

    def scores(self) -> Mapping[str | None, object]:
        """The score that the CRM holds of everybody, by address."""
        return {one.email: one.fields.get("act_on_score") for one in self.crm.records("contact")}

    def everything(self) -> tuple[object, object]:
        """All that both sides hold of people, the moments of their last change too."""
        return self.crm.desk.all("contacts"), self.platform.rows()


def run_dag(name: str) -> Outcome:
    with impatient():
        return outcome(impatient_dag(name).test())


def renamed(path: Path) -> str:
    """Give a sync file a name of the test's own: Airflow's metadata outlives it. Returns the Dag's id."""
    return path.rename(path.with_stem(f"{path.stem}_{uuid.uuid4().hex[:8]}")).stem


@pytest.fixture(params=PAIRS, ids="-".join)
def lists(
    request: pytest.FixtureRequest,
    syncs: Path,
    store_url: str,
    monkeypatch: pytest.MonkeyPatch,
    metadata: None,  # noqa: ARG001 # it has to be there
) -> Iterator[Lists]:
    """A pair with nobody in it, and its sync file."""
    crm, platform = CRMS[request.param[0]], PLATFORMS[request.param[1]]
    with SandboxServer(crm.app()) as one, SandboxServer(platform.app()) as two:
        made = Lists(renamed(write_sync(syncs, crm, platform).path), crm(one.url), platform(two.url))
        connect(monkeypatch, made.crm, made.platform, store_url)
        yield made


def test_people_arrive_on_the_list_their_scores_go_back_and_then_nothing_is_written(lists: Lists) -> None:
    lists.crm.enter(ADA, first_name="Ada")
    lists.crm.enter(BOB, first_name="Bob")

    first = lists.run()

    assert first.tasks == GREEN
    assert lists.names() == {ADA: "Ada", BOB: "Bob"}
    assert lists.scores() == {ADA: 0, BOB: 0}

    points = lists.platform.act(ADA)
    assert lists.run().tasks == GREEN
    assert lists.scores() == {ADA: points, BOB: 0}

    before = lists.everything()
    quiet = lists.run()

    assert quiet.tasks == GREEN
    assert totals(quiet)["planned"] == 0
    assert lists.everything() == before
    assert "acme.example" not in str([first.xcoms, quiet.xcoms])


# -- prospects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prospects:
    """A prospect sync between a CRM's sandbox and that of Account Engagement; its Dag is the project's own."""

    name: str
    office: SandboxedOffice

    def run(self) -> Outcome:
        """Run the whole Dag once."""
        return run_dag(self.name)


Make = Callable[[type[SandboxedCrm]], Prospects]


@pytest.fixture
def prospects(
    syncs: Path,
    store_url: str,
    monkeypatch: pytest.MonkeyPatch,
    metadata: None,  # noqa: ARG001 # it has to be there
) -> Iterator[Make]:
    """A CRM and a business unit with nobody in them but two sellers."""
    with ExitStack() as stack:

        def make(crm: type[SandboxedCrm]) -> Prospects:
            file = sandbox_sync(syncs, crm)
            name = renamed(file.path)
            store = stack.enter_context(Store(store_url))
            office = stack.enter_context(sandboxed(store, file, crm))
            connect(monkeypatch, office.crm, office.platform, store_url)
            return Prospects(name, office)

        yield make


@pytest.mark.parametrize("crm", ["netsuite", "dynamics", "sugarcrm"])
def test_an_assigned_prospect_comes_to_the_crm_and_then_nothing_is_written(prospects: Make, crm: str) -> None:
    them = prospects(CRMS[crm])
    office = them.office
    ada = office.prospect(ADA, owner=office.ann, first_name="Ada", last_name="Lovelace")
    office.prospect(BOB)

    first, second = them.run(), them.run()

    assert (first.tasks, second.tasks) == (GREEN_PROSPECTS, GREEN_PROSPECTS)
    [lead] = office.people("lead")
    assert (lead.email, lead.fields["first_name"], lead.owner) == (ADA, "Ada", office.ann["crm"])
    assert office.prospects()[ada].fields["crm_id"] == lead.id
    quiet = them.run()
    assert quiet.tasks == GREEN_PROSPECTS
    assert totals(quiet)["planned"] == 0
    assert "acme.example" not in str([first.xcoms, second.xcoms])


@pytest.mark.behaviour("SY-6")
@pytest.mark.parametrize("crm", ["netsuite", "dynamics", "sugarcrm"])
def test_without_a_schedule_of_its_own_the_crm_is_asked_every_ten_minutes(
    syncs: Path, load_dags: Callable[[], DagBag], crm: str
) -> None:
    name = renamed(sandbox_sync(syncs, CRMS[crm]).path)
    dag = load_dags().dags[name]
    noon = datetime(2026, 7, 1, 12, 3, tzinfo=UTC)
    assert next_run(dag, noon) == datetime(2026, 7, 1, 12, 10, tzinfo=UTC)


@pytest.mark.behaviour("DY-7")
def test_the_queue_page_shows_that_a_lead_was_disqualified_with_a_link_to_it(
    server: TestClient, prospects: Make, load_dags: Callable[[], DagBag]
) -> None:
    them = prospects(Dynamics)
    office = them.office
    ada = office.prospect(ADA, owner=office.ann)
    assert them.run().tasks == GREEN_PROSPECTS
    [lead] = office.people("lead")
    assert isinstance(office.crm, Dynamics)
    office.crm.disqualify(lead.id)
    ended = them.run()

    publish(load_dags())
    page = server.get("/keepstep/queue", headers=sign_in(server, "viewer"))

    assert ended.tasks == GREEN_PROSPECTS
    assert ended.returned["reconcile"]["statuses"] == {"disqualified": 1}
    assert page.status_code == 200
    assert '<span class="badge warn">disqualified</span>' in page.text
    [link] = re.findall(r'<a href="([^"]+)" target="_blank" rel="noopener noreferrer">lead ' + lead.id, page.text)
    assert unescape(link) == office.crm.connector().url("lead", lead.id)
    assert f"<td>{ada}</td>" in page.text
    assert ADA not in page.text
