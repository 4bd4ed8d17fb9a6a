"""Pools: one a connection, made once, left alone afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from airflow.models.pool import Pool
from airflow.utils.session import create_session

from keepstep_airflow import pools

pytestmark = pytest.mark.slow


def slots(name: str) -> int:
    with create_session() as session:
        pool = Pool.get_pool(name, session=session)
        assert pool is not None
        return int(pool.slots)


def test_the_command_makes_the_pools_of_all_syncs(
    write_sync: Callable[..., Path],
    metadata: None,  # noqa: ARG001 # it has to be there
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_sync("people", crm={"system": "memory_crm", "connection": "pooled", "audience": "unaffiliated"})

    pools.main()

    assert "keepstep_pooled" in capsys.readouterr().out
    assert slots("keepstep_pooled") == slots("keepstep_platform") == 1


def test_a_pool_that_somebody_resized_stays_as_it_is(metadata: None) -> None:  # noqa: ARG001
    assert pools.make_pools(["keepstep_resized"]) == ["keepstep_resized"]
    with create_session() as session:
        Pool.create_or_update_pool("keepstep_resized", 4, "", include_deferred=False, session=session)

    assert pools.make_pools(["keepstep_resized"]) == []

    assert slots("keepstep_resized") == 4
