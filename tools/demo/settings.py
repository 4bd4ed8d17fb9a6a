"""What a demo can be told, by variables: `make demo ONCE=1 DEMO_PORT=38080`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LISTS = ("netsuite_customers", "netsuite_prospects", "netsuite_leads", "netsuite_unaffiliated")
PROSPECTS = "salesforce_prospects"
SYNCS = (*LISTS, PROSPECTS)
USER = "demo"
FIRST_PORT = 28080


class DemoError(RuntimeError):
    """Something the reader of the terminal has to do; the text says what."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports that a demo takes, all on loopback: six in a row."""

    ui: int
    netsuite: int
    act_on: int
    postgres: int
    salesforce: int
    account_engagement: int

    @classmethod
    def starting_at(cls, first: int) -> Ports:
        """Six ports in a row."""
        return cls(*range(first, first + 6))


@dataclass(frozen=True, slots=True)
class Settings:
    """What this demo was told."""

    home: Path = ROOT / ".keepstep"
    ports: Ports = field(default_factory=lambda: Ports.starting_at(FIRST_PORT))
    once: bool = False  # stop everything and exit when the runs are done
    rounds: int = 2  # the second round meets unchanged data: it must write nothing
    size: int = 400  # persons in the sandbox
    seed: int = 1  # draws them
    timeout_s: float = 1200  # for one round of the five syncs
    airflow: Mapping[str, str] = field(default_factory=dict)  # variables that its Airflow is told besides the demo's

    @property
    def logs(self) -> Path:
        """Where every process writes to."""
        return self.home / "logs"

    @property
    def ui(self) -> str:
        """Airflow's address."""
        return f"http://localhost:{self.ports.ui}"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read the variables. Raises DemoError."""
        return cls(
            ports=Ports.starting_at(_number(environment, "DEMO_PORT", FIRST_PORT, 1024, 65528)),
            once=_number(environment, "ONCE", 0, 0, 1) == 1,
            rounds=_number(environment, "ROUNDS", 2, 1, 10),
            size=_number(environment, "SIZE", 400, 10, 100_000),
            seed=_number(environment, "SEED", 1, 0, 10**9),
        )


def _number(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    given = environment.get(name, "").strip()
    if not given:
        return default
    if not given.isdecimal() or not least <= int(given) <= most:
        raise DemoError(f"{name} is a whole number from {least} to {most}, not {given!r}")
    return int(given)
