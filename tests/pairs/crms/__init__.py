"""The CRMs whose sandboxes the prospect sync is tested with."""

from collections.abc import Mapping
from typing import Final

from tests.pairs.crms.base import SandboxedCrm
from tests.pairs.crms.dynamics import Dynamics
from tests.pairs.crms.netsuite import NetSuite
from tests.pairs.crms.salesforce import Salesforce
from tests.pairs.crms.sugarcrm import OldSugarCrm, SugarCrm

CRMS: Final[Mapping[str, type[SandboxedCrm]]] = {
    crm.label(): crm for crm in (NetSuite, Dynamics, Salesforce, SugarCrm, OldSugarCrm)
}

__all__ = ["CRMS", "SandboxedCrm"]
