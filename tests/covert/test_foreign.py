"""Honest documents of other serializers, scripts and encodings carry nothing."""

from __future__ import annotations

import json

import pytest

import dlpcore
from tests.embedders import foreign

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
DOCUMENTS = list(foreign.documents(2))


@pytest.mark.parametrize(("name", "document"), DOCUMENTS, ids=[name for name, _ in DOCUMENTS])
def test_foreign_serializers_hide_nothing(name: str, document: bytes) -> None:
    json.loads(document)
    found = [
        (f.rule, f.capacity_bits, f.reasons)
        for f in INSPECTOR.inspect(document).findings
        if f.severity > "info" and f.kind in ("covert-channel", "structure")
    ]
    assert not found
