"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """From ${repr(down_revision)} to ${repr(up_revision)}."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Back to ${repr(down_revision)}."""
    ${downgrades if downgrades else "pass"}
