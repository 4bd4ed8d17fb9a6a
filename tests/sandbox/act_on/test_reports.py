"""What came of the mailings."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sandbox.act_on.conftest import Start
from tests.sandbox.act_on.driver import Driver, error


@pytest.fixture
def mailed(start: Start) -> tuple[Driver, str]:
    """A sandbox in which Ann opened and clicked the latest message, twice; and its id."""
    caller = start()
    message = caller.get("/message", type="SENT")["msgresult"][-1]
    sent_ms = int(message["timeStamp"])
    for minutes, verb in enumerate(("s", "os", "os", "r", "r")):
        done = {"email": "ann@example.test", "verb": verb, "asset": message["msgId"]}
        caller.people("POST", "/activities", {**done, "when_ms": sent_ms + minutes * 60_000})
    for verb in ("s", "hb"):
        done = {"email": "bo@example.test", "verb": verb, "asset": message["msgId"]}
        caller.people("POST", "/activities", {**done, "when_ms": sent_ms})
    return caller, str(message["msgId"])


def test_a_report_counts_persons_and_occurrences(mailed: tuple[Driver, str]) -> None:
    caller, message_id = mailed
    report = caller.get(f"/message/{message_id}/report")
    assert (report["status"], report["msgId"]) == ("ok", message_id)
    assert (report["sent"], report["delivered"], report["bounced"], report["hardBounced"]) == (2, 1, 1, 1)
    assert (report["opened"], report["clicked"]) == ([1, 2], [1, 2])
    assert (report["optout"], report["spam"]) == (0, 0)
    assert report["lastClickTS"] - report["lastOpenTS"] == 2 * 60_000


@pytest.mark.parametrize(
    ("verb", "who"),
    [
        ("SENT", ["ann", "bo"]),
        ("SUPPRESSED", []),
        ("OPENED", ["ann", "ann"]),
        ("CLICKED", ["ann", "ann"]),
        ("BOUNCED", ["bo"]),
        ("OPT_OUT", []),
        ("SPAM", []),
    ],
)
def test_a_drill_down_tells_who(mailed: tuple[Driver, str], verb: str, who: list[str]) -> None:
    caller, message_id = mailed
    list_id = caller.make_list([["Ann", "ann@example.test", "", ""]])
    got = caller.get(f"/message/{message_id}/report/{verb}")
    assert [entry["email"].partition("@")[0] for entry in got["result"]] == who
    assert got["totalCount"] == len(who)
    records = {entry["recid"] for entry in got["result"] if entry["email"] == "ann@example.test"}
    assert records <= {f"{list_id}:0"}


def test_a_drill_down_pages_and_comes_as_csv(mailed: tuple[Driver, str]) -> None:
    caller, message_id = mailed
    got = caller.get(f"/message/{message_id}/report/OPENED", count=1, offset=1)
    assert (got["offset"], got["count"], got["totalCount"]) == (1, 1, 2)
    reply = caller.call("GET", f"/message/{message_id}/report/OPENED", params={"responseformat": "CSV"})
    assert len(reply.text.splitlines()) == 3


def test_a_month_is_summed_up_day_by_day(mailed: tuple[Driver, str]) -> None:
    caller, message_id = mailed
    got: Any = caller.get("/message/report", period=message_id[-4:])
    totals = {name: sum(day[name] for day in got["counts"]) for name in ("sent", "opened", "clicked", "hardBounced")}
    assert totals == {"sent": 2, "opened": 2, "clicked": 2, "hardBounced": 1}
    first = got["counts"][0]
    year, month = 2000 + int(message_id[-4:-2]), int(message_id[-2:])
    assert got["month"] == f"{datetime(year, month, 1, tzinfo=UTC):%B %Y}"
    assert (first["dayOfMonth"], first["dayOfWeek"]) == (1, datetime(year, month, 1, tzinfo=UTC).isoweekday() % 7 + 1)


def test_the_days_of_the_week_count_from_sunday(shared: Driver) -> None:
    days = shared.get("/message/report", period="1910")["counts"]
    assert [day["dayOfWeek"] for day in days[:6]] == [3, 4, 5, 6, 7, 1]
    assert len(days) == 31


def test_messages_verbs_and_periods_that_do_not_exist_have_codes_of_their_own(mailed: tuple[Driver, str]) -> None:
    caller, message_id = mailed
    assert error(caller.call("GET", "/message/s-ffff-2601/report")) == (400, 10030)
    assert error(caller.call("GET", "/message/s-ffff-2601/report/SENT")) == (404, 10030)
    assert error(caller.call("GET", f"/message/{message_id}/report/DANCED")) == (400, 10089)
    for period in ("2613", "26", "abcd"):
        assert error(caller.call("GET", "/message/report", params={"period": period})) == (400, 10160)


def test_the_seeded_people_make_the_reports_plausible(start: Start) -> None:
    caller = start(size=300, odd_emails=False)
    message_id = caller.get("/message", type="SENT")["msgresult"][0]["msgId"]
    report = caller.get(f"/message/{message_id}/report")
    assert report["sent"] > report["opened"][0] > report["clicked"][0] > 0
