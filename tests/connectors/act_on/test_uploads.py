"""Many rows at once: what goes by upload, what doesn't, and what each row's outcome is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keepstep.connectors.act_on import ActOn
from keepstep.connectors.base import ReadQuery
from keepstep.core.errors import Unavailable
from keepstep.core.model import Applied, InDoubt, Kind, OperationId, Outcome, Rejected, Values, Write
from keepstep_sandbox.act_on import Matches
from tests.connectors.act_on.account import Account, account

EMAIL, FIRST, LAST = "E-mail Address", "First Name", "Last Name"


@pytest.fixture
def there() -> Iterator[Account]:
    with account() as one:
        yield one


@pytest.fixture
def customers(there: Account) -> str:
    return there.make_list("Customers")


def create(list_id: str, email: str, **fields: str) -> Write:
    values: Values = {EMAIL: email, **{name.replace("_", " "): value for name, value in fields.items()}}
    return Write(OperationId(f"create {email}"), Kind.CREATE, "row", values, None, list_id, email)


def update(list_id: str, row_id: str, fields: Values) -> Write:
    return Write(OperationId(f"update {row_id}"), Kind.UPDATE, "row", fields, row_id, list_id)


def applied(connector: ActOn, writes: list[Write]) -> dict[str, Outcome]:
    outcomes = list(connector.apply(writes))
    assert len(outcomes) == len(writes)
    return {o.operation_id: o for o in outcomes}


@pytest.mark.behaviour("AO-5")
def test_many_creates_are_one_upload_and_each_is_told_its_row(there: Account, customers: str) -> None:
    connector = there.connector(small_write_limit=3)
    writes = [create(customers, f"new{n}@example.test", First_Name=f"N{n}") for n in range(30)]

    outcomes = applied(connector, writes)

    rows = there.rows(customers)
    told = {o.operation_id: o.record_id for o in outcomes.values() if isinstance(o, Applied)}
    assert told == {f"create {row[EMAIL]}": id for id, row in rows.items()}
    assert {row[FIRST] for row in rows.values()} == {f"N{n}" for n in range(30)}
    assert connector.usage.calls < 12


def test_few_creates_are_a_call_each_and_no_job(there: Account, customers: str) -> None:
    connector = there.connector()

    applied(connector, [create(customers, f"new{n}@example.test") for n in range(3)])

    assert connector.usage.by_endpoint["PUT list/{id}/record"] == 3
    assert "PUT list/{id}" not in connector.usage.by_endpoint


@pytest.mark.behaviour("AO-5")
def test_many_updates_are_uploaded_and_leave_the_fields_they_do_not_name(there: Account, customers: str) -> None:
    ids = there.fill(customers, 20)
    connector = there.connector(small_write_limit=3)

    outcomes = applied(connector, [update(customers, id, {LAST: f"L{n}"}) for n, id in enumerate(ids)])

    assert {o.record_id for o in outcomes.values() if isinstance(o, Applied)} == set(ids)
    rows = there.rows(customers)
    assert [(rows[id][FIRST], rows[id][LAST]) for id in ids] == [(f"P{n}", f"L{n}") for n in range(20)]
    assert connector.usage.calls < 12


def test_batches_of_updates_share_one_listing_of_addresses(there: Account, customers: str) -> None:
    ids = there.fill(customers, 60)
    connector = there.connector(small_write_limit=3, page_size=50)
    first = applied(connector, [update(customers, id, {LAST: "New"}) for id in ids[:30]])
    calls = connector.usage.calls

    second = applied(connector, [update(customers, id, {LAST: "New"}) for id in ids[30:]])

    assert all(isinstance(o, Applied) for o in (first | second).values())
    assert connector.usage.calls - calls < calls


def test_an_address_that_this_connector_changed_is_known_to_its_next_upload(there: Account, customers: str) -> None:
    ids = there.fill(customers, 20)
    connector = there.connector(small_write_limit=3)
    applied(connector, [update(customers, id, {LAST: "New"}) for id in ids])
    applied(connector, [update(customers, ids[0], {EMAIL: "p1@example.test"})])

    applied(connector, [update(customers, id, {LAST: f"of {id}"}) for id in ids])

    assert {id: row[LAST] for id, row in there.rows(customers).items()} == {id: f"of {id}" for id in ids}


def test_a_row_whose_field_is_cleared_goes_by_itself_and_is_cleared(there: Account, customers: str) -> None:
    ids = there.fill(customers, 20)
    connector = there.connector(small_write_limit=3)
    clear = update(customers, ids[7], {FIRST: None, LAST: "Kept"})
    writes = [clear if id == ids[7] else update(customers, id, {LAST: "New"}) for id in ids]

    outcomes = applied(connector, writes)

    assert all(isinstance(o, Applied) for o in outcomes.values())
    row = there.rows(customers)[ids[7]]
    assert (row.get(FIRST), row[LAST]) == (None, "Kept")


@pytest.mark.parametrize("matches", ["first", "all"])
def test_rows_that_share_an_address_are_changed_by_id_and_not_by_upload(matches: str) -> None:
    with account(merge_matches=Matches(matches)) as there:
        customers = there.make_list("Customers")
        ids = there.fill(customers, 20)
        twins = [there.add_row(customers, {EMAIL: "twin@example.test", FIRST: name}) for name in ("One", "Two")]
        connector = there.connector(small_write_limit=3)

        writes = [update(customers, id, {LAST: f"of {id}"}) for id in (*ids, *twins)]
        outcomes = applied(connector, writes)

        assert all(isinstance(o, Applied) for o in outcomes.values())
        assert {id: row[LAST] for id, row in there.rows(customers).items()} == {id: f"of {id}" for id in ids + twins}
        assert connector.usage.by_endpoint["PUT list/{id}/record/{id}"] == 2


def test_rows_that_a_listing_told_twice_are_not_taken_for_two_rows(there: Account, customers: str) -> None:
    ids = there.fill(customers, 40)
    connector = there.connector(small_write_limit=3, page_size=20)
    there.weather(kind="repeat", path=f"/list/{customers}$", skip=3)

    outcomes = applied(connector, [update(customers, id, {LAST: f"of {id}"}) for id in ids])

    assert all(isinstance(o, Applied) for o in outcomes.values())
    assert {id: row[LAST] for id, row in there.rows(customers).items()} == {id: f"of {id}" for id in ids}
    assert "PUT list/{id}/record/{id}" not in connector.usage.by_endpoint


def test_an_address_that_stands_on_two_rows_is_created_by_itself(there: Account, customers: str) -> None:
    ids = there.fill(customers, 20)
    for name in ("One", "Two"):
        there.add_row(customers, {EMAIL: "twin@example.test", FIRST: name})
    connector = there.connector(small_write_limit=3)
    creates = [create(customers, e) for e in ("Twin@example.test", *(f"new{n}@example.test" for n in range(6)))]

    outcomes = applied(connector, creates + [update(customers, id, {LAST: "New"}) for id in ids])

    assert all(isinstance(o, Applied) for o in outcomes.values())
    assert connector.usage.by_endpoint["PUT list/{id}/record"] == 1
    assert len(there.rows(customers)) == 28


def test_an_address_that_changes_is_written_by_id_and_makes_no_second_row(there: Account, customers: str) -> None:
    ids = there.fill(customers, 20)
    connector = there.connector(small_write_limit=3)
    writes = [update(customers, id, {LAST: "New"}) for id in ids[1:]]
    writes.append(update(customers, ids[0], {EMAIL: "moved@example.test"}))

    applied(connector, writes)

    rows = there.rows(customers)
    assert len(rows) == 20
    assert rows[ids[0]][EMAIL] == "moved@example.test"


def test_creates_of_addresses_on_the_list_update_their_rows(there: Account, customers: str) -> None:
    ids = there.fill(customers, 10)
    connector = there.connector(small_write_limit=3)

    outcomes = applied(connector, [create(customers, f"P{n}@Example.test", Last_Name="New") for n in range(10)])

    assert {o.record_id for o in outcomes.values() if isinstance(o, Applied)} == set(ids)
    assert {row[LAST] for row in there.rows(customers).values()} == {"New"}
    assert len(there.rows(customers)) == 10


def test_one_address_created_twice_makes_one_row(there: Account, customers: str) -> None:
    connector = there.connector(small_write_limit=3)
    first, second = (create(customers, e, First_Name="A") for e in ("twin@example.test", "Twin@example.test"))
    others = [create(customers, f"n{n}@example.test") for n in range(6)]

    outcomes = list(connector.apply([first, second, *others]))

    assert all(isinstance(o, Applied) for o in outcomes)
    assert len(there.rows(customers)) == 7


def test_rows_that_an_upload_refuses_are_rejected_alone(there: Account, customers: str) -> None:
    there.control("POST", "act_on/refusals", {"email": "new4@example.test"})
    connector = there.connector(small_write_limit=3)

    outcomes = applied(connector, [create(customers, f"new{n}@example.test") for n in range(10)])

    rejected = [o for o in outcomes.values() if isinstance(o, Rejected)]
    assert [o.operation_id for o in rejected] == ["create new4@example.test"]
    assert "new4" not in rejected[0].what_to_do
    assert len(there.rows(customers)) == 9


def test_refused_rows_are_found_by_their_values_where_the_job_names_no_file() -> None:
    with account(rejected_file_key="somethingElse") as there:
        customers = there.make_list("Customers")
        there.control("POST", "act_on/refusals", {"email": "new4@example.test"})
        connector = there.connector(small_write_limit=3)

        outcomes = applied(connector, [create(customers, f"new{n}@example.test") for n in range(10)])

        assert [id for id, o in outcomes.items() if not isinstance(o, Applied)] == ["create new4@example.test"]


def test_an_unknown_column_rejects_its_rows_and_not_the_file(there: Account, customers: str) -> None:
    connector = there.connector(small_write_limit=3)
    writes = [create(customers, f"new{n}@example.test") for n in range(10)]
    writes.append(create(customers, "odd@example.test", No_Such_Column="x"))

    outcomes = applied(connector, writes)

    rejected = [o for o in outcomes.values() if isinstance(o, Rejected)]
    assert [(o.operation_id, o.code) for o in rejected] == [("create odd@example.test", "10010")]
    assert len(there.rows(customers)) == 10


def test_a_job_that_takes_too_long_leaves_its_rows_in_doubt() -> None:
    with account(job_polls=1000, job_seconds=3600.0) as there:
        customers = there.make_list("Customers")
        connector = there.connector(small_write_limit=3, job_limit_s=0.0)

        outcomes = applied(connector, [create(customers, f"new{n}@example.test") for n in range(5)])

        assert {type(o) for o in outcomes.values()} == {InDoubt}


def test_rows_of_an_upload_that_cannot_be_followed_are_in_doubt_before_the_error(
    there: Account, customers: str
) -> None:
    connector = there.connector(small_write_limit=3)
    connector.check()
    there.weather(kind="status", path="/status$", status=503, times=None)
    outcomes: list[Outcome] = []

    def apply() -> None:
        outcomes.extend(connector.apply([]))
        for outcome in connector.apply([create(customers, f"new{n}@example.test") for n in range(5)]):
            outcomes.append(outcome)

    with pytest.raises(Unavailable):
        apply()

    assert [type(o) for o in outcomes] == [InDoubt] * 5


def test_an_upload_whose_answer_is_lost_leaves_its_rows_in_doubt(there: Account, customers: str) -> None:
    connector = there.connector(small_write_limit=3)
    connector.check()
    there.weather(kind="lose_reply", method="PUT", times=None)

    outcomes = applied(connector, [create(customers, f"new{n}@example.test") for n in range(5)])

    assert {type(o) for o in outcomes.values()} == {InDoubt}


def test_values_with_commas_quotes_and_line_ends_arrive_as_they_are(there: Account, customers: str) -> None:
    connector = there.connector(small_write_limit=0)
    name = 'O\'Hara, "Bo"\nZoë'

    applied(connector, [create(customers, "new@example.test", Company=name)])

    assert [row["Company"] for row in there.rows(customers).values()] == [name]


@pytest.mark.behaviour("AO-5")
def test_removals_go_by_the_hundred_and_name_the_rows_that_were_gone(there: Account, customers: str) -> None:
    ids = there.fill(customers, 120)
    there.control("DELETE", f"act_on/lists/{customers}/rows/{ids[5]}")
    connector = there.connector()
    writes = [Write(OperationId(id), Kind.REMOVE, "row", {}, id, customers) for id in ids]

    outcomes = applied(connector, writes)

    assert [id for id, o in outcomes.items() if isinstance(o, Rejected)] == [ids[5]]
    assert there.rows(customers) == {}
    assert connector.usage.by_endpoint["DELETE list/{id}/record"] == 2


def test_a_removal_whose_answer_is_lost_is_in_doubt_and_not_sent_again(there: Account, customers: str) -> None:
    ids = there.fill(customers, 3)
    connector = there.connector()
    connector.check()
    there.weather(kind="lose_reply", method="DELETE")

    outcomes = applied(connector, [Write(OperationId(id), Kind.REMOVE, "row", {}, id, customers) for id in ids])

    assert {type(o) for o in outcomes.values()} == {InDoubt}
    assert connector.usage.by_endpoint["DELETE list/{id}/record"] == 1
    assert list(connector.read(ReadQuery("row", list_id=customers)))[-1].records == ()
