"""Oracle NetSuite: SuiteTalk REST records, SuiteQL, async jobs, token-based authentication and OAuth 2.0."""

from keepstep_sandbox.netsuite.app import create_app
from keepstep_sandbox.netsuite.settings import NetSuiteSettings

__all__ = ["NetSuiteSettings", "create_app"]
