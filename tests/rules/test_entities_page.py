"""The page of entities names what the built-in rules find, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from dlpcore.rules import builtin

PAGE = Path(__file__).parents[2] / "docs" / "entities.md"


def test_the_page_names_every_entity_of_personal_data() -> None:
    named = set(re.findall(r"`([a-z0-9_]+)`\*?(?:,| \|)", PAGE.read_text("utf-8")))
    families = {"identity", "financial", "health", "contact"}
    assert named == {rule.entity for rule in builtin().rules if rule.family in families}
