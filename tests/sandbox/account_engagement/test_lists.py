"""Lists and who is on them: static and dynamic, leaving and coming back."""

from typing import Any

import pytest

from tests.sandbox.account_engagement.client import PardotClient, error_of

NEWSLETTER, DYNAMIC = 401, 403


def join(client: PardotClient, prospect: int, on: int = NEWSLETTER) -> Any:
    return client.call("POST", "/objects/list-memberships?fields=id", {"listId": on, "prospectId": prospect})


def member(client: PardotClient, prospect: int, on: int = NEWSLETTER) -> int:
    reply = join(client, prospect, on)
    assert reply.status_code == 201, reply.text
    return int(reply.json()["id"])


def test_a_list_is_made_changed_and_deleted(pardot: PardotClient) -> None:
    made = pardot.create("lists", name="Guests", description="of the fair", isPublic=True, folderId=202, campaignId=301)
    fields = "name,title,description,isPublic,isDynamic,isDeleted,folder.path"
    assert pardot.read(f"lists/{made}", fields) == {
        "name": "Guests",
        "title": "Guests",
        "description": "of the fair",
        "isPublic": True,
        "isDynamic": False,
        "isDeleted": False,
        "folder": {"path": "Uncategorized/Web"},
    }
    pardot.change(f"lists/{made}", title="Our guests")
    assert pardot.ids("lists", name="Guests") == [made]
    assert pardot.call("DELETE", f"/objects/lists/{made}").status_code == 204
    assert pardot.ids("lists", name="Guests") == []
    assert pardot.values("lists", "isDeleted", name="Guests", deleted="all") == [{"isDeleted": True}]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 153),
        ({"name": ""}, 153),
        ({"name": "x", "isDynamic": True}, 180),
        ({"name": "x", "isCrmVisible": True}, 180),
    ],
)
def test_a_list_needs_a_name_and_is_never_made_dynamic(pardot: PardotClient, body: object, code: int) -> None:
    assert error_of(pardot.call("POST", "/objects/lists", body)) == (400, code)


def test_a_membership_names_its_pair_and_follows_to_both(pardot: PardotClient) -> None:
    ana = pardot.prospect(firstName="Ana")
    made = member(pardot, ana)
    fields = "id,listId,prospectId,optedOut,isDeleted,createdById,prospect.email,prospect.assignedTo.id,list.name"
    assert pardot.read(f"list-memberships/{made}", fields) == {
        "id": made,
        "listId": NEWSLETTER,
        "prospectId": ana,
        "optedOut": False,
        "isDeleted": False,
        "createdById": 101,
        "prospect": {"email": "ana@roe.example", "assignedTo": None},
        "list": {"name": "Newsletter"},
    }


def test_the_same_pair_again_is_58_and_an_unknown_list_55(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    member(pardot, ana)
    reply = join(pardot, ana)
    assert error_of(reply) == (400, 58)
    assert "Update the membership instead" in reply.json()["message"]
    assert error_of(join(pardot, ana, 999)) == (400, 55)
    assert error_of(join(pardot, 1)) == (400, 3)
    pardot.call("DELETE", "/objects/lists/402")
    assert error_of(join(pardot, ana, 402)) == (400, 55)
    pardot.call("DELETE", f"/objects/prospects/{ana}")
    assert error_of(join(pardot, ana, 401)) == (400, 219)
    assert error_of(pardot.call("POST", "/objects/list-memberships", {"listId": 401})) == (400, 153)


def test_leaving_a_list_keeps_the_person_and_the_deleted_membership(pardot: PardotClient) -> None:
    ana, bo = pardot.prospect(), pardot.prospect("bo@roe.example")
    first, second = member(pardot, ana), member(pardot, bo)
    cursor = pardot.read(f"list-memberships/{first}", "updatedAt")["updatedAt"]
    pardot.later(60)
    assert pardot.call("DELETE", f"/objects/list-memberships/{first}").status_code == 204
    assert pardot.ids("prospects") == [ana, bo]
    assert pardot.ids("list-memberships", listId=NEWSLETTER) == [second]
    changed = pardot.values("list-memberships", "id,isDeleted", listId=NEWSLETTER, updatedAtAfter=cursor, deleted="all")
    assert changed == [{"id": first, "isDeleted": True}]
    reply = pardot.get(f"list-memberships/{first}")
    assert error_of(reply) == (404, 109)
    assert reply.headers["Pardot-Warning"].startswith("201;")
    assert error_of(pardot.call("DELETE", f"/objects/list-memberships/{first}")) == (404, 109)
    assert error_of(pardot.call("PATCH", f"/objects/list-memberships/{first}", {"optedOut": True})) == (400, 219)


def test_coming_back_revives_the_old_membership_or_makes_a_new_one(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    first = member(pardot, ana)
    pardot.call("DELETE", f"/objects/list-memberships/{first}")
    assert member(pardot, ana) == first
    assert pardot.ids("list-memberships") == [first]
    pardot.set(revives_memberships=False)
    pardot.call("DELETE", f"/objects/list-memberships/{first}")
    second = member(pardot, ana)
    assert second != first
    assert pardot.ids("list-memberships", prospectId=ana, deleted="all") == [first, second]
    assert error_of(join(pardot, ana)) == (400, 58)


def test_opting_out_of_a_list_keeps_the_membership_and_the_global_opt_out_as_it_is(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    made = member(pardot, ana)
    pardot.change(f"list-memberships/{made}", optedOut=True)
    assert pardot.read(f"list-memberships/{made}", "optedOut,isDeleted") == {"optedOut": True, "isDeleted": False}
    assert pardot.read(f"prospects/{ana}", "optedOut") == {"optedOut": False}
    for body in ({"isDeleted": True}, {"listId": 402}):
        assert error_of(pardot.call("PATCH", f"/objects/list-memberships/{made}", body)) == (400, 180)


def test_the_members_of_a_dynamic_list_are_not_for_the_api(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    assert pardot.read(f"lists/{DYNAMIC}", "isDynamic") == {"isDynamic": True}
    assert error_of(join(pardot, ana, DYNAMIC)) == (400, 154)
    made = pardot.people("POST", f"prospects/{ana}/lists/{DYNAMIC}")["id"]
    assert pardot.ids("list-memberships", listId=DYNAMIC) == [made]
    pardot.set(dynamic_list_code=55)
    assert error_of(pardot.call("DELETE", f"/objects/list-memberships/{made}")) == (400, 55)
    pardot.people("DELETE", f"prospects/{ana}/lists/{DYNAMIC}")
    assert pardot.ids("list-memberships", listId=DYNAMIC) == []


def test_members_are_found_among_some_prospects(pardot: PardotClient) -> None:
    people = [pardot.prospect(f"{number}@roe.example") for number in range(6)]
    made = [member(pardot, one) for one in people[:4]]
    asked = ",".join(map(str, people[2:]))
    assert pardot.ids("list-memberships", listId=NEWSLETTER, prospectIdList=asked) == made[2:]
    assert pardot.ids("list-memberships", listIdList="401,402", prospectId=people[0]) == made[:1]
    by_prospect = pardot.ids("list-memberships", orderBy="prospectId DESC", limit=3)
    assert by_prospect == made[::-1]
