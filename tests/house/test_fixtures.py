"""The tests' own house: a PostgreSQL of their own, and no way out of this machine."""

import socket
import urllib.request

import psycopg
import pytest


def test_a_database_of_ones_own_is_empty_and_writable(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE mine (id int)")
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert tables == [("mine",)]


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.com", 443), ("2001:db8::1", 80)])
def test_no_test_reaches_an_address_that_is_not_loopback(address: tuple[str, int]) -> None:
    with socket.socket() as way_out, pytest.raises(AssertionError, match="tried to connect"):
        way_out.connect(address)


def test_the_standard_library_is_guarded_as_well() -> None:
    with pytest.raises(AssertionError, match="tried to connect"):
        urllib.request.urlopen("http://192.0.2.1/", timeout=1)


def test_loopback_is_open() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
