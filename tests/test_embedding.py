"""The recipes of docs/embedding.md, each run with the real library that it is for."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
import types
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

import dlpcore
from tests.middleware import test_servers

PAGE = Path(__file__).parents[1] / "docs" / "embedding.md"
CARD = "4111 1111 1111 1111"
CLEAN = {"id": 7, "name": "café"}
DIRTY = {"id": 7, "card": CARD}
HIDDEN = b'{"id":7}' + bytes(random.Random(1).choice(b" \t") for _ in range(600))
JSON = {"content-type": "application/json"}
pytestmark = pytest.mark.filterwarnings("ignore")  # what frameworks and servers say of each other


def block(section: str, language: str) -> str:
    text = PAGE.read_text(encoding="utf-8").split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return str(found)


@contextlib.contextmanager
def recipe(section: str) -> Iterator[Any]:
    """The module that the recipe of a section is."""
    module = types.ModuleType("dlpcore_recipe_" + re.sub(r"\W", "_", section.lower()))
    sys.modules[module.__name__] = module
    try:
        exec(compile(block(section, "python"), f"{PAGE.name}: {section}", "exec", dont_inherit=True), vars(module))
        yield module
    finally:
        del sys.modules[module.__name__]


def test_each_section_is_run() -> None:
    tests = Path(__file__).read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sections and [s for s in sections if f'("{s}"' not in tests] == []


def _asked_asgi(app: Any, *requests: tuple[str, str, bytes]) -> list[httpx.Response]:
    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test") as client:
            return [await client.request(m, path, content=body, headers=JSON) for m, path, body in requests]

    return asyncio.run(ask())


def _asked_wsgi(app: Any, *requests: tuple[str, str, bytes]) -> list[httpx.Response]:
    with httpx.Client(transport=httpx.WSGITransport(app), base_url="http://shop.test") as client:
        return [client.request(m, path, content=body, headers=JSON) for m, path, body in requests]


ORDERS = [("POST", "/orders", body) for body in (json.dumps(CLEAN).encode(), json.dumps(DIRTY).encode(), HIDDEN)]


def _check_orders(answers: list[httpx.Response]) -> None:
    clean, dirty, hidden = answers
    assert clean.is_success and clean.json()["received"] == CLEAN
    assert dirty.is_success and dirty.json()["received"]["id"] == 7 and CARD not in dirty.text
    assert dirty.json().get("action", "redact") == "redact"
    assert (hidden.status_code, hidden.headers["content-type"]) == (403, "application/problem+json")


def test_fastapi() -> None:
    with recipe("FastAPI") as module:
        _check_orders(_asked_asgi(module.app, *ORDERS))


def test_litestar() -> None:
    with recipe("Litestar") as module:
        _check_orders(_asked_asgi(module.app, *ORDERS))


def test_flask() -> None:
    with recipe("Flask") as module:
        _check_orders(_asked_wsgi(module.app, *ORDERS))


def _check_django(answers: list[httpx.Response]) -> None:
    clean, leak, hidden = answers
    assert clean.json() == CLEAN
    assert leak.json()["id"] == 7 and CARD not in leak.text
    assert hidden.status_code == 403


DJANGO = [("POST", "/echo", ORDERS[0][2]), ("GET", "/leak", b""), ("POST", "/echo", HIDDEN)]


def test_django_asgi(monkeypatch: pytest.MonkeyPatch) -> None:
    test_servers._django()
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "mysite.settings")  # so that the recipe leaves nothing behind
    with recipe("Django, ASGI") as module:
        _check_django(_asked_asgi(module.application, *DJANGO))


def test_django_wsgi(monkeypatch: pytest.MonkeyPatch) -> None:
    test_servers._django()
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "mysite.settings")
    with recipe("Django, WSGI") as module:
        _check_django(_asked_wsgi(module.application, *DJANGO))


class _Elsewhere(BaseHTTPRequestHandler):
    """Someone else's service: keeps what it got, and answers /leak with a card and anything else with what it got."""

    got: list[bytes]

    def do_POST(self) -> None:
        if "chunked" in self.headers.get("transfer-encoding", ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append(body)
        if self.path == "/leak":
            body = json.dumps(DIRTY).encode()
        packed = gzip.compress(body, mtime=0)
        self.send_response(200)
        self.send_header("content-type", self.headers["content-type"])
        self.send_header("content-encoding", "gzip")
        self.send_header("content-length", str(len(packed)))
        self.end_headers()
        self.wfile.write(packed)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[bytes]]]:
    got: list[bytes] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Elsewhere,), {"got": got}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_httpx(elsewhere: tuple[str, list[bytes]]) -> None:
    url, got = elsewhere
    with recipe("Calls that go out: httpx") as module, module.client as client:
        assert client.post(url, json=CLEAN).json() == CLEAN
        answer = client.post(url, json=DIRTY)
        assert answer.json()["id"] == 7 and CARD.encode() not in got[-1]
        client.post(url, content=iter([json.dumps(DIRTY).encode()]), headers=JSON)
        assert json.loads(got[-1])["id"] == 7 and CARD.encode() not in got[-1]
        client.post(url, data={"card": CARD, "id": "7"})
        assert b"id=7" in got[-1] and b"1111+1111" not in got[-1]
        leaked = client.post(url + "/leak", json=CLEAN)
        assert leaked.json()["id"] == 7 and CARD not in leaked.text
        before = len(got)
        with pytest.raises(dlpcore.Blocked):
            client.post(url, content=HIDDEN, headers=JSON)
        assert len(got) == before


def test_aiohttp(elsewhere: tuple[str, list[bytes]]) -> None:
    url, got = elsewhere

    async def calls(module: Any) -> None:
        async with module.session() as session:
            async with session.post(url, json=CLEAN) as answer:
                assert await answer.json() == CLEAN
            async with session.post(url, json=DIRTY) as answer:
                assert (await answer.json())["id"] == 7
            assert CARD.encode() not in got[-1]
            with pytest.raises(dlpcore.Blocked):
                await session.post(url + "/leak", json=CLEAN)
            before = len(got)
            with pytest.raises(dlpcore.Blocked):
                await session.post(url, data=HIDDEN, headers=JSON)
            assert len(got) == before

    with recipe("Calls that go out: aiohttp") as module:
        asyncio.run(calls(module))


HIDING = "a" + "".join(random.Random(1).choice("\u200b\u200c") for _ in range(600))


def test_celery() -> None:
    from celery.contrib.testing.worker import start_worker
    from kombu.exceptions import EncodeError

    with (
        recipe("Tasks: Celery") as module,
        start_worker(module.app, pool="solo", perform_ping_check=False, loglevel="CRITICAL"),
    ):
        assert module.charge.delay(CLEAN).get(timeout=20) == {"charged": CLEAN}
        charged = module.charge.delay(DIRTY).get(timeout=20)["charged"]
        assert charged["id"] == 7 and CARD not in charged["card"]
        with pytest.raises(EncodeError) as caught:
            module.charge.delay({"note": HIDING})
        assert isinstance(caught.value.args[0], dlpcore.Blocked)
        assert CARD.encode() not in module.encode([DIRTY])
        with pytest.raises(dlpcore.Blocked):
            module.decode(HIDDEN)


def test_kafka() -> None:
    from confluent_kafka.error import ValueSerializationError
    from confluent_kafka.serialization import MessageField, SerializationContext

    delivered: list[bytes] = []

    def on_delivery(error: object, message: Any) -> None:
        assert error is None
        delivered.append(message.value())

    with recipe("Messages: Kafka") as module:
        # librdkafka brings a cluster of its own, which listens on loopback
        producer = module.producer(**{"test.mock.num.brokers": 1, "bootstrap.servers": "", "log_level": 0})
        for value in (CLEAN, DIRTY):
            producer.produce("orders", value=value, on_delivery=on_delivery)
            assert producer.flush(20) == 0  # one by one: each may go to a partition of its own
        assert json.loads(delivered[0]) == CLEAN
        assert json.loads(delivered[1])["id"] == 7 and CARD.encode() not in delivered[1]
        with pytest.raises(ValueSerializationError):
            producer.produce("orders", value={"note": HIDING})
        where = SerializationContext("orders", MessageField.VALUE)
        assert module.deserialize(delivered[0], where) == CLEAN and module.deserialize(None, where) is None
        with pytest.raises(dlpcore.Blocked):
            module.deserialize(HIDDEN, where)


def test_mitmproxy() -> None:
    """That it imports without mitmproxy; tests/integrations/test_mitmproxy.py runs it in one."""
    with recipe("A proxy: mitmproxy") as module:
        assert [type(addon).__name__ for addon in module.addons] == ["DLPAddon"]


def _shell(folder: Path) -> dict[str, str]:
    """An environment in which dlpcore is installed and git is nobody's."""
    git = {f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    nowhere = {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "PRE_COMMIT_HOME": str(folder / "cache")}
    return {**{k: v for k, v in os.environ.items() if not k.startswith("GIT_")}, **git, **nowhere, "PATH": path}


@pytest.mark.slow
@pytest.mark.subprocess
def test_pre_commit(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not there")
    work = tmp_path / "work"
    work.mkdir()
    (work / ".pre-commit-config.yaml").write_text(block("Before a commit: pre-commit", "yaml"))

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=work, env=_shell(tmp_path), capture_output=True, text=True, timeout=60)

    assert run("git", "init", "-q").returncode == 0
    assert run("pre-commit", "install").returncode == 0
    (work / "clean.json").write_text(json.dumps(CLEAN))
    (work / "notes.txt").write_text(CARD)  # not JSON: the hook is not for it
    assert run("git", "add", ".").returncode == 0
    clean = run("git", "commit", "-qm", "clean")
    assert clean.returncode == 0, clean.stderr
    (work / "dirty.json").write_text(json.dumps(DIRTY))
    assert run("git", "add", ".").returncode == 0
    dirty = run("git", "commit", "-qm", "dirty")
    assert dirty.returncode != 0 and "dirty.json" in dirty.stdout + dirty.stderr
    assert CARD not in dirty.stdout + dirty.stderr


@pytest.mark.subprocess
def test_github_action(tmp_path: Path) -> None:
    """The step that runs dlpcore, as a runner's shell runs it; the other steps are GitHub's."""
    import yaml

    steps = yaml.safe_load(block("In CI: a GitHub Action", "yaml"))["jobs"]["inspect"]["steps"]
    (command,) = (step["run"] for step in steps if "dlpcore inspect" in step.get("run", ""))
    (upload,) = (step for step in steps if "upload-sarif" in step.get("uses", ""))
    (tmp_path / "dirty.json").write_text(json.dumps(DIRTY))
    shell = ["bash", "-e", "-c", command]
    ended = subprocess.run(shell, cwd=tmp_path, env=_shell(tmp_path), capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1, ended.stderr
    written = (tmp_path / upload["with"]["sarif_file"]).read_text()
    log = json.loads(written)
    assert log["version"] == "2.1.0" and log["runs"][0]["results"] and CARD not in written


@pytest.mark.subprocess
def test_a_baseline_in_the_hook_and_in_the_job(tmp_path: Path) -> None:
    """What is known stops neither; what is new stops both."""
    import yaml

    create = block("Findings that are known: a baseline", "sh").splitlines()[0]
    section = PAGE.read_text(encoding="utf-8").split("\n## Findings that are known", 1)[1]
    hook, job = (yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL))
    work, environment = tmp_path / "work", _shell(tmp_path)
    work.mkdir()
    (work / "known.json").write_text(json.dumps(DIRTY))

    def run(command: str, **more: str) -> subprocess.CompletedProcess[str]:
        shell = ["bash", "-e", "-c", command]
        env = {**environment, **more}
        return subprocess.run(shell, cwd=work, env=env, capture_output=True, text=True, timeout=60, check=False)

    created = run(create)
    assert created.returncode == 0, created.stderr
    key = (tmp_path / ".dlpcore.key").read_bytes()
    secret = {"DLPCORE_KEY": base64.b64encode(key).decode(), "RUNNER_TEMP": str(tmp_path)}
    assert run(f"{hook['entry']} known.json").returncode == 0
    assert run(job[0]["run"], **secret).returncode == 0
    assert json.loads((work / "dlpcore.sarif").read_text())["runs"][0]["results"] == []
    (work / "new.json").write_text(json.dumps({"card": "5555 5555 5555 4444"}))
    assert run(f"{hook['entry']} known.json new.json").returncode == 1
    assert run(job[0]["run"], **secret).returncode == 1
    assert (tmp_path / "dlpcore.key").stat().st_mode & 0o777 == 0o600
