"""The YARA engine: spans, severity, the decoded variable, time-outs and errors."""

from __future__ import annotations

import pytest

from dlpcore.engines.yara import YaraEngine
from dlpcore.errors import RuleError
from dlpcore.model import Severity
from dlpcore.rules import YaraSource, builtin


def _engine(text: str, name: str = "test") -> YaraEngine:
    return YaraEngine([YaraSource(name=name, text=text, file=f"{name}.yar")])


def test_the_span_reaches_from_the_first_string_to_the_last() -> None:
    engine = _engine('rule r { meta: severity = "high" strings: $a = "abcd" $b = "wxyz" condition: all of them }')
    matches, skipped = engine.match(b"..abcd....wxyz..")
    assert skipped == []
    assert [(m.rule, m.severity, m.start, m.end) for m in matches] == [("r", Severity.HIGH, 2, 14)]
    assert matches[0].meta["severity"] == "high"


def test_without_strings_the_span_is_everything() -> None:
    (match,) = _engine("rule r { condition: filesize > 2 }").match(b"abc")[0]
    assert (match.start, match.end, match.severity) == (0, 3, Severity.MEDIUM)


def test_a_severity_that_does_not_exist_is_medium() -> None:
    (match,) = _engine('rule r { meta: severity = "x" condition: true }').match(b"")[0]
    assert match.severity is Severity.MEDIUM


def test_heads_of_files_count_in_decoded_content_alone() -> None:
    engine = YaraEngine(builtin().yara)
    assert engine.match(b"%PDF-1.7 ...")[0] == []
    assert [m.rule for m in engine.match(b"%PDF-1.7 ...", decoded=True)[0]] == ["file_pdf"]


def test_a_timeout_is_a_skip() -> None:
    loops = "for all i in (1..100000000) : ( for all j in (1..100000000) : ( i + j > 0 ) )"
    matches, skipped = _engine(f"rule r {{ condition: {loops} }}").match(b"a", timeout=0.01)
    assert matches == [] and [(s.what, s.why) for s in skipped] == [("yara", "timed out")]


def test_a_wrong_source_has_its_file_and_line() -> None:
    with pytest.raises(RuleError) as caught:
        _engine("rule r {\n condition:\n  nonsense(\n}").compile()
    assert (caught.value.file, caught.value.line) == ("test.yar", 3)


def test_includes_are_refused() -> None:
    with pytest.raises(RuleError):
        _engine('include "/etc/hostname"').compile()


def test_no_sources() -> None:
    engine = YaraEngine([])
    engine.compile()
    assert engine.match(b"abc") == ([], []) and engine.gates == ()


def test_gates_are_known_before_anything_is_compiled() -> None:
    (gate,) = _engine('rule r { strings: $a = "abcd" condition: $a }').gates
    assert (gate.rule, gate.literals, gate.always) == ("r", ((b"abcd", False),), False)
