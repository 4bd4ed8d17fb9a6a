"""NetSuite: SuiteTalk REST records and SuiteQL."""

from keepstep.connectors.netsuite.connector import NetSuiteConnector
from keepstep.connectors.netsuite.settings import ClientCredentials, NetSuiteSettings, TokenBased

__all__ = ["ClientCredentials", "NetSuiteConnector", "NetSuiteSettings", "TokenBased"]
