"""Arguments become payloads: every byte of every file is in exactly one of them, or an error names what is not."""

from __future__ import annotations

import gzip
import io
import mmap
import os
import sys
from pathlib import Path
from typing import BinaryIO, cast

import click
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from dlpcore.cli import inputs, units
from tests.cli.test_captures import flow, har


def payloads(found: list[inputs.Source], on_error: inputs.OnError) -> list[inputs.Payload]:
    return [payload for unit in units.units(found) for payload in units.payloads(unit, on_error)]


class Errors(list[tuple[str, str]]):
    def __call__(self, name: str, reason: str) -> None:
        self.append((name, reason))


def read(*arguments: str | Path, ndjson: bool = False) -> tuple[list[tuple[str, bytes]], Errors]:
    errors = Errors()
    found = inputs.sources([str(a) for a in arguments], ndjson=ndjson, on_error=errors)
    return [(p.name, bytes(p.data)) for p in payloads(found, errors)], errors


def test_file(tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_bytes(b'{"a":1}\r\n')
    assert read(file) == ([(str(file), b'{"a":1}\r\n')], [])


def test_empty_file_is_a_payload(tmp_path: Path) -> None:
    (tmp_path / "empty.json").touch()
    assert read(tmp_path)[0] == [(str(tmp_path / "empty.json"), b"")]


def test_folder_is_read_in_order_and_to_the_bottom(tmp_path: Path) -> None:
    for name in ("b/2.json", "a/1.NDJSON", "a/x.txt", "c.jsonl", "b/a/0.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"1\n")
    names = [name for name, _ in read(tmp_path)[0]]
    assert names == [str(tmp_path / n) for n in ("c.jsonl:1", "a/1.NDJSON:1", "b/2.json", "b/a/0.json")]


def test_folder_without_payloads_is_an_error(tmp_path: Path) -> None:
    found, errors = read(tmp_path)
    assert found == []
    assert errors[0][0] == str(tmp_path)
    assert "no payload" in errors[0][1]


def test_missing_file_is_an_error_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(b"1")
    found, errors = read(tmp_path / "a.json", tmp_path / "b.json")
    assert [data for _, data in found] == [b"1"]
    assert errors == [(str(tmp_path / "a.json"), "No such file or directory")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_closed_file_and_folder(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"1")
    (tmp_path / "a.json").chmod(0)
    (tmp_path / "closed").mkdir(mode=0)
    assert {reason for _, reason in read(tmp_path)[1]} == {"Permission denied"}


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that opens and cannot be read")
def test_file_that_fails_while_it_is_read() -> None:
    assert read("/proc/self/mem") == ([], [("/proc/self/mem", "Input/output error")])


def test_a_link_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to(tmp_path / "gone")
    assert read(tmp_path)[1] == [(str(tmp_path / "a.json"), "No such file or directory")]


def test_large_file_is_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "_MAP_FROM", 4)
    file = tmp_path / "large.json"
    file.write_bytes(b"[1,2]")
    errors = Errors()
    (payload,) = payloads(inputs.sources([str(file)], ndjson=False, on_error=errors), errors)
    assert isinstance(payload.data, mmap.mmap)
    assert bytes(payload.data) == b"[1,2]"


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (b"", []),
        (b"1", [(1, b"1")]),
        (b"1\n2\n", [(1, b"1\n"), (2, b"2\n")]),
        (b"1\r\n\r\n2", [(1, b"1\r\n\r\n"), (3, b"2")]),
        (b"\n\t\n1\n", [(1, b"\n\t\n1\n")]),
        (b" \n\n", [(1, b" \n\n")]),
        # What Dolus hides behind a record holds line feeds: it stays with its record.
        (b'{"a":1}\r\n\t \t\t\n\r \n\t\n{"b":2}\n', [(1, b'{"a":1}\r\n\t \t\t\n\r \n\t\n'), (5, b'{"b":2}\n')]),
    ],
)
def test_records(content: bytes, records: list[tuple[int, bytes]], tmp_path: Path) -> None:
    file = tmp_path / "r.ndjson"
    file.write_bytes(content)
    assert read(file)[0] == [(f"{file}:{line}", data) for line, data in records]


@given(st.lists(st.sampled_from([b"{}", b"\n", b"\r", b" ", b"\t", b"\x00", b"\x85"])).map(b"".join))
def test_records_lose_no_byte_and_hold_one_value_each(content: bytes) -> None:
    source = inputs.Source("-", None, Path("x"), lines=True)
    stream = io.BytesIO(content)
    blocks = units._blocks(source, inputs.Input(cast(BinaryIO, stream), stream.tell))
    records = [bytes(p.data) for block in blocks for p in units.payloads(block, Errors())]
    assert b"".join(records) == content
    assert all(sum(1 for line in r.split(b"\n") if line.strip(b" \t\r")) == 1 for r in records[1:])


def test_what_is_read_adds_up_to_what_is_stored(tmp_path: Path) -> None:
    """So that progress is true for packed input and captures too."""
    log = b"".join(b'{"id":%d,"name":"%x"}\n' % (number, number * 7919) for number in range(90_000))
    files = {
        "a.ndjson": log,
        "b.ndjson.gz": gzip.compress(log),
        "c.ndjson.zst": zstandard.compress(log),
        "d.har": har(),
        "e.har.gz": gzip.compress(har()),
        "f.flow": flow(),
        "g.json": b"[]",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    found = inputs.sources([str(tmp_path)], ndjson=False, on_error=Errors(), captures=True)
    read: dict[str, list[int]] = {}
    for unit in units.units(found):
        assert not isinstance(unit, units.Wrong)
        source = unit.sources[0] if isinstance(unit, units.Files) else unit.source
        read.setdefault(Path(source.name).name, []).append(unit.read)
    assert {name: sum(each) for name, each in read.items()} == {name: len(data) for name, data in files.items()}
    assert all(len(read[name]) > 1 for name in ("a.ndjson", "b.ndjson.gz", "c.ndjson.zst"))
    assert max(read["b.ndjson.gz"]) < len(files["b.ndjson.gz"]) / 2


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1\n2\n")))
    assert read("-", ndjson=True)[0] == [("-:1", b"1\n"), ("-:2", b"2\n")]


def test_nothing_named_at_a_terminal_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    with pytest.raises(click.UsageError, match="standard input"):
        read()


def test_total_is_unknown_with_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"123")
    os.mkfifo(tmp_path / "pipe")
    errors = Errors()
    known = inputs.sources([str(tmp_path / "a.json")], ndjson=False, on_error=errors)
    assert inputs.total_bytes(known) == 3
    piped = inputs.sources([str(tmp_path / "a.json"), str(tmp_path / "pipe")], ndjson=False, on_error=errors)
    assert inputs.total_bytes(piped) is None
