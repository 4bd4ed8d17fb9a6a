"""The operators for Dags written by hand: for syncs with one CRM, with add, update and remove as arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from airflow.sdk import DAG

from keepstep.core.errors import SettingsError
from keepstep.core.model import Phase
from keepstep_airflow.operators.dynamics import DynamicsPullListOperator, DynamicsPushScoreOperator
from keepstep_airflow.operators.lists import ComputeBehaviorScoreOperator, ReconcileOperator
from keepstep_airflow.operators.sugarcrm import SugarCrmPullListOperator, SugarCrmPushScoreOperator
from keepstep_airflow.runs import sync_file
from tests.pairs.crms import CRMS
from tests.pairs.lists import write_sync as write_list
from tests.pairs.platforms import PLATFORMS

Pull = type[DynamicsPullListOperator | SugarCrmPullListOperator]
Push = type[DynamicsPushScoreOperator | SugarCrmPushScoreOperator]
OPERATORS = [
    ("dynamics", DynamicsPullListOperator, DynamicsPushScoreOperator),
    ("sugarcrm", SugarCrmPullListOperator, SugarCrmPushScoreOperator),
]
each = pytest.mark.parametrize(("crm", "pull", "push"), OPERATORS, ids=[crm for crm, _, _ in OPERATORS])


@pytest.fixture
def a_list(syncs: Path) -> Callable[[str], str]:
    """Write the sync file of a list with that CRM. Returns its name."""
    return lambda crm: write_list(syncs, CRMS[crm], PLATFORMS["account_engagement"]).name


@each
def test_they_take_syncs_with_their_crm_alone(a_list: Callable[[str], str], crm: str, pull: Pull, push: Push) -> None:
    for operator in (pull, push):
        assert operator(task_id="it", sync=a_list(crm), add=False).file().settings.crm.system == crm
        with pytest.raises(SettingsError, match=f"{operator.__name__} is for syncs with {crm}; the CRM of .* netsuite"):
            operator(task_id="it", sync=a_list("netsuite"), add=False).file()


@each
def test_their_arguments_go_before_the_files_for_their_phase_alone(
    a_list: Callable[[str], str], crm: str, pull: Pull, push: Push
) -> None:
    name = a_list(crm)
    plain = sync_file(name).settings
    pulling = pull(task_id="it", sync=name, add=False, update=["first_name"], remove=True).file().settings
    assert (pulling.pull.add, pulling.pull_update, pulling.pull.remove) == (False, frozenset({"first_name"}), True)
    assert pulling.push == plain.push

    pushing = push(task_id="it", sync=name, add=True, update=["last_name", "score"], remove=True).file().settings
    names = frozenset({"last_name", "score"})
    assert (pushing.push.add, pushing.push_update, pushing.push.remove) == (True, names, True)
    assert pushing.pull == plain.pull


@each
def test_without_arguments_the_files_own_hold(a_list: Callable[[str], str], crm: str, pull: Pull, push: Push) -> None:
    name = a_list(crm)
    for operator in (pull, push):
        assert operator(task_id="it", sync=name).file().settings == sync_file(name).settings


@each
def test_a_field_that_the_file_doesnt_have_is_refused(
    a_list: Callable[[str], str], crm: str, pull: Pull, push: Push
) -> None:
    name = a_list(crm)
    for operator in (pull, push):
        with pytest.raises(SettingsError, match="update names the field shoe_size"):
            operator(task_id="it", sync=name, update=["shoe_size"]).file()


@each
def test_they_make_a_dag_with_the_other_two_tasks(
    a_list: Callable[[str], str], crm: str, pull: Pull, push: Push
) -> None:
    name = a_list(crm)
    with DAG("my_way") as dag:
        scored = ComputeBehaviorScoreOperator(task_id="compute_behavior_score", sync=name)
        pushed = push(task_id="push_score", sync=name, scores=scored.output)
        pull(task_id="pull_list", sync=name) >> scored
        pushed >> ReconcileOperator(task_id="reconcile", sync=name)
    assert dag.get_task("push_score").upstream_task_ids == {"compute_behavior_score"}
    assert dag.get_task("compute_behavior_score").upstream_task_ids == {"pull_list"}
    assert (pull.phase, push.phase) == (Phase.PULL, Phase.PUSH)
