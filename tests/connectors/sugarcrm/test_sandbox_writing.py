"""Writing to the sandbox, by both protocols; a look at the truth says what came of it."""

from __future__ import annotations

from keepstep.connectors.base import FetchBy, IdempotentBy, ReadQuery
from keepstep.core.model import Applied, Rejected
from tests.connectors.sugarcrm.people import CONTACTS, LEADS, Sugar, changed, create, marked, records, update


def test_text_with_markup_comes_back_as_it_was_sent(sugar: Sugar) -> None:
    lead = sugar.person(email1="ann@a.test")
    title = 'R&D <b>"Chief"</b> it\'s'
    assert isinstance(sugar.one(update(lead, title=title)), Applied)
    [record] = sugar.connector().fetch(LEADS, FetchBy.ID, [lead])
    assert record.fields["title"] == title
    assert isinstance(sugar.one(update(lead, title=record.fields["title"])), Applied)
    [again] = sugar.connector().fetch(LEADS, FetchBy.ID, [lead])
    assert again.fields["title"] == title


def test_scores_owners_and_accounts_are_written(sugar: Sugar) -> None:
    contact = sugar.person("contacts", email1="ann@a.test")
    account = sugar.control("POST", "sugarcrm/accounts", {"name": "Acme"})["id"]
    [sue] = sugar.connector().fetch(ReadQuery("user"), FetchBy.EMAIL, ["sue.sells@corp.example.com"])

    write = update(contact, "contact", act_on_score_c=42, assigned_user_id=sue.id, account_id=account)

    assert isinstance(sugar.one(write), Applied)
    there = sugar.truth(contact, "contacts")
    assert (there["act_on_score_c"], there["assigned_user_id"], there["account_id"]) == (42, sue.id, account)
    [told] = sugar.connector().fetch(CONTACTS, FetchBy.ID, [contact])
    assert (told.owner, told.fields["accounts.name"]) == (sue.id, "Acme")


def test_an_opt_out_and_its_lifting_are_written_at_the_address(sugar: Sugar) -> None:
    lead, other = sugar.person(email1="ann@a.test"), sugar.person("contacts", email1="ann@a.test")
    assert isinstance(sugar.one(update(lead, email_opt_out=True)), Applied)
    assert sugar.truth(other, "contacts")["email_opt_out"] is True
    assert isinstance(sugar.one(update(lead, email_opt_out=False)), Applied)
    assert sugar.truth(lead)["email_opt_out"] is False


def test_a_new_email_is_stored_or_told_as_not_stored(sugar: Sugar) -> None:
    lead = sugar.person(email1="ann@a.test")
    assert isinstance(sugar.one(update(lead, email1="ann.ode@a.test")), Applied)
    assert sugar.truth(lead)["email1"] == "ann.ode@a.test"


def test_an_address_that_two_people_have_is_changed_for_one_alone_or_not_at_all(sugar: Sugar) -> None:
    lead, other = sugar.person(email1="ann@a.test"), sugar.person("contacts", email1="ann@a.test")
    outcome = sugar.one(update(lead, email1="ann.ode@a.test"))
    assert sugar.truth(other, "contacts")["email1"] == "ann@a.test"
    if sugar.api == "v11":
        assert isinstance(outcome, Applied)
    else:
        assert isinstance(outcome, Rejected)
        assert outcome.code == "EMAIL_SHARED"
        assert sugar.truth(lead)["email1"] == "ann@a.test"


def test_a_release_with_the_fix_stores_a_new_email(v4_1: Sugar) -> None:
    v4_1.change(stores_email_changes=True)
    lead = v4_1.person(email1="ann@a.test")
    v4_1.person("contacts", email1="ann@a.test")
    assert isinstance(v4_1.one(update(lead, email1="ann.ode@a.test")), Applied)


def test_a_create_opts_nobody_in_again(sugar: Sugar) -> None:
    contact = sugar.person("contacts", email1="ann@a.test", email_opt_out=True)
    write = create("k1", last_name="Ode", email1="ann@a.test", email_opt_out=False)
    assert isinstance(sugar.one(write), Applied)
    assert sugar.truth(contact, "contacts")["email_opt_out"] is True


def test_a_create_with_an_opt_out_stores_it(sugar: Sugar) -> None:
    sugar.change(flags_on_create=False)
    made = sugar.one(create("k1", last_name="Ode", email1="ann@a.test", email_opt_out=True))
    assert isinstance(made, Applied)
    assert sugar.truth(made.record_id)["email_opt_out"] is True


def test_a_record_that_was_made_and_deleted_is_not_made_again(v4_1: Sugar) -> None:
    made = v4_1.one(create("k1", last_name="Ode"))
    assert isinstance(made, Applied)
    v4_1.control("DELETE", f"sugarcrm/leads/{made.record_id}")
    again = v4_1.one(create("k1", last_name="Ode"))
    assert isinstance(again, Rejected)
    assert again.code == "DELETED_BEFORE"


def test_a_server_that_chooses_ids_itself_is_noticed(v11: Sugar) -> None:
    v11.change(client_ids=False)
    connector = v11.connector()
    [made] = connector.apply([create("k1", last_name="Ode", email1="ann@a.test")])
    assert isinstance(made, Applied)
    assert v11.truth(made.record_id)["email1"] == "ann@a.test"
    assert connector.capabilities.idempotent_create is IdempotentBy.NOTHING


def test_a_row_that_a_hook_refuses_does_not_keep_the_others_out(sugar: Sugar) -> None:
    ids = [sugar.person(email1=f"{n}@a.test") for n in range(9)]
    sugar.change(hook_crashes=True)
    sugar.control("PUT", f"sugarcrm/leads/{ids[4]}/fault", {"code": "hook_said_no", "message": "Ann", "times": None})

    outcomes = {o.operation_id: o for o in sugar.connector().apply([update(id, title="CTO") for id in ids])}

    refused = [o for o in outcomes.values() if not isinstance(o, Applied)]
    assert [o.operation_id for o in refused] == [f"update-{ids[4]}"]
    assert "Ann" not in str(refused)
    assert all(sugar.truth(id)["title"] == "CTO" for n, id in enumerate(ids) if n != 4)


def test_two_hundred_writes_are_a_handful_of_calls(sugar: Sugar) -> None:
    ids = [sugar.person(email1=f"{n}@a.test") for n in range(200)]
    connector = sugar.connector()
    connector.schema(["lead"])
    before = connector.usage.calls
    outcomes = list(connector.apply([update(id, act_on_score_c=n) for n, id in enumerate(ids)]))
    assert all(isinstance(outcome, Applied) for outcome in outcomes)
    assert connector.usage.calls - before == (2 if sugar.api == "v11" else 4)


def test_a_write_that_changes_nothing_comes_back_with_the_next_read(sugar: Sugar) -> None:
    lead, cursor = sugar.person(email1="ann@a.test", title="CTO"), marked(sugar)
    assert isinstance(sugar.one(update(lead, title="CTO")), Applied)
    assert records(changed(sugar, cursor))[lead].fields["title"] == "CTO"
