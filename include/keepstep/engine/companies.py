"""The companies that new people need: looked up by name, made where there is none, never twice (AO-8)."""

from __future__ import annotations

import orjson
from sqlalchemy import Connection, text

from keepstep.connectors.base import FetchBy, ReadQuery
from keepstep.core.errors import Bug
from keepstep.core.model import Kind, Operation, OperationId, Phase, Record, Side, Status
from keepstep.core.normalize import normalize_company
from keepstep.core.plan import digest
from keepstep.engine.frame import Frame
from keepstep.engine.run import RunContext
from keepstep.store import plans

STAGE = "stage"  # the field of a company that connectors turn into what the CRM calls its stage


def resolve_companies(ctx: RunContext, frame: Frame) -> None:
    """Say for each planned new person which company it belongs to: one that is there, or one that is made first."""
    with ctx.store.begin() as conn:
        wanted = _wanted(conn, ctx, frame)
    if not wanted:
        return
    found = _look_up(ctx, frame, wanted)
    address = frame.address(ctx.run.id, Phase.PUSH)
    with ctx.store.begin() as conn:
        for name, spelled in wanted.items():
            if name in found:
                _refer(conn, ctx, frame, spelled, orjson.dumps({_field(frame): found[name]}).decode(), None)
                continue
            operation = _make(frame, name, spelled[0])
            conn.execute(text(_COMPANY), _row(plans.entry(address, operation, "planned")))
            _refer(conn, ctx, frame, spelled, None, operation.id)


def _field(frame: Frame) -> str:
    if frame.company_rule is None:
        raise Bug("a plan with new people under companies needs a field for the company")
    return frame.company_rule.name


def _wanted(conn: Connection, ctx: RunContext, frame: Frame) -> dict[str, list[str]]:
    """Each company that planned people need, by its normalized name, with the spellings that occur."""
    rows = conn.execute(
        text(
            "SELECT DISTINCT after ->> :field AS name FROM change WHERE run_id = :run AND phase = 'push'"
            " AND kind = 'create' AND object = :object AND state = 'planned' AND after ? :field ORDER BY 1"
        ),
        {"field": _field(frame), "run": ctx.run.id, "object": frame.policy.crm_object},
    )
    wanted: dict[str, list[str]] = {}
    for row in rows:
        normalized = normalize_company(row.name)
        if normalized:
            wanted.setdefault(normalized, []).append(row.name)
    return wanted


def _look_up(ctx: RunContext, frame: Frame, wanted: dict[str, list[str]]) -> dict[str, str]:
    """The ids of the companies that are there; of several with one name an active one, the lowest id, is taken."""
    if frame.company_object is None or frame.company_name_field is None:
        raise Bug("this CRM has no companies to look up")
    query = ReadQuery(object=frame.company_object, fields=(frame.company_name_field,))
    names = sorted({spelling for spellings in wanted.values() for spelling in spellings})
    found: dict[str, list[Record]] = {}
    for record in ctx.crm.fetch(query, FetchBy.NAME, names):
        normalized = normalize_company(record.fields.get(frame.company_name_field))
        if normalized:
            found.setdefault(normalized, []).append(record)
    return {name: min(records, key=_order).id for name, records in found.items()}


def _order(record: Record) -> tuple[bool, int, str]:
    return (record.status is not Status.ACTIVE, len(record.id), record.id)


def _make(frame: Frame, name: str, spelled: str) -> Operation:
    key = digest([frame.crm_connection, name])
    return Operation(
        id=OperationId(digest(["company", key])),
        pair=f"company:{key}",
        phase=Phase.PUSH,
        side=Side.CRM,
        kind=Kind.CREATE,
        object=str(frame.company_object),
        record_id=None,
        email=None,
        before={},
        after={str(frame.company_name_field): spelled.strip(), STAGE: frame.company_stage},
        why={"": "a new person on the list works there, and the CRM has no company of this name"},
        generation=0,
        # One name, one key, whichever sync or run makes it: made twice at once, it is still one company.
        external_id=f"keepstep-company-{key[:16]}",
    )


_COMPANY = """
INSERT INTO change (run_id, operation_id, sync, phase, side, connection, kind, object, pair, external_id, before, after,
    why, state, code)
VALUES (:run_id, :operation_id, :sync, :phase, :side, :connection, :kind, :object, :pair, :external_id,
    CAST(:before AS jsonb), CAST(:after AS jsonb), CAST(:why AS jsonb), :state, :code)
ON CONFLICT (run_id, operation_id) DO NOTHING
"""


def _row(entry: dict[str, object]) -> dict[str, object]:
    return {
        name: orjson.dumps(value).decode() if name in ("before", "after", "why") else value
        for name, value in entry.items()
    }


def _refer(
    conn: Connection, ctx: RunContext, frame: Frame, spelled: list[str], refers: str | None, needs: str | None
) -> None:
    conn.execute(
        text(
            "UPDATE change SET refers = CAST(:refers AS jsonb), needs = :needs WHERE run_id = :run AND phase = 'push'"
            " AND kind = 'create' AND object = :object AND state = 'planned' AND after ->> :field = ANY(:names)"
        ),
        {
            "refers": refers,
            "needs": needs,
            "run": ctx.run.id,
            "object": frame.policy.crm_object,
            "field": _field(frame),
            "names": spelled,
        },
    )
