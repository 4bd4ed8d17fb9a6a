"""Runs the migrations on a connection that is in a transaction already: all of them take effect, or none."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from keepstep.core.errors import SettingsError
from keepstep.store.migrations import HEAD, VERSION_TABLE

FOLDER = Path(__file__).parent


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for the migrations of this package."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def current_version(connection: Connection) -> str | None:
    """The schema's version; None where there is none yet."""
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def upgrade_to_head(connection: Connection) -> None:
    """Bring the schema to `HEAD`; nothing where it is there already.

    Raises SettingsError where a newer Keepstep has made it: going back would lose what the newer one keeps.
    """
    version, config = current_version(connection), alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise SettingsError(
            f"the store's schema has version {version}, which this Keepstep (schema {HEAD}) doesn't know: a newer "
            "Keepstep has used this store. Install that version or a later one, or point to another store"
        )
    if version != HEAD:
        command.upgrade(config, "head")
