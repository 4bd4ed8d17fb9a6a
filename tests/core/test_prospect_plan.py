"""What becomes of a prospect and its CRM record, both ways: law by law, from three snapshots to one decision."""

from __future__ import annotations

from typing import Any

import pytest

from keepstep.core.model import Blanks, FieldType, Kind, Pair, Presence, Rule, Side, Status
from keepstep.core.prospect_policy import OnEmailChange, OwnerFallback
from keepstep.core.sync_policy import Way
from tests.core.cases import ADA, rule
from tests.core.prospect_cases import (
    ANN,
    BOB,
    FIELDS,
    MARKER,
    NAMES,
    agreed,
    codes,
    lead,
    only,
    pair,
    policy,
    prospect,
    pulled,
    pushed,
)

SHORT = rule("first_name", max_length={Side.CRM: 40})
PRESENT, LEFT, DELETED, ABSENT = Presence.PRESENT, Presence.LEFT, Presence.DELETED, Presence.ABSENT


@pytest.mark.parametrize(
    ("crm", "platform", "pull", "push"),
    [
        (PRESENT, PRESENT, [], []),
        (PRESENT, DELETED, ["removed_by_hand"], []),
        (PRESENT, ABSENT, ["create"], []),
        (LEFT, PRESENT, [], ["converted"]),
        (LEFT, ABSENT, [], []),
        (DELETED, PRESENT, ["update"], ["deleted_in_crm"]),
        (DELETED, DELETED, [], []),
        (DELETED, ABSENT, [], []),
        (ABSENT, PRESENT, [], ["create"]),
        (ABSENT, DELETED, [], []),
    ],
)
def test_the_truth_table_of_presences(crm: Presence, platform: Presence, pull: list[str], push: list[str]) -> None:
    one = pair(
        None if crm is ABSENT else lead(),
        None if platform is ABSENT else prospect(),
        agreed(),
        crm_presence=crm,
        platform_presence=platform,
        tombstone=crm is DELETED,
    )
    assert codes(pulled(one)) == pull
    assert codes(pushed(one)) == push


# -- fields ------------------------------------------------------------------------------------------------------------


def test_what_the_crm_alone_changed_goes_to_the_platform_and_not_back() -> None:
    one = pair(lead({"first_name": "Ada"}), prospect({"first_name": "A."}), agreed(first_name="A."))
    assert only(pulled(one)).after == {"first_name": "Ada"}
    assert codes(pushed(one)) == []


def test_what_the_platform_alone_changed_goes_to_the_crm_and_not_back() -> None:
    one = pair(lead({"first_name": "A."}), prospect({"first_name": "Ada"}), agreed(first_name="A."))
    assert codes(pulled(one)) == []
    assert only(pushed(one)).after == {"first_name": "Ada"}


def test_in_a_conflict_the_crm_wins_and_the_conflict_is_listed() -> None:
    one = pair(lead({"first_name": "Ada"}), prospect({"first_name": "Adi"}), agreed(first_name="A."))
    decision = pulled(one)
    assert only(decision).after == {"first_name": "Ada"}
    assert [(c.field, c.winner) for c in decision.conflicts] == [("first_name", Side.CRM)]
    assert codes(pushed(one)) == []


def test_a_field_that_the_platform_owns_is_put_right_in_the_crm_whoever_changed_it_there() -> None:
    one = pair(lead({"score": 99}), prospect({"score": 40}), agreed(score=40))
    assert codes(pulled(one)) == []
    assert only(pushed(one)).after == {"score": 40}


def test_a_blank_of_a_field_that_the_platform_owns_leaves_the_crm_s_value_alone() -> None:
    one = pair(lead({"score": 99}), prospect(), agreed())
    assert codes(pulled(one)) == codes(pushed(one)) == []


def test_a_blank_of_its_owner_clears_the_field_where_the_file_says_so() -> None:
    fields = (*FIELDS[:2], rule("score", FieldType.NUMBER, Rule.PLATFORM_OWNED, Blanks.OVERWRITE), *FIELDS[3:])
    one = pair(lead({"score": 99}), prospect(), agreed())
    assert only(pushed(one, policy({"fields": fields}))).after == {"score": None}


def test_the_prospect_is_told_the_id_of_its_record() -> None:
    one = pair(lead(), prospect(crm_id=None), agreed())
    assert only(pulled(one)).after == {"crm_id": "00Q1"}


def test_an_opt_out_on_either_side_survives_both_ways() -> None:
    in_crm = pair(lead({"opted_out": True}), prospect({"opted_out": False}), agreed(opted_out=False))
    in_platform = pair(lead({"opted_out": False}), prospect({"opted_out": True}), agreed(opted_out=False))
    assert only(pulled(in_crm)).after == {"opted_out": True}
    assert codes(pushed(in_crm)) == []
    assert only(pushed(in_platform)).after == {"opted_out": True}
    assert codes(pulled(in_platform)) == []


# -- owners ------------------------------------------------------------------------------------------------------------


def test_an_owner_that_the_crm_changed_goes_to_the_platform_by_that_user_s_id_there() -> None:
    one = pair(lead(owner=BOB), prospect(), agreed(), owner_ids={Side.PLATFORM: "8"})
    operation = only(pulled(one))
    assert (operation.after, operation.refers) == ({"owner": BOB}, {"owner": "8"})


def test_both_changed_the_owner_the_crm_s_stays() -> None:
    one = pair(lead(owner=BOB), prospect(owner="cy@sales.example"), agreed())
    assert only(pulled(one)).after == {"owner": BOB}
    assert codes(pushed(one)) == []


def test_an_owner_whom_the_platform_does_not_know_changes_nothing_there_but_the_other_fields_go() -> None:
    one = pair(lead({"first_name": "Ada"}, owner=BOB), prospect(), agreed(), owner_ids={})
    decision = pulled(one)
    assert [operation.after for operation in decision.operations] == [{"first_name": "Ada"}]
    assert codes(decision) == ["update", "owner_not_in_platform"]


def test_both_changed_the_owner_and_the_platform_does_not_know_the_crm_s_it_is_said() -> None:
    one = pair(lead(owner=BOB), prospect(owner="cy@sales.example"), agreed(), owner_ids={})
    assert codes(pulled(one)) == ["owner_not_in_platform"]


def test_a_sync_that_may_not_pull_owners_says_nothing_about_one_that_is_unknown() -> None:
    no_owner = policy({"pull": Way(add=True, update=NAMES - {"owner"}, remove=False)})
    assert codes(pulled(pair(lead(owner=BOB), prospect(), agreed(), owner_ids={}), no_owner)) == []


def test_fields_without_an_owner_among_them_are_synced_like_any() -> None:
    without = policy({"fields": tuple(one for one in FIELDS if one.name != "owner")})
    assert codes(pulled(pair(lead(owner=BOB), prospect(), agreed(), owner_ids={}), without)) == []


def test_a_new_assignment_to_a_user_whom_the_crm_does_not_know_is_a_sync_error_that_names_the_user() -> None:
    one = pair(lead(), prospect(owner=BOB), agreed(), owner_ids={})
    decision = pushed(one)
    assert codes(decision) == ["owner_unknown"]
    assert "user 7" in decision.held[0].what_to_do
    assert BOB not in decision.held[0].what_to_do
    assert codes(pushed(one, policy(owner_fallback=OwnerFallback.CONNECTOR_USER))) == []


def test_both_held_the_same_owner_before_and_nobody_knows_the_user_nothing_is_said() -> None:
    assert codes(pushed(pair(lead(), prospect(), agreed(), owner_ids={}))) == []


def test_an_owner_that_waits_for_a_person_is_nobody_s_to_write() -> None:
    fields = (*FIELDS[:4], rule("owner", wins=Rule.HOLD), FIELDS[5])
    one = pair(lead(owner=BOB), prospect(owner="cy@sales.example"), agreed(), owner_ids={})
    assert codes(pushed(one, policy({"fields": fields}))) == []


# -- new records -------------------------------------------------------------------------------------------------------


def test_an_assigned_prospect_becomes_a_record_in_the_name_of_its_user() -> None:
    one = pair(None, prospect({"first_name": "Ada", "score": 40}, crm_id=None), key="platform:55", generation=0)
    operation = only(pushed(one))
    assert (operation.kind, operation.object, operation.record_id) == (Kind.CREATE, "lead", None)
    assert operation.after == {"email": ADA, "first_name": "Ada", "score": 40, "owner": ANN}
    assert operation.refers == {"owner": "005A"}
    assert operation.external_id


def test_with_reverse_syncing_it_becomes_a_contact() -> None:
    assert only(pushed(pair(None, prospect()), policy(create_as="contact"))).object == "contact"


def test_an_unassigned_prospect_makes_no_record_also_where_one_was_deleted() -> None:
    assert codes(pushed(pair(None, prospect(owner=None)))) == ["unassigned"]
    gone = pair(lead(), prospect(owner=None), agreed(), crm_presence=DELETED, tombstone=True)
    assert codes(pushed(gone, policy(recreate_deleted=True))) == ["unassigned"]


def test_a_new_record_waits_for_its_owner_or_goes_to_the_connector_s_user() -> None:
    one = pair(None, prospect(), owner_ids={})
    assert codes(pushed(one)) == ["owner_unknown"]
    operation = only(pushed(one, policy(owner_fallback=OwnerFallback.CONNECTOR_USER)))
    assert (operation.after, operation.refers) == ({"email": ADA}, {})


@pytest.mark.parametrize(
    ("one", "changes", "told"),
    [
        (pair(None, prospect(email=None)), {}, ["no_email"]),
        (pair(None, prospect(), tombstone=True), {}, ["deleted_in_crm"]),
        (pair(None, prospect()), {"push": Way(add=False, update=NAMES, remove=False)}, ["no_crm_record"]),
        (pair(None, prospect(opted_out=True)), {"fields": FIELDS[:3]}, ["opted_out"]),
        (pair(None, prospect(), duplicate_of="prospect:54"), {}, []),
        (
            pair(None, prospect({"first_name": "A" * 50})),
            {"fields": (rule("first_name", max_length={Side.CRM: 40}),)},
            ["too_long"],
        ),
    ],
)
def test_what_keeps_a_prospect_from_becoming_a_record(one: Pair, changes: dict[str, Any], told: list[str]) -> None:
    assert codes(pushed(one, policy(changes))) == told


def test_whoever_opted_out_is_made_with_the_opt_out_on_both_sides() -> None:
    assert only(pushed(pair(None, prospect(opted_out=True)))).after["opted_out"] is True
    assert only(pulled(pair(lead(opted_out=True), None))).after["opted_out"] is True
    assert only(pushed(pair(None, prospect(), agreed(opted_out=True)))).after["opted_out"] is True


def test_a_new_record_in_the_crm_becomes_a_prospect_of_its_owner_s_user() -> None:
    operation = only(pulled(pair(lead({"first_name": "Ada", "score": 3}), None, key="crm:lead:00Q1")))
    assert (operation.kind, operation.object) == (Kind.CREATE, "prospect")
    assert operation.after == {"email": ADA, "first_name": "Ada", "owner": ANN, "crm_id": "00Q1"}
    assert operation.refers == {"owner": "7"}


def test_its_owner_is_left_out_where_the_platform_does_not_know_the_user() -> None:
    operation = only(pulled(pair(lead(), None, owner_ids={})))
    assert (operation.after, operation.refers) == ({"email": ADA, "crm_id": "00Q1"}, {})


@pytest.mark.parametrize(
    ("one", "changes", "told"),
    [
        (pair(lead(email=None), None), {}, []),
        (pair(lead(), None, set_aside=True), {}, []),
        (pair(lead(status=Status.INACTIVE), None), {}, []),
        (pair(lead(), None), {"pull": Way(add=False, update=NAMES, remove=False)}, []),
        (pair(lead(opted_out=True), None), {"fields": FIELDS[:3]}, ["opted_out"]),
        (pair(lead(), None, duplicate_of="contact:0031"), {}, ["duplicate"]),
    ],
)
def test_what_keeps_a_record_from_becoming_a_prospect(one: Pair, changes: dict[str, Any], told: list[str]) -> None:
    assert codes(pulled(one, policy(changes))) == told


# -- deletions ---------------------------------------------------------------------------------------------------------


def gone() -> Pair:
    """A pair whose record was deleted."""
    return pair(lead(), prospect(), agreed(), crm_presence=DELETED, tombstone=True)


def test_a_deletion_is_marked_on_the_prospect_once() -> None:
    operation = only(pulled(gone()))
    assert (operation.before, operation.after) == ({"crm_id": "00Q1"}, {"crm_id": MARKER})
    marked = pair(lead(), prospect(crm_id=MARKER), agreed(), crm_presence=DELETED, tombstone=True)
    assert codes(pulled(marked)) == ["deleted_in_crm"]


def test_a_deletion_is_not_marked_where_the_file_says_so() -> None:
    assert codes(pulled(gone(), policy(mark_deleted=None))) == ["deleted_in_crm"]


def test_a_deletion_takes_the_prospect_to_the_recycle_bin_where_the_file_says_so() -> None:
    assert codes(pulled(gone(), policy(bin_deleted=True))) == ["remove"]


@pytest.mark.parametrize("option", [{"recreate_deleted": True}, {"detect_deletes": False}])
def test_a_deleted_record_is_made_again_where_the_file_says_so(option: dict[str, Any]) -> None:
    assert codes(pulled(gone(), policy(**option))) == []
    assert codes(pushed(gone(), policy(**option))) == ["create"]


def test_a_released_deletion_is_made_again_also_where_the_prospect_carries_the_mark() -> None:
    released = pair(lead(), prospect(crm_id=MARKER), agreed(), crm_presence=DELETED, released=True)
    assert codes(pulled(released)) == []
    assert codes(pushed(released)) == ["create"]


def test_a_mark_of_somebody_else_s_deletion_counts_as_one() -> None:
    assert codes(pushed(pair(None, prospect(crm_id=MARKER)))) == ["deleted_in_crm"]


def test_a_prospect_that_is_not_to_be_synced_is_left_alone_on_both_sides() -> None:
    one = pair(lead({"first_name": "Ada"}), prospect(crm_id="[[crm_ignore_prospect]]"), agreed())
    assert codes(pulled(one)) == ["ignored"]
    assert codes(pushed(one)) == []


# -- inactive records, changed addresses -------------------------------------------------------------------------------


def test_an_inactive_record_is_held_only_where_its_crm_takes_no_writes_to_it() -> None:
    one = pair(lead(status=Status.INACTIVE), prospect({"first_name": "Ada"}), agreed())
    assert codes(pushed(one)) == ["update"]
    assert codes(pushed(one, policy(inactive_syncs=False))) == ["inactive"]


NEW = "ada@new.example"


def test_a_prospect_s_new_address_goes_to_the_same_record() -> None:
    one = pair(lead(), prospect(email=NEW), agreed())
    assert only(pushed(one)).after == {"email": NEW}


def test_a_prospect_s_new_address_makes_a_second_record_where_the_file_says_so() -> None:
    how = policy(on_email_change=OnEmailChange.NEW_RECORD)
    operation = only(pushed(pair(lead(), prospect(email=NEW), agreed()), how))
    assert (operation.kind, operation.after["email"]) == (Kind.CREATE, NEW)
    assert codes(pushed(pair(lead(email=NEW), prospect(), agreed()), how)) == []
    assert codes(pushed(pair(lead(), prospect(), agreed()), how)) == []


def test_a_record_without_an_address_is_told_the_prospect_s_also_where_a_new_one_makes_a_second_record() -> None:
    how = policy(on_email_change=OnEmailChange.NEW_RECORD)
    operation = only(pushed(pair(lead(email=None), prospect()), how))
    assert (operation.kind, operation.record_id, operation.after["email"]) == (Kind.UPDATE, "00Q1", ADA)


def test_a_record_s_new_address_goes_to_the_prospect_unless_another_prospect_has_it() -> None:
    one = pair(lead(email=NEW), prospect(), agreed())
    assert only(pulled(one)).after == {"email": NEW}
    taken = pair(lead(email=NEW), prospect(), agreed(), email_taken=True)
    assert codes(pulled(taken)) == ["email_taken"]
