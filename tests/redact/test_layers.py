"""What is found in a layer is redacted inside it: the layer is written again in its own style, and the rest stays."""

from __future__ import annotations

import base64
import bz2
import codecs
import gzip
import html
import io
import json
import lzma
import quopri
import zipfile
import zlib
from collections.abc import Callable
from urllib.parse import quote, unquote_to_bytes

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

import dlpcore
from dlpcore.policy import Redaction
from dlpcore.policy.reader import read
from tests.embedders import whitespace as embed

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None), key=b"k" * 32)
DOCUMENT = json.dumps({"note": "kept text here", "card": "4111111111111111", "n": [1, {"ssn": "078-05-1120"}]}).encode()
REDACTED = DOCUMENT.replace(b"4111111111111111", b"*" * 16).replace(b"078-05-1120", b"*" * 11)


def archive(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("first.txt", b"nothing to see here")
        target.writestr("second.json", data)
    return out.getvalue()


def second(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        assert source.read("first.txt") == b"nothing to see here"
        return source.read("second.json")


def wrapped(data: bytes) -> bytes:
    text = base64.b64encode(data)
    return b"\r\n".join(text[i : i + 60] for i in range(0, len(text), 60))


def b64(data: bytes) -> bytes:
    return base64.b64encode(data)


Way = tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]
WAYS: dict[str, Way] = {
    "base64": (b64, base64.b64decode),
    "base64url": (
        lambda d: base64.urlsafe_b64encode(d).rstrip(b"="),
        lambda t: base64.urlsafe_b64decode(t + b"=" * (-len(t) % 4)),
    ),
    "base64 in lines": (wrapped, base64.b64decode),
    "base64 twice": (lambda d: b64(b64(d)), lambda t: base64.b64decode(base64.b64decode(t))),
    "base32": (base64.b32encode, base64.b32decode),
    "base16": (lambda d: d.hex().encode(), lambda t: bytes.fromhex(t.decode())),
    "BASE16": (lambda d: d.hex().upper().encode(), lambda t: bytes.fromhex(t.decode())),
    "hex pairs": (lambda d: d.hex(":").encode(), lambda t: bytes.fromhex(t.decode().replace(":", ""))),
    "ascii85": (base64.a85encode, base64.a85decode),
    "base85": (base64.b85encode, base64.b85decode),
    "percent": (lambda d: b"".join(b"%%%02X" % b for b in d), unquote_to_bytes),
    "a query": (lambda d: b"q=" + quote(d).encode(), lambda t: unquote_to_bytes(t)[2:]),
    "entities": (lambda d: b"".join(b"&#%d;" % b for b in d), lambda t: html.unescape(t.decode()).encode()),
    "quoted-printable": (lambda d: b"".join(b"=%02X" % b for b in d), quopri.decodestring),
    "data URI": (lambda d: b"data:application/json;base64," + b64(d), lambda t: base64.b64decode(t.split(b",")[1])),
    "gzip": (lambda d: b64(gzip.compress(d, mtime=0)), lambda t: gzip.decompress(base64.b64decode(t))),
    "gzip in hex": (
        lambda d: gzip.compress(d, mtime=0).hex().encode(),
        lambda t: gzip.decompress(bytes.fromhex(t.decode())),
    ),
    "zlib": (lambda d: b64(zlib.compress(d)), lambda t: zlib.decompress(base64.b64decode(t))),
    "bzip2": (lambda d: b64(bz2.compress(d)), lambda t: bz2.decompress(base64.b64decode(t))),
    "xz": (lambda d: b64(lzma.compress(d)), lambda t: lzma.decompress(base64.b64decode(t))),
    "zip": (lambda d: b64(archive(d)), lambda t: second(base64.b64decode(t))),
    "zstd": (
        lambda d: b64(zstandard.ZstdCompressor().compress(d)),
        lambda t: zstandard.ZstdDecompressor().decompress(base64.b64decode(t), max_output_size=1 << 16),
    ),
    "JSON in a string": (bytes, bytes),
    "rot13": (
        lambda d: codecs.encode(d.decode(), "rot13").encode(),
        lambda t: codecs.decode(t.decode(), "rot13").encode(),
    ),
    "reversed": (lambda d: d[::-1], lambda t: t[::-1]),
    "a part of a text": (lambda d: b"see " + b64(d) + b" and more", lambda t: base64.b64decode(t.split(b" ")[1])),
}


def document(text: bytes) -> bytes:
    return b'{"a": "x\\u0041",\n "blob": %s , "z":[1, "kept"]}' % json.dumps(text.decode()).encode()


@pytest.mark.parametrize("name", WAYS)
def test_a_layer_is_written_again(name: str) -> None:
    encode, decode = WAYS[name]
    payload = document(encode(DOCUMENT))
    result = INSPECTOR.redact(payload)
    blob = json.loads(result)["blob"].encode()
    assert decode(blob) == REDACTED
    assert result == document(blob)  # all around it is as it was


@pytest.mark.parametrize("name", ["base64", "percent", "JSON in a string", "reversed", "base16"])
def test_positions_are_kept_where_the_encoding_keeps_them(name: str) -> None:
    encode, _ = WAYS[name]
    before, after = document(encode(DOCUMENT)), INSPECTOR.redact(document(encode(DOCUMENT)))
    if name in ("percent",):  # what is put in needs no escape
        assert len(after) < len(before)
    else:
        assert len(after) == len(before)


def test_a_signed_token_is_edited_inside_where_the_policy_leaves_tokens_alone() -> None:
    """Header and payload keep what was not found; the signature, which says something of what was, goes."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    rule = '[[rule]]\nid = "cards"\naction = "redact"\nfamily = "financial"\n'
    inspector = dlpcore.Inspector(policy=read(f'name = "cards"\n{rule}', "cards.toml"))
    head = {"alg": "HS256", "typ": "JWT", "kid": "4111 1111 1111 1111"}
    signature = "Qm9ndXMtc2lnbmF0dXJlLW9mLTMyLWJ5dGVzLWxvbmch"
    token = f"{part(head)}.{part({'sub': 'kept', 'card': '4111111111111111'})}.{signature}"
    payload = json.dumps({"a": [1.50, token]}).encode()
    edited = json.loads(inspector.enforce(payload, inspector.inspect(payload)))["a"][1].split(".")
    masked = {"sub": "kept", "card": "*" * 16}
    assert edited == [part({**head, "kid": "*" * 19}), part(masked), "A" * len(signature)]


def test_deep_chains() -> None:
    inner = json.dumps({"x": base64.b64encode(gzip.compress(DOCUMENT, mtime=0)).decode()})
    payload = json.dumps({"s": json.dumps({"t": inner}), "k": 1}).encode()
    result = json.loads(INSPECTOR.redact(payload))
    blob = json.loads(json.loads(result["s"])["t"])["x"]
    assert gzip.decompress(base64.b64decode(blob)) == REDACTED
    assert result["k"] == 1


def test_every_occurrence_in_a_layer_goes() -> None:
    text = b"card 4111111111111111 and again 4111111111111111, thrice: 4111111111111111."
    result = json.loads(INSPECTOR.redact(json.dumps({"b": base64.b64encode(text).decode()}).encode()))
    assert base64.b64decode(result["b"]) == text.replace(b"4111111111111111", b"*" * 16)
    both = json.dumps({"b": "card 4111111111111111 or %34%31%31%31%31%31%31%31%31%31%31%31%31%31%31%31"}).encode()
    assert b"4111" not in INSPECTOR.redact(both)
    assert b"%31%31" not in INSPECTOR.redact(both)


def test_every_member_of_an_archive_is_edited() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for i in range(6):
            target.writestr(f"{i}.json", json.dumps({"mail": f"person{i}@example.org", "kept": i}))
    payload = json.dumps({"x": base64.b64encode(out.getvalue()).decode()}).encode()
    result = json.loads(INSPECTOR.redact(payload))
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(result["x"]))) as source:
        members = [json.loads(source.read(f"{i}.json")) for i in range(6)]
    assert members == [{"mail": "*" * 19, "kept": i} for i in range(6)]


def test_names_in_layers_stay_apart() -> None:
    inner = json.dumps({"alice@example.org": 1, "bob@example.org": 2})
    result = json.loads(INSPECTOR.redact(json.dumps({"x": inner}).encode()))
    assert sorted(json.loads(result["x"]).values()) == [1, 2]
    names = {
        base64.b64encode(json.dumps({"who": who}).encode()).decode(): 1 for who in ("a@example.org", "b@example.org")
    }
    assert len(json.loads(INSPECTOR.redact(json.dumps(names).encode()))) == 2


def test_utf16_is_written_again() -> None:
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        payload = DOCUMENT.decode().encode(encoding)
        assert INSPECTOR.redact(payload).decode(encoding).encode() == REDACTED


def test_what_cannot_be_written_again_is_masked_whole() -> None:
    stray = "MTIzNCBjYXJkIDQxMTExMTExMTExMTExMTEgeX=="  # the last digit has bits that no encoder sets
    assert base64.b64decode(stray) == b"1234 card 4111111111111111 y"
    assert INSPECTOR.redact(json.dumps({"x": stray, "y": "kept"}).encode()) == b'{"x": "********", "y": "kept"}'
    parts = (b'{"alg":"HS256"}', b'{"mail":"alice@example.org"}', b"signature")
    token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    assert b"example" not in INSPECTOR.redact(json.dumps({"x": token}).encode())


def test_what_was_hidden_goes_with_what_hid_it() -> None:
    hidden = embed.dolus(b'{"a": 1}', b"card 4111111111111111")
    assert INSPECTOR.redact(hidden) == b'{"a": 1}'
    inside = json.dumps({"x": base64.b64encode(hidden).decode(), "y": [1]}).encode()
    result = json.loads(INSPECTOR.redact(inside))
    assert base64.b64decode(result["x"]) == b'{"a": 1}'
    assert result["y"] == [1]
    tags = "".join(chr(0xE0000 + ord(ch)) for ch in "card 4111111111111111")
    result = INSPECTOR.redact(json.dumps({"note": f"hello{tags} there"}, ensure_ascii=False).encode())
    assert json.loads(result) == {"note": "hello there"}


@given(st.data())
def test_any_chain_of_layers_comes_out_clean(data: st.DataObject) -> None:
    secrets = data.draw(st.lists(st.sampled_from(["4111111111111111", "alice@example.org", "078-05-1120"]), min_size=1))
    text = json.dumps({f"m{i}": f"value {secret} here" for i, secret in enumerate(secrets)}).encode()
    names = data.draw(st.lists(st.sampled_from(["base64", "gzip", "base16", "percent", "JSON"]), max_size=3))
    for name in names:
        text = json.dumps({"j": text.decode()}).encode() if name == "JSON" else WAYS[name][0](text)
    payload = document(text)
    verdict = INSPECTOR.inspect(payload)
    how = data.draw(
        st.sampled_from(
            [
                Redaction(),
                Redaction("label"),
                Redaction("hash"),
                Redaction("class"),
                Redaction(length=3),
                Redaction("remove"),
                Redaction("label", label='"\\{rule}"'),
            ]
        )
    )
    result = INSPECTOR.redact(payload, verdict, how=how)
    gone = {(f.rule, f.fingerprint) for f in verdict.findings if f.kind == "sensitive-data"}
    assert gone
    after = INSPECTOR.inspect(result)
    assert not gone & {(f.rule, f.fingerprint) for f in after.findings}
    kept = json.loads(result)
    assert kept["a"] == "xA"
    assert kept["z"] == [1, "kept"]
