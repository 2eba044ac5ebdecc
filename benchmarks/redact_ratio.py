"""What acting on findings costs, as a multiple of the inspection that found them, in the same run.

    python benchmarks/redact_ratio.py

A payload of 4 KB with ten findings is inspected, redacted and decided in turn, many rounds; the ratios are those of the
minima. The answers are checked: nothing that was found is in the result, and all around it is the same.
"""

from __future__ import annotations

import argparse
import base64
import json
import platform
import time
from collections.abc import Callable
from functools import partial

import dlpcore
from dlpcore.policy import Ruler, named, names, read

VALUES = (
    "4111 1111 1111 1111", "alice@example.org", "078-05-1120", "AKIAIOSFODNN7Q4MPLEX", "DE89370400440532013000",
    "5555-5555-5555-4444", "bob@example.net", "219-09-9999", "GB82WEST12345698765432", "carol@example.com",
)  # fmt: skip
KEYS = ("card", "email", "ssn", "key", "iban", "card_2", "email_2", "ssn_2", "iban_2", "email_3")


def payload(layered: bool) -> bytes:
    """An order of 4 KB with ten values in it; ``layered``: one of them in base64."""
    values = dict(zip(KEYS, VALUES, strict=True))
    if layered:
        values["note"] = base64.b64encode(json.dumps({"email": values.pop("email_3")}).encode()).decode()
    items = [{"sku": f"SKU-{i:04}", "title": "A thing of some use", "price": i * 1.25, "open": True} for i in range(52)]
    parts = [{**item, **dict([pair])} for item, pair in zip(items, values.items(), strict=False)]
    return json.dumps({"order": 17, "items": parts + items[len(parts) :]}).encode()


def best(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The least seconds of each call; they take turns, so that all see the same machine."""
    least = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            least[name] = min(least[name], time.perf_counter() - start)
    return least


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=400)
    options = parser.parse_args()
    inspector = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None), key=b"k" * 32)
    print(f"dlpcore {dlpcore.__version__}, {inspector!r}; Python {platform.python_version()}")
    when = read(
        'name = "cel"\n[[rule]]\nid = "a"\naction = "redact"\nkind = "sensitive-data"\nwhen = "finding.rank >= 1"',
        "cel",
    )
    for layered in (False, True):
        data = payload(layered)
        verdict = inspector.inspect(data)
        found = [f for f in verdict.findings if f.kind == "sensitive-data"]
        assert len(found) == 10, len(found)
        result = inspector.redact(data, verdict)
        assert json.loads(result).keys() == json.loads(data).keys()
        assert not any(value.encode() in result for value in VALUES)
        fresh = [finding.replace() for finding in verdict.findings]
        calls: dict[str, Callable[[], object]] = {
            "inspect": partial(inspector.inspect, data),
            "redact": partial(inspector.redact, data, verdict),
            "enforce": partial(inspector.enforce, data, verdict),
        }
        if not layered:
            for name in names():
                calls[f"policy {name}"] = partial(Ruler(named(name)).decide, fresh)
            calls["policy with an expression"] = partial(Ruler(when).decide, fresh)
        least = best(calls, options.rounds)
        print(f"{len(data)} bytes, ten findings{', one in base64' if layered else ''}")
        for name, seconds in least.items():
            print(f"  {name:28} {seconds * 1e6:8.1f} µs   {seconds / least['inspect']:6.3f} of its inspection")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
