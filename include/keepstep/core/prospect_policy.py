"""The rules of a prospect sync, as its plan needs them: what becomes of whom, and to which fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from keepstep.core.model import Pair
from keepstep.core.sync_policy import SyncPolicy

OWNER = "owner"  # our name of the field that holds the owner, as the address of a user whom both systems know
CRM_ID = "crm_id"  # our name of the platform's field with the id of the CRM record


class OnEmailChange(StrEnum):
    """What becomes of a linked pair when a side gets another address."""

    FOLLOW = "follow"  # the link holds, the other side gets the new address
    NEW_RECORD = "new_record"  # the CRM gets a second record for a prospect's new address (EX-7)
    STAY_WITH_EMAIL = "stay_with_email"  # the prospect goes over to the other record with its address (EX-9)


class OwnerFallback(StrEnum):
    """Who owns a new CRM record whose assigned user is unknown there."""

    HOLD = "hold"
    CONNECTOR_USER = "connector_user"


@dataclass(frozen=True, slots=True)
class ProspectPolicy:
    """The rules of one prospect sync."""

    by_object: Mapping[str, SyncPolicy]  # CRM object -> how a prospect that is tied to one is merged
    create_as: str  # the object that a new prospect becomes (SF-1)
    inactive_syncs: bool
    recreate_deleted: bool = False
    detect_deletes: bool = True  # off: a deletion is as if the record had never been (SY-16)
    mark_deleted: str | None = None  # what the platform's field with the CRM id says after a deletion (EX-11)
    bin_deleted: bool = False  # and the prospect goes to the platform's recycle bin
    owner_fallback: OwnerFallback = OwnerFallback.HOLD
    on_email_change: OnEmailChange = OnEmailChange.FOLLOW

    def of(self, pair: Pair) -> SyncPolicy:
        """The rules for this pair."""
        return self.by_object[pair.crm.object if pair.crm else self.create_as]

    @property
    def new(self) -> SyncPolicy:
        """The rules for a prospect that is made in the CRM."""
        return self.by_object[self.create_as]
