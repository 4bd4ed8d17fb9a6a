"""A pool for each connection: how many tasks may talk to one account at once.

Airflow makes no pools by itself, and a task whose pool doesn't exist is never started. `python -m
keepstep_airflow.pools`, run where Airflow's metadata database is at hand (`make demo` and the compose file do it after
`airflow db migrate`), makes those that are missing and leaves those that are there as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from keepstep_airflow.folders import syncs_folder
from keepstep_airflow.sync_files import SyncFiles, read_syncs

if TYPE_CHECKING:
    from keepstep.common_settings import CommonSettings

ON_DEMAND = "keepstep_on_demand"  # a handful of calls for one prospect: they don't wait until a sync has ended
TEXTS = {ON_DEMAND: "Prospects that are synced on demand at once."}
SLOTS = 1  # a connector paces one task so that it leaves the account's other users their share; two would take twice


def pool_of(connection: str) -> str:
    """The name of a connection's pool."""
    return f"keepstep_{connection}"


def pools_of(files: SyncFiles) -> list[str]:
    """The names of all pools that the Dags of these files use."""
    settings: list[CommonSettings] = [file.settings for file in files.lists]
    settings += [file.settings for file in files.prospects]
    connections = {connection for one in settings for connection in (one.crm.connection, one.platform.connection)}
    pools = {pool_of(connection) for connection in connections}
    return sorted(pools | ({ON_DEMAND} if files.prospects else set()))


def all_pools() -> list[str]:
    """The names of all pools that the Dags of the project's files use."""
    from keepstep_airflow.private_contacts import private_folder, private_pools, read_files

    private, _ = read_files(private_folder())
    return sorted({*pools_of(read_syncs(syncs_folder())), *private_pools(private)})


def make_pools(names: Sequence[str]) -> list[str]:
    """Make the pools that are missing, in Airflow's metadata database. Returns the names of those it made."""
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session

    with create_session() as session:
        missing = [name for name in names if Pool.get_pool(name, session=session) is None]
        for name in missing:
            text = TEXTS.get(name, f"Tasks at once over the connection {name.removeprefix('keepstep_')}.")
            Pool.create_or_update_pool(name, SLOTS, text, include_deferred=False, session=session)
    return missing


def main() -> None:
    """Make the pools of all files; a wrong file's pools are made once it is right."""
    made = make_pools(all_pools())
    print(f"pools made: {', '.join(made) or 'none, all were there'}")  # noqa: T201 # a command's answer


if __name__ == "__main__":
    main()
