"""The store's schema, version by version (Alembic); `upgrade` runs them, `revise` writes the next one."""

HEAD = "0003"  # the newest file in versions/, so that a start needs neither Alembic nor a look at the folder
VERSION_TABLE = "keepstep_version"  # not Alembic's default name: the store may share a database with Airflow's tables
