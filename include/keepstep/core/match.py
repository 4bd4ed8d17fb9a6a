"""Which CRM record and which prospect are the same person, where nothing links them yet: never the first that came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

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
    duplicates: Mapping[str, str] = field(default_factory=dict)  # "object:id" -> "object:id" of the same side


def rank(candidates: Sequence[Candidate], objects: Sequence[str], first_returned: bool = False) -> list[Candidate]:
    """Best first: linked, then the order of objects, then most recently modified, then lowest id (SY-11, SY-12, NS-6)."""

    def key(one: Candidate) -> tuple[object, ...]:
        place = objects.index(one.object) if one.object in objects else len(objects)
        if first_returned:
            return (not one.linked, place, one.returned)
        age = -((one.modified or _NEVER) - _NEVER).total_seconds()
        return (not one.linked, place, age, len(one.id), one.id)

    return sorted(candidates, key=key)  # type: ignore[arg-type]  # tuples of one shape a call, compared element by element


def match(
    crm: Sequence[Candidate], platform: Sequence[Candidate], objects: Sequence[str], first_returned: bool = False
) -> Matches:
    """Match the records of both sides that share one email.

    The best of each side belong together. Whoever is linked already stays so; the others are duplicates of the best.
    """
    ranked_crm = rank(crm, objects, first_returned)
    ranked_platform = rank(platform, (), first_returned)
    links: tuple[tuple[Candidate, Candidate], ...] = ()
    if ranked_crm and ranked_platform and not (ranked_crm[0].linked or ranked_platform[0].linked):
        links = ((ranked_crm[0], ranked_platform[0]),)
    return Matches(links, {**_duplicates(ranked_crm), **_duplicates(ranked_platform)})


def _duplicates(ranked: Sequence[Candidate]) -> dict[str, str]:
    return {f"{one.object}:{one.id}": f"{ranked[0].object}:{ranked[0].id}" for one in ranked[1:] if not one.linked}
