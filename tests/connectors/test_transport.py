"""The transport: what is sent again, what never, who must act, and that nothing personal gets into a text."""

from __future__ import annotations

import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from keepstep.connectors.base import Usage
from keepstep.connectors.budget import Budget, Gate
from keepstep.connectors.calls import (
    Action,
    CallRefused,
    Effect,
    Expects,
    LostReply,
    Reply,
    Request,
    Verdict,
    verdict_by_status,
)
from keepstep.connectors.parallel import in_parallel, prefetch
from keepstep.connectors.transport import RenewableAuth, Retries, Transport
from keepstep.core.errors import AuthError, Unavailable
from tests.connectors.stub import HANG_UP, Answer, Call, in_turn, stub

READ = Request("GET", "/people?email=ann%40a.test", "GET people")
PUT = Request("PUT", "/people/1", "PUT people/{id}", Effect.IDEMPOTENT, json={"email": "ann@a.test"})
POST = Request("POST", "/people", "POST people", Effect.ONCE, json={"email": "ann@a.test"})
UNSURE_FATES = [Answer(500), Answer(504), Answer(HANG_UP), Answer(200, b'{"half":')]


def transport(url: str, waits: list[float] | None = None, **options: Any) -> Transport:
    sleep: Callable[[float], None] = ([] if waits is None else waits).append
    options.setdefault("retries", Retries(attempts=3, read_timeout_s=5))
    return Transport("Testing", url, sleep=sleep, **options)


@pytest.mark.parametrize("trouble", [*UNSURE_FATES, Answer(503), Answer(429)])
def test_a_read_is_sent_again_whatever_went_wrong(trouble: Answer) -> None:
    with stub(in_turn(trouble, Answer(200, b'{"ok":1}'))) as server:
        assert transport(server.url).send(READ).json == {"ok": 1}
    assert len(server.calls) == 2


@pytest.mark.parametrize("trouble", UNSURE_FATES)
def test_a_write_that_may_have_landed_and_is_not_safe_to_send_twice_is_sent_once(trouble: Answer) -> None:
    with stub(in_turn(trouble)) as server, pytest.raises(LostReply):
        transport(server.url).send(POST)
    assert len(server.calls) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_write_that_was_refused_at_the_door_is_sent_again(status: int) -> None:
    with stub(in_turn(Answer(status), Answer(201))) as server:
        assert transport(server.url).send(POST).status == 201


def test_a_write_that_is_safe_to_send_twice_is_sent_again_and_in_doubt_only_when_no_answer_ever_comes() -> None:
    with stub(in_turn(Answer(HANG_UP), Answer(200))) as server:
        assert transport(server.url).send(PUT).status == 200
    with stub(in_turn(Answer(HANG_UP))) as server, pytest.raises(LostReply) as lost:
        transport(server.url).send(PUT)
    assert lost.value.code == "CONNECTION_LOST"
    assert len(server.calls) == 3


def test_a_write_refused_at_the_door_every_time_is_not_in_doubt() -> None:
    with stub(in_turn(Answer(503))) as server, pytest.raises(Unavailable):
        transport(server.url).send(PUT)


def test_a_write_that_may_have_landed_stays_in_doubt_when_the_retry_is_not_let_in() -> None:
    with stub(in_turn(Answer(500), Answer(403))) as server, pytest.raises(LostReply):
        transport(server.url).send(PUT)


def test_nobody_listening_means_it_was_never_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: refused
        with pytest.raises(Unavailable, match="NO_CONNECTION"):
            transport(f"http://127.0.0.1:{taken.getsockname()[1]}").send(POST)


def test_a_slow_answer_is_a_lost_one() -> None:
    release = threading.Event()

    def dawdle(_: Call) -> Answer:
        release.wait(5)
        return Answer()

    with stub(dawdle) as server:
        with pytest.raises(LostReply) as lost:
            transport(server.url, retries=Retries(read_timeout_s=0.05)).send(POST)
        release.set()
    assert lost.value.code == "TIMED_OUT"


def test_waits_grow_and_are_jittered() -> None:
    waits: list[float] = []
    with stub(in_turn(Answer(503))) as server, pytest.raises(Unavailable):
        transport(server.url, waits, retries=Retries(attempts=4, first_wait_s=1.0)).send(READ)
    assert [1 <= waits[0] <= 2, 2 <= waits[1] <= 3, 4 <= waits[2] <= 5] == [True] * 3
    assert len(set(waits)) == 3


def test_retry_after_is_honoured() -> None:
    waits: list[float] = []
    with stub(in_turn(Answer(429, headers={"Retry-After": "17"}), Answer())) as server:
        transport(server.url, waits).send(READ)
    assert waits == [17.0]


def test_a_retry_after_beyond_our_patience_is_handed_to_the_scheduler() -> None:
    waits: list[float] = []
    with (
        stub(in_turn(Answer(503, headers={"Retry-After": "3600"}))) as server,
        pytest.raises(Unavailable) as unavailable,
    ):
        transport(server.url, waits).send(READ)
    assert unavailable.value.retry_after_s == 3600
    assert (waits, len(server.calls)) == ([], 1)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "5"}, 5.0),
        ({"Retry-After": "Sun, 01 Mar 2026 10:00:30 GMT", "Date": "Sun, 01 Mar 2026 10:00:00 GMT"}, 30.0),
        ({"Retry-After": "Sun, 01 Mar 2026 10:00:30 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, 0.0),
        ({}, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date_of_the_servers_own_clock(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert Reply(429, headers, b"", None).retry_after_s == seconds


class Tokens(RenewableAuth):
    """Token 1, token 2, ..."""

    def __init__(self) -> None:
        self.number = 1

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign with the present token."""
        r.headers["Authorization"] = f"Bearer {self.number}"
        return r

    def renew(self, used: str | None) -> bool:
        """The next number, unless another thread took it."""
        self.number += used == f"Bearer {self.number}"
        return True


def test_an_expired_token_is_renewed_once_without_waiting() -> None:
    waits: list[float] = []
    with stub(lambda c: Answer(200 if c.headers["Authorization"] == "Bearer 2" else 401)) as server:
        transport(server.url, waits, auth=Tokens()).send(POST)
    assert ([c.headers["Authorization"] for c in server.calls], waits) == (["Bearer 1", "Bearer 2"], [])


def test_a_token_refused_twice_is_for_the_user_to_mend() -> None:
    with stub(in_turn(Answer(401))) as server, pytest.raises(AuthError, match="GET people"):
        transport(server.url, auth=Tokens()).send(READ)
    assert len(server.calls) == 2


def test_a_missing_right_is_for_the_user_and_not_tried_again() -> None:
    with stub(in_turn(Answer(403))) as server, pytest.raises(AuthError):
        transport(server.url).send(READ)
    assert len(server.calls) == 1


def test_the_connectors_table_decides_over_the_status() -> None:
    def classify(reply: Reply) -> Verdict | None:
        return Verdict(Action.ROW, "NO_SUCH_PERSON", "id") if reply.status == 404 else verdict_by_status(reply.status)

    with stub(in_turn(Answer(404))) as server, pytest.raises(CallRefused) as refused:
        transport(server.url, classify=classify).send(READ)
    assert (refused.value.status, refused.value.verdict.code, refused.value.verdict.pointer) == (
        404,
        "NO_SUCH_PERSON",
        "id",
    )


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (301, Action.ROW),
        (400, Action.ROW),
        (401, Action.RENEW),
        (403, Action.USER),
        (404, Action.ROW),
        (429, Action.WAIT),
        (500, Action.WAIT),
        (503, Action.WAIT),
        (599, Action.WAIT),
    ],
)
def test_what_a_status_asks_for(status: int, action: Action) -> None:
    verdict = verdict_by_status(status)
    assert verdict is not None
    assert verdict.action is action


def test_a_success_asks_for_nothing() -> None:
    assert verdict_by_status(204) is None


def test_the_seconds_that_calls_took_are_counted_also_of_those_that_failed() -> None:
    def slow(_: Call) -> Answer:
        time.sleep(0.05)
        return Answer(HANG_UP)

    with stub(slow) as server:
        sent = transport(server.url)
        with pytest.raises(Unavailable):
            sent.send(READ)
    assert sent.usage.calls == 3
    assert sent.usage.waited_s >= 3 * 0.05


def test_a_file_comes_as_it_is_and_is_never_in_memory_as_a_whole() -> None:
    file = b'"00Q1","ann@a.test","Ann"\n' * 200_000
    download = Request("GET", "/results", "GET results", expects=Expects.FILE)
    with stub(in_turn(Answer(200, file))) as server:
        tracemalloc.start()
        try:
            reply = transport(server.url).send(download)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    with reply.file as kept:
        assert (kept.read() == file, reply.body, reply.json) == (True, b"", None)
    assert peak < len(file) / 4


def test_a_file_that_ends_too_early_is_asked_for_again() -> None:
    file = b"Id\n" + b"00Q1\n" * 100_000
    download = Request("GET", "/results", "GET results", expects=Expects.FILE)
    half = Answer(200, file[:300_000], {"Content-Length": str(len(file)), "Connection": "close"})
    with stub(in_turn(half, Answer(200, file))) as server:
        with transport(server.url).send(download).file as kept:
            assert kept.read() == file
        assert len(server.calls) == 2


@pytest.mark.parametrize("status", [200, 400])
def test_an_error_in_place_of_a_file_is_read_whatever_its_status(status: int) -> None:
    download = Request("GET", "/results", "GET results", expects=Expects.FILE)

    def classify(reply: Reply) -> Verdict | None:
        return Verdict(Action.ROW, "SEVEN") if reply.json == {"code": 7} else None

    with stub(in_turn(Answer(status, b'{"code":7}'))) as server, pytest.raises(CallRefused, match="SEVEN"):
        transport(server.url, classify=classify).send(download)


def test_json_that_nobody_knows_is_never_taken_for_an_empty_file() -> None:
    download = Request("GET", "/results", "GET results", expects=Expects.FILE)
    with stub(in_turn(Answer(200, b'{"odd":1}'))) as server, pytest.raises(Unavailable, match="BROKEN_REPLY"):
        transport(server.url).send(download)


def test_a_file_that_only_begins_like_json_is_a_file() -> None:
    file = b"[[Unknown]],Ann\n{x},Bo\n"
    download = Request("GET", "/results", "GET results", expects=Expects.FILE)
    with stub(in_turn(Answer(200, file))) as server, transport(server.url).send(download).file as kept:
        assert kept.read() == file


def test_an_empty_body_is_fine_where_none_is_expected_and_broken_where_json_is() -> None:
    patch = Request("PATCH", "/p", "PATCH p", Effect.IDEMPOTENT, expects=Expects.JSON_OR_NOTHING)
    with stub(in_turn(Answer(204, b""))) as server:
        assert transport(server.url).send(patch).json is None
        with pytest.raises(Unavailable, match="BROKEN_REPLY"):
            transport(server.url).send(READ)


def test_a_reply_shorter_than_it_says_is_read_again() -> None:
    short = Answer(200, b'{"a":1}', {"Content-Length": "70", "Connection": "close"})
    with stub(in_turn(short, Answer(200, b'{"a":2}'))) as server:
        assert transport(server.url, retries=Retries(attempts=2, read_timeout_s=0.3)).send(READ).json == {"a": 2}


@pytest.mark.parametrize("answer", [Answer(500), Answer(HANG_UP), Answer(401), Answer(404), Answer(200, b"ann@a.test")])
@pytest.mark.parametrize("request_", [READ, PUT, POST])
def test_no_text_names_a_person(answer: Answer, request_: Request) -> None:
    with (
        stub(in_turn(answer)) as server,
        pytest.raises((Unavailable, AuthError, CallRefused, LostReply)) as told,
    ):
        transport(server.url).send(request_)
    assert "ann" not in str(told.value) + repr(told.value)
    assert told.value.__suppress_context__ or told.value.__context__ is None
    assert "ann" not in repr(request_)


def test_every_call_is_counted_and_spent_retries_too() -> None:
    usage, budget = Usage(), Budget(10)
    with stub(in_turn(Answer(503), Answer(), Answer())) as server:
        calls = transport(server.url, usage=usage, budget=budget)
        calls.send(READ)
        calls.send(PUT)
    assert (usage.calls, usage.retries, usage.by_endpoint) == (3, 1, {"GET people": 2, "PUT people/{id}": 1})
    assert budget.spent == 3


def test_a_used_up_budget_sends_nothing_and_says_what_to_do() -> None:
    with stub(in_turn(Answer())) as server:
        calls = transport(server.url, budget=Budget(1))
        calls.send(READ)
        with pytest.raises(Unavailable, match=r"budget of 1 API calls.*limits\.api_calls"):
            calls.send(READ)
    assert len(server.calls) == 1


def test_a_reserve_is_kept_for_the_customers_other_users() -> None:
    budget = Budget(reserve=100)
    budget.note_left(101)
    budget.spend()
    with pytest.raises(Unavailable, match="100 API calls remain"):
        budget.spend()


def test_calls_are_spaced_evenly() -> None:
    now = [50.0]
    budget = Budget(per_second=4, clock=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0] + s))
    starts = []
    for _ in range(4):
        budget.spend()
        starts.append(now[0] - 50)
    now[0] += 10  # a pause saves up nothing
    budget.spend()
    assert (starts, now[0]) == ([0, 0.25, 0.5, 0.75], 60.75)


def test_a_crowded_system_gets_fewer_calls_at_once_and_more_again_when_it_is_calm() -> None:
    gate = Gate(3)
    for _ in range(5):
        gate.crowded()
    assert gate.limit == 1
    for _ in range(1000):
        gate.calm()
    assert gate.limit == 3


def test_no_more_calls_at_once_than_allowed() -> None:
    lock, inside, most = threading.Lock(), [0], [0]
    both = threading.Barrier(2)

    def answer(_: Call) -> Answer:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        both.wait(5)
        with lock:
            inside[0] -= 1
        return Answer()

    with stub(answer) as server:
        calls = transport(server.url, concurrency=2)
        assert len(list(in_parallel(calls.send, [READ] * 6, workers=6))) == 6
    assert most[0] == 2


def test_parallel_work_loses_no_result_when_one_call_is_not_let_in() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 3:
            raise AuthError("no")
        return number

    done: set[int] = set()

    def collect() -> None:
        for result in in_parallel(work, range(100), workers=2):
            done.add(result)

    with pytest.raises(AuthError):
        collect()
    assert done == set(begun) - {3}
    assert len(begun) < 20


def test_the_next_page_is_made_while_this_one_is_used_and_only_one_ahead() -> None:
    made: list[int] = []
    second = threading.Event()

    def pages() -> Iterator[int]:
        for number in range(1, 6):
            made.append(number)
            if number == 2:
                second.set()
            yield number

    ahead = prefetch(pages())
    assert next(ahead) == 1
    assert second.wait(5)
    ahead.close()
    assert made == [1, 2]
    assert list(prefetch(pages())) == [1, 2, 3, 4, 5]


def test_trouble_in_a_page_comes_out_after_the_pages_before_it() -> None:
    def pages() -> Iterator[int]:
        yield 1
        raise Unavailable("later")

    ahead = prefetch(pages())
    assert next(ahead) == 1
    with pytest.raises(Unavailable):
        next(ahead)


def test_a_closed_transport_has_no_connection_left_and_can_be_used_again() -> None:
    with stub(in_turn(Answer())) as server:
        calls = transport(server.url)
        calls.send(READ)
        calls.close()
        calls.send(READ)
        calls.close()
    assert len(server.calls) == 2
