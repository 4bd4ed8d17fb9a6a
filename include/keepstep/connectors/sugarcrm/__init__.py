"""SugarCRM by REST v11, and SugarCRM CE and SuiteCRM by the older v4_1."""

from keepstep.connectors.sugarcrm.connector import SugarCrmConnector
from keepstep.connectors.sugarcrm.settings import SugarCrmSettings

__all__ = ["SugarCrmConnector", "SugarCrmSettings"]
