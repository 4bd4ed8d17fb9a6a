"""Both sandboxes in a process of their own, with the limits that cost time switched off: we measure ourselves.

python -m bench.systems SIZE   prints the two addresses, then serves until its standard input ends
"""

from __future__ import annotations

import sys

from keepstep_sandbox import act_on, netsuite
from keepstep_sandbox.server import SandboxServer

SEED = 7


def main(size: int) -> None:
    """Serve so many people."""
    crm = netsuite.create_app(netsuite.NetSuiteSettings(seed=SEED, size=size, odd_emails=False))
    platform = act_on.create_app(
        act_on.ActOnSettings(seed=SEED, size=0, odd_emails=False, strict=False, job_polls=1, job_seconds=60)
    )
    with SandboxServer(crm) as first, SandboxServer(platform) as second:
        print(first.url, second.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
