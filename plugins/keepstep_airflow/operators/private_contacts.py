"""The tasks of private contacts: list, propose, let a person choose, write, mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from keepstep_airflow.operators.base import Report, plain
from keepstep_airflow.operators.choosing import ask, chosen
from keepstep_airflow.private_contacts import private_task
from keepstep_airflow.retry import FIRST_DELAY, LONGEST_DELAY, RETRIES, RetryByWhoMustAct

if TYPE_CHECKING:
    from airflow.sdk import Context

    from keepstep.engine.private_contacts.mail import Mail
    from keepstep.engine.private_contacts.task import PrivateTask


class PrivateContactsOperator(BaseOperator):
    """One task of one file of private contacts. What it returns, and so what goes through XCom, is ids and counts."""

    template_fields: Sequence[str] = ("private_contacts",)
    ui_color = "#efe8f7"

    def __init__(self, *, private_contacts: str, **kwargs: Any) -> None:
        kwargs.setdefault("retries", RETRIES)
        kwargs.setdefault("retry_delay", FIRST_DELAY)
        kwargs.setdefault("retry_exponential_backoff", 2)
        kwargs.setdefault("max_retry_delay", LONGEST_DELAY)
        kwargs.setdefault("retry_policy", RetryByWhoMustAct())
        super().__init__(**kwargs)
        self.private_contacts = private_contacts

    def execute(self, context: Context) -> Report:
        """Do it."""
        with private_task(context, self.private_contacts, self.log) as task:
            return self.call(task, context)

    def call(self, task: PrivateTask, context: Context) -> Report:
        """Call the engine."""
        raise NotImplementedError


class ListPrivateContactsOperator(PrivateContactsOperator):
    """Read what changed among the CRM's people and companies; group duplicates."""

    def call(self, task: PrivateTask, context: Context) -> Report:  # noqa: ARG002 # not everyone needs the context
        """List."""
        from keepstep.engine.private_contacts.listing import list_private_contacts

        return plain(list_private_contacts(task))


class ProposeCompaniesOperator(PrivateContactsOperator):
    """Propose companies for private contacts."""

    def call(self, task: PrivateTask, context: Context) -> Report:  # noqa: ARG002
        """Propose."""
        from keepstep.engine.private_contacts.proposing import propose_companies

        return plain(propose_companies(task))


class ApproveCompaniesOperator(PrivateContactsOperator):
    """Wait for a person to choose among the open proposals; without any, or unless asked to ask, go on at once.

    While it waits it holds no worker (state `awaiting_input`). Rejecting, or no answer in time, fails the task: then
    nothing is written and every proposal stays open.
    """

    def call(self, task: PrivateTask, context: Context) -> Report:
        """Ask."""
        from keepstep.engine.private_contacts.deciding import to_ask, wait

        approval = task.file.settings.approval
        open_ones = to_ask(task) if approval.ask and not task.run.dry else ()
        if not open_ones:
            return {"asked": 0, "approved": 0, "rejected": 0}
        task.crm.check()  # the records' pages are at the address that a sign-in tells
        wait(task)
        ask(context, task, open_ones)

    def answered(self, context: Context, event: Mapping[str, Any]) -> Report:
        """Somebody answered: note what was chosen and by whom."""
        from keepstep.engine.private_contacts.deciding import decide, give_up

        with private_task(context, self.private_contacts, self.log) as task:
            try:
                answer = chosen(event)
            except Exception:
                give_up(task)
                raise
            decided = decide(task, answer.approved, answer.rejected, by=answer.by)
        if decided.unclear:
            self.log.warning(
                "proposals %s stay open: two were chosen for one contact, or one was approved and rejected",
                ", ".join(map(str, decided.unclear)),
            )
        self.log.info("%s approved %s proposals and rejected %s", answer.by, decided.approved, decided.rejected)
        return {
            "asked": len(answer.approved) + len(answer.rejected),
            "approved": decided.approved,
            "rejected": decided.rejected,
            "unclear": list(decided.unclear),
        }


class ApplyCompaniesOperator(PrivateContactsOperator):
    """Write the companies that were approved, and the clear ones above the upper threshold."""

    def call(self, task: PrivateTask, context: Context) -> Report:  # noqa: ARG002
        """Write."""
        from keepstep.engine.private_contacts.applying import apply_companies

        return plain(apply_companies(task))


class MailPrivateContactsOperator(PrivateContactsOperator):
    """Send the list to the recipients that the file names, over Airflow's SMTP connection."""

    def call(self, task: PrivateTask, context: Context) -> Report:  # noqa: ARG002
        """Write the mail and send it; a dry run sends none."""
        from keepstep.engine.private_contacts.mail import compose

        recipients = task.file.settings.mail.to
        if not recipients or task.run.dry:
            return {"recipients": 0, "contacts": 0}
        task.crm.check()  # as above
        with TemporaryDirectory(prefix="keepstep-mail-") as folder:
            mail = compose(task, Path(folder))
            send(task.file.settings.mail.connection, recipients, mail)
        return {"recipients": len(recipients), "contacts": mail.contacts}


def send(connection: str, recipients: Sequence[str], mail: Mail) -> None:
    """By the SMTP provider's hook, with its connection's own sender."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    with SmtpHook(smtp_conn_id=connection) as hook:
        hook.send_email_smtp(
            to=list(recipients), subject=mail.subject, html_content=mail.html, files=[str(mail.attached)]
        )
