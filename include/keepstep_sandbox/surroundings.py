"""What every sandbox stands in: a clock, the weather, the traffic."""

from dataclasses import dataclass

from keepstep_sandbox.clock import Clock
from keepstep_sandbox.settings import SandboxSettings
from keepstep_sandbox.traffic import Traffic
from keepstep_sandbox.weather import Weather


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One set for each system; `of` makes it from the settings."""

    clock: Clock
    weather: Weather
    traffic: Traffic

    @classmethod
    def of(cls, settings: SandboxSettings) -> "Surroundings":
        """Make a fresh set."""
        clock = Clock()
        return cls(clock, Weather(clock, seed=settings.seed, latency_s=settings.latency_s), Traffic())
