"""With every logger at its most talkative, a bad day names nobody: not in the log, not in an error's text."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from keepstep.core.errors import Unavailable
from keepstep.store.database import Store
from tests.bad_days.conftest import TALKERS
from tests.bad_days.office import LIST, Office

ANN = "ann@example.com"


@pytest.fixture
def talkative(office: Office, caplog: pytest.LogCaptureFixture) -> Iterator[Office]:
    """Everybody on our side of the wire logs all that they have to say; the store is opened after that."""
    for name in (*TALKERS, "sqlalchemy", "alembic"):
        caplog.set_level(logging.DEBUG, name)
    usual = office.store
    with Store(usual.url.render_as_string(hide_password=False)) as office.store:
        yield office
    office.store = usual


def test_a_day_of_every_trouble_names_nobody(talkative: Office, caplog: pytest.LogCaptureFixture) -> None:
    office = talkative
    office.change_sync(push={"add": True}, pull={"remove": True}, crm={"create_at_stage": "customer"})
    ann, bo, cy = (office.hire(f"{name}@example.com", name.title()) for name in ("ann", "bo", "cy"))
    office.run()
    office.act_on.opt_out(ANN)
    office.act_on.act(ANN)
    office.netsuite.script_refuses(ann)
    office.netsuite.edit(bo, email=ANN)
    office.netsuite.delete(cy)
    office.act_on.add(LIST, email="di@example.com", first="Di", last="Quillfeather", company="Newco")
    office.netsuite.weather("lose_reply", "/record/", method="PUT", times=None)
    office.act_on.weather("lose_reply", "/record", method="PUT|DELETE", times=None)

    report = office.run()

    office.balances(report)
    assert report.totals.rejected + report.totals.held >= 2
    office.netsuite.weather("status", "/suiteql", times=None, status=503)
    with office.fails(Unavailable):
        office.run()
    assert "SELECT" in caplog.text  # they do talk


def test_a_statement_that_postgres_refuses_names_nobody(talkative: Office) -> None:
    talkative.hire(ANN, "Ann")
    with pytest.raises(ProgrammingError) as wrong, talkative.store.begin() as conn:
        conn.execute(text("SELECT CAST(:email AS text) FROM no_such_table"), {"email": ANN})
    talkative.texts.append("".join(traceback.format_exception(wrong.value)))
