"""The names of the contract exist, and say that they come later."""

from __future__ import annotations

import pytest

import dlpcore
from dlpcore.middleware import asgi, wsgi


@pytest.mark.parametrize("module", [asgi, wsgi])
def test_the_middlewares_come_later(module) -> None:
    with pytest.raises(NotImplementedError, match="later release"):
        module.DLPMiddleware(object(), inspector=dlpcore.Inspector())
