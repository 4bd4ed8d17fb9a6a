"""Account Engagement's rows to records, and writes to bodies: values in, values out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from keepstep.connectors.account_engagement import wire
from keepstep.connectors.account_engagement.fields import PROSPECT_FIELDS, activity_type, custom_field
from keepstep.connectors.base import FieldInfo
from keepstep.core.model import Deletion, FieldType, Kind, Status
from tests.connectors.account_engagement.account import write
from tests.connectors.account_engagement.unit import STAMP, Row, person

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
KINDS = {name: info.type for name, info in PROSPECT_FIELDS.items()}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-05-16T11:27:08-07:00", datetime(2025, 5, 16, 18, 27, 8, tzinfo=UTC)),
        (
            "2025-11-02T01:30:00-08:00",
            datetime(2025, 11, 2, 9, 30, tzinfo=UTC),
        ),  # the hour that comes twice: its offset
        ("2025-11-02T01:30:00-07:00", datetime(2025, 11, 2, 8, 30, tzinfo=UTC)),
        ("2025-05-16T18:27:08Z", datetime(2025, 5, 16, 18, 27, 8, tzinfo=UTC)),
        ("2025-05-16T18:27:08", datetime(2025, 5, 16, 18, 27, 8, tzinfo=UTC)),
        (None, None),
        ("", None),
        ("yesterday", None),
        (17, None),
    ],
)
def test_moments_come_with_the_users_offset_and_are_told_in_utc(text: Any, moment: datetime | None) -> None:
    assert wire.moment(text) == moment


def test_a_moment_is_asked_for_without_fractions() -> None:
    assert wire.stamp(datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)) == "2026-03-01T09:00:00+00:00"


def test_a_prospect_is_told_with_its_owner_its_refusal_and_the_fields_that_were_asked_for() -> None:
    row = person(7, assignedToId=101, optedOut=True, firstName="Ana", score=-3, hobby__c=["chess", "go"], grade=None)
    names = ("firstName", "score", "hobby__c", "grade", "userId", "createdAt")
    record = wire.prospect(row | {"createdAt": STAMP}, names, KINDS)
    assert (record.object, record.id, record.email, record.owner) == ("prospect", "7", "p7@a.test", "101")
    assert (record.opted_out, record.modified, record.status) == (True, AT, Status.ACTIVE)
    assert record.fields == {
        "firstName": "Ana",
        "score": -3,
        "hobby__c": "chess; go",
        "grade": None,
        "userId": 101,  # which is read as assignedToId
        "createdAt": "2026-03-01T09:00:00+00:00",
    }


def test_blank_text_is_none_and_a_marker_is_told_as_it_stands() -> None:
    record = wire.prospect(person(7, company="", salesforceId="[[crm_deleted]]"), ("company", "salesforceId"), KINDS)
    assert record.fields == {"company": None, "salesforceId": "[[crm_deleted]]"}


def test_a_query_asks_for_each_field_once_and_by_the_name_it_is_read_by() -> None:
    asked = wire.sources(("userId", "email", "firstName", "assignedToId"))
    assert sorted(asked) == sorted({*wire.TOLD, "firstName"})
    assert "prospect.firstName" in wire.member_fields(("firstName",))


def test_a_member_is_a_row_of_its_list_with_the_later_of_two_stamps() -> None:
    row: Row = {
        "id": 9,
        "prospectId": 7,
        "optedOut": False,
        "isDeleted": False,
        "updatedAt": "2026-03-01T05:00:00-08:00",
    }
    record = wire.member("33", {**row, "prospect": person(7, firstName="Ana")}, ("firstName",), KINDS)
    assert record is not None
    assert (record.object, record.id, record.fields) == ("row", "33:7", {"firstName": "Ana"})
    assert record.modified == datetime(2026, 3, 1, 13, tzinfo=UTC)
    assert not record.opted_out
    left = wire.member("33", {**row, "optedOut": True, "prospect": person(7)}, (), KINDS)
    assert left is not None
    assert left.opted_out


@pytest.mark.parametrize(
    "change",
    [{"isDeleted": True}, {"prospect": None}, {"prospect": person(7, isDeleted=True)}, {"prospect": "7"}],
)
def test_who_left_or_is_in_the_recycle_bin_is_no_row(change: dict[str, Any]) -> None:
    row: Row = {"id": 9, "prospectId": 7, "isDeleted": False, "updatedAt": STAMP, "prospect": person(7)}
    assert wire.member("33", {**row, **change}, (), KINDS) is None


def test_ids_of_rows_name_their_list_and_prospect() -> None:
    assert wire.row_id("33", 7) == "33:7"
    assert [wire.prospect_of(id) for id in ("33:7", "7")] == ["7", "7"]
    assert wire.deletion("row", "33:7", {"updatedAt": STAMP}) == Deletion("row", "33:7", AT)


def test_a_user_who_was_deleted_is_inactive() -> None:
    row: Row = {"id": 101, "email": "ada@a.test", "firstName": "Ada", "lastName": None, "salesforceId": "005x"}
    record = wire.user({**row, "isDeleted": True, "updatedAt": STAMP})
    assert (record.object, record.id, record.email, record.status) == ("user", "101", "ada@a.test", Status.INACTIVE)
    assert record.fields == {"name": "Ada", "salesforceId": "005x"}
    assert wire.user(row).status is Status.ACTIVE


def test_an_activity_tells_who_did_what_when() -> None:
    row: Row = {
        "id": 5,
        "prospectId": 7,
        "type": 4,
        "formId": 81,
        "createdAt": STAMP,
        "prospect": {"email": "a@a.test"},
    }
    record = wire.activity(row, "prospect.email")
    assert record is not None
    assert record.fields == {"subject": "7", "type": "form_submitted", "at": "2026-03-01T09:00:00+00:00"}
    assert (record.id, record.email, record.modified) == ("5", "a@a.test", AT)
    assert wire.activity({**row, "prospect": None}, "prospect.email") is not None
    nameless = wire.activity(row, None)
    assert nameless is not None
    assert nameless.email is None
    assert wire.activity({**row, "prospectId": None}, None) is None  # a visitor whom nobody knows
    assert wire.activity({**row, "createdAt": None}, None) is None


@pytest.mark.parametrize(
    ("number", "asset", "word"),
    [
        (1, "emailId", "email_clicked"),
        (1, "listEmailId", "email_clicked"),
        (1, "emailTemplateId", "email_clicked"),
        (1, "customRedirectId", "custom_redirect_clicked"),
        (1, "fileId", "file_accessed"),
        (2, "formId", "form_viewed"),
        (2, "landingPageId", "landing_page_viewed"),
        (2, "visitorPageViewId", "page_viewed"),
        (2, "fileId", "file_accessed"),
        (2, None, "page_viewed"),
        (3, "formId", "form_error"),
        (3, "formHandlerId", "form_handler_error"),
        (3, "landingPageId", "landing_page_error"),
        (4, "formId", "form_submitted"),
        (4, "formHandlerId", "form_handler_submitted"),
        (4, "landingPageId", "landing_page_submitted"),
        (4, None, "other_4"),
        (6, "emailId", "email_sent"),
        (7, "siteSearchQueryId", "site_search"),
        (8, "opportunityId", "opportunity_created"),
        (9, "opportunityId", "opportunity_won"),
        (10, "opportunityId", "opportunity_lost"),
        (11, "emailId", "email_opened"),
        (12, None, "unsubscribed"),
        (13, "emailId", "email_bounced"),
        (14, "emailId", "spam_complaint"),
        (16, None, "resubscribed"),
        (17, None, "third_party_clicked"),
        (19, "opportunityId", "opportunity_linked"),
        (20, "visitId", "visit"),
        (21, "customRedirectId", "custom_redirect_clicked"),
        (23, None, "webinar_invited"),
        (24, None, "webinar_attended"),
        (25, None, "webinar_registered"),
        (27, None, "video_watched"),
        (28, None, "event_registered"),
        (29, None, "event_checked_in"),
        (34, None, "video_watched"),
        (99, None, "other_99"),
    ],
)
def test_the_number_and_the_asset_say_what_was_done(number: int, asset: str | None, word: str) -> None:
    assert activity_type({"type": number, **({asset: 1} if asset else {})}) == word


def test_an_activity_without_a_number_is_other() -> None:
    assert activity_type({"type": "Click"}) == "other"


@pytest.mark.parametrize(
    ("row", "info"),
    [
        ({"fieldId": "hobby", "name": "Hobby", "type": "text"}, FieldInfo("hobby__c", label="Hobby")),
        ({"fieldId": "seats__c", "type": "Number"}, FieldInfo("seats__c", FieldType.NUMBER)),
        ({"fieldId": "since", "type": "date"}, FieldInfo("since__c", FieldType.DATE)),
        ({"fieldId": "yes", "type": "checkbox"}, FieldInfo("yes__c")),
    ],
)
def test_a_custom_field_carries_its_ending(row: dict[str, Any], info: FieldInfo) -> None:
    assert custom_field(row) == info


def test_the_grade_is_read_only_and_the_score_is_not() -> None:
    assert not PROSPECT_FIELDS["grade"].writable
    assert not PROSPECT_FIELDS["assignedToId"].writable
    assert all(PROSPECT_FIELDS[name].writable for name in ("score", "userId", "salesforceId", "optedOut"))


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"values": []}, {"nextPageToken": None}, {"values": [{"id": "7"}], "nextPageToken": None}],
)
def test_what_is_no_page_is_not_taken_for_an_empty_one(body: Any) -> None:
    assert wire.rows_of(body) is None


def test_a_page_says_whether_more_follow() -> None:
    assert wire.rows_of({"values": [{"id": 7}], "nextPageToken": "x"}) == ([{"id": 7}], True)
    assert wire.rows_of({"values": [], "nextPageToken": None}) == ([], False)


def test_hidden_fields_are_those_that_no_row_has() -> None:
    rows: list[dict[str, Any]] = [{"id": 1, "a": None, "r": None}, {"id": 2, "b": 1, "r": {"x": 1}}]
    assert wire.hidden(rows, ("id", "a", "b", "r.x", "r.y", "c")) == ("c",)  # r.y may be of the first row's kind
    assert wire.hidden(rows[1:], ("r.x", "r.y")) == ("r.y",)
    assert wire.hidden([], ("c",)) == ()


# -- writes ------------------------------------------------------------------------------------------------------------


def body(kind: Kind, **fields: Any) -> dict[str, Any]:
    return wire.body_of(write(kind, None if kind is Kind.CREATE else "7", **fields))


def test_an_update_says_what_it_says_blanks_and_refusals_too() -> None:
    told = body(Kind.UPDATE, firstName=None, score=5.0, optedOut=False, userId="101", salesforceId="101")
    assert told == {"firstName": None, "score": 5, "optedOut": False, "userId": 101, "salesforceId": "101"}
    assert body(Kind.UPDATE, userId=None, annualRevenue=0.5) == {"userId": None, "annualRevenue": 0.5}


def test_a_create_clears_nothing_and_lifts_no_refusal_of_somebody_who_may_be_there() -> None:
    told = body(Kind.CREATE, email="a@a.test", city=None, optedOut=False, isDoNotCall=False, isReviewed=False)
    assert told == {"email": "a@a.test", "isReviewed": False}
    assert body(Kind.CREATE, optedOut=True) == {"optedOut": True}


def test_a_create_finds_by_the_address_that_it_stores() -> None:
    assert wire.email_of(write(Kind.CREATE, email="Ann@a.test")) == "Ann@a.test"
    assert wire.email_of(write(Kind.CREATE, firstName="Ann")) is None


@pytest.mark.parametrize(
    ("email", "asked"),
    [
        (
            " ann.Ode@A.test ",
            ("ann.Ode@A.test", "ann.ode@a.test", "Ann.Ode@a.test", "Ann.Ode@A.Test", "ANN.ODE@A.TEST"),
        ),
        ("7@8.99", ("7@8.99",)),
        ("no address", ()),
        ("", ()),
        ('"a,b"@c.test', ()),
    ],
)
def test_an_address_is_asked_for_in_its_usual_spellings(email: str, asked: tuple[str, ...]) -> None:
    spelled = wire.spellings(email)
    assert (spelled[:1], set(spelled)) == (asked[:1], set(asked))
