"""The queue as people look at it: what it says, and that its order is the one in which runs take."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from keepstep.core.model import Status
from keepstep.engine.prospects.tasks import pull_prospects, push_prospects, reconcile_prospects
from keepstep.store import queue
from keepstep.store.queue import Place
from keepstep.store.waiting import QueueState, queue_state
from tests.engine.prospects.world import Office

PLACE = Place("prospects", "crm", "platform")


def look(office: Office) -> QueueState:
    return queue_state(office.store, PLACE)


def taken_with(office: Office, run: int, limit: int) -> set[str]:
    """The prospects and records that a run of so many takes."""
    with office.store.begin() as conn:
        queue.take(conn, PLACE, run, limit, office.clock.at)
    rows = office.select(
        "SELECT side, object || ':' || id AS key, id FROM sighting WHERE taken_run = :run AND dirty", run=run
    )
    return {row["id"] if row["side"] == "platform" else row["key"] for row in rows}


def named(state: QueueState, first: int) -> set[str]:
    """Prospects and records of those that the page shows first."""
    return {name for one in state.first[:first] for name in (one.prospect_id, one.crm_key) if name}


def put_in(office: Office, rows: Sequence[dict[str, Any]]) -> None:
    """Prospects and leads in the queue as these say: linked or not, one side dirty or both."""
    with office.store.begin() as conn:
        for number, row in enumerate(rows):
            given = {"id": str(number), "owner": row["owner"], "email": f"p{number}@acme.example", **row}
            conn.execute(
                text(
                    "INSERT INTO prospect (connection, id, email, fields, status, owner)"
                    " VALUES ('platform', :id, :email, '{}', 'active', :owner)"
                ),
                given,
            )
            if row["linked"]:
                conn.execute(
                    text(
                        "INSERT INTO link (crm_connection, crm_object, crm_id, platform_connection, prospect_id,"
                        " list_id) VALUES ('crm', 'lead', :id, 'platform', :id, '')"
                    ),
                    given,
                )
            for side, object_name in (("platform", "prospect"), ("crm", "lead")):
                conn.execute(
                    text(
                        "INSERT INTO sighting (sync, side, object, id, fingerprint, presence, dirty, queued_at,"
                        " reasons, retry_at) VALUES ('prospects', :side, :object, :id, 0, 'present', :dirty,"
                        " CAST(:queued_at AS timestamptz), :reasons, CAST(:retry_at AS timestamptz))"
                    ),
                    {**given, "side": side, "object": object_name, "dirty": row[side], **row[f"{side}_state"]},
                )


def drawn(chance: random.Random, office: Office, many: int) -> list[dict[str, Any]]:
    """So many rows of every kind, with equal times among them."""

    def state(side: str) -> dict[str, Any]:
        asked = ["on_demand"] if side == "platform" and chance.random() < 0.1 else []
        return {
            "queued_at": chance.choice([None, "2026-01-01T00:00Z", "2026-01-02T00:00Z", "2026-01-03T00:00Z"]),
            "reasons": [*chance.sample(["new", "changed", "form_submitted"], chance.randint(0, 2)), *asked],
            "retry_at": chance.choice([None, None, "2026-01-01T00:00Z", office.clock.at.isoformat()]),
        }

    return [
        {
            "owner": chance.choice([None, "7"]),
            "linked": chance.random() < 0.6,
            "platform": chance.random() < 0.7,
            "crm": chance.random() < 0.4,
            "platform_state": state("platform"),
            "crm_state": state("crm"),
        }
        for _ in range(many)
    ]


@pytest.mark.behaviour("SY-7")
@pytest.mark.parametrize("seed", range(4))
def test_the_order_is_the_one_in_which_runs_take(office: Office, seed: int) -> None:
    put_in(office, drawn(random.Random(seed), office, 40))
    state = look(office)
    with office.store.begin() as conn:
        assert state.waiting == queue.length(conn, PLACE) == len(state.first)
    for run, many in enumerate((1, 2, 3, 5, 8, 13, 21, 40), start=1000):
        taken = taken_with(office, run, many)
        assert taken <= named(state, many)
        assert all({one.prospect_id, one.crm_key} & taken for one in state.first[:many])


@pytest.mark.behaviour("SY-7")
def test_it_says_who_waits_why_since_when_and_who_has_taken_it(office: Office) -> None:
    ada = office.prospect("ada@acme.example", owner=office.ann)
    bob = office.prospect("bob@acme.example")
    going_on = office.context(dry=True)
    pull_prospects(going_on)

    state = look(office)

    assert (state.assigned, state.unassigned, state.waiting) == (1, 1, 2)
    assert state.reasons == {"new": 2}
    assert state.oldest is not None
    assert office.clock.at - state.oldest < timedelta(seconds=1)
    assert [(one.prospect_id, one.assigned, one.reasons) for one in state.first] == [
        (ada, True, ("new",)),
        (bob, False, ("new",)),
    ]
    assert ({one.run for one in state.first}, state.taken) == ({going_on.run.id}, 2)
    assert (state.runs[0].id, state.runs[0].dry, state.runs[0].state) == (going_on.run.id, True, "running")
    push_prospects(going_on)
    reconcile_prospects(going_on)
    assert ({one.run for one in look(office).first}, look(office).taken) == ({None}, 0)


@pytest.mark.behaviour("SY-7")
def test_who_was_refused_is_shown_with_tries_next_try_and_what_to_do(office: Office) -> None:
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.settle(3)
    (lead,) = office.people()
    office.platform.edit_prospect(ada, first_name="Ada")
    office.crm.reject_next(lead.id, "locked", times=None)
    office.run()
    office.clock.pass_(minutes=10)
    office.run()

    state = look(office)

    (one,) = state.first
    assert (one.prospect_id, one.crm_key, one.tries) == (ada, f"lead:{lead.id}", 2)
    assert one.retry_at is not None
    assert one.retry_at > office.clock.at
    assert state.resting == 1
    (group,) = state.errors
    assert (group.side, group.code, group.records, group.examples) == ("crm", "locked", 1, (f"lead {lead.id}",))


@pytest.mark.behaviour("SY-17")
def test_who_stopped_because_the_record_was_deleted_is_shown_until_released(office: Office) -> None:
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.settle(3)
    (lead,) = office.people()
    office.crm.delete(lead.id)
    office.settle(2)
    (stopped,) = look(office).stopped
    assert (stopped.prospect_id, stopped.crm_key, stopped.found_by) == (ada, f"lead:{lead.id}", "announced")

    office.crm.undelete(lead.id)
    office.settle(2)

    assert look(office).stopped == ()


@pytest.mark.behaviour("NS-5")
def test_who_goes_on_with_another_record_is_not_stopped(office: Office) -> None:
    for name in ("One", "Two"):
        office.lead("ada@acme.example", first_name=name)
    ada = office.prospect("ada@acme.example", owner=office.ann)
    office.settle(3)
    (linked,) = office.select("SELECT crm_id FROM link WHERE prospect_id = :id", id=ada)
    office.crm.delete(linked["crm_id"])
    office.settle(3)
    assert len(office.select("SELECT id FROM tombstone WHERE released_at IS NULL")) <= 1
    assert look(office).stopped == ()


@pytest.mark.behaviour("DY-7")
def test_a_record_s_status_stands_beside_its_prospect_with_the_address_in_the_crm(office: Office) -> None:
    ada, bob = (office.prospect(f"{name}@acme.example", owner=office.ann) for name in ("ada", "bob"))
    office.settle(3)
    adas, bobs = sorted(office.people(), key=lambda lead: str(lead.email))
    office.crm.inactivate(adas.id)
    office.crm.inactivate(bobs.id, Status.DISQUALIFIED)
    report = office.run()
    office.platform.edit_prospect(bob, first_name="Bob")
    pull_prospects(office.context(dry=True))

    state = look(office)

    assert report.statuses == state.statuses == {"disqualified": 1, "inactive": 1}
    assert {(one.prospect_id, one.crm_key, one.status) for one in state.not_active} == {
        (ada, f"lead:{adas.id}", "inactive"),
        (bob, f"lead:{bobs.id}", "disqualified"),
    }
    assert state.url_of(f"lead:{adas.id}") == f"memory://crm/lead/{adas.id}"
    assert [(one.prospect_id, one.status) for one in state.first] == [(bob, "disqualified")]

    office.crm.activate(adas.id)
    office.crm.activate(bobs.id)
    assert office.run().statuses == {}
    assert look(office).not_active == ()


def test_an_empty_queue_says_so(office: Office) -> None:
    assert look(office) == QueueState()


def test_looking_writes_nothing(office: Office) -> None:
    office.prospect("ada@acme.example", owner=office.ann)
    office.run(dry=True)
    said: list[str] = []
    event.listen(office.store.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    look(office)
    assert {statement.split()[0].upper() for statement in said} <= {"SELECT", "WITH", "SET"}


def test_nobodys_email_is_in_it(office: Office) -> None:
    ada = office.prospect("ada@acme.example", owner=office.ann, first_name="Ada")
    office.settle(3)
    (lead,) = office.people()
    office.platform.edit_prospect(ada, first_name="Augusta")
    office.crm.reject_next(lead.id, "locked", times=None)
    office.run()
    office.crm.delete(lead.id)
    office.run()
    assert "@" not in str(look(office))
    assert "augusta" not in str(look(office)).lower()
