"""One run of the four tasks in a process of its own, so that its peak memory is its own; prints what it cost as JSON.

python -m bench.one_run STORE_URL NETSUITE_URL ACT_ON_URL FOLDER KEY
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine

from keepstep.config import load_score_sheet, load_sync
from keepstep.connectors.act_on.connector import ActOn, ActOnSettings
from keepstep.connectors.netsuite.connector import NetSuiteConnector
from keepstep.connectors.netsuite.settings import NetSuiteSettings, TokenBased
from keepstep.connectors.token_store import FileTokenStore
from keepstep.engine.activities import SqlActivities
from keepstep.engine.maintain import compute_behavior_score
from keepstep.engine.open import open_run
from keepstep.engine.pull import pull_list
from keepstep.engine.push import push_score
from keepstep.engine.reconcile import reconcile
from keepstep.engine.run import RunContext
from keepstep.store.database import Store
from keepstep_sandbox import credentials

EVENTS = (
    "SELECT email, type, occurred_at, recorded_at FROM bench_event WHERE recorded_at > :since AND recorded_at <= :until"
)


def netsuite(url: str) -> NetSuiteConnector:
    """The CRM's connector; NetSuite's usual five calls at once."""
    auth = TokenBased(
        credentials.NETSUITE_CONSUMER_KEY,
        credentials.NETSUITE_CONSUMER_SECRET,
        credentials.NETSUITE_TOKEN_ID,
        credentials.NETSUITE_TOKEN_SECRET,
    )
    settings = NetSuiteSettings(
        account=credentials.NETSUITE_ACCOUNT, auth=auth, base_url=url, time_zone="America/Los_Angeles", overlap_s=1
    )
    return NetSuiteConnector(settings)


def act_on(url: str, folder: Path) -> ActOn:
    """The platform's connector, without its five calls a second."""
    settings = ActOnSettings(
        user=credentials.ACT_ON_USER,
        password=credentials.ACT_ON_PASSWORD,
        client_id=credentials.ACT_ON_CLIENT_ID,
        client_secret=credentials.ACT_ON_CLIENT_SECRET,
        base_url=url,
        requests_per_second=10_000,
        job_poll_s=0.02,
        overlap_s=0,
    )
    return ActOn(settings, FileTokenStore(folder / "token"))


def peak_mb() -> float:
    """The most memory that this process ever had, in MB.

    From /proc, because what getrusage tells outlives an exec: it would be the parent's peak where that was higher.
    """
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


def main(store_url: str, crm_url: str, platform_url: str, folder: Path, key: str) -> None:
    """Run, and tell seconds, MB above the imports, calls to each system, and the books."""
    file = load_sync(folder / "people.yaml")
    sheet = load_score_sheet(Path("include/score_sheets/default.yaml"))
    imports = peak_mb()
    began = time.perf_counter()
    with Store.open(store_url) as store:
        warehouse = create_engine(store.url)
        crm, platform = netsuite(crm_url), act_on(platform_url, folder)
        ctx = RunContext(
            run=open_run(store, file, key, datetime.now(UTC)),
            file=file,
            sheet=sheet,
            store=store,
            crm=crm,
            platform=platform,
            activities=SqlActivities(warehouse, EVENTS, "sql:bench"),
            now=lambda: datetime.now(UTC),
        )
        pull_list(ctx)
        push_score(ctx, compute_behavior_score(ctx).epoch)
        report = reconcile(ctx)
        warehouse.dispose()
    seconds = time.perf_counter() - began
    told = {
        "seconds": seconds,
        "own_seconds": seconds - crm.usage.waited_s - platform.usage.waited_s,
        "mb": peak_mb() - imports,
        "crm_calls": crm.usage.calls,
        "platform_calls": platform.usage.calls,
        "followed": report.followed,
        "planned": report.totals.planned,
        "applied": report.totals.applied,
        "scores_differing": report.scores_differing,
        "problems": report.problems,
        "phases": {row: seconds for row, seconds in phase_seconds(store, ctx.run.id)},
    }
    crm.close()
    platform.close()
    print(json.dumps(told))


def phase_seconds(store: Store, run_id: int) -> list[tuple[str, float]]:
    """How long each task of a run took."""
    from sqlalchemy import text  # noqa: PLC0415 (only here)

    with store.begin() as conn:
        rows = conn.execute(text("SELECT phase, seconds FROM phase WHERE run_id = :run"), {"run": run_id})
        return [(row.phase, round(row.seconds, 2)) for row in rows]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]), sys.argv[5])
