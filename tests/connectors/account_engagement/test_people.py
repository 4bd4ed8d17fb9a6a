"""The connector against the sandbox: users, what everybody did, sign-ins and limits."""

from __future__ import annotations

from typing import Any

import pytest

from keepstep.connectors.account_engagement import AccountEngagementConnector, AccountEngagementSettings
from keepstep.connectors.base import ReadQuery
from keepstep.connectors.salesforce import ClientCredentials, JwtBearer, UserPassword
from keepstep.core.errors import AuthError, BudgetSpent
from keepstep.core.model import Kind, Outcome, Status
from keepstep_sandbox import credentials
from tests.connectors.account_engagement.account import QUICK, Account, mark, records, write

PROSPECTS = ReadQuery("prospect", ("firstName",))
ACTIVITIES = ReadQuery("activity")
SALES = 102  # a user


def test_users_are_told_with_their_ids_in_salesforce(there: Account, pardot: AccountEngagementConnector) -> None:
    users = records(pardot.read(ReadQuery("user")))
    known = {str(row["id"]): row for row in there.all("users")}
    assert set(users) == set(known)
    assert {id for id, one in users.items() if one.status is Status.INACTIVE} == {
        id for id, row in known.items() if row["isDeleted"]
    }
    seller = users[str(SALES)]
    assert seller.fields["salesforceId"] == known[str(SALES)]["salesforceId"]
    assert seller.email == known[str(SALES)]["email"]
    assert seller.fields["name"]


@pytest.mark.parametrize("relations", [True, False])
def test_behaviour_streams_in_full_and_then_as_it_comes(there: Account, relations: bool) -> None:
    there.set(activity_relations=relations)
    try:
        pardot = there.connector(page_size=2)
        ana, bo = there.prospect(), there.prospect("bo@roe.example")
        for who in (ana, bo, ana):
            there.act(who, 2, "visitorPageViewId")
        there.people("POST", "visitors/act", {"type": 2})
        there.pass_time()
        pages = list(pardot.read(ACTIVITIES))
        there.act(bo, 1, "customRedirectId")
        later = list(pardot.read(ACTIVITIES, mark(pages)))
    finally:
        there.set(activity_relations=True)
    assert [one.fields["subject"] for one in records(pages).values()] == [ana, bo, ana]
    assert [(one.fields["subject"], one.fields["type"]) for one in records(later).values()] == [
        (bo, "custom_redirect_clicked")
    ]
    assert {one.email for one in records(later).values()} == {"bo@roe.example" if relations else None}


def test_a_read_of_behaviour_that_was_cut_off_goes_on(there: Account) -> None:
    ana = there.prospect()
    for _ in range(5):
        there.act(ana, 2, "visitorPageViewId")
    first = next(there.connector(page_size=2).read(ACTIVITIES))
    rest = list(there.connector(page_size=2).read(ACTIVITIES, first.cursor))
    assert len(records([first, *rest])) == 5
    assert len(records(rest)) == 3


def sign_ins(there: Account) -> list[Any]:
    key = there.people("GET", "key")
    app = (credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID, credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET)
    password = (credentials.ACCOUNT_ENGAGEMENT_PASSWORD, credentials.ACCOUNT_ENGAGEMENT_SECURITY_TOKEN)
    return [
        ClientCredentials(*app),
        JwtBearer(key["client_id"], key["username"], key["private_key"]),
        UserPassword(key["username"], *password, *app),
    ]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_it_signs_in_in_each_of_three_ways(there: Account, which: int) -> None:
    settings = AccountEngagementSettings(
        sign_ins(there)[which], credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT, there.url, there.url
    )
    pardot = AccountEngagementConnector(settings, retries=QUICK)
    try:
        pardot.check()
    finally:
        pardot.close()


def test_a_token_that_ended_is_renewed_in_between(there: Account, pardot: AccountEngagementConnector) -> None:
    ana = there.prospect()
    pardot.check()
    there.pass_time(3 * 3600)
    assert set(records(pardot.read(PROSPECTS))) == {ana}
    assert pardot.usage.by_endpoint["POST oauth2/token"] == 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"unit_active": False}, "201"), ({"granted_scope": "api"}, "184"), ({"read_only_user": True}, "49")],
)
def test_what_the_administrator_must_mend_says_so(there: Account, settings: dict[str, Any], words: str) -> None:
    usual = {"unit_active": True, "granted_scope": "api pardot_api", "read_only_user": False}
    there.set(**settings)
    try:
        with pytest.raises(AuthError, match=words):
            list(there.connector().apply([write(Kind.CREATE, email="bo@roe.example")]))
    finally:
        there.set(**usual)


def test_the_end_of_the_days_calls_ends_the_run_and_loses_no_outcome(there: Account) -> None:
    ids = [there.prospect(f"p{n}@roe.example") for n in range(10)]
    pardot = there.connector(account_zone="America/New_York", concurrency=1)
    pardot.check()
    there.people("PUT", "usage", {"calls": 24_994})
    outcomes: list[Outcome] = []
    with pytest.raises(BudgetSpent) as spent:  # what was told before that counts
        outcomes.extend(pardot.apply([write(Kind.UPDATE, id, firstName="New") for id in ids]))
    done = [id for id, row in there.prospects().items() if row.get("firstName") == "New"]
    assert sorted(outcome.operation_id for outcome in outcomes) == sorted(f"update-{id}" for id in done)
    assert 0 < len(done) < 10
    assert pardot.usage.left == 0
    assert spent.value.retry_after_s is None or 0 < spent.value.retry_after_s <= 25 * 3600
