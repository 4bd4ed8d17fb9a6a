"""One prospect that somebody wants synced now."""

from __future__ import annotations

import pytest

from keepstep.core.model import Side
from keepstep.engine.prospects import on_demand
from keepstep.engine.prospects.frame import resolve
from keepstep.engine.prospects.on_demand import Asked, NotFoundError, ask_for
from keepstep.engine.prospects.tasks import pull_prospects, push_prospects, reconcile_prospects
from keepstep.engine.run import ProspectContext, Run
from keepstep.store import queue, staging
from keepstep.store.on_demand import Fate
from tests.engine.prospects.world import Office

ADA = "ada@acme.example"


def ask(office: Office, key: str) -> Asked:
    return ask_for(asking(office), key)


def asking(office: Office) -> ProspectContext:
    """What the asking task is given: no run of the store's."""
    ctx = office.context("unused")
    return ProspectContext(
        run=Run(0, office.file.name, "", office.clock.at),
        file=office.file,
        store=office.store,
        crm=ctx.crm,
        platform=ctx.platform,
        now=office.clock,
    )


def fates(office: Office, asked: Asked) -> list[tuple[str, str, str, str | None]]:
    """What became of them: side, kind, state, code."""
    found = on_demand.answer(office.store, office.file, asked)
    return [(fate.side, fate.kind, fate.state, fate.code) for fate in found.fates]


def next_one(office: Office, run: int) -> str:
    """The prospect that a run of one would take."""
    with office.store.begin() as conn:
        queue.take(conn, resolve(asking(office)).place, run, 1, office.clock.at)
    (row,) = office.select("SELECT id FROM sighting WHERE taken_run = :run", run=run)
    return str(row["id"])


def test_it_is_found_by_id_and_by_email_in_any_spelling(office: Office) -> None:
    ada = office.prospect(ADA, owner=office.ann)

    assert ask(office, ada).prospects == (ada,)
    assert ask(office, f" {ada} ").prospects == (ada,)
    assert ask(office, "  Ada@ACME.example ").prospects == (ada,)


@pytest.mark.parametrize(("key", "what"), [("4711", "id"), ("nobody@acme.example", "email"), ("  ", "id")])
def test_nobody_is_told_without_repeating_what_was_typed(office: Office, key: str, what: str) -> None:
    with pytest.raises(NotFoundError, match=f"In-memory prospects has no prospect with this {what}") as told:
        ask(office, key)
    assert key.strip() == "" or key not in str(told.value)


def test_one_in_the_recycle_bin_is_nobody(office: Office) -> None:
    ada = office.prospect(ADA)
    office.platform.delete_prospect(ada)
    with pytest.raises(NotFoundError):
        ask(office, ada)


def test_before_the_first_run_it_is_stored_with_its_record_and_the_run_syncs_it(office: Office) -> None:
    office.lead(ADA, first_name="Ada")
    ada = office.prospect(ADA, owner=office.ann)

    asked = ask(office, ADA)
    office.run()

    assert office.prospects()[ada].fields["first_name"] == "Ada"
    assert ("platform", "update", "applied", None) in fates(office, asked)


def test_it_goes_before_all_others_although_it_is_unassigned_and_came_last(office: Office) -> None:
    for n in range(3):
        office.prospect(f"earlier{n}@acme.example", owner=office.ann)
    ada = office.prospect(ADA)
    with office.store.begin() as conn:
        frame = resolve(asking(office))
        scope = frame.scope(Side.PLATFORM, frame.prospect_object)
        staging.store_records(conn, scope, office.platform.prospects(), 1, office.clock.at)
    assert next_one(office, 1000) != ada

    ask(office, ada)

    assert next_one(office, 1001) == ada


def test_what_it_waited_for_after_a_refusal_is_forgotten_on_both_sides(office: Office) -> None:
    ada = office.prospect(ADA, owner=office.ann)
    office.settle(3)
    (lead,) = office.people()
    office.crm.edit(lead.id, first_name="Ada")
    office.platform.edit_prospect(ada, last_name="Lovelace")
    office.crm.reject_next(lead.id, "locked", times=1)
    office.run()
    assert [row["retry_at"] is not None for row in office.select("SELECT retry_at FROM sighting WHERE dirty")]

    asked = ask(office, ada)

    assert not office.select("SELECT id FROM sighting WHERE dirty AND retry_at IS NOT NULL")
    office.run()
    assert ("crm", "update", "applied", None) in fates(office, asked)


def test_what_is_read_while_a_run_goes_on_is_left_to_the_next_one(office: Office) -> None:
    ada = office.prospect(ADA, owner=office.ann)
    office.settle(3)
    office.platform.edit_prospect(ada, first_name="Ada")
    going_on = office.context()
    pull_prospects(going_on)
    office.platform.edit_prospect(ada, first_name="Augusta")

    ask(office, ada)
    push_prospects(going_on)
    reconcile_prospects(going_on)
    office.run()

    (lead,) = office.people()
    assert lead.fields["first_name"] == "Augusta"


def test_the_records_that_the_link_and_the_platform_name_are_read_too(office: Office) -> None:
    ada = office.prospect(ADA, owner=office.ann)
    office.settle(3)
    (lead,) = office.people()
    office.crm.edit(lead.id, email="augusta@acme.example", first_name="Augusta")  # found by its id alone

    ask(office, ada)

    (kept,) = office.select(
        "SELECT email, fields ->> 'first_name' AS first_name FROM crm_record WHERE id = :id", id=lead.id
    )
    assert kept == {"email": "augusta@acme.example", "first_name": "Augusta"}


def test_it_costs_a_handful_of_calls_which_are_counted(office: Office) -> None:
    ada = office.prospect(ADA, owner=office.ann)
    office.settle(3)
    before = {row["connection"]: row["calls"] for row in office.select("SELECT connection, calls FROM api_usage")}
    ctx = asking(office)

    ask_for(ctx, ada)

    after = {row["connection"]: row["calls"] for row in office.select("SELECT connection, calls FROM api_usage")}
    made = {name: after[name] - before[name] for name in after}
    assert made == {"crm": ctx.crm.usage.calls, "platform": ctx.platform.usage.calls}
    assert made["crm"] <= 5
    assert made["platform"] <= 2


def test_both_sides_equal_is_no_row_and_nobody_waiting(office: Office) -> None:
    ada = office.prospect(ADA, owner=office.ann)
    office.settle(3)

    asked = ask(office, ada)
    assert on_demand.answer(office.store, office.file, asked) == on_demand.Answer((), waiting=True)
    office.run()

    assert on_demand.answer(office.store, office.file, asked) == on_demand.Answer((), waiting=False)


def test_a_refusal_is_told_by_its_code(office: Office) -> None:
    ada = office.prospect(ADA, owner=office.ann)
    office.settle(3)
    (lead,) = office.people()
    office.platform.edit_prospect(ada, first_name="Ada")
    office.crm.reject_next(lead.id, "locked", times=1)

    asked = ask(office, ada)
    report = office.run()

    (fate,) = on_demand.answer(office.store, office.file, asked).fates
    assert fate == Fate(report.run, "crm", "update", "lead", lead.id, "rejected", "locked")


def test_what_became_of_others_is_not_told(office: Office) -> None:
    ada = office.prospect(ADA, owner=office.ann)
    office.prospect("bob@acme.example", owner=office.ann)

    asked = ask(office, ada)
    office.run()

    told = on_demand.answer(office.store, office.file, asked)
    (mine,) = [row["id"] for row in office.select("SELECT crm_id AS id FROM link WHERE prospect_id = :id", id=ada)]
    assert {fate.record_id for fate in told.fates} <= {ada, mine}
    assert any(fate.kind == "create" and fate.state == "applied" for fate in told.fates)


def test_asking_is_no_run(office: Office) -> None:
    ada = office.prospect(ADA)
    ctx = asking(office)
    runs = office.select("SELECT count(*) AS n FROM run")

    ask_for(ctx, ada)

    assert office.select("SELECT count(*) AS n FROM run") == runs
