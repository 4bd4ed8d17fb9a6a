"""SugarCRM: REST v11 and the legacy v4_1 service, over one set of records."""

from keepstep_sandbox.sugarcrm.app import create_app
from keepstep_sandbox.sugarcrm.settings import SugarCrmSettings

__all__ = ["SugarCrmSettings", "create_app"]
