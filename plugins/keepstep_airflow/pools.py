"""A pool for each connection: how many tasks may talk to one account at once.

Airflow makes no pools by itself, and a task whose pool doesn't exist is never started. `python -m
keepstep_airflow.pools`, run where Airflow's metadata database is at hand (`make demo` and the compose file do it after
`airflow db migrate`), makes those that are missing and leaves those that are there as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keepstep.config import SyncFile
from keepstep_airflow.folders import syncs_folder

SLOTS = 1  # a connector paces one task so that it leaves the account's other users their share; two would take twice


def pool_of(connection: str) -> str:
    """The name of a connection's pool."""
    return f"keepstep_{connection}"


def pools_of(files: Iterable[SyncFile]) -> list[str]:
    """The names of all pools that the Dags of these syncs use."""
    connections = {
        connection for file in files for connection in (file.settings.crm.connection, file.settings.platform.connection)
    }
    return sorted(pool_of(connection) for connection in connections)


def make_pools(names: Sequence[str]) -> list[str]:
    """Make the pools that are missing, in Airflow's metadata database. Returns the names of those it made."""
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session

    with create_session() as session:
        missing = [name for name in names if Pool.get_pool(name, session=session) is None]
        for name in missing:
            text = f"Tasks at once over the connection {name.removeprefix('keepstep_')}."
            Pool.create_or_update_pool(name, SLOTS, text, include_deferred=False, session=session)
    return missing


def main() -> None:
    """Make the pools of all sync files; a wrong file's pools are made once it is right."""
    from keepstep_airflow.sync_files import read_syncs

    good, _ = read_syncs(syncs_folder())
    made = make_pools(pools_of(good))
    print(f"pools made: {', '.join(made) or 'none, all were there'}")  # noqa: T201 # a command's answer


if __name__ == "__main__":
    main()
