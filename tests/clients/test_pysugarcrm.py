"""pysugarcrm against the sandbox of SugarCRM, by the REST API v10. Refusals are answers to it, not exceptions."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from keepstep_sandbox import credentials
from tests.clients.conftest import puppet
from tests.clients.puppet import Puppet
from tests.sandbox.sugarcrm.client import SugarClient

USER, PASSWORD = credentials.SUGARCRM_USER, credentials.SUGARCRM_PASSWORD
PLATFORM = {"platform": credentials.SUGARCRM_PLATFORM}
NAMES = {"fields": "last_name", "order_by": "last_name:ASC"}


@pytest.fixture(scope="module")
def pysugarcrm() -> Iterator[Puppet]:
    with puppet("pysugarcrm") as client:
        yield client


@pytest.fixture
def client(pysugarcrm: Puppet, site: SugarClient) -> Puppet:
    """The client, signed in."""
    pysugarcrm("sign_in", site.url, USER, PASSWORD, **PLATFORM)
    return pysugarcrm


def lead(client: Puppet, last_name: str, **more: object) -> dict[str, Any]:
    """Make a lead."""
    made: dict[str, Any] = client("post", "/Leads", json={"last_name": last_name, **more})
    return made


def bulk(*calls: tuple[str, str, object]) -> dict[str, object]:
    """Write calls as a bulk request has them: the data as text."""
    requests = [{"method": method, "url": url, "data": json.dumps(data)} for method, url, data in calls]
    return {"json": {"requests": requests}}


def test_a_known_platform_and_the_right_password_open_the_site(pysugarcrm: Puppet, site: SugarClient) -> None:
    for how in ({"password": "x", **PLATFORM}, {"password": PASSWORD}):  # its own platform, `api`, is unknown
        refused = pysugarcrm.refusal("sign_in", site.url, USER, **how)
        assert (refused.kind, refused.text) == ("ValueError", "No access token received")
    pysugarcrm("sign_in", site.url, USER, PASSWORD, **PLATFORM)
    assert pysugarcrm("me")["current_user"]["user_name"] == USER
    site.settings(unknown_platforms=True)
    pysugarcrm("sign_in", site.url, USER, PASSWORD)
    assert pysugarcrm("close") is True
    assert pysugarcrm("me")["error"] == "invalid_grant"


def test_a_second_sign_in_on_the_platform_ends_the_first(client: Puppet, site: SugarClient) -> None:
    assert "error" not in client("me")
    site.sign_in()
    assert client("me")["error"] == "invalid_grant"


def test_one_record_is_made_read_changed_and_deleted(client: Puppet, site: SugarClient) -> None:
    address = {"email_address": "ode@acme.example", "primary_address": True}
    made = lead(client, "Ode", email=[address], account_name="Acme")
    path = f"/Leads/{made['id']}"
    assert (made["_module"], made["email1"]) == ("Leads", "ode@acme.example")
    found = client("get", path, {"fields": "last_name,email1"})
    assert found.keys() == {"id", "date_modified", "last_name", "email1", "_acl", "_module"}
    assert datetime.fromisoformat(found["date_modified"]).utcoffset() is not None
    client("put", path, json={"title": "Poet", "email": [{**address, "opt_out": True}]})
    told = site.people("GET", f"leads/{made['id']}")
    assert (told["title"], told["email_opt_out"], told["account_name"]) == ("Poet", True, "Acme")
    (fate,) = client("post", "/bulk", **bulk(("DELETE", f"/v10{path}", {})))  # it has no DELETE of its own
    assert (fate["status"], fate["contents"]) == (200, {"id": made["id"]})
    assert client("get", path)["error"] == "not_found"
    assert site.people("GET", f"leads/{made['id']}")["deleted"] is True


def test_a_list_comes_page_by_page_until_the_next_offset_is_minus_one(client: Puppet) -> None:
    for n in range(5):
        lead(client, f"Ode {n}")
    names, offset = [], 0
    while offset != -1:
        page = client("get", "/Leads", {"max_num": 2, "offset": offset, **NAMES})
        names.append([one["last_name"] for one in page["records"]])
        offset = page["next_offset"]
    assert names == [["Ode 0", "Ode 1"], ["Ode 2", "Ode 3"], ["Ode 4"]]


def test_a_filter_means_the_same_in_a_query_and_in_a_body(client: Puppet) -> None:
    for name, title in (("Ode", "Poet"), ("Hymn", "Bard"), ("Odeon", "Clerk")):
        lead(client, name, title=title)
    within = client("get", "/Leads", {"filter[0][last_name][$starts]": "Ode", **NAMES})["records"]
    clauses = [{"last_name": {"$starts": "Ode"}}]
    body = client("post", "/Leads/filter", json={"filter": clauses, **NAMES})["records"]
    assert [one["last_name"] for one in within] == [one["last_name"] for one in body] == ["Ode", "Odeon"]
    either = [{"$or": [{"last_name": "Hymn"}, {"title": {"$in": ["Clerk"]}}]}]
    told = client("post", "/Leads/filter", json={"filter": either, **NAMES})["records"]
    assert [one["last_name"] for one in told] == ["Hymn", "Odeon"]
    assert client("get", "/Leads/filter/count", {"filter[0][title]": "Poet"}) == {"record_count": 1}


def test_what_changed_since_is_found_by_its_instant(client: Puppet, site: SugarClient) -> None:
    lead(client, "Ode")
    site.later(60)
    new = lead(client, "Hymn")
    clauses = [{"date_modified": {"$gte": new["date_modified"]}}]
    found = client("post", "/Leads/filter", json={"filter": clauses})["records"]
    assert [one["id"] for one in found] == [new["id"]]


def test_a_bulk_request_runs_all_its_calls_and_tells_each_one_s_fate(client: Puppet, site: SugarClient) -> None:
    gone = lead(client, "Hymn")["id"]
    fates = client(
        "post",
        "/bulk",
        **bulk(
            ("POST", "/v10/Leads", {"last_name": "Psalm"}),
            ("PUT", "/v10/Leads/nobody", {"title": "Poet"}),
            ("DELETE", f"/v10/Leads/{gone}", {}),
        ),
    )
    assert [(one["status"], one["status_text"]) for one in fates] == [(200, "OK"), (404, "Not Found"), (200, "OK")]
    assert fates[1]["contents"]["error"] == "not_found"
    assert site.people("GET", f"leads/{fates[0]['contents']['id']}")["last_name"] == "Psalm"
    assert site.people("GET", f"leads/{gone}")["deleted"] is True


def test_an_upsert_by_a_sync_key_makes_a_record_once(client: Puppet, site: SugarClient) -> None:
    path = "/v11_20/Leads/sync_key/K-1"
    made, changed = client(
        "post", "/bulk", **bulk(("PATCH", path, {"last_name": "Ode"}), ("PATCH", path, {"title": "Poet"}))
    )
    assert (made["status"], changed["status"]) == (201, 200)
    assert made["contents"] == changed["contents"]
    told = site.people("GET", f"leads/{made['contents']['record']}")
    assert (told["last_name"], told["title"], told["sync_key"]) == ("Ode", "Poet", "K-1")


def test_a_converted_lead_points_at_its_contact_at_the_account(client: Puppet, site: SugarClient) -> None:
    account = client("post", "/Accounts", json={"name": "Acme"})["id"]
    one = lead(client, "Roe")["id"]
    modules = {"Contacts": {"last_name": "Roe"}, "Accounts": {"id": account}}
    client("post", f"/Leads/{one}/convert", json={"modules": modules})
    told = site.people("GET", f"leads/{one}")
    assert (told["converted"], told["status"], told["account_id"]) == (True, "Converted", account)
    (linked,) = client("get", f"/Accounts/{account}/link/contacts", NAMES)["records"]
    assert (linked["id"], linked["last_name"]) == (told["contact_id"], "Roe")


def test_what_makes_no_sense_is_told_by_a_label(client: Puppet) -> None:
    assert client("get", "/Wombats")["error"] == "no_method"
    assert client("get", "/Leads", {"filter[0][wombat]": "x"})["error"] == "invalid_parameter"
    assert client("post", "/Leads", json={"title": "Poet"})["error"] == "missing_parameter"
