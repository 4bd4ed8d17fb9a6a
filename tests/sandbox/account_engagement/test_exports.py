"""The Export API: one export after another, its procedures, and the files that come out."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.account_engagement.client import TIMEOUT_S, PardotClient, error_of

DAY = 86_400


def yesterday() -> str:
    return (datetime.now(UTC) - timedelta(days=1)).isoformat()


def export(client: PardotClient, kind: str, fields: list[str], *, by: str = "updated", **more: Any) -> Any:
    """Ask for an export of a year, in which most of the seeded people were changed."""
    arguments = {
        f"{by}After": "2025-06-01T00:00:00Z",
        f"{by}Before": "2026-05-01T00:00:00Z",
        **more.pop("arguments", {}),
    }
    procedure = {"name": f"filter_by_{by}_at", "arguments": arguments}
    return client.call("POST", "/exports", {"object": kind, "fields": fields, "procedure": procedure, **more})


def results(client: PardotClient, number: int = 1) -> list[list[list[str]]]:
    """Wait for an export; give its files as rows of cells, sorted."""
    for _ in range(10):
        told = client.call("GET", f"/exports/{number}?fields=status,resultRefs").json()
        if told["status"] == "Complete":
            files = [client.session.get(ref, timeout=TIMEOUT_S).text for ref in told["resultRefs"]]
            return [[rows[0], *sorted(rows[1:])] for rows in (list(csv.reader(io.StringIO(text))) for text in files)]
        assert told["resultRefs"] is None
    raise AssertionError("the export doesn't end")


def test_an_export_waits_is_processed_and_gives_its_files(peopled: PardotClient) -> None:
    reply = export(peopled, "Prospect", ["id", "email", "optedOut", "campaign.name", "salesforceId"])
    assert (reply.status_code, reply.json()) == (201, {"id": 1, "status": "Waiting", "isExpired": False})
    assert error_of(peopled.call("GET", "/exports/1/results/1")) == (400, 178)
    assert peopled.call("GET", "/exports/1?fields=status,resultRefs").json() == {
        "status": "Processing",
        "resultRefs": None,
    }
    (rows,) = results(peopled)
    window = {"updatedAtAfter": "2025-06-01T00:00:00Z", "updatedAtBefore": "2026-05-01T00:00:00Z"}
    expected = peopled.values("prospects", "id,email", **window)
    assert rows[0] == ["id", "email", "optedOut", "campaign.name", "salesforceId"]
    assert rows[1:] == [[str(one["id"]), one["email"], "false", "Website", ""] for one in expected]
    assert error_of(peopled.call("GET", "/exports/1/results/2")) == (404, 109)


def test_exports_run_one_after_another(peopled: PardotClient) -> None:
    for _ in range(2):
        export(peopled, "Prospect", ["id"])
    assert peopled.call("GET", "/exports/2?fields=status").json() == {"status": "Waiting"}
    assert peopled.call("GET", "/exports/1?fields=status").json() == {"status": "Complete"}
    assert peopled.call("GET", "/exports/2?fields=status").json() == {"status": "Processing"}
    assert peopled.call("GET", "/exports/2?fields=status").json() == {"status": "Complete"}


def test_an_export_tells_the_recycle_bin_if_asked(peopled: PardotClient) -> None:
    gone = peopled.ids("prospects")[0]
    peopled.call("DELETE", f"/objects/prospects/{gone}")
    for number, (deleted, count) in enumerate((("all", 1), ("true", 1), ("false", 0)), 1):
        arguments = {"updatedAfter": yesterday(), "updatedBefore": None, "deleted": deleted}
        export(peopled, "Prospect", ["id", "isDeleted"], arguments=arguments)
        assert results(peopled, number)[0][1:] == [[str(gone), "true"]] * count


def test_activities_and_memberships_are_exported_by_both_moments(peopled: PardotClient) -> None:
    activity = peopled.values("visitor-activities", "id,prospectId,prospect.email,createdAt", limit=1)[-1]
    span = {"createdAfter": "2025-01-01T00:00:00Z", "createdBefore": "2025-12-31T00:00:00Z"}
    export(peopled, "VisitorActivity", ["id", "prospectId", "prospect.email"], by="created", arguments=span)
    (rows,) = results(peopled)
    assert [str(activity["id"]), str(activity["prospectId"]), activity["prospect"]["email"]] in rows
    assert len(rows) == 1 + len(peopled.ids("visitor-activities"))
    more = {"type": [4], "prospectOnly": True}
    export(peopled, "VisitorActivity", ["id"], by="created", arguments={**span, **more})
    assert len(results(peopled, 2)[0]) == 1 + len(peopled.ids("visitor-activities", type=4))
    snake = {"created_after": "2025-01-01T00:00:00Z", "created_before": "2025-12-31T00:00:00Z"}
    procedure = {"name": "filter_by_created_at", "arguments": snake}
    body = {"object": "ListMembership", "fields": ["id"], "procedure": procedure}
    assert peopled.call("POST", "/exports", body).status_code == 201
    assert len(results(peopled, 3)[0]) == 1 + len(peopled.ids("list-memberships"))


def test_moments_in_files_are_old_style_if_asked_and_a_mark_goes_first(peopled: PardotClient) -> None:
    export(peopled, "Prospect", ["updatedAt"], legacyDateFormat=True, includeByteOrderMark=True)
    (rows,) = results(peopled)
    assert rows[0] == ["\ufeffupdatedAt"]
    assert all(len(one[0]) == len("2020-01-01 10:00:00") for one in rows[1:])
    export(peopled, "Prospect", ["updatedAt"])
    assert all(one[0].endswith("-07:00") for one in results(peopled, 2)[0][1:])


def test_results_are_kept_a_week(peopled: PardotClient) -> None:
    export(peopled, "Prospect", ["id"])
    results(peopled)
    peopled.later(7.1 * DAY)
    peopled.sign_in()
    assert peopled.call("GET", "/exports/1?fields=isExpired,resultRefs").json() == {
        "isExpired": True,
        "resultRefs": None,
    }
    assert error_of(peopled.call("GET", "/exports/1/results/1")) == (400, 178)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"object": "Prospect"}, 153),
        ({"object": "User"}, 154),
        ({"object": "Prospect", "fields": []}, 154),
        ({"object": "Prospect", "fields": ["id"] * 151}, 154),
        ({"object": "Prospect", "fields": ["nonsense"]}, 180),
        ({"object": "Prospect", "fields": ["grade"]}, 180),
        ({"object": "Prospect", "fields": ["notes"]}, 180),
        ({"object": "Prospect", "maxFileSizeBytes": 1}, 231),
        ({"object": "Prospect", "maxFileSizeBytes": 300_000_000}, 232),
        ({"object": "Prospect", "procedure": {"name": "filter_by_mood"}}, 174),
        ({"object": "Prospect", "procedure": {"name": "filter_by_updated_at", "arguments": {}}}, 176),
        ({"object": "Prospect", "procedure": {"name": "filter_by_updated_at", "arguments": {"mood": 1}}}, 175),
        (
            {
                "object": "Prospect",
                "procedure": {"name": "filter_by_updated_at", "arguments": {"updatedAfter": "yesterday"}},
            },
            177,
        ),
        (
            {
                "object": "Prospect",
                "procedure": {"name": "filter_by_updated_at", "arguments": {"updatedAfter": "2005-01-01T00:00:00Z"}},
            },
            177,
        ),
    ],
)
def test_wrong_exports_are_refused(pardot: PardotClient, body: dict[str, Any], code: int) -> None:
    good = {"name": "filter_by_updated_at", "arguments": {"updatedAfter": yesterday()}}
    usual = {} if code == 153 else {"fields": ["id"], "procedure": good}
    assert error_of(pardot.call("POST", "/exports", {**usual, **body})) == (400, code)
