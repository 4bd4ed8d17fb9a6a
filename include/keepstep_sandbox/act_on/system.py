"""The Act-On sandbox as the control API sees it: counts, reset, expired tokens."""

from dataclasses import replace
from datetime import UTC, datetime

from keepstep_sandbox.act_on.account import Account
from keepstep_sandbox.act_on.settings import ActOnSettings
from keepstep_sandbox.act_on.suppression import Suppressed
from keepstep_sandbox.surroundings import Surroundings


class ActOn:
    """Holds the present account; a reset puts a new one in its place."""

    name = "act_on"

    def __init__(self, settings: ActOnSettings) -> None:
        self.surroundings = Surroundings.of(settings)
        if settings.now is not None:
            self.surroundings.clock.skew_s = (settings.now - datetime.now(UTC)).total_seconds()
        self._account = Account(settings, self.surroundings.clock)

    def account(self) -> Account:
        """Give the present account."""
        return self._account

    def counts(self) -> dict[str, int]:
        """Tell how many there are of each kind of thing."""
        account = self._account
        account.jobs.settle()
        return {
            "lists": len(account.lists),
            "rows": sum(len(each) for each in account.lists.values()),
            "persons": len(account.people),
            "messages": len(account.messages),
            "opt_outs": len(account.suppression.lists[Suppressed.OPT_OUT]),
            "jobs": len(account.jobs.jobs),
            "requests_today": account.limits.today,
            "requests_over_limit": account.limits.over,
        }

    def reset(self, seed: int | None, size: int | None) -> None:
        """Make everything new, tokens too, in real time; None keeps the present seed or size."""
        self.surroundings.clock.skew_s = 0.0  # before the pasts are drawn, for they end with the present
        settings = self._account.settings
        settings = replace(
            settings,
            seed=settings.seed if seed is None else seed,
            size=settings.size if size is None else size,
        )
        self._account = Account(settings, self.surroundings.clock)

    def expire_tokens(self) -> None:
        """Let all access tokens handed out so far be too old."""
        self._account.tokens.expire_all()
