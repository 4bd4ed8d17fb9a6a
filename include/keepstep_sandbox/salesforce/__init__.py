"""Salesforce Sales Cloud: REST sObjects, SOQL, collections, replication, Bulk API 2.0, OAuth and SOAP login."""

from keepstep_sandbox.salesforce.app import create_app
from keepstep_sandbox.salesforce.settings import SalesforceSettings

__all__ = ["SalesforceSettings", "create_app"]
