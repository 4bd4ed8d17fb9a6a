"""What every sandbox can be told at its start; each system adds its own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """Common settings of all the systems.

    Attributes:
        seed: draws the people; the same seed and size give the same people in every system.
        size: number of persons. Companies are a fifth of that.
        odd_emails: sprinkle in the addresses that real databases hold (empty, doubled, very long ...).
        latency_s: seconds that each request takes on top of its own work.
    """

    seed: int = 1
    size: int = 200
    odd_emails: bool = True
    latency_s: float = 0.0
