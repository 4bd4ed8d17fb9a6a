"""To which company a person without one may belong: scored from 0 to 1, with reasons that name nobody (SF-5).

Two things tell: how alike the company that was given and the company's name are, and the domain of the email. Neither
is proof: the scores say what to show a person first, and a threshold says what may be done without one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz

from keepstep.core.company_names import CompanyName, keys_of_name, read_name
from keepstep.core.email_domains import keys_of_domain, name_in, same_domain


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who belongs to no company yet."""

    name: CompanyName | None  # the company as given; None: nothing that tells one
    domain: str | None = None  # of the email; None: nothing that tells a company


@dataclass(frozen=True, slots=True)
class Company:
    """A company that somebody may belong to."""

    id: str
    name: CompanyName | None  # None: a placeholder, to which nobody belongs
    domain: str | None = None  # of its website
    colleagues: int = 0  # its people whose emails have the person's domain
    elsewhere: int = 0  # people of other companies whose emails have that domain


@dataclass(frozen=True, slots=True)
class Proposal:
    """A company that the person may belong to."""

    company: str
    score: float  # 0..1
    reasons: tuple[str, ...]
    clear: bool = False  # the best, and far enough before the next one


class DomainSays(Enum):
    """What the email's domain tells about a company: the score where no company was given, and the way to it."""

    SAME = (0.85, 0.35)  # of what the names lack for 1, this much stays lacking
    LIKELY = (0.82, 0.6)
    NOTHING = (0.0, 0.96)  # the names' likeness counts this much
    OTHER = (0.0, 0.88)


CLEARLY: Final = 0.05  # a best one that is less far before the next is a matter for a person
_SAME_DOMAIN_BY: Final = 2  # colleagues: one may be a mistake as well
_ORDER, _WEAK, _OTHER_FORM, _INITIALS = 0.97, 0.93, 0.92, 0.75
_PART_FROM, _PART_MORE = 0.6, 0.25
_OTHER_NUMBER: Final = 0.6
_TELLING: Final = 0.5  # likeness of letters below this is chance

_AS_GOOD = "another company matches nearly as well"
_NO_NAME = "no company was given"


def keys_of_person(person: Person) -> frozenset[str]:
    """By what a person finds companies."""
    keys = keys_of_name(person.name) if person.name else frozenset()
    if person.domain is not None:
        named = _named(person.domain)
        keys |= keys_of_domain(person.domain) | (frozenset({f"={named}"}) if named else frozenset())
    return keys


def keys_of_company(name: CompanyName | None, domain: str | None) -> frozenset[str]:
    """By what a company is found; a placeholder isn't."""
    if name is None:
        return frozenset()
    return keys_of_name(name) | (keys_of_domain(domain) if domain is not None else frozenset())


def proposals(person: Person, companies: Iterable[Company], from_score: float, most: int = 3) -> tuple[Proposal, ...]:
    """The companies with at least this score, the best first; the same ones in whatever order they come."""
    scored = [found for company in companies if (found := _scored(person, company)) is not None]
    ranked = sorted(scored, key=lambda one: (-one.score, len(one.company), one.company))[: max(most, 2)]
    if ranked:
        best, *others = ranked
        tied = bool(others) and best.score - others[0].score < CLEARLY
        ranked[0] = replace(best, reasons=(*best.reasons, _AS_GOOD)) if tied else replace(best, clear=True)
    return tuple(one for one in ranked[:most] if one.score >= from_score)


def likeness(one: CompanyName, other: CompanyName) -> tuple[float, str]:
    """How alike two names are, 0..1, and in what way."""
    found = max(_by_words(one, other), _by_letters(one, other), _by_initials(one, other))
    if found[0] > _OTHER_NUMBER and _numbers(one) != _numbers(other):
        return _OTHER_NUMBER, "the names are alike but for a number in them"
    return found


def domain_says(person: Person, company: Company) -> tuple[DomainSays, str]:
    """What the email's domain tells about this company, in words too."""
    if person.domain is None:
        return DomainSays.NOTHING, ""
    if company.domain is not None and same_domain(person.domain, company.domain):
        return DomainSays.SAME, "the email has the domain of the company's website"
    if company.colleagues > company.elsewhere:
        says = DomainSays.SAME if company.colleagues >= _SAME_DOMAIN_BY else DomainSays.LIKELY
        return says, f"{company.colleagues} of the company's people have the email's domain"
    if company.name is not None and company.name.compact == _named(person.domain):
        return DomainSays.LIKELY, "the email's domain reads like the company's name"
    if company.domain is not None or company.elsewhere:
        return DomainSays.OTHER, "the email has another domain than the company"
    return DomainSays.NOTHING, ""


@lru_cache(maxsize=1000)  # one person is compared with many companies
def _named(domain: str) -> str | None:
    """The name that a domain reads like."""
    name = read_name(name_in(domain))
    return name.compact if name else None


def _scored(person: Person, company: Company) -> Proposal | None:
    if company.name is None:
        return None
    says, domain_reason = domain_says(person, company)
    if_nameless, weight = says.value
    if person.name is None:
        score, reason = if_nameless, _NO_NAME
    else:
        alike, reason = likeness(person.name, company.name)
        sure = says in (DomainSays.SAME, DomainSays.LIKELY)
        score = 1 - (1 - alike) * weight if sure else alike * weight
    reasons = (reason, domain_reason) if domain_reason else (reason,)
    return Proposal(company.id, round(score, 3), reasons) if score else None


def _by_words(one: CompanyName, other: CompanyName) -> tuple[float, str]:
    if one.compact == other.compact:
        if one.legal and other.legal and not one.legal & other.legal:
            return _OTHER_FORM, "the names are the same, their legal forms are not"
        return 1.0, "the names are the same"
    if sorted(one.words) == sorted(other.words):
        return _ORDER, "the names have the same words in another order"
    if one.strong == other.strong:
        return _WEAK, "the names are the same but for a word such as Group"
    fewer, more = sorted((one, other), key=lambda name: (len(name.words), name.words))
    if set(fewer.strong) < set(more.words):
        share = len(fewer.compact) / len(more.compact)
        return _PART_FROM + _PART_MORE * min(share, 1.0), "one name is a part of the other"
    return 0.0, "the names have nothing in common"


def _by_letters(one: CompanyName, other: CompanyName) -> tuple[float, str]:
    whole = fuzz.ratio(one.compact, other.compact)
    words = fuzz.token_sort_ratio(" ".join(one.words), " ".join(other.words))
    alike = max(whole, words) / 100
    return (alike, f"the names are alike by {alike:.0%}") if _TELLING <= alike < 1 else (0.0, "")


def _by_initials(one: CompanyName, other: CompanyName) -> tuple[float, str]:
    if one.compact == other.initials or other.compact == one.initials:
        return _INITIALS, "one name may be the initials of the other"
    return 0.0, ""


def _numbers(name: CompanyName) -> list[str]:
    return sorted(word for word in name.words if any(letter.isdigit() for letter in word))
