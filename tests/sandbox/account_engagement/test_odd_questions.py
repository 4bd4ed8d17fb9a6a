"""Questions that no well-behaved client asks: each is refused with a code, none brings the sandbox down."""

import base64
import json
from typing import Any

import pytest

from tests.sandbox.account_engagement.client import PardotClient, error_of


@pytest.mark.parametrize(
    "forged",
    [
        {"resumeValue": {"id": "x"}},
        {"resumeValue": {"id": None}},
        {"resumeValue": {}},
        {"orderBy": "updatedAt", "resumeValue": {"updatedAt": "x", "id": 1}},
        {"limit": -4},
        {"limit": 1001},
        {"page": 1},
        {"recCount": -1},
        {"filters": [1]},
    ],
)
def test_a_forged_page_token_is_invalid(peopled: PardotClient, forged: dict[str, Any]) -> None:
    true = peopled.get("prospects", limit=5).json()["nextPageToken"]
    told = json.loads(base64.urlsafe_b64decode(true + "=="))
    other = base64.urlsafe_b64encode(json.dumps({**told, **forged}).encode()).decode()
    assert error_of(peopled.get("prospects", nextPageToken=other)) == (400, 211)


@pytest.mark.parametrize("order", [",", "id,", " "])
def test_an_order_without_a_name_is_invalid(peopled: PardotClient, order: str) -> None:
    assert error_of(peopled.get("prospects", orderBy=order)) == (400, 19)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_moment_beyond_the_calendar_is_an_invalid_timestamp(peopled: PardotClient, moment: str) -> None:
    assert error_of(peopled.get("prospects", updatedAtAfter=moment)) == (400, 7)


def test_a_chain_whose_limit_was_lowered_under_way_ends_empty(peopled: PardotClient) -> None:
    token = peopled.get("prospects", limit=20).json()["nextPageToken"]
    peopled.set(chain_limit=10)
    reply = peopled.get("prospects", nextPageToken=token)
    assert reply.json() == {"nextPageToken": None, "nextPageUrl": None, "values": []}
    assert reply.headers["Pardot-Warning"].startswith("203;")


def test_a_merge_puts_the_master_back_on_a_list_that_a_loser_is_on(pardot: PardotClient) -> None:
    ana, other = pardot.prospect(), pardot.prospect("ana.roe@roe.example")
    former = pardot.people("POST", f"prospects/{ana}/lists/401")["id"]
    pardot.people("DELETE", f"prospects/{ana}/lists/401")
    pardot.people("POST", f"prospects/{other}/lists/401")
    pardot.people("POST", "prospects/merge", {"master": ana, "others": [other]})
    fields = "id,prospectId,isDeleted"
    assert pardot.values("list-memberships", fields, deleted="all") == [
        {"id": former, "prospectId": ana, "isDeleted": False}
    ]
