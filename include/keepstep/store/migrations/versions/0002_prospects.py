"""Schema 0002: prospects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From 0001 to 0002."""
    op.create_table(
        "record_owner",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("connection", "id", name=op.f("pk_record_owner")),
        comment="The people who own records in a system.",
    )
    op.create_index("ix_record_owner_email", "record_owner", ["connection", "email"], unique=False)
    op.add_column("crm_record", sa.Column("written", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("crm_record", sa.Column("deleted_stamp", sa.DateTime(timezone=True), nullable=True))
    op.add_column("crm_record", sa.Column("converted_to", sa.Text(), nullable=True))
    op.add_column("prospect", sa.Column("written", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("prospect", sa.Column("deleted_stamp", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sighting", sa.Column("set_aside", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("sighting", sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "sighting", sa.Column("reasons", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column("sighting", sa.Column("taken_run", sa.BigInteger(), nullable=True))
    op.add_column("sighting", sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sync", sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Back to 0001."""
    op.drop_column("sync", "resolved_at")
    op.drop_column("sighting", "retry_at")
    op.drop_column("sighting", "taken_run")
    op.drop_column("sighting", "reasons")
    op.drop_column("sighting", "queued_at")
    op.drop_column("sighting", "set_aside")
    op.drop_column("prospect", "deleted_stamp")
    op.drop_column("prospect", "written")
    op.drop_column("crm_record", "converted_to")
    op.drop_column("crm_record", "deleted_stamp")
    op.drop_column("crm_record", "written")
    op.drop_index("ix_record_owner_email", table_name="record_owner")
    op.drop_table("record_owner")
