"""One prospect, synced at once from a form: the Dag `sync_prospect` beside the sync's own Dag."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from airflow.models.dagrun import DagRun
from airflow.models.renderedtifields import RenderedTaskInstanceFields
from airflow.sdk import DAG
from airflow.utils.session import create_session
from sqlalchemy import select

from tests.airflow.prospect_stage import GREEN, ProspectStage, Scheduler

pytestmark = pytest.mark.slow
ADA = "ada@acme.example"
DONE = {"ask": "success", "sync": "success", "report": "success"}


@pytest.fixture(scope="module")
def scheduler(metadata: None) -> Iterator[Scheduler]:  # noqa: ARG001 # it has to be there
    """One for all tests: it takes a while to come up."""
    made = Scheduler()
    yield made
    made.close()


def runs_of(name: str) -> list[str]:
    """The states of a Dag's runs."""
    with create_session() as session:
        return [str(run.state) for run in session.scalars(select(DagRun).where(DagRun.dag_id == name))]


def form(stage: ProspectStage) -> DAG:
    return stage.dag_of("sync_prospect")


def test_the_form_offers_the_syncs_that_there_are_and_needs_a_prospect(prospect_stage: ProspectStage) -> None:
    params = form(prospect_stage).params
    assert params.get_param("sync").schema["enum"] == [prospect_stage.name]
    assert params.get_param("prospect").schema["minLength"] == 1
    assert not params.get_param("prospect").has_value


@pytest.mark.behaviour("SY-4")
def test_a_prospect_that_is_named_by_its_email_is_synced_at_once_and_what_became_of_it_is_told(
    prospect_stage: ProspectStage,
    scheduler: Scheduler,
) -> None:
    ada = prospect_stage.prospect(ADA, prospect_stage.user(), first_name="Ada")
    prospect_stage.publish()

    ended = prospect_stage.ask("Ada@Acme.example", scheduler)

    assert ended.tasks == DONE
    (lead,) = prospect_stage.leads()
    assert (lead.email, lead.fields["first_name"]) == (ADA, "Ada")
    assert runs_of(prospect_stage.name) == ["success"]
    told = ended.returned["report"]
    assert told["prospects"] == [ada]
    assert told["states"]["applied"] == 1


@pytest.mark.behaviour("SY-4")
def test_a_change_is_brought_over_by_the_prospects_id_before_its_turn(
    prospect_stage: ProspectStage, scheduler: Scheduler
) -> None:
    ada = prospect_stage.prospect(ADA, prospect_stage.user())
    assert prospect_stage.run().tasks == GREEN
    assert prospect_stage.run().tasks == GREEN
    prospect_stage.write_sync(prospect_stage.name, limits={"prospects": 1, "min_rows": 1000})
    for n in range(5):
        prospect_stage.prospect(f"earlier{n}@acme.example")
    prospect_stage.platform.edit_prospect(ada, first_name="Ada")
    prospect_stage.publish()

    ended = prospect_stage.ask(ada, scheduler)

    assert ended.tasks == DONE
    (lead,) = prospect_stage.leads()
    assert lead.fields["first_name"] == "Ada"
    assert ended.returned["report"] == {
        "prospects": [ada],
        "states": {"applied": 1},
        "codes": {},
        "waiting": False,
    }


def test_what_was_typed_is_in_the_runs_own_parameters_and_nowhere_else(
    prospect_stage: ProspectStage,
    scheduler: Scheduler,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    prospect_stage.prospect(ADA, prospect_stage.user(), first_name="Ada")
    prospect_stage.publish()
    caplog.set_level(logging.INFO)

    ended = prospect_stage.ask(ADA, scheduler)

    assert ended.tasks == DONE
    assert "ada" not in str(ended.xcoms).lower()
    with create_session() as session:
        own = session.scalars(select(DagRun).where(DagRun.run_id == ended.run_id)).one()
        others = session.scalars(select(DagRun).where(DagRun.dag_id == prospect_stage.name)).all()
        rendered = session.scalars(select(RenderedTaskInstanceFields)).all()
        assert (own.conf or {})["prospect"] == ADA
        assert "ada" not in str([one.conf for one in others]).lower()
        assert ADA not in str([one.rendered_fields for one in rendered])
    told = capsys.readouterr()
    # Airflow itself tells the run's parameters where it is started by hand in a terminal, as here.
    logged = [line for line in (caplog.text + told.out + told.err).splitlines() if ADA in line.lower()]
    assert [line for line in logged if "run_conf" not in line and "conf:" not in line] == []


def test_nobody_is_found(prospect_stage: ProspectStage) -> None:
    prospect_stage.publish()

    ended = prospect_stage.ask("nobody@acme.example")

    assert ended.tasks == {"ask": "failed", "sync": "upstream_failed", "report": "upstream_failed"}
    assert ended.tries["ask"] == 1
    assert runs_of(prospect_stage.name) == []


def test_a_row_that_is_refused_fails_the_report(prospect_stage: ProspectStage, scheduler: Scheduler) -> None:
    ada = prospect_stage.prospect(ADA, prospect_stage.user())
    prospect_stage.run()
    prospect_stage.run()
    (lead,) = prospect_stage.leads()
    prospect_stage.platform.edit_prospect(ada, first_name="Ada")
    prospect_stage.crm.reject_next(lead.id, "locked_for_good", times=None)
    prospect_stage.publish()

    ended = prospect_stage.ask(ada, scheduler)

    assert ended.tasks == {"ask": "success", "sync": "success", "report": "failed"}


def test_another_ones_refusal_fails_the_syncs_run_and_not_this_answer(
    prospect_stage: ProspectStage, scheduler: Scheduler
) -> None:
    ann = prospect_stage.user()
    ada, bob = prospect_stage.prospect(ADA, ann), prospect_stage.prospect("bob@acme.example", ann)
    prospect_stage.run()
    prospect_stage.run()
    bobs = next(lead for lead in prospect_stage.leads() if lead.email == "bob@acme.example")
    for one in (ada, bob):
        prospect_stage.platform.edit_prospect(one, first_name="New")
    prospect_stage.crm.reject_next(bobs.id, "locked_for_good", times=None)
    prospect_stage.publish()

    ended = prospect_stage.ask(ada, scheduler)

    assert ended.tasks == DONE
    assert ended.returned["report"]["states"] == {"applied": 1}
    assert "failed" in runs_of(prospect_stage.name)


def test_a_sync_that_is_switched_off_is_told_and_the_prospect_waits(prospect_stage: ProspectStage) -> None:
    ada = prospect_stage.prospect(ADA, prospect_stage.user())
    prospect_stage.publish()
    prospect_stage.pause(paused=True)

    ended = prospect_stage.ask(ada)

    assert ended.tasks == {"ask": "success", "sync": "failed", "report": "upstream_failed"}
    assert ended.tries["sync"] == 1
    (row,) = prospect_stage.select("SELECT reasons FROM sighting WHERE dirty AND side = 'platform'")
    assert "on_demand" in row["reasons"]
