"""Hypothesis: no deadlines (machines are noisy); fewer examples where each takes long (under the sanitizers).

In CI the examples are the same each time, so that a failure there is about the change and not about chance; runs by
hand draw new ones.

Rules that were edited since the package was built are packed again, so that the programs which tests start need not
read them each time.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from dlpcore.rules import pack

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", settings.get_profile("default"), derandomize=True)
settings.register_profile("quick", settings.get_profile("repeatable"), max_examples=15)
settings.load_profile(os.environ.get("DLPCORE_HYPOTHESIS", "default"))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and pack.read() is None:
        pack.write(pack.rules_folder(), str(Path(pack.__file__).with_name(pack.NAME)))
        pack.read.cache_clear()
