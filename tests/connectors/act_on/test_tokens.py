"""Signing in stays rare: tokens are kept between processes, refreshed, and never asked for too often."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from keepstep.connectors.act_on import ActOn, ActOnSettings
from keepstep.connectors.token_store import FileTokenStore, MemoryTokenStore
from keepstep.core.errors import AuthError, Unavailable
from tests.connectors.act_on.account import QUICK, Account, account

GOOD = ("ann@example.test", "a password", "client", "a secret")


@pytest.fixture
def there() -> Iterator[Account]:
    with account(refuse_logins_over_limit=True) as one:
        yield one


def sign_ins(connector: ActOn) -> int:
    return connector.usage.by_endpoint.get("POST token", 0)


def test_a_second_connector_uses_the_token_that_the_first_one_kept(there: Account) -> None:
    first, second = there.connector(), there.connector()

    first.check()
    second.check()

    assert (sign_ins(first), sign_ins(second)) == (1, 0)


def test_many_threads_at_once_sign_in_once(there: Account) -> None:
    connectors = [there.connector() for _ in range(6)]
    together = threading.Barrier(6)

    def check(connector: ActOn) -> None:
        together.wait(10)
        connector.check()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(check, connectors))

    assert sum(sign_ins(c) for c in connectors) == 1


def test_a_token_that_the_account_calls_expired_is_renewed_and_the_call_goes_through(there: Account) -> None:
    connector = there.connector()
    connector.check()
    before = dict(there.tokens.load())
    there.weather(kind="expire_tokens")

    connector.check()

    after = there.tokens.load()
    assert after["access"] != before["access"]
    assert after["refresh"] != before["refresh"]
    assert sign_ins(connector) == 2


def test_a_token_near_its_end_is_refreshed_before_it_is_refused(there: Account) -> None:
    clock = [0.0]
    connector = there.connector(now=lambda: clock[0])
    connector.check()
    clock[0] = 3570.0

    connector.check()

    assert connector.usage.by_endpoint == {"POST token": 2, "GET list": 2}


def test_a_refresh_token_that_died_falls_back_to_the_password(there: Account) -> None:
    there.tokens.save({"access": "old", "refresh": "unknown to the account", "expires_at": 0, "sign_ins": []})
    connector = there.connector()

    connector.check()

    assert sign_ins(connector) == 2


def test_the_sixth_sign_in_within_an_hour_is_not_made(there: Account) -> None:
    clock = [1000.0]
    tokens = MemoryTokenStore()
    wrong = there.connector(tokens=tokens, password="wrong", now=lambda: clock[0])
    for _ in range(5):
        with pytest.raises(AuthError):
            wrong.check()
    with pytest.raises(Unavailable) as refused:
        wrong.check()

    assert sign_ins(wrong) == 5
    assert refused.value.retry_after_s == pytest.approx(3600, abs=2)

    clock[0] += 3601.0
    there.move_clock(61)
    with pytest.raises(AuthError):
        wrong.check()


def test_a_refused_sign_in_says_what_to_check_and_names_nobody(there: Account) -> None:
    wrong = there.connector(tokens=MemoryTokenStore(), password="hunter2")

    with pytest.raises(AuthError) as refused:
        wrong.check()

    text = str(refused.value)
    assert "password" in text
    assert "invalid_grant" in text
    assert "hunter2" not in text
    assert "marketing@" not in text


def test_settings_show_no_secret() -> None:
    settings = ActOnSettings("ann@example.test", "hunter2", "client", "s3cret", retries=QUICK)

    assert "hunter2" not in repr(settings)
    assert "s3cret" not in repr(settings)


def test_a_file_keeps_the_token_for_its_user_alone(tmp_path: Path) -> None:
    store = FileTokenStore.for_account("https://a.example.test", GOOD, tmp_path / "state")
    with store.exclusive():
        store.save({"access": "one", "sign_ins": [1.5]})

    again = FileTokenStore.for_account("https://a.example.test", GOOD, tmp_path / "state")

    assert again.load() == {"access": "one", "sign_ins": [1.5]}
    files = list((tmp_path / "state").iterdir())
    assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert not [f for f in files if "example" in f.name or "password" in f.name]


def test_another_password_starts_with_another_file(tmp_path: Path) -> None:
    store = FileTokenStore.for_account("https://a.example.test", GOOD, tmp_path)
    with store.exclusive():
        store.save({"access": "one"})
    user, _, client_id, client_secret = GOOD

    other = FileTokenStore.for_account("https://a.example.test", (user, "changed", client_id, client_secret), tmp_path)

    assert other.load() == {}


def test_a_broken_file_is_as_good_as_none(tmp_path: Path) -> None:
    path = tmp_path / "token.json"
    path.write_text('{"access": "on')

    assert FileTokenStore(path).load() == {}


def test_the_default_file_is_in_the_users_state_folder(
    there: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    there.connector(own_file=True).check()

    assert [p.suffix for p in sorted((tmp_path / "keepstep").iterdir())] == [".json", ".lock"]
