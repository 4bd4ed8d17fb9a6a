"""Company names and email domains as they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepstep.core.company_names import CompanyName, keys_of_name, read_name
from keepstep.core.email_domains import email_domain, keys_of_domain, name_in, parents, same_domain, website_domain


def words(text: str) -> tuple[str, ...]:
    name = read_name(text)
    assert name is not None
    return name.words


@pytest.mark.parametrize(
    "spelling",
    [
        "Acme",
        "ACME, Inc.",
        "The Acme Company",
        "Acmé GmbH & Co. KG",
        "Acme S.p.A.",
        "Acme A/S",
        "Acme Pty. Ltd.",
        "Acme, S.A.B. de C.V.",
        "Acme Sp. z o.o.",
        "ООО Acme",  # noqa: RUF001
        "AB Acme",
        "Acme Oy",
        "Acme K.K.",
        "株式会社Acme",
        "www.acme.com",
        "https://acme.co.uk/",
        "  acme\u00a0",
    ],
)
def test_case_accents_punctuation_legal_forms_and_addresses_don_t_count(spelling: str) -> None:
    assert words(spelling) == ("acme",)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("Acme Intl", "Acme International"),
        ("Acme Int'l Mfg.", "Acme International Manufacturing"),
        ("Acme Svcs & Solns", "Acme Services and Solutions"),
        ("Grupo Acme", "Group Acme"),
        ("I.B.M.", "IBM"),
        ("Smith & Sons", "Smith and Sons Ltd"),
    ],
)
def test_abbreviations_are_written_out(short: str, long: str) -> None:
    assert words(short) == words(long)


@pytest.mark.parametrize(
    "nothing",
    [
        None,
        "",
        " - ",
        "[[Unknown]]",
        " [[unknown]] ",
        "n/a",
        "N.A.",
        "none",
        "Private",
        "self-employed",
        "Self Employed",
        "unknown",
        "X",
        "???",
        "Privatperson",
        "not provided",
        "TBD",
    ],
)
def test_what_stands_for_no_company_has_no_name(nothing: str | None) -> None:
    assert read_name(nothing) is None


def test_a_name_of_nothing_but_a_legal_form_or_a_noise_word_stays_a_name() -> None:
    assert words("SA") == ("sa",)
    assert words("The The") == ("the", "the")
    assert words("Limited Company") == ("limited",)


def test_legal_forms_are_kept_by_family() -> None:
    assert read_name("Acme Corp") == read_name("Acme, Incorporated") == CompanyName(("acme",), frozenset({"inc"}))
    assert read_name("PT Acme") == CompanyName(("acme",))


def test_a_group_is_known_by_its_own_words_and_by_the_weak_ones_where_there_are_no_others() -> None:
    assert CompanyName(("acme", "group")).strong == ("acme",)
    assert CompanyName(("global", "group")).strong == ("global", "group")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Northwind Traders", "Traders, Northwind Ltd"),  # words
        ("Northwind", "Northwynd"),  # first letters
        ("Northwind", "Borthwind"),  # last letters
        ("Acme", "Amce"),  # letters that changed places
        ("Data Stream", "Datastream"),
        ("IBM", "International Business Machines"),
        ("トヨタ", "トヨタ 自動車"),
    ],
)
def test_names_that_may_be_the_same_share_a_key(one: str, other: str) -> None:
    first, second = read_name(one), read_name(other)
    assert first is not None
    assert second is not None
    assert keys_of_name(first) & keys_of_name(second)


def test_names_of_different_companies_share_none() -> None:
    assert not keys_of_name(CompanyName(("acme", "group"))) & keys_of_name(CompanyName(("globex", "group")))


@given(st.text(max_size=40))
def test_reading_never_fails_and_a_read_name_is_read_again_as_itself(text: str) -> None:
    name = read_name(text)
    if name is not None:
        assert name.words
        assert all(name.words)
        assert all(len(key) <= 60 for key in keys_of_name(name))


def test_the_domain_of_an_address_tells_a_company_but_free_mail_does_not() -> None:
    assert email_domain("Ann@Acme.com") == "acme.com"
    assert email_domain("ann@gmail.com") is None
    assert email_domain("ann@yahoo.co.uk") is None
    assert email_domain("ann@eu.mail.ru") is None
    assert email_domain("ann") is None
    assert email_domain(None) is None


def test_the_domain_of_a_website_tells_a_company_but_a_page_on_somebody_else_s_does_not() -> None:
    assert website_domain("https://www.Acme.com/contact?x=1") == "acme.com"
    assert website_domain("acme.com.") == "acme.com"
    assert website_domain("http://user@eu.acme.com:8080") == "eu.acme.com"
    assert website_domain("https://facebook.com/acme") is None
    assert website_domain("acme") is None
    assert website_domain("a!b.com") is None
    assert website_domain("") is None
    assert website_domain(None) is None


def test_a_domain_is_a_part_of_its_parents_and_never_of_a_country_s_own() -> None:
    assert parents("eu.acme.com") == ("eu.acme.com", "acme.com")
    assert parents("mail.acme.co.uk") == ("mail.acme.co.uk", "acme.co.uk")
    assert parents("co.uk") == ("co.uk",)
    assert same_domain("eu.acme.com", "acme.com")
    assert same_domain("acme.com", "eu.acme.com")
    assert not same_domain("us.acme.com", "eu.acme.com")
    assert not same_domain("acme.co.uk", "globex.co.uk")
    assert name_in("mail.acme.co.uk") == "acme"
    assert keys_of_domain("eu.acme.com") == {"#eu.acme.com", "#acme.com"}
