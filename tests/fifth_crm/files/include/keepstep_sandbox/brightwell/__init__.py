"""Brightwell CRM: a small JSON REST API over people, accounts and users."""

from keepstep_sandbox.brightwell.app import create_app
from keepstep_sandbox.brightwell.settings import BrightwellSettings

__all__ = ["BrightwellSettings", "create_app"]
