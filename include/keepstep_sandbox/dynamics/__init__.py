"""Microsoft Dynamics 365 on the Dataverse Web API: rows, change tracking, batches, actions, metadata."""

from keepstep_sandbox.dynamics.app import create_app
from keepstep_sandbox.dynamics.settings import DynamicsSettings

__all__ = ["DynamicsSettings", "create_app"]
