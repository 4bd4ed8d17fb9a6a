"""A plan that goes over the sync's limits waits for a person, in Airflow's own way: Required Actions in the UI.

The task that was refused waits itself (state `awaiting_input`: it holds no worker and no pool slot), so that the chain
stays four plain tasks and an answer can't be given to one run and used by another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk.exceptions import AirflowFailException, TaskAwaitingInput
from airflow.sdk.execution_time.hitl import upsert_hitl_detail

from keepstep.engine.run import Run

if TYPE_CHECKING:
    from airflow.sdk import Context

    from keepstep.core.errors import Refusal, Refused
    from keepstep.store.overview import PlanCount

APPROVE, REJECT = "Approve", "Reject"
APPROVAL_WAIT = timedelta(days=7)  # then the run fails, and nothing was written


# What a yes means where the plan itself has little to show for it.
ACCEPTS = {
    "list_empty": "The list's rows are gone: approving accepts that these people were taken off, and they stay off.",
    "crm_empty": "Nobody is in the audience any more. Approving accepts that these people left it.",
}


def ask(context: Context, refused: Refused, counts: Sequence[PlanCount], run: Run, wait: timedelta) -> NoReturn:
    """Show what the plan would do and why it was refused; the task goes on in its `answered` when somebody answers."""
    upsert_hitl_detail(
        ti_id=context["task_instance"].id,
        options=[APPROVE, REJECT],
        subject=f"{run.sync}: a plan over the sync's limits waits for approval",
        body=question(refused.refusals, counts, run),
        multiple=False,
        params={},  # Airflow's own default, None, is refused by its server (3.3.2)
    )
    raise TaskAwaitingInput(method_name="answered", timeout=wait)


def question(refusals: Sequence[Refusal], counts: Sequence[PlanCount], run: Run) -> str:
    """The question in markdown: figures only, nothing of any person."""
    lines = [
        f"Run {run.id} of **{run.sync}** wrote nothing yet in this task. Its plan was refused, because:",
        "",
        *(f"- {refusal.text} (`{refusal.code}`: {refusal.figure:g}, limit {refusal.limit:g})" for refusal in refusals),
        *(f"\n{ACCEPTS[refusal.code]}" for refusal in refusals if refusal.code in ACCEPTS),
        "",
        "| side | object | would | records |",
        "|---|---|---|---:|",
        *(f"| {count.side} | {count.object} | {count.kind} | {count.count:,} |" for count in counts),
        "",
        f"**{APPROVE}**: this plan is applied as it stands. **{REJECT}**: the task fails, nothing is written, and the "
        "next run plans anew. To let such plans pass without asking, raise `limits` in the sync file.",
    ]
    return "\n".join(lines)


def approver(event: Mapping[str, Any], *, wrote_nothing: str = "the next run plans anew") -> str:
    """Who approved; `wrote_nothing` says what becomes of it otherwise.

    Raises AirflowFailException where nobody did: rejected, or no answer in time.
    """
    if "error" in event:
        raise AirflowFailException(f"nobody answered in time; nothing was written, {wrote_nothing} ({event['error']})")
    user = event.get("responded_by_user")
    name = str((user.get("name") or user.get("id")) if isinstance(user, Mapping) else getattr(user, "name", user))
    if list(event["chosen_options"]) != [APPROVE]:
        raise AirflowFailException(f"{name} rejected it; nothing was written, {wrote_nothing}")
    return name
