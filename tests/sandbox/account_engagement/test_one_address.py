"""Business units in which an address belongs to one prospect alone, and what comes and goes with the recycle bin."""

from tests.sandbox.account_engagement.client import PardotClient, error_of

ANA = "ana@roe.example"


def test_a_second_prospect_with_an_address_is_refused_even_if_the_first_is_binned(pardot: PardotClient) -> None:
    pardot.set(ampsea=False)
    ana, bo = pardot.prospect(ANA), pardot.prospect("bo@roe.example")
    assert error_of(pardot.call("POST", "/objects/prospects", {"email": ANA})) == (400, 9)
    assert error_of(pardot.call("PATCH", f"/objects/prospects/{bo}", {"email": ANA})) == (400, 9)
    pardot.call("DELETE", f"/objects/prospects/{ana}")
    pardot.set(duplicate_email_code=54)
    assert error_of(pardot.call("POST", "/objects/prospects", {"email": ANA})) == (400, 54)
    pardot.change(f"prospects/{bo}", email="bo@roe.example", city="Oslo")


def test_an_upsert_brings_the_binned_one_back_unless_a_value_is_refused(pardot: PardotClient) -> None:
    pardot.set(ampsea=False)
    ana = pardot.prospect(ANA)
    pardot.call("DELETE", f"/objects/prospects/{ana}")
    assert error_of(pardot.upsert(matchEmail=ANA, prospect={"score": "x"})) == (400, 29)
    assert pardot.ids("prospects") == []
    assert pardot.upsert(matchEmail=ANA, prospect={"city": "Oslo"}).json() == {"id": ana}
    assert pardot.values("prospects", "id,city") == [{"id": ana, "city": "Oslo"}]


def test_going_to_the_bin_and_coming_back_both_move_updated_at(pardot: PardotClient) -> None:
    ana = pardot.prospect(ANA)
    cursor = pardot.read(f"prospects/{ana}", "updatedAt")["updatedAt"]
    pardot.later(60)
    pardot.call("DELETE", f"/objects/prospects/{ana}")
    assert pardot.ids("prospects", updatedAtAfter=cursor, deleted="all") == [ana]
    assert pardot.ids("prospects", updatedAtAfter=cursor) == []
    cursor = pardot.read(f"prospects/{ana}", "updatedAt", deleted="all")["updatedAt"]
    pardot.later(120)
    reply = pardot.call("POST", "/objects/prospects/do/undelete", {"email": ANA, "fields": ["id"]})
    assert (reply.status_code, reply.json()) == (200, {"id": ana})
    assert pardot.ids("prospects", updatedAtAfter=cursor) == [ana]


def test_a_fault_refuses_so_often_or_until_it_is_taken_away(pardot: PardotClient) -> None:
    ana = pardot.prospect(ANA)
    pardot.people("PUT", f"prospects/{ana}/fault", {"code": 62, "times": 1})
    assert error_of(pardot.call("PATCH", f"/objects/prospects/{ana}", {"city": "Oslo"})) == (409, 62)
    pardot.change(f"prospects/{ana}", city="Oslo")
    pardot.people("PUT", f"prospects/{ana}/fault", {})
    for _ in range(2):
        assert error_of(pardot.call("DELETE", f"/objects/prospects/{ana}")) == (400, 85)
    pardot.people("DELETE", f"prospects/{ana}/fault")
    assert pardot.call("DELETE", f"/objects/prospects/{ana}").status_code == 204
