"""The list's two Microsoft Dynamics 365 tasks for Dags written by hand: add, update and remove as arguments."""

from __future__ import annotations

from keepstep_airflow.operators.crm import OneCrm
from keepstep_airflow.operators.lists import PullListOperator, PushScoreOperator


class DynamicsPullListOperator(OneCrm, PullListOperator):
    """Bring Dynamics's leads, or its contacts, to the platform's list."""

    system = "dynamics"


class DynamicsPushScoreOperator(OneCrm, PushScoreOperator):
    """Write sealed scores to Dynamics's leads or contacts."""

    system = "dynamics"
