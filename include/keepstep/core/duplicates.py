"""Which people without a company are the same person: first by email, then by name and company (SF-7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from keepstep.core.company_names import read_name
from keepstep.core.normalize import normalize_company


class SameBy(StrEnum):
    """What tells that two people are one."""

    EMAIL = "email"
    NAME = "name and company"


@dataclass(frozen=True, slots=True)
class Known:
    """What duplicates are told by."""

    id: str
    email: str | None = None  # normalized
    name_key: str | None = None  # see `name_key`


@dataclass(frozen=True, slots=True)
class Group:
    """People who are likely one; ids in order, the first names the group."""

    ids: tuple[str, ...]
    by: Mapping[str, SameBy]  # id -> what ties it to another one; the email where both do


def name_key(first: str | None, last: str | None, company: str | None) -> str | None:
    """Equal for people of one name at one company; None where name or company is missing or a placeholder."""
    employer = read_name(company)
    given, family = normalize_company(first), normalize_company(last)
    if employer is None or given is None or family is None or family.startswith("[["):
        return None
    return f"{given}|{family}|{employer.compact}"


def group(people: Iterable[Known]) -> tuple[Group, ...]:
    """Groups of two or more, in the order of their first ids; the same ones in whatever order the people come."""
    ordered = sorted(people, key=_by_id)
    leader = {one.id: one.id for one in ordered}
    by: dict[str, SameBy] = {}
    for same_by in SameBy:
        first: dict[str, str] = {}
        for one in ordered:
            key = one.email if same_by is SameBy.EMAIL else one.name_key
            other = first.setdefault(key, one.id) if key is not None else one.id
            if other != one.id:
                by.setdefault(other, same_by)
                by.setdefault(one.id, same_by)
                _join(leader, other, one.id)
    members: dict[str, list[str]] = {}
    for one in ordered:
        members.setdefault(_leader(leader, one.id), []).append(one.id)
    return tuple(Group(tuple(ids), {id: by[id] for id in ids}) for ids in members.values() if len(ids) > 1)


def _by_id(one: Known) -> tuple[int, str]:
    return len(one.id), one.id  # numbers that are text, too


def _leader(leader: dict[str, str], id: str) -> str:
    while leader[id] != id:
        leader[id] = leader[leader[id]]  # halves the way for the next one
        id = leader[id]
    return id


def _join(leader: dict[str, str], one: str, other: str) -> None:
    low, high = sorted((_leader(leader, one), _leader(leader, other)), key=lambda id: (len(id), id))
    leader[high] = low
