"""The queries that are sent: their shape, and that nothing from outside gets into their text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepstep.connectors.base import FetchBy
from keepstep.connectors.netsuite import queries
from keepstep.connectors.netsuite.fields import Column
from keepstep.core.model import FieldType

NAME = (Column("firstName", "firstName"),)
TOLD = (
    "SELECT c.id, c.externalid, c.email, c.isinactive, cu.searchstage AS stage, cu.id AS customerid, "
    "TO_CHAR(c.lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS') AS modified, c.firstname AS f0 "
    "FROM contact c LEFT JOIN customer cu ON cu.id = c.company "
)


@pytest.mark.behaviour("AO-1")
@pytest.mark.parametrize(
    ("audience", "where"),
    [
        ("affiliated_with_customers", "cu.searchstage = 'Customer' AND c.isinactive = 'F' AND "),
        ("affiliated_with_prospects", "cu.searchstage = 'Prospect' AND c.isinactive = 'F' AND "),
        ("affiliated_with_leads", "cu.searchstage = 'Lead' AND c.isinactive = 'F' AND "),
        ("unaffiliated", "cu.id IS NULL AND c.isinactive = 'F' AND "),
        (None, ""),
    ],
)
def test_a_listing_names_its_audience_and_goes_by_keyset(audience: str | None, where: str) -> None:
    assert queries.listing("contact", NAME, audience, 5000).text == f"{TOLD}WHERE {where}c.id > 5000 ORDER BY c.id"


def test_changes_are_those_of_the_contact_and_of_its_company() -> None:
    asked = "TO_DATE('2026-03-01 09:55:00', 'YYYY-MM-DD HH24:MI:SS')"
    assert queries.changes("contact", NAME, "2026-03-01 09:55:00", 0).text == (
        f"{TOLD}WHERE (c.lastmodifieddate >= {asked} OR cu.lastmodifieddate >= {asked}) AND c.id > 0 ORDER BY c.id"
    )


def test_deletions_match_the_type_in_any_case() -> None:
    assert queries.deletions("contact", "2026-03-01 09:55:00", 7).text == (
        "SELECT recordid, TO_CHAR(deleteddate, 'YYYY-MM-DD HH24:MI:SS') AS deleted FROM deletedrecord "
        "WHERE UPPER(type) = 'CONTACT' AND deleteddate >= TO_DATE('2026-03-01 09:55:00', 'YYYY-MM-DD HH24:MI:SS') "
        "AND recordid > 7 ORDER BY recordid"
    )


def test_leads_are_the_individuals_among_the_customers_in_every_query() -> None:
    told = (
        "SELECT cu.id, cu.externalid, cu.email, cu.isinactive, cu.salesrep, cu.searchstage AS stage, "
        "TO_CHAR(cu.lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS') AS modified, cu.firstname AS f0 FROM customer cu "
    )
    assert queries.listing("lead", NAME, None, 7).text == (
        f"{told}WHERE cu.isperson = 'T' AND cu.id > 7 ORDER BY cu.id"
    )
    for asked in (
        queries.changes("lead", NAME, "2026-03-01 09:55:00", 0),
        queries.lookup("lead", NAME, None, FetchBy.ID, ["12"], 0),
        queries.lookup("lead", NAME, None, FetchBy.EMAIL, ["a@a.test"], 0),
    ):
        assert asked.text.startswith(told)
        assert asked.text.endswith(" AND cu.isperson = 'T' AND cu.id > 0 ORDER BY cu.id")


def test_a_lead_may_be_buried_under_any_stage() -> None:
    text = queries.deletions("lead", "2026-03-01 09:55:00", 0).text
    assert "WHERE UPPER(type) IN ('CUSTOMER', 'LEAD', 'PROSPECT') AND" in text


def test_of_users_no_more_is_asked_than_who_they_are() -> None:
    assert queries.listing("user", (Column("name", "name"),), None, 0).text == (
        "SELECT e.id, e.email, e.isinactive, e.entityid, e.firstname, e.lastname "
        "FROM employee e WHERE e.id > 0 ORDER BY e.id"
    )


@pytest.mark.parametrize(
    ("column", "expression"),
    [
        (Column("custentity_x", "custentity_x"), "c.custentity_x AS f0"),
        (Column("leadSource", "contactSource", FieldType.REFERENCE), "BUILTIN.DF(c.contactsource) AS f0"),
        (Column("custentity_d", "custentity_d", FieldType.DATE), "TO_CHAR(c.custentity_d, 'YYYY-MM-DD') AS f0"),
        (Column("company", "company", FieldType.REFERENCE), "cu.companyname AS f0, BUILTIN.DF(c.company) AS f0_shown"),
        (Column("company.companyName", "company"), "cu.companyname AS f0, BUILTIN.DF(c.company) AS f0_shown"),
        (
            Column("globalSubscriptionStatus", "globalSubscriptionStatus", FieldType.BOOLEAN),
            "BUILTIN.DF(c.globalsubscriptionstatus) AS f0",
        ),
        (
            Column("dateCreated", "dateCreated", FieldType.DATETIME),
            "TO_CHAR(c.datecreated, 'YYYY-MM-DD HH24:MI:SS') AS f0",
        ),
    ],
)
def test_a_field_is_asked_for_as_its_type_needs(column: Column, expression: str) -> None:
    assert f", {expression} FROM" in queries.listing("contact", (column,), None, 0).text


def test_ids_are_looked_up_in_every_audience() -> None:
    asked = queries.lookup("contact", NAME, "unaffiliated", FetchBy.ID, ["12", "7"], 0)
    assert asked.text == f"{TOLD}WHERE c.id IN (12, 7) AND c.id > 0 ORDER BY c.id"
    assert asked.params == ()


@pytest.mark.behaviour("AO-8")
def test_a_company_is_looked_up_whatever_its_case_and_blanks() -> None:
    asked = queries.lookup("customer", (), None, FetchBy.NAME, [" Müller & Söhne ", "Straße 7"], 0)
    assert "WHERE UPPER(TRIM(cu.companyname)) IN (?, ?) AND cu.isperson = 'F' AND cu.id > 0" in asked.text
    assert asked.params == ("MÜLLER & SÖHNE", "STRAßE 7")


def test_the_audience_counts_where_people_are_looked_up_by_email() -> None:
    asked = queries.lookup("contact", (), "unaffiliated", FetchBy.EMAIL, ["Ann@a.test"], 0)
    assert "UPPER(TRIM(c.email)) IN (?) AND cu.id IS NULL AND c.isinactive = 'F'" in asked.text
    assert asked.params == ("ANN@A.TEST",)


@given(
    st.lists(st.text(min_size=1), min_size=1, max_size=5),
    st.sampled_from([FetchBy.EMAIL, FetchBy.NAME, FetchBy.EXTERNAL_ID]),
)
def test_no_key_ever_gets_into_the_text_of_a_query(keys: list[str], by: FetchBy) -> None:
    harmless = queries.lookup("customer", NAME, None, by, ["x"] * len(keys), 0)
    asked = queries.lookup("customer", NAME, None, by, keys, 0)
    assert asked.text == harmless.text
    assert len(asked.params) == len(keys)


@pytest.mark.parametrize("id", ["1) OR (1=1", "1; DROP", "x", ""])
def test_an_id_that_is_no_number_never_gets_into_a_query(id: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        queries.lookup("contact", (), None, FetchBy.ID, [id], 0)


@given(st.text())
def test_folding_is_oracles_own(text: str) -> None:
    assert len(queries.folded_like_oracle(text)) == len(text.strip(" "))
