"""Sinks: each event once, whole, to a logger, a file and real sockets."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import stat
import tempfile
import threading
from pathlib import Path

import pytest

from dlpcore import EventError
from dlpcore.events import JSONLinesSink, LoggingSink, SyslogSink

from .test_layouts import event

_RFC5424 = re.compile(
    rb"<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [!-~]{1,255} dlpcore \d+ inspect - (?:\xef\xbb\xbf)?(.*)",
    re.DOTALL,
)


def _parsed(message: bytes) -> tuple[int, bytes]:
    found = _RFC5424.fullmatch(message)
    assert found is not None
    return int(found[1]), found[2]


def test_a_logger(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "dlpcore.events"):
        LoggingSink()(event())
        LoggingSink(layout="cef")(event(b"{}"))
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert json.loads(caplog.records[0].getMessage())["action"] == "redact"
    with pytest.raises(EventError, match="ocsf"):
        LoggingSink(layout="xml")


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    sink = JSONLinesSink(path, "ocsf", sync=True)
    threads = [threading.Thread(target=lambda: [sink(event()) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = path.read_bytes().splitlines()
    assert len(lines) == 80 and {json.loads(line)["class_uid"] for line in lines} == {2006}
    path.rename(tmp_path / "events.1")
    sink(event())
    assert len(path.read_bytes().splitlines()) == 1
    with pytest.raises(EventError, match="No such file"):
        JSONLinesSink(tmp_path / "none" / "e")(event())


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk() -> None:
    with pytest.raises(EventError, match="space"):
        JSONLinesSink("/dev/full")(event())


def test_syslog_over_udp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        sink = SyslogSink(server.getsockname(), "udp", "cef")
        sink(event())
        priority, text = _parsed(server.recv(65536))
        sink.close()
    assert priority == 8 * 13 + 3 and text.startswith(b"CEF:0|")


def test_syslog_over_tcp_counts_octets_and_connects_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        sink = SyslogSink(server.getsockname()[:2], "tcp")
        for _ in range(2):
            sink(event())
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as stream:
                size = int(b"".join(iter(lambda: stream.read(1), b" ")))
                _, text = _parsed(stream.read(size))
            assert json.loads(text)["policy"] == "balanced"
            sink.close()
    with pytest.raises(EventError, match="refused"):
        sink(event())


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_syslog_over_a_local_socket(kind: socket.SocketKind) -> None:
    with tempfile.TemporaryDirectory(prefix="dlp") as folder, socket.socket(socket.AF_UNIX, kind) as server:
        path = f"{folder}/log"
        server.bind(path)
        if kind == socket.SOCK_STREAM:
            server.listen()
        sink = SyslogSink(path)
        sink(event())
        receiver = server if kind == socket.SOCK_DGRAM else server.accept()[0]
        receiver.settimeout(10)
        _parsed(receiver.recv(1 << 20))
        receiver.close()
        sink.close()
        with pytest.raises(EventError, match="No such file"):
            SyslogSink(f"{folder}/none")(event())


def test_an_address_that_does_not_fit_its_transport() -> None:
    for address, transport in ((("127.0.0.1", 1), "unix"), ("/dev/log", "tcp"), ("/dev/log", "pigeon")):
        with pytest.raises(EventError):
            SyslogSink(address, transport)  # type: ignore[arg-type]
