"""Act-On: marketing lists, suppressions and behaviour."""

from keepstep.connectors.act_on.connector import ActOn, ActOnSettings
from keepstep.connectors.act_on.wire import ACTIVITY_TYPES

__all__ = ["ACTIVITY_TYPES", "ActOn", "ActOnSettings"]
