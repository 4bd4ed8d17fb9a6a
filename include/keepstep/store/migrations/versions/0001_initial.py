"""The first schema."""

from __future__ import annotations

from alembic import op

from keepstep.store import score_tables, tables  # noqa: F401 - both put their tables into `metadata`
from keepstep.store.metadata import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From nothing to 0001."""
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    """Back to nothing."""
    metadata.drop_all(op.get_bind())
