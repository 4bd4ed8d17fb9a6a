"""Which CRM record and which prospect are the same person, where nothing links them yet: never the first that came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from keepstep.core.model import Side

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record with the email that is being matched."""

    object: str
    id: str
    modified: datetime | None = None
    linked: bool = False  # it has a link to the other side already
    returned: int = 0  # its place in the system's own answer, for those who want the first


@dataclass(frozen=True, slots=True)
class Matches:
    """New links, and for each record that isn't followed the one that is."""

    links: tuple[tuple[Candidate, Candidate], ...] = ()
    # "object:id" -> "object:id" of the one that is followed: of the same side, or, where only the other side's record
    # is linked (to somebody whose email changed since), of that side.
    duplicates: Mapping[str, str] = field(default_factory=dict)


def rank(candidates: Sequence[Candidate], objects: Sequence[str], first_returned: bool = False) -> list[Candidate]:
    """Best first: linked, then the order of objects, then most recently modified, then lowest id (SY-11, SY-12)."""

    def key(one: Candidate) -> tuple[object, ...]:
        place = objects.index(one.object) if one.object in objects else len(objects)
        if first_returned:
            return (not one.linked, place, one.returned)
        age = -((one.modified or _NEVER) - _NEVER).total_seconds()
        return (not one.linked, place, age, len(one.id), one.id)

    return sorted(candidates, key=key)


def match(
    crm: Sequence[Candidate], platform: Sequence[Candidate], objects: Sequence[str], first_returned: bool = False
) -> Matches:
    """Match the records of both sides that share one email.

    The best of each side belong together. Whoever is linked already stays so; the others are duplicates of the best.
    Where one side's best is linked elsewhere, nobody of the other side gets a second record with this email (EX-8).
    """
    sides = [ranked for ranked in (rank(crm, objects, first_returned), rank(platform, (), first_returned)) if ranked]
    best = [ranked[0] for ranked in sides]
    linked = [one for one in best if one.linked]
    if len(best) == len(Side) and len(linked) == 1:
        return Matches((), _duplicates(linked[0], [one for ranked in sides for one in ranked]))
    links = ((best[0], best[1]),) if len(best) == len(Side) and not linked else ()
    return Matches(links, {name: of for ranked in sides for name, of in _duplicates(ranked[0], ranked).items()})


def _duplicates(followed: Candidate, candidates: Sequence[Candidate]) -> dict[str, str]:
    return {_name(one): _name(followed) for one in candidates if one != followed and not one.linked}


def _name(one: Candidate) -> str:
    return f"{one.object}:{one.id}"
