"""A rule for the names of one's own: packages, hosts and projects that show that a text comes from inside."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import RuleError
from ..model import Severity
from .schema import Anchor, Rule, RuleSet

__all__ = ["internal_names"]

#: The prefilter needs that much of a name.
_MIN_BYTES = 4


def internal_names(names: Iterable[str], *, severity: Severity = Severity.HIGH) -> RuleSet:
    """The rule ``internal-name`` for names such as ``com.acme.billing``, ``@acme/`` or ``acme_core``.

    A name is found as it stands (case counts), where it does not continue a longer word: ``com.acme`` is found in
    ``import com.acme.billing.Account`` and not in ``example.com.acmeister``. Merge it with other rules::

        rules = dlpcore.rules.merge(dlpcore.rules.builtin(), internal_names(["com.acme", "@acme/"]))

    Raises:
        RuleError: there is no name, or one has fewer than four bytes.
    """
    wanted = sorted({name.strip() for name in names}, key=lambda name: (-len(name), name))
    if not wanted or any(len(name.encode()) < _MIN_BYTES for name in wanted):
        raise RuleError(f"internal names: one or more, each of {_MIN_BYTES} bytes and more")
    each = "|".join(re.escape(name) + ("(?![A-Za-z0-9_])" if name[-1].isalnum() else "") for name in wanted)
    rule = Rule(
        id="internal-name",
        title="name of an internal package, host or project",
        entity="internal_name",
        family="code",
        severity=severity,
        pattern=f"(?<![A-Za-z0-9_])(?:{each})",
        strength=0.8,
        anchor=Anchor(literals=tuple((name.encode(), False) for name in wanted)),
    )
    return RuleSet(rules=(rule,))
