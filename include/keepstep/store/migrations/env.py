"""Alembic runs this: migrations on the connection that `upgrade` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from keepstep.core.errors import Bug
from keepstep.store.metadata import metadata
from keepstep.store.migrations import VERSION_TABLE
from keepstep.store.private_tables import private_contact
from keepstep.store.score_tables import score_epoch
from keepstep.store.tables import run

# These modules put their tables into `metadata` when they are imported.
if not score_epoch.metadata is run.metadata is private_contact.metadata is metadata:
    raise Bug("the store's tables are not in one metadata")

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
