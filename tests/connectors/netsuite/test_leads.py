"""Leads against the sandbox: the customers who are people, their owners, opt-outs and blank names; and the users."""

from __future__ import annotations

import pytest

from keepstep.connectors.base import FetchBy, ReadQuery
from keepstep.core.errors import Bug, SettingsError
from keepstep.core.model import Applied, FieldType, Kind, OperationId, Rejected, Status, Value, Write
from tests.connectors.netsuite.office import Account, NetSuite, create, only, told, update, watermark

FIELDS = ("email", "firstName", "lastName", "companyName", "stage", "leadSource", "custentity_act_on_score")
LEADS = ReadQuery("lead", FIELDS)
CONTACTS = ReadQuery("contact", ("email", "firstName", "lastName", "company.companyName"))
COMPANIES = ReadQuery("customer", ("companyName",))
USERS = ReadQuery("user")
SAM, SUE = "sam.seller@corp.example.com", "sue.sells@corp.example.com"


def users(netsuite: NetSuite) -> dict[str | None, str]:
    """The ids of those who may own a lead, by address."""
    return {record.email: record.id for record in told(netsuite.connector().read(USERS)).values()}


def now(netsuite: NetSuite, lead: str) -> dict[str, Value]:
    """The lead as those see it who work there."""
    fields: dict[str, Value] = netsuite.control("GET", f"netsuite/leads/{lead}")
    return fields


# -- who is a lead -----------------------------------------------------------------------------------------------------


def test_leads_are_the_people_among_the_customers_and_no_company_or_contact(account: Account) -> None:
    netsuite = account()
    company = netsuite.company("Acme")
    netsuite.contact("Ben", company=company)
    ann = netsuite.lead("Ann", companyName="Acme", custentity_act_on_score=7, leadSource="-4")
    connector = netsuite.connector()

    [record] = told(connector.read(LEADS)).values()

    assert (record.object, record.id, record.email, record.status) == ("lead", ann, "ann@a.test", Status.ACTIVE)
    assert record.fields == {
        "email": "ann@a.test",
        "firstName": "Ann",
        "lastName": "Ode",
        "companyName": "Acme",
        "stage": "lead",
        "leadSource": "Web",
        "custentity_act_on_score": 7,
    }
    assert record.modified is not None
    assert [r.id for r in connector.fetch(LEADS, FetchBy.ID, [company, ann])] == [ann]
    assert connector.url("lead", ann).endswith(f"/app/common/entity/custjob.nl?id={ann}")


def test_a_lead_that_grows_is_the_same_lead_and_stays_active(account: Account) -> None:
    netsuite = account()
    ann = netsuite.lead("Ann")
    connector = netsuite.connector()
    cursor = watermark(connector, LEADS)

    for stage in ("Prospect", "Customer"):
        netsuite.control("POST", f"netsuite/leads/{ann}/stage", {"stage": stage})
        record = told(connector.read(LEADS, cursor))[ann]
        assert (record.status, record.fields["stage"]) == (Status.ACTIVE, stage.lower())
    assert set(told(connector.read(LEADS))) == {ann}


def test_without_any_field_named_the_usual_and_the_custom_ones_are_read(account: Account) -> None:
    netsuite = account()
    netsuite.lead("Ann", title="Buyer", salesRep=users(netsuite)[SAM])

    [record] = told(netsuite.connector().read(ReadQuery("lead"))).values()

    assert record.fields["title"] == "Buyer"
    assert record.fields["salesRep"] == "Sam Seller"
    assert record.fields["globalSubscriptionStatus"] is False
    assert "custentity_act_on_score" in record.fields


def test_a_lead_is_found_by_email_in_any_case_and_by_its_external_id(account: Account) -> None:
    netsuite = account()
    twins = {netsuite.lead("Ann", email="Ann@A.test"), netsuite.lead("Anne", email="ann@a.TEST", externalId="AON-1")}
    netsuite.contact("Ann")
    connector = netsuite.connector()

    assert {r.id for r in connector.fetch(LEADS, FetchBy.EMAIL, ["ANN@a.test"])} == twins
    [record] = connector.fetch(LEADS, FetchBy.EXTERNAL_ID, ["AON-1"])
    assert (record.external_id, record.fields["firstName"]) == ("AON-1", "Anne")
    with pytest.raises(Bug):
        list(connector.fetch(LEADS, FetchBy.NAME, ["Ann Ode"]))


def test_a_company_is_never_mistaken_for_the_individual_who_works_there(account: Account) -> None:
    netsuite = account()
    netsuite.lead("Ann", companyName="Acme")
    acme = netsuite.company("Acme")
    assert [r.id for r in netsuite.connector().fetch(COMPANIES, FetchBy.NAME, ["acme"])] == [acme]


# -- what becomes of one -----------------------------------------------------------------------------------------------


@pytest.mark.behaviour("NS-1")
@pytest.mark.behaviour("NS-2")
def test_an_inactivated_lead_is_told_as_such_and_no_write_reactivates_it(account: Account) -> None:
    netsuite = account()
    ann = netsuite.lead("Ann")
    connector = netsuite.connector()
    cursor = watermark(connector, LEADS)
    assert isinstance(only(connector.apply([Write(OperationId("remove"), Kind.REMOVE, "lead", {}, ann)])), Applied)

    assert told(connector.read(LEADS, cursor))[ann].status is Status.INACTIVE
    assert isinstance(only(connector.apply([update(ann, {"custentity_act_on_score": 5}, "lead")])), Applied)
    [record] = connector.fetch(LEADS, FetchBy.ID, [ann])
    assert (record.status, record.fields["custentity_act_on_score"]) == (Status.INACTIVE, 5)


@pytest.mark.behaviour("NS-3")
def test_deleted_and_merged_leads_are_told(account: Account) -> None:
    netsuite = account()
    ann, ben, cid = (netsuite.lead(name) for name in ("Ann", "Ben", "Cid"))
    connector = netsuite.connector()
    cursor = watermark(connector, LEADS)
    netsuite.control("DELETE", f"netsuite/leads/{ann}")
    netsuite.control("POST", "netsuite/leads/merge", {"master": ben, "others": [cid]})

    deletions = {d.id: (d.object, d.merged_into) for page in connector.read(LEADS, cursor) for d in page.deletions}

    assert deletions == {ann: ("lead", None), cid: ("lead", None)}
    assert isinstance(only(connector.apply([update(ann, {"title": "Buyer"}, "lead")])), Rejected)


# -- making one --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stages", "status"), [({}, "6"), ({"lead": "7"}, "7")])
def test_a_new_lead_is_an_individual_at_the_stage_lead(account: Account, stages: dict[str, str], status: str) -> None:
    netsuite = account()
    connector = netsuite.connector(stages=stages)
    fields: dict[str, Value] = {"email": "ann@a.test", "firstName": "Ann", "lastName": "Ode", "companyName": "Acme"}

    made = only(connector.apply([create("lead", "AON-1", fields)]))

    assert isinstance(made, Applied)
    there = now(netsuite, made.record_id)
    assert {name: there[name] for name in fields} == fields
    assert (there["isPerson"], there["entityStatus"], there["searchStage"]) == (True, status, "Lead")
    again = only(netsuite.connector().apply([create("lead", "AON-1", fields)]))
    assert again == made


def test_a_new_lead_may_be_further_on(account: Account) -> None:
    netsuite = account()
    made = only(netsuite.connector().apply([create("lead", "AON-1", {"email": "a@a.test", "stage": "prospect"})]))
    assert isinstance(made, Applied)
    assert now(netsuite, made.record_id)["searchStage"] == "Prospect"


def test_a_lead_whose_answer_was_lost_is_made_once(account: Account) -> None:
    netsuite = account()
    netsuite.weather(kind="lose_reply", method="PUT", times=1)
    connector = netsuite.connector()
    made = only(connector.apply([create("lead", "AON-1", {"email": "ann@a.test"})]))
    assert isinstance(made, Applied)
    assert list(told(connector.read(LEADS))) == [made.record_id]


def test_a_oneworld_account_is_told_the_subsidiary_of_a_new_lead(account: Account) -> None:
    netsuite = account(one_world=True)
    made = only(netsuite.connector(subsidiary="2").apply([create("lead", "AON-1", {"email": "ann@a.test"})]))
    assert isinstance(made, Applied)
    assert now(netsuite, made.record_id)["subsidiary"] == "2"


def test_a_blank_name_is_spelled_unknown_there_and_is_blank_here(account: Account) -> None:
    netsuite = account()
    connector = netsuite.connector()
    made = only(connector.apply([create("lead", "AON-1", {"email": "ann@a.test", "firstName": "Ann"})]))
    assert isinstance(made, Applied)
    assert now(netsuite, made.record_id)["lastName"] == "[[Unknown]]"
    assert isinstance(only(connector.apply([update(made.record_id, {"firstName": None}, "lead")])), Applied)
    assert now(netsuite, made.record_id)["firstName"] == "[[Unknown]]"

    [record] = connector.fetch(LEADS, FetchBy.ID, [made.record_id])
    assert (record.fields["firstName"], record.fields["lastName"]) == (None, None)


def test_where_nothing_stands_for_a_blank_name_netsuite_refuses_it(account: Account) -> None:
    netsuite = account()
    outcome = only(netsuite.connector(unknown=None).apply([create("lead", "AON-1", {"email": "ann@a.test"})]))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "USER_ERROR"


# -- owners and users --------------------------------------------------------------------------------------------------


def test_users_are_the_employees_with_their_names_and_those_who_left_are_inactive(account: Account) -> None:
    netsuite = account()
    connector = netsuite.connector()

    everybody = {record.email: record for record in told(connector.read(USERS)).values()}

    assert everybody[SAM].fields == {"email": SAM, "name": "Sam Seller"}
    assert (everybody[SAM].object, everybody[SAM].status) == ("user", Status.ACTIVE)
    assert everybody["ines.inactive@corp.example.com"].status is Status.INACTIVE
    assert [r.id for r in connector.fetch(USERS, FetchBy.EMAIL, [SUE.upper()])] == [everybody[SUE].id]
    assert [r.email for r in connector.fetch(USERS, FetchBy.ID, [everybody[SUE].id, "999999"])] == [SUE]
    assert {name: field.type for name, field in connector.schema(["user"])["user"].items()} == {
        "email": FieldType.EMAIL,
        "name": FieldType.TEXT,
    }


def test_users_are_listed_anew_each_time_and_the_listing_is_told_as_such(account: Account) -> None:
    netsuite = account()
    connector = netsuite.connector(page_size=3)
    cursor = watermark(connector, USERS)
    netsuite.control("POST", "netsuite/users", {"firstName": "Zoe", "lastName": "New", "email": "zoe@corp.test"})

    pages = list(netsuite.connector(page_size=3).read(USERS, cursor))

    assert [(page.full, page.last) for page in pages] == [(True, False), (True, True)]
    assert {r.email for page in pages for r in page.records} >= {SAM, SUE, "zoe@corp.test"}
    assert set(told(connector.read(USERS, pages[0].cursor))) == {r.id for r in pages[1].records}


def test_a_user_is_never_written(account: Account) -> None:
    netsuite = account()
    sam = users(netsuite)[SAM]
    writes = [update(sam, {"email": "x@x.test"}, "user"), create("user", "AON-1", {"email": "y@x.test"})]
    outcomes = list(netsuite.connector().apply(writes))
    assert [o.code for o in outcomes if isinstance(o, Rejected)] == ["READ_ONLY", "READ_ONLY"]


def test_a_role_that_may_not_see_employees_is_for_the_user_to_mend(account: Account) -> None:
    netsuite = account()
    netsuite.control("PUT", "netsuite/settings", {"permissions": ["customers", "contacts", "suiteql"]})
    with pytest.raises(SettingsError, match="query of user"):
        list(netsuite.connector().read(USERS))


def test_the_owner_of_a_lead_is_its_sales_representative(account: Account) -> None:
    netsuite = account()
    who = users(netsuite)
    connector = netsuite.connector()
    made = only(connector.apply([create("lead", "AON-1", {"email": "ann@a.test", "salesRep": who[SAM]})]))
    assert isinstance(made, Applied)

    for owner in (who[SUE], None):
        [before] = connector.fetch(LEADS, FetchBy.ID, [made.record_id])
        assert before.owner == (who[SAM] if owner else who[SUE])
        assert isinstance(only(connector.apply([update(made.record_id, {"salesRep": owner}, "lead")])), Applied)
        assert now(netsuite, made.record_id)["salesRep"] == owner
    assert told(connector.read(LEADS))[made.record_id].owner is None


def test_an_owner_who_is_nobody_is_rejected_alone(account: Account) -> None:
    netsuite = account()
    ann = netsuite.lead("Ann")
    refused = [only(netsuite.connector().apply([update(ann, {"salesRep": rep}, "lead")])) for rep in ("999999", SAM)]
    assert [o.code for o in refused if isinstance(o, Rejected)] == ["INVALID_KEY_OR_REF", "NOT_AN_ID"]


# -- opting out --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lead", "contact"])
def test_the_subscription_status_is_told_and_written_as_an_opt_out(account: Account, kind: str) -> None:
    netsuite = account()
    ann = netsuite.lead("Ann") if kind == "lead" else netsuite.contact("Ann")
    connector = netsuite.connector(opt_out_field="globalSubscriptionStatus")
    query = ReadQuery(kind, ("email", "globalSubscriptionStatus"))
    assert connector.schema([kind])[kind]["globalSubscriptionStatus"].type is FieldType.BOOLEAN

    for opted_out, status in ((True, "2"), (False, "1")):
        write = update(ann, {"globalSubscriptionStatus": opted_out}, kind)
        assert isinstance(only(connector.apply([write])), Applied)
        assert netsuite.control("GET", f"netsuite/{kind}s/{ann}")["globalSubscriptionStatus"] == status
        [record] = connector.fetch(query, FetchBy.ID, [ann])
        assert (record.fields["globalSubscriptionStatus"], record.opted_out) == (opted_out, opted_out)

    netsuite.control("PATCH", f"netsuite/{kind}s/{ann}", {"globalSubscriptionStatus": "4"})  # the person's own word
    assert told(connector.read(query))[ann].opted_out


# -- contacts beside leads ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one_world", [False, True])
def test_a_contact_needs_neither_a_company_nor_a_name(account: Account, one_world: bool) -> None:
    netsuite = account(one_world=one_world, unique_contact_names=True)
    connector = netsuite.connector(subsidiary="1" if one_world else None)
    emails = ("ann@a.test", "ben@a.test")

    made = list(connector.apply([create("contact", f"AON-{email}", {"email": email}) for email in emails]))

    assert all(isinstance(outcome, Applied) for outcome in made)
    people = {record.email: record for record in told(connector.read(CONTACTS)).values()}
    assert set(people) == set(emails)
    ann = people["ann@a.test"]
    assert {ann.fields["firstName"], ann.fields["lastName"], ann.fields["company.companyName"], ann.owner} == {None}
    named = update(ann.id, {"firstName": "Ann", "lastName": "Ode"})
    assert isinstance(only(connector.apply([named])), Applied)
    assert told(connector.read(CONTACTS))[ann.id].fields["lastName"] == "Ode"


def test_the_name_of_a_contacts_company_is_told_under_a_name_that_is_never_written(account: Account) -> None:
    netsuite = account()
    company = netsuite.company("Acme GmbH")
    ann = netsuite.contact("Ann", company=company)
    connector = netsuite.connector()
    cursor = watermark(connector, CONTACTS)
    netsuite.control("PATCH", f"netsuite/customers/{company}", {"companyName": "Acme AG"})

    assert told(connector.read(CONTACTS, cursor))[ann].fields["company.companyName"] == "Acme AG"


def test_a_contact_has_no_sales_representative_and_a_write_of_one_is_rejected(account: Account) -> None:
    netsuite = account()
    ann = netsuite.contact("Ann")
    connector = netsuite.connector()
    assert "salesRep" not in connector.schema(["contact"])["contact"]

    outcome = only(connector.apply([update(ann, {"salesRep": users(netsuite)[SAM]})]))

    assert isinstance(outcome, Rejected)
    assert outcome.code == "NONEXISTENT_FIELD"
