"""The list's two Salesforce tasks for Dags written by hand: add, update and remove as arguments."""

from __future__ import annotations

from keepstep_airflow.operators.crm import OneCrm
from keepstep_airflow.operators.lists import PullListOperator, PushScoreOperator


class SalesforcePullListOperator(OneCrm, PullListOperator):
    """Bring Salesforce's leads, or its contacts, to the platform's list."""

    system = "salesforce"


class SalesforcePushScoreOperator(OneCrm, PushScoreOperator):
    """Write sealed scores to Salesforce's leads or contacts."""

    system = "salesforce"
