"""The connector against a few lines of server: paging, resuming, retries, budgets, and replies no sandbox gives."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from keepstep.connectors.base import CursorExpired, FetchBy, ReadQuery
from keepstep.connectors.budget import Budget
from keepstep.connectors.netsuite import ClientCredentials, NetSuiteConnector, NetSuiteSettings, TokenBased
from keepstep.connectors.transport import Retries
from keepstep.core.errors import AuthError, SettingsError, Unavailable
from keepstep.core.model import Applied, InDoubt, Kind, OperationId, Outcome, Rejected, Value, Write
from tests.connectors.stub import HANG_UP, Answer, Call, Stub, stub

CUSTOMERS = ReadQuery("contact", ("email",), audience="affiliated_with_customers")
DATE = "Sun, 01 Mar 2026 10:00:00 GMT"
NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
TBA = TokenBased("ck", "cs", "tk", "ts")
CATALOG = {"properties": {"email": {"type": "string", "format": "email"}, "custentity_tier": {"type": "object"}}}


@dataclass
class Suite:
    """An account with the contacts 1 to `people`, in Los Angeles; `trouble` answers first, where it has an answer."""

    people: int = 0
    deleted: tuple[int, ...] = ()
    trouble: Callable[[Call], Answer | None] = lambda _: None
    statuses: tuple[dict[str, str], ...] = ({"id": "6", "name": "LEAD-New"},)
    asked: list[str] = field(default_factory=list)

    def answer(self, call: Call) -> Answer:
        """As NetSuite would."""
        said = self.trouble(call)
        if said is not None:
            return said
        if "suiteql" in call.path:
            return self._suiteql(orjson.loads(call.body)["q"], int(re.findall(r"limit=(\d+)", call.path)[0]))
        if "metadata-catalog" in call.path:
            return Answer(200, orjson.dumps(CATALOG))
        location = {"Location": f"http://x/services/rest/record/v1/contact/{700 + len(call.body)}"}
        return Answer(204, b"", location if call.method in ("POST", "PUT") else {})

    def _suiteql(self, text: str, limit: int) -> Answer:
        self.asked.append(text)
        if "SYSDATE" in text:
            return rows([{"local_now": "2026-03-01 02:00:00"}])
        if "entitystatus" in text:
            return rows(list(self.statuses))
        after = int(re.findall(r"id > (\d+)", text)[-1])
        if "deletedrecord" in text:
            left: list[dict[str, str]] = [{"recordid": str(n)} for n in self.deleted if n > after]
        else:
            left = [{"id": str(n), "email": f"p{n}@a.test"} for n in range(after + 1, self.people + 1)]
            left = [] if "lastmodifieddate >=" in text else left
        return rows(left[:limit], more=len(left) > limit)


def rows(items: list[dict[str, str]], more: bool = False) -> Answer:
    body = {"items": [{"links": [], **item} for item in items], "count": len(items), "hasMore": more, "offset": 0}
    return Answer(200, orjson.dumps(body), {"Date": DATE})


@contextmanager
def account(suite: Suite, budget: Budget | None = None, **options: Any) -> Iterator[tuple[NetSuiteConnector, Stub]]:
    waits: list[float] = []
    with stub(suite.answer) as server:
        settings = NetSuiteSettings(
            **{"account": "1234567_SB1", "auth": TBA, "base_url": server.url, "page_size": 3, **options}
        )
        connector = NetSuiteConnector(
            settings,
            budget=budget,
            retries=Retries(attempts=3, read_timeout_s=5),
            now=lambda: NOW,
            sleep=waits.append,
        )
        yield connector, server
        connector.close()


def write(number: int, fields: dict[str, Value], kind: Kind = Kind.UPDATE, external_id: str | None = None) -> Write:
    record_id = None if kind is Kind.CREATE else str(number)
    return Write(OperationId(f"op{number}"), kind, "contact", fields, record_id, external_id=external_id)


def only(outcomes: Iterator[Outcome]) -> Outcome:
    [outcome] = outcomes
    return outcome


# -- reading -----------------------------------------------------------------------------------------------------------


def test_a_listing_reads_page_after_page_at_offset_0_and_ends_with_a_watermark() -> None:
    suite = Suite(people=7)
    with account(suite) as (connector, server):
        pages = list(connector.read(CUSTOMERS))

    assert [[r.id for r in page.records] for page in pages] == [["1", "2", "3"], ["4", "5", "6"], ["7"]]
    assert [(page.full, page.last) for page in pages] == [(True, False), (True, False), (True, True)]
    assert all("limit=3&offset=0" in call.path for call in server.calls if "suiteql" in call.path)
    watermark = pages[-1].cursor
    assert watermark is not None
    since = datetime.fromisoformat(str(watermark["since"]))
    assert 0 <= (NOW - since).total_seconds() < 5  # by the server's clock, before its first page was asked for
    assert watermark["offset_s"] == -8 * 3600


def test_a_quiet_run_costs_two_calls_whatever_the_size_of_the_list() -> None:
    with account(Suite(people=50)) as (connector, _):
        *_, last = connector.read(CUSTOMERS)
    with account(Suite(people=50)) as (later, server):
        [page] = later.read(CUSTOMERS, last.cursor)

    assert len(server.calls) == 2
    assert (page.records, page.deletions, page.full, page.last) == ((), (), False, True)


def test_changes_are_asked_for_in_the_accounts_own_time_and_overlap() -> None:
    suite = Suite()
    with account(suite, overlap_s=300) as (connector, _):
        *_, last = connector.read(CUSTOMERS)
        suite.asked.clear()
        list(connector.read(CUSTOMERS, last.cursor))

    stamps = {stamp for text in suite.asked for stamp in re.findall(r"TO_DATE\('([^']*)'", text)}
    [stamp] = stamps
    assert "2026-03-01 00:54:50" <= stamp <= "2026-03-01 00:55:00"  # 10:00 UTC, less 8 h, 5 min, 1 h for clock changes


def test_deletions_follow_the_changes_and_page_too() -> None:
    suite = Suite(people=2, deleted=(11, 12, 13, 14))
    with account(suite) as (connector, _):
        *_, last = connector.read(CUSTOMERS)
        pages = list(connector.read(CUSTOMERS, last.cursor))

    assert [[d.id for d in page.deletions] for page in pages] == [["11", "12", "13"], ["14"]]
    assert [page.last for page in pages] == [False, True]


def test_a_listing_that_was_cut_off_goes_on_and_keeps_its_first_watermark() -> None:
    with account(Suite(people=7)) as (connector, _):
        first = next(connector.read(CUSTOMERS))
    assert first.cursor is not None
    with account(Suite(people=7)) as (later, _):
        rest = list(later.read(CUSTOMERS, first.cursor))

    assert [r.id for page in rest for r in page.records] == ["4", "5", "6", "7"]
    assert rest[-1].cursor is not None
    assert rest[-1].cursor["since"] == first.cursor["began_at"]


def test_a_page_that_repeats_is_not_read_for_ever() -> None:
    same = rows([{"id": "1"}, {"id": "2"}, {"id": "3"}], more=True)
    suite = Suite(trouble=lambda call: same if b"FROM contact" in call.body else None)
    with account(suite) as (connector, _), pytest.raises(Unavailable, match="repeats a page"):
        list(connector.read(CUSTOMERS))


@pytest.mark.parametrize("body", [b'{"items":[{"id":"1"', b"", b"<html>", b'{"items":[{"id":"1"}]}', b"[]"])
def test_a_truncated_page_is_never_taken_for_the_end(body: bytes) -> None:
    suite = Suite(trouble=lambda call: Answer(200, body) if b"FROM contact" in call.body else None)
    with account(suite) as (connector, _), pytest.raises(Unavailable):
        list(connector.read(CUSTOMERS))


def test_a_truncated_page_that_comes_whole_the_second_time_loses_nothing() -> None:
    broken = iter([Answer(200, b'{"items":[{"id":'), Answer(HANG_UP)])
    suite = Suite(people=7, trouble=lambda call: next(broken, None) if b"FROM contact" in call.body else None)
    with account(suite) as (connector, _):
        pages = list(connector.read(ReadQuery("contact", ("email",))))
    assert [r.id for page in pages for r in page.records] == ["1", "2", "3", "4", "5", "6", "7"]


def test_a_field_that_netsuite_does_not_know_is_for_the_user_to_correct() -> None:
    refusal = Answer(400, b'{"o:errorDetails":[{"o:errorCode":"INVALID_PARAMETER","detail":"Unknown identifier"}]}')
    suite = Suite(trouble=lambda call: refusal if b"custentity_gone" in call.body else None)
    with account(suite) as (connector, _), pytest.raises(SettingsError, match=r"contact \(INVALID_PARAMETER\)"):
        list(connector.read(ReadQuery("contact", ("custentity_gone",))))


@pytest.mark.parametrize(
    "cursor",
    [
        {},
        {"version": 99},
        {"through": 5},
        {"version": 1},
        {"version": 1, "object": "contact", "audience": CUSTOMERS.audience, "zone": None, "part": "nonsense"},
    ],
)
def test_a_cursor_of_somebody_elses_is_expired(cursor: dict[str, Any]) -> None:
    with account(Suite()) as (connector, server), pytest.raises(CursorExpired):
        list(connector.read(CUSTOMERS, cursor))
    assert server.calls == []


def test_a_cursor_cannot_smuggle_text_into_a_query() -> None:
    with account(Suite()) as (connector, server):
        *_, last = connector.read(CUSTOMERS)
        before = len(server.calls)
        evil: dict[str, Any] = {**(last.cursor or {}), "columns": [["email", "email FROM contact; --", "text"]]}
        with pytest.raises(CursorExpired):
            list(connector.read(CUSTOMERS, evil))
    assert len(server.calls) == before


@pytest.mark.parametrize(
    "query",
    [
        ReadQuery("contact", ("email", "custentity_tier"), audience=CUSTOMERS.audience),  # in no increment so far
        ReadQuery("contact", ("email",), audience="unaffiliated"),
        ReadQuery("customer", ("email",), audience=CUSTOMERS.audience),
    ],
)
def test_a_cursor_of_another_question_is_expired(query: ReadQuery) -> None:
    with account(Suite(people=2)) as (connector, _):
        *_, last = connector.read(CUSTOMERS)
        with pytest.raises(CursorExpired):
            list(connector.read(query, last.cursor))


def test_a_zone_that_is_set_anew_or_taken_away_makes_old_watermarks_worthless() -> None:
    berlin: dict[str, Any] = {"time_zone": "Europe/Berlin"}
    with account(Suite(), **berlin) as (connector, _):
        *_, last = connector.read(CUSTOMERS)
    others: list[dict[str, Any]] = [{}, {"time_zone": "Asia/Tokyo"}]
    for other in others:
        with account(Suite(), **other) as (connector, _), pytest.raises(CursorExpired):
            list(connector.read(CUSTOMERS, last.cursor))


@pytest.mark.parametrize(("kept_hours", "stamp"), [(-8, "2026-02-27 23:55:00"), (-9, "2026-02-27 22:55:00")])
def test_the_zone_is_found_again_after_a_week_and_stamps_of_both_zones_are_within(kept_hours: int, stamp: str) -> None:
    suite = Suite()
    with account(suite) as (connector, _):
        *_, last = connector.read(CUSTOMERS)
    old: dict[str, Any] = {
        **(last.cursor or {}),
        "since": "2026-02-28T09:00:00+00:00",
        "zone_found_at": "2026-02-20T10:00:00+00:00",
        "offset_s": kept_hours * 3600,
    }
    suite.asked.clear()
    with account(suite) as (connector, _):
        *_, then = connector.read(CUSTOMERS, old)

    assert "SYSDATE" in suite.asked[0]
    assert f"TO_DATE('{stamp}'" in suite.asked[1]
    assert then.cursor is not None
    assert then.cursor["zone_found_at"] == NOW.isoformat()


def test_many_keys_go_in_few_calls_and_blank_or_impossible_ones_in_none() -> None:
    suite = Suite()
    with account(suite, page_size=1000) as (connector, _):
        list(connector.fetch(CUSTOMERS, FetchBy.EMAIL, [f"p{n}@a.test" for n in range(450)]))
        assert sum("FROM contact" in text for text in suite.asked) == 3
        suite.asked.clear()
        assert list(connector.fetch(CUSTOMERS, FetchBy.ID, ["", " ", "x", "1 OR 1=1", "5\uff15"])) == []
        assert list(connector.fetch(CUSTOMERS, FetchBy.EMAIL, [])) == []
    assert suite.asked == []


def test_what_an_injection_would_need_goes_as_a_bound_value() -> None:
    sent: list[dict[str, Any]] = []

    def listen(call: Call) -> None:
        if "suiteql" in call.path:
            sent.append(orjson.loads(call.body))

    with account(Suite(trouble=listen)) as (connector, _):
        list(connector.fetch(ReadQuery("customer", ("companyName",)), FetchBy.NAME, ["x') OR ('1'='1"]))
    assert sent[-1]["params"] == ["X') OR ('1'='1"]
    assert "OR" not in sent[-1]["q"].replace("ORDER", "")


# -- writing -----------------------------------------------------------------------------------------------------------


def test_an_update_is_a_patch_of_the_given_fields_that_refuses_unknown_names() -> None:
    with account(Suite()) as (connector, server):
        outcome = only(connector.apply([write(5, {"custentity_act_on_score": 7, "title": None})]))
    [call] = server.calls
    assert outcome == Applied(OperationId("op5"), "5")
    assert (call.method, call.path) == ("PATCH", "/services/rest/record/v1/contact/5")
    assert call.headers["X-NetSuite-PropertyNameValidation"] == "error"
    assert orjson.loads(call.body) == {"custentity_act_on_score": 7, "title": None}


def test_a_create_is_an_upsert_by_external_id() -> None:
    with account(Suite(), subsidiary="1") as (connector, server):
        outcome = only(connector.apply([write(1, {"firstName": "Ann", "company": "6"}, Kind.CREATE, "AON/7")]))
    [call] = server.calls
    assert (call.method, call.path) == ("PUT", "/services/rest/record/v1/contact/eid:AON%2F7")
    assert orjson.loads(call.body) == {"firstName": "Ann", "company": {"id": "6"}, "subsidiary": {"id": "1"}}
    assert outcome == Applied(OperationId("op1"), str(700 + len(call.body)))


def test_a_create_answered_without_a_location_is_looked_up_by_its_external_id() -> None:
    suite = Suite(people=1, trouble=lambda call: Answer(204, b"") if call.method == "PUT" else None)
    with account(suite) as (connector, _):
        assert only(connector.apply([write(1, {"email": "a@a.test"}, Kind.CREATE, "AON-7")])) == Applied(
            OperationId("op1"), "1"
        )
    assert "c.externalid IN (?)" in suite.asked[-1]


@pytest.mark.parametrize("external_id", [None, "AON-7"])
def test_a_create_whose_id_nobody_knows_is_in_doubt(external_id: str | None) -> None:
    suite = Suite(trouble=lambda call: Answer(204, b"") if "/contact" in call.path else None)
    with account(suite) as (connector, _):
        outcome = only(connector.apply([write(1, {"email": "a@a.test"}, Kind.CREATE, external_id)]))
    assert outcome == InDoubt(OperationId("op1"), "NO_LOCATION")


def test_a_create_without_an_external_id_is_never_sent_twice() -> None:
    suite = Suite(trouble=lambda call: Answer(500) if call.method == "POST" else None)
    with account(suite) as (connector, server):
        outcome = only(connector.apply([write(1, {"email": "a@a.test"}, Kind.CREATE)]))
    assert outcome == InDoubt(OperationId("op1"), "HTTP_500")
    assert len(server.calls) == 1


def test_a_removal_makes_the_record_inactive() -> None:
    with account(Suite()) as (connector, server):
        assert only(connector.apply([write(5, {}, Kind.REMOVE)])) == Applied(OperationId("op5"), "5")
    assert (server.calls[0].method, orjson.loads(server.calls[0].body)) == ("PATCH", {"isInactive": True})


def coded(status: int, code: str) -> Answer:
    return Answer(status, orjson.dumps({"o:errorDetails": [{"o:errorCode": code, "detail": "Ann's secret"}]}))


def refusing(answers: dict[str, list[Answer]]) -> Callable[[Call], Answer | None]:
    """These answers in turn for the record with that id."""
    lock = threading.Lock()

    def trouble(call: Call) -> Answer | None:
        with lock:
            left = answers.get(call.path.rsplit("/", 1)[-1], [])
            return left.pop(0) if left else None

    return trouble


def test_a_record_that_somebody_saved_meanwhile_is_tried_once_more_at_once() -> None:
    changed = coded(400, "RCRD_HAS_BEEN_CHANGED")
    with account(Suite(trouble=refusing({"5": [changed], "6": [changed, changed]}))) as (connector, server):
        outcomes = {o.operation_id: o for o in connector.apply([write(5, {"title": "x"}), write(6, {"title": "x"})])}
    assert outcomes[OperationId("op5")] == Applied(OperationId("op5"), "5")
    twice = outcomes[OperationId("op6")]
    assert isinstance(twice, Rejected)
    assert (twice.code, twice.retry) == ("RCRD_HAS_BEEN_CHANGED", True)
    assert len(server.calls) == 4


@pytest.mark.parametrize("status", [400, 429])
def test_a_crowded_account_gets_fewer_calls_at_once_and_the_write_gets_through(status: int) -> None:
    crowded = coded(status, "CONCURRENCY_LIMIT_EXCEEDED")
    with account(Suite(trouble=refusing({"5": [crowded, crowded]}))) as (connector, _):
        assert only(connector.apply([write(5, {"title": "x"})])) == Applied(OperationId("op5"), "5")
        assert connector._calls.gate.limit == 1
    assert connector.usage.retries == 2


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "INVALID_CONTENT"),
        (400, "USER_ERROR"),
        (400, "NONEXISTENT_FIELD"),
        (404, "NONEXISTENT_ID"),
        (400, "INVALID_KEY_OR_REF"),
    ],
)
def test_a_refused_row_is_rejected_alone_and_nobody_is_named(status: int, code: str) -> None:
    with account(Suite(trouble=refusing({"5": [coded(status, code)]}))) as (connector, server):
        outcomes = {o.operation_id: o for o in connector.apply([write(n, {"title": "x"}) for n in (4, 5, 6)])}
    refused = outcomes[OperationId("op5")]
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.retry, "Ann" in str(refused)) == (code, False, False)
    assert [type(outcomes[OperationId(id)]) for id in ("op4", "op6")] == [Applied, Applied]
    assert len(server.calls) == 3


@pytest.mark.parametrize("fate", [Answer(HANG_UP), coded(500, "UNEXPECTED_ERROR"), Answer(504)])
def test_a_write_whose_answer_is_lost_every_time_is_in_doubt_and_the_others_go_on(fate: Answer) -> None:
    with account(Suite(trouble=refusing({"5": [fate] * 9}))) as (connector, _):
        outcomes = {o.operation_id: o for o in connector.apply([write(n, {"title": "x"}) for n in (4, 5, 6)])}
    assert isinstance(outcomes[OperationId("op5")], InDoubt)
    assert [type(outcomes[OperationId(id)]) for id in ("op4", "op6")] == [Applied, Applied]


def test_a_reference_given_as_a_name_is_rejected_before_anything_is_sent() -> None:
    with account(Suite()) as (connector, server):
        outcome = only(connector.apply([write(5, {"company": "Acme GmbH"})]))
    assert isinstance(outcome, Rejected)
    assert (outcome.code, "Acme" in str(outcome)) == ("NOT_AN_ID", False)
    assert server.calls == []


@pytest.mark.behaviour("AO-8")
@pytest.mark.parametrize(("stages", "status"), [({}, "6"), ({"lead": "77"}, "77")])
def test_a_company_is_made_at_the_stage_that_was_asked_for(stages: dict[str, str], status: str) -> None:
    new = Write(
        OperationId("op1"), Kind.CREATE, "customer", {"companyName": "Acme", "stage": "lead"}, external_id="AON-C1"
    )
    suite = Suite()
    with account(suite, stages=stages) as (connector, server):
        assert isinstance(only(connector.apply([new])), Applied)
    assert orjson.loads(server.calls[-1].body) == {
        "companyName": "Acme",
        "entityStatus": {"id": status},
        "isPerson": False,
    }
    assert len(suite.asked) == (0 if stages else 1)


def test_writes_beyond_the_budget_are_not_sent_and_those_within_it_have_their_outcome() -> None:
    outcomes: list[Outcome] = []
    with account(Suite(), budget=Budget(4), concurrency=2) as (connector, server):
        told = connector.apply([write(n, {"title": "x"}) for n in range(10)])

        def collect() -> None:
            for outcome in told:
                outcomes.append(outcome)

        with pytest.raises(Unavailable, match="budget of 4"):
            collect()
    assert len(outcomes) == len(server.calls) == 4


# -- signing in --------------------------------------------------------------------------------------------------------


def test_a_signature_refused_twice_is_for_the_user_to_mend() -> None:
    suite = Suite(trouble=lambda _: coded(401, "INVALID_LOGIN"))
    with account(suite) as (connector, server), pytest.raises(AuthError, match="INVALID_LOGIN"):
        connector.check()
    assert len(server.calls) == 2


def test_a_missing_permission_is_for_the_user() -> None:
    suite = Suite(trouble=lambda _: coded(403, "INSUFFICIENT_PERMISSION"))
    with account(suite) as (connector, _), pytest.raises(AuthError, match="INSUFFICIENT_PERMISSION"):
        connector.check()


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_client"])
def test_a_certificate_that_is_refused_is_for_the_user(error: str, private_key: str) -> None:
    suite = Suite(trouble=lambda call: Answer(400, orjson.dumps({"error": error})) if "token" in call.path else None)
    with (
        account(suite, auth=ClientCredentials("client", "certificate", private_key)) as (connector, server),
        pytest.raises(AuthError, match=error),
    ):
        connector.check()
    assert len(server.calls) == 1


def test_a_key_that_is_none_is_for_the_user_and_does_not_show() -> None:
    with (
        account(Suite(), auth=ClientCredentials("client", "certificate", "s3cret")) as (connector, server),
        pytest.raises(AuthError, match="PEM") as error,
    ):
        connector.check()
    assert "s3cret" not in str(error.value)
    assert server.calls == []


def test_one_token_serves_every_call_and_an_expired_one_is_renewed(private_key: str) -> None:
    issued: list[str] = []
    refused = {"Bearer 1"}

    def tokens(call: Call) -> Answer | None:
        if "oauth2" in call.path:
            issued.append(call.body.decode())
            return Answer(200, orjson.dumps({"access_token": str(len(issued)), "expires_in": "3600"}))
        return coded(401, "INVALID_LOGIN") if call.headers["Authorization"] in refused else None

    auth = ClientCredentials("client", "certificate", private_key)
    with account(Suite(people=3, trouble=tokens), auth=auth) as (connector, _):
        connector.check()
        list(connector.read(CUSTOMERS))
        list(connector.apply([write(n, {"title": "x"}) for n in range(5)]))
    assert len(issued) == 2
    assert "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer" in issued[0]
    assert connector.usage.by_endpoint["POST oauth2/token"] == 2


def test_every_call_is_counted_by_endpoint_without_ids() -> None:
    with account(Suite(people=2)) as (connector, server):
        list(connector.read(CUSTOMERS))
        list(connector.apply([write(5, {"title": "x"}), write(6, {"title": "x"})]))
    assert connector.usage.by_endpoint == {
        "GET metadata-catalog/contact": 1,
        "POST suiteql clock": 1,
        "POST suiteql contact": 1,
        "PATCH contact/id": 2,
    }
    assert connector.usage.calls == len(server.calls) == 5


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account_id", "api", "app", "realm"),
    [
        ("1234567", "https://1234567.suitetalk.api.netsuite.com", "https://1234567.app.netsuite.com", "1234567"),
        (
            "1234567_SB1",
            "https://1234567-sb1.suitetalk.api.netsuite.com",
            "https://1234567-sb1.app.netsuite.com",
            "1234567_SB1",
        ),
        (
            "tstdrv-9",
            "https://tstdrv-9.suitetalk.api.netsuite.com",
            "https://tstdrv-9.app.netsuite.com",
            "TSTDRV_9",
        ),
    ],
)
def test_the_account_id_has_two_spellings(account_id: str, api: str, app: str, realm: str) -> None:
    settings = NetSuiteSettings(account_id, TBA)
    assert (settings.api_url, settings.app_url, settings.realm) == (api, app, realm)


def test_a_record_has_an_address_for_people() -> None:
    connector = NetSuiteConnector(NetSuiteSettings("1234567", TBA))
    base = "https://1234567.app.netsuite.com/app/common/entity"
    assert connector.url("contact", "12") == f"{base}/contact.nl?id=12"
    assert connector.url("customer", "7") == f"{base}/custjob.nl?id=7"
    connector.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"account": "evil.test/"},
        {"account": ""},
        {"time_zone": "Mars/Olympus"},
        {"page_size": 1001},
        {"concurrency": 0},
        {"stages": {"gold": "1"}},
    ],
)
def test_settings_that_cannot_be_are_refused_with_what_is_allowed(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="NetSuite: "):
        NetSuiteSettings(**{"account": "1234567", "auth": TBA, **wrong})


def test_rs256_is_not_among_the_algorithms() -> None:
    with pytest.raises(SettingsError, match="RS256 is not allowed"):
        ClientCredentials("client", "certificate", "key", "RS256")


def test_no_secret_shows_in_the_text_of_the_settings() -> None:
    text = repr(NetSuiteSettings("1234567", TokenBased("ck", "s1", "tk", "s2")))
    assert "s1" not in text
    assert "s2" not in text


@pytest.fixture(scope="module")
def private_key() -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - only these tests make a key
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - as above

    return (
        rsa.generate_private_key(65537, 2048)
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )
