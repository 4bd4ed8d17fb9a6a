"""Is every row accounted for, and does the CRM hold the sealed scores: asked apart from what the runs said themselves.

The sealed scores are read from the store's tables; what the CRM holds is asked of the sandbox's control API, which
the product has no part in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import requests

from tools.demo.settings import LISTS, PROSPECTS, SYNCS, Settings
from tools.demo.table import Line

SCORE_FIELD = "custentity_act_on_score"
# Of the contacts that the sync follows, less those with an open sync error: these wait for somebody, and are told.
SEALED = """
SELECT l.crm_id, s.value
FROM score s
JOIN sync y ON y.name = s.sync
JOIN link l ON l.prospect_id = s.prospect_id AND l.list_id = y.list_id AND l.crm_object = 'contact'
JOIN sighting c ON c.sync = s.sync AND c.side = 'crm' AND c.object = l.crm_object AND c.id = l.crm_id
WHERE s.sync = %s AND c.presence = 'present' AND NOT EXISTS (
    SELECT FROM sync_error e WHERE e.sync = s.sync AND e.record_id = l.crm_id AND e.closed_at IS NULL)
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
    for sync in LISTS:
        sealed = sealed_scores(store_url, sync)
        differing = sum(score != in_crm.get(contact) for contact, score in sealed.items())
        equal[sync] = bool(sealed) and not differing
        if differing:
            found.append(f"{sync}: {differing} of {len(sealed)} scores in the CRM are not the sealed ones")
        elif not sealed:
            found.append(f"{sync}: no score was sealed")
    pairs, unlike = compare_prospects(settings, store_url)
    equal[PROSPECTS] = bool(pairs) and not unlike
    if unlike or not pairs:
        found.append(f"{PROSPECTS}: {unlike} of {pairs} prospects don't agree with their records in Salesforce")
    return found, equal


def sealed_scores(store_url: str, sync: str) -> dict[str, float]:
    """NetSuite's contact id -> the score that the list's last epoch published."""
    with psycopg.connect(store_url) as connection:
        return {str(contact): float(score) for contact, score in connection.execute(SEALED, (sync,))}


def crm_scores(settings: Settings) -> dict[str, float]:
    """NetSuite's contact id -> the score that stands in the contact."""
    reply = requests.get(f"http://127.0.0.1:{settings.ports.netsuite}/_control/netsuite/contacts", timeout=60)
    reply.raise_for_status()
    contacts = reply.json()["items"]
    return {str(one["id"]): float(one[SCORE_FIELD]) for one in contacts if one.get(SCORE_FIELD) is not None}


# Whoever is tied to a record that is there, less those with an open sync error.
TIED = """
SELECT l.prospect_id, l.crm_id FROM link l
JOIN sighting c ON c.sync = %(sync)s AND c.side = 'crm' AND c.object = l.crm_object AND c.id = l.crm_id
JOIN sighting p ON p.sync = %(sync)s AND p.side = 'platform' AND p.id = l.prospect_id
WHERE l.list_id = '' AND c.presence = 'present' AND p.presence = 'present' AND NOT EXISTS (
    SELECT FROM sync_error e WHERE e.sync = %(sync)s AND e.pair = 'link:' || l.id AND e.closed_at IS NULL)
"""
SAME = (("email", "Email"), ("firstName", "FirstName"), ("lastName", "LastName"))
UNKNOWN = "[[Unknown]]"


def compare_prospects(settings: Settings, store_url: str) -> tuple[int, int]:
    """How many prospects are tied to a record, and how many of them differ from it, both as the systems have them."""
    prospects = {
        str(one["id"]): one for one in _items(settings.ports.account_engagement, "account_engagement/prospects")
    }
    records = {
        one["Id"]: one
        for kind in ("leads", "contacts")
        for one in _items(settings.ports.salesforce, f"salesforce/{kind}")
    }
    with psycopg.connect(store_url) as connection:
        tied = connection.execute(TIED, {"sync": PROSPECTS}).fetchall()
    unlike = sum(_unlike(prospects.get(str(one), {}), records.get(str(other), {})) for one, other in tied)
    return len(tied), unlike


def _items(port: int, path: str) -> list[dict[str, Any]]:
    reply = requests.get(f"http://127.0.0.1:{port}/_control/{path}?limit=1000000", timeout=60)
    reply.raise_for_status()
    found: list[dict[str, Any]] = reply.json()["items"]
    return found


def _unlike(prospect: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    return any(_plain(prospect.get(one)) != _plain(record.get(other)) for one, other in SAME)


def _plain(value: Any) -> str:
    return "" if value in (None, UNKNOWN) else str(value).strip().lower()
