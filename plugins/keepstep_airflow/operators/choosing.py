"""A person chooses among proposals, in Airflow's own way: Required Actions in the UI, two lists to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk.exceptions import TaskAwaitingInput
from airflow.sdk.execution_time.hitl import upsert_hitl_detail

from keepstep_airflow.operators.approval import APPROVE, REJECT, approver

if TYPE_CHECKING:
    from airflow.sdk import Context

    from keepstep.engine.private_contacts.task import PrivateTask
    from keepstep.store.private_proposals import OpenProposal

WRITE, NEVER = "write", "never"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person chose."""

    approved: tuple[int, ...]
    rejected: tuple[int, ...]
    by: str


def ask(context: Context, task: PrivateTask, proposals: Sequence[OpenProposal]) -> NoReturn:
    """Show the proposals; the task goes on in its `answered` when somebody answers."""
    choices = {str(one.id): f"{one.id}: {one.score:.2f}, {one.contact} to {one.company}" for one in proposals}
    upsert_hitl_detail(
        ti_id=context["task_instance"].id,
        options=[APPROVE, REJECT],
        subject=f"{task.run.sync}: {len(proposals)} proposals wait for a person",
        body=question(task, proposals),
        multiple=False,
        params={
            WRITE: _choice("Write these", "The company is written to the contact.", choices),
            NEVER: _choice("Never propose these again", "What is in neither list stays open.", choices),
        },
    )
    raise TaskAwaitingInput(method_name="answered", timeout=task.file.settings.approval.wait)


def question(task: PrivateTask, proposals: Sequence[OpenProposal]) -> str:
    """The question in markdown: ids, scores and links; the CRM shows the people to those who may see them."""
    person, company = task.people.object, task.companies.object
    lines = [
        f"Run {task.run.id} found companies for contacts that have none. Nothing is written before you answer.",
        "",
        f"| proposal | score | {person} | {company} | why | duplicates |",
        "|---:|---:|---|---|---|---:|",
        *(
            f"| {one.id} | {one.score:.2f} | [{one.contact}]({task.crm.url(person, one.contact)})"
            f" | [{one.company}]({task.crm.url(company, one.company)}) | {'; '.join(one.reasons)}"
            f" | {one.duplicates or ''} |"
            for one in proposals
        ),
        "",
        f"Choose in the lists below, then **{APPROVE}**: those to write are written, one {company} for each {person}; "
        f"what is in neither list stays open and is asked again. **{REJECT}**: the task fails, nothing is written, and "
        "everything stays open.",
    ]
    return "\n".join(lines)


def chosen(event: Mapping[str, Any]) -> Answer:
    """What was chosen. Raises AirflowFailException where nobody approved: rejected, or no answer in time."""
    name = approver(event, wrote_nothing="every proposal stays open")
    given = event.get("params_input") or {}
    return Answer(_ids(given.get(WRITE)), _ids(given.get(NEVER)), name)


def _choice(title: str, description: str, choices: Mapping[str, str]) -> dict[str, Any]:
    """A list to choose from, as Airflow's forms have it: `examples` are its values, `values_display` what is shown."""
    schema = {
        "type": ["array", "null"],
        "title": title,
        "examples": list(choices),
        "values_display": dict(choices),
        "items": {"type": "string"},
    }
    return {"value": [], "description": description, "schema": schema}


def _ids(value: Any) -> tuple[int, ...]:
    """Numbers of proposals; what isn't one chooses nothing."""
    given = value if isinstance(value, list) else []
    return tuple(sorted({int(one) for one in given if str(one).isdigit()}))
