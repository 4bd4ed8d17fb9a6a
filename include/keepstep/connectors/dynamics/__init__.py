"""Microsoft Dynamics 365: the Dataverse Web API (OData v4)."""

from keepstep.connectors.dynamics.connector import DynamicsConnector
from keepstep.connectors.dynamics.settings import ClientSecret, DynamicsSettings

__all__ = ["ClientSecret", "DynamicsConnector", "DynamicsSettings"]
