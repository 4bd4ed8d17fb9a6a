"""The tables that hold what was seen, what was agreed and what was written.

Ids of other systems are text; times are timestamptz in UTC. Two kinds of state are kept apart:

* `crm_record` and `prospect` are the latest known copies, shared by every sync over that connection;
* `sighting` is what one sync last saw of a record, and whether it still has to be dealt with (`dirty`). A page of a
  read marks what differs as dirty in the transaction that stores it; only a settled plan clears the mark. So neither a
  kill nor a rejected row nor another sync that read the same record first can lose a change.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from keepstep.store.metadata import metadata

Moment = DateTime(timezone=True)


def _now(name: str) -> Column[object]:
    return Column(name, Moment, nullable=False, server_default=text("now()"))


sync = Table(
    "sync",
    metadata,
    Column("name", Text, primary_key=True),
    Column("settings_hash", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("list_id", Text),  # the platform's id of the list, once found or made
    Column("list_name", Text),  # the name by which it was: another one in the file asks for another list
    Column("rules", JSONB),  # the mapped fields, with the types and lengths that the schemas told
    Column("fields_hash", Text),  # names the mapping that was last read in full; another one asks for a full read
    Column("resolved_at", Moment),  # when the systems were last asked for their fields
    _now("loaded_at"),
    comment="A sync file as last loaded.",
)

settings = Table(
    "settings",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("text", Text, nullable=False),
    _now("first_seen"),
    comment="The text of each settings file that a run ever ran with.",
)

crm_record = Table(
    "crm_record",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("email", Text),  # normalized
    Column("fields", JSONB, nullable=False),  # by the CRM's own names, blanks left out
    Column("status", Text, nullable=False),
    Column("owner", Text),
    Column("opted_out", Boolean, nullable=False, server_default=text("false")),
    Column("audiences", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("modified", Moment),
    Column("written", Boolean, nullable=False, server_default=text("false")),  # by us, after `modified`
    Column("deleted_at", Moment),
    Column("deleted_stamp", Moment),  # by the CRM's own clock, where it says
    Column("merged_into", Text),
    Column("converted_to", Text),  # "object:id" of the record that carries on
    _now("seen_at"),
    Index("ix_crm_record_email", "connection", "email"),
    comment="The latest known copy of each CRM record.",
)

prospect = Table(
    "prospect",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("list_id", Text),  # platforms that keep a row per list and person: the list
    Column("email", Text),  # normalized
    Column("fields", JSONB, nullable=False),  # by the platform's own names, blanks left out
    Column("status", Text, nullable=False),
    Column("owner", Text),
    Column("opted_out", Boolean, nullable=False, server_default=text("false")),
    Column("modified", Moment),
    Column("written", Boolean, nullable=False, server_default=text("false")),  # by us, after `modified`
    Column("deleted_at", Moment),
    Column("deleted_stamp", Moment),  # by the platform's own clock, where it says
    _now("seen_at"),
    Index("ix_prospect_email", "connection", "email"),
    Index("ix_prospect_list", "connection", "list_id"),
    comment="The latest known copy of each prospect.",
)

sighting = Table(
    "sighting",
    metadata,
    Column("sync", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("fingerprint", BigInteger, nullable=False),  # of what this sync maps, as last seen or written by us
    Column("presence", Text, nullable=False),  # keepstep.core.model.Presence
    Column("dirty", Boolean, nullable=False),
    Column("listing", Integer, nullable=False, server_default=text("0")),  # the last full listing that named it
    Column("duplicate_of", Text),  # "object:id" of the record with the same email that is followed instead
    Column("set_aside", Boolean, nullable=False, server_default=text("false")),  # there before the sync began
    Column("queued_at", Moment),  # dirty since: its place in the queue (SY-6)
    Column("reasons", ARRAY(Text), nullable=False, server_default=text("'{}'")),  # what put it there
    Column("taken_run", BigInteger),  # the run that took it from the queue
    Column("retry_at", Moment),  # was refused: not before then, unless it changes
    CheckConstraint("side in ('crm', 'platform')", name="side"),
    Index("ix_sighting_dirty", "sync", "side", postgresql_where=text("dirty")),
    Index("ix_sighting_duplicate", "sync", postgresql_where=text("duplicate_of IS NOT NULL")),
    comment="What a sync last saw of a record, and whether it is still to be dealt with.",
)

link = Table(
    "link",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("crm_connection", Text, nullable=False),
    Column("crm_object", Text, nullable=False),
    Column("crm_id", Text, nullable=False),
    Column("platform_connection", Text, nullable=False),
    Column("prospect_id", Text, nullable=False),
    Column("list_id", Text, nullable=False),  # platforms that keep a row per list and person: the list; else ""
    Column("base", JSONB),  # by the sync file's field names; null: never agreed
    Column("generation", Integer, nullable=False, server_default=text("0")),
    Column(
        "differs", ARRAY(Text), nullable=False, server_default=text("'{}'")
    ),  # fields that differ, as last looked at
    Column("pushed_epoch", BigInteger),  # the newest score epoch that was written to the CRM record
    _now("made_at"),
    UniqueConstraint("platform_connection", "prospect_id", "crm_connection", name="uq_link_prospect"),
    Index("ix_link_crm", "crm_connection", "crm_object", "crm_id"),
    Index("ix_link_list", "platform_connection", "list_id"),
    comment="A prospect and a CRM record that are the same person, and what both sides last agreed on.",
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("email", Text),
    Column("found_by", Text, nullable=False),  # announced | absence | merge
    Column("opted_out", Boolean, nullable=False, server_default=text("false")),
    _now("found_at"),
    Column("released_at", Moment),
    Column("released_by", Text),
    Index("ix_tombstone_email", "connection", "email"),
    comment="A CRM record that was deleted, so that it isn't made again.",
)

run = Table(
    "run",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("sync", Text, nullable=False),
    Column("key", Text, nullable=False),  # the Dag run's id
    Column("interval_end", Moment, nullable=False),
    Column("dry", Boolean, nullable=False, server_default=text("false")),
    Column("settings_hash", Text, ForeignKey("settings.hash"), nullable=False),
    Column("state", Text, nullable=False, server_default=text("'running'")),  # running | waiting | finished | failed
    Column("report", JSONB),
    _now("started_at"),
    Column("ended_at", Moment),
    UniqueConstraint("sync", "key", name="uq_run_key"),
    comment="One run of one sync.",
)

phase = Table(
    "phase",
    metadata,
    Column("run_id", BigInteger, ForeignKey("run.id"), primary_key=True),
    Column("phase", Text, primary_key=True),
    Column("attempt", Integer, nullable=False, server_default=text("0")),  # a worker with an older one must stop
    Column("planned_at", Moment),  # the plan is complete; until then it is made anew
    Column("done_at", Moment),
    Column("epoch_id", BigInteger),
    Column("scored", BigInteger, nullable=False, server_default=text("0")),
    Column("notes", JSONB, nullable=False, server_default=text("'[]'")),
    Column("read", BigInteger, nullable=False, server_default=text("0")),
    Column("crm_calls", BigInteger, nullable=False, server_default=text("0")),
    Column("platform_calls", BigInteger, nullable=False, server_default=text("0")),
    Column("seconds", Double, nullable=False, server_default=text("0")),
    Column("refusals", JSONB),
    Column("approved_by", Text),
    Column("approved_at", Moment),
    comment="One task of a run: what it read and cost, what it was refused, and who approved it.",
)

change = Table(
    "change",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("run_id", BigInteger, ForeignKey("run.id"), nullable=False),
    Column("operation_id", Text, nullable=False),
    Column("sync", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("connection", Text, nullable=False),
    Column("kind", Text, nullable=False),  # create | update | remove | none (a row that is held or skipped)
    Column("object", Text, nullable=False),
    Column("record_id", Text),
    Column("pair", Text, nullable=False),
    Column("crm_key", Text),  # "object:id" of the pair's CRM record
    Column("prospect_id", Text),
    Column("generation", Integer, nullable=False, server_default=text("0")),
    Column("email", Text),
    Column("list_id", Text),
    Column("external_id", Text),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("why", JSONB, nullable=False),
    Column("epoch_id", BigInteger),
    Column("refers", JSONB),  # field -> id of the record it refers to, where `after` holds that record's name
    Column("needs", Text),  # the operation whose new record this one refers to (a person's company)
    Column("state", Text, nullable=False),  # planned | sent | applied | rejected | held | skipped
    Column("code", Text),
    Column("what_to_do", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _now("planned_at"),
    Column("sent_at", Moment),
    Column("done_at", Moment),
    UniqueConstraint("run_id", "operation_id", name="uq_change_operation"),
    CheckConstraint("state in ('planned', 'sent', 'applied', 'rejected', 'held', 'skipped')", name="state"),
    Index("ix_change_planned", "run_id", "phase", "object", "id", postgresql_where=text("state = 'planned'")),
    Index("ix_change_open", "sync", postgresql_where=text("state in ('planned', 'sent')")),
    Index("ix_change_record", "connection", "object", "record_id"),
    Index("ix_change_sent", "connection", "object", "record_id", postgresql_where=text("state = 'sent'")),
    comment="The journal: each planned write, its reason and its fate.",
)

conflict = Table(
    "conflict",
    metadata,
    Column("run_id", BigInteger, ForeignKey("run.id"), primary_key=True),
    Column("pair", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("phase", Text, primary_key=True),
    Column("crm", JSONB),
    Column("platform", JSONB),
    Column("base", JSONB),
    Column("winner", Text),
    Column("why", Text, nullable=False),
    comment="A field that both sides changed differently, and who won by which rule.",
)

sync_error = Table(
    "sync_error",
    metadata,
    Column("sync", Text, primary_key=True),
    Column("pair", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("object", Text),
    Column("record_id", Text),
    Column("what_to_do", Text, nullable=False),
    Column("count", Integer, nullable=False, server_default=text("1")),
    _now("first_seen"),
    _now("last_seen"),
    Column("last_run", BigInteger),
    Column("closed_at", Moment),
    comment="One problem per record and cause: opened once, counted, closed when it is gone.",
)

suppression = Table(
    "suppression",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("email", Text, primary_key=True),  # normalized
    _now("seen_at"),
    comment="Addresses that opted out of everything on a platform; never taken off by a sync.",
)

watermark = Table(
    "watermark",
    metadata,
    Column("sync", Text, primary_key=True),
    Column("source", Text, primary_key=True),  # "crm:contact", "platform:row", ...
    Column("cursor", JSONB, nullable=False),
    Column("listing", Integer, nullable=False, server_default=text("0")),  # number of the full listing under way
    Column("complete", Boolean, nullable=False, server_default=text("false")),  # a full listing was ever finished
    _now("moved_at"),
    comment="How far a source was read; moves only in the transaction that stores what was read.",
)

api_usage = Table(
    "api_usage",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("calls", BigInteger, nullable=False, server_default=text("0")),
    Column("left", BigInteger),
    comment="Calls made to a system in a day, and what it says is left.",
)

record_owner = Table(
    "record_owner",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("email", Text),  # normalized: by it a user of one system is found in the other
    Column("name", Text),
    Column("active", Boolean, nullable=False),
    _now("seen_at"),
    Index("ix_record_owner_email", "connection", "email"),
    comment="The people who own records in a system.",
)

access_token = Table(
    "access_token",
    metadata,
    Column("account", Text, primary_key=True),  # a slow hash of the credentials: other ones start afresh
    Column("sealed", Text, nullable=False),  # encrypted by whoever keeps it here; never in the clear
    _now("saved_at"),
    comment="The token pair of an account whose sign-ins are counted, for all workers.",
)
