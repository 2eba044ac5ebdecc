"""The report page in a real browser: it renders, in light and dark, runs nothing but its own script, and filters."""

from __future__ import annotations

import json
import struct
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from dlpcore.cli import cli
from tests.cli.browser import BINARY, Browser, Tab
from tests.cli.test_page import CARD, EVIL, har
from tests.embedders.whitespace import dolus

pytestmark = [
    pytest.mark.subprocess,
    pytest.mark.skipif(BINARY is None, reason="no Chromium or Chrome on this machine"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page of hostile input."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "a.json").write_bytes(dolus(b'{"a": 1}', b"meet me at the bridge"))
    (folder / "b.json").write_text(json.dumps({"mail": "ada@corp-mail.org", "card": CARD}))
    evil = json.dumps({EVIL: CARD, "card": f"{EVIL} {CARD}", "t": "x\u200b\u200c" * 40}, ensure_ascii=False)
    (folder / "c.har").write_text(har((f"https://evil{EVIL}.example/{EVIL}", evil)))
    result = CliRunner().invoke(cli, ["inspect", "--format", "html", "--reveal", str(folder)])
    assert result.exit_code == 1
    (folder / "report.html").write_text(result.stdout, encoding="utf-8")
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        started = Browser(Path(folder))
        yield started
        started.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    with browser.tab() as opened:
        yield opened


def colours(png: bytes) -> set[bytes]:
    """The colours of every 16th line of a picture (RFC 2083, with truecolour of 8 bits)."""
    at, data, width, depth = 8, b"", 0, 0
    while at < len(png):
        size, kind = struct.unpack_from(">I4s", png, at)
        body = png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, _, bits, colour = struct.unpack_from(">IIBB", body)
            depth = {2: 3, 6: 4}[colour]
            assert bits == 8
        elif kind == b"IDAT":
            data += body
        at += 12 + size
    raw = zlib.decompress(data)
    line = width * depth
    above = bytearray(line)
    found: set[bytes] = set()
    for number, start in enumerate(range(0, len(raw), line + 1)):
        how, row = raw[start], bytearray(raw[start + 1 : start + 1 + line])
        for i in range(line if how else 0):
            left, up = (row[i - depth], above[i - depth]) if i >= depth else (0, 0)
            if how == 1:
                row[i] = (row[i] + left) & 255
            elif how == 2:
                row[i] = (row[i] + above[i]) & 255
            elif how == 3:
                row[i] = (row[i] + (left + above[i]) // 2) & 255
            else:
                guess = left + above[i] - up
                near = min((left, above[i], up), key=lambda each: abs(guess - each))
                row[i] = (row[i] + near) & 255
        above = row
        if number % 16 == 0:
            found |= {bytes(row[i : i + 3]) for i in range(0, line, depth)}
    return found


def test_it_renders_and_runs_nothing_else(tab: Tab, page: str) -> None:
    tab.look(width=400)
    tab.open(page)
    light = colours(tab.picture(400, 300))
    ground = tab.run("getComputedStyle(document.body).backgroundColor")
    tab.look(width=400, dark=True)
    dark = colours(tab.picture(400, 300))
    assert len(light) > 20 and len(dark) > 20 and len(light & dark) < len(light) / 2
    assert tab.run("getComputedStyle(document.body).backgroundColor") != ground
    assert tab.run("typeof pwned") == "undefined"
    assert tab.trouble == [] and tab.requests == [page]
    assert tab.run("document.scripts.length + document.images.length") == 1
    assert tab.run("document.documentElement.scrollWidth <= innerWidth"), "it is no wider than the window"


def test_the_theme_can_be_chosen(tab: Tab, page: str) -> None:
    tab.look(script=False)
    tab.open(page)
    ground = "getComputedStyle(document.body).backgroundColor"
    before = tab.run(ground)
    tab.run("document.getElementById('theme-dark').click()")
    assert tab.run(ground) != before
    tab.run("document.getElementById('theme-light').click()")
    assert tab.run(ground) == before


SHOWN = "[...document.querySelectorAll('.finding')].filter((each) => each.checkVisibility()).length"


def test_filters(tab: Tab, page: str) -> None:
    tab.look()
    tab.open(page)
    total = tab.run(SHOWN)
    entity = 'document.querySelector("select[name=entity]")'
    tab.run(f"{entity}.value = 'credit_card', {entity}.dispatchEvent(new Event('change', {{bubbles: true}}))")
    cards = tab.run(SHOWN)
    assert 0 < cards < total and f"{cards} of {total} findings" in tab.run("document.querySelector('output').value")
    assert tab.run("location.hash") == "#entity=credit_card"
    tab.open(f"{page}#verdict=block&kind=covert-channel")
    blocked = tab.run(SHOWN)
    assert 0 < blocked < total
    assert tab.run("[...document.querySelectorAll('.finding:not([hidden])')].every((each) => "
                   "each.dataset.kind === 'covert-channel')")  # fmt: skip
    tab.run("document.querySelector('button[type=reset]').click()")
    tab.settle()
    assert tab.run(SHOWN) == total and tab.run("location.hash") == ""
    tab.open(f"{page}#entity={EVIL.encode().hex()}")
    assert tab.run(SHOWN) == 0 and tab.run("typeof pwned") == "undefined"


def test_sorting(tab: Tab, page: str) -> None:
    tab.look()
    tab.open(page)
    bits = "[...document.querySelectorAll('tbody tr')].map((row) => Number(row.cells[3].dataset.order))"
    click = "document.querySelectorAll('th button')[3].click()"
    tab.run(click)
    falling = tab.run(bits)
    assert falling == sorted(falling, reverse=True) and tab.run("document.querySelectorAll('[aria-sort]').length") == 1
    tab.run(click)
    assert tab.run(bits) == sorted(falling) != falling


def test_by_keyboard(tab: Tab, page: str) -> None:
    tab.look()
    tab.open(page)
    active = "document.activeElement"
    tab.press("Tab", 9)
    assert tab.run(f"{active}.className") == "skip"
    assert tab.run(f"getComputedStyle({active}).outlineStyle") == "solid"
    assert tab.run(f"{active}.getBoundingClientRect().top >= 0"), "it comes into sight"
    stops = set()
    for _ in range(60):
        tab.press("Tab", 9)
        stops.add(tab.run(f"{active}.tagName"))
        if tab.run(f"{active} !== document.body"):  # where it begins anew
            assert tab.run(f"getComputedStyle({active}).outlineStyle") != "none", tab.run(f"{active}.outerHTML")[:99]
    assert {"INPUT", "SUMMARY", "BUTTON", "SELECT", "A", "DIV"} <= stops


def test_it_can_be_read_without_scripts(tab: Tab, page: str) -> None:
    tab.look(script=False)
    tab.open(page)
    assert tab.run(SHOWN) > 3 and tab.run("document.querySelector('form').checkVisibility()") is False
