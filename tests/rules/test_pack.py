"""The built-in rules as a prepared file: the same as the rules read anew, and ignored where it is of others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dlpcore.rules import builtin, pack
from dlpcore.rules.loader import in_folder
from dlpcore.rules.tables import compiled
from dlpcore.rules.yara_gate import read_gates

RULES = Path(pack.rules_folder())
CLEAN = b'{"action":"opened","number":42,"labels":[{"name":"bug","color":"d73a4a"}]}'


def test_a_pack_is_the_rules_read_anew() -> None:
    ruleset = in_folder(str(RULES))
    made = pack.Pack(pack.packed(ruleset))
    assert made.rules() == ruleset
    gates = [gate for source in ruleset.yara for gate in read_gates(source.text)]
    assert made.tables == compiled(ruleset.rules, gates)


def test_the_tests_run_on_a_pack() -> None:
    made = pack.read()
    assert made is not None, "the package was built without one"
    assert builtin(examples=False).rules[3] is made.rule(3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one").mkdir()
    for name in ("one/a.toml", "b.toml"):
        (tmp_path / name).write_bytes((RULES / "sensitive/financial/credit-card.toml").read_bytes())
    return tmp_path


@pytest.mark.parametrize("change", ["edit", "add", "remove", "rename", "move bytes"])
def test_any_change_of_a_rule_file_is_seen(folder: Path, change: str) -> None:
    before = pack.digest(str(folder))
    assert before == pack.digest(str(folder))
    file = folder / "one/a.toml"
    if change == "edit":  # of the same size
        file.write_bytes(file.read_bytes().replace(b"high", b"info"))
    elif change == "add":
        (folder / "c.yar").write_text("rule r { condition: true }")
    elif change == "remove":
        file.unlink()
    elif change == "rename":
        file.rename(folder / "one/z.toml")
    else:  # from the end of one file to the head of the next
        text = file.read_bytes()
        file.write_bytes(text[:-1])
        (folder / "b.toml").write_bytes(text[-1:] + (folder / "b.toml").read_bytes())
    assert pack.digest(str(folder)) != before


def test_a_pack_that_is_old_or_damaged_is_ignored(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read() -> pack.Pack | None:
        return pack.read.__wrapped__()

    own = tmp_path / "own.pack"
    (folder / "b.toml").unlink()
    pack.write(str(folder), str(own))
    monkeypatch.setattr(pack, "NAME", str(own))
    monkeypatch.setattr(pack, "rules_folder", lambda: str(folder))
    made = read()
    assert made is not None
    assert [rule.id for rule in made.rules().rules] == ["credit-card"]
    data = own.read_bytes()
    for damaged in (b"", data[:20], data[:200], data.replace(b"dlpcore", b"another")):
        own.write_bytes(damaged)
        assert read() is None
    own.write_bytes(data)
    assert read() is not None
    (folder / "one/a.toml").write_bytes((folder / "one/a.toml").read_bytes() + b"\n")
    assert read() is None
    own.unlink()
    assert read() is None


@pytest.mark.subprocess
def test_clean_traffic_loads_nothing_but_the_native_pass() -> None:
    code = (
        f"import sys, dlpcore; dlpcore.Inspector().inspect({CLEAN!r})\n"
        "bad = {'regex', 'yara', 'orjson', 'stdnum', 'phonenumbers', 'tomllib', 'dlpcore.inspection',"
        " 'dlpcore.rules.schema', 'dlpcore.rules.loader', 'dlpcore.policy.schema', 'dlpcore.validators'}\n"
        "sys.exit(str(bad & set(sys.modules)) if bad & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
