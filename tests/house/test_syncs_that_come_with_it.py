"""The sync files and score sheets in include/ are right, beside each other too, and show every way of scoring."""

import pytest

from keepstep.config import check_together, is_prospect_sync, load_score_sheet, load_sync
from keepstep.connectors.act_on.wire import ACTIVITY_TYPES
from tools.behaviours import ROOT

FILES = sorted((ROOT / "include" / "syncs").glob("*.yaml"))
SYNCS = [load_sync(path) for path in FILES if not is_prospect_sync(path)]


@pytest.mark.behaviour("AO-1")
def test_there_is_one_for_each_of_netsuites_four_lists() -> None:
    assert {file.settings.crm.audience for file in SYNCS} == {
        "affiliated_with_customers",
        "affiliated_with_prospects",
        "affiliated_with_leads",
        "unaffiliated",
    }
    assert check_together(SYNCS) == {}


def test_they_push_the_score_only_and_pull_everything_else() -> None:
    for file in SYNCS:
        settings = file.settings
        assert settings.push_update == {"act_on_score"}, file.name
        assert settings.pull_update == set(settings.fields), file.name
        assert (settings.pull.add, settings.push.add, settings.push.remove) == (True, False, False)


def test_each_is_scored_in_another_way() -> None:
    ways = {
        (
            file.settings.maintenance.score_from,
            file.settings.activities.source,
            bool(file.settings.maintenance.schedule),
        )
        for file in SYNCS
    }
    assert len(ways) == len(SYNCS) == 4


def test_the_default_score_sheet_names_activities_as_the_act_on_connector_does() -> None:
    sheet = load_score_sheet(ROOT / "include" / "score_sheets" / "default.yaml")
    assert set(sheet.rules) <= set(ACTIVITY_TYPES.values())


def test_every_score_sheet_that_a_sync_names_is_there() -> None:
    for file in SYNCS:
        load_score_sheet(ROOT / "include" / "score_sheets" / f"{file.settings.maintenance.score_sheet}.yaml")
