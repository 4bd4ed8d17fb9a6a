"""The platforms whose sandboxes the chain of lists is tested with."""

from collections.abc import Mapping
from typing import Final

from tests.pairs.platforms.account_engagement import Unit
from tests.pairs.platforms.act_on import ActOnAccount
from tests.pairs.platforms.base import LIST, SandboxedPlatform

PLATFORMS: Final[Mapping[str, type[SandboxedPlatform]]] = {one.system: one for one in (ActOnAccount, Unit)}

__all__ = ["LIST", "PLATFORMS", "SandboxedPlatform"]
