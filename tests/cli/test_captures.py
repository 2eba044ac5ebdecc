"""Captured traffic: what a HAR, a flow dump and raw HTTP hold, and what ``inspect`` says of it."""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
import zstandard
from click.testing import CliRunner

from dlpcore.cli import cli, traffic
from dlpcore.cli.captures import Message, endpoint, messages
from dlpcore.cli.inputs import Payload, Source
from dlpcore.errors import InputError
from dlpcore.model import Verdict

CARD = "4111 1111 1111 1111"
CLEAN = b'{"id": 7}'
DIRTY = json.dumps({"card": CARD}).encode()
HIDDEN = b'{"id":7}' + bytes(random.Random(1).choice(b" \t") for _ in range(600))


def har() -> bytes:
    def entry(url: str, request: dict[str, Any] | None, response: dict[str, Any]) -> dict[str, Any]:
        asked: dict[str, Any] = {"method": "POST" if request else "GET", "url": url, "headers": []}
        if request:
            asked["postData"] = request
        return {"request": asked, "response": {"status": 200, "headers": [], "content": response}}

    entries = [
        entry("https://api.example/v1/orders?id=1", {"mimeType": "application/json", "text": DIRTY.decode()},
              {"mimeType": "application/json", "text": CLEAN.decode()}),
        entry("https://api.example/v1/orders/18234", None,
              {"mimeType": "application/json", "encoding": "base64", "text": base64.b64encode(HIDDEN).decode()}),
        entry("https://www.example/form", {"mimeType": "application/x-www-form-urlencoded", "text": "",
              "params": [{"name": "card", "value": CARD.replace(" ", "+")}]}, {"mimeType": "", "text": ""}),
    ]  # fmt: skip
    entries[1]["_webSocketMessages"] = [
        {"type": "send", "opcode": 1, "data": DIRTY.decode()},
        {"type": "receive", "opcode": 2, "data": base64.b64encode(CLEAN).decode()},
    ]
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def tnetstring(value: Any) -> bytes:
    """As https://tnetstrings.info/ has it, with mitmproxy's type for text."""
    match value:
        case None:
            kind, data = b"~", b""
        case bool():
            kind, data = b"!", str(value).lower().encode()
        case int():
            kind, data = b"#", str(value).encode()
        case float():
            kind, data = b"^", repr(value).encode()
        case bytes():
            kind, data = b",", value
        case str():
            kind, data = b";", value.encode()
        case dict():
            kind, data = b"}", b"".join(tnetstring(each) for pair in value.items() for each in pair)
        case _:
            kind, data = b"]", b"".join(map(tnetstring, value))
    return b"%d:%s%s" % (len(data), data, kind)


def flow() -> bytes:
    body = gzip.compress(DIRTY, mtime=0)
    first = {
        "type": "http", "version": 20, "websocket": None, "error": None,
        "request": {
            "host": "api.example", "port": 443, "method": b"POST", "scheme": b"https", "authority": b"",
            "path": b"/v1/orders?q=1",
            "headers": [[b"Content-Type", b"application/json"], [b"Content-Encoding", b"gzip"]],
            "content": body, "timestamp_start": 1.5,
        },
        "response": {"status_code": 200, "headers": [[b"content-type", b"application/json"]], "content": CLEAN},
    }  # fmt: skip
    second = {
        "type": "http", "request": {**first["request"], "content": None},  # type: ignore[dict-item]
        "response": None, "websocket": {"messages": [[1, True, DIRTY, 1.0, False, False]]},
    }  # fmt: skip
    return tnetstring(first) + tnetstring({"type": "tcp", "messages": []}) + tnetstring(second)


RAW = (
    b"POST /v1/orders HTTP/1.1\r\nHost: api.example\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
    + b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (5, DIRTY[:5], len(DIRTY) - 5, DIRTY[5:])
    + b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
    + CLEAN
)


def read(data: bytes, kind: str) -> list[Message]:
    return list(messages(io.BytesIO(data), kind))


def test_a_har() -> None:
    found = read(har(), "har")
    assert [(m.direction, m.method, m.host, m.path) for m in found] == [
        ("request", "POST", "api.example", "/v1/orders"),
        ("response", "POST", "api.example", "/v1/orders"),
        ("response", "GET", "api.example", "/v1/orders/18234"),
        ("request", "WS", "api.example", "/v1/orders/18234"),
        ("response", "WS", "api.example", "/v1/orders/18234"),
        ("request", "POST", "www.example", "/form"),
    ]
    assert found[2].body == HIDDEN and found[4].body == CLEAN
    assert endpoint(found[2]) == "GET api.example/v1/orders/*"


def test_a_flow_dump() -> None:
    found = read(flow(), "flow")
    assert [(m.direction, m.method, m.host, m.path, m.codings) for m in found] == [
        ("request", "POST", "api.example", "/v1/orders", ("gzip",)),
        ("response", "POST", "api.example", "/v1/orders", ()),
        ("request", "WS", "api.example", "/v1/orders", ()),
    ]
    assert gzip.decompress(found[0].body) == DIRTY


def test_raw_http() -> None:
    found = read(b"\r\n" + RAW + b"\r\n" + RAW, "http")
    assert [(m.direction, m.method, m.host, m.path, m.body) for m in found] == [
        ("request", "POST", "api.example", "/v1/orders", DIRTY),
        ("response", "POST", "api.example", "/v1/orders", CLEAN),
    ] * 2


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        (b"{", "har", "not JSON at line 1"),
        (b"[]", "har", "no log.entries"),
        (b'{"log":{"entries":[{"request":{}}]}}', "har", "entry 0"),
        (b'{"log":{"entries":7}}', "har", "no array"),
        (b"hello", "flow", "flow 0 has no length"),
        (flow()[:-9], "flow", "in the middle of flow 2"),
        (b"12", "flow", "in the length of flow 0"),
        (b"3:abc}", "flow", "flow 0 cannot be read"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", "http", "at byte 0"),
        (RAW + b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", "http", f"at byte {len(RAW)}"),
    ],
)
def test_broken_captures(data: bytes, kind: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(data, kind)


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "140"}).invoke(cli, ["inspect", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "session.har").write_bytes(har())
    (tmp_path / "dump.flow.gz").write_bytes(gzip.compress(flow(), mtime=0))
    (tmp_path / "log.ndjson.zst").write_bytes(zstandard.compress(CLEAN + b"\n" + DIRTY + b"\n"))
    (tmp_path / "one.http").write_bytes(RAW)
    return tmp_path


def test_a_folder_of_captures(folder: Path) -> None:
    status, out, _ = run("--format", "json", folder)
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 1 and CARD not in out
    told = {(Path(x["file"]).name, x.get("path"), x.get("direction"), x["action"]) for x in lines}
    assert told == {
        ("session.har", "/v1/orders", "request", "redact"),
        ("session.har", "/v1/orders", "response", "allow"),
        ("session.har", "/v1/orders/18234", "response", "block"),
        ("session.har", "/v1/orders/18234", "request", "redact"),
        ("session.har", "/v1/orders/18234", "response", "allow"),
        ("session.har", "/form", "request", "redact"),
        ("dump.flow.gz", "/v1/orders", "request", "redact"),
        ("dump.flow.gz", "/v1/orders", "response", "allow"),
        ("log.ndjson.zst", None, None, "allow"),
        ("log.ndjson.zst", None, None, "redact"),
        ("one.http", "/v1/orders", "request", "redact"),
        ("one.http", "/v1/orders", "response", "allow"),
    }


def test_the_table_of_endpoints(folder: Path) -> None:
    _, out, _ = run("-q", folder / "session.har")
    row = next(line for line in out.splitlines() if line.startswith("GET api.example/v1/orders/*"))
    assert row.split()[2:4] == ["1", "block"] and "whitespace" in row
    assert CARD not in out


@pytest.mark.parametrize(
    ("options", "count"),
    [(["--host", "API.*"], 5), (["--path", "/v1/orders"], 2), (["--direction", "request"], 3), (["--host", "x"], 0)],
)
def test_filters(folder: Path, options: list[str], count: int) -> None:
    _, out, _ = run("--format", "json", *options, folder / "session.har")
    assert len(out.splitlines()) == count


def test_a_body_that_cannot_be_decoded_is_not_clean(tmp_path: Path) -> None:
    (tmp_path / "x.http").write_bytes(
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
    )
    status, out, _ = run("--format", "json", tmp_path / "x.http")
    verdict = json.loads(out)
    assert status == 1 and not verdict["complete"] and verdict["action"] == "block"


def test_what_is_broken_is_said_and_the_rest_goes_on(folder: Path) -> None:
    (folder / "broken.har").write_bytes(b"{")
    (folder / "broken.json.gz").write_bytes(gzip.compress(CLEAN, mtime=0)[:-4])
    (folder / "broken.jsonl.zst").write_bytes(b"\x28\xb5\x2f\xfd nothing")
    (folder / "cut.json.zst").write_bytes(zstandard.compress(CLEAN)[:-1])
    status, out, err = run("--format", "json", folder)
    assert status == 2 and len(out.splitlines()) == 13
    assert err.count("damaged") == 3 and "not a HAR" in err


@pytest.mark.parametrize("command", ["redact", "sanitize"])
def test_captures_are_not_rewritten(folder: Path, command: str) -> None:
    result = CliRunner().invoke(cli, [command, str(folder / "session.har")])
    assert result.exit_code == 2 and "not rewritten" in result.stderr


def test_files_take_no_room_from_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "_MOST", 3)
    sums = traffic.Traffic()
    for number in range(5):
        sums.count_clean(f"{number}.json", 2)
        sums.count(
            Payload(
                Source("-", None, Path(), False),
                None,
                b"",
                Message("api.example", f"/{number}a", "GET", "request", "", (), b""),
            ),
            Verdict(),
        )
    for table in (sums.files, sums.endpoints):
        assert len(table) == 4 and list(table)[-1] == "(others)"
    assert [each.payloads for each in sums.files.values()] == [2, 2, 2, 4]
    assert [each.payloads for each in sums.endpoints.values()] == [1, 1, 1, 2]
