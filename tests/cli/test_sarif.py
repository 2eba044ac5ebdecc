"""``inspect --format sarif``: valid by the standard's own schema, in the right places, and without a value."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from dlpcore.cli import cli

SCHEMA = json.loads((Path(__file__).parent / "data" / "sarif-schema-2.1.0.json").read_text("utf-8-sig"))
CARD = "4111 1111 1111 1111"
HAR = {
    "log": {
        "entries": [
            {
                "request": {
                    "method": "POST",
                    "url": "https://api.example/v1",
                    "headers": [],
                    "postData": {"mimeType": "application/json", "text": json.dumps({"card": CARD})},
                },
                "response": {"status": 200, "headers": [], "content": {}},
            }
        ]
    }
}


def sarif(*arguments: object) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(cli, ["inspect", "--format", "sarif", *map(str, arguments)])
    log = json.loads(result.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(log)
    assert "4111" not in result.stdout and result.stdout.isascii()
    assert len(log["runs"]) == 1
    return result.exit_code, log["runs"][0]


def test_regions_are_those_of_the_file(tmp_path: Path) -> None:
    data = b'\n{"id": 1}\n\n{"a": [\r{"card": "%s"}]}\n{"card": "%s"}' % (CARD.encode(), CARD.encode())
    (tmp_path / "a b[1].ndjson").write_bytes(data)
    status, run = sarif(tmp_path)
    assert status == 1 and run["invocations"][0]["executionSuccessful"]
    cards = [r for r in run["results"] if r["ruleId"] == "credit-card"]
    assert [c["level"] for c in cards] == ["error", "error"]
    for card, line, pointer in zip(cards, (4, 5), ("/a/0/card", "/card"), strict=True):
        (place,) = card["locations"]
        region = place["physicalLocation"]["region"]
        start = region["byteOffset"]
        assert data[start : start + region["byteLength"]] == CARD.encode()
        assert (region["startLine"], region["endLine"]) == (line, line)
        assert place["logicalLocations"] == [{"fullyQualifiedName": pointer, "kind": "value"}]
        assert place["physicalLocation"]["artifactLocation"]["uri"].endswith("/a%20b%5B1%5D.ndjson")
        rule = run["tool"]["driver"]["rules"][card["ruleIndex"]]
        assert rule["id"] == "credit-card" and "financial" in rule["properties"]["tags"] and rule["help"]["text"]
        assert "partialFingerprints" not in card


def test_lines_of_a_document(tmp_path: Path) -> None:
    text = json.dumps({"a": 1, "card": CARD}, indent=1)
    (tmp_path / "x.json").write_text(text)
    _, run = sarif(tmp_path / "x.json")
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["byteOffset"]) == (3, text.index(CARD))


def test_nothing_found_is_a_valid_run(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b'{"id":7}')
    status, run = sarif(tmp_path)
    assert status == 0 and run["results"] == [] and run["tool"]["driver"]["rules"] == []


@pytest.mark.parametrize("name", ["x.har", "x.json.gz"])
def test_bytes_that_are_not_those_of_the_file_have_no_region(tmp_path: Path, name: str) -> None:
    data = json.dumps(HAR if name == "x.har" else {"card": CARD}).encode()
    (tmp_path / name).write_bytes(gzip.compress(data, mtime=0) if name.endswith("gz") else data)
    _, run = sarif(tmp_path)
    (place,) = run["results"][0]["locations"]
    assert "region" not in place["physicalLocation"]
    names = [each["fullyQualifiedName"] for each in place["logicalLocations"]]
    assert names == (["request POST api.example/v1", "/card"] if name == "x.har" else ["/card"])


def test_what_was_not_inspected_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_bytes(b"[" * 5000 + b"]" * 5000)
    (tmp_path / "broken.har").write_bytes(b"{")
    status, run = sarif(tmp_path)
    assert status == 2
    invocation = run["invocations"][0]
    assert not invocation["executionSuccessful"] and invocation["exitCode"] == 2
    told = [(n["level"], n["message"]["text"]) for n in invocation["toolExecutionNotifications"]]
    assert any(level == "error" and "broken.har" in text for level, text in told)
    assert any(level == "warning" and "deep.json: not inspected" in text for level, text in told)


def test_standard_input(tmp_path: Path) -> None:
    data = json.dumps({"card": CARD}).encode()
    result = CliRunner().invoke(cli, ["inspect", "--format", "sarif", "-"], input=data)
    log = json.loads(result.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(log)
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "stdin:" and place["region"]["byteOffset"] == 10


def test_ndjson_is_json(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b'{"id":7}')
    outputs = [
        CliRunner().invoke(cli, ["inspect", "--format", layout, str(tmp_path)]).stdout for layout in ("json", "ndjson")
    ]
    assert outputs[0] == outputs[1] and json.loads(outputs[0])["action"] == "allow"
