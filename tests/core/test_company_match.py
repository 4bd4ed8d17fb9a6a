"""To which company a person without one may belong."""

from __future__ import annotations

from random import Random

import pytest

from keepstep.core.company_match import (
    Company,
    DomainSays,
    Person,
    Proposal,
    domain_says,
    keys_of_company,
    keys_of_person,
    likeness,
    proposals,
)
from keepstep.core.company_names import read_name

THRESHOLD = 0.80


def person(company: str | None = None, domain: str | None = None) -> Person:
    return Person(read_name(company), domain)


def company(id: str, name: str, domain: str | None = None, colleagues: int = 0, elsewhere: int = 0) -> Company:
    return Company(id, read_name(name), domain, colleagues, elsewhere)


def alike(one: str, other: str) -> float:
    first, second = read_name(one), read_name(other)
    assert first is not None
    assert second is not None
    assert likeness(first, second) == likeness(second, first)
    return round(likeness(first, second)[0], 2)


@pytest.mark.behaviour("SF-5")
@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        ("Acme", "ACME, Inc.", 1.0),
        ("Acme Intl", "Acme International Ltd", 1.0),
        ("Data Stream", "Datastream LLC", 1.0),
        ("Traders Northwind", "Northwind Traders", 0.97),
        ("Northwynd Traders", "Northwind Traders", 0.94),
        ("Acme Group", "Acme", 0.93),
        ("Acme GmbH", "Acme Inc", 0.92),
        ("IBM", "International Business Machines", 0.75),
        ("Northwind Traders", "Northwind Traders Europe", 0.84),
        ("Acme", "Acme Shoe Stores", 0.67),
        ("Studio 54", "Studio 45", 0.6),
        ("Studio 54", "Studio", 0.6),
        ("Acme", "Globex", 0.0),
    ],
)
def test_the_closer_two_names_are_the_higher_they_score(one: str, other: str, score: float) -> None:
    assert alike(one, other) == score


@pytest.mark.behaviour("SF-5")
def test_the_email_s_domain_makes_a_name_surer_or_less_sure() -> None:
    acme = company("A", "Acme Group", "acme.com")
    scores = [proposals(person("Acme", domain), [acme], 0.0)[0].score for domain in ("acme.com", None, "elsewhere.com")]
    assert scores == [0.976, 0.893, 0.818]


def test_people_of_the_company_tell_its_domain_too() -> None:
    anybody = person("Acme", "acme.com")
    assert domain_says(anybody, company("A", "Globex", None, 1)) == (
        DomainSays.LIKELY,
        "1 of the company's people have the email's domain",
    )
    assert domain_says(anybody, company("A", "Globex", None, 2, 1))[0] is DomainSays.SAME
    assert domain_says(anybody, company("A", "Globex", None, 2, 2))[0] is DomainSays.OTHER
    assert domain_says(anybody, company("A", "Globex"))[0] is DomainSays.NOTHING
    assert domain_says(anybody, company("A", "Acme Inc"))[0] is DomainSays.LIKELY
    assert domain_says(anybody, Company("A", None))[0] is DomainSays.NOTHING
    assert domain_says(person("Acme"), company("A", "Acme", "acme.com"))[0] is DomainSays.NOTHING
    assert domain_says(Person(None, "x.com"), company("A", "X Company"))[0] is DomainSays.NOTHING


def test_without_a_company_given_the_domain_alone_proposes_one_and_never_surely() -> None:
    nameless = person("[[Unknown]]", "acme.com")
    found = proposals(nameless, [company("A", "Acme", "acme.com"), company("B", "Acme Two", "other.com")], THRESHOLD)
    assert found == (
        Proposal(
            "A",
            0.85,
            ("no company was given", "the email has the domain of the company's website"),
            clear=True,
        ),
    )


def test_placeholders_match_nothing_on_either_side() -> None:
    dummies = [company("A", "[[Unknown]]"), company("B", "n/a", "acme.com"), company("C", "Private", None, 9)]
    for said in ("[[Unknown]]", "n/a", "none", "private", "self-employed", None):
        assert proposals(person(said), dummies, 0.0) == ()
        assert proposals(person(said, "acme.com"), dummies, 0.0) == ()
        assert keys_of_person(person(said)) == frozenset()
    assert keys_of_company(None, "acme.com") == frozenset()


def test_what_is_below_the_threshold_is_not_proposed() -> None:
    assert proposals(person("Acme"), [company("A", "Acme Shoe Stores")], THRESHOLD) == ()
    assert proposals(person("Acme"), [], THRESHOLD) == ()
    (alike,) = proposals(person("Acme"), [company("A", "Acme Shoe Stores")], 0.0)
    assert proposals(person("Acme"), [company("A", "Acme Shoe Stores")], alike.score) == (alike,)


def test_one_that_is_as_good_as_another_is_no_clear_match_and_says_so() -> None:
    twins = [company("2", "Acme Inc"), company("1", "Acme")]
    best, other = proposals(person("Acme"), twins, THRESHOLD)
    assert (best.company, best.clear, other.company, other.clear) == ("1", False, "2", False)
    assert best.reasons == ("the names are the same", "another company matches nearly as well")


def test_a_next_one_below_the_threshold_still_makes_the_best_unclear() -> None:
    (best,) = proposals(person("Acme"), [company("1", "Acme Group"), company("2", "Acme Global")], 0.89, most=1)
    assert not best.clear


def test_the_best_are_proposed_in_the_same_order_whatever_the_order_they_come_in() -> None:
    companies = [company(str(n), name) for n, name in enumerate(("Acme", "Acme Group", "Akme", "Acmee", "Acme GmbH"))]
    expected = proposals(person("Acme AG"), companies, 0.5)
    assert [one.company for one in expected] == ["0", "1", "4"]
    for seed in range(10):
        Random(seed).shuffle(companies)
        assert proposals(person("Acme AG"), companies, 0.5) == expected


@pytest.mark.parametrize(
    ("who", "which"),
    [
        (person("Acme"), company("A", "Acme Ltd")),
        (person(None, "eu.acme.com"), company("A", "Something Else", "acme.com")),
        (person(None, "acme.com"), company("A", "Acme")),
    ],
)
def test_who_may_belong_together_share_a_key(who: Person, which: Company) -> None:
    assert keys_of_person(who) & keys_of_company(which.name, which.domain)


def test_a_domain_that_reads_like_no_name_is_a_key_by_itself_only() -> None:
    assert keys_of_person(Person(None, "x.com")) == {"#x.com"}
