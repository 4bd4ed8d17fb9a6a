"""Brightwell CRM: leads, contacts, accounts and users, by its JSON REST API."""

from keepstep.connectors.brightwell.connector import BrightwellConnector
from keepstep.connectors.brightwell.settings import BrightwellSettings

__all__ = ["BrightwellConnector", "BrightwellSettings"]
