"""One session by v11 for all processes: whoever needs one looks for that of another process first."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from keepstep.connectors.sugarcrm import SugarCrmConnector
from keepstep.connectors.token_store import FileTokenStore
from keepstep.core.errors import AuthError
from tests.connectors.sugarcrm.people import Sugar, later
from tests.connectors.sugarcrm.site import Site, connected, refused

FOREVER = {"token": "dead", "refresh": "dead too", "expires_at": "2999-01-01T00:00:00+00:00"}


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """The file that all processes keep the session in; each has a store of its own over it."""
    return tmp_path / "session.json"


def process(sugar: Sugar, shelf: Path) -> SugarCrmConnector:
    return sugar.connector(FileTokenStore(shelf))


def sign_ins(sugar: Sugar) -> int:
    """How often somebody signed in or refreshed, by the server's count."""
    counts: dict[str, int] = sugar.control("GET", "requests")["counts"]
    return sum(number for route, number in counts.items() if "oauth2/token" in route)


def test_two_processes_sign_in_once_and_neither_ends_the_other_s_session(v11: Sugar, shelf: Path) -> None:
    one, other = process(v11, shelf), process(v11, shelf)
    for _ in range(3):
        one.check()
        other.check()
    assert sign_ins(v11) == 1
    assert (one.usage.calls, other.usage.calls) == (4, 3)


def test_without_a_store_each_sign_in_ends_the_other_s_session(v11: Sugar) -> None:
    one, other = v11.connector(), v11.connector()
    for _ in range(3):
        one.check()
        other.check()
    assert sign_ins(v11) > 3


def test_processes_that_begin_at_once_sign_in_once(v11: Sugar, shelf: Path) -> None:
    together = threading.Barrier(6)

    def begin(connector: SugarCrmConnector) -> None:
        together.wait(10)
        connector.check()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(begin, [process(v11, shelf) for _ in range(6)]))
    assert sign_ins(v11) == 1


def test_a_session_that_came_to_its_end_is_refreshed_by_one_of_them_for_all(v11: Sugar, shelf: Path) -> None:
    v11.change(access_s=120)
    one, other = process(v11, shelf), process(v11, shelf)
    one.check()
    other.check()
    later(v11, days=1)
    one.check()
    other.check()
    assert sign_ins(v11) == 2
    assert one.usage.by_endpoint["POST oauth2/token"] == 2
    assert "POST oauth2/token" not in other.usage.by_endpoint


@pytest.mark.parametrize("kept", [FOREVER, {**FOREVER, "refresh": None}, {**FOREVER, "expires_at": None}])
def test_a_stored_session_that_is_dead_is_replaced_for_all(
    v11: Sugar, shelf: Path, kept: dict[str, str | None]
) -> None:
    FileTokenStore(shelf).save(kept)
    process(v11, shelf).check()
    assert FileTokenStore(shelf).load()["token"] != "dead"
    before = sign_ins(v11)
    process(v11, shelf).check()
    assert sign_ins(v11) == before


def test_what_is_kept_is_too_old_to_begin_with_and_refreshed(v11: Sugar, shelf: Path) -> None:
    process(v11, shelf).check()
    kept = dict(FileTokenStore(shelf).load())
    FileTokenStore(shelf).save({**kept, "expires_at": "2020-01-01T00:00:00+00:00"})
    fresh = process(v11, shelf)
    fresh.check()
    assert fresh.usage.by_endpoint["POST oauth2/token"] == 1
    assert FileTokenStore(shelf).load()["token"] != kept["token"]


def test_an_outsider_s_sign_in_costs_them_one_together(v11: Sugar, shelf: Path) -> None:
    one, other = process(v11, shelf), process(v11, shelf)
    one.check()
    other.check()
    v11.connector().check()
    before = sign_ins(v11)
    one.check()
    told = sign_ins(v11)
    other.check()
    assert told > before
    assert sign_ins(v11) == told


def test_where_a_login_is_needed_the_kept_refresh_token_isnt_tried(shelf: Path) -> None:
    FileTokenStore(shelf).save(FOREVER)
    once = [refused(401, "need_login")]
    site = Site(trouble=lambda call: once.pop() if once and "OAuth-Token" in call.headers else None)
    with connected(site, tokens=FileTokenStore(shelf)) as (connector, server):
        connector.check()
    [grant] = [call.body for call in server.calls if call.path.endswith("oauth2/token")]
    assert b'"grant_type":"password"' in grant
    assert FileTokenStore(shelf).load()["token"] == "T1"


def test_a_sign_in_that_is_refused_keeps_nothing(v11: Sugar, shelf: Path) -> None:
    wrong = v11.connector(FileTokenStore(shelf), password="something else altogether")
    with pytest.raises(AuthError) as told:
        wrong.check()
    assert FileTokenStore(shelf).load() == {}
    assert "something else altogether" not in str(told.value)
