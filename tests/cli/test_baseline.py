"""Baselines: what is known is left out and counted, what is new is decided alone, and no value can be tried out."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dlpcore.cli import cli

CARD = "4111 1111 1111 1111"
OTHER = "5500 0055 5555 5559"
HIDDEN = b'{"id":7}' + b" \t\t \t  \t" * 60


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)))


def create(folder: Path, *inputs: object) -> Path:
    result = run("baseline", "create", "-o", folder / "known", "--key-file", folder / "key", *inputs)
    assert result.exit_code == 0, result.output
    return folder / "known"


def inspect(folder: Path, *inputs: object) -> tuple[int, list[dict[str, Any]], str]:
    known = ("--baseline", folder / "known", "--key-file", folder / "key")
    result = run("inspect", "--format", "json", *known, *inputs)
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()], result.stderr


@pytest.fixture
def old(tmp_path: Path) -> Path:
    (tmp_path / "card.json").write_text(json.dumps({"card": CARD}))
    (tmp_path / "hidden.json").write_bytes(HIDDEN)
    return tmp_path


def test_what_is_known_is_left_out(old: Path) -> None:
    create(old, old)
    status, lines, err = inspect(old, old)
    assert status == 0 and [line["action"] for line in lines] == ["allow", "allow"]
    assert all(f["severity"] == "info" for line in lines for f in line["findings"])
    assert "known findings were left out" in err and " 0 known" not in err


def test_what_is_new_is_decided_alone(old: Path) -> None:
    create(old, old / "card.json")
    (old / "card.json").write_text(json.dumps({"a": {"card": CARD}, "card": OTHER}))
    status, lines, _ = inspect(old, old)
    card, hidden = lines
    assert status == 1 and (card["action"], hidden["action"]) == ("redact", "block")
    assert [f["pointer"] for f in card["findings"] if f["rule"] == "credit-card"] == ["/card"]


def test_another_message_in_the_same_channel_is_new(old: Path) -> None:
    create(old, old)
    (old / "hidden.json").write_bytes(HIDDEN[:-1])
    status, lines, _ = inspect(old, old / "hidden.json")
    assert status == 1 and lines[0]["action"] == "block"


def test_what_was_not_inspected_still_decides(old: Path) -> None:
    (old / "card.json").write_bytes(b"[" * 5000 + json.dumps({"card": CARD}).encode() + b"]" * 5000)
    create(old, old)
    status, lines, _ = inspect(old, old / "card.json")
    assert status == 1 and not lines[0]["complete"] and lines[0]["action"] == "block"


def test_the_file_gives_nothing_away_and_is_the_same_each_time(old: Path) -> None:
    text = create(old, old).read_text()
    assert "4111" not in text
    for value in (CARD, CARD.replace(" ", "")):
        for name in ("sha256", "sha1", "md5", "blake2b"):
            assert hashlib.new(name, value.encode()).hexdigest()[:16] not in text
    assert create(old, old).read_text() == text
    assert (old / "key").stat().st_mode & 0o777 == 0o600
    marks = [mark for known in json.loads(text)["known"].values() for mark in known]
    (old / "key").unlink()
    again = json.loads(create(old, old).read_text())["known"]
    assert marks and not set(marks) & {mark for known in again.values() for mark in known}


def test_refusals(old: Path) -> None:
    known = create(old, old)
    assert "needs --key-file" in run("inspect", "--baseline", known, old).stderr
    (old / "key").chmod(0o644)
    assert "others may read" in run("inspect", "--baseline", known, "--key-file", old / "key", old).stderr
    assert run("baseline", "create", "-o", known, "--key-file", old / "key", old).exit_code == 2
    (old / "key").chmod(0o600)
    assert run("lists", "key", old / "other").exit_code == 0
    assert run("inspect", "--baseline", known, "--key-file", old / "other", old).exit_code != 0
    for broken in (b"{", b"[]", b'{"format":"x"}', b'{"format":"dlpcore-baseline/1","key_id":"","known":[]}'):
        known.write_bytes(broken)
        result = run("inspect", "--baseline", known, "--key-file", old / "key", old)
        assert result.exit_code != 0 and "not a baseline" in str(result.exception)


def test_a_baseline_of_a_part_is_not_written(old: Path) -> None:
    (old / "broken.har").write_bytes(b"{")
    result = run("baseline", "create", "-o", old / "known", "--key-file", old / "key", old)
    assert result.exit_code == 2 and not (old / "known").exists()


def test_sarif_has_the_same_fingerprints(old: Path) -> None:
    marks = {
        mark for known in json.loads(create(old, old / "card.json").read_text())["known"].values() for mark in known
    }
    out = run("inspect", "--format", "sarif", "--key-file", old / "key", old / "card.json").stdout
    assert {r["partialFingerprints"]["dlpcore/v1"] for r in json.loads(out)["runs"][0]["results"]} == marks


def test_what_is_known_is_masked_beside_what_is_new(old: Path) -> None:
    create(old, old / "card.json")
    (old / "card.json").write_text(json.dumps({"card": CARD, "cc": OTHER}))
    keyed = ("--baseline", old / "known", "--key-file", old / "key")
    result = run("inspect", "--show", *keyed, old / "card.json")
    assert result.exit_code == 1 and "credit-card 55" in result.stdout
    assert CARD.replace(" ", "·") not in result.stdout and "41****" in result.stdout
