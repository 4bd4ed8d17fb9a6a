"""From a file of private contacts to its Dag: list, propose, approve, apply, mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pendulum
from airflow.sdk import DAG

from keepstep.private_settings import NEVER
from keepstep_airflow.dag_doc import cell
from keepstep_airflow.dag_factory import FIRST_DAY, dry_param
from keepstep_airflow.operators.private_contacts import (
    ApplyCompaniesOperator,
    ApproveCompaniesOperator,
    ListPrivateContactsOperator,
    MailPrivateContactsOperator,
    ProposeCompaniesOperator,
)
from keepstep_airflow.pools import pool_of

if TYPE_CHECKING:
    from keepstep.config import PrivateContactsFile


def private_dag_id(name: str) -> str:
    """The id of a file's Dag; the store keeps its contacts under the same name."""
    return f"private_contacts__{name}"


def private_contacts_dag(file: PrivateContactsFile) -> DAG:
    """The Dag of one file."""
    settings = file.settings
    with DAG(
        private_dag_id(file.name),
        schedule=settings.schedule,
        start_date=pendulum.datetime(*FIRST_DAY, tz=settings.timezone),
        catchup=False,
        max_active_runs=1,
        default_args={"owner": settings.owner},
        tags=sorted({"keepstep", settings.crm.system, *settings.tags}),
        params={"dry": dry_param()},
        description=settings.title,
        doc_md=private_doc(file),
    ) as dag:
        given = {"private_contacts": file.name, "pool": pool_of(settings.crm.connection)}
        listed = ListPrivateContactsOperator(task_id="list_private_contacts", **given)
        proposed = ProposeCompaniesOperator(task_id="propose_accounts", **given)
        approved = ApproveCompaniesOperator(task_id="approve", **given)
        applied = ApplyCompaniesOperator(task_id="apply_accounts", **given)
        mailed = MailPrivateContactsOperator(task_id="mail_report", **given)
        listed >> proposed >> approved >> applied >> mailed
    return dag


def private_doc(file: PrivateContactsFile) -> str:
    """Markdown for the Dag."""
    settings = file.settings
    person, company = settings.reference.person_object, settings.reference.company_object
    crm, thresholds = settings.crm_policy.title, settings.thresholds
    alone = (
        "nothing is written without a person"
        if thresholds.apply_from >= NEVER
        else f"a clear match from {thresholds.apply_from:.2f} on is written by itself"
    )
    mailed = f"{len(settings.mail.to)} recipients" if settings.mail.to else "nobody (no `mail.to`)"
    asks = f"waits up to {settings.approval.wait} for a person to choose" if settings.approval.ask else "asks nobody"
    return "\n\n".join(
        [
            f"# {cell(settings.title)}",
            f"Every {person} in {crm} that belongs to no {company}, and the {company} that it may belong to.",
            f"1. **list_private_contacts** reads what changed in {crm} and groups duplicates.\n"
            f"2. **propose_accounts** compares the company as given and the email's domain with every {company}; a "
            f"score from {thresholds.propose_from:.2f} on is a proposal.\n"
            f"3. **approve** {asks}; {alone}.\n"
            f"4. **apply_accounts** reads both records back and writes one field of the {person}, `"
            f"{settings.reference.field}`; an {company} is never written.\n"
            f"5. **mail_report** sends the list to {mailed}.",
            f"Settings: `include/private_contacts/{file.path.name}`. Pool: `{pool_of(settings.crm.connection)}`.",
        ]
    )
