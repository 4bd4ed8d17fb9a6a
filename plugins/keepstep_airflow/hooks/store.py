"""The store behind the Airflow connection `keepstep_store`, and the databases behind activities from SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseHook

from keepstep.core.errors import SettingsError

if TYPE_CHECKING:
    from airflow.sdk import Connection
    from sqlalchemy import Engine

    from keepstep.store.database import Store

STORE_CONNECTION = "keepstep_store"
LIBPQ = frozenset(
    {"host", "sslmode", "sslrootcert", "sslcert", "sslkey", "options", "target_session_attrs", "gssencmode"}
)  # extras that are PostgreSQL's own parameters; a connection may carry others for other users of it


def store_url(connection: Connection) -> str:
    """The store's SQLAlchemy URL (psycopg 3). Raises SettingsError where the connection isn't to PostgreSQL."""
    from sqlalchemy import URL

    if connection.conn_type not in ("postgres", "postgresql"):
        raise SettingsError(
            f"connection {connection.conn_id} is of the type {connection.conn_type}; the store is a PostgreSQL database"
        )
    extra = {key: str(value) for key, value in connection.extra_dejson.items() if key in LIBPQ}
    url = URL.create(
        "postgresql+psycopg",
        username=connection.login or None,
        password=connection.password or None,
        host=connection.host or None,  # none: a Unix socket, whose directory is the extra "host"
        port=connection.port,
        database=connection.schema or None,
        query=extra,
    )
    return url.render_as_string(hide_password=False)


def open_store(conn_id: str = STORE_CONNECTION) -> Store:
    """The store, brought to this version's schema. Raises Unavailable, AuthError or SettingsError."""
    from keepstep.store.database import Store

    return Store.open(store_url(BaseHook.get_connection(conn_id)), application_name="keepstep-airflow")


def activity_engine(conn_id: str) -> Engine:
    """A SQLAlchemy engine on the database of events behind any SQL connection of Airflow."""
    hook = BaseHook.get_hook(conn_id)
    make = getattr(hook, "get_sqlalchemy_engine", None)
    if make is None:
        raise SettingsError(
            f"connection {conn_id}: activities from sql need a connection to an SQL database whose Airflow provider "
            "is installed"
        )
    engine: Engine = make()
    return engine
