"""The CRMs whose sandboxes the prospect sync is tested with."""

from collections.abc import Mapping
from typing import Final

from tests.pairs.crms.base import SandboxedCrm
from tests.pairs.crms.salesforce import Salesforce

CRMS: Final[Mapping[str, type[SandboxedCrm]]] = {crm.system: crm for crm in (Salesforce,)}

__all__ = ["CRMS", "SandboxedCrm"]
