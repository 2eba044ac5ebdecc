"""Logs of an API with a field map: the bodies are the payloads, and the rest says whose they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from dlpcore.cli import cli
from dlpcore.cli.captures import Message
from dlpcore.cli.fields import FieldMap
from dlpcore.cli.inputs import Payload, Source
from tests.embedders.whitespace import dolus

CARD = {"card": "4111 1111 1111 1111"}
SOURCE = Source("log", None, Path("log"), lines=True)


def bodies(record: bytes, *options: str) -> list[tuple[bytes, Message | None, int | None]]:
    found = FieldMap(options).messages(Payload(SOURCE, 3, record, start=100))
    return [(bytes(each.data), each.message, each.start) for each in found]


def test_both_bodies_of_an_exchange() -> None:
    record = json.dumps(
        {
            "http": {"host": "api.example", "url": "/v1/pay?x=1", "verb": "post", "status": "201"},
            "req": {"body": json.dumps(CARD), "type": "application/json"},
            "res": [{"body": {"id": 7}}],
        }
    ).encode()
    request, response = bodies(
        record,
        "request=req.body",
        "response=/res/0/body",
        "host=http.host",
        "path=http.url",
        "method=http.verb",
        "status=http.status",
        "type=req.type",
    )
    whose = ("api.example", "/v1/pay", "POST")
    body = json.dumps(CARD).encode()
    assert request == (body, Message(*whose, "request", "application/json", (), body, 201), None)
    at = record.index(b'{"id": 7}')
    assert response == (b'{"id": 7}', Message(*whose, "response", "application/json", (), b'{"id": 7}', 201), 100 + at)
    assert request[1] and request[1].label == "request 201 POST api.example/v1/pay"


@pytest.mark.parametrize(
    ("said", "direction"), [("Request", "request"), ("res", "response"), ("out", ""), (None, ""), (3, "")]
)
def test_the_direction_is_what_the_record_says(said: Any, direction: str) -> None:
    ((_, message, _),) = bodies(json.dumps({"d": said, "b": [1]}).encode(), "body=b", "direction=d")
    assert message is not None and message.direction == direction


def test_a_path_may_be_a_url() -> None:
    ((_, message, _),) = bodies(b'{"u":"https://u@api.example:8443/v1?k=1","b":[1]}', "body=b", "path=u")
    assert message is not None and (message.host, message.path) == ("api.example:8443", "/v1")


def test_without_a_body_the_record_is_the_payload() -> None:
    record = b'{"p":"/v1","x":{"y":1}}\n\t\n'
    ((data, message, start),) = bodies(record, "path=p")
    assert (data, start) == (record, 100) and message is not None and message.path == "/v1"


@pytest.mark.parametrize("record", [b'{"b":null}', b'{"b":""}', b'{"a":1}', b"[1]", b'"b"', b'{"B":1}'])
def test_a_record_without_a_body_has_none(record: bytes) -> None:
    assert bodies(record, "body=b") == []


@pytest.mark.parametrize("record", [b'{"b":{"a":1}', b'{"b":"\\ud800"}', b'{"b":"\xff"}', b"GET /v1 HTTP/1.1"])
def test_what_is_no_json_is_a_payload_as_it_is(record: bytes) -> None:
    assert bodies(record, "body=b") == [(record, None, 100)]


def test_a_body_is_taken_byte_for_byte_and_each_time() -> None:
    hidden = dolus(b'{"a":1}', b"meet me at the bridge").replace(b"\r", b" ").replace(b"\n", b"\t")
    record = b'{"b":' + hidden.strip() + b',"b":"{\\"a\\":2}"}'
    assert [data for data, _, _ in bodies(record, "body=b")] == [hidden.strip(), b'{"a":2}']


@pytest.mark.parametrize("option", ["body", "body=", "=x", "cookie=a.b", "body=/a~2", "host=h host=h"])
def test_what_is_no_field_map_is_refused(option: str) -> None:
    with pytest.raises(click.BadParameter, match="--field"):
        FieldMap(option.split(" "))


def log(tmp_path: Path) -> Path:
    file = tmp_path / "api.ndjson"
    rows: list[dict[str, Any]] = [
        {"url": f"/v1/pay/{number}", "host": host, "way": way, "body": body, "ip": "10.0.0.1"}
        for number, (host, way, body) in enumerate(
            [
                ("a.example", "request", json.dumps(CARD)),
                ("a.example", "response", {"id": 7}),
                ("b.example", "response", CARD),
                ("b.example", "request", None),
            ],
            start=1000,
        )
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows) + "no JSON\n")
    return file


FIELDS = ("--field", "body=body", "--field", "host=host", "--field", "path=url", "--field", "direction=way")


@pytest.mark.parametrize(
    ("options", "acted"),
    [((), [1, 3, 5]), (("--host", "b.*"), [3, 5]), (("--direction", "request"), [1, 5]), (("--path", "/v2*"), [5])],
)
def test_filters_choose_and_what_cannot_be_chosen_stays(
    tmp_path: Path, options: tuple[str, ...], acted: list[int]
) -> None:
    arguments = ["inspect", "-q", "--format", "json", *FIELDS, *options, str(log(tmp_path))]
    result = CliRunner().invoke(cli, arguments)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["line"] for line in lines] == acted
    assert result.exit_code == 1
    assert "1 record has no body" in result.stderr
    assert "4111" not in result.stdout


def test_the_table_of_endpoints(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["inspect", *FIELDS, str(log(tmp_path))])
    assert ":1 request a.example/v1/pay/1000" in result.stdout
    table = result.stdout[result.stdout.index("endpoint ") :]
    assert table.index("b.example/v1/pay/*") > 0 and table.index("a.example/v1/pay/*") > 0


def test_the_table_has_an_end(tmp_path: Path) -> None:
    file = tmp_path / "api.ndjson"
    routes = [f"/v1/{first}{second}" for first in "ghijkl" for second in "abcdefghijklmnopqrstuvwxy"]
    rows = [{"url": route, "body": CARD if route == "/v1/ky" else [1]} for route in routes]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = CliRunner().invoke(cli, ["inspect", "-q", "--field", "body=body", "--field", "path=url", str(file)])
    table = result.stdout[result.stdout.index("endpoint ") :]
    assert table.index("/v1/ky") < table.index("/v1/ga")  # the worst comes first, wherever it was
    assert "and 50 more endpoints with 50 payloads, none of them worse: allow" in table
    assert "150 payloads" in table


def test_no_body_at_all_is_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["inspect", "--ndjson", "--field", "body=x.y", "-"], input=b'{"a":1}\n{"a":2}\n')
    assert result.exit_code == 2
    assert "2 records have no body" in result.stderr


def test_a_direction_that_nobody_tells_is_not_asked_for() -> None:
    result = CliRunner().invoke(cli, ["inspect", "--field", "body=x", "--direction", "request", "-"], input=b"{}")
    assert result.exit_code == 2
    assert "direction=PATH" in result.stderr
