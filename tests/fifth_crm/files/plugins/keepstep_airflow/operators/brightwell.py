"""The list's two Brightwell tasks for Dags written by hand: add, update and remove as arguments."""

from __future__ import annotations

from keepstep_airflow.operators.crm import OneCrm
from keepstep_airflow.operators.lists import PullListOperator, PushScoreOperator


class BrightwellPullListOperator(OneCrm, PullListOperator):
    """Bring Brightwell's leads, or its contacts, to the platform's list."""

    system = "brightwell"


class BrightwellPushScoreOperator(OneCrm, PushScoreOperator):
    """Write sealed scores to Brightwell's leads or contacts."""

    system = "brightwell"
