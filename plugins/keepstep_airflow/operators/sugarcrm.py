"""The list's two SugarCRM tasks for Dags written by hand: add, update and remove as arguments."""

from __future__ import annotations

from keepstep_airflow.operators.crm import OneCrm
from keepstep_airflow.operators.lists import PullListOperator, PushScoreOperator


class SugarCrmPullListOperator(OneCrm, PullListOperator):
    """Bring SugarCRM's leads, or its contacts, to the platform's list."""

    system = "sugarcrm"


class SugarCrmPushScoreOperator(OneCrm, PushScoreOperator):
    """Write sealed scores to SugarCRM's leads or contacts."""

    system = "sugarcrm"
