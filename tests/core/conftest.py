"""Properties are drawn the same way every time: a failure here is a failure everywhere.

KEEPSTEP_PROPERTIES=thorough draws many more examples, and others each time: for an evening, not for every commit.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# A busy machine is no failure: no deadline.
settings.register_profile(
    "quick", derandomize=True, max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", max_examples=2000, deadline=None, database=None)
settings.load_profile(os.environ.get("KEEPSTEP_PROPERTIES", "quick"))
