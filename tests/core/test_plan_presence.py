"""Where a person stands on both sides, and what each task of the chain makes of it: the whole truth table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keepstep.core.model import Decision, Kind, Pair, Phase, Presence, Side, Status
from keepstep.core.plan import Way
from tests.core.cases import ADA, codes, contact, decide, pair, policy, pulled, pushed, row, the_operation

OFF = Way(add=False, update=frozenset(), remove=False)
PRESENT, LEFT, DELETED, ABSENT = Presence.PRESENT, Presence.LEFT, Presence.DELETED, Presence.ABSENT


def ada(crm: Presence, platform: Presence) -> Pair:
    """A person whose score is new and whose name is alike on both sides."""
    return pair(
        crm=None if crm is ABSENT else contact({"email": ADA, "first_name": "Ada"}),
        platform=None if platform is ABSENT else row({"email": ADA, "first_name": "Ada"}),
        base={"email": ADA, "first_name": "Ada"},
        crm_presence=crm,
        platform_presence=platform,
        score=40,
    )


@pytest.mark.parametrize(
    ("crm", "platform", "pull", "maintain", "push"),
    [
        (PRESENT, PRESENT, [], ["update"], ["update"]),
        (PRESENT, LEFT, ["removed_by_hand"], [], ["remove"]),
        (PRESENT, DELETED, ["removed_by_hand"], [], ["remove"]),
        (PRESENT, ABSENT, ["create"], [], []),
        (LEFT, PRESENT, ["remove"], ["update"], ["left_audience"]),
        (LEFT, LEFT, [], [], []),
        (LEFT, DELETED, [], [], []),
        (LEFT, ABSENT, [], [], []),
        (DELETED, PRESENT, ["remove"], ["update"], ["deleted_in_crm"]),
        (DELETED, LEFT, [], [], []),
        (DELETED, DELETED, [], [], []),
        (DELETED, ABSENT, [], [], []),
        (ABSENT, PRESENT, [], ["update"], ["create"]),
        (ABSENT, LEFT, [], [], []),
        (ABSENT, DELETED, [], [], []),
        (ABSENT, ABSENT, [], [], []),
    ],
)
def test_the_truth_table_of_presences_with_everything_switched_on(
    crm: Presence, platform: Presence, pull: list[str], maintain: list[str], push: list[str]
) -> None:
    one = ada(crm, platform)
    assert codes(pulled(one)) == pull
    assert codes(decide(one, Phase.MAINTAIN)) == maintain
    assert codes(pushed(one)) == push


@pytest.mark.behaviour("AO-5")
@pytest.mark.parametrize(
    ("crm", "platform", "pull", "push"),
    [
        (PRESENT, PRESENT, [], []),
        (PRESENT, DELETED, ["removed_by_hand"], []),
        (PRESENT, ABSENT, ["add_is_off"], []),
        (LEFT, PRESENT, ["left_audience"], ["left_audience"]),
        (DELETED, PRESENT, ["deleted_in_crm"], ["deleted_in_crm"]),
        (ABSENT, PRESENT, [], ["no_crm_record"]),
    ],
)
def test_with_every_option_off_nothing_is_written_and_each_row_says_which_option_it_was(
    crm: Presence, platform: Presence, pull: list[str], push: list[str]
) -> None:
    rules = policy(pull=OFF, push=OFF)
    one = ada(crm, platform)
    assert codes(pulled(one, rules)) == pull
    assert codes(pushed(one, rules)) == push


@pytest.mark.behaviour("AO-5")
@pytest.mark.parametrize(
    ("option", "one"),
    [
        ("add", ada(PRESENT, ABSENT)),
        ("remove", ada(LEFT, PRESENT)),
    ],
)
def test_pull_add_and_pull_remove_are_switched_one_by_one(option: str, one: Pair) -> None:
    for other in ("add", "remove"):
        way = replace(OFF, add=other == "add", remove=other == "remove")
        assert bool(pulled(one, policy(pull=way)).operations) == (other == option)


@pytest.mark.behaviour("AO-5")
@pytest.mark.parametrize(
    ("option", "one"),
    [
        ("add", ada(ABSENT, PRESENT)),
        ("remove", ada(PRESENT, DELETED)),
    ],
)
def test_push_add_and_push_remove_are_switched_one_by_one(option: str, one: Pair) -> None:
    for other in ("add", "remove"):
        way = replace(OFF, add=other == "add", remove=other == "remove")
        assert bool(pushed(one, policy(push=way)).operations) == (other == option)


def test_a_new_contact_becomes_a_row_with_all_its_values_but_the_score() -> None:
    crm = contact({"email": ADA, "first_name": "Ada", "score": 12})
    operation = the_operation(pulled(pair(crm)))
    assert operation.side is Side.PLATFORM
    assert operation.kind is Kind.CREATE
    assert operation.object == "row"
    assert operation.record_id is None
    assert operation.email == ADA
    assert operation.before == {}
    assert operation.after == {"email": ADA, "first_name": "Ada"}
    assert operation.why == {"": "in the audience, and not on the list"}
    assert operation.external_id is not None


def test_a_row_without_a_contact_becomes_a_contact_with_its_score() -> None:
    operation = the_operation(pushed(pair(platform=row({"email": ADA, "first_name": "Ada", "score": 3}), score=40)))
    assert operation.side is Side.CRM
    assert operation.kind is Kind.CREATE
    assert operation.object == "contact"
    assert operation.record_id is None
    assert operation.email == ADA
    assert operation.after == {"email": ADA, "first_name": "Ada", "score": 40}
    assert operation.why == {"": "on the list, and no CRM record has this email"}
    assert operation.external_id is not None
    assert operation.external_id.startswith("keepstep-")


def test_a_new_contact_gets_no_score_where_there_is_none_or_the_score_is_not_pushed() -> None:
    unscored = pair(platform=row({"email": ADA}))
    assert the_operation(pushed(unscored)).after == {"email": ADA}
    scored = pair(platform=row({"email": ADA}), score=40)
    no_score = policy(push=Way(add=True, update=frozenset({"first_name"}), remove=False))
    assert the_operation(pushed(scored, no_score)).after == {"email": ADA}


def test_a_new_contact_is_given_no_more_than_it_may_be_given() -> None:
    rules = replace(policy(), create_fields=frozenset({"email"}))
    assert the_operation(pushed(pair(platform=row({"email": ADA, "first_name": "Ada"})), rules)).after == {"email": ADA}


def test_a_removed_row_is_shown_as_it_was() -> None:
    one = pair(contact(), row({"email": ADA, "first_name": "Ada"}), crm_presence=LEFT)
    operation = the_operation(pulled(one))
    assert operation.side is Side.PLATFORM
    assert operation.kind is Kind.REMOVE
    assert operation.record_id == "R1"
    assert operation.before == {"email": ADA, "first_name": "Ada"}
    assert operation.after == {}
    assert operation.why == {"": "no longer in the audience"}
    assert operation.external_id is None


def test_a_row_whose_contact_was_deleted_says_so() -> None:
    assert the_operation(pulled(ada(DELETED, PRESENT))).why == {"": "deleted in the CRM"}


def test_a_removed_contact_is_shown_as_it_was() -> None:
    one = pair(contact({"first_name": "Ada"}), row(), platform_presence=DELETED)
    operation = the_operation(pushed(one))
    assert operation.side is Side.CRM
    assert operation.kind is Kind.REMOVE
    assert operation.object == "contact"
    assert operation.record_id == "C1"
    assert operation.before == {"first_name": "Ada"}
    assert operation.after == {}
    assert operation.why == {"": "taken off the list, and push.remove is on"}


def test_who_was_taken_off_the_list_by_hand_stays_off_it() -> None:
    (skipped,) = pulled(ada(PRESENT, DELETED)).skipped
    assert skipped.side is Side.PLATFORM
    assert skipped.why == "somebody took this person off the list; it stays so"
    assert (skipped.object, skipped.record_id) == ("row", "R1")


@pytest.mark.parametrize("platform", [PRESENT, ABSENT])
def test_a_duplicate_is_left_alone_and_reported_once(platform: Presence) -> None:
    one = replace(ada(PRESENT, platform), duplicate_of="contact:C9")
    (skipped,) = pulled(one).skipped
    assert skipped.code == "duplicate"
    assert skipped.why == "contact:C9 has the same email and is the one followed"
    assert pushed(one) == Decision()


# -- deletions ---------------------------------------------------------------------------------------------------------


def test_a_deleted_contact_is_not_made_again() -> None:
    (skipped,) = pushed(ada(DELETED, PRESENT)).skipped
    assert skipped.side is Side.CRM
    assert skipped.why == "deleted in the CRM, and stays deleted (on_deleted: stop)"
    assert (skipped.object, skipped.record_id) == ("contact", "C1")


def test_a_new_row_with_the_email_of_a_deleted_contact_doesn_t_bring_it_back_either() -> None:
    assert codes(pushed(pair(platform=row({"email": ADA}), tombstone=True))) == ["deleted_in_crm"]


@pytest.mark.parametrize("one", [ada(DELETED, PRESENT), replace(ada(ABSENT, PRESENT), tombstone=True)])
def test_on_deleted_recreate_makes_it_again(one: Pair) -> None:
    assert codes(pushed(one, policy(recreate_deleted=True))) == ["create"]


@pytest.mark.parametrize("one", [ada(DELETED, PRESENT), replace(ada(ABSENT, PRESENT), tombstone=True)])
def test_on_deleted_recreate_makes_nothing_where_push_add_is_off(one: Pair) -> None:
    rules = policy(recreate_deleted=True, push=replace(OFF, update=frozenset({"score"})))
    assert codes(pushed(one, rules)) == ["no_crm_record"]


@pytest.mark.parametrize("platform", [ABSENT, LEFT, DELETED])
def test_on_deleted_recreate_makes_nobody_again_who_is_not_on_the_list(platform: Presence) -> None:
    assert codes(pushed(ada(DELETED, platform), policy(recreate_deleted=True))) == []


# -- inactive records (NS-1, NS-2, DY-1) -------------------------------------------------------------------------------


def test_an_inactive_contact_is_not_written_and_waits_for_somebody() -> None:
    one = pair(contact({"score": 3}, status=Status.INACTIVE), row(), base={}, score=40)
    (held,) = pushed(one).held
    assert held.code == "inactive"
    assert held.side is Side.CRM
    assert held.what_to_do == "the CRM record is inactive: reactivate it there, or take the person off the list"
    assert (held.object, held.record_id) == ("contact", "C1")
    assert pushed(one).operations == ()


def test_an_inactive_contact_is_written_where_its_crm_lets_it_sync() -> None:
    one = pair(contact({"score": 3}, status=Status.INACTIVE), row(), base={}, score=40)
    operation = the_operation(pushed(one, policy(inactive_syncs=True)))
    assert operation.after == {"score": 40}  # and nothing that would reactivate it


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.DISQUALIFIED, Status.CONVERTED])
def test_every_other_status_goes_on_syncing(status: Status) -> None:
    assert codes(pushed(pair(contact({"score": 3}, status=status), row(), base={}, score=40))) == ["update"]


def test_an_inactive_contact_with_nothing_to_write_is_no_error() -> None:
    one = pair(contact({"score": 40}, status=Status.INACTIVE), row(), base={"score": 40}, score=40)
    assert codes(pushed(one)) == []


def test_an_inactive_contact_keeps_its_open_conflicts_and_what_is_agreed() -> None:
    crm = contact({"first_name": "Ada", "company": "Acme", "score": 3}, status=Status.INACTIVE)
    platform = row({"first_name": "Ada", "company": "Apex"})
    decision = pushed(pair(crm, platform, base={"company": "Old"}, score=40))
    assert codes(decision) == ["inactive"]
    assert [conflict.field for conflict in decision.conflicts] == ["company"]
    assert decision.agreed["first_name"] == "Ada"


@pytest.mark.parametrize(
    ("score", "status", "expected"),
    [
        (40, Status.INACTIVE, ["inactive"]),
        (3, Status.INACTIVE, []),
        (None, Status.INACTIVE, []),
        (40, Status.ACTIVE, ["left_audience"]),
    ],
)
def test_a_contact_that_left_the_audience_because_it_is_inactive_is_an_error_while_its_score_waits(
    score: int | None, status: Status, expected: list[str]
) -> None:
    one = pair(contact({"score": 3}, status=status), row(), crm_presence=LEFT, score=score)
    assert codes(pushed(one)) == expected


def test_an_inactive_contact_that_left_is_no_error_where_scores_are_not_pushed() -> None:
    one = pair(contact({"score": 3}, status=Status.INACTIVE), row(), crm_presence=LEFT, score=40)
    assert codes(pushed(one, policy(push=replace(OFF, add=True)))) == []


def test_a_contact_that_left_is_skipped_where_inactive_ones_go_on_syncing() -> None:
    one = pair(contact({"score": 3}, status=Status.INACTIVE), row(), crm_presence=LEFT, score=40)
    assert codes(pushed(one, policy(inactive_syncs=True))) == ["left_audience"]


# -- a side that is there has a snapshot -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        Pair("link:1", crm_presence=PRESENT),
        Pair("link:1", crm_presence=PRESENT, platform=row(), platform_presence=PRESENT),
        Pair("link:1", crm=contact(), crm_presence=LEFT, platform_presence=PRESENT),
    ],
)
def test_a_side_that_is_there_without_its_record_is_our_own_mistake_and_said_so(broken: Pair) -> None:
    with pytest.raises(ValueError, match="a side that is there must have a snapshot"):
        pulled(broken)
