"""The inspector on good and bad input: nothing crashes, nothing is silently passed over."""

from __future__ import annotations

import array
import base64
import gzip
import json
import mmap
import threading

import pytest

import dlpcore
from dlpcore import Action, Inspector, Limits
from tests.embedders import whitespace as embed

INSPECTOR = Inspector(limits=Limits(deadline=None))
CARD = "4111111111111111"


def rules(verdict: dlpcore.Verdict, least: str = "info") -> set[str]:
    return {f.rule for f in verdict.findings if f.severity >= least}


class TestGoodInput:
    def test_clean_traffic_is_one_shared_verdict(self) -> None:
        a, b = INSPECTOR.inspect(b'{"a":1}'), INSPECTOR.inspect(b'[true,{"b":"c"}]\n')
        assert a is b
        assert (a.action, a.complete, a.findings, a.risk, a.capacity_bits) == (Action.ALLOW, True, (), 0.0, 0.0)

    @pytest.mark.parametrize(
        "document",
        [
            {"card": CARD},
            {"card": int(CARD)},
            {"payment": {"card": {"number": CARD}}},
            {"note": f"my card is {CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]}, thanks"},
            {"x": [f"{CARD[:4]}-{CARD[4:8]}-{CARD[8:12]}-{CARD[12:]}"]},
            {CARD: 1},
        ],
    )
    def test_a_card_wherever_it_stands(self, document: object) -> None:
        payload = json.dumps(document).encode()
        verdict = INSPECTOR.inspect(payload)
        finding = next(f for f in verdict.findings if f.rule == "credit-card")
        start, end = finding.span
        assert payload[start:end].replace(b" ", b"").replace(b"-", b"").decode() == CARD
        assert verdict.action == "redact"

    @pytest.mark.parametrize(
        "text", ["4.111111111111111e15", "4111111111111111.0", "41111111111111110E-1", "4111111111111111e0"]
    )
    def test_a_card_as_a_number_in_any_form(self, text: str) -> None:
        payload = f'{{"card":{text}}}'.encode()
        finding = next(f for f in INSPECTOR.inspect(payload).findings if f.rule == "credit-card")
        assert payload[slice(*finding.span)].decode() == text

    @pytest.mark.parametrize("secret", ["AKIAIOSFODNN7Q4MPLEX", "4111111111111111", "alice@example.org"])
    def test_escapes_hide_nothing(self, secret: str) -> None:
        escaped = "".join(f"\\u{ord(c):04x}" if i % 2 else c for i, c in enumerate(secret))
        payload = f'{{"note":"see {escaped} ok"}}'.encode()
        found = [f for f in INSPECTOR.inspect(payload).findings if f.kind == "sensitive-data"]
        assert found
        start, end = found[0].span
        assert json.loads(b'"' + payload[start:end] + b'"') == secret

    def test_pointers(self) -> None:
        payload = json.dumps({"a/b": [{"c~d": "x"}, {"c~d": "alice@example.org"}]}).encode()
        (finding,) = INSPECTOR.inspect(payload).findings
        assert finding.pointer == "/a~1b/1/c~0d"

    @pytest.mark.parametrize(
        "make",
        [
            bytes,
            bytearray,
            memoryview,
            lambda b: b.decode(),
            lambda b: array.array("B", b),
            lambda b: memoryview(bytearray(b))[::1],
            lambda b: memoryview(bytes(x for c in b for x in (c, 0)))[::2],
        ],
    )
    def test_every_kind_of_buffer(self, make) -> None:
        payload = b'{"mail":"alice@example.org"}'
        assert rules(INSPECTOR.inspect(make(payload))) == {"email"}

    def test_a_map_of_a_file(self, tmp_path) -> None:
        path = tmp_path / "p.json"
        path.write_bytes(b'{"mail":"alice@example.org"}')
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            verdict = INSPECTOR.inspect(memoryview(data))
            assert rules(verdict) == {"email"}
            assert verdict.findings[0].pointer == "/mail"
            del verdict

    @pytest.mark.parametrize("payload", [None, 1, {"a": 1}, ["x"], object()])
    def test_what_is_no_payload(self, payload: object) -> None:
        with pytest.raises(dlpcore.InputError, match="bytes-like or str"):
            INSPECTOR.inspect(payload)

    def test_first_match(self) -> None:
        payload = json.dumps([{"card": CARD}] * 50).encode()
        verdict = INSPECTOR.inspect(payload, first_match=True)
        assert verdict.action == "redact"  # not block: first_match is no failure
        assert not verdict.complete
        assert len(verdict.findings) < 50
        assert INSPECTOR.inspect(b'{"a":1}', first_match=True).complete

    def test_threads_share_an_inspector(self) -> None:
        payloads = [json.dumps({"n": i, "mail": f"user{i}@example.org"}).encode() for i in range(200)]
        wanted = [INSPECTOR.inspect(p).to_dict() for p in payloads]
        got: dict[int, list[object]] = {}

        def work(number: int) -> None:
            got[number] = [INSPECTOR.inspect(p).to_dict() for p in payloads]

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(got[n] == wanted for n in range(4))


BAD = {
    "not JSON": (b"hello " + CARD.encode(), "structure.malformed"),
    "truncated": (b'{"card":"4111111111111111","x":[1,2', "structure.malformed"),
    "truncated in a string": (b'{"x":1,"card":"4111111111111111', "structure.malformed"),
    "NUL inside": (b'{"card":"4111111111111111",\x00"b":1}', "framing.nul"),
    "NUL behind": (b'{"card":"4111111111111111"}\x00', "framing.nul"),
    "second document": (b'{"a":1}{"card":"4111111111111111"}', "framing.trailing-data"),
    "UTF-16": ('{"card":"4111111111111111"}'.encode("utf-16"), "framing.encoding"),
    "UTF-16 without a mark": ('{"card":"4111111111111111"}'.encode("utf-16-be"), "framing.encoding"),
    "UTF-32": ('{"card":"4111111111111111"}'.encode("utf-32"), "framing.encoding"),
    "invalid UTF-8": (b'{"x":"\xff\xc0\xaf","card":"4111111111111111"}', "framing.encoding"),
    "lone surrogate": (b'{"x":"\\ud800","card":"4111111111111111"}', "structure.lone-surrogate"),
    "comment": (b'{"card":"4111111111111111" /* ok */}', "framing.dialect"),
    "trailing comma": (b'{"card":"4111111111111111",}', "framing.dialect"),
    "single quotes": (b"{'card':'4111111111111111'}", "framing.dialect"),
    "unquoted key": (b'{card:"4111111111111111"}', "framing.dialect"),
    "NaN": (b'{"x":NaN,"card":"4111111111111111"}', "framing.dialect"),
    "duplicate key": (b'{"card":"4111111111111111","card":"x"}', "key.duplicate"),
    "control character": (b'{"card":"4111111111111111","x":"a\nb"}', "structure.malformed"),
    "bad escape": (b'{"card":"4111111111111111","x":"a\\qb"}', "structure.malformed"),
    "too deep": (b"[" * 100_000 + b'"card 4111111111111111"' + b"]" * 100_000, "structure.depth"),
    "too deep and open": (b'{"card":"4111111111111111","a":' + b"[" * 100_000, "structure.depth"),
}


class TestBadInput:
    @pytest.mark.parametrize("name", BAD)
    def test_it_is_reported_with_a_position_and_still_inspected(self, name: str) -> None:
        payload, rule = BAD[name]
        verdict = INSPECTOR.inspect(payload)
        finding = next(f for f in verdict.findings if f.rule == rule)
        assert finding.kind == "structure"
        assert "at byte" in finding.reasons[0]
        assert 0 <= finding.span[0] <= finding.span[1] <= len(payload)
        assert "credit-card" in rules(verdict), verdict.findings
        assert verdict.action == ("redact" if name == "lone surrogate" else "block")

    @pytest.mark.parametrize("payload", [b"", b" \n", b"\t"])
    def test_an_empty_body_is_allowed(self, payload: bytes) -> None:
        verdict = INSPECTOR.inspect(payload)
        assert verdict.action == "allow"
        assert rules(verdict) == {"structure.empty"}

    def test_a_byte_order_mark_alone_is_info(self) -> None:
        verdict = INSPECTOR.inspect(b'\xef\xbb\xbf{"a":1}')
        assert verdict.action == "allow"
        assert rules(verdict) == {"framing.encoding"}

    def test_a_string_of_50_megabytes(self) -> None:
        payload = b'{"x":"' + b"lorem ipsum " * 4_200_000 + b' alice@example.org"}'
        verdict = Inspector(limits=Limits(max_bytes=None, deadline=None)).inspect(payload)
        assert rules(verdict) == {"email"}
        assert verdict.complete

    def test_ten_million_tokens(self) -> None:
        payload = b"[" + b"1," * 9_999_999 + b'"alice@example.org"]'
        verdict = Inspector(limits=Limits(max_bytes=None, deadline=None)).inspect(payload)
        assert rules(verdict) == {"email"}
        assert verdict.findings[0].pointer == "/9999999"

    def test_a_body_that_is_no_json_by_its_media_type(self) -> None:
        verdict = INSPECTOR.inspect(f"name=x&card={CARD}".encode(), media="text")
        assert rules(verdict) == {"credit-card"}
        with pytest.raises(dlpcore.InputError, match="media"):
            INSPECTOR.inspect(b"", media="xml")


class TestLimits:
    """Each limit is crossed, and says so."""

    def check(self, limits: Limits, payload: bytes, what: str, why: str) -> dlpcore.Verdict:
        verdict = Inspector(limits=limits).inspect(payload)
        assert not verdict.complete
        assert any(s.what == what and why in s.why for s in verdict.skipped), verdict.skipped
        assert verdict.action == "block"
        return verdict

    def test_max_bytes(self) -> None:
        self.check(Limits(max_bytes=10), b'{"a":12345}', "payload", "max_bytes")
        assert Inspector(limits=Limits(max_bytes=11)).inspect(b'{"a":12345}').complete

    def test_max_depth(self) -> None:
        self.check(Limits(max_depth=3), b"[[[[1]]]]", "nesting", "max_depth")
        assert Inspector(limits=Limits(max_depth=4)).inspect(b"[[[[1]]]]").complete

    def test_max_findings(self) -> None:
        payload = json.dumps([f"user{i}@example.org" for i in range(20)]).encode()
        verdict = self.check(Limits(max_findings=5), payload, "findings", "max_findings")
        assert len(verdict.findings) == 5

    def test_max_candidates(self) -> None:
        payload = json.dumps([f"user{i}@example.org" for i in range(20)]).encode()
        self.check(Limits(max_candidates=5), payload, "rules", "max_candidates")

    def test_max_layers(self) -> None:
        value = b"card " + CARD.encode()
        for _ in range(3):
            value = base64.b64encode(value)
        self.check(Limits(max_layers=2), json.dumps([value.decode()]).encode(), "layers", "max_layers")

    def test_max_expansion(self) -> None:
        value = base64.b64encode(gzip.compress(bytes(50_000), mtime=0)).decode()
        payload = json.dumps([value]).encode()
        self.check(Limits(max_expansion=10_000, max_expansion_ratio=10_000), payload, "layer.gzip", "expands past")
        self.check(Limits(max_expansion_ratio=5), payload, "layer.gzip", "expands past")

    def test_deadline(self) -> None:
        payload = json.dumps([f"user{i}@example.org" for i in range(5000)]).encode()
        verdict = Inspector(limits=Limits(deadline=1e-9)).inspect(payload)
        assert not verdict.complete
        assert all("deadline" in s.why or "timed out" in s.why for s in verdict.skipped)
        assert verdict.action == "block"

    @pytest.mark.parametrize(
        "payload",
        [
            json.dumps([base64.b64encode(b"user%d@example.org" % i).decode() for i in range(4000)]).encode(),
            json.dumps(["; ".join(f"user{i}@example.org" for i in range(20_000))]).encode(),
            json.dumps([f"user{i}@example.org" for i in range(20_000)]).encode(),
        ],
    )
    def test_max_work(self, payload: bytes) -> None:
        """Without a deadline, whichever stage the work is for."""
        self.check(Limits(deadline=None, max_work=1, max_findings=10**6), payload, "budget", "max_work")

    def test_the_base_of_max_work_is_enough_for_what_people_send(self) -> None:
        payload = json.dumps([{"name": "A. Person", "mail": f"user{i}@example.org"} for i in range(1000)]).encode()
        assert Inspector(limits=Limits(deadline=None)).inspect(payload).complete

    def test_max_recovered_is_told(self) -> None:
        payload = embed.dolus(b"[]", b"x" * 500)
        verdict = Inspector(limits=Limits(max_recovered=100)).inspect(payload)
        finding = next(f for f in verdict.findings if f.rule == "whitespace.trailing")
        assert finding.recovered == b"x" * 100
        assert any("max_recovered" in reason for reason in finding.reasons)


class TestEnforce:
    def test_allow_leaves_the_bytes(self) -> None:
        payload = b'{ "a" : 1 }'
        assert INSPECTOR.enforce(payload, INSPECTOR.inspect(payload)) == payload

    def test_redact(self) -> None:
        payload = b'{"card":"4111111111111111","n":1.50}'
        assert INSPECTOR.enforce(payload, INSPECTOR.inspect(payload)) == b'{"card":"****************","n":1.50}'

    def test_block(self) -> None:
        payload = embed.dolus(b"[1]", b"hello")
        verdict = INSPECTOR.inspect(payload)
        with pytest.raises(dlpcore.Blocked) as info:
            INSPECTOR.enforce(payload, verdict)
        assert info.value.verdict is verdict
        assert "whitespace.trailing" in str(info.value)

    def test_a_verdict_of_another_payload_is_refused(self) -> None:
        verdict = INSPECTOR.inspect(b'{"card":"4111111111111111"}')
        with pytest.raises(dlpcore.InputError, match="another payload"):
            INSPECTOR.enforce(b'{"card":"5555555555554444"}', verdict)


class TestRecoveredContent:
    @pytest.mark.parametrize(
        ("message", "rule", "provenance"),
        [
            (b"card=4111111111111111;exp=12/29", "credit-card", ("whitespace.trailing", "dolus")),
            (b'{"iban":"DE89370400440532013000"}', "iban", ("whitespace.trailing", "dolus", "json")),
            (
                gzip.compress(b"employee 7, ssn 078-05-1120", mtime=0),
                "us-ssn",
                ("whitespace.trailing", "dolus", "gzip"),
            ),
            (
                base64.b64encode(b"AKIAIOSFODNN7Q4MPLEX is it"),
                "aws-access-key-id",
                ("whitespace.trailing", "dolus", "base64"),
            ),
        ],
    )
    def test_what_is_recovered_is_inspected(self, message: bytes, rule: str, provenance: tuple[str, ...]) -> None:
        payload = embed.dolus(b'{"a":1}', message)
        verdict = INSPECTOR.inspect(payload)
        finding = next(f for f in verdict.findings if f.rule == rule)
        assert finding.provenance == provenance
        assert finding.span == (7, len(payload))
        assert finding.pointer is None
        assert verdict.action == "block"
