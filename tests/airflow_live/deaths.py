"""Deaths at a moment that is certain: the process is held in the middle of a call, then killed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import psycopg

from tests.airflow_live.dag_run import DagRun
from tests.airflow_live.stack import Live
from tests.airflow_live.until import until

SCHEDULER = "airflow-scheduler"


def kill_worker(live: Live, run: DagRun, task: str) -> None:
    """SIGKILL the process in which the task runs: it is one that the scheduler started."""
    pid = run.task(task)["pid"]
    workers = {process.pid: process for process in below(live, SCHEDULER)}
    assert pid in workers, f"{task} says that it runs in process {pid}, which isn't the scheduler's"
    workers[pid].send_signal(signal.SIGKILL)


def kill_scheduler(live: Live) -> None:
    """SIGKILL the scheduler with all its workers, as a machine that dies does.

    Parents go first, so that nobody is left who could note what became of the others.
    """
    for process in below(live, SCHEDULER):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)


def below(live: Live, service: str) -> list[psutil.Process]:
    """A service's process and all that it started, parents before children; its tether isn't among them."""
    (top,) = psutil.Process(live.service(service).process.pid).children()
    return [top, *top.children(recursive=True)]


@contextmanager
def held_in_reconcile(live: Live, run: DagRun) -> Iterator[None]:
    """Nobody can note a sync error in here, which reconcile alone does; inside, reconcile waits to do that."""
    with psycopg.connect(live.store_url) as holder, psycopg.connect(live.store_url, autocommit=True) as watcher:
        holder.execute("LOCK TABLE sync_error IN SHARE ROW EXCLUSIVE MODE")  # reading it goes on
        pid = holder.info.backend_pid

        def waits() -> bool | None:
            blocked = "SELECT 1 FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))"
            return watcher.execute(blocked, (pid,)).fetchone() is not None or None

        run.wait_for("reconcile", "running")
        until("reconcile to note sync errors", waits, live.processes)
        yield
        holder.rollback()
