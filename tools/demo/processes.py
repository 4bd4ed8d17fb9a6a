"""The demo's child processes: each on a tether, each with a log of its own, stopped together and to the last."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools import postgres, tether
from tools.demo import home
from tools.demo.settings import ROOT, DemoError, Settings

GRACE_S = 20.0
WORK = ("airflow-scheduler", "airflow-triggerer", "airflow-dag-processor")
SERVERS = ("airflow-api-server", "sandbox")


@dataclass(frozen=True, slots=True)
class Service:
    """A process that runs until it is stopped."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


@dataclass(slots=True)
class Processes:
    """What runs, in the order of its start."""

    settings: Settings
    services: list[Service] = field(default_factory=list)

    def start(self, name: str, args: Sequence[str], environment: Mapping[str, str]) -> Service:
        """Start a service; it may need a while until it answers."""
        log = self.settings.logs / f"{name}.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as out:
            process = subprocess.Popen(
                tether.command(args, grace_s=GRACE_S),
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C is for the demo, which then stops the others in order
            )
        return self._add(Service(name, process, log))

    def start_postgres(self) -> postgres.Postgres:
        """Start PostgreSQL on its port, with its data in the home. Raises DemoError."""
        try:
            server = postgres.start(
                self.settings.home / "pg",
                port=self.settings.ports.postgres,
                settings={"max_connections": "200", "shared_buffers": "128MB"},
            )
        except postgres.PostgresError as wrong:
            raise DemoError(str(wrong)) from wrong
        self._add(Service("postgres", server.process, self.settings.home / "pg.log"))
        return server

    def run(self, name: str, args: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a command to its end. Raises DemoError where it fails."""
        service = self.start(name, args, environment)
        status = service.process.wait()
        self.services.remove(service)
        if status:
            raise DemoError(_died(service, status))

    def check(self) -> None:
        """Raises DemoError where a service has gone by itself."""
        for service in self.services:
            if (status := service.process.poll()) is not None:
                raise DemoError(_died(service, status))

    def stop(self) -> None:
        """Stop everything: what starts tasks first, what they talk to next, PostgreSQL when nobody uses it any more."""
        for names in (WORK, SERVERS, ()):
            group = [service for service in self.services if not names or service.name in names]
            for service in group:
                service.process.terminate()
            deadline = time.monotonic() + GRACE_S + 10
            for service in group:
                _wait(service, deadline)
                self.services.remove(service)
        (self.settings.home / home.PROCESSES).unlink(missing_ok=True)

    def _add(self, service: Service) -> Service:
        self.services.append(service)
        home.note(self.settings.home, [each.process.pid for each in self.services])
        return service


def _wait(service: Service, deadline: float) -> None:
    try:
        service.process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        service.process.kill()  # the kernel then stops what it held
        service.process.wait()


def _died(service: Service, status: int) -> str:
    last = "\n".join(service.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
    return f"{service.name} ended with status {status}; the end of {service.log}:\n{last}"
