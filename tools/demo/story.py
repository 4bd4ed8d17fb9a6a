"""What the demo does, step by step: start, sign in, run, check, show."""

from __future__ import annotations

import shutil

from keepstep.config import load_prospect_sync, load_sync
from tools.demo import airflow_env
from tools.demo.processes import Processes
from tools.demo.progress import Progress
from tools.demo.rounds import Rounds
from tools.demo.settings import LISTS, PROSPECTS, ROOT, USER, Settings
from tools.demo.stack import start_airflow, start_postgres, start_sandbox
from tools.demo.table import figures, table
from tools.demo.verdict import problems
from tools.postgres import Postgres


def tell(settings: Settings, processes: Processes, progress: Progress) -> bool:
    """Start everything, run the rounds; whether all is accounted for. Raises DemoError."""
    shutil.rmtree(settings.logs, ignore_errors=True)
    server = start_postgres(settings, processes, progress)
    start_sandbox(settings, processes, progress)
    airflow, password = start_airflow(settings, server, processes, progress)
    rounds = Rounds(settings, airflow, processes, progress)
    rounds.trigger()
    good = True
    for number in range(1, settings.rounds + 1):
        good = _round(number, settings, server, rounds, progress) and good
    progress.say(f"Airflow: {settings.ui}  (user [b]{USER}[/b], password [b]{password}[/b])")
    return good


def _round(number: int, settings: Settings, server: Postgres, rounds: Rounds, progress: Progress) -> bool:
    """Run it, show its table; whether it is as it should be."""
    states = rounds.wait(number)
    store_url = server.url(airflow_env.STORE, "postgresql")
    lines = figures(store_url, rounds.keys(number))
    wrong, equal = problems(settings, store_url, lines, states)
    written = sum(line.applied + line.rejected for line in lines)
    title = f"Round {number}" + ("" if number == 1 else ", on the same data")
    folder = ROOT / "include" / "syncs"
    titles = {sync: load_sync(folder / f"{sync}.yaml").settings.title for sync in LISTS}
    titles[PROSPECTS] = load_prospect_sync(folder / f"{PROSPECTS}.yaml").settings.title
    progress.console.print(table(lines, titles, equal, title))
    if not wrong and not written:
        progress.say("Nothing to write: everything in step.")
    elif number > 1 and written:
        wrong.append(f"round {number} met unchanged data and sent {written} writes all the same")
    for sentence in wrong:
        progress.console.print(sentence, style="red", highlight=False, markup=False)
    if not wrong:
        progress.say("Every row is accounted for; every score in NetSuite is the sealed one; prospects agree.")
    return not wrong
