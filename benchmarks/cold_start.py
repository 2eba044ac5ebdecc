"""What it costs to start: processes that import dlpcore and make an inspector, against a bare import of what it needs.

    python benchmarks/cold_start.py [rounds, 20 unless told]

Each line is a program that a new process runs; all are run in turn, round by round, and the least time of each counts.
The first round is not counted: it writes what Python compiles. ``ratio`` is to the import of the dependencies; ``net``
is the same without what the interpreter itself takes. ``first`` lines have one inspection more than the line above the
group, so that nothing that the start puts off is hidden.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from dlpcore.rules import pack

INSPECTOR = "import dlpcore; inspector = dlpcore.Inspector(); "
CLEAN = (
    b'{"action":"opened","number":42,"issue":{"title":"Tests fail on the new runner","state":"open","comments":0,'
    b'"labels":[{"name":"bug","color":"d73a4a"}]},"repository":{"name":"demo","private":false},"sender":{"type":"User"}}'
)
CARD = b'{"order":17,"payment":{"card":"4111 1111 1111 1111","note":"call before delivery"}}'
DEPENDENCIES = "regex, yara, orjson, cffi"
PROGRAMS = {
    "python": "pass",
    f"import {DEPENDENCIES}": f"import {DEPENDENCIES}",
    "import dlpcore": "import dlpcore",
    "Inspector()": INSPECTOR,
    "first: a clean webhook": f"{INSPECTOR}assert inspector.inspect({CLEAN!r}).action == 'allow'",
    "first: one with a card": f"{INSPECTOR}assert inspector.inspect({CARD!r}).action == 'redact'",
    "Inspector() on read rules": "from dlpcore.rules import load; import dlpcore.rulepacks as p\n"
    "import dlpcore; dlpcore.Inspector(load(p.__path__[0]))",
    "dlpcore --version": "import sys; from dlpcore.cli import main; sys.exit(main(['--version']))",
}
#: Of these few rounds are enough: they take seconds.
SLOW = frozenset({"Inspector() on read rules"})


def main() -> int:
    if pack.read() is None:
        raise SystemExit("the rules are not prepared, or changed since: install the package again")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    best = dict.fromkeys(PROGRAMS, float("inf"))
    for turn in range(rounds + 1):
        for name, program in PROGRAMS.items():
            if name in SLOW and turn > 3:
                continue
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True, env=environment, stdout=subprocess.DEVNULL)
            took = time.perf_counter() - start
            if turn:
                best[name] = min(best[name], took)
    bare, dependencies = best["python"], best[f"import {DEPENDENCIES}"]
    print(f"{'program':40}{'ms':>10}{'ratio':>10}{'net':>10}")
    for name, took in best.items():
        print(f"{name:40}{took * 1e3:10.1f}{took / dependencies:10.2f}{(took - bare) / (dependencies - bare):10.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
