"""Salesforce (Sales Cloud): REST, SOQL and Bulk API 2.0."""

from keepstep.connectors.salesforce.connector import SalesforceConnector
from keepstep.connectors.salesforce.settings import ClientCredentials, JwtBearer, SalesforceSettings, UserPassword

__all__ = ["ClientCredentials", "JwtBearer", "SalesforceConnector", "SalesforceSettings", "UserPassword"]
