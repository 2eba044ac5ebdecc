"""What the tests of the middlewares share."""

from __future__ import annotations

import logging

import pytest


@pytest.fixture(autouse=True)
def own_logger() -> None:
    """Frameworks, servers and queues of other tests in the process turn off the loggers that they do not know."""
    logging.disable(logging.NOTSET)
    for name in ("dlpcore", "dlpcore.middleware"):
        logger = logging.getLogger(name)
        logger.disabled = False
        logger.setLevel(logging.DEBUG)  # whatever the root's is by now
        logger.propagate = True
