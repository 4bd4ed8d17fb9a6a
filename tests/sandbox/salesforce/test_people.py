"""What people do in the org, and how it looks from the API: deletions, merges, conversions, users who leave."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.salesforce.client import SalesforceClient, error_of

DAY = 86_400


def span(client: SalesforceClient, kind: str, what: str, start_days: float = -1, end_days: float = 1) -> Any:
    """Ask what was updated or deleted, from and to so many days from now by the machine's clock."""
    now = datetime.now(UTC)
    start, end = (quote((now + timedelta(days=days)).isoformat()) for days in (start_days, end_days))
    return client.call("GET", f"/sobjects/{kind}/{what}/?start={start}&end={end}").json()


def test_get_deleted_and_get_updated_list_what_went_and_what_changed(salesforce: SalesforceClient) -> None:
    kept, gone, back = salesforce.lead("Kept"), salesforce.lead("Gone"), salesforce.lead("Back")
    for lead in (gone, back):
        salesforce.people("DELETE", f"leads/{lead}")
    salesforce.people("POST", f"leads/{back}/undelete")
    deleted = span(salesforce, "Lead", "deleted")
    assert [one["id"] for one in deleted["deletedRecords"]] == [gone]
    assert deleted["deletedRecords"][0]["deletedDate"].endswith(".000+0000")
    assert deleted["latestDateCovered"].endswith(":00.000+0000")
    assert sorted(span(salesforce, "Lead", "updated")["ids"]) == [kept, back]
    assert salesforce.rows(f"SELECT Id FROM Lead WHERE Id = '{back}'") == [{"Id": back}]


def test_latest_date_covered_may_stay_behind_and_is_never_before_the_start(salesforce: SalesforceClient) -> None:
    salesforce.people("PUT", "settings", {"replication_lag_s": 3600})
    covered = datetime.fromisoformat(span(salesforce, "Lead", "updated")["latestDateCovered"])
    assert timedelta(minutes=59) < datetime.now(UTC) - covered < timedelta(minutes=63)
    start = datetime.fromisoformat(span(salesforce, "Lead", "updated", start_days=-0.001)["latestDateCovered"])
    assert start > covered


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("start=2024-05-01T00:00:00Z&end=2024-05-01T00:00:59Z", "INVALID_REPLICATION_DATE"),
        ("start=2024-05-01T00:00:00&end=2024-05-02T00:00:00Z", "INVALID_REPLICATION_DATE"),
        ("start=2024-05-01T16:26:34:&end=2024-05-02T00:00:00Z", "INVALID_REPLICATION_DATE"),
        ("start=2024-05-01T00:00:00Z&end=2024-05-02T00:00:00Z", "INVALID_REPLICATION_DATE"),
        ("start=2024-05-01T00:00:00Z", "MISSING_ARGUMENT"),
    ],
)
def test_times_without_offset_the_wrong_way_round_or_too_long_ago_are_400(
    salesforce: SalesforceClient, query: str, code: str
) -> None:
    assert error_of(salesforce.call("GET", f"/sobjects/Lead/updated?{query}")) == (400, code)


def test_after_fifteen_days_a_deleted_row_is_purged_and_the_log_says_how_far_it_reaches(
    salesforce: SalesforceClient,
) -> None:
    lead = salesforce.lead()
    salesforce.people("DELETE", f"leads/{lead}")
    assert salesforce.rows("SELECT Id, IsDeleted FROM Lead", deleted=True) == [{"Id": lead, "IsDeleted": True}]
    assert salesforce.rows("SELECT Id FROM Lead") == []
    salesforce.later(16 * DAY)
    salesforce.sign_in()
    assert salesforce.rows("SELECT Id FROM Lead", deleted=True) == []
    answer = span(salesforce, "Lead", "deleted", -1, 17)
    assert answer["deletedRecords"] == []
    assert datetime.fromisoformat(answer["earliestDateAvailable"]) > datetime.now(UTC)
    assert salesforce.call("GET", f"/sobjects/Lead/{lead}").json()[0]["errorCode"] == "NOT_FOUND"


def test_an_emptied_recycle_bin_shortens_the_log(salesforce: SalesforceClient) -> None:
    salesforce.people("DELETE", f"leads/{salesforce.lead()}")
    salesforce.people("POST", "empty-recycle-bin")
    answer = span(salesforce, "Lead", "deleted")
    assert answer["deletedRecords"] == []
    assert datetime.fromisoformat(answer["earliestDateAvailable"]) > datetime.now(UTC) - timedelta(minutes=1)
    assert salesforce.rows("SELECT Id FROM Lead", deleted=True) == []


def test_a_merge_s_losers_name_their_master_in_query_all_and_chains_can_be_followed(
    salesforce: SalesforceClient,
) -> None:
    first, second, third, last = (salesforce.create("Contact", LastName=name) for name in "ABCD")
    salesforce.people("POST", "contacts/merge", {"master": second, "others": [first]})
    merge = {"master": last, "others": [second, third], "values": {"Title": "Head"}}
    salesforce.people("POST", "contacts/merge", merge)
    where = "IsDeleted = true AND MasterRecordId != null AND SystemModstamp > 2024-05-01T00:00:00Z"
    found = salesforce.rows(f"SELECT Id, MasterRecordId FROM Contact WHERE {where} ORDER BY Id", deleted=True)
    assert [(row["Id"], row["MasterRecordId"]) for row in found] == [(first, second), (second, last), (third, last)]
    assert len(span(salesforce, "Contact", "deleted")["deletedRecords"]) == 3
    assert salesforce.rows("SELECT Id, Title FROM Contact") == [{"Id": last, "Title": "Head"}]
    salesforce.people("POST", f"contacts/{third}/undelete")
    assert salesforce.people("GET", f"contacts/{third}")["MasterRecordId"] is None


def test_contacts_go_with_an_account_come_back_with_it_and_move_when_it_is_merged(
    salesforce: SalesforceClient,
) -> None:
    one, two = salesforce.create("Account", Name="One"), salesforce.create("Account", Name="Two")
    contact = salesforce.create("Contact", LastName="Roe", AccountId=two)
    salesforce.people("DELETE", f"accounts/{two}")
    assert salesforce.rows("SELECT Id FROM Contact") == []
    salesforce.people("POST", f"accounts/{two}/undelete")
    assert salesforce.rows("SELECT Id FROM Contact") == [{"Id": contact}]
    salesforce.people("POST", "accounts/merge", {"master": one, "others": [two]})
    salesforce.people("POST", f"accounts/{two}/undelete")
    assert salesforce.rows("SELECT AccountId FROM Contact") == [{"AccountId": one}]


def test_a_merge_takes_at_most_two_losers_and_no_deleted_one(salesforce: SalesforceClient) -> None:
    leads = [salesforce.lead(name) for name in "ABCD"]
    url = f"{salesforce.url}/_control/salesforce/leads/merge"
    for others in (leads[1:], [leads[0]], []):
        body = {"master": leads[0], "others": others}
        assert salesforce.session.post(url, json=body, timeout=20).status_code == 400
    salesforce.people("DELETE", f"leads/{leads[1]}")
    reply = salesforce.session.post(url, json={"master": leads[0], "others": [leads[1]]}, timeout=20)
    assert error_of(reply) == (404, "ENTITY_IS_DELETED")


def test_a_converted_lead_stays_names_what_it_became_and_can_be_written_no_more(salesforce: SalesforceClient) -> None:
    lead = salesforce.lead("Ode", FirstName="Ann", Email="a@x.test", City="Bonn")
    became = salesforce.people("POST", f"leads/{lead}/convert", {})
    fields = "IsConverted, IsDeleted, ConvertedDate, ConvertedAccountId, ConvertedContactId, ConvertedOpportunityId"
    assert salesforce.rows(f"SELECT {fields}, Status FROM Lead") == [
        {
            "IsConverted": True,
            "IsDeleted": False,
            "ConvertedDate": datetime.now(UTC).date().isoformat(),
            "ConvertedAccountId": became["account"],
            "ConvertedContactId": became["contact"],
            "ConvertedOpportunityId": None,
            "Status": "Closed - Converted",
        }
    ]
    (contact,) = salesforce.rows("SELECT Name, Email, MailingCity, Account.Name FROM Contact")
    assert (contact["Name"], contact["Email"], contact["MailingCity"]) == ("Ann Ode", "a@x.test", "Bonn")
    assert contact["Account"]["Name"] == "Acme"
    reply = salesforce.call("PATCH", f"/sobjects/Lead/{lead}", {"Title": "x"})
    assert error_of(reply) == (400, "CANNOT_UPDATE_CONVERTED_LEAD")


def test_a_conversion_that_is_refused_leaves_nothing_behind(salesforce: SalesforceClient) -> None:
    rule = {"object": "Contact", "when": "Phone = null", "message": "Phone!"}
    salesforce.people("PUT", "validation-rules/phone", rule)
    lead = salesforce.lead()
    url = f"{salesforce.url}/_control/salesforce/leads/{lead}/convert"
    refused = salesforce.session.post(url, json={}, timeout=20)
    assert error_of(refused) == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    assert salesforce.rows("SELECT Id FROM Account") == []
    assert salesforce.people("GET", f"leads/{lead}")["IsConverted"] is False


def test_a_conversion_into_an_existing_contact_fills_only_what_is_empty(salesforce: SalesforceClient) -> None:
    account = salesforce.create("Account", Name="Acme")
    contact = salesforce.create("Contact", LastName="Kept", Phone="1", AccountId=account)
    lead = salesforce.lead("Other", Phone="2", Title="Head")
    became = salesforce.people("POST", f"leads/{lead}/convert", {"contact": contact})
    assert became == {"account": account, "contact": contact}
    found = salesforce.rows("SELECT LastName, Phone, Title FROM Contact")
    assert found == [{"LastName": "Kept", "Phone": "1", "Title": "Head"}]


def test_a_user_who_left_owns_what_was_his_but_gets_nothing_new(salesforce: SalesforceClient) -> None:
    (sam,) = salesforce.rows("SELECT Id FROM User WHERE Email = 'sam.seller@corp.example.com'")
    lead = salesforce.lead(OwnerId=sam["Id"])
    salesforce.people("POST", f"users/{sam['Id']}/deactivate")
    assert salesforce.rows("SELECT Owner.IsActive FROM Lead")[0]["Owner"]["IsActive"] is False
    body = {"LastName": "O", "Company": "A", "OwnerId": sam["Id"]}
    assert error_of(salesforce.call("POST", "/sobjects/Lead", body)) == (400, "INACTIVE_OWNER_OR_USER")
    assert salesforce.call("PATCH", f"/sobjects/Lead/{lead}", {"Title": "x"}).status_code == 204
    salesforce.people("POST", f"users/{sam['Id']}/activate")
    assert salesforce.call("POST", "/sobjects/Lead", body).status_code == 201


def test_people_make_read_edit_and_list_under_their_own_names(salesforce: SalesforceClient) -> None:
    (sue,) = salesforce.rows("SELECT Id FROM User WHERE Email LIKE 'sue%'")
    made = salesforce.people("POST", f"leads?as={sue['Id']}", {"LastName": "Ode", "Company": "Acme"})["id"]
    salesforce.people("PATCH", f"leads/{made}", {"Title": "Head"})
    told = salesforce.people("GET", f"leads/{made}")
    assert (told["Title"], told["CreatedById"], told["OwnerId"]) == ("Head", sue["Id"], sue["Id"])
    assert told["LastModifiedById"] != sue["Id"]
    assert salesforce.people("GET", f"leads?ids={made}")["items"] == [told]
    assert salesforce.session.get(f"{salesforce.url}/_control/salesforce/leads/none", timeout=20).status_code == 404
    assert salesforce.session.get(f"{salesforce.url}/_control/salesforce/widgets", timeout=20).status_code == 404


def test_settings_that_are_no_settings_are_400(salesforce: SalesforceClient) -> None:
    for body in ({"seed": 2}, {"nonsense": 1}):
        url = f"{salesforce.url}/_control/salesforce/settings"
        assert salesforce.session.put(url, json=body, timeout=20).status_code == 400
    assert salesforce.people("GET", "settings")["max_page"] == 2000


def test_a_log_that_was_cut_forgets_deletions_that_the_recycle_bin_still_shows(salesforce: SalesforceClient) -> None:
    lead = salesforce.lead()
    salesforce.people("DELETE", f"leads/{lead}")
    salesforce.people("PUT", "delete-log", {"kept_s": 7200})
    answer = span(salesforce, "Lead", "deleted")
    assert [one["id"] for one in answer["deletedRecords"]] == [lead]
    reach = datetime.now(UTC) - datetime.fromisoformat(answer["earliestDateAvailable"])
    assert timedelta(hours=2) <= reach < timedelta(hours=3)
    salesforce.people("PUT", "delete-log", {"kept_s": -60})
    assert span(salesforce, "Lead", "deleted")["deletedRecords"] == []
    assert salesforce.rows("SELECT Id FROM Lead WHERE IsDeleted = true", deleted=True) == [{"Id": lead}]
