"""What must hold after a run, asked of both systems and the store, and not of what the run says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from keepstep_sandbox.people import population
from tests.airflow_live.dag_run import DagRun
from tests.airflow_live.stack import SEED, SIZE, Live
from tools.demo.table import Line, figures
from tools.demo.verdict import crm_scores, sealed_scores

EMAIL, SCORE = "E-mail Address", "Act-On Score"
COLUMNS = (EMAIL, "First Name", "Last Name", "Company", "Lead Source")
SEALED_BY_EMAIL = """
SELECT p.email, s.value FROM score s JOIN prospect p ON p.id = s.prospect_id WHERE s.sync = %s AND p.list_id = %s
"""


def line_of(live: Live, run: DagRun) -> Line:
    """The figures of a run, counted in the journal. It must be there once."""
    (line,) = figures(live.store_url, [run.run_id])
    return line


def in_step(live: Live, run: DagRun, list_name: str) -> Line:
    """Every row has a fate, nobody is there twice, and the sealed scores stand on the list and in the CRM."""
    line = line_of(live, run)
    assert line.balances
    assert line.rejected == 0
    sealed = sealed_scores(live.store_url, run.dag_id)
    in_crm = crm_scores(live.settings)
    assert sealed
    assert {contact: in_crm.get(contact) for contact in sealed} == sealed
    rows = live.act_on.rows(list_name)
    assert len({row[EMAIL].lower() for row in rows}) == len(rows) == len(sealed)
    assert {row[EMAIL].lower(): float(row[SCORE]) for row in rows} == _sealed_by_email(live, run, list_name)
    assert unsettled(live) == 0
    return line


def people_on(live: Live, list_name: str) -> list[tuple[str, ...]]:
    """Who stands on a list, with all that was pulled; the score apart."""
    return sorted(tuple(row[column] for column in COLUMNS) for row in live.act_on.rows(list_name))


def unsettled(live: Live) -> int:
    """Writes in the journal that still have no fate, of all runs that ended."""
    query = "SELECT count(*) FROM change c JOIN run r ON r.id = c.run_id WHERE c.state IN ('planned', 'sent')"
    with psycopg.connect(live.store_url) as connection:
        row = connection.execute(query + " AND r.ended_at IS NOT NULL").fetchone()
    assert row is not None
    return int(row[0])


def told_by_airflow(run: DagRun) -> Iterator[tuple[str, str]]:
    """All that Airflow keeps of a run, as (where it stands, what it says)."""
    for task, state in run.tasks.items():
        if state in ("none", "upstream_failed"):
            continue
        told = run.task(task)
        yield f"{task}: rendered templates", str(told["rendered_fields"])
        path = run.path(f"taskInstances/{task}/xcomEntries")
        for entry in run.airflow.get(path, limit=100)["xcom_entries"]:
            yield f"{task}: XCom {entry['key']}", str(run.airflow.get(f"{path}/{entry['key']}"))
        for attempt in range(1, int(told["try_number"]) + 1):
            yield f"{task}: log of try {attempt}", run.log(task, attempt)


def names_nobody(where: str, text: str) -> None:
    """No address of anybody who lives in the sandbox stands in this text."""
    people = population(SEED, SIZE).persons
    met = {person.number for person in people if "@" in person.email and person.email.lower() in text.lower()}
    assert not met, f"{where} holds the addresses of persons {met}"


def _sealed_by_email(live: Live, run: DagRun, list_name: str) -> dict[str, float]:
    with psycopg.connect(live.store_url) as connection:
        found = connection.execute(SEALED_BY_EMAIL, (run.dag_id, live.act_on.lists()[list_name]))
        return {str(email): float(value) for email, value in found}


def plain_leaves(value: Any) -> Iterator[Any]:
    """The values at the ends of a JSON document."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from plain_leaves(each)
    else:
        yield value
