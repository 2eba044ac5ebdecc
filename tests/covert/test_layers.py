"""Layers come off one by one, under one budget."""

from __future__ import annotations

import base64
import bz2
import codecs
import gzip
import io
import json
import lzma
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlpcore
from dlpcore import _native
from dlpcore.covert import archives, encodings
from dlpcore.covert.budget import Budget
from dlpcore.covert.encodings import from_ascii85
from dlpcore.covert.layers import peel

CARD = b"4111111111111111"
PREFILTER = _native.Prefilter(shapes=["layer"])
PREFILTER.call_every_layer()
LAYER = _native.SHAPES.index("layer")
INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None), show_layers=True)


def budget(**limits) -> Budget:
    return Budget(dlpcore.Limits(**limits), lambda: 0.0)


def first(text: bytes, **limits) -> tuple[str, bytes] | None:
    layer = next((layer for layer in peel(text, budget(**limits)) if not layer.tentative), None)
    return None if layer is None else (layer.name, layer.data)


def deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush()


def zipped(*members: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for index, member in enumerate(members):
            archive.writestr(f"{index}.txt", member)
    return out.getvalue()


def z85(data: bytes) -> bytes:
    return base64.b85encode(data).translate(
        bytes.maketrans(
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
            b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",
        )
    )


ENCODERS = [
    ("base64", base64.b64encode),
    ("base64", base64.urlsafe_b64encode),
    ("base64", lambda d: base64.b64encode(d).rstrip(b"=")),
    ("base64", base64.encodebytes),
    ("base64", lambda d: b"\r\n".join(base64.b64encode(d)[i : i + 10] for i in range(0, 200, 10)).strip()),
    ("base64", lambda d: b"https://example.com/?data=" + base64.b64encode(d) + b"&x=1"),
    ("base64", lambda d: b"Basic " + base64.b64encode(d)),
    ("base32", base64.b32encode),
    ("base32", lambda d: base64.b32encode(d).rstrip(b"=")),
    ("base32", lambda d: base64.b32encode(d).lower()),
    ("base32", lambda d: base64.b32encode(d).rstrip(b"=").lower()),
    ("base16", lambda d: d.hex().encode()),
    ("base16", lambda d: d.hex().upper().encode()),
    ("base16", lambda d: d.hex(" ").encode()),
    ("base16", lambda d: d.hex(":").encode()),
    ("base16", lambda d: b"0x" + d.hex().encode()),
    ("base16", lambda d: "".join(f"\\x{b:02x}" for b in d).encode()),
    ("base85", base64.a85encode),
    ("base85", lambda d: base64.a85encode(d, adobe=True)),
    ("base85", base64.b85encode),
    ("base85", z85),
    ("percent", lambda d: "".join(f"%{b:02X}" for b in d).encode()),
    ("html-entity", lambda d: "".join(f"&#{ord(c)};" for c in d.decode()).encode()),
    ("html-entity", lambda d: "".join(f"&#x{ord(c):X};" for c in d.decode()).encode()),
    ("quoted-printable", lambda d: "".join(f"={b:02X}" for b in d).encode()),
    ("gzip", gzip.compress),
    ("zlib", zlib.compress),
    ("deflate", deflate),
    ("bzip2", bz2.compress),
    ("xz", lzma.compress),
    ("zip", zipped),
    ("zip", lambda d: zipped(d, method=zipfile.ZIP_STORED)),
    ("zip", lambda d: zipped(d, method=zipfile.ZIP_BZIP2)),
    ("data-uri", lambda d: b"data:text/plain;base64," + base64.b64encode(d)),
    ("data-uri", lambda d: b"DATA:," + urllib.parse.quote(d).encode()),
    ("data-uri", lambda d: b"see <a href='data:text/plain;base64," + base64.b64encode(d) + b"'>x</a>"),
]


PACKED = ("gzip", "zlib", "deflate", "bzip2", "xz", "zip")


@pytest.mark.parametrize(("name", "encode"), ENCODERS, ids=[f"{name}-{i}" for i, (name, _) in enumerate(ENCODERS)])
def test_one_layer(name: str, encode) -> None:
    text = b"card number " + CARD + b", expires 12/29 \xe2\x82\xac"
    assert first(encode(text)) == (name, text)


@pytest.mark.parametrize(("name", "encode"), [e for e in ENCODERS if e[0] not in PACKED])
def test_no_layer_is_lost_to_the_prefilter(name: str, encode) -> None:
    """In a string of a document, where the native pass decides whether to look."""
    for text in (b"meet me at noon", b"The key is under the mat by the gate", b"token=c2VjcmV0"):
        payload = json.dumps({"a": encode(text).decode("latin-1")}).encode()
        layers = [f for f in INSPECTOR.inspect(payload).findings if f.kind == "layer"]
        assert any(f.rule == f"layer.{name}" and f.recovered == text for f in layers), (name, text)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, deflate, bz2.compress, lzma.compress, zipped])
@pytest.mark.parametrize("write", [base64.b64encode, base64.b32encode, lambda d: d.hex().encode()])
def test_compressed_and_written_as_text(pack, write) -> None:
    payload = json.dumps([write(pack(b"card: " + CARD)).decode()]).encode()
    assert len(find_card(payload).provenance) == 2


ZSTD = b"\x28\xb5\x2f\xfd\x24\x05\x29\x00\x00abcde"


def test_zstd_without_its_library_is_noted(monkeypatch) -> None:
    monkeypatch.setattr(archives, "_zstd", lambda: None)
    spent = budget()
    assert not [layer for layer in peel(ZSTD, spent) if not layer.tentative]
    assert any("dlpcore[zstd]" in skip.why for skip in spent.skipped)


def test_zstd() -> None:
    zstandard = pytest.importorskip("zstandard", reason="zstandard is not installed")
    text = b"card: " + CARD
    assert first(zstandard.compress(text)) == ("zstd", text)
    spent = budget(max_expansion=1000)
    list(peel(zstandard.compress(bytes(10_000_000)), spent))
    assert any("expands past" in skip.why for skip in spent.skipped)


def test_parts_of_a_token() -> None:
    parts = (b'{"alg":"none"}', b'{"card":"' + CARD + b'"}', b"")
    token = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    for text in (token, b"Bearer " + token, token.rpartition(b".")[0]):
        layers = [(layer.name, layer.data) for layer in peel(text, budget())]
        assert layers[:2] == [("jwt", parts[0]), ("jwt", parts[1])]
    assert find_card(json.dumps({"t": token.decode()}).encode()).provenance[0] == "jwt"


@pytest.mark.parametrize(
    "write",
    [
        lambda s: s[::-1],
        lambda s: codecs.encode(s, "rot13"),
        lambda s: "see " + s[::-1] + " there",
    ],
)
def test_a_secret_turned_round_is_found(write) -> None:
    secret = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
    plain = {f.rule for f in INSPECTOR.inspect(json.dumps([secret]).encode()).findings}
    found = [f for f in INSPECTOR.inspect(json.dumps([write(secret)]).encode()).findings if f.severity > "info"]
    assert plain & {f.rule for f in found}, plain
    assert found[0].provenance[0] in ("reversed", "rot13")


def test_base64_backwards() -> None:
    payload = json.dumps([base64.b64encode(b"card: " + CARD).decode()[::-1]]).encode()
    assert find_card(payload).provenance == ("reversed", "base64")


def test_escapes_that_any_url_has_are_no_layer() -> None:
    for url in ("https://example.com/a%20b%2Fc", "https://example.com/?q=caf%C3%A9&x=%7B%7D", "a &amp; b &lt;c&gt;"):
        assert not INSPECTOR.inspect(json.dumps([url]).encode()).findings
    found = INSPECTOR.inspect(b'["https://example.com/?to=jane.doe%40example.com"]').findings
    assert ("email", ("percent",)) in {(f.rule, f.provenance) for f in found}


@pytest.mark.parametrize(
    "text",
    [
        b"https://api.example.com/users/octocat/repos",
        b"da39a3ee5e6b4b0d3255bfef95601890afd80709",
        b"7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
        b"The quick brown fox",
        b"550e8400-e29b-41d4-a716-446655440000",
        b"",
        b"GitHub",
        b"NEE-268",
        b"SHA-256",
        b"valley-temple",
        b"administrator",
        b"applicationversion2beta",
        b"internationalization2",
        b"deploymentsandservices5",
        b"issue_comment_url",
        b"2019-05-15T15:20:18Z",
        b"1557933618",
        b"333344408",
        b"01:23:45:67:89:ab",
        b"application/x-www-form-urlencoded",
        b"https://avatars1.githubusercontent.com/u/21031067?v=4",
        b"https://api.github.com/repos/Codertocat/Hello-World/git/refs{/sha}",
        b"MDQ6VXNlcjIxMDMxMDY3",
        b"MDEwOlJlcG9zaXRvcnkxODY4NTMwMDI=",
        b"sha512-S8u2cJzklBC0FgTwWVLaM8tMrDuDMVE4xiTK4EYXM9GntyvrdbSoxqDQa+Fh57CCNApyIpyeqPhhFEmHPfrMqA==",
    ],
)
def test_what_is_not_a_layer(text: bytes) -> None:
    spent = budget()
    assert [layer.name for layer in peel(text, spent) if not layer.tentative] == []
    assert not spent.skipped


@given(st.binary(max_size=400))
def test_the_prefilter_loses_nothing_that_would_be_peeled(data: bytes) -> None:
    for text in (data, base64.b64encode(data), data.hex().encode(), base64.b32encode(data), base64.b85encode(data)):
        if any(not layer.tentative for layer in peel(text, budget())) and len(text) >= 5:
            scan = PREFILTER.scan_text(text)
            assert scan is not None and any(hit.trigger == LAYER for hit in scan.hits), text


def test_entities_with_endless_numbers_are_cheap() -> None:
    for text in (b"&#" + b"9" * 200_000 + b";", b"&#0" * 100_000, b"&amp" * 100_000, b"%25" * 100_000, b"=" * 300_000):
        list(peel(text, budget()))


def test_members_of_an_archive() -> None:
    data = zipped(b"first member, in full", b"", b"card: " + CARD)
    assert [layer.data for layer in peel(data, budget())] == [b"first member, in full", b"card: " + CARD]
    encrypted = bytearray(data)
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    spent = budget()
    assert [layer.data for layer in peel(bytes(encrypted), spent)] == [b"card: " + CARD]
    assert any("encrypted" in skip.why for skip in spent.skipped)
    spent = budget()
    assert not [layer for layer in peel(data[:60], spent) if not layer.tentative]
    assert any("damaged" in skip.why for skip in spent.skipped)


@pytest.mark.parametrize(
    "bomb",
    [
        bz2.compress(bytes(50_000_000)),
        lzma.compress(bytes(50_000_000)),
        zlib.compress(bytes(50_000_000)),
        zipped(bytes(50_000_000)),
        zipped(bytes(50_000_000), method=zipfile.ZIP_BZIP2),
    ],
    ids=["bzip2", "xz", "zlib", "zip", "zip of bzip2"],
)
def test_bombs_stop_at_their_allowance(bomb: bytes) -> None:
    spent = budget()
    assert sum(len(layer.data) for layer in peel(bomb, spent)) <= 100 * len(bomb)
    assert any("expands past" in skip.why for skip in spent.skipped)


def find_card(payload: bytes) -> dlpcore.Finding:
    return next(f for f in INSPECTOR.inspect(payload).findings if f.rule == "credit-card")


@pytest.mark.parametrize("write", [base64.b64encode, base64.b32encode, lambda d: d.hex().encode()])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_wide_text_in_base_n(encoding: str, write) -> None:
    """As shells take their commands, and as other languages keep their strings."""
    for text in (f"card: {CARD.decode()}", f"Grüße, Karte {CARD.decode()}"):
        finding = find_card(json.dumps([write(text.encode(encoding)).decode()]).encode())
        assert finding.provenance[1:] == (encoding,)
        layers = INSPECTOR.inspect(json.dumps([write(text.encode(encoding)).decode()]).encode()).findings
        assert any(f.rule == f"layer.{encoding}" and f.recovered == text.encode() for f in layers)


def test_wide_json_in_base64() -> None:
    inner = json.dumps({"card": CARD.decode()}).encode("utf-16-le")
    assert find_card(json.dumps([base64.b64encode(inner).decode()]).encode()).provenance == (
        "base64",
        "utf-16-le",
        "json",
    )


@pytest.mark.parametrize("data", [bytes(64), bytes(range(64)), b"\0\1" * 20, b"a\0b\0c"])
def test_numbers_with_noughts_between_are_no_wide_text(data: bytes) -> None:
    payload = json.dumps([base64.b64encode(data).decode(), data.hex()]).encode()
    assert not [f for f in INSPECTOR.inspect(payload).findings if f.rule.startswith("layer.utf")]


@pytest.mark.parametrize(
    ("value", "provenance"),
    [
        (base64.b64encode(b"card: " + CARD).decode(), ("base64",)),
        (base64.b64encode(gzip.compress(b"card: " + CARD, mtime=0)).decode(), ("base64", "gzip")),
        (base64.b64encode(base64.b64encode(zlib.compress(b"card: " + CARD))).decode(), ("base64", "base64", "zlib")),
        ('{"card": 4.111111111111111e15}', ("json",)),
        (json.dumps({"x": '{"card": 4.111111111111111e15}'}), ("json", "json")),
        (base64.b64encode(gzip.compress(b'{"card":"' + CARD + b'"}', mtime=0)).decode(), ("base64", "gzip", "json")),
        ((b"card: " + CARD).hex(), ("base16",)),
        ("data:text/plain;base64," + base64.b64encode(b"card: " + CARD).decode(), ("data-uri",)),
    ],
)  # fmt: skip
def test_a_card_inside_layers_is_found_with_its_provenance(value: str, provenance: tuple[str, ...]) -> None:
    payload = json.dumps({"order": {"blob": value}}).encode()
    finding = find_card(payload)
    assert finding.provenance == provenance
    assert finding.pointer == "/order/blob"
    start, end = finding.span
    assert json.loads(b'"' + payload[start:end] + b'"') == value


def test_layers_are_info_and_never_act() -> None:
    image = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(200)).decode()
    verdict = INSPECTOR.inspect(json.dumps({"logo": image}).encode())
    layers = [f for f in verdict.findings if f.kind == "layer"]
    assert [f.rule for f in layers] == ["layer.base64"]
    assert layers[0].severity == "info"
    assert layers[0].action == "allow"


QUIET = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
INSIDE = st.one_of(
    st.sampled_from(
        [
            b"meet me at noon",
            b"04:User583231",
            b"card: " + CARD,
            CARD,
            b'{"cursor":"next","id":4711}',
            b'{"card":"' + CARD + b'"}',
            b'{"a":1,"a":2}',
            "Grüße, jane.doe@example.com".encode(),
            b"password=hunter2hunter2",
            b"AKIAZ7QD5RN3VXK2LMWT",
            b"a" * 40,
        ]
    ),
    st.text(st.characters(codec="utf-8"), max_size=30).map(str.encode),
    st.binary(max_size=30),
)


@given(st.lists(st.sampled_from([encode for _, encode in ENCODERS]), min_size=1, max_size=3), INSIDE)
def test_what_an_empty_layer_would_have_said_is_nothing(encoders, text: bytes) -> None:
    """The native pass looks into layers: those that hold nothing cost nothing, none that holds something is lost."""
    for encode in encoders:
        try:
            text = encode(text)
        except UnicodeDecodeError:
            return
    if text[:2] == b"PK" or not text.isascii():
        return  # no string holds these bytes as they are: what a reader makes of them is another archive, a damaged one
    payload = json.dumps([text.decode("latin-1")]).encode()

    def said(verdict: dlpcore.Verdict) -> set:
        kept = [f for f in verdict.findings if f.kind != "layer"]
        return {(f.rule, f.severity, f.span, f.provenance) for f in kept} | set(verdict.skipped)

    every, found = INSPECTOR.inspect(payload), QUIET.inspect(payload)
    assert said(found) == said(every)
    inside = {f.span for f in every.findings if f.kind != "layer" and f.provenance}
    # One is told where something was found in it, or in another layer of the same bytes that came to the same.
    assert {f.span for f in found.findings if f.kind == "layer"} <= inside


def test_a_layer_that_holds_nothing_is_no_finding() -> None:
    for text in (b"012:garden4711", b"meet me at noon", b'{"cursor":"next","id":4711}', gzip.compress(b"nothing")):
        payload = json.dumps({"id": base64.b64encode(text).decode()}).encode()
        assert [f.kind for f in INSPECTOR.inspect(payload).findings] == ["layer"] * (1 + (text[:1] == b"\x1f"))
        assert not QUIET.inspect(payload).findings


def test_a_bomb_ends_in_a_note() -> None:
    bomb = base64.b64encode(gzip.compress(bytes(200 * 1024 * 1024), compresslevel=9)).decode()
    verdict = INSPECTOR.inspect(json.dumps({"a": bomb}).encode())
    assert not verdict.complete
    assert verdict.action == "block"
    assert any(s.what == "layer.gzip" and "expands past" in s.why for s in verdict.skipped)


def test_the_budget_is_shared() -> None:
    blob = base64.b64encode(gzip.compress(bytes(60_000), mtime=0)).decode()
    inspector = dlpcore.Inspector(limits=dlpcore.Limits(max_expansion=100_000, max_expansion_ratio=10_000))
    assert inspector.inspect(json.dumps([blob]).encode()).complete
    assert not inspector.inspect(json.dumps([blob, blob]).encode()).complete


def test_depth_of_layers_is_limited() -> None:
    value = b"card: " + CARD
    for _ in range(6):
        value = base64.b64encode(value)
    payload = json.dumps([value.decode()]).encode()
    assert find_card(payload).provenance == ("base64",) * 6
    shallow = dlpcore.Inspector(limits=dlpcore.Limits(max_layers=5)).inspect(payload)
    assert not shallow.complete
    assert any(s.what == "layers" and "max_layers" in s.why for s in shallow.skipped)


@pytest.mark.parametrize("cut", [20, 40, -8])
def test_a_damaged_stream_is_noted(cut: int) -> None:
    data = gzip.compress(b"card: " + CARD + bytes(range(256)) * 4, mtime=0)
    payload = json.dumps([base64.b64encode(data[:cut]).decode()]).encode()
    verdict = INSPECTOR.inspect(payload)
    assert not verdict.complete
    assert any(s.what == "layer.gzip" for s in verdict.skipped)


def test_many_layers_leave_room_for_findings() -> None:
    words = [base64.b64encode(f"message number {i}".encode()).decode() for i in range(1500)]
    limits = dlpcore.Limits(deadline=None, max_work=None)
    verdict = dlpcore.Inspector(limits=limits, show_layers=True).inspect(
        json.dumps([*words, "card 4111 1111 1111 1111"]).encode()
    )
    assert verdict.complete
    assert "credit-card" in {f.rule for f in verdict.findings}


DIGITS_85 = st.text("".join(map(chr, range(0x20, 0x7F))), max_size=40).map(str.encode)


@given(st.one_of(DIGITS_85, st.binary(max_size=40).map(base64.b85encode), st.text("!uz~", max_size=30).map(str.encode)))
def test_base_85_is_what_the_standard_library_reads(text: bytes) -> None:
    def expected(decode: Callable[[bytes], bytes]) -> bytes | None:
        try:
            return decode(text)
        except ValueError:
            return None

    assert encodings._from_base85(text) == expected(base64.b85decode)
    assert from_ascii85(text) == expected(partial(base64.a85decode, adobe=text.startswith(b"<~")))


@given(st.binary(max_size=64), st.booleans())
def test_ascii85_there_and_back(data: bytes, adobe: bool) -> None:
    assert from_ascii85(base64.a85encode(data, adobe=adobe)) == data


def test_fingerprints_and_hardware_addresses_are_no_pairs_of_text() -> None:
    every = _native.Prefilter(shapes=["layer"])
    every.call_every_layer()
    for text in ("f5:d1:78:ed:28:72:5f:e1:ac:94:fd:1f:e0:a3:48:6d", "00-1B-44-11-3A-B7", "52:54:00:aa:11:02"):
        assert every.scan(b'["%s"]' % text.encode()) is None
    for hidden in (b"meet me at noon", zlib.compress(b"meet me at noon, " * 3)):
        for sign in ":- _":
            assert every.scan(b'["%s"]' % hidden.hex(sign).encode()) is not None
