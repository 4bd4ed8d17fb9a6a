"""Alembic runs this: migrations on the connection that `upgrade` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from keepstep.store import score_tables, tables
from keepstep.store.metadata import metadata
from keepstep.store.migrations import VERSION_TABLE

# Both modules put their tables into `metadata` when they are imported.
assert score_tables.score_epoch.metadata is tables.run.metadata is metadata  # noqa: S101 - a law, not input

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
