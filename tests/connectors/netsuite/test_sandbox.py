"""The connector against the sandbox: the four lists, stages, deletions, sign-ins, clocks, and bad days."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from keepstep.connectors.base import FetchBy, ReadQuery
from keepstep.connectors.netsuite import ClientCredentials, TokenBased
from keepstep.core.errors import AuthError, Unavailable
from keepstep.core.model import Applied, FieldType, Kind, OperationId, Rejected, Status, Value, Write
from keepstep_sandbox import credentials
from tests.connectors.netsuite.office import TBA, Account, create, only, told, update, watermark

FIELDS = ("email", "firstName", "lastName", "company", "leadSource", "custentity_act_on_score")
CUSTOMERS = ReadQuery("contact", FIELDS, audience="affiliated_with_customers")
EVERYBODY = ReadQuery("contact", FIELDS)
COMPANIES = ReadQuery("customer", ("companyName", "stage"))
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


# -- the four lists ----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("AO-1")
def test_the_four_lists_are_those_of_the_companys_stage_and_hold_no_inactive_contact(account: Account) -> None:
    netsuite = account()
    people = {
        "affiliated_with_customers": netsuite.contact("Ann", company=netsuite.company("Acme", "Customer")),
        "affiliated_with_prospects": netsuite.contact("Ben", company=netsuite.company("Bolt", "Prospect")),
        "affiliated_with_leads": netsuite.contact("Cid", company=netsuite.company("Cogs", "Lead")),
        "unaffiliated": netsuite.contact("Dee"),
    }
    gone = netsuite.contact("Eve")
    netsuite.control("POST", f"netsuite/contacts/{gone}/inactivate")
    connector = netsuite.connector()

    for audience, person in people.items():
        [record] = told(connector.read(ReadQuery("contact", FIELDS, audience=audience))).values()
        assert (record.id, record.audiences) == (person, frozenset({audience}))
    everybody = told(connector.read(EVERYBODY))
    assert set(everybody) == {*people.values(), gone}
    assert (everybody[gone].status, everybody[gone].audiences) == (Status.INACTIVE, frozenset())


@pytest.mark.behaviour("AO-1")
def test_a_company_that_becomes_a_customer_brings_its_contacts_although_they_did_not_change(account: Account) -> None:
    netsuite = account(noop_moves_modified=False)
    company = netsuite.company("Acme", "Prospect")
    ann = netsuite.contact("Ann", company=company)
    connector = netsuite.connector(time_zone="America/Los_Angeles", overlap_s=0)
    cursor = watermark(connector, CUSTOMERS)

    netsuite.stage(company, "Customer")
    came = told(connector.read(CUSTOMERS, cursor))
    netsuite.stage(company, "Lead")
    left = told(connector.read(CUSTOMERS, watermark(connector, CUSTOMERS, cursor)))

    assert came[ann].audiences == {"affiliated_with_customers"}
    assert left[ann].audiences == {"affiliated_with_leads"}


@pytest.mark.behaviour("AO-12")
def test_company_and_lead_source_are_told_by_name_and_the_score_as_a_number(account: Account) -> None:
    netsuite = account()
    ann = netsuite.contact("Ann", company=netsuite.company("Acme GmbH"), custentity_act_on_score=7)
    connector = netsuite.connector()
    sources = connector.schema(["contact"])["contact"]
    assert (sources["leadSource"].type, sources["custentity_act_on_score"].type) == (
        FieldType.REFERENCE,
        FieldType.NUMBER,
    )
    assert isinstance(only(connector.apply([update(ann, {"leadSource": "-4"})])), Applied)

    [record] = connector.fetch(EVERYBODY, FetchBy.ID, [ann])

    assert (record.fields["company"], record.fields["custentity_act_on_score"]) == ("Acme GmbH", 7)
    source = record.fields["leadSource"]
    assert isinstance(source, str)
    assert not source.lstrip("-").isdigit()


def test_a_long_list_comes_whole_and_each_row_once(account: Account) -> None:
    netsuite = account()
    company = netsuite.company("Acme")
    people = {netsuite.contact(f"P{n}", company=company) for n in range(25)}
    connector = netsuite.connector(page_size=4)

    pages = list(connector.read(CUSTOMERS))

    ids = [record.id for page in pages for record in page.records]
    assert sorted(ids) == sorted(people)
    assert len(pages) == 7


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Kolkata", "UTC", "Pacific/Auckland"])
def test_a_change_is_found_and_dated_whatever_the_accounts_zone(account: Account, zone: str) -> None:
    netsuite = account(time_zone=zone)
    ann = netsuite.contact("Ann")
    connector = netsuite.connector()  # finds the offset by asking
    quiet = watermark(connector, EVERYBODY)
    known = netsuite.connector(time_zone=zone)
    before = known.usage.calls
    assert set(told(known.read(EVERYBODY, quiet))) <= {ann}
    assert known.usage.calls - before == 2

    netsuite.control("PATCH", f"netsuite/contacts/{ann}", {"firstName": "Anna"})

    found, dated = told(connector.read(EVERYBODY, quiet))[ann], told(known.read(EVERYBODY, quiet))[ann]
    assert (found.fields["firstName"], found.modified) == ("Anna", dated.modified)
    assert found.modified is not None


@pytest.mark.behaviour("NS-3")
def test_deletions_and_merges_are_told_by_the_next_read(account: Account) -> None:
    netsuite = account()
    ann, ben, cid = (netsuite.contact(name) for name in ("Ann", "Ben", "Cid"))
    connector = netsuite.connector()
    cursor = watermark(connector, EVERYBODY)
    netsuite.control("DELETE", f"netsuite/contacts/{ann}")
    netsuite.control("POST", "netsuite/contacts/merge", {"master": ben, "others": [cid]})

    deletions = {d.id: d for page in connector.read(EVERYBODY, cursor) for d in page.deletions}

    assert set(deletions) == {ann, cid}
    assert deletions[ann].at is not None
    assert deletions[cid].merged_into is None
    assert [r.id for r in connector.fetch(EVERYBODY, FetchBy.ID, [ann, ben, cid])] == [ben]


def test_without_the_right_to_see_deletions_there_are_none_and_no_error(account: Account) -> None:
    netsuite = account()
    ann = netsuite.contact("Ann")
    connector = netsuite.connector()
    cursor = watermark(connector, EVERYBODY)
    rights = ["customers", "contacts", "suiteql"]
    netsuite.control("PUT", "netsuite/settings", {"permissions": rights})
    netsuite.control("DELETE", f"netsuite/contacts/{ann}")

    assert [d for page in connector.read(EVERYBODY, cursor) for d in page.deletions] == []


# -- looking up --------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("AO-8")
@pytest.mark.parametrize("asked", ["Acme GmbH", "  ACME gmbh ", "acme  gmbh", "\tAcme GmbH\n"])
def test_a_company_is_found_by_name_whatever_its_case_and_blanks(account: Account, asked: str) -> None:
    netsuite = account()
    acme = netsuite.company("Acme GmbH", "Prospect")
    netsuite.company("Acme")
    [record] = netsuite.connector().fetch(COMPANIES, FetchBy.NAME, [asked])
    assert (record.id, record.fields) == (acme, {"companyName": "Acme GmbH", "stage": "prospect"})


@pytest.mark.parametrize("name", ["O'Neil & Sons", "x') OR ('1'='1", 'Quote " -- /* */ ;', "Müller ? {x} %", "back\\"])
def test_no_name_breaks_or_widens_a_look_up(account: Account, name: str) -> None:
    netsuite = account()
    wanted = netsuite.company(name)
    netsuite.company("Somebody else")
    assert [r.id for r in netsuite.connector().fetch(COMPANIES, FetchBy.NAME, [name])] == [wanted]


def test_people_are_found_by_email_in_any_case_all_of_them(account: Account) -> None:
    netsuite = account()
    twins = {netsuite.contact("Ann", email="Ann@A.test"), netsuite.contact("Anne", email="ann@a.TEST")}
    netsuite.contact("Ben")
    assert {r.id for r in netsuite.connector().fetch(EVERYBODY, FetchBy.EMAIL, ["ANN@a.test"])} == twins


# -- writing -----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("AO-8")
@pytest.mark.parametrize("stage", ["lead", "prospect", "customer"])
@pytest.mark.parametrize("one_world", [False, True])
def test_a_lead_from_the_list_gets_its_company_at_the_stage_and_its_contact_in_it(
    account: Account, stage: str, one_world: bool
) -> None:
    netsuite = account(one_world=one_world)
    connector = netsuite.connector(subsidiary="1" if one_world else None)

    company = only(connector.apply([create("customer", "AON-C1", {"companyName": "Acme", "stage": stage})]))
    assert isinstance(company, Applied)
    ann: dict[str, Value] = {"email": "ann@a.test", "firstName": "Ann", "lastName": "Ode", "company": company.record_id}
    contact = only(connector.apply([create("contact", "AON-1", ann)]))
    assert isinstance(contact, Applied)

    [record] = connector.fetch(EVERYBODY, FetchBy.EXTERNAL_ID, ["AON-1"])
    assert (record.id, record.fields["company"]) == (contact.record_id, "Acme")
    assert record.audiences == {f"affiliated_with_{stage}s"}


def test_a_create_whose_answer_was_lost_is_made_once_and_answered_with_its_id(account: Account) -> None:
    netsuite = account()
    netsuite.weather(kind="lose_reply", method="PUT", times=1)
    write = create("contact", "AON-1", {"email": "ann@a.test", "firstName": "Ann", "lastName": "Ode"})
    connector = netsuite.connector()

    outcome = only(connector.apply([write]))

    assert isinstance(outcome, Applied)
    assert list(told(connector.read(EVERYBODY))) == [outcome.record_id]


@pytest.mark.parametrize("status", [400, 429])
def test_many_writes_get_through_an_account_with_little_room(account: Account, status: int) -> None:
    netsuite = account(concurrency_limit=1, concurrency_status=status, latency_s=0.01)
    people = [netsuite.contact(f"P{n}") for n in range(12)]
    connector = netsuite.connector(concurrency=5)

    outcomes = list(connector.apply([update(id, {"custentity_act_on_score": 5}) for id in people]))

    assert sorted(o.record_id for o in outcomes if isinstance(o, Applied)) == sorted(people)
    assert {r.fields["custentity_act_on_score"] for r in connector.fetch(EVERYBODY, FetchBy.ID, people)} == {5}


@pytest.mark.behaviour("NS-2")
def test_a_write_never_reactivates_a_contact(account: Account) -> None:
    netsuite = account()
    ann = netsuite.contact("Ann")
    connector = netsuite.connector()
    removal = Write(OperationId("remove"), Kind.REMOVE, "contact", {}, ann)
    assert isinstance(only(connector.apply([removal])), Applied)

    list(connector.apply([update(ann, {"custentity_act_on_score": 5})]))

    [record] = connector.fetch(EVERYBODY, FetchBy.ID, [ann])
    assert record.status is Status.INACTIVE


@pytest.mark.behaviour("AO-13")
def test_a_missing_score_field_is_missing_in_the_schema_and_a_write_to_it_is_rejected(account: Account) -> None:
    netsuite = account()
    ann = netsuite.contact("Ann")
    netsuite.control("DELETE", "netsuite/fields/contact/custentity_act_on_score")
    connector = netsuite.connector()

    assert "custentity_act_on_score" not in connector.schema(["contact"])["contact"]
    outcome = only(connector.apply([update(ann, {"custentity_act_on_score": 5})]))
    assert isinstance(outcome, Rejected)
    assert outcome.what_to_do.startswith("NetSuite has no such field")


def test_a_value_that_is_too_long_is_rejected_with_the_field_and_without_the_value(account: Account) -> None:
    netsuite = account()
    ann = netsuite.contact("Ann")
    outcome = only(netsuite.connector().apply([update(ann, {"firstName": "Xaver" * 30})]))
    assert isinstance(outcome, Rejected)
    assert "firstName" in outcome.what_to_do
    assert "Xaver" not in str(outcome)


# -- bad days and sign-ins ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [{"kind": "truncate"}, {"kind": "drop"}, {"kind": "lose_reply"}, {"kind": "status", "status": 503}],
    ids=lambda t: t["kind"],
)
def test_a_listing_comes_whole_on_a_bad_day(account: Account, trouble: dict[str, object]) -> None:
    netsuite = account()
    people = {netsuite.contact(f"P{n}") for n in range(8)}
    netsuite.weather(path="suiteql", skip=1, times=2, **trouble)
    assert set(told(netsuite.connector(page_size=3).read(EVERYBODY))) == people


def test_a_page_that_repeats_is_not_taken_for_the_next_one(account: Account) -> None:
    netsuite = account()
    people = {netsuite.contact(f"P{n}") for n in range(8)}
    connector = netsuite.connector(page_size=3, time_zone="America/Los_Angeles")
    netsuite.weather(kind="repeat", path="suiteql", skip=1, times=1)
    with pytest.raises(Unavailable, match="repeats a page"):
        list(connector.read(EVERYBODY))
    assert set(told(connector.read(EVERYBODY))) == people


def rsa_key() -> PrivateKey:
    return rsa.generate_private_key(65537, 2048)


def elliptic_key() -> PrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


@pytest.mark.parametrize(("make_key", "algorithm"), [(rsa_key, None), (rsa_key, "PS512"), (elliptic_key, None)])
def test_a_certificate_signs_in_and_its_token_serves_the_whole_run(
    account: Account, make_key: Callable[[], PrivateKey], algorithm: str | None
) -> None:
    netsuite = account(tba_enabled=False)
    key = make_key()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    netsuite.control("POST", "netsuite/certificates", {"id": "mine", "pem": public})
    auth = ClientCredentials(credentials.NETSUITE_CLIENT_ID, "mine", private, algorithm)
    connector = netsuite.connector(auth)
    ann = netsuite.contact("Ann")

    connector.check()
    assert list(told(connector.read(EVERYBODY))) == [ann]
    assert isinstance(only(connector.apply([update(ann, {"custentity_act_on_score": 5})])), Applied)
    assert connector.usage.by_endpoint["POST oauth2/token"] == 1


def test_a_wrong_certificate_or_secret_is_for_the_user(account: Account) -> None:
    netsuite = account()
    key = netsuite.control("GET", "netsuite/key")["private_key"]
    with pytest.raises(AuthError):
        netsuite.connector(ClientCredentials(credentials.NETSUITE_CLIENT_ID, "unknown", key)).check()
    with pytest.raises(AuthError, match="INVALID_LOGIN"):
        netsuite.connector(TokenBased(TBA.consumer_key, TBA.consumer_secret, TBA.token_id, "wrong")).check()


def test_an_expired_token_is_renewed_in_the_middle_of_a_run(account: Account) -> None:
    netsuite = account(token_lifetime_s=3600)
    key = netsuite.control("GET", "netsuite/key")["private_key"]
    auth = ClientCredentials(credentials.NETSUITE_CLIENT_ID, credentials.NETSUITE_CERTIFICATE_ID, key)
    connector = netsuite.connector(auth)
    connector.check()
    netsuite.weather(kind="expire_tokens", times=1)
    connector.check()
    connector.check()
    assert connector.usage.by_endpoint["POST oauth2/token"] == 2


def test_a_role_without_the_right_to_contacts_is_for_the_user(account: Account) -> None:
    netsuite = account()
    ann = netsuite.contact("Ann")
    netsuite.control("PUT", "netsuite/settings", {"permissions": ["customers", "suiteql"]})
    with pytest.raises(AuthError, match="INSUFFICIENT_PERMISSION"):
        list(netsuite.connector().apply([update(ann, {"custentity_act_on_score": 5})]))
