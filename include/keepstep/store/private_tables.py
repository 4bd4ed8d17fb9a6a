"""The tables of private contacts: people of a CRM with no company, the companies there, and who may belong to which.

`sync` names the settings file that they were read for, as in `run` and `change`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
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

private_contact = Table(
    "private_contact",
    metadata,
    Column("sync", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("email", Text),  # normalized
    Column("first_name", Text),
    Column("last_name", Text),
    Column("company", Text),  # as given
    Column("name_key", Text),  # equal for people of one name and company; null: it can't be told
    Column("owner", Text),
    Column("owner_name", Text),
    Column("created_at", Moment),
    Column("duplicates", Text),  # the lowest id of its group of duplicates; null: in none
    Column("duplicate_by", Text),  # email | name and company
    Column("dirty", Boolean, nullable=False, server_default=text("true")),  # its proposals are to be made anew
    Column("seen_at", Moment, nullable=False, server_default=text("now()")),
    Index("ix_private_contact_email", "sync", "email"),
    Index("ix_private_contact_name", "sync", "name_key"),
    Index("ix_private_contact_dirty", "sync", "id", postgresql_where=text("dirty")),
    comment="A person of a CRM who belongs to no company there.",
)

known_company = Table(
    "known_company",
    metadata,
    Column("sync", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("website", Text),
    Column("listing", Integer, nullable=False),  # the last full listing that named it
    Column("dirty", Boolean, nullable=False, server_default=text("true")),  # who may belong to it is to be found anew
    Index("ix_known_company_dirty", "sync", "id", postgresql_where=text("dirty")),
    comment="A company of a CRM, to which private contacts may belong; only ever read.",
)

company_person = Table(
    "company_person",
    metadata,
    Column("sync", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("company", Text),  # null: a private contact
    Column("domain", Text),  # of the email, where it tells a company; null: it doesn't
    Column("listing", Integer, nullable=False),
    Index("ix_company_person_domain", "sync", "domain"),
    comment="Which company each person of a CRM belongs to, and the domain of the email: nothing else of them.",
)

company_block = Table(
    "company_block",
    metadata,
    Column("sync", Text, primary_key=True),
    Column("key", Text, primary_key=True),  # of a name or a domain: who shares none is never compared
    Column("side", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    CheckConstraint("side in ('contact', 'company')", name="side"),
    Index("ix_company_block_id", "sync", "side", "id"),
    comment="By what private contacts and companies find each other.",
)

company_proposal = Table(
    "company_proposal",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("sync", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("score", Double, nullable=False),  # 0..1
    Column("reasons", ARRAY(Text), nullable=False),  # in words that name nobody
    Column("clear", Boolean, nullable=False),  # far enough before the next one to be taken without asking
    Column("state", Text, nullable=False, server_default=text("'proposed'")),
    Column("code", Text),
    Column("what_to_do", Text),
    Column("generation", Integer, nullable=False, server_default=text("0")),  # grows when it is proposed once more
    Column("run_id", BigInteger),  # the run that asked about it or wrote it
    Column("decided_by", Text),
    Column("decided_at", Moment),
    Column("made_at", Moment, nullable=False, server_default=text("now()")),
    UniqueConstraint("sync", "contact", "company", name="uq_company_proposal_pair"),
    CheckConstraint("state in ('proposed', 'approved', 'rejected', 'applied', 'refused')", name="state"),
    Index("ix_company_proposal_state", "sync", "state", "score"),
    comment="A company that a private contact may belong to, and what was decided about it.",
)
