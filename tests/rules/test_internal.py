"""Names of one's own as a rule: found whole, and only whole."""

from __future__ import annotations

import json

import pytest

import dlpcore
from dlpcore.errors import RuleError
from dlpcore.rules import builtin, internal_names, merge

INSPECTOR = dlpcore.Inspector(rules=merge(builtin(), internal_names(["com.acme.billing", "@acme/", "acme_core"])))


def _found(text: str) -> list[str]:
    payload = json.dumps({"diff": text}).encode()
    return [
        payload[f.span[0] : f.span[1]].decode()
        for f in INSPECTOR.inspect(payload).findings
        if f.rule == "internal-name" and f.family == "code" and f.pointer == "/diff"
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import com.acme.billing.Account;", "com.acme.billing"),
        ("npm install @acme/ui", "@acme/"),
        ("from acme_core import x", "acme_core"),
    ],
)
def test_names_are_found(text: str, name: str) -> None:
    assert _found(text) == [name]


@pytest.mark.parametrize(
    "text", ["xcom.acme.billing", "com.acme.billings", "acme_core2", "Acme_Core", "an acme of taste"]
)
def test_parts_of_other_words_are_not(text: str) -> None:
    assert _found(text) == []


@pytest.mark.parametrize("names", [[], ["abc"], ["com.acme", ""]])
def test_names_are_checked(names: list[str]) -> None:
    with pytest.raises(RuleError):
        internal_names(names)
