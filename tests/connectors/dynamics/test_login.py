"""Signing in at Microsoft Entra, what a refusal says, and waits that every worker keeps."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import parse_qs

import pytest

from keepstep.connectors.dynamics import ClientSecret, DynamicsConnector, DynamicsSettings
from keepstep.connectors.dynamics.login import WHAT_TO_DO
from keepstep.connectors.dynamics.rest import Rest
from keepstep.core.errors import AuthError, SettingsError, Unavailable
from keepstep.core.model import Applied
from tests.connectors.dynamics.organization import Organization, connected, refused, told, update
from tests.connectors.stub import Answer, Call

AUTH = ClientSecret("contoso.test", "app", "secret")


def entra(code: int, status: int = 401, **body: Any) -> Answer:
    sentence = f"AADSTS{code}: Ann Ode's secret. Trace ID: 1"
    return told({"error": "invalid_client", "error_description": sentence, "error_codes": [code], **body}, status)


def refusing(answer: Answer) -> Organization:
    return Organization(trouble=lambda call: answer if "/oauth2/" in call.path else None)


def test_the_app_signs_in_for_its_environment_and_keeps_the_token() -> None:
    with connected(Organization()) as (connector, server):
        connector.check()
        connector.check()
    first, second, third = server.calls
    assert first.path == "/contoso.test/oauth2/v2.0/token"
    assert {name: values[0] for name, values in parse_qs(first.body.decode()).items()} == {
        "grant_type": "client_credentials",
        "client_id": "app",
        "client_secret": "secret",
        "scope": f"{server.url}/.default",
    }
    assert second.headers["Authorization"] == third.headers["Authorization"] == "Bearer T1"
    assert (second.headers["OData-Version"], second.headers["Accept"]) == ("4.0", "application/json")


def test_a_token_that_is_refused_is_renewed_once() -> None:
    left = [Answer(401, b"")]
    org = Organization(trouble=lambda call: left.pop() if left and "WhoAmI" in call.path else None)
    with connected(org) as (connector, server):
        connector.check()
    assert sum("/oauth2/" in call.path for call in server.calls) == 2


def test_a_token_that_is_refused_again_is_the_users_to_mend() -> None:
    org = Organization(trouble=lambda call: Answer(401, b"") if "WhoAmI" in call.path else None)
    with connected(org) as (connector, server), pytest.raises(AuthError):
        connector.check()
    assert sum("/oauth2/" in call.path for call in server.calls) == 2


def test_many_threads_sign_in_once() -> None:
    with connected(Organization(), batch_rows=1) as (connector, server):
        assert len(list(connector.apply([update(n, new_score=n) for n in range(20)]))) == 20
    assert sum("/oauth2/" in call.path for call in server.calls) == 1


@pytest.mark.parametrize("code", [int(code.removeprefix("AADSTS")) for code in WHAT_TO_DO])
def test_each_refusal_of_entra_says_who_must_do_what(code: int) -> None:
    with connected(refusing(entra(code))) as (connector, server), pytest.raises(AuthError) as error:
        connector.check()
    assert f"AADSTS{code}" in str(error.value)
    assert WHAT_TO_DO[f"AADSTS{code}"] in str(error.value)
    assert "Ann" not in str(error.value)
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (entra(7000215, error_codes=None), "AADSTS7000215"),
        (entra(999999, 400), "AADSTS999999"),
        (told({"error": "Ann"}, 400), "HTTP_400"),
        (told([], 403), "HTTP_403"),
    ],
)
def test_any_other_refusal_keeps_its_code(answer: Answer, code: str) -> None:
    with connected(refusing(answer)) as (connector, _), pytest.raises(AuthError, match=code) as error:
        connector.check()
    assert "Ann" not in str(error.value)


@pytest.mark.parametrize(
    "answer",
    [told({"token_type": "Bearer"}), told([]), Answer(503, b""), entra(90033, 400), told({"access_token": ""})],
)
def test_a_sign_in_that_gives_no_token_is_worth_another_try_later(answer: Answer) -> None:
    with connected(refusing(answer)) as (connector, _), pytest.raises(Unavailable):
        connector.check()


@pytest.mark.parametrize("answer", [Answer(403, b""), refused(403, "0x80040225"), refused(403, "0x8004d24b")])
def test_an_app_that_is_no_user_of_the_environment_is_the_administrators_to_make_one(answer: Answer) -> None:
    org = Organization(trouble=lambda call: answer if "WhoAmI" in call.path else None)
    with connected(org) as (connector, _), pytest.raises(AuthError, match="application user") as error:
        connector.check()
    assert "Ann" not in str(error.value)


def test_an_answer_of_somebody_else_is_no_sign_of_life() -> None:
    org = Organization(trouble=lambda call: told({"hello": 1}) if "WhoAmI" in call.path else None)
    with connected(org) as (connector, _), pytest.raises(Unavailable):
        connector.check()


# -- waits -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["0x80072322", "0x80072321", "0x80072326"])
def test_a_call_that_must_wait_waits_for_as_long_as_it_is_told_and_goes_again(code: str) -> None:
    left = [refused(429, code, Retry_After="17")]
    org = Organization(trouble=lambda call: left.pop() if left and "WhoAmI" in call.path else None)
    waited: list[float] = []
    with connected(org, sleep=waited.append) as (connector, _):
        connector.check()
    assert max(waited) >= 17


def test_when_one_worker_must_wait_every_worker_waits() -> None:
    left = [refused(429, "0x80072322", Retry_After="17")]
    lock = threading.Lock()

    def trouble(call: Call) -> Answer | None:
        with lock:
            return left.pop() if left and "$batch" in call.path else None

    waited: list[float] = []
    with connected(Organization(trouble=trouble), batch_rows=1, concurrency=1, sleep=waited.append) as (connector, _):
        outcomes = list(connector.apply([update(n, new_score=n) for n in range(5)]))
        assert all(isinstance(outcome, Applied) for outcome in outcomes)
        before = len(waited)
        connector.check()  # the clock of this test stands still: whoever comes now waits too
    assert waited[before:] == [17]


def test_a_wait_that_is_too_long_goes_back_to_the_scheduler_from_every_worker() -> None:
    org = Organization(
        trouble=lambda call: refused(429, "0x80072321", Retry_After="600") if "$batch" in call.path else None
    )
    with connected(org) as (connector, server):
        with pytest.raises(Unavailable) as error:
            list(connector.apply([update(1, new_score=1)]))
        before = len(server.calls)
        with pytest.raises(Unavailable) as other:
            connector.check()
    assert (error.value.retry_after_s, other.value.retry_after_s) == (600, 600)
    assert len(server.calls) == before


def test_a_rest_ends_and_the_longest_one_counts() -> None:
    now = [0.0]
    waited: list[float] = []
    rest = Rest(lambda: now[0], waited.append, patience_s=90)
    rest.wait()
    rest.ask(30)
    rest.ask(10)
    now[0] = 12.0
    rest.wait()
    now[0] = 31.0
    rest.wait()
    assert waited == [18]


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"org_url": "contoso.crm4.dynamics.com"},
        {"org_url": "https://contoso.crm4.dynamics.com/api/data"},
        {"login_url": "ftp://x.test"},
        {"api_version": "8.2"},
        {"page_size": 5001},
        {"batch_rows": 1001},
        {"concurrency": 52},
        {"overlap_s": -1},
        {"opt_out_field": "do not"},
        {"auth": ClientSecret("../x", "app", "secret")},
    ],
)
def test_a_wrong_setting_is_told_before_anything_is_sent(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        DynamicsSettings(**{"auth": AUTH, "org_url": "https://contoso.crm4.dynamics.com", **wrong})


def test_the_secret_is_in_no_text() -> None:
    assert "secret" not in repr(DynamicsSettings(AUTH, "https://contoso.crm4.dynamics.com")).replace("ClientSecret", "")


def test_a_rows_form_is_known_without_a_call() -> None:
    connector = DynamicsConnector(DynamicsSettings(AUTH, "https://contoso.crm4.dynamics.com/"))
    assert connector.url("user", "0d") == (
        "https://contoso.crm4.dynamics.com/main.aspx?pagetype=entityrecord&etn=systemuser&id=0d"
    )
    connector.close()
