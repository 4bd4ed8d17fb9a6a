"""SuiteQL in the NetSuite sandbox: answers over HTTP, the language, its dates, its limits and refusals."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import pytest
import requests

from keepstep_sandbox.netsuite import NetSuiteSettings, create_app
from keepstep_sandbox.netsuite.suiteql.engine import Engine
from keepstep_sandbox.netsuite.suiteql.functions import Locale
from keepstep_sandbox.netsuite.suiteql.parser import parse
from keepstep_sandbox.netsuite.table import Table
from keepstep_sandbox.people import Stage, population
from keepstep_sandbox.server import SandboxServer
from tests.sandbox.netsuite_client import RECORDS, SUITEQL, NetSuiteClient, error_of

PEOPLE = population(1, 40)
STAMP = "YYYY-MM-DD HH24:MI:SS"


def test_a_page_has_links_count_and_rows_of_texts_without_nulls(netsuite: NetSuiteClient) -> None:
    contact = netsuite.new_contact(email="ann@acme.test", custentity_act_on_score=5)
    answer = netsuite.query(
        "SELECT ID, Email AS Mail, title, isInactive, custentity_act_on_score FROM Contact ORDER BY id", limit=20
    )
    assert (answer["count"], answer["hasMore"], answer["offset"], answer["totalResults"]) == (20, True, 0, 41)
    rels = {link["rel"]: link["href"] for link in answer["links"]}
    assert rels["next"] == f"{netsuite.url}{SUITEQL}?limit=20&offset=20"
    last = netsuite.query(
        f"SELECT id, email AS Mail, title, isinactive, custentity_act_on_score FROM contact WHERE id = {contact}"
    )
    assert last["items"] == [
        {"links": [], "id": contact, "mail": "ann@acme.test", "isinactive": "F", "custentity_act_on_score": "5"}
    ]
    assert last["hasMore"] is False
    assert "next" not in {link["rel"] for link in last["links"]}


def test_without_prefer_transient_a_query_is_refused(netsuite: NetSuiteClient) -> None:
    refused = netsuite.call("POST", SUITEQL, {"q": "SELECT id FROM contact"})
    assert (refused.status_code, error_of(refused.json())) == (400, ("INVALID_REQUEST", "Prefer"))


@pytest.mark.parametrize(("stage", "count"), [(s, sum(c.stage is s for c in PEOPLE.companies)) for s in Stage])
def test_the_audiences_are_told_apart_by_their_company_s_stage(
    netsuite: NetSuiteClient, stage: Stage, count: int
) -> None:
    assert len(netsuite.items("SELECT id FROM customer WHERE searchstage = ?", stage.value)) == count
    numbers = {company.number for company in PEOPLE.companies if company.stage is stage}
    expected = sorted(f"{p.first_name} {p.last_name}" for p in PEOPLE.persons if p.company in numbers)
    rows = netsuite.items(
        "SELECT c.id, c.firstname || ' ' || c.lastname AS name, cu.searchstage AS stage FROM contact c"
        " INNER JOIN customer cu ON cu.id = c.company"
        " WHERE cu.searchstage = ? AND c.isinactive = 'F' AND c.id > ? ORDER BY c.id",
        stage.value,
        0,
    )
    assert sorted(row["name"] for row in rows) == expected
    assert {row["stage"] for row in rows} <= {stage.value}


def test_the_unaffiliated_have_no_customer(netsuite: NetSuiteClient) -> None:
    vendor = netsuite.new_contact("Vendorman", company={"id": "50"})
    joined = "contact c LEFT JOIN customer cu ON cu.id = c.company"
    loose = f"SELECT c.id FROM {joined} WHERE cu.id IS NULL AND c.id > 0 ORDER BY c.id"
    strict = "SELECT c.id FROM contact c WHERE c.company IS NULL AND c.id > 0 ORDER BY c.id"
    alone = sum(person.company is None for person in PEOPLE.persons)
    assert len(netsuite.items(strict)) == alone
    assert {row["id"] for row in netsuite.items(loose)} - {row["id"] for row in netsuite.items(strict)} == {vendor}


def test_keyset_pages_give_everybody_once(netsuite: NetSuiteClient) -> None:
    seen: list[int] = []
    last = 0
    while True:
        query = f"SELECT c.id FROM contact c WHERE c.isinactive = 'F' AND c.id > {last} ORDER BY c.id"
        answer = netsuite.query(query, limit=7)
        seen += [int(item["id"]) for item in answer["items"]]
        if not answer["hasMore"]:
            break
        last = seen[-1]
    assert len(seen) == len(set(seen)) == 40
    assert seen == sorted(seen)


def test_pages_without_a_unique_order_overlap_and_leave_gaps(netsuite: NetSuiteClient) -> None:
    pages = [netsuite.query("SELECT id FROM contact", limit=10, offset=at)["items"] for at in (0, 10, 20, 30)]
    ids = [item["id"] for page in pages for item in page]
    assert len(ids) == 40
    assert len(set(ids)) < 40


def test_a_query_sees_each_write_at_once(netsuite: NetSuiteClient) -> None:
    query = "SELECT COUNT(*) AS n FROM contact WHERE email = 'ann@acme.test'"
    assert netsuite.items(query) == [{"n": "0"}]
    contact = netsuite.new_contact(email="ann@acme.test")
    assert netsuite.items(query) == [{"n": "1"}]
    netsuite.call("PATCH", f"{RECORDS}/contact/{contact}", {"email": None})
    assert netsuite.items(query) == [{"n": "0"}]
    assert netsuite.items(f"SELECT id, email FROM contact WHERE id = {contact}") == [{"id": contact}]


def test_dates_are_read_and_written_in_the_account_s_zone(netsuite: NetSuiteClient) -> None:
    row = netsuite.items(
        f"SELECT id, lastmodifieddate AS day, TO_CHAR(lastmodifieddate,'{STAMP}') AS m FROM contact WHERE ROWNUM <= 1"
    )[0]
    modified = PEOPLE.persons[0].modified
    local = modified.astimezone(ZoneInfo("America/Los_Angeles"))
    assert row["m"] == f"{local:%Y-%m-%d %H:%M:%S}"
    assert row["day"] == f"{local:%m/%d/%Y}"
    assert row["m"] != f"{modified:%Y-%m-%d %H:%M:%S}"
    same = f"SELECT id FROM contact WHERE lastmodifieddate = TO_DATE('{row['m']}', '{STAMP}')"
    assert row["id"] in [one["id"] for one in netsuite.items(same)]
    netsuite.control("PUT", "netsuite/settings", {"time_zone": "Asia/Tokyo", "date_format": "YYYY-MM-DD"})
    moved = netsuite.items(f"SELECT lastmodifieddate AS day FROM contact WHERE id = {row['id']}")[0]
    assert moved["day"] == f"{modified.astimezone(ZoneInfo('Asia/Tokyo')):%Y-%m-%d}"


def test_sysdate_and_the_date_header_tell_the_zone(netsuite: NetSuiteClient) -> None:
    query = {"q": f"SELECT TO_CHAR(SYSDATE, '{STAMP}') AS now FROM dual"}
    reply = netsuite.call("POST", SUITEQL, query, Prefer="transient")
    local = datetime.strptime(reply.json()["items"][0]["now"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    utc = parsedate_to_datetime(reply.headers["Date"])
    offset = utc.astimezone(ZoneInfo("America/Los_Angeles")).utcoffset()
    assert offset is not None
    assert abs(local - utc - offset) < timedelta(seconds=5)


def test_an_increment_finds_what_changed_since(netsuite: NetSuiteClient) -> None:
    new = f"lastmodifieddate >= TO_DATE('2026-01-01 00:00:00','{STAMP}')"
    since = f"SELECT id FROM contact WHERE {new} ORDER BY lastmodifieddate, id"
    assert netsuite.items(since) == []
    contact = netsuite.new_contact()
    assert netsuite.items(since) == [{"id": contact}]
    assert netsuite.items("SELECT id FROM contact WHERE lastmodifieddate >= SYSDATE - 1/24") == [{"id": contact}]
    assert netsuite.items("SELECT id FROM contact WHERE lastmodifieddate > '01/01/2026'") == [{"id": contact}]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("id = 1", "a"),
        ("id = '1'", "a"),
        ("id IN (1, 3)", "a c"),
        ("id NOT IN (1, 3)", "b d"),
        ("email IS NULL", "c"),
        ("email IS NOT NULL AND NOT id = 1", "b d"),
        ("email = ''", ""),
        ("email <> 'x@a.test'", "b d"),
        ("LOWER(email) = 'x@a.test'", "a b"),
        ("email LIKE 'x%'", "a"),
        ("email LIKE '_@a.test' OR email LIKE '%b.test'", "a d"),
        ("email NOT LIKE 'x%'", "b d"),
        ("score BETWEEN 2 AND 3", "b c"),
        ("score NOT BETWEEN 2 AND 3", "a"),
        ("score > 1 AND (id = 2 OR id = 4)", "b"),
        ("NVL(score, 9) >= 3", "c d"),
        ("score IN (1, NULL)", "a"),
        ("score NOT IN (1, NULL)", ""),
        ("id IN (SELECT id FROM t WHERE score < 3)", "a b"),
        ("TRIM(' a ') = name", "a"),
        ("name || '-' || id = 'b-2'", "b"),
        ("UPPER(name) IN ('A', 'D') -- a remark", "a d"),
        ("score + 1 = 3", "b"),
        ("-score < -2", "c"),
        ("ROWNUM <= 2", "a b"),
        ("LENGTH(name) = 1 AND COALESCE(score, id) = 4", "d"),
        ("TO_NUMBER(score) = 1.0", "a"),
        ("TO_CHAR(score) = '3'", "c"),
    ],
)
def test_a_condition_chooses_its_rows(condition: str, expected: str) -> None:
    assert [row["name"] for row in toy_query(f"SELECT name FROM t WHERE {condition} ORDER BY id")] == expected.split()


def test_an_order_puts_null_last_and_first_where_descending() -> None:
    assert [row["name"] for row in toy_query("SELECT name FROM t ORDER BY score, id")] == ["a", "b", "c", "d"]
    assert [row["name"] for row in toy_query("SELECT name FROM t ORDER BY score DESC")] == ["d", "c", "b", "a"]
    assert [row["s"] for row in toy_query("SELECT -id AS s FROM t ORDER BY s")] == ["-4", "-3", "-2", "-1"]
    assert [row["name"] for row in toy_query("SELECT name FROM t ORDER BY 1 DESC FETCH FIRST 2 ROWS ONLY")] == [
        "d",
        "c",
    ]


def test_aggregates_distinct_and_stars() -> None:
    counted = toy_query(
        "SELECT COUNT(*) AS n, COUNT(score) AS s, MIN(score) AS low, MAX(name), COUNT(DISTINCT kind) AS k FROM t"
    )
    assert counted == [{"n": "4", "s": "3", "low": "1", "expr4": "d", "k": "2"}]
    assert sorted(row["kind"] for row in toy_query("SELECT DISTINCT kind FROM t")) == ["p", "q"]
    assert toy_query("SELECT * FROM t WHERE id = 3") == [{"id": "3", "name": "c", "score": "3", "kind": "q"}]
    assert toy_query("SELECT x.* FROM t x WHERE x.id = 3")[0]["name"] == "c"


def test_joins_go_by_any_column_and_keep_further_conditions() -> None:
    pairs = toy_query(
        "SELECT a.name, b.name AS other FROM t a JOIN t b ON a.kind = b.kind AND b.id > a.id ORDER BY a.id, other"
    )
    assert [(row["name"], row["other"]) for row in pairs] == [("a", "b"), ("c", "d")]
    left = toy_query("SELECT a.name, b.name AS other FROM t a LEFT OUTER JOIN t b ON b.id = a.id + 3 ORDER BY a.id")
    assert left == [{"name": "a", "other": "d"}, {"name": "b"}, {"name": "c"}, {"name": "d"}]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "SELECT",
        "UPDATE contact SET email = 'x'",
        "DELETE FROM contact",
        "SELECT id FROM nowhere",
        "SELECT nothing FROM contact",
        "SELECT c.id FROM contact k",
        "SELECT id FROM contact LIMIT 5",
        "SELECT id FROM contact WHERE",
        "SELECT id FROM contact WHERE id = ",
        "SELECT id FROM contact WHERE email = 'open",
        "SELECT id FROM contact c JOIN customer c ON c.id = c.id",
        "SELECT id FROM contact c JOIN customer cu ON cu.id = c.company",
        "SELECT id FROM contact, customer",
        "SELECT id FROM contact UNION SELECT id FROM customer",
        "SELECT company, COUNT(*) FROM contact GROUP BY company",
        "SELECT company, COUNT(*) FROM contact",
        "SELECT SOUNDEX(email) FROM contact",
        "SELECT UPPER(email, 1) FROM contact",
        "SELECT id FROM contact WHERE id > 'abc'",
        "SELECT id FROM contact WHERE lastmodifieddate > 'yesterday'",
        "SELECT id FROM contact WHERE lastmodifieddate > TO_DATE('2026-01-01', 'YYYY-QQ')",
        "SELECT id FROM contact WHERE id IN (SELECT id, email FROM contact)",
        "SELECT id FROM contact WHERE id = 1 / 0",
        "SELECT id FROM contact WHERE id = ?",
        "SELECT id FROM contact; SELECT id FROM customer",
        "SELECT id FROM contact WHERE " + "(" * 60 + "id = 1" + ")" * 60,
    ],
)
def test_what_the_sandbox_does_not_know_is_refused_as_an_invalid_search(netsuite: NetSuiteClient, query: str) -> None:
    refused = netsuite.query(query)
    assert refused["status"] == 400
    assert refused["title"].startswith("Invalid search query")
    assert error_of(refused)[0] == "INVALID_PARAMETER"


def test_a_refusal_names_the_field_that_is_not_there(netsuite: NetSuiteClient) -> None:
    netsuite.control("DELETE", "netsuite/fields/contact/custentity_act_on_score")
    refused = netsuite.query("SELECT c.custentity_act_on_score FROM contact c")
    assert (
        "Field 'custentity_act_on_score' for record 'contact' was not found" in refused["o:errorDetails"][0]["detail"]
    )


def test_parameters_fill_the_question_marks_and_null_is_none(netsuite: NetSuiteClient) -> None:
    contact = netsuite.new_contact(email="o'hara@acme.test")
    assert netsuite.items("SELECT id FROM contact WHERE email = ? AND id > ?", "o'hara@acme.test", 1) == [
        {"id": contact}
    ]
    wrongs: list[list[object]] = [[], [1, 2], [None], [True], [[1]]]
    for wrong in wrongs:
        assert netsuite.query("SELECT id FROM contact WHERE id = ?", params=wrong)["status"] == 400


@pytest.mark.parametrize(
    ("limit", "offset"), [(0, 0), (1001, 0), (10, 5), (-1, 0), (1000, 100_000), (50, 50_000), (10, 20_000)]
)
def test_a_page_out_of_bounds_is_refused(netsuite: NetSuiteClient, limit: int, offset: int) -> None:
    assert error_of(netsuite.query("SELECT id FROM contact", limit=limit, offset=offset))[0] == "INVALID_PARAMETER"


def test_references_show_their_names(netsuite: NetSuiteClient) -> None:
    company = netsuite.new_company("Acme", leadSource={"id": "-5"}, salesRep={"id": "3"})
    row = netsuite.items(
        "SELECT leadsource, BUILTIN.DF(leadsource) AS source, BUILTIN.DF(salesrep) AS rep,"
        " BUILTIN.DF(entitystatus) AS status,"
        f" BUILTIN.DF(email) AS email FROM customer WHERE id = {company}"
    )
    assert row == [{"leadsource": "-5", "source": "Trade Show", "rep": "Sam Seller", "status": "CUSTOMER-Closed Won"}]
    statuses = netsuite.items("SELECT key, name, entitytype FROM entitystatus WHERE entitytype = 'LEAD' ORDER BY key")
    assert [row["key"] for row in statuses] == ["6", "7"]


def test_all_entities_can_be_seen_in_one_table(netsuite: NetSuiteClient) -> None:
    found = {row["type"] for row in netsuite.items("SELECT DISTINCT type FROM entity")}
    assert found == {"CustJob", "Contact", "Employee", "Vendor"}


def test_a_hundred_thousand_rows_and_no_more_and_all_of_them_by_keyset_in_seconds() -> None:
    settings = NetSuiteSettings(size=100_500)
    with SandboxServer(create_app(settings)) as server, requests.Session() as session:
        client = NetSuiteClient(server.url, session)
        started = time.monotonic()
        last, seen = 0, 0
        while True:
            answer = client.query(f"SELECT c.id, c.email FROM contact c WHERE c.id > {last} ORDER BY c.id")
            seen += len(answer["items"])
            if answer["count"] < 1000:
                break
            last = int(answer["items"][-1]["id"])
        assert seen == 100_500
        assert time.monotonic() - started < 20
        capped = client.query("SELECT id FROM contact ORDER BY id", offset=99_000)
        assert (capped["count"], capped["hasMore"], capped["totalResults"]) == (1000, False, 100_000)


class ToyDatabase:
    """A table of four rows."""

    def __init__(self) -> None:
        self._table = Table("t", ("id", "name", "score", "kind"))
        self._table.put({"id": 1, "name": "a", "score": 1, "kind": "p", "email": "x@a.test"})
        self._table.put({"id": 2, "name": "b", "score": 2, "kind": "p", "email": "X@A.test"})
        self._table.put({"id": 3, "name": "c", "score": 3, "kind": "q", "email": ""})
        self._table.put({"id": 4, "name": "d", "kind": "q", "email": "y@b.test"})

    def table(self, name: str) -> Table | None:
        """Give the one table there is."""
        return self._table if name == "t" else None

    def targets(self, table: str) -> dict[str, str] | None:
        """Give its columns, none of which is a reference."""
        return dict.fromkeys(("id", "name", "score", "kind", "email"), "") if table == "t" else None

    def display(self, target: str, value: object) -> str | None:
        """Give nothing: there are no references."""
        raise AssertionError((target, value))

    def version(self, names: frozenset[str]) -> int:
        """Give what moves when the table changes."""
        return self._table.version + 0 * len(names)


def toy_query(text: str) -> list[dict[str, str]]:
    """Run a query over a table of four rows, without any server."""
    locale = Locale(ZoneInfo("UTC"), "YYYY-MM-DD")
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return Engine(ToyDatabase()).run(parse(text), locale=locale, now=now, limit=100, offset=0).items
