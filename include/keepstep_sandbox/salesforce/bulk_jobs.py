"""What both kinds of bulk jobs share: their states, and how they get on while they're asked about."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from keepstep_sandbox.salesforce.org import Org
from keepstep_sandbox.salesforce.values import to_json

DELIMITERS: Final = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
LINE_ENDINGS: Final = {"LF": "\n", "CRLF": "\r\n"}


class State(StrEnum):
    """The states of a job."""

    OPEN = "Open"
    UPLOAD_COMPLETE = "UploadComplete"
    IN_PROGRESS = "InProgress"
    COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"


ENDED: Final = frozenset({State.COMPLETE, State.FAILED, State.ABORTED})


@dataclass(slots=True)
class Job:
    """One job. `polls` counts how often it was asked for since it could start."""

    id: str
    operation: str
    kind: str
    delimiter: str
    line_ending: str
    user: str
    created: Any
    version: str
    state: State
    polls: int = 0
    processed: int = 0
    failed: int = 0
    message: str = ""

    def advance(self, org: Org) -> bool:
        """Let the job get on by one look at it; tell whether this is the moment to do its work."""
        if self.state not in (State.UPLOAD_COMPLETE, State.IN_PROGRESS):
            return False
        self.polls += 1
        if self.polls <= org.settings.job_polls:
            self.state = State.IN_PROGRESS
            return False
        return True

    def told(self) -> dict[str, Any]:
        """Write what both kinds of jobs tell at once."""
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.kind,
            "createdById": self.user,
            "createdDate": to_json(self.created),
            "systemModstamp": to_json(self.created),
            "state": self.state.value,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
        }

    def figures(self) -> dict[str, Any]:
        """Write what a job tells once it's asked for."""
        return {
            "numberRecordsProcessed": self.processed,
            "retries": 0,
            "totalProcessingTime": self.polls * 100,
        }


def listed(jobs: list[dict[str, Any]]) -> dict[str, Any]:
    """Write a list of jobs; all of them fit on its one page."""
    return {"done": True, "records": jobs, "nextRecordsUrl": None}
