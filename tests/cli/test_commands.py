"""The commands on real payloads: what they print and write, their exit statuses, and that no value slips out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dlpcore.cli import cli
from dlpcore.errors import RuleError
from tests.embedders.whitespace import dolus

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
MESSAGE = b'{"to":"drop-7","card":"4111 1111 1111 1111","expires":"12/29","cvv":"737"}'
SECRETS = (
    b"4111 1111 1111 1111",
    b"4111111111111111",
    b"5555-5555-5555-4444",
    b"4012888888881881",
    b"0532 0130 00",
    b"DE89370400440532013000",
    b"212-55-0134",
    b"AKIAZ5SYNTHET2C7ABCD",
    b"c0rrect-h0rse-Batt3ry",
    b"ada.lovelace@",
    b"555-0143",
    b"ODkzNzA0MDA0",  # of the number in base64
)


def run(*args: str | Path, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(cli, [str(a) for a in args], input=stdin)


def card_payload(number: str = "4111 1111 1111 1111") -> bytes:
    return json.dumps({"card": number}).encode()


def assert_secret_free(result: Result) -> None:
    for secret in SECRETS:
        assert secret not in result.stdout_bytes
        assert secret not in result.stderr_bytes


def test_example_of_dolus_is_what_the_encoder_makes() -> None:
    cover = (EXAMPLES / "order.json").read_bytes().rstrip(b"\n")
    assert (EXAMPLES / "order-dolus.json").read_bytes() == dolus(cover, MESSAGE)


@pytest.mark.parametrize("name", ["order.json", "catalog.json"])
def test_inspect_clean(name: str) -> None:
    result = run("inspect", EXAMPLES / name)
    assert result.exit_code == 0
    assert result.stdout.startswith("✓ ")
    assert " allow " in result.stdout


def test_inspect_hidden_message() -> None:
    result = run("inspect", EXAMPLES / "order-dolus.json")
    assert result.exit_code == 1
    assert result.stdout.startswith("✗ ")
    assert "whitespace.trailing" in result.stdout
    assert "credit-card" in result.stdout
    assert "recovered 74 bytes" in result.stdout
    assert_secret_free(result)


def test_inspect_show_makes_white_space_visible() -> None:
    result = run("inspect", "--show", EXAMPLES / "order-dolus.json")
    assert "␍␊→·→→→→⟨" in result.stdout
    assert_secret_free(result)


@pytest.mark.parametrize("extra", [(), ("--show",), ("-v",), ("--format", "json"), ("-v", "--show")])
def test_no_output_holds_a_value(extra: tuple[str, ...]) -> None:
    result = run("inspect", *extra, EXAMPLES)
    assert result.exit_code == 1
    assert_secret_free(result)


def test_redacted_output_holds_no_value() -> None:
    result = run("redact", EXAMPLES / "customer.json")
    assert result.exit_code == 1
    assert_secret_free(result)
    before = json.loads((EXAMPLES / "customer.json").read_bytes())
    after = json.loads(result.stdout)
    assert after["customer"]["id"] == before["customer"]["id"]
    assert after["payment"].keys() == before["payment"].keys()


def test_inspect_json() -> None:
    result = run("inspect", "--format", "json", EXAMPLES)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [Path(line["file"]).name for line in lines] == [
        "catalog.json",
        "customer.json",
        "order-dolus.json",
        "order.json",
    ]
    assert [line["action"] for line in lines] == ["allow", lines[1]["action"], "block", "allow"]
    assert all(line["line"] is None for line in lines)
    assert all(f["action"] != "allow" for f in lines[2]["findings"] if f["rule"] == "whitespace.trailing")


def test_inspect_quiet_leaves_out_what_is_clean() -> None:
    assert run("inspect", "-q", EXAMPLES / "order.json").stdout == ""
    assert "order-dolus.json" in run("inspect", "-q", EXAMPLES).stdout
    assert "catalog.json" not in run("inspect", "-q", EXAMPLES).stdout


def test_several_payloads_end_in_a_summary() -> None:
    assert run("inspect", EXAMPLES).stdout.splitlines()[-1].startswith("4 payloads: ")


def test_records_are_named_by_line() -> None:
    result = run("inspect", "--ndjson", "--format", "json", "-", stdin=b'{"a":1}\n' + card_payload() + b"\n")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["file"], line["line"]) for line in lines] == [("-", 1), ("-", 2)]
    assert lines[1]["action"] != "allow"
    assert result.exit_code == 1


def test_a_message_behind_a_record_is_found() -> None:
    stream = b'{"a":1}\n' + dolus(b'{"b":2}', b"meet me at the bridge") + b'\n{"c":3}\n'
    result = run("inspect", "--ndjson", "--format", "json", "-", stdin=stream)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["line"], line["action"]) for line in lines][:2] == [(1, "allow"), (2, "block")]
    assert lines[2]["action"] == "allow"
    assert len(lines) == 3


def test_wrong_input_outweighs_and_the_others_are_inspected(tmp_path: Path) -> None:
    result = run("inspect", tmp_path / "gone.json", EXAMPLES / "order-dolus.json")
    assert result.exit_code == 2
    assert "gone.json: No such file or directory" in result.stderr
    assert "order-dolus.json" in result.stdout


def test_what_is_not_json_is_never_clean(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_bytes(b'{"a": 1,, "card": "4111 1111 1111 1111"')
    result = run("inspect", tmp_path)
    assert result.exit_code == 1
    assert "credit-card" in result.stdout
    assert_secret_free(result)


def test_control_characters_never_reach_the_terminal(tmp_path: Path) -> None:
    name = tmp_path / "a\x1b[31m\u202e.json"
    name.write_bytes(b'{"\\u001b]0;x\\u0007\\u202e":"4111 1111 1111 1111"} x\x1b[2J')
    for result in (run("inspect", "--show", "-v", name), run("inspect", "--format", "json", name)):
        assert result.exit_code == 1
        assert not set(result.stdout) & set("\x1b\x07\u202e")
    broken = run("sanitize", name)
    assert broken.exit_code == 2
    assert not set(broken.stderr) & set("\x1b\x07\u202e")


def test_a_pointer_as_long_as_the_sender_likes_is_cut() -> None:
    result = run("inspect", "-", stdin=b"[" * 900 + card_payload() + b"]" * 900)
    assert result.exit_code == 1
    assert "/0/card " in result.stdout
    assert len(result.stdout) < 2000


def test_show_is_not_for_json() -> None:
    assert run("inspect", "--show", "--format", "json", EXAMPLES).exit_code == 2


def test_own_rules(tmp_path: Path) -> None:
    rule = tmp_path / "broken.toml"
    rule.write_text("id = 3\n")
    result = run("inspect", "--rules", rule, EXAMPLES / "order.json")
    assert result.exit_code != 0
    assert result.stdout == ""


def test_sanitize_writes_the_canonical_form() -> None:
    hidden, plain = (run("sanitize", EXAMPLES / name) for name in ("order-dolus.json", "order.json"))
    assert hidden.exit_code == plain.exit_code == 0
    assert hidden.stdout_bytes == plain.stdout_bytes
    assert json.loads(hidden.stdout) == json.loads((EXAMPLES / "order.json").read_bytes())


def test_sanitize_says_where_json_breaks(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"a":1,}')
    result = run("sanitize", "--in-place", tmp_path)
    assert result.exit_code == 2
    assert "byte 7" in result.stderr
    assert (tmp_path / "a.json").read_bytes() == b'{"a":1,}'


def test_sanitize_keeps_one_record_a_line() -> None:
    result = run("sanitize", "--ndjson", "-", stdin=dolus(b'{"a": 1}', b"hello there") + b"\n[1,  2]\r\n")
    assert result.stdout_bytes == b'{"a":1}\n[1,2]\n'


def test_a_record_that_breaks_leaves_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.ndjson"
    file.write_bytes(b"[1, 2]\n[3,]\n")
    result = run("sanitize", "-i", file)
    assert result.exit_code == 2
    assert "a.ndjson:2: " in result.stderr
    assert file.read_bytes() == b"[1, 2]\n[3,]\n"
    assert list(tmp_path.iterdir()) == [file]


def test_redact_in_place_touches_the_value_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b' { "card" : "4111 1111 1111 1111",\t"n":1e0 }\r\n')
    result = run("redact", "--in-place", file)
    assert result.exit_code == 1
    after = file.read_bytes()
    assert b"4111 1111 1111 1111" not in after
    assert after.startswith(b' { "card" : "')
    assert after.endswith(b'",\t"n":1e0 }\r\n')


def test_redact_names_what_it_leaves() -> None:
    result = run("redact", "-", stdin=dolus(b'{"a":1}', b"meet me at the bridge"))
    assert "redact leaves whitespace.trailing as it is" in result.stderr


def test_redact_takes_a_channel_along_that_carries_a_value() -> None:
    result = run("redact", EXAMPLES / "order-dolus.json")
    assert "redact leaves" not in result.stderr
    assert run("inspect", "-", stdin=result.stdout_bytes).exit_code == 0


def test_redact_into_a_folder_mirrors_the_input(tmp_path: Path) -> None:
    for name in ("in/a.json", "in/deep/b.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(card_payload())
    result = run("redact", tmp_path / "in", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert (tmp_path / "out" / "a.json").exists()
    assert b"4111" not in (tmp_path / "out" / "deep" / "b.json").read_bytes()
    assert (tmp_path / "in" / "a.json").read_bytes() == card_payload()


@pytest.mark.parametrize(
    "args",
    [
        ("-", "--in-place"),
        (EXAMPLES, "--in-place", "-o", "x"),
        (EXAMPLES,),
        (EXAMPLES / "order.json", EXAMPLES / "order.json", "-o"),
    ],
)
def test_ambiguous_output_is_refused(args: tuple[str | Path, ...], tmp_path: Path) -> None:
    extra = (tmp_path,) if args[-1] == "-o" else ()
    result = run("sanitize", *args, *extra, stdin=b"1")
    assert result.exit_code == (0 if extra else 2)


def test_two_inputs_for_one_output_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.json").write_bytes(b"1")
    assert run("sanitize", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "out").exit_code == 2


def test_an_unreadable_input_leaves_no_output(tmp_path: Path) -> None:
    result = run("sanitize", tmp_path / "gone.json", "-o", tmp_path / "out.json")
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_recover_to_standard_output() -> None:
    result = run("recover", EXAMPLES / "order-dolus.json")
    assert result.exit_code == 1
    assert result.stdout_bytes == MESSAGE
    assert "whitespace.trailing" in result.stderr


def test_recover_nothing() -> None:
    result = run("recover", EXAMPLES / "order.json")
    assert (result.exit_code, result.stdout_bytes) == (0, b"")
    assert "no hidden message" in result.stderr


def test_recover_several_needs_a_folder(tmp_path: Path) -> None:
    for name, message in (("a.json", b"the first message"), ("b.json", b"\x1f\x8b\x00\xff" * 8)):
        (tmp_path / name).write_bytes(dolus(b"[1]", message))
    assert run("recover", tmp_path).exit_code == 2
    result = run("recover", tmp_path, "-o", tmp_path / "out")
    assert result.exit_code == 1
    files = sorted((tmp_path / "out").iterdir())
    assert files[0].name == "a.json-whitespace.trailing-1.txt"
    assert files[0].read_bytes() == b"the first message"
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)


def test_rules_list_and_check() -> None:
    listed = run("rules", "list", "--format", "json")
    rules = [json.loads(line) for line in listed.stdout.splitlines()]
    assert {"credit-card", "github-token"} <= {rule["id"] for rule in rules}
    assert {"financial", "identity", "contact", "secrets"} <= {rule.get("family") for rule in rules}
    assert "credit-card" in run("rules", "list", "--family", "financial").stdout
    assert run("rules", "list", "--family", "nonsense").exit_code == 2
    checked = run("rules", "check")
    assert checked.exit_code == 0, checked.stdout
    assert json.loads(run("rules", "check", "--format", "json").stdout)["ok"] is True


@pytest.mark.subprocess
class TestProcess:
    """What only a process of its own shows: exit statuses, imports, and signals."""

    def start(self, *args: str | Path, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "dlpcore", *map(str, args)]
        return subprocess.run(command, input=stdin, capture_output=True, check=False, env={**os.environ, **env})

    @pytest.mark.parametrize(
        ("args", "status"),
        [
            (("inspect", EXAMPLES / "order.json"), 0),
            (("inspect", EXAMPLES / "order-dolus.json"), 1),
            (("inspect", "/nonexistent.json"), 2),
            (("inspect", "--nonsense"), 2),
            (("nonsense",), 2),
            (("tokenize",), 2),
            (("--help",), 0),
        ],
    )
    def test_exit_status(self, args: tuple[str | Path, ...], status: int) -> None:
        done = self.start(*args)
        assert done.returncode == status
        assert b"Traceback" not in done.stderr

    def test_broken_rule_file_is_a_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "broken.toml").write_text('id = "x"\nnonsense = 3\n')
        done = self.start("inspect", "--rules", tmp_path, "-")
        assert done.returncode == 2
        assert done.stderr.startswith(b"dlpcore: ")
        assert b"broken.toml" in done.stderr
        assert done.stderr.count(b"\n") == 1

    @pytest.mark.parametrize("option", ["--help", "--version"])
    def test_help_and_version_load_no_engine(self, option: str) -> None:
        code = (
            f"import sys; from dlpcore.cli import main; status = main([{option!r}]);"
            "bad = {'dlpcore.inspector', 'dlpcore.rules', 'dlpcore._core', 'yara', 'regex', 'rich'} & set(sys.modules);"
            "sys.exit(f'loaded: {bad}' if bad else status)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr

    def test_a_bug_is_no_verdict_and_tells_no_value(self) -> None:
        code = (
            "import sys, dlpcore.cli.units as units; from dlpcore.cli import main\n"
            "def broken(source): raise KeyError('4111 1111 1111 1111')\n"
            "units.whole = broken; sys.exit(main(['inspect', '-']))"
        )
        done = subprocess.run([sys.executable, "-c", code], input=b"1", capture_output=True, check=False)
        assert done.returncode == 70
        assert b"KeyError" in done.stderr
        assert b"units.py" in done.stderr
        assert b"4111 1111" not in done.stderr.replace(b"raise KeyError('4111 1111 1111 1111')", b"")

    def test_output_that_cannot_be_encoded_is_escaped(self) -> None:
        done = self.start("inspect", EXAMPLES / "order.json", PYTHONIOENCODING="ascii")
        assert done.returncode == 0
        assert done.stdout.startswith(b"\\u2713 ")

    def test_reader_that_goes_away(self, tmp_path: Path) -> None:
        (tmp_path / "many.ndjson").write_bytes(card_payload() * 1 + b"\n" + (card_payload() + b"\n") * 5000)
        command = [sys.executable, "-m", "dlpcore", "inspect", "--format", "json", str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=60) == 141
        assert process.stderr.read() == b""
        process.stderr.close()


def test_only_own_rules(tmp_path: Path) -> None:
    config = tmp_path / "gitleaks.toml"
    config.write_text(
        "[extend]\nuseDefault = true\n[[rules]]\nid = 'dune'\nregex = 'dune_[0-9a-f]{8}'\nkeywords = ['dune_']\n",
        encoding="utf-8",
    )
    payload = tmp_path / "x.json"
    payload.write_text('{"key": "dune_0123abcd", "card": "4111111111111111"}', encoding="utf-8")

    def rules(*extra: str) -> list[str]:
        done = run("inspect", "--format", "json", "--rules", config, *extra, payload)
        assert done.exit_code == 1 and "extend.useDefault" in done.stderr
        return sorted(f["rule"] for f in json.loads(done.stdout)["findings"])

    assert rules() == ["credit-card", "gitleaks.dune"]
    assert rules("--no-builtin") == ["gitleaks.dune"]
    assert run("inspect", "--no-builtin", payload).exit_code == 2
    listed = run("rules", "list", "--no-builtin", config)
    assert "gitleaks.dune" in listed.stdout and "credit-card" not in listed.stdout
    checked = run("rules", "check", "--no-builtin", "--format", "json", config)
    (price,) = json.loads(checked.stdout)["prices"]
    assert checked.exit_code == 0 and price["literals"] == ["dune_"] and price["gate"] == "literals"


def test_lists_from_a_key_to_a_verdict(tmp_path: Path) -> None:
    key, listed, payload = tmp_path / "list.key", tmp_path / "lists.toml", tmp_path / "x.json"
    assert run("lists", "key", key).exit_code == 0 and key.stat().st_mode & 0o777 == 0o600
    assert run("lists", "key", key).exit_code == 2
    entry = run("lists", "entry", "--list-key", key, stdin=b"4111 1111 1111 1111\n\nproject falcon\n")
    assert_secret_free(entry)
    assert entry.exit_code == 0 and entry.stdout.count(":") == 2
    head, _, values = entry.stdout.partition("\n")
    listed.write_text(f'{head}\n[[deny]]\nid = "vip"\n{values}', encoding="utf-8")
    assert "deny  vip: 2 values" in run("lists", "check", "--list-key", key, listed).stdout
    payload.write_text('{"a": "project falcon"}', encoding="utf-8")
    done = run("inspect", "--format", "json", "--lists", listed, "--list-key", key, payload)
    assert done.exit_code == 1
    assert [f["rule"] for f in json.loads(done.stdout)["findings"]] == ["deny-list.vip"]
    without = run("inspect", "--lists", listed, payload).exception
    assert isinstance(without, RuleError) and "a key is needed" in str(without)
    key.chmod(0o644)
    refused = run("lists", "entry", "--list-key", key, stdin=b"x\n")
    assert refused.exit_code == 2 and "chmod 600" in refused.stderr
