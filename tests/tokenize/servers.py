"""Real servers for tests: Redis and PostgreSQL, each in a folder of its own, reached through a socket in it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: Seconds for a server to start or to end.
_PATIENCE = 30.0


@contextmanager
def folder() -> Iterator[Path]:
    """A folder with a short name: the path of a socket has about a hundred bytes."""
    path = Path(tempfile.mkdtemp(prefix="dlp"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def redis(*options: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis server that writes its log at every step: its URL and process."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    with folder() as path:
        socket = path / "s"
        base = ["--port", "0", "--unixsocket", str(socket), "--dir", str(path), "--save", "", "--daemonize", "no"]
        durable = ["--appendonly", "yes", "--appendfsync", "always"]
        with _running([program, *base, *durable, *options], socket.exists, signal.SIGTERM) as process:
            yield f"unix://{socket}", process


@contextmanager
def postgres() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A PostgreSQL server: what to connect with, and its process."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    as_user: list[str] = []
    with folder() as path:
        if os.geteuid() == 0:  # it refuses to run as root
            user = _other_user()
            setpriv = shutil.which("setpriv")
            if user is None or setpriv is None:
                pytest.skip("PostgreSQL does not run as root, and there is no other user to run it as")
            os.chown(path, user.pw_uid, user.pw_gid)
            as_user = [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        data = path / "data"
        init = [str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "tester", "--no-sync", "-E", "UTF8"]
        subprocess.run([*as_user, *init], check=True, capture_output=True, cwd=path, timeout=120)
        server = [str(programs / "postgres"), "-D", str(data), "-k", str(path), "-c", "listen_addresses="]
        # SIGINT ends it at once, clients or not
        with _running([*as_user, *server], (path / ".s.PGSQL.5432").exists, signal.SIGINT) as process:
            conninfo = f"host={path} user=tester dbname=postgres"
            _until(lambda: _answers(conninfo), "PostgreSQL did not answer")
            yield conninfo, process


def _answers(conninfo: str) -> bool:
    import psycopg

    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError:  # still starting up
        return False
    return True


def _postgres_programs() -> Path | None:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return newest[-1].parent if newest else None


def _other_user() -> pwd.struct_passwd | None:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


@contextmanager
def _running(command: list[str], ready: Callable[[], bool], stop: signal.Signals) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
    try:
        _until(lambda: ready() or process.poll() is not None, f"{Path(command[0]).name} did not start")
        assert process.poll() is None, f"{Path(command[0]).name} ended at once"
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.send_signal(stop)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until(done: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + _PATIENCE
    while not done():
        assert time.monotonic() < end, otherwise
        time.sleep(0.02)
