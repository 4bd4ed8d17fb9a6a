"""Whether Airflow tries again is decided by who must act."""

from __future__ import annotations

from datetime import timedelta

import pytest
from airflow.sdk import RetryAction

from keepstep.core.errors import (
    AuthError,
    Bug,
    FenceRefused,
    KeepstepError,
    Refusal,
    Refused,
    SettingsError,
    Unavailable,
)
from keepstep_airflow.retry import RetryByWhoMustAct

POLICY = RetryByWhoMustAct()


@pytest.mark.parametrize(
    "error",
    [
        AuthError("the token is refused"),
        SettingsError("the field is missing"),
        FenceRefused("there is no epoch"),
        Refused((Refusal("removed", 0.5, 0.05, "half the list would go"),)),
        Bug("the books don't balance"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_where_a_person_must_act_the_task_fails_at_its_first_try(error: KeepstepError) -> None:
    decision = POLICY.evaluate(error, try_number=1, max_tries=5)
    assert decision.action is RetryAction.FAIL
    assert decision.reason


def test_a_system_that_says_how_long_to_wait_is_waited_for_so_long() -> None:
    decision = POLICY.evaluate(Unavailable("429", retry_after_s=90), try_number=1, max_tries=5)
    assert (decision.action, decision.retry_delay) == (RetryAction.RETRY, timedelta(seconds=90))


def test_a_system_that_asks_for_a_week_is_asked_again_after_an_hour() -> None:
    decision = POLICY.evaluate(Unavailable("429", retry_after_s=7 * 86400), try_number=1, max_tries=5)
    assert decision.retry_delay == timedelta(hours=1)


def test_a_system_that_doesnt_say_is_tried_again_at_the_tasks_own_pace() -> None:
    decision = POLICY.evaluate(Unavailable("503"), try_number=1, max_tries=5)
    assert (decision.action, decision.retry_delay) == (RetryAction.RETRY, None)


def test_what_isnt_keepsteps_own_error_is_left_to_airflow() -> None:
    assert POLICY.evaluate(OSError("disk"), try_number=1, max_tries=5).action is RetryAction.DEFAULT


def test_the_policy_outlives_a_trip_through_airflows_metadata() -> None:
    assert isinstance(RetryByWhoMustAct.deserialize(POLICY.serialize()), RetryByWhoMustAct)
