"""Account Engagement (Pardot) API v5: prospects, lists, activities, users, imports and exports of a business unit."""

from keepstep_sandbox.account_engagement.app import create_app
from keepstep_sandbox.account_engagement.settings import AccountEngagementSettings

__all__ = ["AccountEngagementSettings", "create_app"]
