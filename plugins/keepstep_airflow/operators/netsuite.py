"""The list's two NetSuite tasks for Dags written by hand: add, update and remove as arguments."""

from __future__ import annotations

from keepstep_airflow.operators.crm import OneCrm
from keepstep_airflow.operators.lists import PullListOperator, PushScoreOperator


class NetSuitePullListOperator(OneCrm, PullListOperator):
    """Bring a NetSuite audience (contacts affiliated with customers, say) to the platform's list."""

    system = "netsuite"


class NetSuitePushScoreOperator(OneCrm, PushScoreOperator):
    """Write sealed scores to NetSuite's leads and contacts."""

    system = "netsuite"
