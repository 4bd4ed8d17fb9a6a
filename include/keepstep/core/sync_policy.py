"""The rules of one sync, as `plan` needs them: what may be done to which side, and to which fields."""

from __future__ import annotations

from dataclasses import dataclass

from keepstep.core.model import FieldRule


@dataclass(frozen=True, slots=True)
class Way:
    """What may be done to one side (AO-5)."""

    add: bool
    update: frozenset[str]  # names of fields
    remove: bool


@dataclass(frozen=True, slots=True)
class SyncPolicy:
    """The rules of one sync."""

    fields: tuple[FieldRule, ...]
    score_field: str
    pull: Way
    push: Way
    crm_object: str  # what a push creates
    row_object: str  # what a pull creates
    create_fields: frozenset[str] = frozenset()  # what a new CRM record may be given
    company_field: str | None = None  # a person is created under a company with this field's value; None: needs none
    inactive_syncs: bool = False
    recreate_deleted: bool = False
    writes_score: bool = True  # off: the score's column is the platform's own, from which it is read
