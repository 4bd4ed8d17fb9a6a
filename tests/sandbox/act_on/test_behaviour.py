"""What people did and what it is worth: facts, seeded pasts, the score and the maintenance that fills a column."""

from datetime import UTC, datetime
from typing import Any

import pytest

from keepstep_sandbox.people import population
from tests.sandbox.act_on.conftest import Start
from tests.sandbox.act_on.driver import Driver

ANN, BO = ["Ann", "ann@example.test", "", ""], ["Bo", "bo@example.test", "", ""]
MARCH_1 = datetime(2026, 3, 1, 9, tzinfo=UTC)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def at(caller: Driver, moment: datetime) -> Driver:
    """Set the sandbox's clock; sign in again, for the token may be too old then."""
    caller.people("PUT", "/clock", {"now": moment.isoformat()})
    caller.sign_in()
    return caller


def facts(caller: Driver, list_id: str, row: int = 0) -> Any:
    return caller.get(f"/list/{list_id}/record/{list_id}:{row:x}/facts")


def did(caller: Driver, email: str, verb: str, when: datetime, asset: str = "") -> None:
    caller.people(
        "POST", "/activities", {"email": email, "verb": verb, "what": "told", "when_ms": ms(when), "asset": asset}
    )


def test_somebody_who_never_did_a_thing_has_facts_too(shared: Driver) -> None:
    got = facts(shared, shared.make_list([["Di", "di@example.test", "", ""]]))
    assert got["activitylist"] == []
    assert (got["activity"]["score"], got["activity"]["ScoreDetails"]) == (0, [])
    assert (got["activity"]["EntryMonthsAvailable"], got["activity"]["HasBehaviorScore"]) == ([], False)
    assert got["activity"]["lastInbound"] == ""


def test_activities_come_latest_first_with_verb_what_and_milliseconds(start: Start) -> None:
    caller = at(start(), MARCH_1)
    did(caller, "ann@example.test", "s", datetime(2026, 2, 20, tzinfo=UTC), "s-0001-2602")
    did(caller, "ANN@example.test", "fs", datetime(2026, 2, 28, tzinfo=UTC), "q-0001")
    got = facts(caller, caller.make_list([ANN]))
    assert [entry["Verb"] for entry in got["activitylist"]] == ["fs", "s"]
    latest = got["activitylist"][0]
    assert (latest["What"], latest["WhenMillis"]) == ("told", ms(datetime(2026, 2, 28, tzinfo=UTC)))
    assert (latest["Bin"], latest["id"], latest["idType"], latest["InScoreRange"]) == ("FORM", "q-0001", "form", True)
    activity = got["activity"]
    assert (activity["lastInbound"], activity["lastOutbound"]) == ("Yesterday", "9 Days Ago")
    assert (activity["ScorePeriod"], activity["EntryMonthsAvailable"]) == ("all time", ["2602"])


@pytest.mark.parametrize(
    ("verb", "points"),
    [
        ("s", 0),
        ("os", 1),
        ("r", 5),
        ("fv", 2),
        ("fs", 15),
        ("sv", 1),
        ("l", 3),
        ("d", 8),
        ("wr", 10),
        ("wa", 20),
        ("oo", 0),
    ],
)
def test_each_occurrence_earns_its_verbs_points(shared: Driver, verb: str, points: int) -> None:
    email = f"{verb}@example.test"
    for day in (1, 2):
        did(shared, email, verb, datetime(2026, 2, day, tzinfo=UTC), "asset")
    assert shared.people("GET", f"/score?email={email}")["score"] == 2 * points


def test_the_score_details_sum_up_to_the_score_also_where_it_was_set_by_hand(start: Start) -> None:
    caller = start()
    list_id = caller.make_list([ANN])
    did(caller, "ann@example.test", "r", datetime(2026, 2, 1, tzinfo=UTC), "s-0001-2602")
    did(caller, "ann@example.test", "r", datetime(2026, 2, 2, tzinfo=UTC), "s-0001-2602")
    details = facts(caller, list_id)["activity"]["ScoreDetails"]
    assert details == [
        {
            "id": "s-0001-2602",
            "idType": "msg",
            "action": "MESSAGE_CLICK",
            "score": 10,
            "specific": False,
            "profile": False,
        }
    ]
    caller.people("PUT", "/score", {"email": "ann@example.test", "score": 42})
    activity = facts(caller, list_id)["activity"]
    assert (activity["score"], sum(line["score"] for line in activity["ScoreDetails"])) == (42, 42)
    caller.people("PUT", "/score", {"email": "ann@example.test", "score": None})
    assert facts(caller, list_id)["activity"]["score"] == 10


def test_with_a_score_period_a_score_falls_as_time_goes_by(start: Start) -> None:
    caller = at(start(score_period_days=30), MARCH_1)
    list_id = caller.make_list([ANN])
    did(caller, "ann@example.test", "fs", datetime(2026, 2, 20, tzinfo=UTC))
    assert facts(caller, list_id)["activity"]["score"] == 15
    got = facts(at(caller, datetime(2026, 4, 1, tzinfo=UTC)), list_id)
    assert (got["activity"]["score"], got["activity"]["ScorePeriod"]) == (0, "last 30 days")
    assert got["activitylist"][0]["InScoreRange"] is False


def test_only_the_months_named_are_loaded(start: Start) -> None:
    caller = at(start(facts_months=2), MARCH_1)
    list_id = caller.make_list([ANN])
    for month in (11, 12):
        did(caller, "ann@example.test", "r", datetime(2025, month, 5, tzinfo=UTC))
    did(caller, "ann@example.test", "r", datetime(2026, 2, 5, tzinfo=UTC))
    got = facts(caller, list_id)
    assert got["activity"]["EntryMonthsAvailable"] == ["2512", "2602"]
    assert len(got["activitylist"]) == 2
    assert got["activity"]["score"] == 15  # the score is of all time, whatever is loaded


def test_what_lies_in_the_future_has_not_happened_yet(start: Start) -> None:
    caller = at(start(), MARCH_1)
    list_id = caller.make_list([ANN])
    did(caller, "ann@example.test", "r", datetime(2026, 3, 2, tzinfo=UTC))
    assert facts(caller, list_id)["activitylist"] == []


def test_a_verb_that_does_not_exist_is_not_recorded(shared: Driver) -> None:
    body = {"email": "ann@example.test", "verb": "dance"}
    reply = shared.session.post(f"{shared.url}/_control/act_on/activities", json=body, timeout=5)
    assert reply.status_code == 400


def test_one_person_in_three_lists_has_one_past(shared: Driver) -> None:
    person = ["Ed", "ed@example.test", "", ""]
    did(shared, "ed@example.test", "d", datetime(2026, 2, 1, tzinfo=UTC), "m-0001")
    found = [facts(shared, shared.make_list([person]))["activitylist"] for _ in range(3)]
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == 1


def test_of_the_seeded_people_some_did_tens_of_things_and_most_nothing(start: Start) -> None:
    caller = start(size=150, seed=7, odd_emails=False)
    list_id = caller.make_list(people=150)
    counts = [len(facts(caller, list_id, row)["activitylist"]) for row in range(150)]
    assert sum(count == 0 for count in counts) > 75
    assert sum(count >= 10 for count in counts) >= 10
    assert max(counts) < 100


def test_the_same_seed_gives_a_person_the_same_past(start: Start) -> None:
    email = population(7, 20, odd_emails=False).persons[3].email
    pasts = []
    for _ in range(2):
        caller = start(seed=7, size=20, odd_emails=False, active_share=1.0, now=MARCH_1)
        pasts.append(facts(caller, caller.make_list([["X", email, "", ""]]))["activitylist"])
    assert pasts[0] == pasts[1]
    moments = [entry["WhenMillis"] for entry in pasts[0]]
    assert ms(datetime(2025, 5, 1, tzinfo=UTC)) < min(moments) <= max(moments) < ms(MARCH_1)


def test_a_maintenance_program_writes_the_scores_into_a_column_and_touches_only_what_changes(start: Start) -> None:
    caller = start()
    list_id = caller.make_list([ANN, BO])
    did(caller, "ann@example.test", "wa", datetime(2026, 2, 1, tzinfo=UTC))
    program = {"column": "Behavior Score"}
    assert caller.people("POST", f"/lists/{list_id}/maintenance", program) == {"changed": 2}
    assert [row[3] for row in caller.rows(list_id)] == ["20", "0"]
    did(caller, "bo@example.test", "r", datetime(2026, 2, 1, tzinfo=UTC))
    assert caller.people("POST", f"/lists/{list_id}/maintenance", program) == {"changed": 1}
    assert [row[3] for row in caller.rows(list_id)] == ["20", "5"]
