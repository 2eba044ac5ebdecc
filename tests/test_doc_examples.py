"""The examples of the pages on policy and redaction run, and the policies in them are sound."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dlpcore.policy
from dlpcore.rules import builtin

DOCS = Path(__file__).parents[1] / "docs"
KNOWN = dlpcore.policy.vocabulary(builtin())


def _blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["policy.md", "redaction.md"])
def test_examples_run(page: str) -> None:
    blocks = _blocks(page, "python")
    assert blocks
    names: dict[str, object] = {"TOML": _blocks(page, "toml")}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{page}, example {number + 1}", "exec"), names)


def test_policies_in_the_text_are_sound() -> None:
    policies = _blocks("policy.md", "toml")
    assert len(policies) >= 3
    for text in policies:
        dlpcore.policy.check(dlpcore.policy.read(text, "policy.md"), KNOWN)
    ready = re.findall(r"^\| `([a-z-]+)` \| ", (DOCS / "policy.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(dlpcore.policy.names()) <= set(ready)
