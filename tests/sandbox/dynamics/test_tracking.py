"""Change tracking: the first reading, the delta, deletions, tokens that grow too old, who may."""

from typing import Any

import pytest

from tests.sandbox.dynamics.client import DynamicsClient, error_of

TRACK = "odata.track-changes"
DAY = 86_400


def read(dynamics: DynamicsClient, link: str, prefer: str = TRACK) -> tuple[list[dict[str, Any]], str]:
    """Read all pages; give the entries and the delta link."""
    found: list[dict[str, Any]] = []
    while True:
        reply = dynamics.call("GET", link, Prefer=prefer)
        assert reply.status_code == 200, reply.text
        told = reply.json()
        found += told["value"]
        if "@odata.deltaLink" in told:
            assert "@odata.nextLink" not in told
            return found, told["@odata.deltaLink"]
        link = told["@odata.nextLink"]


def test_a_first_reading_gives_everything_and_a_delta_link_on_its_last_page(peopled: DynamicsClient) -> None:
    reply = peopled.call("GET", "leads?$select=lastname", Prefer=f"{TRACK},odata.maxpagesize=6")
    assert reply.headers["Preference-Applied"] == "odata.maxpagesize=6,odata.track-changes"
    assert "@odata.deltaLink" not in reply.json()
    found, link = read(peopled, "leads?$select=lastname", f"{TRACK},odata.maxpagesize=6")
    assert len(found) == peopled.people("GET", "leads")["total"]
    assert "leads?$select=lastname&$deltatoken=" in link
    assert "%2f" in link
    assert read(peopled, link)[0] == []


def test_a_delta_tells_changed_rows_in_their_usual_shape_and_deletions_last(dynamics: DynamicsClient) -> None:
    kept, changed, gone = (dynamics.lead(name) for name in ("Kept", "Old", "Gone"))
    _, link = read(dynamics, "leads?$select=lastname")
    dynamics.people("DELETE", f"leads/{gone}")
    dynamics.call("PATCH", f"leads({changed})", {"lastname": "New"})
    brief = dynamics.lead("Brief")
    dynamics.call("DELETE", f"leads({brief})")
    reply = dynamics.call("GET", link)
    told = reply.json()
    assert told["@odata.context"].endswith("$metadata#leads(lastname)/$delta")
    row, *deleted = told["value"]
    assert (row["leadid"], row["lastname"]) == (changed, "New")
    context = f"{dynamics.url}/api/data/v9.2/$metadata#leads/$deletedEntity"
    assert deleted == [{"@odata.context": context, "id": one, "reason": "deleted"} for one in (gone, brief)]
    assert dynamics.call("GET", f"leads/$count?{link.partition('?')[2]}").text == "3"
    assert kept not in str(told["value"])


def test_a_delta_is_paged_too_and_what_changes_meanwhile_comes_next_time(dynamics: DynamicsClient) -> None:
    leads = [dynamics.lead(f"L{n}") for n in range(6)]
    _, link = read(dynamics, "leads?$select=lastname")
    for lead in leads[:4]:
        dynamics.call("PATCH", f"leads({lead})", {"jobtitle": "x"})
    for lead in leads[4:]:
        dynamics.call("DELETE", f"leads({lead})")
    first = dynamics.get(link, Prefer="odata.maxpagesize=2")
    dynamics.call("PATCH", f"leads({leads[0]})", {"jobtitle": "y"})
    rest, following = read(dynamics, first["@odata.nextLink"], "odata.maxpagesize=2")
    ids = [one.get("leadid", one.get("id")) for one in [*first["value"], *rest]]
    assert ids == leads
    assert [one["leadid"] for one in read(dynamics, following)[0]] == [leads[0]]


def test_what_changes_while_the_first_reading_goes_on_is_in_the_first_delta(dynamics: DynamicsClient) -> None:
    leads = sorted(dynamics.lead(f"L{n}") for n in range(3))
    first = dynamics.get("leads?$select=lastname", Prefer=f"{TRACK},odata.maxpagesize=1")
    dynamics.call("PATCH", f"leads({leads[0]})", {"jobtitle": "y"})
    _, link = read(dynamics, first["@odata.nextLink"], f"{TRACK},odata.maxpagesize=1")
    assert [one["leadid"] for one in read(dynamics, link)[0]] == [leads[0]]


def test_a_deactivated_and_a_merged_row_are_changes_and_no_deletions(dynamics: DynamicsClient) -> None:
    one, two, three = (dynamics.lead(name) for name in "ABC")
    _, link = read(dynamics, "leads?$select=statecode,merged,_masterid_value")
    dynamics.people("POST", f"leads/{one}/disqualify")
    dynamics.people("POST", "leads/merge", {"master": two, "others": [three]})
    found = {row["leadid"]: row for row in read(dynamics, link)[0]}
    assert found[one]["statecode"] == 2
    assert (found[three]["merged"], found[three]["_masterid_value"]) == (True, two)
    assert two in found


@pytest.mark.parametrize("option", ["$filter=statecode eq 0", "$orderby=lastname", "$expand=ownerid", "$top=5"])
def test_options_that_do_not_go_with_it_are_refused(dynamics: DynamicsClient, option: str) -> None:
    assert error_of(dynamics.call("GET", f"leads?{option}", Prefer=TRACK)) == (400, "0x80060888")


def test_a_token_older_than_seven_days_asks_for_a_full_sync(dynamics: DynamicsClient) -> None:
    _, link = read(dynamics, "leads?$select=lastname")
    dynamics.later(6 * DAY)
    assert dynamics.call("GET", link).status_code == 200
    dynamics.later(8 * DAY)
    assert error_of(dynamics.call("GET", link)) == (400, "0x80044352")


def test_a_token_ends_with_a_schema_change_and_when_the_people_say_so(dynamics: DynamicsClient) -> None:
    _, link = read(dynamics, "leads?$select=lastname")
    field = {"object": "lead", "name": "new_more", "type": "int"}
    dynamics.people("POST", "fields", field)
    assert error_of(dynamics.call("GET", link)) == (400, "0x80044352")
    dynamics.settings(schema_change_expires=False)
    assert dynamics.call("GET", link).status_code == 200
    dynamics.people("DELETE", "delta-tokens")
    assert error_of(dynamics.call("GET", link)) == (400, "0x80044352")
    assert read(dynamics, read(dynamics, "leads?$select=lastname")[1])[0] == []
    assert dynamics.call("GET", "leads?$deltatoken=nonsense").status_code == 400


def test_it_needs_organization_level_read_and_a_table_it_is_switched_on_for(dynamics: DynamicsClient) -> None:
    dynamics.settings(org_level_read=False)
    assert error_of(dynamics.call("GET", "leads", Prefer=TRACK)) == (403, "0x80040220")
    assert dynamics.call("GET", "leads").status_code == 200
    dynamics.settings(org_level_read=True, untracked=["lead"])
    assert dynamics.call("GET", "leads", Prefer=TRACK).status_code == 400
    tables = dynamics.get("EntityDefinitions?$select=LogicalName,ChangeTrackingEnabled")["value"]
    assert {one["LogicalName"] for one in tables if not one["ChangeTrackingEnabled"]} == {"lead"}


def test_deletions_are_told_however_they_came_about(dynamics: DynamicsClient) -> None:
    account = dynamics.create("accounts", name="A")
    contact = dynamics.create("contacts", lastname="R", parentcustomerid_account__bind=f"/accounts({account})")
    _, link = read(dynamics, "contacts?$select=lastname")
    dynamics.people("DELETE", f"accounts/{account}")
    assert [one["id"] for one in read(dynamics, link)[0]] == [contact]
