"""The unicode channels: honest text in many scripts costs nothing; what embedders hide is found, recovered and gone."""

from __future__ import annotations

import json
import random
import tomllib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpcore import _native
from dlpcore.covert import ChannelReport
from dlpcore.covert.unicode import CHANNELS, detect, neutral, wanted
from dlpcore.views import OffsetMap, folded
from tests.embedders import unicode as embed

PREFILTER = _native.Prefilter()
LIMIT = 1 << 20
HONEST = [
    pytest.param(text, id=f"{group}-{name}-{i}")
    for group, names in tomllib.loads((Path(__file__).parent / "honest_text.toml").read_text(encoding="utf-8")).items()
    for name, texts in names.items()
    for i, text in enumerate(texts)
]
ENGLISH = (
    "the people could write about each other and then look for more time to make one another happy while some of "
    "these words were only said once by someone who had come down from an open place near water over a long day"
)
FRENCH = "été déjà café naïve élève français où forêt là près après même être garçon leçon hôtel âge île"
WORDS, ACCENTS = ENGLISH.split(), FRENCH.split()


def cover(words: list[str], seed: int = 0) -> bytes:
    pick = random.Random(seed)
    items = [
        {"id": i, "title": " ".join(pick.choices(words, k=6)), "body": " ".join(pick.choices(words, k=60)) + "."}
        for i in range(12)
    ]
    return json.dumps({"items": items}, ensure_ascii=False).encode()


PLAIN, ACCENTED = cover(WORDS), cover(ACCENTS)
MESSAGE = b"key=hunter2; call me"


def reports(payload: bytes) -> dict[str, ChannelReport]:
    scan = PREFILTER.scan(payload)
    if scan is None or not wanted(len(payload), scan):
        return {}
    return {r.channel: r for r in detect(payload, scan, PREFILTER, LIMIT)}


def recovered(payload: bytes) -> list[bytes | None]:
    return [c.data for r in reports(payload).values() for c in r.candidates]


def neutralized(payload: bytes) -> bytes:
    """Every string, keys too, made neutral."""

    def walk(node: object) -> object:
        if isinstance(node, str):
            return neutral(node.encode("utf-8", "surrogatepass"), spaces=True).decode("utf-8", "surrogatepass")
        if isinstance(node, list):
            return [walk(item) for item in node]
        if isinstance(node, dict):
            return {walk(key): walk(item) for key, item in node.items()}
        return node

    return json.dumps(walk(json.loads(payload)), ensure_ascii=False).encode("utf-8", "surrogatepass")


# --- honest text ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HONEST)
def test_honest_text_costs_nothing_and_stays(text: str) -> None:
    for ascii in (False, True):
        for document in ({"text": text}, {text: 1}, [text] * 3):
            found = reports(json.dumps(document, ensure_ascii=ascii).encode())
            assert sum(r.bits for r in found.values()) == 0.0, found
    raw = text.encode()
    assert neutral(raw) == raw


def test_all_honest_texts_together() -> None:
    texts = [p.values[0] for p in HONEST]
    assert len(texts) >= 60
    for document in (texts, {str(t): t for t in texts}):
        assert not any(r.found for r in reports(json.dumps(document, ensure_ascii=False).encode()).values())


def test_ascii_and_common_letters_are_never_read_again() -> None:
    for document in (PLAIN, ACCENTED, '["日本語の文章。", "Привет, мир", "한국어"]'.encode()):
        scan = PREFILTER.scan(document)
        assert scan is None or not wanted(len(document), scan)


def test_decomposed_file_names_alone_are_honest() -> None:
    names = [unicodedata.normalize("NFD", name) + ".txt" for name in ACCENTS]
    assert reports(json.dumps(names, ensure_ascii=False).encode()).get("unicode.normal-form") is None


@pytest.mark.parametrize(
    "text",
    ["Two spaces.  After each.  Sentence.  As typed.", "a   table   of   cells", "line one  \nline two  \nline three"],
)
def test_people_type_spaces(text: str) -> None:
    assert not any(r.found for r in reports(json.dumps([text] * 20).encode()).values())


# --- what embedders hide ----------------------------------------------------------------------------------------------

EMBEDDERS = [
    *(pytest.param(name, write, PLAIN, id=name) for name, write in embed.RUNS.items()),
    *(
        pytest.param(name, write, ACCENTED if "normal-form" in name else PLAIN, id=name)
        for name, write in embed.SPREAD.items()
    ),
]


@pytest.mark.parametrize(("name", "write", "document"), EMBEDDERS)
def test_each_embedder_is_found_recovered_and_gone(name: str, write: embed.Embedder, document: bytes) -> None:
    payload = write(document, MESSAGE)
    found = reports(payload)
    channel = name.partition("/")[0]
    assert found[channel].found
    assert found[channel].candidates[0].data == MESSAGE
    assert sum(r.bits for r in reports(neutralized(payload)).values()) == 0.0


def test_every_channel_has_an_embedder() -> None:
    assert {name.partition("/")[0] for name in (*embed.RUNS, *embed.SPREAD)} == set(CHANNELS)


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=1))
def test_runs_of_one_byte_are_found(message: bytes) -> None:
    for name in ("base 2", "base 4", "operators", "base 8", "zwsp-steg"):
        payload = embed.RUNS[f"unicode.zero-width/{name}"](b'["text"]', message)
        assert any(r.found for r in reports(payload).values())  # a byte of one digit may be all direction marks


@given(st.integers(0x20, 0x7E))
def test_one_tag_is_found(code: int) -> None:
    for text in (f"a{chr(0xE0000 + code)}b", f"🏴{chr(0xE0000 + code)}"):
        assert reports(json.dumps([text]).encode())["unicode.tags"].found


@settings(deadline=None)
@given(st.binary(min_size=2, max_size=40).filter(lambda m: not set(m) & {14, 15}))
def test_two_selectors_are_found_and_recovered(message: bytes) -> None:
    for base in ("a", "😀", "漢"):
        payload = json.dumps([base + embed.selectors(message)]).encode()
        assert reports(payload)["unicode.variation-selectors"].found
        assert message in recovered(payload)


@settings(deadline=None)
@given(st.binary(min_size=2, max_size=30))
def test_spread_zero_width_is_found(message: bytes) -> None:
    assert reports(embed.SPREAD["unicode.zero-width/spread base 2"](PLAIN, message))["unicode.zero-width"].found


@settings(deadline=None)
@given(st.lists(st.sampled_from("\u200c\u200d\u2061\u2062\u2063\u2064"), min_size=3, max_size=60).map("".join))
def test_a_run_in_stegcloaks_alphabet_is_found(hidden: str) -> None:
    assert reports(json.dumps([f"the{hidden} cover"]).encode())["unicode.zero-width"].found


def test_stegcloak_is_opaque() -> None:
    hidden = "".join(random.Random(1).choices("\u200c\u200d\u2061\u2062\u2063\u2064", k=200))
    report = reports(json.dumps([f"the{hidden} cover"]).encode())["unicode.zero-width"]
    assert any("StegCloak" in reason for reason in report.reasons)


@pytest.mark.parametrize("escaped", [False, True])
def test_keys_hide_nothing(escaped: bool) -> None:
    payload = json.dumps({"a" + embed.tags(b"secret"): 1}, ensure_ascii=escaped).encode()
    assert b"secret" in recovered(payload)


def test_spans_are_those_of_the_characters() -> None:
    payload = '["a\u200b\u200b\u200bb", "c\\u200b\\u200b\\u200bd"]'.encode()
    assert [payload[s:e] for s, e in reports(payload)["unicode.zero-width"].spans] == [
        "\u200b\u200b\u200b".encode(),
        b"\\u200b\\u200b\\u200b",
    ]
    tag = reports(b'["x\\udb40\\udc41y"]')["unicode.tags"]
    assert tag.spans == ((3, 15),)


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        ("\u202egnp.exe\u202c", "unicode.bidi"),
        ("p\u0430yp\u0430l \u0435b\u0430\u0443", "unicode.confusables"),
        ("пpивeт вcем дpузья cнoва", "unicode.confusables"),
        ("\U0001f3f4" + embed.tags(b"secret"), "unicode.tags"),
        ("a\u200bb\u200bc\u200bd\u200be", "unicode.zero-width"),
    ],
)
def test_small_things_that_are_found(text: str, channel: str) -> None:
    assert reports(json.dumps([text]).encode())[channel].found


SOUP = st.text(
    st.sampled_from(
        "ab .1@#éаоРαΩ漢か\u3099ａ１ابש가ก \u00a0\u2003\u3000\u200b\u200c\u200d\u2060\u2062\ufeff\u00ad\u034f\u202a"
        "\u202c\u202e\u2066\u2069\u200e\u200f\u061c\ufe0f\ufe00\U000e0101\U000e01ef\U0001f3f4\U000e0067\U000e0062"
        "\U000e007f😀❤\ue000\U000f0000\ufdd0\u0378\u0301\u0327\n\t\u2800⠋\u115f\u1160ᄀ\u180b\u180eᠮ"
    ),
    max_size=40,
)


@given(st.lists(SOUP, max_size=4))
def test_neutral_text_costs_nothing(texts: list[str]) -> None:
    payload = neutralized(json.dumps(texts).encode())
    assert sum(r.bits for r in reports(payload).values()) == 0.0


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=0x80), max_size=60))
def test_any_characters_can_be_looked_at(text: str) -> None:
    reports(json.dumps([text]).encode())


@given(SOUP)
def test_neutral_twice_is_neutral_once(text: str) -> None:
    once = neutral(text.encode())
    assert neutral(once) == once


@given(st.lists(SOUP, min_size=1, max_size=4))
def test_escaped_or_not_is_the_same(texts: list[str]) -> None:
    """Each form of a text is priced alike, and a text alone like a JSON string."""
    raw = _native.unicode_scan(json.dumps(texts, ensure_ascii=False).encode(), 1000)
    escaped = _native.unicode_scan(json.dumps(texts).encode(), 1000)
    assert (raw.bits, raw.counts, raw.choices) == (escaped.bits, escaped.counts, escaped.choices)
    assert [c.code for c in raw.chars] == [c.code for c in escaped.chars]


@given(st.lists(SOUP, max_size=4))
def test_the_census_loses_nothing(texts: list[str]) -> None:
    """Where the second pass would find anything, the first one asks for it (spaces in a small number apart)."""
    payload = json.dumps(texts, ensure_ascii=False).encode()
    scan = PREFILTER.scan(payload)
    found = _native.unicode_scan(payload, 1000)
    if any(found.bits[k] for k in range(1, _native.U_SPACE_RUN)) and found.counts[_native.U_CONFUSABLE] == 0:
        assert scan is not None and wanted(len(payload), scan)


def test_what_is_kept_is_bounded() -> None:
    found = _native.unicode_scan(('["' + "a\u200b" * 5000 + '"]').encode(), 100)
    assert len(found.chars) == 100
    assert found.seen == 5000
    assert found.bits[_native.U_ZERO_WIDTH] >= 5000


# --- the folded view --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ＡＫＩＡ１２３", "AKIA123"),
        ("4111\u200b1111\u00ad1111\u20601111", "4111111111111111"),
        ("4111\u00a01111\u20031111\u202f1111", "4111 1111 1111 1111"),
        ("АКІА", "AKIA"),
        ("٤١١١ ४१११", "4111 4111"),
        ("𝐀𝟒", "A4"),
        ("user＠example．com", "user@example.com"),
        ("000‐12‑3456", "000-12-3456"),
        ("p\U000e0041a\ufe0fss\u202eword", "password"),
    ],
)
def test_folded(text: str, wanted: str) -> None:
    view = folded(text.encode())
    assert view is not None
    assert view[0] == wanted.encode()


@pytest.mark.parametrize("text", ["", "plain", "é ü ß", "日本語"])
def test_what_folds_to_itself(text: str) -> None:
    assert folded(text.encode()) is None


@given(st.text(max_size=30))
def test_offsets_of_the_folded_view(text: str) -> None:
    raw = text.encode("utf-8", "surrogatepass")
    view = folded(raw)
    if view is None:
        return
    out, pairs = view
    assert pairs[0] == (0, 0) and pairs[-1] == (len(out), len(raw))
    offsets = OffsetMap(pairs)
    for i, byte in enumerate(out):
        start, end = offsets.span(i, i + 1)
        own = raw[start:end]
        assert own == bytes((byte,)) or not own.isascii()


@given(
    st.lists(st.sampled_from(["ＡＫＩＡ", "AK\u200bIA", "АКІА", "x", " ", "é", "\\u200b", "AK\\u2060IA"]), max_size=6)
)
def test_the_prefilter_sees_the_folded_text(parts: list[str]) -> None:
    prefilter = _native.Prefilter(((b"AKIA", False),), max_candidates=1000)
    payload = ('["' + "".join(parts) + '"]').encode()
    text, _ = _native.unescape(payload[2:-2])
    view = folded(text)
    scan = prefilter.scan(payload)
    seen = scan is not None and any(hit.trigger == len(_native.SHAPES) for hit in scan.hits)
    assert seen == (b"AKIA" in text or (view is not None and b"AKIA" in view[0]))


# --- an oracle --------------------------------------------------------------------------------------------------------


def test_look_alikes_agree_with_another_implementation_of_uts39() -> None:
    disarm = pytest.importorskip("disarm", reason="the package disarm is not here")
    agreed = differs = 0
    for code in (*range(0x391, 0x3CA), *range(0x400, 0x460)):
        view = folded(chr(code).encode())
        other = disarm.normalize_confusables(chr(code))
        if view is not None and other.isascii():
            same = view[0].decode().lower() == other.lower() or {view[0].decode(), other} <= set("Il1i")
            agreed, differs = agreed + same, differs + (not same)
    assert agreed >= 10 * differs
    assert agreed >= 30
