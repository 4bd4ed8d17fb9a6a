"""Schema 0003: private contacts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From 0002 to 0003."""
    op.create_table(
        "company_block",
        sa.Column("sync", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.CheckConstraint("side in ('contact', 'company')", name=op.f("ck_company_block_side")),
        sa.PrimaryKeyConstraint("sync", "key", "side", "id", name=op.f("pk_company_block")),
        comment="By what private contacts and companies find each other.",
    )
    op.create_index("ix_company_block_id", "company_block", ["sync", "side", "id"], unique=False)
    op.create_table(
        "company_person",
        sa.Column("sync", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("listing", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sync", "id", name=op.f("pk_company_person")),
        comment="Which company each person of a CRM belongs to, and the domain of the email: nothing else of them.",
    )
    op.create_index("ix_company_person_domain", "company_person", ["sync", "domain"], unique=False)
    op.create_table(
        "company_proposal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sync", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("clear", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'proposed'"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("what_to_do", sa.Text(), nullable=True),
        sa.Column("generation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state in ('proposed', 'approved', 'rejected', 'applied', 'refused')",
            name=op.f("ck_company_proposal_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_proposal")),
        sa.UniqueConstraint("sync", "contact", "company", name="uq_company_proposal_pair"),
        comment="A company that a private contact may belong to, and what was decided about it.",
    )
    op.create_index("ix_company_proposal_state", "company_proposal", ["sync", "state", "score"], unique=False)
    op.create_table(
        "known_company",
        sa.Column("sync", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("listing", sa.Integer(), nullable=False),
        sa.Column("dirty", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("sync", "id", name=op.f("pk_known_company")),
        comment="A company of a CRM, to which private contacts may belong; only ever read.",
    )
    op.create_index(
        "ix_known_company_dirty", "known_company", ["sync", "id"], unique=False, postgresql_where=sa.text("dirty")
    )
    op.create_table(
        "private_contact",
        sa.Column("sync", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("name_key", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("owner_name", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duplicates", sa.Text(), nullable=True),
        sa.Column("duplicate_by", sa.Text(), nullable=True),
        sa.Column("dirty", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("sync", "id", name=op.f("pk_private_contact")),
        comment="A person of a CRM who belongs to no company there.",
    )
    op.create_index(
        "ix_private_contact_dirty", "private_contact", ["sync", "id"], unique=False, postgresql_where=sa.text("dirty")
    )
    op.create_index("ix_private_contact_email", "private_contact", ["sync", "email"], unique=False)
    op.create_index("ix_private_contact_name", "private_contact", ["sync", "name_key"], unique=False)


def downgrade() -> None:
    """Back to 0002."""
    op.drop_index("ix_private_contact_name", table_name="private_contact")
    op.drop_index("ix_private_contact_email", table_name="private_contact")
    op.drop_index("ix_private_contact_dirty", table_name="private_contact", postgresql_where=sa.text("dirty"))
    op.drop_table("private_contact")
    op.drop_index("ix_known_company_dirty", table_name="known_company", postgresql_where=sa.text("dirty"))
    op.drop_table("known_company")
    op.drop_index("ix_company_proposal_state", table_name="company_proposal")
    op.drop_table("company_proposal")
    op.drop_index("ix_company_person_domain", table_name="company_person")
    op.drop_table("company_person")
    op.drop_index("ix_company_block_id", table_name="company_block")
    op.drop_table("company_block")
