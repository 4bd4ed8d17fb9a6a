"""Upload jobs: pending, running, done; nothing is pushed when one ends."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from keepstep_sandbox.act_on.errors import ApiError
from keepstep_sandbox.act_on.merging import Tally
from keepstep_sandbox.act_on.settings import ActOnSettings

FIRST_JOB = 1_000_001


@dataclass(slots=True)
class UploadJob:
    """One upload: its work is done once, by the last unfinished poll or when its time has come.

    Attributes:
        id: digits.
        list_id: where the rows go.
        created_s: when the upload was taken, seconds since 1970.
        work: lands the rows; None if the list is gone.
        polls: how often somebody asked while it wasn't done.
        ended_s: when it was done.
        tally: what became of the rows; None where it failed.
    """

    id: str
    list_id: str
    created_s: float
    work: Callable[[], Tally | None]
    polls: int = 0
    ended_s: float | None = None
    tally: Tally | None = None


@dataclass(slots=True)
class JobBook:
    """All jobs of an account; `now` tells the sandbox's time in seconds since 1970."""

    settings: ActOnSettings
    now: Callable[[], float]
    jobs: dict[str, UploadJob] = field(default_factory=dict)

    def start(self, list_id: str, work: Callable[[], Tally | None]) -> str:
        """Take an upload; give its job's id."""
        job = UploadJob(str(FIRST_JOB + len(self.jobs)), list_id, self.now(), work)
        self.jobs[job.id] = job
        if not self.settings.job_polls:
            self._finish(job)
        return job.id

    def settle(self) -> None:
        """Let the jobs whose time has come be done, whether anybody polls them or not."""
        for job in self.jobs.values():
            if job.ended_s is None and self.now() - job.created_s >= self.settings.job_seconds:
                self._finish(job)

    def poll(self, job_id: str) -> dict[str, object]:
        """Answer GET /api/1/list/JOB/status.

        Raises:
            ApiError: 10017, there is no such job any more.
        """
        job = self.jobs.get(job_id)
        if job is None or self._aged(job):
            raise ApiError(10017)
        if job.ended_s is None and job.polls >= self.settings.job_polls:
            self._finish(job)
        if job.ended_s is not None:
            return self._done(job)
        job.polls += 1
        return {"status": "The job is pending" if job.polls == 1 else "The job is running"}

    def rejected_of(self, filename: str) -> UploadJob:
        """Find the job whose refused rows a file holds.

        Raises:
            ApiError: there is no such file.
        """
        job = next((job for job in self.jobs.values() if rejected_file(job) == filename), None)
        if job is None or self._aged(job):
            raise ApiError(10054, "Invalid file name")
        return job

    def _finish(self, job: UploadJob) -> None:
        job.ended_s = self.now()
        job.tally = job.work()

    def _aged(self, job: UploadJob) -> bool:
        return job.ended_s is not None and self.now() - job.ended_s >= self.settings.job_life_s

    def _done(self, job: UploadJob) -> dict[str, object]:
        details: dict[str, object] = {"status": "error", "listId": job.list_id, "message": "The list was deleted"}
        if job.tally is not None:
            details = {
                "status": "ok",
                "listId": job.list_id,
                "appendCount": job.tally.appended,
                "updateCount": job.tally.updated,
                "failedCount": 0,
                "rejectedCount": len(job.tally.rejected),
            }
        if rejected_file(job):
            details[self.settings.rejected_file_key] = rejected_file(job)
        return {"status": "success", "jobDetails": json.dumps(details, separators=(",", ":")), "details": details}


def rejected_file(job: UploadJob) -> str:
    """Name the file that holds a job's refused rows; empty if there are none."""
    return f"rejected-{job.id}.csv" if job.tally is not None and job.tally.rejected else ""
