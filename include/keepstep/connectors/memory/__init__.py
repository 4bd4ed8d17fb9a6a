"""The reference connectors: small, exact, deterministic systems in memory, with people and trouble on demand."""

from keepstep.connectors.memory.crm import DeletingMemoryCrm, MemoryCrm, SilentMemoryCrm
from keepstep.connectors.memory.crm_side import DeletingMemoryCrmState, MemoryCrmState
from keepstep.connectors.memory.platform import MemoryPlatform
from keepstep.connectors.memory.platform_side import MemoryPlatformState
from keepstep.connectors.memory.prospects import MemoryProspectPlatform

__all__ = [
    "DeletingMemoryCrm",
    "DeletingMemoryCrmState",
    "MemoryCrm",
    "MemoryCrmState",
    "MemoryPlatform",
    "MemoryPlatformState",
    "MemoryProspectPlatform",
    "SilentMemoryCrm",
]
