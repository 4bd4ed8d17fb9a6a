"""The connection to the store's PostgreSQL: opened, migrated, and its loss told as `Unavailable`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import orjson
import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, ProgrammingError

from keepstep.core.errors import AuthError, SettingsError, Unavailable
from keepstep.store.migrations import HEAD, VERSION_TABLE

MIGRATION_LOCK = 0x6B656570_73746570  # any number that nobody else takes advisory locks on: "keepstep" in ASCII
CONNECT_TIMEOUT_S = 10
RETRY_AFTER_S = 30.0
POSTGRES_SCHEMES = ("postgres", "postgresql")
UNDEFINED_TABLE = "42P01"


class Store:
    """One PostgreSQL database that holds everything Keepstep knows.

    Making one connects to nothing; `open` does.
    """

    def __init__(self, url: str, *, application_name: str = "keepstep") -> None:
        self.url = psycopg_url(url)
        self.engine: Engine = create_engine(
            self.url,
            pool_pre_ping=True,
            hide_parameters=True,  # they are people's data: neither a log nor an error's text may repeat them
            connect_args=_connect_args(self.url, application_name),
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
        )

    @classmethod
    def open(cls, url: str, *, application_name: str = "keepstep") -> Self:
        """Connect and bring the schema up to date; several processes may do so at once.

        Raises Unavailable, AuthError, or SettingsError where the URL or the schema's version can't be used.
        """
        store = cls(url, application_name=application_name)
        try:
            store.migrate()
        except BaseException:
            store.close()
            raise
        return store

    def migrate(self) -> None:
        """Bring the schema to this version of Keepstep; one cheap query where it is there already."""
        if self._version() == HEAD:
            return
        from keepstep.store.migrations.upgrade import upgrade_to_head  # noqa: PLC0415 - Alembic takes 0.2 s to import

        with self.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            upgrade_to_head(connection)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A connection in a transaction: committed at the end, rolled back on any error.

        Raises Unavailable where PostgreSQL isn't there, or goes away in the middle (then nothing was committed,
        unless it went away while it said so: repeat only what may be repeated).
        """
        with lost_is_unavailable(self.url), self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of every pooled connection."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _version(self) -> str | None:
        """The schema's version; None for an empty database."""
        try:
            with self.begin() as connection:
                version: str | None = connection.scalar(text(f"select version_num from {VERSION_TABLE}"))
                return version
        except ProgrammingError as wrong:
            if getattr(wrong.orig, "sqlstate", None) == UNDEFINED_TABLE:
                return None
            raise


def psycopg_url(url: str) -> URL:
    """The same database by way of psycopg 3, whatever driver the URL names; Unix sockets as `?host=/directory`.

    Raises SettingsError where it isn't the URL of a PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as wrong:
        # The text of the error repeats the URL, password and all: it must not be chained.
        del wrong
        raise SettingsError(
            "the store's URL can't be read; write postgresql://user:password@host:5432/database"
        ) from None
    if parsed.get_backend_name() not in POSTGRES_SCHEMES:
        raise SettingsError(
            f"the store is a PostgreSQL database (postgresql://user:password@host:5432/database), "
            f"not {parsed.get_backend_name()}"
        )
    return parsed.set(drivername="postgresql+psycopg")


@contextmanager
def lost_is_unavailable(url: URL) -> Iterator[None]:
    """Tell the loss of a database, and of a connection to it, as Unavailable; a refused sign-in as AuthError.

    Deadlocks, lost serializations and cancelled statements are `OperationalError` too: the same work may succeed later.
    """
    try:
        yield
    except (OperationalError, InterfaceError) as wrong:
        raise _told(wrong.orig or wrong, url) from None  # the original repeats parameters, which may be personal data
    except DBAPIError as wrong:
        if wrong.connection_invalidated:
            raise _told(wrong.orig or wrong, url) from None
        raise
    except (psycopg.OperationalError, psycopg.InterfaceError) as wrong:  # COPY goes past SQLAlchemy
        raise _told(wrong, url) from None


def _told(wrong: BaseException, url: URL) -> AuthError | Unavailable:
    database = url.render_as_string(hide_password=True)
    first_line = (str(wrong).strip().splitlines() or [type(wrong).__name__])[0]
    why = first_line.replace(url.password, "***") if url.password else first_line
    if isinstance(wrong, psycopg.Error) and wrong.pgconn is not None and wrong.pgconn.needs_password:
        return AuthError(f"PostgreSQL asks for a password, and the URL {database} has none: add it to the connection")
    return Unavailable(
        f"the PostgreSQL at {database} is not available: {why}. Start it, or correct the connection; then run again: "
        "what was committed stays, nothing is done twice",
        retry_after_s=RETRY_AFTER_S,
    )


def _connect_args(url: URL, application_name: str) -> Mapping[str, Any]:
    """Our defaults of a connection's parameters; what the URL says itself wins."""
    given = url.query.get("options", "")
    options = " ".join(given) if isinstance(given, tuple) else given
    defaults = {"application_name": application_name, "connect_timeout": CONNECT_TIMEOUT_S}
    return {name: value for name, value in defaults.items() if name not in url.query} | {
        "options": f"{options} -c timezone=UTC".strip()  # so that every moment comes back in UTC
    }
