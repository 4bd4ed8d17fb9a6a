"""The store's database: any spelling of its URL, migrated once however many start, and its loss told clearly."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, bindparam, event, inspect, make_url, text
from sqlalchemy.dialects.postgresql import JSONB

from keepstep.core.errors import AuthError, SettingsError, Unavailable
from keepstep.store import score_tables, tables
from keepstep.store.database import Store, psycopg_url
from keepstep.store.metadata import metadata
from keepstep.store.migrations import HEAD, VERSION_TABLE
from keepstep.store.migrations.upgrade import alembic_config, current_version, upgrade_to_head


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Store]:
    with Store(empty_database_url) as store:
        yield store


@pytest.mark.parametrize(
    "url",
    [
        "postgres://me:secret@db:5433/keepstep",
        "postgresql://me:secret@db:5433/keepstep",
        "postgresql+psycopg://me:secret@db:5433/keepstep",
        "postgresql+psycopg2://me:secret@db:5433/keepstep",
    ],
)
def test_every_spelling_of_a_postgresql_url_is_psycopg_3(url: str) -> None:
    assert psycopg_url(url).render_as_string(hide_password=False) == "postgresql+psycopg://me:secret@db:5433/keepstep"


def test_a_unix_socket_stays_one() -> None:
    assert psycopg_url("postgresql://me@/keepstep?host=/run/postgresql").query == {"host": "/run/postgresql"}


@pytest.mark.parametrize("url", ["mysql://me:secret@db/keepstep", "sqlite:///keepstep.db", "me:secret@db", ""])
def test_a_url_that_is_no_postgresql_is_refused_without_telling_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match="postgresql://user:password@host") as refused:
        psycopg_url(url)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_empty_database_is_migrated_and_the_next_start_is_one_query(empty: Store) -> None:
    empty.migrate()
    with empty.begin() as conn:
        assert current_version(conn) == HEAD
    statements: list[str] = []
    event.listen(empty.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    empty.migrate()
    assert statements == [f"select version_num from {VERSION_TABLE}"]


def test_several_processes_may_start_at_once(empty: Store) -> None:
    url, trouble = empty.url.render_as_string(hide_password=False), []

    def start() -> None:
        try:
            Store.open(url).close()
        except BaseException as wrong:
            trouble.append(wrong)

    threads = [threading.Thread(target=start) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []


def test_the_migrations_make_exactly_the_tables_that_the_code_describes(empty: Store) -> None:
    assert tables.run.metadata is score_tables.score.metadata is metadata
    empty.migrate()
    with empty.begin() as conn:
        options = {"version_table": VERSION_TABLE, "compare_server_default": True}
        differences = compare_metadata(MigrationContext.configure(conn, opts=options), metadata)
    assert differences == []


def test_the_code_knows_its_newest_migration(empty: Store) -> None:
    with empty.begin() as conn:
        assert ScriptDirectory.from_config(alembic_config(conn)).get_current_head() == HEAD


def test_a_downgrade_leaves_nothing_and_an_upgrade_brings_everything_back(empty: Store) -> None:
    empty.migrate()
    with empty.begin() as conn:
        command.downgrade(alembic_config(conn), "base")
        assert set(inspect(conn).get_table_names()) == {VERSION_TABLE}
    empty.migrate()
    with empty.begin() as conn:
        assert set(inspect(conn).get_table_names()) == {*metadata.tables, VERSION_TABLE}


def test_a_failed_migration_leaves_nothing_behind(empty: Store) -> None:
    with empty.begin() as conn:
        conn.execute(text("CREATE TABLE score_epoch (mine int)"))
    with pytest.raises(Exception, match="score_epoch"):
        empty.migrate()
    with empty.begin() as conn:
        assert inspect(conn).get_table_names() == ["score_epoch"]


def test_the_store_of_a_newer_keepstep_is_left_alone(empty: Store) -> None:
    empty.migrate()
    with empty.begin() as conn:
        conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(SettingsError, match=r"version 9999.*newer Keepstep"):
        empty.migrate()


def test_upgrading_at_head_does_nothing(empty: Store) -> None:
    empty.migrate()
    with empty.begin() as conn:
        upgrade_to_head(conn)
        assert current_version(conn) == HEAD


def test_moments_come_back_in_utc_whatever_zone_the_server_is_in(empty: Store) -> None:
    with empty.begin() as conn:
        moment = conn.scalar(text("SELECT timestamptz '2026-03-01 12:00:00+05:30'"))
    assert moment is not None
    assert (moment.utcoffset(), moment) == (timedelta(), datetime(2026, 3, 1, 6, 30, tzinfo=UTC))


def test_json_goes_in_and_out_as_it_is(empty: Store) -> None:
    given = {"Company": "Müller & Söhne", "score": 1.5, "none": None}
    with empty.begin() as conn:
        statement = text("SELECT :given AS given").bindparams(bindparam("given", type_=JSONB)).columns(given=JSONB)
        assert conn.scalar(statement, {"given": given}) == given


def test_an_error_in_the_middle_rolls_everything_back(empty: Store) -> None:
    def half_done() -> None:
        with empty.begin() as conn:
            conn.execute(text("CREATE TABLE half (done int)"))
            raise LookupError

    with pytest.raises(LookupError):
        half_done()
    with empty.begin() as conn:
        assert inspect(conn).get_table_names() == []


def test_no_postgresql_at_that_address_is_unavailable_and_tells_no_password() -> None:
    with pytest.raises(Unavailable, match=r"127.0.0.1:1/keepstep is not available.*then run again") as lost:
        Store.open("postgresql://me:secret@127.0.0.1:1/keepstep")
    assert "secret" not in str(lost.value)
    assert lost.value.retry_after_s == 30


def test_a_missing_password_is_the_users_to_give(empty: Store) -> None:
    with pytest.raises(AuthError, match="asks for a password"):
        Store.open(f"postgresql://{empty.url.username}@{empty.url.host}:{empty.url.port}/{empty.url.database}")


def test_a_wrong_password_is_not_repeated(empty: Store) -> None:
    with pytest.raises(Unavailable, match="password authentication failed") as lost:
        Store.open(empty.url.set(password="wr0ng").render_as_string(hide_password=False))
    assert "wr0ng" not in str(lost.value)


def _cut(conn: Connection) -> None:
    """PostgreSQL ends this connection, as it does when it is shut down."""
    pid = conn.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(make_url(conn.engine.url).set(drivername="postgresql").render_as_string(False)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_a_connection_lost_in_the_middle_is_unavailable_and_the_next_one_works(empty: Store) -> None:
    def work() -> None:
        with empty.begin() as conn:
            conn.execute(text("CREATE TABLE half (done int)"))
            _cut(conn)
            conn.execute(text("SELECT 1"))

    with pytest.raises(Unavailable, match="is not available"):
        work()
    with empty.begin() as conn:
        assert inspect(conn).get_table_names() == []


def test_a_connection_lost_during_a_copy_is_unavailable(empty: Store) -> None:
    def work() -> None:
        with empty.begin() as conn:
            conn.execute(text("CREATE TABLE half (done int)"))
            driver = conn.connection.driver_connection
            assert driver is not None
            with driver.cursor() as cursor, cursor.copy("COPY half FROM STDIN") as copy:
                copy.write_row((1,))
                driver.pgconn.finish()

    with pytest.raises(Unavailable, match="is not available"):
        work()
    with empty.begin() as conn:
        assert inspect(conn).get_table_names() == []
