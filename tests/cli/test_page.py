"""``inspect --format html``: one page that loads nothing, shows no value, and that no payload can break."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html.parser
import io
import json
import pickle
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import dlpcore
from dlpcore.cli import cli
from dlpcore.cli.captures import Message
from dlpcore.cli.inputs import Payload, Source
from dlpcore.cli.lists import write_key
from dlpcore.cli.page.contents import kind_of, view
from dlpcore.cli.page.entries import Describer, Entry
from dlpcore.cli.page.glyphs import glyph, runs
from dlpcore.cli.page.writer import Artist, Facts, Page
from dlpcore.cli.traffic import Traffic
from dlpcore.cli.window import is_unseen
from dlpcore.model import Action, Limits, Verdict, is_invisible
from tests.embedders.whitespace import dolus

CARD = "4111 1111 1111 1111"
MESSAGE = b"meet me at the bridge, card 4111111111111111"
EVIL = (
    "\"'></code></pre><script>window.pwned=1</script><img src=x onerror=pwned=1>&lt;{{7*7}}{% x %}\u202e\u2066\x1b[31m"
)
INSPECTOR = dlpcore.Inspector(limits=Limits(deadline=None), key=b"k" * 32)
VOID = {"meta", "link", "input", "br"}
KNOWN = VOID | set(
    re.findall(
        r"\w+",
        """html head title style body a header div p span h1 h2 h3 fieldset legend label main section ul ol li b i svg
        rect details summary dl dt dd mark table thead tbody tr th td form select button output time code pre figure
        figcaption s bdi strong footer script""",
    )
)


class Reader(html.parser.HTMLParser):
    """Reads a page as strictly as it is written: every element is one of ours, closed where it was opened."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.inline: dict[str, str] = {}
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in KNOWN, tag
        self.elements[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "rect"
        self.elements[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            self.inline[self.open[-1]] = self.inline.get(self.open[-1], "") + data
        else:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


def read(page: str) -> Reader:
    """The page, after what holds for every page."""
    reader = Reader(page)
    assert reader.elements["script"] == reader.elements["style"] == 1
    assert not any(name.startswith("on") or name in ("style", "src", "srcdoc") for _, name, _ in reader.attributes)
    assert all(value.startswith("#") for tag, name, value in reader.attributes if name == "href" and tag != "link")
    (policy,) = [v for v in reader.values("content") if "default-src" in v]
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy and "http" not in policy
    for element in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(reader.inline[element].encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert not [ch for ch in page if is_invisible(ch) and ch != "\n"]
    return reader


def run(*arguments: object, **options: Any) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["inspect", "--format", "html", *map(str, arguments)], **options)
    return result.exit_code, result.stdout, result.stderr


def har(*bodies: tuple[str, str]) -> str:
    entries = [
        {"request": {"method": "POST", "url": url, "postData": {"mimeType": "application/json", "text": body}}}
        for url, body in bodies
    ]
    return json.dumps({"log": {"entries": entries}})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hidden.json").write_bytes(dolus(b'{"a": 1}', MESSAGE))
    (tmp_path / "log.ndjson").write_text('{"id":7}\n' + json.dumps({"card": CARD}) + "\n")
    (tmp_path / "unicode.json").write_text(json.dumps({"n": "a" + "\u200b\u200c" * 40 + "b"}, ensure_ascii=False))
    (tmp_path / "session.har").write_text(
        har(("https://api.example/v1/orders/18234?id=1", json.dumps({"card": CARD})), ("https://api.example/", "{}"))
    )
    return tmp_path


def test_a_page(folder: Path) -> None:
    status, page, _ = run(folder)
    reader = read(page)
    assert status == 1
    assert "2 blocked and 2 to redact, of 6 payloads" in reader.text
    assert set(reader.values("data-kind")) >= {"covert-channel", "sensitive-data"}
    assert set(reader.values("data-verdict")) == {"block", "redact"}
    assert "POST api.example/v1/orders/*" in reader.values("data-endpoint")
    assert "request POST api.example/v1/orders/18234" in reader.text
    assert "/card" in reader.text and "41************11" in reader.text and "payment card number" in reader.text


def test_what_is_hidden_is_to_be_seen(folder: Path) -> None:
    _, page, _ = run(folder)
    reader = read(page)
    assert {"U+200B ZERO WIDTH SPACE", "U+200C ZERO WIDTH NON-JOINER", "U+0009 TAB", "U+000A LINE FEED"} <= set(
        reader.values("title")
    )
    assert "ZWSP" in reader.text and "LF" in reader.text and "→" in reader.text


def test_no_value_and_no_message_without_reveal(folder: Path) -> None:
    _, page, _ = run("-v", folder)
    plain = read(page).text
    for secret in (CARD, CARD.replace(" ", ""), CARD.replace(" ", "·"), "bridge", MESSAGE.hex(" ")[:20]):
        assert secret not in page and secret not in plain
    assert f"Recovered message {len(MESSAGE)} bytes · text · read by dolus" in plain and "digest" in plain
    assert "This page shows secrets" not in plain


def test_reveal(folder: Path) -> None:
    _, page, _ = run("--reveal", folder)
    plain = read(page).text
    assert "This page shows secrets in clear" in plain
    assert CARD.replace(" ", "·") in plain
    assert MESSAGE[:16].hex(" ") in plain and "meet·me·at·the·bridge" in plain


def test_reveal_is_for_the_page_alone(folder: Path) -> None:
    result = CliRunner().invoke(cli, ["inspect", "--reveal", str(folder)])
    assert result.exit_code == 2 and "--format html" in result.stderr


def test_hostile_payloads(tmp_path: Path) -> None:
    (tmp_path / "x.har").write_text(
        har(
            (f"https://evil{EVIL}.example/a/{EVIL}", json.dumps({EVIL: CARD, "card": f"{EVIL} {CARD}"})),
            ("https://b.example/", dolus(b'{"a":1}', f"</pre>{EVIL}".encode()).decode()),
            ("https://c.example/", json.dumps({"t": f"{EVIL}\u200b\u200c\u200b\u200b{CARD}" * 9}, ensure_ascii=False)),
        )
    )
    for options in ((), ("-v", "--reveal")):
        _, page, _ = run(tmp_path, *options)
        reader = read(page)
        assert "<script>window.pwned" not in page and "49" not in reader.values("data-endpoint")
        assert any("\\u202e" in value for value in reader.values("data-endpoint"))


_TEXTS = st.text(max_size=12) | st.sampled_from([EVIL, "]]>", "<!--", "</style>", "\u202e", CARD, "a@corp-mail.org"])


@given(st.dictionaries(_TEXTS, _TEXTS, max_size=3), _TEXTS, _TEXTS, st.booleans())
def test_no_text_breaks_the_page(value: dict[str, str], host: str, path: str, reveal: bool) -> None:
    data = json.dumps(value | {"card": CARD}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    message = Message(host, f"/{path}", "POST", "request", "", (), data)
    entry, verdict = described(data, message, reveal=reveal)
    assert pickle.loads(pickle.dumps(entry)) == entry
    reader = read(page_of([(entry, verdict)], wrongs=[path], choices=[host], reveal=reveal))
    assert ("4111" in reader.text.replace("\\u202e", "")) is reveal or "4111" in f"{host}{path}{value}"


def described(data: bytes, message: Message | None = None, *, reveal: bool = False) -> tuple[Entry, Verdict]:
    payload = Payload(Source("a.json", Path("a.json"), Path("a.json"), False), None, data, message)
    verdict = INSPECTOR.inspect(data)
    return Describer(INSPECTOR, b"k" * 32, verbose=True, reveal=reveal).entry(
        payload, verdict, verdict.findings
    ), verdict


def page_of(
    entries: list[tuple[Entry, Verdict]],
    *,
    wrongs: Sequence[str] = (),
    choices: Sequence[str] = (),
    reveal: bool = False,
    most: int = 9,
) -> str:
    out = io.BytesIO()
    page, artist, traffic = Page(out.write, most), Artist(most), Traffic()
    for entry, verdict in entries:
        page.add(artist.draw(entry))
        traffic.count(Payload(Source(entry.place, None, Path(), False), None, b""), verdict)
    counts = Counter(entry.action for entry, _ in entries)
    facts = Facts(
        "balanced", "now", 1, counts, traffic.endpoints, traffic.files, ["a"], list(wrongs), list(choices), reveal
    )
    page.end(facts)
    return out.getvalue().decode()


def test_a_path_is_shown_without_what_it_gives_away() -> None:
    token = "Zq3v9Lk2Xw8Tn5Rb7Yp1"
    for path in (f"/reset/ada@corp-mail.org/{token}/x", f"/{'a' * 230}/ada@corp-mail.org", f"/{token}{'b' * 400}"):
        entry, _ = described(b"{}", Message("api.example", path, "GET", "request", "", (), b"{}"))
        shown = repr(entry)
        assert "ada" not in shown and "corp-mail" not in shown and token not in shown
    entry, _ = described(b"{}", Message("10.0.0.7", "/v1/orders/18234", "GET", "request", "", (), b"{}"))
    assert (entry.label, entry.place) == ("request GET 10.0.0.7/v1/orders/18234", "GET 10.0.0.7/v1/orders/*")


def test_only_so_many_findings_and_the_worst_first() -> None:
    card = described(json.dumps({"card": CARD}).encode())
    mail = described(json.dumps({"mail": "ada@corp-mail.org"}).encode())
    hidden = described(dolus(b'{"a":1}', b"hello there"))
    assert [each[0].action for each in (card, mail, hidden)] == [Action.REDACT, Action.FLAG, Action.BLOCK]
    reader = read(page_of([mail] * 4 + [card] * 4 + [hidden], most=5))
    listed = reader.values("data-verdict")
    assert listed == ["block", "redact", "redact", "redact", "redact"][: len(listed)] and len(listed) < 6
    total = sum(len(e.rows) for e, _ in [mail] * 4 + [card] * 4 + [hidden])
    shown = len(reader.values("data-kind"))
    assert shown >= 5 and f"{total - shown:,} findings are not listed" in reader.text
    assert "of 9 payloads" in reader.text


def test_what_was_not_inspected_is_said(tmp_path: Path) -> None:
    (tmp_path / "bad.har").write_text("{")
    (tmp_path / "cut.http").write_bytes(
        b"POST /v1 HTTP/1.1\r\nHost: api.example\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
        b"Content-Length: 12\r\n\r\n" + gzip.compress(b'{"id": 7}', mtime=0)[:12]
    )
    status, page, _ = run(tmp_path)
    text = read(page).text
    assert status == 2 and "Not read: 1" in text and "not JSON at line 1" in text
    assert "1 blocked, of 1 payload" in text and "Not inspected body:" in text


def test_nothing_inspected_is_not_called_clean(folder: Path) -> None:
    (folder / "bad.har").write_text("{")
    assert "Nothing was inspected" in read(run(folder / "bad.har")[1]).text
    (folder / "good.json").write_text("{}")
    text = read(run(folder / "bad.har", folder / "good.json")[1]).text
    assert "Nothing acted on, but not everything was inspected" in text
    assert "Nothing acted on in 1 payload" in read(run(folder / "good.json")[1]).text


def test_what_was_chosen_is_said(folder: Path) -> None:
    options = ("--host", "api.*", "--path", "/v1/*", "-q")
    text = read(run(folder / "session.har", *options)[1]).text
    assert "--host api.*" in text and "--path /v1/*" in text and "--quiet" in text
    assert "1 messages were not chosen, and not inspected" in text


def test_known_findings_are_left_out_and_masked(folder: Path) -> None:
    (folder / "new.json").write_text(json.dumps({"card": CARD, "cc": "5500 0055 5555 5559"}))
    keyed = ("--key-file", str(folder / "key"))
    created = CliRunner().invoke(
        cli, ["baseline", "create", "-o", str(folder / "known"), *keyed, str(folder / "log.ndjson")]
    )
    assert created.exit_code == 0, created.output
    _, page, _ = run("--baseline", folder / "known", *keyed, folder / "new.json")
    text = read(page).text
    assert "1 known findings were left out" in text and "1 finding" in text
    assert "4111" not in page and "5500" not in page


@pytest.mark.subprocess
def test_several_processes_make_the_same_page(folder: Path) -> None:
    write_key(folder / "key")
    pages = [run("--key-file", folder / "key", "--jobs", jobs, folder)[1] for jobs in (1, 2)]
    one, two = (re.sub("<time>.*?</time>", "", page) for page in pages)
    assert one == two and "2 blocked" in read(one).text


@pytest.mark.subprocess
def test_without_jinja2_the_extra_is_named(folder: Path) -> None:
    script = "import sys; sys.modules['jinja2'] = None; from dlpcore.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", script, "inspect", "--format", "html", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "pip install dlpcore[report]" in done.stderr and not done.stdout


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "nothing"),
        (b'{"a": 1}', "JSON"),
        (b"{a}", "text"),
        ("grün\n".encode(), "text"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\xff\xfe\x00", "bytes"),
        (b"a\x00b", "bytes"),
        ("ä".encode() * 600_000, "text"),
    ],
)
def test_kinds_of_messages(data: bytes, kind: str) -> None:
    assert kind_of(data) == kind


@given(st.binary(max_size=3000))
def test_a_view_has_all_bytes_up_to_its_end(data: bytes) -> None:
    seen = view(data)
    assert bytes.fromhex("".join(row.hex for row in seen.rows)) == data[: len(data) - seen.left_out]
    assert len(seen.rows) <= 64 and (seen.left_out == 0 or len(data) > 1024)


@given(st.characters().filter(is_unseen))
def test_every_unseen_character_has_a_sign_and_a_name(ch: str) -> None:
    sign, name, _ = glyph(ch)
    assert sign and not any(map(is_unseen, sign.replace(" ", ""))) and name.startswith(f"U+{ord(ch):04X} ")
    assert runs(ch * 3 + "x") == [(ch, 3), ("x", 1)]
