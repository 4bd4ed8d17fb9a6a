"""When Airflow tries a task again: decided by who must act, not by the error's text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from airflow.sdk import RetryDecision, RetryPolicy

from keepstep.core.errors import AuthError, Bug, FenceRefused, KeepstepError, Refused, SettingsError, Unavailable

if TYPE_CHECKING:
    from airflow.sdk import Context

RETRIES = 5
FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=1)

FAIL_AT_ONCE: Mapping[type[KeepstepError], str] = {
    AuthError: "credentials or rights are wrong: somebody must correct the connection, trying again is of no use",
    SettingsError: "a setting is wrong: somebody must correct it, trying again is of no use",
    FenceRefused: "there is no sealed score epoch for this run: run the maintenance first",
    Refused: "the plan goes over the sync's limits and nobody approved it",
    Bug: "one of Keepstep's own laws was broken: please report it",
}


class RetryByWhoMustAct(RetryPolicy):
    """Where a person must act, fail at once; where the other side asks to wait, wait as long as it says."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,  # noqa: ARG002 # Airflow's interface
        max_tries: int,  # noqa: ARG002
        context: Context | None = None,  # noqa: ARG002
    ) -> RetryDecision:
        """Anything that isn't an error of Keepstep's own is left to Airflow's usual retries."""
        for kind, reason in FAIL_AT_ONCE.items():
            if isinstance(exception, kind):
                return RetryDecision.fail(reason)
        if isinstance(exception, Unavailable):
            return _wait(exception.retry_after_s)
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        """It has no settings."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Self:  # noqa: ARG003 # Airflow's interface
        """It has no settings."""
        return cls()


def _wait(retry_after_s: float | None) -> RetryDecision:
    if retry_after_s is None:
        return RetryDecision.retry(reason="the other system is not available")
    delay = min(timedelta(seconds=retry_after_s), LONGEST_DELAY)
    return RetryDecision.retry(delay, f"the other system asks to wait {retry_after_s:.0f} s")
