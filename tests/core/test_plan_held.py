"""Rows that can't be written: each waits with a reason, and the rest of the row goes on where it can."""

from __future__ import annotations

import pytest

from keepstep.core.model import (
    FieldType,
    Side,
    Value,
)
from tests.core.cases import (
    ADA,
    FIELDS,
    after,
    codes,
    contact,
    pair,
    policy,
    pulled,
    pushed,
    row,
    rule,
    the_operation,
    with_field,
)


def test_a_contact_without_an_email_is_no_row() -> None:
    (skipped,) = pulled(pair(contact({"first_name": "Ada"}, email=None))).skipped
    assert skipped.code == "no_email"


def test_a_row_without_an_email_is_no_contact_and_waits() -> None:
    (held,) = pushed(pair(platform=row({"first_name": "Ada"}, email=None))).held
    assert (held.code, held.side) == ("no_email", Side.CRM)
    assert held.what_to_do == "the row has no email that can be used: correct it on the list"


def test_a_row_without_a_company_waits_where_a_new_contact_needs_one() -> None:
    one = pair(platform=row({"email": ADA}))
    (held,) = pushed(one, policy(company_field="company")).held
    assert held.code == "no_company"
    assert held.what_to_do == "a new lead needs a company: fill the row's company on the list"
    filled = pair(platform=row({"email": ADA, "company": "Acme"}))
    assert after(pushed(filled, policy(company_field="company"))) == {"email": ADA, "company": "Acme"}


def test_a_value_that_is_too_long_waits_and_the_other_fields_go() -> None:
    rules = with_field("company", max_length={Side.PLATFORM: 4})
    one = pair(
        contact({"first_name": "Augusta", "company": "Acme & Sons"}),
        row({"first_name": "Ada", "company": "Acme"}),
        base={"first_name": "Ada", "company": "Acme"},
    )
    decision = pulled(one, rules)
    assert codes(decision) == ["update", "too_long"]
    operation = the_operation(decision)
    assert operation.after == {"first_name": "Augusta"}
    assert operation.before == {"first_name": "Ada"}
    assert operation.why == {"first_name": "only the CRM changed it"}
    (held,) = decision.held
    assert held.what_to_do == "the platform has no room for the value of company: shorten it or widen it"


@pytest.mark.parametrize(("value", "expected"), [("1234", ["update"]), ("12345", ["too_long"]), (12345, ["update"])])
def test_a_limit_counts_the_characters_of_text_and_lets_its_own_number_through(
    value: Value, expected: list[str]
) -> None:
    rules = with_field("company", max_length={Side.PLATFORM: 4})
    assert (
        codes(pulled(pair(contact({"company": value}), row({"company": "a"}), base={"company": "a"}), rules))
        == expected
    )


def test_a_limit_of_one_side_doesn_t_bind_the_other() -> None:
    rules = with_field("company", max_length={Side.CRM: 4})
    one = pair(contact({"company": "Acme & Sons"}), row({"company": "A"}), base={"company": "A"})
    assert codes(pulled(one, rules)) == ["update"]


def test_a_new_row_or_contact_whose_values_are_too_long_waits_as_a_whole() -> None:
    rules = policy(fields=(rule("email", FieldType.EMAIL, max_length={Side.CRM: 9, Side.PLATFORM: 9}), FIELDS[-1]))
    assert codes(pulled(pair(contact({"email": ADA})), rules)) == ["too_long"]
    assert codes(pushed(pair(platform=row({"email": ADA})), rules)) == ["too_long"]


# -- the email is the key ----------------------------------------------------------------------------------------------

NEW = "augusta@example.com"


def test_a_contact_s_new_email_follows_where_it_may() -> None:
    one = pair(contact({"email": NEW}, email=NEW), row({"email": ADA}), base={"email": ADA})
    operation = the_operation(pulled(one))
    assert operation.after == {"email": NEW}
    assert operation.email == ADA  # the row is found by the address that it still has


def test_a_new_email_that_belongs_to_another_row_waits_and_the_other_fields_go() -> None:
    one = pair(
        contact({"email": NEW, "company": "Apex"}, email=NEW),
        row({"email": ADA, "company": "Acme"}),
        base={"email": ADA, "company": "Acme"},
        email_taken=True,
    )
    decision = pulled(one)
    assert codes(decision) == ["update", "email_taken"]
    assert after(decision) == {"company": "Apex"}
    (held,) = decision.held
    assert (held.object, held.record_id) == ("row", "R1")


def test_an_email_that_is_taken_on_the_list_doesn_t_stop_the_list_s_own_new_email() -> None:
    one = pair(contact({"email": ADA}), row({"email": NEW}, email=NEW), base={"email": ADA}, email_taken=True)
    assert after(pushed(one)) == {"email": NEW}


@pytest.mark.parametrize("odd", ["not an address", "ada@", "a@b@c"])
def test_what_is_no_address_doesn_t_replace_one(odd: str) -> None:
    in_crm = pair(contact({"email": odd}, email=None), row({"email": ADA}), base={"email": ADA})
    on_list = pair(contact({"email": ADA}), row({"email": odd}, email=None), base={"email": ADA})
    assert codes(pulled(in_crm)) == ["bad_email"]
    assert codes(pushed(on_list)) == ["bad_email"]
    assert pushed(on_list).held[0].what_to_do == "the platform's email is not one that can be used: correct it there"
