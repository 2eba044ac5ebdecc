"""What the built-in rules find, and what they take for something: recall, false positives and pointers, by family.

    python benchmarks/detection_rates.py                          every family, the half that nothing was chosen on
    python benchmarks/detection_rates.py --family secrets --misses

The material is generated (benchmarks/detection), seeded, and embedded in realistic documents. Rules and strengths are
chosen on half 0 of it and reported on half 1 (the default). Names and some national numbers are made by faker.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from detection import (
    Case,
    Tally,
    contacts,
    generic_secrets,
    health,
    measure,
    money,
    noise,
    people,
    split,
    vendor_secrets,
)

import dlpcore

#: By the name of ``--family``: a generator of cases from the number wanted of each kind.
FAMILIES: dict[str, Callable[[int], Iterator[Case]]] = {
    "noise": lambda count: noise.noise(count),
    "prose": lambda count: noise.prose(5 * count),
    "secrets": lambda count: generic_secrets.cases(count),
    "vendor-secrets": lambda count: vendor_secrets.cases(count),
    "identity": lambda count: people.identity(count),
    "health": lambda count: health.health(count),
    "financial": lambda count: money.financial(count),
    "contact": lambda count: contacts.contact(count),
}


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:6.1f} %" if whole else "       –"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", choices=sorted(FAMILIES), action="append", help="only this one; may be repeated")
    parser.add_argument("--count", type=int, default=600, help="cases of each kind, both halves together")
    parser.add_argument("--half", type=int, choices=(0, 1), default=1)
    parser.add_argument("--misses", action="store_true", help="show what was missed, and what was wrongly found")
    options = parser.parse_args()
    inspector = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
    print(f"{'family':14} {'class':24} {'recall':>9} {'of':>6} {'false':>9} {'of':>6} {'pointer':>9}")
    for name in options.family or FAMILIES:
        rows = measure(split(FAMILIES[name](options.count), options.half), inspector)
        totals: dict[str, Tally] = {}
        for (family, label), tally in rows.items():
            totals.setdefault(family, Tally()).add(tally)
            _print(family, label, tally)
            if options.misses:
                for case in tally.missed[:25]:
                    print("    missed:", case.key, repr(case.text[:160]))
                for case, rule in tally.wrong[:25]:
                    print("    wrong:", rule, case.key, repr(case.text[:160]))
        for family, tally in totals.items():
            _print(family, "all", tally)
    return 0


def _print(family: str, label: str, tally: Tally) -> None:
    print(
        f"{family:14} {label:24} {percent(tally.found, tally.positives)} {tally.positives:6} "
        f"{percent(tally.false, tally.negatives)} {tally.negatives:6} {percent(tally.pointers, tally.found)}"
    )


if __name__ == "__main__":
    sys.exit(main())
