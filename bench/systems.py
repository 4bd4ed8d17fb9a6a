"""Both sandboxes in a process of their own, with the limits that cost time switched off: we measure ourselves.

python -m bench.systems SIZE [prospects]   prints the two addresses, then serves until its standard input ends
"""

from __future__ import annotations

import sys

from starlette.applications import Starlette

from keepstep_sandbox import account_engagement, act_on, netsuite, salesforce
from keepstep_sandbox.server import SandboxServer

SEED = 7


def lists(size: int) -> tuple[Starlette, Starlette]:
    """NetSuite with so many people, and an empty Act-On."""
    return netsuite.create_app(netsuite.NetSuiteSettings(seed=SEED, size=size, odd_emails=False)), act_on.create_app(
        act_on.ActOnSettings(seed=SEED, size=0, odd_emails=False, strict=False, job_polls=1, job_seconds=60)
    )


def prospects(size: int) -> tuple[Starlette, Starlette]:
    """Salesforce and Account Engagement with the same people, who know each other's ids."""
    settings = account_engagement.AccountEngagementSettings(
        seed=SEED, size=size, odd_emails=False, linked_share=1.0, daily_limit=10_000_000
    )
    return salesforce.create_app(
        salesforce.SalesforceSettings(seed=SEED, size=size, odd_emails=False)
    ), account_engagement.create_app(settings)


def main(size: int, pair: str = "lists") -> None:
    """Serve so many people."""
    crm, platform = {"lists": lists, "prospects": prospects}[pair](size)
    with SandboxServer(crm) as first, SandboxServer(platform) as second:
        print(first.url, second.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
