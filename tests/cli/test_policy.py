"""``dlpcore policy`` and ``dlpcore enforce``, and the options that choose policy and context."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dlpcore.cli import cli
from dlpcore.policy import names

CARD = b'{"card": "4111111111111111"}'
RULES = """
name = "mine"

[[rule]]
id = "support-may"
action = "allow"
entity = "credit_card"
role = "support"

[[rule]]
id = "nobody-else"
action = "block"
entity = "credit_card"
"""


def run(*args: str | Path, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(cli, [str(a) for a in args], input=stdin)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    file = tmp_path / "mine.toml"
    file.write_text(RULES, encoding="utf-8")
    return file


def test_list_and_show(tmp_path: Path) -> None:
    listed = run("policy", "list")
    assert [line.split()[0] for line in listed.stdout.splitlines()] == list(names())
    as_json = [json.loads(line) for line in run("policy", "list", "--format", "json").stdout.splitlines()]
    assert [each["name"] for each in as_json] == list(names())
    copy = tmp_path / "copy.toml"
    copy.write_text(run("policy", "show", "pci").stdout, encoding="utf-8")
    assert run("policy", "check", copy).exit_code == 0
    # through main(), an unknown name is a sentence and status 2
    assert "there is: active-warden" in str(run("policy", "show", "nobody").exception)


def test_check(mine: Path, tmp_path: Path) -> None:
    good = run("policy", "check", mine)
    assert good.exit_code == 0
    assert "2 rules" in good.stdout
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(RULES.replace('"support-may"', '"x"').replace("allow", "alow"), encoding="utf-8")
    both = run("policy", "check", mine, wrong)
    assert both.exit_code == 2
    assert f"{wrong}:6: rule.action must be one of" in both.stdout
    assert "✓" in both.stdout


def test_context_and_policy(mine: Path) -> None:
    assert run("inspect", "--policy", mine, "-", stdin=CARD).stdout.split()[2] == "block"
    for context in ("roles=dev,support", '{"roles": ["support"]}'):
        may = run("inspect", "--policy", mine, "--context", context, "--format", "json", "-", stdin=CARD)
        assert may.exit_code == 0
        (card,) = (f for f in json.loads(may.stdout)["findings"] if f["rule"] == "credit-card")
        assert (card["action"], card["policy_rule"]) == ("allow", "support-may")
    for context in ("nonsense", '{"roles": 1}', "{", "time=yesterday", '{"user": 1}'):
        wrong = run("inspect", "--context", context, "-", stdin=CARD)
        assert wrong.exit_code == 2
        assert "--context" in wrong.stderr


def test_enforce(mine: Path, tmp_path: Path) -> None:
    redacted = run("enforce", "-", stdin=CARD)
    assert (redacted.exit_code, redacted.stdout) == (1, '{"card": "****************"}')
    last = run("enforce", "--policy", "pci", "-", stdin=CARD)
    assert last.stdout == '{"card": "************1111"}'
    passed = run("enforce", "-", stdin=b'{"a": 1}')
    assert (passed.exit_code, passed.stdout) == (0, '{"a": 1}')
    warden = run("enforce", "--policy", "active-warden", "-", stdin=b'{ "b": 1.0, "a": "\\u0041" }')
    assert (warden.exit_code, warden.stdout) == (1, '{"a":"A","b":1}')
    out = tmp_path / "out.json"
    blocked = run("enforce", "--policy", mine, "-o", out, "-", stdin=CARD)
    assert blocked.exit_code == 1
    assert "blocked by policy: credit-card" in blocked.stderr
    assert not out.exists()
    assert "4111" not in blocked.stdout + blocked.stderr


def test_redact_how() -> None:
    assert run("redact", "--how", "label", "-", stdin=CARD).stdout == '{"card": "[credit_card]"}'
    assert run("redact", "--how", "remove", "-", stdin=CARD).stdout == "{}"
    assert run("redact", "--how", "class", "-", stdin=CARD).stdout == '{"card": "0000000000000000"}'


def test_diff(mine: Path, tmp_path: Path) -> None:
    payloads = tmp_path / "in.ndjson"
    payloads.write_bytes(CARD + b'\n{"a": 1}\n{"a":1}{"b":2}\n')
    same = run("policy", "diff", "balanced", "balanced", payloads)
    assert (same.exit_code, same.stdout) == (0, "0 of 3 verdicts change\n")
    changed = run("policy", "diff", "balanced", mine, payloads)
    assert changed.exit_code == 1
    assert "in.ndjson:1: redact → block" in changed.stdout
    assert "credit-card /card: redact (regulated-data) → block (nobody-else)" in changed.stdout
    assert "in.ndjson:2" not in changed.stdout
    assert "2 of 3 verdicts change" in changed.stdout
    as_json = run("policy", "diff", "--format", "json", "balanced", "monitor", payloads)
    first = json.loads(as_json.stdout.splitlines()[0])
    assert (first["line"], first["old"], first["new"]) == (1, "redact", "flag")
    assert "4111" not in changed.stdout + as_json.stdout
    warden = run("policy", "diff", "balanced", "active-warden", payloads)
    assert "canonical form" in warden.stdout
