"""What tests of writes share: outcomes by operation, and rows that are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keepstep.core.model import Outcome
from tests.connectors.dynamics.organization import (
    Organization,
    calls,
    connected,
    refused,
    row_id,
)

TOGETHER = "POST /leads/Microsoft.Dynamics.CRM.UpdateMultiple"
BATCH = "POST /$batch"
Fate = Callable[[str], tuple[int, str]]


def by_operation(outcomes: list[Outcome]) -> dict[str, Outcome]:
    found = {str(outcome.operation_id): outcome for outcome in outcomes}
    assert len(found) == len(outcomes)  # one outcome each
    return found


def applied(org: Organization, *writes: Any, **options: Any) -> tuple[dict[str, Outcome], list[str]]:
    with connected(org, **options) as (connector, server):
        return by_operation(list(connector.apply(writes))), calls(server)


def failing(status: int, code: str, *numbers: int, times: int = 10_000) -> Fate:
    left = {row_id(number): times for number in numbers}

    def fate(path: str) -> tuple[int, str]:
        id = path.partition("(")[2].rstrip(")")
        if left.get(id, 0) <= 0:
            return 204, ""
        left[id] -= 1
        return status, code

    return fate


def none_if(org: Organization, numbers: set[int], status: int = 400, code: str = "0x80040265") -> None:
    """UpdateMultiple refuses all where one of these rows is among them."""
    bad = {row_id(number) for number in numbers}
    org.together = lambda rows: refused(status, code) if bad & {row["leadid"] for row in rows} else None
