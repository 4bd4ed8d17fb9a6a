"""Marketing lists: members put on and taken off by actions, read in three ways."""

from typing import Any

import pytest

from tests.sandbox.dynamics.client import MISSING, TYPE, DynamicsClient, error_of

ON, OFF = f"{TYPE}AddMemberList", f"{TYPE}RemoveMemberList"
FETCH = (
    "<fetch><entity name='contact'><attribute name='lastname'/><filter type='and'>"
    "<condition attribute='jobtitle' operator='like' value='%head%'/>"
    "<condition attribute='statecode' operator='eq' value='0'/></filter></entity></fetch>"
)


@pytest.fixture
def newsletter(dynamics: DynamicsClient) -> str:
    """A static list of contacts."""
    return dynamics.create("lists", listname="Newsletter", createdfromcode=2, type=False)


def test_a_member_is_put_on_a_list_once_and_taken_off(dynamics: DynamicsClient, newsletter: str) -> None:
    contact = dynamics.create("contacts", lastname="Roe")
    first, again = (dynamics.call("POST", f"lists({newsletter})/{ON}", {"EntityId": contact}) for _ in range(2))
    assert (first.status_code, first.json()["Id"]) == (200, again.json()["Id"])
    path = f"listmembers?$filter=_listid_value eq {newsletter}&$select=_entityid_value"
    assert [row["_entityid_value"] for row in dynamics.rows(path)] == [contact]
    members = dynamics.get(f"lists({newsletter})/listcontact_association?$select=lastname")["value"]
    assert [row["lastname"] for row in members] == ["Roe"]
    assert dynamics.get(f"lists({newsletter})?$select=membercount")["membercount"] == 1
    for _ in range(2):
        assert dynamics.call("POST", f"lists({newsletter})/{OFF}", {"EntityId": contact}).status_code == 204
    assert dynamics.rows(path) == []
    assert dynamics.get(f"lists({newsletter})?$select=membercount")["membercount"] == 0


def many(list_id: str, kind: str, ids: list[str]) -> dict[str, Any]:
    """Write the body of an AddListMembersList."""
    members = [{f"{kind}id": one, "@odata.type": f"{TYPE}{kind}"} for one in ids]
    return {"List": {"listid": list_id, "@odata.type": f"{TYPE}list"}, "Members": members}


def test_many_members_are_put_on_a_list_at_once_or_none(dynamics: DynamicsClient, newsletter: str) -> None:
    ids = [dynamics.create("contacts", lastname=name) for name in "AB"]
    refused = dynamics.call("POST", "AddListMembersList", many(newsletter, "contact", [*ids, MISSING]))
    assert error_of(refused) == (404, "0x80040217")
    assert dynamics.people("GET", f"lists/{newsletter}/members") == {"ids": []}
    wrongs: tuple[dict[str, Any], ...] = ({"List": None}, {"Members": []}, {"Members": [1]})
    for wrong in wrongs:
        body = {**many(newsletter, "contact", ids), **wrong}
        assert dynamics.call("POST", "AddListMembersList", body).status_code == 400
    assert dynamics.call("POST", "AddListMembersList", many(newsletter, "contact", ids)).status_code == 204
    assert dynamics.people("GET", f"lists/{newsletter}/members") == {"ids": sorted(ids)}


def test_a_list_holds_one_kind_of_rows_only(dynamics: DynamicsClient, newsletter: str) -> None:
    lead = dynamics.lead()
    assert dynamics.call("POST", f"lists({newsletter})/{ON}", {"EntityId": lead}).status_code == 404
    assert dynamics.call("POST", "AddListMembersList", many(newsletter, "lead", [lead])).status_code == 400
    assert dynamics.call("POST", f"leads({lead})/{ON}", {"EntityId": lead}).status_code == 404


def test_a_deleted_row_leaves_its_lists_and_a_deleted_list_its_members(
    dynamics: DynamicsClient, newsletter: str
) -> None:
    one, two = (dynamics.create("contacts", lastname=name) for name in "AB")
    dynamics.people("POST", f"lists/{newsletter}/members", {"ids": [one, two]})
    dynamics.call("DELETE", f"contacts({one})")
    assert dynamics.get(f"lists({newsletter})?$select=membercount")["membercount"] == 1
    assert dynamics.call("DELETE", f"lists({newsletter})").status_code == 204
    assert dynamics.rows("listmembers") == []


def test_a_dynamic_list_is_read_by_its_fetchxml_and_takes_no_members(dynamics: DynamicsClient) -> None:
    dynamic = dynamics.create("lists", listname="Heads", createdfromcode=2, type=True, query=FETCH)
    head = dynamics.create("contacts", lastname="Roe", jobtitle="Head of Sales")
    dynamics.create("contacts", lastname="Poe", jobtitle="Clerk")
    assert dynamics.call("POST", f"lists({dynamic})/{ON}", {"EntityId": head}).status_code == 400
    query = dynamics.get(f"lists({dynamic})?$select=query")["query"]
    rows = dynamics.rows(f"contacts?fetchXml={query.replace('%', '%25')}")
    assert rows == [{"lastname": "Roe", "contactid": head}]
    assert dynamics.call("GET", "contacts?fetchXml=<fetch>").status_code == 400
    assert dynamics.call("GET", f"leads?fetchXml={query.replace('%', '%25')}").status_code == 400


def test_fetchxml_is_read_in_its_order_and_page_by_page(dynamics: DynamicsClient) -> None:
    for name in ("Ode", "Elegy", "Hymn"):
        dynamics.lead(name)

    def fetched(attributes: str) -> Any:
        order = "<attribute name='lastname'/><order attribute='lastname' descending='true'/>"
        xml = f"<fetch {attributes}><entity name='lead'>{order}</entity></fetch>"
        told = dynamics.get(f"leads?fetchXml={xml}", Prefer='odata.include-annotations="Microsoft.Dynamics.CRM.*"')
        return told, [one["lastname"] for one in told["value"]]

    more, cookie = ("@Microsoft.Dynamics.CRM." + name for name in ("morerecords", "fetchxmlpagingcookie"))
    first, names = fetched("count='2'")
    assert (names, first[more]) == (["Ode", "Hymn"], True)
    assert first[cookie].startswith('<cookie pagenumber="2" pagingcookie="%253C')
    last, names = fetched("count='2' page='2'")
    assert (names, last[more], cookie in last) == (["Elegy"], False, False)
    assert fetched("top='1'")[1] == ["Ode"]
    assert dynamics.call("GET", "leads?fetchXml=<fetch count='x'><entity name='lead'/></fetch>").status_code == 400
