"""The `q` filter of the NetSuite sandbox's record service: conditions, and dates in the account's format and zone."""

from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from tests.sandbox.netsuite_client import RECORDS, NetSuiteClient, error_of


def test_a_filter_takes_bare_dates_in_the_account_s_format_only(netsuite: NetSuiteClient) -> None:
    contact = netsuite.new_contact(email="ann@acme.test")

    def ids(q: str) -> list[str]:
        answer = netsuite.call("GET", f"{RECORDS}/contact?q={quote(q)}").json()
        return [item["id"] for item in answer["items"]]

    assert ids('lastModifiedDate ON_OR_AFTER "01/01/2026" AND email IS "ann@acme.test"') == [contact]
    assert ids('email CONTAIN "ACME" AND isInactive IS false') == [contact]
    assert ids('externalId EMPTY AND lastName START_WITH "Od"') == [contact]
    wrong = netsuite.call("GET", f"{RECORDS}/contact?q=lastModifiedDate%20AFTER%20%222026-01-01%22")
    assert (wrong.status_code, error_of(wrong.json())) == (400, ("INVALID_PARAMETER", "q"))
    reason = 'Parse of date/time "2026-01-01" failed with date format "M/d/yy" in time zone America/Los_Angeles'
    assert reason in wrong.json()["o:errorDetails"][0]["detail"]


def test_a_bare_date_in_a_filter_is_its_midnight_in_the_account_s_zone(netsuite: NetSuiteClient) -> None:
    company = netsuite.new_company()
    told = netsuite.call("GET", f"{RECORDS}/customer/{company}").json()["lastModifiedDate"]
    zone = ZoneInfo("America/Los_Angeles")
    day = datetime.fromisoformat(told).astimezone(zone)

    def found(operator: str, days: int) -> bool:
        date = (day + timedelta(days=days)).strftime("%m/%d/%Y")
        q = quote(f'lastModifiedDate {operator} "{date}"')
        items = netsuite.call("GET", f"{RECORDS}/customer?q={q}").json()["items"]
        return company in [one["id"] for one in items]

    assert [found("AFTER", days) for days in (-1, 0, 1)] == [True, True, False]
    assert [found("BEFORE", days) for days in (-1, 0, 1)] == [False, False, True]
