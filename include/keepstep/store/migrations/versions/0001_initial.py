"""Schema 0001: initial."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From nothing to 0001."""
    op.create_table(
        "access_token",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_access_token")),
        comment="The token pair of an account whose sign-ins are counted, for all workers.",
    )
    op.create_table(
        "activity_source",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_source")),
        sa.UniqueConstraint("name", name=op.f("uq_activity_source_name")),
        comment="Where behaviour is read from; syncs with the same source share its activities.",
    )
    op.create_table(
        "api_usage",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "day", name=op.f("pk_api_usage")),
        comment="Calls made to a system in a day, and what it says is left.",
    )
    op.create_table(
        "crm_record",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("opted_out", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("audiences", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("connection", "object", "id", name=op.f("pk_crm_record")),
        comment="The latest known copy of each CRM record.",
    )
    op.create_index("ix_crm_record_email", "crm_record", ["connection", "email"], unique=False)
    op.create_table(
        "link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("crm_connection", sa.Text(), nullable=False),
        sa.Column("crm_object", sa.Text(), nullable=False),
        sa.Column("crm_id", sa.Text(), nullable=False),
        sa.Column("platform_connection", sa.Text(), nullable=False),
        sa.Column("prospect_id", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("base", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("generation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("differs", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("pushed_epoch", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("platform_connection", "prospect_id", "crm_connection", name="uq_link_prospect"),
        comment="A prospect and a CRM record that are the same person, and what both sides last agreed on.",
    )
    op.create_index("ix_link_crm", "link", ["crm_connection", "crm_object", "crm_id"], unique=False)
    op.create_index("ix_link_list", "link", ["platform_connection", "list_id"], unique=False)
    op.create_table(
        "prospect",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("opted_out", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("connection", "id", name=op.f("pk_prospect")),
        comment="The latest known copy of each prospect.",
    )
    op.create_index("ix_prospect_email", "prospect", ["connection", "email"], unique=False)
    op.create_index("ix_prospect_list", "prospect", ["connection", "list_id"], unique=False)
    op.create_table(
        "settings",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_settings")),
        comment="The text of each settings file that a run ever ran with.",
    )
    op.create_table(
        "sighting",
        sa.Column("sync", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.BigInteger(), nullable=False),
        sa.Column("presence", sa.Text(), nullable=False),
        sa.Column("dirty", sa.Boolean(), nullable=False),
        sa.Column("listing", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("duplicate_of", sa.Text(), nullable=True),
        sa.CheckConstraint("side in ('crm', 'platform')", name=op.f("ck_sighting_side")),
        sa.PrimaryKeyConstraint("sync", "side", "object", "id", name=op.f("pk_sighting")),
        comment="What a sync last saw of a record, and whether it is still to be dealt with.",
    )
    op.create_index("ix_sighting_dirty", "sighting", ["sync", "side"], unique=False, postgresql_where=sa.text("dirty"))
    op.create_index(
        "ix_sighting_duplicate",
        "sighting",
        ["sync"],
        unique=False,
        postgresql_where=sa.text("duplicate_of IS NOT NULL"),
    )
    op.create_table(
        "suppression",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("connection", "email", name=op.f("pk_suppression")),
        comment="Addresses that opted out of everything on a platform; never taken off by a sync.",
    )
    op.create_table(
        "sync",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings_hash", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=True),
        sa.Column("list_name", sa.Text(), nullable=True),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("fields_hash", sa.Text(), nullable=True),
        sa.Column("loaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sync")),
        comment="A sync file as last loaded.",
    )
    op.create_table(
        "sync_error",
        sa.Column("sync", sa.Text(), nullable=False),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=True),
        sa.Column("record_id", sa.Text(), nullable=True),
        sa.Column("what_to_do", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_run", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sync", "pair", "side", "code", name=op.f("pk_sync_error")),
        comment="One problem per record and cause: opened once, counted, closed when it is gone.",
    )
    op.create_table(
        "tombstone",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("found_by", sa.Text(), nullable=False),
        sa.Column("opted_out", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "object", "id", name=op.f("pk_tombstone")),
        comment="A CRM record that was deleted, so that it isn't made again.",
    )
    op.create_index("ix_tombstone_email", "tombstone", ["connection", "email"], unique=False)
    op.create_table(
        "watermark",
        sa.Column("sync", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("cursor", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("listing", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("complete", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("sync", "source", name=op.f("pk_watermark")),
        comment="How far a source was read; moves only in the transaction that stores what was read.",
    )
    op.create_table(
        "activity",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.UUID(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["activity_source.id"], name=op.f("fk_activity_source_id_activity_source")
        ),
        sa.PrimaryKeyConstraint("source_id", "key", name=op.f("pk_activity")),
        comment="Something that a person did, once, however often its source tells it.",
    )
    op.create_index("ix_activity_occurred", "activity", ["source_id", "occurred_at"], unique=False)
    op.create_index("ix_activity_seq", "activity", ["source_id", "seq"], unique=True)
    op.create_table(
        "activity_subject",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["activity_source.id"], name=op.f("fk_activity_subject_source_id_activity_source")
        ),
        sa.PrimaryKeyConstraint("source_id", "subject_id", name=op.f("pk_activity_subject")),
        comment="When a platform that tells behaviour one contact a call was last asked about a prospect.",
    )
    op.create_table(
        "run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sync", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("interval_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dry", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("settings_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["settings_hash"], ["settings.hash"], name=op.f("fk_run_settings_hash_settings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("sync", "key", name="uq_run_key"),
        comment="One run of one sync.",
    )
    op.create_table(
        "score_scope",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("sheet_hash", sa.Text(), nullable=False),
        sa.Column("seen_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("origin", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["activity_source.id"], name=op.f("fk_score_scope_source_id_activity_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_scope")),
        sa.UniqueConstraint("source_id", "sheet_hash", name=op.f("uq_score_scope_source_id_sheet_hash")),
        comment="One score sheet over one source: how far its sums go.",
    )
    op.create_table(
        "change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("sync", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=True),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("crm_key", sa.Text(), nullable=True),
        sa.Column("prospect_id", sa.Text(), nullable=True),
        sa.Column("generation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("list_id", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("why", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("epoch_id", sa.BigInteger(), nullable=True),
        sa.Column("refers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("needs", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("what_to_do", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('planned', 'sent', 'applied', 'rejected', 'held', 'skipped')", name=op.f("ck_change_state")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_change_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
        sa.UniqueConstraint("run_id", "operation_id", name="uq_change_operation"),
        comment="The journal: each planned write, its reason and its fate.",
    )
    op.create_index(
        "ix_change_open", "change", ["sync"], unique=False, postgresql_where=sa.text("state in ('planned', 'sent')")
    )
    op.create_index(
        "ix_change_planned",
        "change",
        ["run_id", "phase", "object", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index("ix_change_record", "change", ["connection", "object", "record_id"], unique=False)
    op.create_index(
        "ix_change_sent",
        "change",
        ["connection", "object", "record_id"],
        unique=False,
        postgresql_where=sa.text("state = 'sent'"),
    )
    op.create_table(
        "conflict",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("crm", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("platform", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("base", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("winner", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_conflict_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", "pair", "field", "phase", name=op.f("pk_conflict")),
        comment="A field that both sides changed differently, and who won by which rule.",
    )
    op.create_table(
        "phase",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("epoch_id", sa.BigInteger(), nullable=True),
        sa.Column("scored", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("notes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("read", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("crm_calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("platform_calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("seconds", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("refusals", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_phase_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", "phase", name=op.f("pk_phase")),
        comment="One task of a run: what it read and cost, what it was refused, and who approved it.",
    )
    op.create_table(
        "score_current",
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("sums", postgresql.ARRAY(sa.Double()), nullable=False),
        sa.Column("exact", sa.Double(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("next_due", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["scope_id"], ["score_scope.id"], name=op.f("fk_score_current_scope_id_score_scope"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("scope_id", "email", name=op.f("pk_score_current")),
        comment="What a person's activities add up to under a scope; points, ageing and caps are applied on read.",
    )
    op.create_index(
        "ix_score_current_due",
        "score_current",
        ["scope_id", "next_due"],
        unique=False,
        postgresql_where=sa.text("next_due IS NOT NULL"),
    )
    op.create_table(
        "score_epoch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sync", sa.Text(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("through", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score_from", sa.Text(), nullable=False),
        sa.Column("sheet_hash", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("members", sa.Integer(), nullable=True),
        sa.Column("published", sa.Integer(), nullable=True),
        sa.Column("column_written", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("score_from in ('sheet', 'platform')", name=op.f("ck_score_epoch_score_from")),
        sa.CheckConstraint("state in ('open', 'sealed', 'abandoned')", name=op.f("ck_score_epoch_state")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_score_epoch_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_epoch")),
        comment="A batch of scores of one list; pushed only once it is sealed.",
    )
    op.create_index(
        "ix_score_epoch_sealed",
        "score_epoch",
        ["sync", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'sealed'"),
    )
    op.create_index(
        "uq_score_epoch_open", "score_epoch", ["sync"], unique=True, postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "score",
        sa.Column("sync", sa.Text(), nullable=False),
        sa.Column("prospect_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("exact", sa.Double(), nullable=False),
        sa.Column("epoch_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["epoch_id"], ["score_epoch.id"], name=op.f("fk_score_epoch_id_score_epoch")),
        sa.PrimaryKeyConstraint("sync", "prospect_id", name=op.f("pk_score")),
        comment="Each member's score as the newest sealed epoch has it; never of an open epoch.",
    )


def downgrade() -> None:
    """Back to nothing."""
    op.drop_table("score")
    op.drop_index("uq_score_epoch_open", table_name="score_epoch", postgresql_where=sa.text("state = 'open'"))
    op.drop_index("ix_score_epoch_sealed", table_name="score_epoch", postgresql_where=sa.text("state = 'sealed'"))
    op.drop_table("score_epoch")
    op.drop_index("ix_score_current_due", table_name="score_current", postgresql_where=sa.text("next_due IS NOT NULL"))
    op.drop_table("score_current")
    op.drop_table("phase")
    op.drop_table("conflict")
    op.drop_index("ix_change_sent", table_name="change", postgresql_where=sa.text("state = 'sent'"))
    op.drop_index("ix_change_record", table_name="change")
    op.drop_index("ix_change_planned", table_name="change", postgresql_where=sa.text("state = 'planned'"))
    op.drop_index("ix_change_open", table_name="change", postgresql_where=sa.text("state in ('planned', 'sent')"))
    op.drop_table("change")
    op.drop_table("score_scope")
    op.drop_table("run")
    op.drop_table("activity_subject")
    op.drop_index("ix_activity_seq", table_name="activity")
    op.drop_index("ix_activity_occurred", table_name="activity")
    op.drop_table("activity")
    op.drop_table("watermark")
    op.drop_index("ix_tombstone_email", table_name="tombstone")
    op.drop_table("tombstone")
    op.drop_table("sync_error")
    op.drop_table("sync")
    op.drop_table("suppression")
    op.drop_index("ix_sighting_duplicate", table_name="sighting", postgresql_where=sa.text("duplicate_of IS NOT NULL"))
    op.drop_index("ix_sighting_dirty", table_name="sighting", postgresql_where=sa.text("dirty"))
    op.drop_table("sighting")
    op.drop_table("settings")
    op.drop_index("ix_prospect_list", table_name="prospect")
    op.drop_index("ix_prospect_email", table_name="prospect")
    op.drop_table("prospect")
    op.drop_index("ix_link_list", table_name="link")
    op.drop_index("ix_link_crm", table_name="link")
    op.drop_table("link")
    op.drop_index("ix_crm_record_email", table_name="crm_record")
    op.drop_table("crm_record")
    op.drop_table("api_usage")
    op.drop_table("activity_source")
    op.drop_table("access_token")
