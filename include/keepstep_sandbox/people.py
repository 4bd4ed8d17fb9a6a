"""The people and companies that live in every sandbox: one seeded draw, the same for all systems."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate
from typing import Final

from faker import Faker

FIRST_DAY: Final = datetime(2025, 1, 6, 8, 0, tzinfo=UTC)
HISTORY_S: Final = 300 * 86_400  # people were entered and edited within 300 days from the first day
ODD_SHARE: Final = 0.02  # of the persons, drawn evenly from the kinds of odd addresses
UNAFFILIATED_SHARE: Final = 0.1  # of the persons: no company at all
PERSONS_A_COMPANY: Final = 5
LEAD_SOURCES: Final = ("Web", "Trade Show", "Referral", "Advertisement", "Partner", "Cold Call")


class Stage(StrEnum):
    """How far a company has come in the sale."""

    LEAD = "Lead"
    PROSPECT = "Prospect"
    CUSTOMER = "Customer"


@dataclass(frozen=True, slots=True)
class Company:
    """A company; `number` counts from 1 and is the same in every system, ids are each system's own."""

    number: int
    name: str
    email: str
    phone: str
    city: str
    stage: Stage
    lead_source: str
    created: datetime
    modified: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A person; `company` is a company's number, None for the unaffiliated. An empty `email` is one of the odd ones."""

    number: int
    first_name: str
    last_name: str
    email: str
    title: str
    phone: str
    company: int | None
    lead_source: str
    created: datetime
    modified: datetime


@dataclass(frozen=True, slots=True)
class Population:
    """Everybody there is, in order of their numbers."""

    companies: tuple[Company, ...]
    persons: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class _Pools:
    """Words by Faker, drawn once; persons are combinations of them, or 100,000 would take minutes."""

    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    company_stems: tuple[str, ...]
    suffixes: tuple[str, ...]
    titles: tuple[str, ...]
    cities: tuple[str, ...]


@lru_cache(maxsize=4)
def _pools(seed: int) -> _Pools:
    fake = Faker("en_US")
    fake.seed_instance(seed)
    return _Pools(
        first_names=tuple(fake.first_name() for _ in range(400)),
        last_names=tuple(fake.last_name() for _ in range(600)),
        company_stems=tuple(fake.last_name() for _ in range(400)),
        suffixes=("Ltd", "LLC", "Inc", "GmbH", "Group", "and Sons", "Partners", "Holding"),
        titles=tuple(fake.job() for _ in range(150)),
        cities=tuple(fake.city() for _ in range(200)),
    )


@lru_cache(maxsize=4)
def population(seed: int, size: int, *, odd_emails: bool = True) -> Population:
    """Draw `size` persons and their companies; the same arguments give equal people, on every machine.

    Raises:
        ValueError: the size is negative.
    """
    if size < 0:
        raise ValueError(f"a population has at least 0 persons, not {size}")
    draw = random.Random(f"{seed}/people")
    pools = _pools(seed)
    companies = tuple(_company(n, draw, pools) for n in range(1, size // PERSONS_A_COMPANY + 2)) if size else ()
    persons = [_person(n, draw, pools, len(companies)) for n in range(1, size + 1)]
    if odd_emails:
        # A generator of its own: with the odd ones switched off, everybody else stays the same.
        persons = _with_odd_emails(persons, random.Random(f"{seed}/odd"))
    return Population(companies, tuple(persons))


def _company(number: int, draw: random.Random, pools: _Pools) -> Company:
    stem, suffix = draw.choice(pools.company_stems), draw.choice(pools.suffixes)
    created, modified = _stamps(draw)
    return Company(
        number=number,
        name=f"{stem} {number} {suffix}",
        email=f"info@{_domain(stem, number)}",
        phone=_phone(draw),
        city=draw.choice(pools.cities),
        stage=draw.choices(list(Stage), cum_weights=list(accumulate((35, 30, 35))))[0],
        lead_source=draw.choice(LEAD_SOURCES),
        created=created,
        modified=modified,
    )


def _person(number: int, draw: random.Random, pools: _Pools, companies: int) -> Person:
    first, last = draw.choice(pools.first_names), draw.choice(pools.last_names)
    company = None if draw.random() < UNAFFILIATED_SHARE else draw.randint(1, companies)
    created, modified = _stamps(draw)
    return Person(
        number=number,
        first_name=first,
        last_name=last,
        email=f"{first}.{last}.{number}@people{company or 0}.example.com".lower().replace(" ", ""),
        title=draw.choice(pools.titles),
        phone=_phone(draw),
        company=company,
        lead_source=draw.choice(LEAD_SOURCES),
        created=created,
        modified=modified,
    )


def _domain(stem: str, number: int) -> str:
    return f"{stem}{number}.test".lower().replace(" ", "")


def _phone(draw: random.Random) -> str:
    return f"+1-202-555-{draw.randrange(100, 200):04d}"  # 555-0100 to 0199 are kept free for fiction


def _stamps(draw: random.Random) -> tuple[datetime, datetime]:
    created = FIRST_DAY + timedelta(seconds=draw.randrange(HISTORY_S // 2))
    return created, created + timedelta(seconds=draw.randrange(HISTORY_S // 2))


def _with_odd_emails(persons: list[Person], draw: random.Random) -> list[Person]:
    odd = list(persons)
    chosen = draw.sample(range(len(persons)), round(len(persons) * ODD_SHARE))
    for turn, place in enumerate(chosen):
        odd[place] = replace(odd[place], email=_odd_email(turn, odd[place].email, persons, draw))
    return odd


def _odd_email(turn: int, email: str, persons: list[Person], draw: random.Random) -> str:
    """Give the next kind of odd address, in turn, so that even a small population has one of each."""
    local, _, domain = email.partition("@")
    match turn % 6:
        case 0:
            return ""
        case 1:
            return email.upper()
        case 2:
            return draw.choice(persons).email  # doubled: two persons, one address
        case 3:
            return _longest_email(local)
        case 4:
            return f"zoë.{local}@bücher.{domain}"
        case _:
            return f"{local}+news@{domain}"


def _longest_email(local: str) -> str:
    """Fill an address up to 320 characters: 64 before the @, 255 after it (RFC 3696 section 3)."""
    label = "long" * 15  # 60 characters; a label may have 63
    domain = ".".join([label] * 3 + ["x" * 60, "example.com"])
    return f"{(local + 'x' * 64)[:64]}@{domain[-255:]}"
