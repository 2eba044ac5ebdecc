"""Secrets in the formats of vendors: values made from each format's description, in five dresses, and near misses."""

from __future__ import annotations

import random
import re
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import DIGITS, LOWER, NEUTRAL, UPPER, Case, alnum

__all__ = ["cases"]

_TABLE: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_ALPHABETS = {
    "w": UPPER + LOWER + DIGITS,
    "u": UPPER + LOWER + DIGITS + "-_",
    "b": UPPER + LOWER + DIGITS + "+/",
    "a": LOWER + DIGITS,
    "A": UPPER + DIGITS,
    "z": LOWER + "234567",
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "d": DIGITS,
    "q": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
}
_PART = re.compile(r"\{(?:([a-zA-Z])([0-9]+)|(U))\}")
_ENV = ("{k}={v}", "export {k}={v}", '{k}="{v}"', "{k}: {v}", "  - {k}={v}", "ENV {k} {v}", "set {k}={v}")
_CODE = (
    'const {c} = "{v}";',
    "{s} = '{v}'",
    'let {c}: String = "{v}"',
    'String {c} = "{v}";',
    '{s} := "{v}"',
    "${s} = '{v}';",
    'client = Client({s}="{v}", timeout=30)',
    '{{"{s}": "{v}"}}',
    '"{s}" => "{v}",',
    'os.environ["{k}"] = "{v}"',
    "{s}: '{v}'",
)
_AROUND = ("{}", "APP_ENV=production\n{}\nPORT=8080", "# settings\n{}\n", "see below:\n\n    {}\n\nthanks")


def _part(part: re.Match[str], rng: random.Random) -> str:
    if part[3]:
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))
    return alnum(rng, int(part[2]), _ALPHABETS[part[1]])


def _value(form: str, rng: random.Random) -> tuple[str, str]:
    """A text of this format and the secret in it."""
    text = _PART.sub(lambda part: _part(part, rng), form)
    marked = re.search("<(.*)>", text)
    return (text.replace("<", "").replace(">", ""), marked[1]) if marked else (text, text)


def _camel(name: str) -> str:
    first, *rest = re.split("[_.-]", name.lower())
    return first + "".join(word.capitalize() for word in rest)


def _snake(name: str) -> str:
    return re.sub("[.-]", "_", name).lower()


def cases(count: int, seed: int = 23) -> Iterator[Case]:
    """Each format ``count / 300`` times (at least twice) in each dress, and as often each kind of near miss."""
    rng = random.Random(seed)
    for _ in range(max(2, count // 300)):
        for rule, table in _TABLE.items():
            names = table.get("names")
            yield from _dressed(rule, table["formats"], names, rng)
            yield from _near_misses(table["formats"], names, table.get("distinctive", False), rng)


def _dressed(rule: str, formats: list[str], names: list[str] | None, rng: random.Random) -> Iterator[Case]:
    kind = "keyed" if names else "prefixed"
    name = rng.choice(names) if names else rule.upper().replace("-", "_")
    vendor = _snake(name).split("_")[0]
    text, found = _value(rng.choice(formats), rng)
    if not names:
        yield Case("secrets", "prefixed: neutral member", text, found)
    else:
        text, found = _value(rng.choice(formats), rng)
        role = re.split("[_.-]", name.lower())[-1]
        if rule.startswith(vendor):
            yield Case("secrets", "keyed: object of vendor", text, found, role, path=(vendor,))
    text, found = _value(rng.choice(formats), rng)
    yield Case("secrets", f"{kind}: member", text, found, rng.choice((name, _camel(name), _snake(name))))
    text, found = _value(rng.choice(formats), rng)
    line = rng.choice(_ENV).format(k=name, v=text)
    yield Case("secrets", f"{kind}: environment line", rng.choice(_AROUND).format(line), found)
    text, found = _value(rng.choice(formats), rng)
    line = rng.choice(_CODE).format(c=_camel(name), s=_snake(name), k=name, v=text)
    yield Case("secrets", f"{kind}: source code", rng.choice(_AROUND).format(line), found)
    text, found = _value(rng.choice(formats), rng)
    shown = (
        (f"curl -H '{name.replace('_', '-')}: {text}' https://api.example.com/v1/items", found),
        (f'curl --header "{name.replace("_", "-").title()}: {text}" https://api.example.com/', found),
        (f"https://api.example.com/v1/items?{_snake(name)}={text}&page=2", found),
    )
    line, found = rng.choice(shown)
    yield Case("secrets", f"{kind}: header or query", rng.choice(_AROUND).format(line), found)


def _near_misses(formats: list[str], names: list[str] | None, distinctive: bool, rng: random.Random) -> Iterator[Case]:
    form = rng.choice(formats)
    text, found = _value(form, rng)
    if names:
        vendor = _snake(names[0]).split("_")[0]
        yield Case("near misses", "keyed: neutral member", found, None, rng.choice(NEUTRAL))
        if distinctive:
            return
        key = rng.choice(("id", "trace_id", "commit", "sha", "request_id", "etag", "checksum"))
        yield Case("near misses", "keyed: an id of the vendor", found, None, key, path=(vendor,))
        yield Case("near misses", "keyed: an id in a text", f"{vendor}_{key}={found}", None)
        yield Case("near misses", "keyed: prose", f"{vendor} was updated, see {found} for the details", None)
        return
    at = text.index(found)
    cut = text[: at + len(found.rstrip("=")) // 2]
    yield Case("near misses", "prefixed: cut off", cut, None)
    filler = _PART.sub(
        lambda part: (
            "00000000-0000-0000-0000-000000000000"
            if part[3]
            else ("0" if part[1] in "hHd" else "X" if part[1] == "A" else "x") * int(part[2])
        ),
        form,
    )
    yield Case("near misses", "prefixed: filled up", re.sub("[<>]", "", filler), None)
    middle = at + len(found) // 2
    yield Case("near misses", "prefixed: broken", f"{text[:middle]}!{text[middle + 1 :]}", None)
    literal = re.split("[{<]", form)[0]
    if literal and literal == form.split("{")[0] and literal[0].isalnum():
        yield Case("near misses", "prefixed: inside a word", f"x{text}", None)
    yield Case("near misses", "prefixed: in prose", f"Tokens begin with {literal or 'a prefix'} and are secret.", None)
