"""What people did, as the API tells it, and the score that follows from it."""

from datetime import datetime

import pytest

from tests.sandbox.account_engagement.client import PardotClient, error_of


def score(client: PardotClient, prospect: int) -> int:
    return int(client.read(f"prospects/{prospect}", "score")["score"])


def test_an_activity_tells_its_type_and_the_asset_it_is_about(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    made = pardot.act(ana, 4, asset="formId", asset_id=81, details="Request a demo", campaign=301)
    fields = "id,prospectId,visitorId,type,typeName,details,formId,emailId,campaignId,prospect.email,campaign.name"
    assert pardot.read(f"visitor-activities/{made}", fields) == {
        "id": made,
        "prospectId": ana,
        "visitorId": None,
        "type": 4,
        "typeName": "Form",
        "details": "Request a demo",
        "formId": 81,
        "emailId": None,
        "campaignId": 301,
        "prospect": {"email": "ana@roe.example"},
        "campaign": {"name": "Website"},
    }


def test_activities_are_streamed_by_moment_type_prospect_and_asset(pardot: PardotClient) -> None:
    ana, bo = pardot.prospect(), pardot.prospect("bo@roe.example")
    sent = pardot.act(ana, 6, asset="listEmailId", asset_id=71, at="2025-03-01T10:00:00Z")
    click = pardot.act(ana, 1, asset="listEmailId", asset_id=71, at="2025-03-02T10:00:00Z")
    form = pardot.act(bo, 4, asset="formId", asset_id=81, at="2025-03-03T10:00:00Z")
    visitor = pardot.people("POST", "visitors/act", {"type": 20, "at": "2025-03-04T10:00:00Z"})["id"]
    path = "visitor-activities"
    assert pardot.ids(path, createdAtAfter="2025-03-02T10:00:00Z", orderBy="createdAt") == [form, visitor]
    assert pardot.ids(path, createdAtAfterOrEqualTo="2025-03-02T10:00:00Z") == [click, form, visitor]
    assert pardot.ids(path, prospectId=ana) == [sent, click]
    assert pardot.ids(path, prospectIdList=f"{ana},{bo}", type=4) == [form]
    assert pardot.ids(path, typeList="1,4") == [click, form]
    assert pardot.ids(path, listEmailId=71) == [sent, click]
    assert pardot.read(f"{path}/{visitor}", "prospectId,typeName") == {"prospectId": None, "typeName": "Visit"}


def test_whether_activities_follow_to_their_prospect_is_a_setting(pardot: PardotClient) -> None:
    pardot.set(activity_relations=False)
    assert error_of(pardot.get("visitor-activities", "prospect.email")) == (400, 180)
    assert error_of(pardot.get("visitor-activities", "firstName")) == (400, 180)


@pytest.mark.parametrize(
    ("kind", "asset", "points"),
    [
        (21, "customRedirectId", 3),
        (1, "customRedirectId", 3),
        (11, "emailId", 0),
        (6, "listEmailId", 0),
        (2, "fileId", 3),
        (2, "visitorPageViewId", 1),
        (7, "siteSearchQueryId", 3),
        (1, "emailId", 3),
        (1, "listEmailId", 3),
        (20, "visitId", 3),
        (4, "formId", 50),
        (4, "formHandlerId", 50),
        (3, "formId", -5),
        (3, "formHandlerId", -5),
        (2, "formId", 0),
        (4, "landingPageId", 50),
        (3, "landingPageId", -5),
        (8, "opportunityId", 50),
        (10, "opportunityId", -100),
        (9, "opportunityId", 0),
        (22, None, 10),
        (28, None, 0),
        (29, None, 0),
        (99, None, 0),
    ],
)
def test_the_score_moves_by_the_default_rules(pardot: PardotClient, kind: int, asset: str | None, points: int) -> None:
    ana = pardot.prospect(score=7)
    pardot.act(ana, kind, **({"asset": asset} if asset else {}))
    assert score(pardot, ana) == 7 + points


def test_a_form_on_a_landing_page_counts_once(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    pardot.act(ana, 4, assets={"formId": 81, "landingPageId": 91})
    assert score(pardot, ana) == 50


def test_a_score_may_be_set_by_hand_and_be_negative(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    pardot.change(f"prospects/{ana}", score=-20)
    pardot.act(ana, 1, asset="emailId")
    pardot.act(ana, 5, points=12)
    assert score(pardot, ana) == -20 + 3 + 12


def test_a_changed_rule_changes_all_scores_that_it_ever_gave(pardot: PardotClient) -> None:
    ana, bo = pardot.prospect(), pardot.prospect("bo@roe.example", score=5)
    for _ in range(2):
        pardot.act(ana, 4, asset="formId")
    assert pardot.people("PUT", "scoring", {"form_submission": 60}) == {"changed": 1}
    assert (score(pardot, ana), score(pardot, bo)) == (120, 5)
    pardot.act(bo, 4, asset="formId")
    assert score(pardot, bo) == 65
    assert pardot.people("GET", "scoring")["form_submission"] == 60


def test_passive_activities_move_no_last_activity_and_others_do(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    for kind in (6, 11, 2, 13):
        pardot.act(ana, kind, asset="emailId")
    fields = "lastActivityAt,firstActivityAt,recentInteraction,updatedAt"
    before = pardot.read(f"prospects/{ana}", fields)
    assert (before["lastActivityAt"], before["firstActivityAt"]) == (None, None)
    pardot.later(60)
    pardot.act(ana, 1, asset="emailId", details="Spring offer")
    after = pardot.read(f"prospects/{ana}", fields)
    assert after["lastActivityAt"] == after["firstActivityAt"] == after["updatedAt"]
    assert after["recentInteraction"] == "Spring offer"
    assert pardot.ids("prospects", lastActivityAtAfter=before["updatedAt"]) == [ana]
    assert pardot.ids("prospects", updatedAtAfter=before["updatedAt"]) == [ana]
    pardot.act(ana, 1, asset="emailId", at="2025-01-01T00:00:00Z")
    assert pardot.read(f"prospects/{ana}", fields)["lastActivityAt"] == after["lastActivityAt"]


def test_whether_an_activity_moves_updated_at_is_a_setting(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    pardot.set(activity_moves_updated=False)
    before = pardot.read(f"prospects/{ana}", "updatedAt")
    pardot.later(60)
    pardot.act(ana, 4, asset="formId")
    assert pardot.read(f"prospects/{ana}", "updatedAt") == before
    assert score(pardot, ana) == 50


def test_unsubscribing_bouncing_and_coming_back_show_in_the_prospect(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    out = pardot.people("POST", f"prospects/{ana}/opt-out")["id"]
    assert pardot.read(f"visitor-activities/{out}", "type") == {"type": 12}
    assert pardot.read(f"prospects/{ana}", "optedOut") == {"optedOut": True}
    back = pardot.people("POST", f"prospects/{ana}/opt-in")["id"]
    assert pardot.read(f"visitor-activities/{back}", "type") == {"type": 16}
    assert pardot.read(f"prospects/{ana}", "optedOut") == {"optedOut": False}
    pardot.act(ana, 13, asset="emailId", details="unknown user", hard=True)
    found = pardot.read(f"prospects/{ana}", "isEmailHardBounced,emailBouncedReason,emailBouncedAt")
    assert (found["isEmailHardBounced"], found["emailBouncedReason"]) == (True, "unknown user")
    assert datetime.fromisoformat(found["emailBouncedAt"]).tzinfo is not None


def test_in_the_bin_nothing_is_tracked_but_a_form_takes_one_out(pardot: PardotClient) -> None:
    ana = pardot.prospect()
    pardot.act(ana, 1, asset="emailId")
    pardot.call("DELETE", f"/objects/prospects/{ana}")
    assert len(pardot.ids("visitor-activities", prospectId=ana)) == 1
    reply = pardot.session.post(
        f"{pardot.url}/_control/account_engagement/prospects/{ana}/act", json={"type": 20}, timeout=10
    )
    assert error_of(reply) == (400, 219)
    pardot.act(ana, 4, asset="formId")
    assert pardot.read(f"prospects/{ana}", "id,score,isDeleted") == {"id": ana, "score": 53, "isDeleted": False}
