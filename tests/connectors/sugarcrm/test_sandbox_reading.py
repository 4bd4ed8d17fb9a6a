"""Reading from the sandbox, by both protocols: people who delete, merge, convert and opt out, and bad days."""

from __future__ import annotations

import pytest

from keepstep.connectors.base import FetchBy, ReadQuery
from keepstep.core.errors import AuthError, SettingsError, Unavailable
from keepstep.core.model import Applied, Deletion, Status
from tests.connectors.sugarcrm.people import CONTACTS, LEADS, Sugar, changed, marked, records, update


def test_a_day_later_nothing_is_told_twice(sugar: Sugar) -> None:
    sugar.person(email1="ann@a.test")
    assert records(changed(sugar, marked(sugar))) == {}


def test_an_opt_out_is_told_for_everybody_who_has_the_address(sugar: Sugar) -> None:
    lead = sugar.person(email1="ann@a.test")
    contact = sugar.person("contacts", email1="ann@a.test")
    leads, contacts = marked(sugar), marked(sugar, CONTACTS)
    sugar.control("PATCH", f"sugarcrm/leads/{lead}", {"email_opt_out": True})

    assert records(changed(sugar, leads))[lead].opted_out
    assert records(changed(sugar, contacts, CONTACTS))[contact].opted_out


def test_a_conversion_is_told_with_its_contact(sugar: Sugar) -> None:
    lead, cursor = sugar.person(email1="ann@a.test"), marked(sugar)
    account = sugar.control("POST", "sugarcrm/accounts", {"name": "Acme"})["id"]
    made = sugar.control("POST", f"sugarcrm/leads/{lead}/convert", {"account": account})

    told = records(changed(sugar, cursor))[lead]

    assert (told.status, told.converted_to) == (Status.CONVERTED, ("contact", made["contact"]))
    contact = records(list(sugar.connector().read(CONTACTS)))[made["contact"]]
    assert (contact.fields["account_id"], contact.fields["accounts.name"]) == (account, "Acme")


def test_deletions_and_merges_are_told_by_v4_1_and_found_in_a_full_listing_by_v11(sugar: Sugar) -> None:
    gone, loser, survivor = (sugar.person(email1=f"{n}@a.test") for n in range(3))
    cursor = marked(sugar)
    sugar.control("DELETE", f"sugarcrm/leads/{gone}")
    sugar.control("POST", "sugarcrm/leads/merge", {"master": survivor, "others": [loser]})

    deletions = [deletion for page in changed(sugar, cursor) for deletion in page.deletions]

    told = {gone, loser} if sugar.api == "v4_1" else set()
    assert {deletion.id for deletion in deletions} == told
    assert all(isinstance(deletion, Deletion) and deletion.merged_into is None for deletion in deletions)
    assert set(records(list(sugar.connector().read(LEADS)))) == {survivor}


def test_an_undeleted_record_is_told_again(sugar: Sugar) -> None:
    lead = sugar.person(email1="ann@a.test")
    sugar.control("DELETE", f"sugarcrm/leads/{lead}")
    cursor = marked(sugar)
    sugar.control("POST", f"sugarcrm/leads/{lead}/undelete")
    assert lead in records(changed(sugar, cursor))


def test_users_are_told_with_those_who_left(sugar: Sugar) -> None:
    users = records(list(sugar.connector().read(ReadQuery("user"))))
    sam = next(user for user in users.values() if user.email == "sam.seller@corp.example.com")
    assert sam.status is Status.ACTIVE
    assert sam.fields["name"]
    sugar.control("POST", f"sugarcrm/users/{sam.id}/deactivate")
    [now] = sugar.connector().fetch(ReadQuery("user"), FetchBy.ID, [sam.id])
    assert now.status is Status.INACTIVE


@pytest.mark.parametrize("name", ["Acme", 'Ann\'s "Best" <R&D>', "Credit Union of Selected Trades"])
def test_an_account_is_found_by_its_name_whatever_is_in_it(sugar: Sugar, name: str) -> None:
    id = sugar.control("POST", "sugarcrm/accounts", {"name": name})["id"]
    sugar.control("POST", "sugarcrm/accounts", {"name": "Another"})
    accounts = ReadQuery("account", ("name", "website"))
    found = list(sugar.connector().fetch(accounts, FetchBy.NAME, [f"  {name} ", "nobody's"]))
    assert [(account.id, account.fields["name"]) for account in found] == [(id, name)]


def test_an_address_is_found_whatever_its_capitals(sugar: Sugar) -> None:
    id = sugar.person(email1="Ann.O'Brien@Union.test")
    found = sugar.connector().fetch(LEADS, FetchBy.EMAIL, ["ann.o'brien@union.test"])
    assert [record.id for record in found] == [id]


def test_a_server_that_gives_fewer_rows_than_asked_for_tells_all_of_them(sugar: Sugar) -> None:
    ids = {sugar.person(email1=f"{n}@a.test") for n in range(7)}
    sugar.change(max_page=2)
    pages = list(sugar.connector(page_size=5).read(LEADS))
    assert set(records(pages)) == ids


def test_a_session_that_expires_in_the_middle_is_renewed(sugar: Sugar) -> None:
    lead = sugar.person(email1="ann@a.test")
    connector = sugar.connector()
    connector.check()
    sugar.control("POST", "weather", {"kind": "expire_tokens"})
    assert set(records(list(connector.read(LEADS)))) == {lead}


def test_two_connectors_of_one_user_go_on_after_each_other(sugar: Sugar) -> None:
    one, other = sugar.connector(), sugar.connector()
    for connector in (one, other, one, other):
        connector.check()


def test_maintenance_passes(v11: Sugar) -> None:
    v11.change(maintenance=True)
    with pytest.raises(Unavailable):
        v11.connector().check()
    v11.change(maintenance=False)
    v11.connector().check()


def test_a_user_who_is_locked_out_is_told_so(v4_1: Sugar) -> None:
    v4_1.change(lockout_after=1)
    for _ in range(2):
        with pytest.raises(AuthError):
            v4_1.connector(password="wrong").check()
    with pytest.raises(AuthError, match="1009"):
        v4_1.connector().check()


def test_a_user_in_another_time_zone_misses_nothing(sugar: Sugar) -> None:
    sugar.change(utc_offset_minutes=840)
    cursor = marked(sugar)
    lead = sugar.person(email1="ann@a.test")
    sugar.change(utc_offset_minutes=-720)
    assert set(records(changed(sugar, cursor))) == {lead}


def test_rows_of_one_second_are_told_over_many_pages(sugar: Sugar) -> None:
    cursor = marked(sugar)
    ids = {sugar.person(email1=f"{n}@a.test") for n in range(7)}
    pages = list(sugar.connector(page_size=2).read(LEADS, cursor))
    assert set(records(pages)) == ids
    assert not any(page.full for page in pages)


def test_flags_that_are_told_as_text_are_flags(v11: Sugar) -> None:
    v11.change(flags_as_text=True)
    lead = v11.person(email1="ann@a.test", email_opt_out=True)
    other = v11.person(email1="bob@a.test")
    told = records(list(v11.connector().read(LEADS)))
    assert (told[lead].opted_out, told[other].opted_out) == (True, False)
    assert isinstance(v11.one(update(lead, email_opt_out=False)), Applied)


def test_a_platform_that_is_not_registered_is_the_users_to_mend(v11: Sugar) -> None:
    with pytest.raises(AuthError, match="elsewhere"):
        v11.connector(platform="elsewhere").check()


def test_a_version_that_is_too_new_is_the_settings_to_correct(v11: Sugar) -> None:
    with pytest.raises(SettingsError, match="api_version"):
        v11.connector(api_version="11_99").check()
