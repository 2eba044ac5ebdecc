"""Whether confidence means what it says: of the findings with confidence c, how many are right?

    python benchmarks/calibration.py                 the half that no strength was chosen on
    python benchmarks/calibration.py --half 0        the other one
    python benchmarks/calibration.py --markdown      the table of docs/confidence.md

Real values and look-alikes (benchmarks/detection/evidence.py) stand in realistic documents under every kind of
evidence. All that any rule proposes counts here, below its threshold too. A finding is right if the value is real and
of its family.
Brier score and log loss are those of the confidences; the *gap* is the mean distance of confidence and share.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import random
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from detection import embed, evidence, split

from dlpcore.engines.anchors_reference import candidates
from dlpcore.engines.pattern import PatternEngine
from dlpcore.engines.subjects_reference import subjects
from dlpcore.rules import builtin

#: Upper ends of the bins of confidence.
BINS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
#: Families that the material has values of: what others find in it is not judged.
FAMILIES = ("financial", "identity", "contact", "secrets", "health")


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """A proposed finding: the rule, how sure it was, and whether it was right."""

    rule: str
    confidence: float
    right: bool


def outcomes(count: int, half: int, seed: int = 4) -> list[Outcome]:
    """What every rule, at any confidence, says of the material."""
    rules = [dataclasses.replace(rule, threshold=0.0) for rule in builtin().rules if rule.family in FAMILIES]
    engine, rng, found = PatternEngine(rules), random.Random(seed), []
    for case in split(evidence.cases(count), half):
        payload = embed(case, rng)
        for subject in subjects(payload.data):
            if case.text.encode() not in subject.text:
                continue
            for match in engine.match(subject, candidates(rules, subject))[0]:
                right = case.find is not None and match.rule.family == case.family
                found.append(Outcome(match.rule.id, match.confidence, right))
    return found


def table(found: list[Outcome]) -> list[tuple[float, int, float, float]]:
    """(upper end, findings, mean confidence, share that is right) for each bin that has any."""
    binned: dict[float, list[Outcome]] = defaultdict(list)
    for outcome in found:
        binned[next(end for end in BINS if outcome.confidence <= end)].append(outcome)
    return [
        (end, len(each), sum(o.confidence for o in each) / len(each), sum(o.right for o in each) / len(each))
        for end, each in sorted(binned.items())
    ]


def scores(found: list[Outcome]) -> tuple[float, float, float]:
    """Brier score, log loss, and the mean gap between confidence and share, weighed by the findings of a bin."""
    brier = sum((o.confidence - o.right) ** 2 for o in found) / len(found)
    loss = -sum(math.log(max(1e-3, o.confidence if o.right else 1 - o.confidence)) for o in found) / len(found)
    gap = sum(count * abs(mean - share) for _, count, mean, share in table(found)) / len(found)
    return brier, loss, gap


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300, help="real values of each kind, both halves together")
    parser.add_argument("--half", type=int, choices=(0, 1), default=1)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--rules", action="store_true", help="one line for each rule as well")
    options = parser.parse_args()
    found = outcomes(options.count, options.half)
    mark = "| " if options.markdown else ""
    print(f"{mark}confidence | findings | mean confidence | right" + (" |" if mark else ""))
    if mark:
        print("|---|---|---|---|")
    low = 0.0
    for end, count, mean, share in table(found):
        low = max((b for b in BINS if b < end), default=0.0)
        print(f"{mark}{low:.2f} – {end:.2f} | {count:6} | {mean:6.2f} | {share:6.2f}" + (" |" if mark else ""))
    brier, loss, gap = scores(found)
    print(f"\nfindings {len(found)}, Brier score {brier:.3f}, log loss {loss:.3f}, mean gap {gap:.3f}")
    reported = [o for o in found if o.confidence >= 0.5]
    print(f"at 0.5 and above: {len(reported)}, right {sum(o.right for o in reported) / max(1, len(reported)):.3f}")
    if options.rules:
        by_rule: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in found:
            by_rule[outcome.rule].append(outcome)
        for rule, each in sorted(by_rule.items()):
            print(f"  {rule:32}", " ".join(f"{mean:.2f}→{share:.2f} ({n})" for _, n, mean, share in table(each)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
