"""One run of a prospect sync in a process of its own; prints what it cost as JSON.

python -m bench.prospect_run STORE_URL SALESFORCE_URL ACCOUNT_ENGAGEMENT_URL FILE KEY MINUTES

MINUTES: by how much the clocks of both systems, and of this run, are ahead.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.one_run import peak_mb, phase_seconds
from keepstep.config import load_prospect_sync
from keepstep.connectors.account_engagement import AccountEngagementConnector, AccountEngagementSettings
from keepstep.connectors.salesforce import ClientCredentials, SalesforceConnector, SalesforceSettings
from keepstep.engine.open import open_run
from keepstep.engine.prospects.tasks import pull_prospects, push_prospects, reconcile_prospects
from keepstep.engine.run import ProspectContext
from keepstep.store.database import Store
from keepstep_sandbox import credentials


def connectors(
    crm_url: str, platform_url: str, now: Callable[[], datetime]
) -> tuple[SalesforceConnector, AccountEngagementConnector]:
    """To both sandboxes, with the settings that a user gets."""
    sales = ClientCredentials(credentials.SALESFORCE_CLIENT_ID, credentials.SALESFORCE_CLIENT_SECRET)
    marketing = ClientCredentials(
        credentials.ACCOUNT_ENGAGEMENT_CLIENT_ID, credentials.ACCOUNT_ENGAGEMENT_CLIENT_SECRET
    )
    return (
        SalesforceConnector(SalesforceSettings(sales, crm_url), now=now),
        AccountEngagementConnector(
            AccountEngagementSettings(
                marketing, credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT, platform_url, platform_url
            ),
            now=now,
        ),
    )


def main(store_url: str, crm_url: str, platform_url: str, path: Path, key: str, ahead: timedelta) -> None:
    """Run, and tell seconds, MB above the imports, calls to each system, and the books."""
    file = load_prospect_sync(path)

    def now() -> datetime:
        return datetime.now(UTC) + ahead

    crm, platform = connectors(crm_url, platform_url, now)
    imports = peak_mb()
    began = time.perf_counter()
    with Store.open(store_url) as store:
        ctx = ProspectContext(
            run=open_run(store, file, key, now()),
            file=file,
            store=store,
            crm=crm,
            platform=platform,
            now=now,
        )
        pull_prospects(ctx)
        push_prospects(ctx)
        report = reconcile_prospects(ctx)
        told = {
            "seconds": time.perf_counter() - began,
            "mb": peak_mb() - imports,
            "crm_calls": crm.usage.calls,
            "platform_calls": platform.usage.calls,
            "followed": report.followed,
            "waiting": report.waiting,
            "planned": report.totals.planned,
            "applied": report.totals.applied,
            "rejected": report.totals.rejected,
            "problems": report.problems,
            "phases": dict(phase_seconds(store, ctx.run.id)),
        }
    crm.close()
    platform.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]), sys.argv[5], timedelta(minutes=int(sys.argv[6])))
