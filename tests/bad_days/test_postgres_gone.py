"""PostgreSQL goes away in the middle of each task, and comes back: nothing is lost, nothing is done twice."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from keepstep.core.errors import Unavailable
from keepstep.engine.run import RunContext
from tests.bad_days.office import LIST, Office
from tests.bad_days.postgres_of_its_own import Plug, Server

GONE = ("the PostgreSQL at postgresql+psycopg://keepstep:***@127.0.0.1", "is not available", "then run again")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all of these tests, up at the start of each."""
    home = Path(tempfile.mkdtemp(prefix="keepstep-bad-days-"))
    made = Server.new(home / "pg")
    yield made
    made.stop()
    shutil.rmtree(home)


@pytest.fixture
def exposed(office: Office, server: Server, request: pytest.FixtureRequest) -> Iterator[Office]:
    """The office with its store in that server, and people on every way: a new one, one who left, a form submitted."""
    server.start()
    office.change_sync(pull={"remove": True}, push={"add": True}, crm={"create_at_stage": "customer"})
    with server.store(f"store_{abs(hash(request.node.name))}") as store:
        usual, office.store = office.store, store
        ann, bo = (office.hire(f"{name}@example.com", name.title()) for name in ("ann", "bo"))
        office.run()
        office.netsuite.edit(ann, firstName="Anne")
        office.netsuite.edit(bo, company=None)
        office.hire("cy@example.com", "Cy")
        office.act_on.add(LIST, email="di@example.com", first="Di", last="Quillfeather", company="Newco")
        for name in ("ann", "cy", "di"):
            office.act_on.act(f"{name}@example.com")
        yield office
        server.start()
        assert str(server.running.password) not in "\n".join(office.texts)
        office.store = usual


def chain(office: Office, key: str) -> dict[str, Callable[[], object]]:
    """The four tasks of a run, to be done in this order."""
    return {
        "pull_list": lambda: office.pull(key),
        "compute_behavior_score": lambda: office.score(key),
        "push_score": lambda: office.push(key, sealed(office, key)),
        "reconcile": lambda: office.reconcile(key),
    }


def sealed(office: Office, key: str) -> int:
    """What the maintenance of this run hands on along the edge."""
    statement = "SELECT e.id FROM score_epoch e JOIN run r ON r.id = e.run_id WHERE r.key = :key AND e.state = 'sealed'"
    [found] = office.select(statement, key=key)
    return int(found["id"])


def do(office: Office, server: Server, task: str, wrap: Callable[[RunContext], RunContext]) -> None:
    """Run the chain; in this task PostgreSQL goes away. It comes back, and that task and the rest are done."""
    for name, act in chain(office, "today").items():
        if name == task:
            office.wires.wrap = wrap
            with office.fails(Unavailable, *GONE):
                act()
            office.wires.wrap = lambda ctx: ctx
            server.start()
        act()


def all_is_done(office: Office) -> None:
    """Everybody is where they belong, once."""
    emails = office.act_on.emails(LIST)
    assert {"ann@example.com", "cy@example.com", "di@example.com"} <= set(emails)
    assert "bo@example.com" not in emails
    assert office.act_on.row(LIST, "ann@example.com")["First Name"] == "Anne"
    assert len(office.netsuite.with_email("di@example.com")) == len(office.netsuite.companies("Newco")) == 1
    office.is_in_step(office.reconcile("today"))


@pytest.mark.parametrize("look", [1, 2, 4, 7])
@pytest.mark.parametrize("task", ["pull_list", "compute_behavior_score", "push_score"])
def test_postgres_goes_away_in_the_middle_of_a_task(exposed: Office, server: Server, task: str, look: int) -> None:
    do(exposed, server, task, Plug(server, look).at_looks)

    all_is_done(exposed)


@pytest.mark.parametrize("look", [1, 2])
def test_postgres_goes_away_in_the_middle_of_reconcile(exposed: Office, server: Server, look: int) -> None:
    do(exposed, server, "reconcile", Plug(server, look).at_looks)

    all_is_done(exposed)


@pytest.mark.parametrize("task", ["pull_list", "compute_behavior_score", "push_score"])
def test_postgres_goes_away_after_writes_have_landed(exposed: Office, server: Server, task: str) -> None:
    do(exposed, server, task, Plug(server, at=1).at_outcomes)

    all_is_done(exposed)


def test_postgres_is_not_there_at_all(exposed: Office, server: Server) -> None:
    server.stop()
    with exposed.fails(Unavailable, *GONE):
        exposed.pull("today")
    server.start()

    exposed.run("today")

    all_is_done(exposed)
