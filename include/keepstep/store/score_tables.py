"""The tables of behaviour: activities, what they add up to under a score sheet, and the epochs that seal scores.

Score arithmetic is float8 throughout: NUMERIC, which a bare literal such as `1.0` is, costs three times as much.
"""

from __future__ import annotations

from sqlalchemy import (
    UUID,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from keepstep.store.metadata import metadata

Moment = DateTime(timezone=True)

activity_source = Table(
    "activity_source",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name", Text, nullable=False),  # keepstep.engine.run.ActivitySource.name
    UniqueConstraint("name"),
    comment="Where behaviour is read from; syncs with the same source share its activities.",
)

activity = Table(
    "activity",
    metadata,
    Column("source_id", Integer, ForeignKey("activity_source.id"), primary_key=True),
    Column("key", UUID, primary_key=True),  # of the source's own id, else of email, type and moment
    Column("seq", BigInteger, Identity(), nullable=False),  # the order in which the store got them
    Column("email", Text, nullable=False),  # normalized
    Column("type", Text, nullable=False),
    Column("occurred_at", Moment, nullable=False),
    Index("ix_activity_seq", "source_id", "seq", unique=True),
    Index("ix_activity_occurred", "source_id", "occurred_at"),
    comment="Something that a person did, once, however often its source tells it.",
)

activity_subject = Table(
    "activity_subject",
    metadata,
    Column("source_id", Integer, ForeignKey("activity_source.id"), primary_key=True),
    Column("subject_id", Text, primary_key=True),  # the prospect's id
    Column("asked_at", Moment, nullable=False),
    comment="When a platform that tells behaviour one contact a call was last asked about a prospect.",
)

score_scope = Table(
    "score_scope",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("source_id", Integer, ForeignKey("activity_source.id"), nullable=False),
    Column("sheet_hash", Text, nullable=False),
    Column("seen_seq", BigInteger, nullable=False, server_default=text("0")),  # activities up to this one are in
    Column("as_of", Moment),  # activities up to this moment count; null: nothing was added up yet
    Column("origin", Moment),  # half-life: the moment to which weights are normalized
    UniqueConstraint("source_id", "sheet_hash"),
    comment="One score sheet over one source: how far its sums go.",
)

score_current = Table(
    "score_current",
    metadata,
    Column("scope_id", Integer, ForeignKey("score_scope.id", ondelete="CASCADE"), primary_key=True),
    Column("email", Text, primary_key=True),
    Column("sums", ARRAY(Double), nullable=False),  # by type, sorted: activities that count, or their weights
    Column("exact", Double, nullable=False),  # as it was when the person was last looked at
    Column("value", Integer, nullable=False),  # rounded half up; holds until next_due
    Column("next_due", Moment),  # when ageing alone may change `value`; null: never
    Index("ix_score_current_due", "scope_id", "next_due", postgresql_where=text("next_due IS NOT NULL")),
    comment="What a person's activities add up to under a scope; points, ageing and caps are applied on read.",
)

score_epoch = Table(
    "score_epoch",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("sync", Text, nullable=False),
    Column("run_id", BigInteger, ForeignKey("run.id"), nullable=False),
    Column("through", Moment, nullable=False),  # scores are final through this moment
    Column("score_from", Text, nullable=False),
    Column("sheet_hash", Text),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("opened_at", Moment, nullable=False),
    Column("sealed_at", Moment),
    Column("members", Integer),  # people on the list when it was sealed
    Column("published", Integer),  # of them, those whose score differs from the epoch before
    Column("column_written", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("state in ('open', 'sealed', 'abandoned')", name="state"),
    CheckConstraint("score_from in ('sheet', 'platform')", name="score_from"),
    Index("uq_score_epoch_open", "sync", unique=True, postgresql_where=text("state = 'open'")),
    Index("ix_score_epoch_sealed", "sync", "id", postgresql_where=text("state = 'sealed'")),
    comment="A batch of scores of one list; pushed only once it is sealed.",
)

score = Table(
    "score",
    metadata,
    Column("sync", Text, primary_key=True),
    Column("prospect_id", Text, primary_key=True),
    Column("email", Text),
    Column("value", Integer, nullable=False),
    Column("exact", Double, nullable=False),
    Column("epoch_id", BigInteger, ForeignKey("score_epoch.id"), nullable=False),  # the epoch that set this value
    comment="Each member's score as the newest sealed epoch has it; never of an open epoch.",
)
