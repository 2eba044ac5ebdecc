"""Hypothesis: no deadlines (machines are noisy); fewer examples where each takes long (under the sanitizers).

In CI the examples are the same each time, so that a failure there is about the change and not about chance; runs by
hand draw new ones.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", settings.get_profile("default"), derandomize=True)
settings.register_profile("quick", settings.get_profile("repeatable"), max_examples=15)
settings.load_profile(os.environ.get("DLPCORE_HYPOTHESIS", "default"))
