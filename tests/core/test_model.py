"""The values themselves: sides, field names, errors, and the table of systems."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from keepstep.core import errors
from keepstep.core.model import FieldRule, Kind, Phase, Rule, Side, Status
from keepstep.core.policies import ACT_ON, CRMS, DYNAMICS, NETSUITE, PLATFORMS, SALESFORCE, SUGARCRM
from tests.core.cases import contact


def test_each_side_has_another() -> None:
    assert Side.CRM.other is Side.PLATFORM
    assert Side.PLATFORM.other is Side.CRM


def test_a_field_has_a_name_on_each_side() -> None:
    rule = FieldRule("first_name", "firstName", "First Name")
    assert rule.on(Side.CRM) == "firstName"
    assert rule.on(Side.PLATFORM) == "First Name"
    assert rule.rule is Rule.CRM_WINS


def test_what_was_read_can_t_be_changed_afterwards() -> None:
    with pytest.raises(FrozenInstanceError):
        contact().record_id = "C2"  # type: ignore[misc]


def test_names_are_those_that_the_journal_and_the_files_have() -> None:
    assert [kind.value for kind in Kind] == ["create", "update", "remove"]
    assert [phase.value for phase in Phase] == ["pull", "maintain", "push"]
    assert [status.value for status in Status] == ["active", "inactive", "disqualified", "converted"]


def test_every_error_of_ours_is_one_of_the_tree() -> None:
    for kind in (errors.AuthError, errors.SettingsError, errors.Unavailable, errors.FenceRefused, errors.Bug):
        assert issubclass(kind, errors.KeepstepError)


def test_unavailable_says_how_long_to_wait_where_the_other_system_did() -> None:
    assert errors.Unavailable("busy", 30.0).retry_after_s == 30.0
    assert errors.Unavailable("busy").retry_after_s is None
    assert str(errors.Unavailable("busy", 30.0)) == "busy"


def test_a_refusal_s_text_says_every_reason_and_carries_them() -> None:
    reasons = (
        errors.Refusal("crm_empty", 0, 1, "the audience is empty"),
        errors.Refusal("max_removed", 0.2, 0.05, "20%"),
    )
    refused = errors.Refused(reasons)
    assert str(refused) == "the audience is empty; 20%"
    assert refused.refusals == reasons


def test_each_system_stands_in_the_table_under_its_own_name() -> None:
    assert all(name == policy.system for name, policy in CRMS.items())
    assert all(name == policy.system for name, policy in PLATFORMS.items())
    assert {"netsuite", "memory_crm"} <= set(CRMS)
    assert {"act_on", "memory_platform"} <= set(PLATFORMS)


def test_the_tables_can_t_be_changed() -> None:
    with pytest.raises(TypeError):
        CRMS["other"] = NETSUITE  # type: ignore[index]


def test_netsuite_is_as_its_documents_say() -> None:
    assert NETSUITE.lookup_order == ("lead", "contact")
    assert NETSUITE.inactive_syncs is False
    assert NETSUITE.default_schedule == "*/10 * * * *"
    assert NETSUITE.custom_field.format(name="act_on_score") == "custentity_act_on_score"
    assert NETSUITE.field_names["company"] in NETSUITE.reference_fields


def test_dynamics_is_as_its_documents_say() -> None:
    assert DYNAMICS.lookup_order == ("contact", "lead")
    assert DYNAMICS.create_as[0] == "lead"
    assert DYNAMICS.inactive_syncs is True
    assert DYNAMICS.default_schedule == "*/10 * * * *"


def test_of_a_lead_and_a_contact_sugarcrm_s_contact_goes_first_as_salesforce_s_does() -> None:
    assert SUGARCRM.lookup_order == SALESFORCE.lookup_order == ("contact", "lead")


def test_who_must_make_a_missing_score_field_is_told_where_and_of_which_type() -> None:
    text = NETSUITE.score_field_help.format(script_id="custentity_act_on_score")
    assert "ID custentity_act_on_score" in text
    assert "Integer Number" in text
    assert "Customer and to Contact" in text


def test_act_on_s_email_column_is_the_one_that_email_is_mapped_to() -> None:
    assert ACT_ON.field_names["email"] == ACT_ON.email_column
