"""The Account Engagement (formerly Pardot) connector, API v5."""

from keepstep.connectors.account_engagement.connector import AccountEngagementConnector
from keepstep.connectors.account_engagement.settings import AccountEngagementSettings

__all__ = ["AccountEngagementConnector", "AccountEngagementSettings"]
