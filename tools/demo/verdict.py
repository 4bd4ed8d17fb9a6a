"""Is every row accounted for, and does the CRM hold the sealed scores: asked apart from what the runs said themselves.

The sealed scores are read from the store's tables; what the CRM holds is asked of the sandbox's control API, which
the product has no part in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg
import requests

from tools.demo.settings import SYNCS, Settings
from tools.demo.table import Line

SCORE_FIELD = "custentity_act_on_score"
# A contact's last sealed score, as the last sealed epoch of its list has it.
SEALED = """
"""


def problems(
    settings: Settings, store_url: str, lines: Sequence[Line], states: Mapping[str, str]
) -> tuple[list[str], dict[str, bool]]:
    """What is wrong, in sentences; and by sync whether the CRM's scores equal the sealed ones."""
    found = [f"{dag}: the Dag run ended as {state}" for dag, state in states.items() if state != "success"]
    seen = {line.sync for line in lines}
    found += [f"{sync}: the store knows no run of it" for sync in SYNCS if sync not in seen]
    for line in lines:
        if not line.balances:
            fates = line.applied + line.rejected + line.held + line.skipped
            found.append(f"{line.sync}: {line.planned} rows were planned, {fates} have a fate")
    equal: dict[str, bool] = {}
    in_crm = crm_scores(settings)
    for sync in SYNCS:
        sealed = sealed_scores(store_url, sync)
        differing = sum(score != in_crm.get(contact) for contact, score in sealed.items())
        equal[sync] = bool(sealed) and not differing
        if differing:
            found.append(f"{sync}: {differing} of {len(sealed)} scores in the CRM are not the sealed ones")
        elif not sealed:
            found.append(f"{sync}: no score was sealed")
    return found, equal
