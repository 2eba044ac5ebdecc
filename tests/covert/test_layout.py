"""What a gap holds beyond the layout: nothing in what serializers write, and the symbols that were put there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpcore import _native
from dlpcore.covert.framing import frames
from dlpcore.covert.layout import Deviation, deviations, digits, lengths
from tests.embedders import variants
from tests.embedders import whitespace as embed

READER = _native.Prefilter()
RECORDS = {"rows": [{"id": i, "tags": ["a", {"b": [i]}], "note": None} for i in range(30)]}
LAYOUTS: dict[str, dict[str, Any]] = {
    "compact": {"separators": (",", ":")},
    "spaced": {},
    "one": {"indent": 1},
    "two": {"indent": 2},
    "four": {"indent": 4},
    "tab": {"indent": "\t"},
    "no indent": {"indent": 0},
    "space before colons": {"indent": 2, "separators": (",", " : ")},
    "space before line ends": {"indent": 3, "separators": (", ", ": ")},
}


def of(document: bytes) -> list[Deviation]:
    scan = READER.scan(document, _native.O_GAPS | _native.O_NO_PREFILTER)
    inner = [g for g in scan.gaps if _native.GAP_CLASSES[g.klass] not in ("lead", "tail")] if scan else []
    texts = [document[g.start : g.start + g.length] for g in inner]
    return deviations([_native.GAP_CLASSES[g.klass] for g in inner], texts)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_serializers_do_not_deviate(layout: dict[str, Any], end: str) -> None:
    assert not [d for d in of(json.dumps(RECORDS, **layout).replace("\n", end).encode()) if d.text]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_symbols_are_what_deviates(layout: dict[str, Any]) -> None:
    message = b"beyond the layout"
    document = embed.spread(json.dumps(RECORDS, **layout).encode(), message)
    text = b"".join(d.text for d in of(document) if d.text and not d.misfit)
    assert text == embed.base4(message, per_byte=4)


def test_digits_and_lengths() -> None:
    assert digits([b"", b" ", b"\t", b""]) == bytes((0, 2, 1, 0))
    assert digits([b"", b""]) is None
    assert digits([b"a", b"b", b"c", b"d", b"e"]) is None
    assert (b"Hi", "nibbles") in list(lengths([4, 8, 6, 9]))
    assert (b"Hi", "unary") in list(lengths(list(b"Hi")))


@given(st.binary(min_size=2, max_size=200).filter(lambda m: len(set(m)) > len(m) // 2 and not {0, 255} & set(m)),
       st.sampled_from(sorted(variants.FRAMES)), st.integers(0, 40))  # fmt: skip
def test_a_frame_is_taken_off(message: bytes, name: str, fill: int) -> None:
    framed = variants.FRAMES[name](message)
    if name in ("plain", "length of a byte"):
        return
    data = framed + bytes(fill)
    found = [data[f.start : f.end] for f in frames(data, len(data))]
    marked = name.startswith("ended") and any(b in message for b in b"\x03\x04\xfe")  # it ends there
    assert message in found or marked


@given(st.binary(max_size=100), st.integers(0, 200))
def test_frames_are_inside(data: bytes, room: int) -> None:
    for frame in frames(data, room):
        assert 0 <= frame.start < frame.end
