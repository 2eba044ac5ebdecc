"""``tokenize``, ``detokenize``, ``keys`` and ``audit`` at the command line."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dlpcore.cli import cli, main
from dlpcore.events import AuditLog, Event, audit_key
from dlpcore.tokenize import Keyring

PAYLOAD = b'{"card":"4111 1111 1111 1111","mail":"ada.lovelace@corp-mail.org","n":1.50}'


def run(*args: str | Path, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(cli, [str(a) for a in args], input=stdin)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLPCORE_VAULT", raising=False)
    monkeypatch.delenv("DLPCORE_TOKEN_KEYS", raising=False)
    assert run("keys", "create", "keys.toml").exit_code == 0
    (tmp_path / "in.json").write_bytes(PAYLOAD)
    return tmp_path


def test_there_and_back(folder: Path) -> None:
    there = run("tokenize", "--key-file", "keys.toml", "--vault", "v.db", "in.json", "-o", "out.json")
    assert there.exit_code == 1  # the policy acts on what came in
    tokens = (folder / "out.json").read_bytes()
    assert b"4111" not in tokens and b"lovelace" not in tokens and tokens.endswith(b',"n":1.50}')
    assert stat.S_IMODE((folder / "v.db").stat().st_mode) == 0o600
    back = run("detokenize", "--key-file", "keys.toml", "--vault", "v.db", "--audit-log", "log", "out.json")
    assert back.exit_code == 0 and back.stdout_bytes == PAYLOAD
    held = run("audit", "verify", "--key-file", "keys.toml", "log")
    assert held.exit_code == 0 and held.stdout.startswith("1 lines hold\nanchor 1:")


def test_records_in_place(folder: Path) -> None:
    (folder / "in.ndjson").write_bytes(PAYLOAD + b"\n\n" + PAYLOAD + b"\n")
    options = ("--key-file", "keys.toml", "--scheme", "credit_card=card", "--scheme", "email=sealed", "-i", "in.ndjson")
    assert run("tokenize", *options).exit_code == 1
    lines = [json.loads(line) for line in (folder / "in.ndjson").read_bytes().splitlines() if line]
    assert lines[0] == lines[1] and lines[0]["card"].startswith("4111 11")
    assert run("detokenize", "--field", "card=credit_card", *options).exit_code == 0
    assert (folder / "in.ndjson").read_bytes() == PAYLOAD + b"\n\n" + PAYLOAD + b"\n"


def test_what_the_policy_tokenizes_is_tokenized_by_enforce(folder: Path) -> None:
    (folder / "p.toml").write_text(
        """
        name = "cards"
        title = "Cards leave as tokens"
        [[rule]]
        id = "cards"
        action = "tokenize"
        transform = "of-cards"
        entity = "credit_card"
        """
    )
    without = run("enforce", "--policy", "p.toml", "in.json")
    assert (without.exit_code, without.stdout) == (2, "") and "--key-file" in without.stderr
    options = ("--key-file", "keys.toml", "--scheme", "credit_card=card")
    there = run("enforce", "--policy", "p.toml", *options, "in.json")
    assert there.exit_code == 1
    assert (
        b'"mail":"ada.lovelace@corp-mail.org","n":1.50}' in there.stdout_bytes
        and b"4111 1111 1111 1111" not in there.stdout_bytes
    )
    back = run("detokenize", "--field", "card=credit_card", *options, "-", stdin=there.stdout_bytes)
    assert back.stdout_bytes == PAYLOAD
    (folder / "clean.json").write_bytes(b'{"id":7}')
    assert run("enforce", "--policy", "p.toml", "clean.json").exit_code == 0  # no key is needed where nothing is


def test_one_way_schemes(folder: Path) -> None:
    result = run("tokenize", "--key-file", "keys.toml", "--scheme", "credit_card=pseudonym", "in.json")
    assert json.loads(result.stdout)["card"].startswith("tokp_k1_credit-card_")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "DLPCORE_TOKEN_KEYS"),
        (("--key-file", "none.toml"), "No such file"),
        (("--key-file", "in.json"), "0600"),
        (("--key-file", "keys.toml"), "need a vault"),
        (("--key-file", "keys.toml", "--scheme", "credit_card=rot13"), "sealed"),
        (("--key-file", "keys.toml", "--scheme", "credit_card"), "NAME=VALUE"),
        (("--key-file", "keys.toml", "--scheme", "credit_card=bucket:x"), "number"),
        (("--key-file", "keys.toml", "--vault", "none/v.db"), "No such file"),
    ],
)
def test_what_is_wrong_is_said(
    folder: Path, options: tuple[str, ...], says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["tokenize", *options, "-i", "in.json"]) == 2
    error = capfd.readouterr().err
    assert says in error and "Traceback" not in error and "4111" not in error
    assert (folder / "in.json").read_bytes() == PAYLOAD


def test_keys_rotate_and_old_tokens_open(folder: Path) -> None:
    assert run("tokenize", "--key-file", "keys.toml", "--vault", "v.db", "in.json", "-o", "out.json").exit_code == 1
    assert run("keys", "rotate", "keys.toml", "--id", "k2").exit_code == 0
    assert stat.S_IMODE((folder / "keys.toml").stat().st_mode) == 0o600
    back = run("detokenize", "--key-file", "keys.toml", "--vault", "v.db", "out.json")
    assert back.stdout_bytes == PAYLOAD
    assert main(["keys", "create", "keys.toml"]) == 2


def test_a_token_of_another_tenant(folder: Path) -> None:
    options = ("--key-file", "keys.toml", "--vault", "v.db")
    assert run("tokenize", *options, "--tenant", "a", "in.json", "-o", "out.json").exit_code == 1
    tokens = (folder / "out.json").read_bytes()
    refused = run("detokenize", *options, "--tenant", "b", "-i", "out.json")
    assert refused.exit_code == 2 and (folder / "out.json").read_bytes() == tokens
    kept = run("detokenize", *options, "--tenant", "b", "--keep-unknown", "out.json")
    assert kept.exit_code == 0 and kept.stdout_bytes == tokens


def test_a_log_that_does_not_hold(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from dlpcore import Context
    from dlpcore.tokenize import Access

    log = AuditLog("log", key=audit_key(Keyring.from_file("keys.toml")))
    for n in range(3):
        log(Event.of_access(Access("detokenize", "", {"note": n + 1}, Context(user="ann", roles=("r\x1b[31m",)), True)))
    report = run("audit", "report", "--key-file", "keys.toml", "--kind", "access", "log")
    assert report.exit_code == 0 and "\x1b" not in report.stdout and " 6 " in report.stdout
    as_json = run("audit", "report", "--key-file", "keys.toml", "--format", "json", "--actor", "ann", "log")
    assert json.loads(as_json.stdout)["by_entity"]["note"]["values"] == 6
    assert main(["audit", "verify", "log"]) == 2
    lines = (folder / "log").read_bytes().splitlines(keepends=True)
    (folder / "log").write_bytes(lines[0] + lines[2] + b"torn")
    assert main(["audit", "report", "--key-file", "keys.toml", "log"]) == 2
    assert "line 2 does not follow" in capfd.readouterr().err
    (folder / "log").write_bytes(lines[0] + lines[1] + b"torn")
    assert "4 bytes of a last line" in run("audit", "verify", "--key-file", "keys.toml", "log").stdout
    assert main(["audit", "report", "--since", "soon", "log"]) == 2


@pytest.mark.parametrize("layout", ["ocsf", "ecs", "cef"])
def test_inspect_writes_events(folder: Path, layout: str) -> None:
    result = run("inspect", "--format", layout, "in.json")
    assert result.exit_code == 1 and "credit-card" in result.stdout and "1111" not in result.stdout
    assert len(result.stdout.splitlines()) == 1
    if layout != "cef":
        json.loads(result.stdout)
