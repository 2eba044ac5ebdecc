"""Hypothesis strategies: JSON documents as serializers write them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

text = st.text(st.characters(codec="utf-8"), max_size=12)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | text
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(text, inner, max_size=5),
    max_leaves=20,
)
containers = st.lists(values, max_size=6) | st.dictionaries(text, values, max_size=6)


@st.composite
def documents(draw: Any) -> bytes:
    """A valid document in one of the usual styles."""
    value = draw(containers)
    style = draw(st.sampled_from(["compact", "spaced", "2", "4", "tab"]))
    ascii_only = draw(st.booleans())
    options: dict[str, Any] = {"ensure_ascii": ascii_only}
    if style == "compact":
        options["separators"] = (",", ":")
    elif style in ("2", "4"):
        options["indent"] = int(style)
    elif style == "tab":
        options["indent"] = "\t"
    return json.dumps(value, **options).encode("utf-8", "surrogatepass")


@st.composite
def records(draw: Any) -> bytes:
    """A list of many objects of one shape, pretty-printed: room for any channel."""
    count = draw(st.integers(40, 60))
    keys = draw(st.lists(st.text("abcdefgh", min_size=1, max_size=6), min_size=3, max_size=5, unique=True))
    value = [{key: i * 7 + len(key) for key in keys} for i in range(count)]
    return json.dumps(value, indent=draw(st.sampled_from([2, 4]))).encode()
