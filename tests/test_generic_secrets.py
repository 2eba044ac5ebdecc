"""Secrets without a vendor's format through the whole of an inspection: found, at their place; what is none is not."""

from __future__ import annotations

import json

import pytest

import dlpcore
from benchmarks.detection import Tally, generic_secrets, measure, noise

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))


def _totals(rows: dict[tuple[str, str], Tally]) -> dict[str, Tally]:
    totals: dict[str, Tally] = {}
    for (family, _), tally in rows.items():
        totals.setdefault(family, Tally()).add(tally)
    return totals


def test_generated_material_is_found_and_near_misses_are_not() -> None:
    totals = _totals(measure(generic_secrets.cases(25, seed=77), INSPECTOR))
    secrets, others = totals["secrets"], totals["near misses"]
    assert secrets.positives >= 200 and secrets.found >= 0.93 * secrets.positives
    assert secrets.pointers >= 0.99 * secrets.found
    assert others.negatives >= 100 and others.false <= 0.03 * others.negatives, [r for _, r in others.wrong]


def test_noise_and_prose_are_quiet() -> None:
    for cases in (noise.noise(12, seed=78), noise.prose(60, seed=79)):
        tally = _totals(measure(cases, INSPECTOR))["noise"]
        assert tally.negatives >= 60 and tally.false <= 0.02 * tally.negatives, tally.wrong


def _found(payload: object) -> list[tuple[str, str | None]]:
    verdict = INSPECTOR.inspect(json.dumps(payload).encode())
    return [(f.rule, f.pointer) for f in verdict.findings if f.family == "secrets"]


@pytest.mark.parametrize("escape", ["\n", "\\n", "\\\\n", " ", "\r\n"])
def test_a_private_key_is_one_span_however_its_lines_end(escape: str) -> None:
    body = "9YaMlq7jFEgMZGDb6QAtKCeiFy2L9Lz0zi59r9PlDBPRzeQUbH3FyzmWdRk5Rcz7"
    key = escape.join(["-----BEGIN EC PRIVATE KEY-----", body, body[::-1], "-----END EC PRIVATE KEY-----"])
    payload = json.dumps({"note": f"see: {key}!"}).encode()
    (finding,) = (f for f in INSPECTOR.inspect(payload).findings if f.rule == "private-key")
    start, end = finding.span
    assert json.loads(b'"' + payload[start:end] + b'"') == key


@pytest.mark.parametrize(
    "payload",
    [
        {"next_page_token": "PtSnrSYjbUBWqbvwQKFPQA3uYUsq5AOZbjRJMbfK"},
        {"token_type": "bearer", "expires_in": 3600, "scope": "read write"},
        {"password_reset_url": "https://example.com/reset?id=4821"},
        {"public_key": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEvelvet7anchor"},
        {"key": "value", "keys": ["id", "name"]},
        {"etag": "33a64df551425fcc55e4d42a148795d9f25f89d4", "cursor": "eJwzNDQ2AAACdAF5"},
        {"usage": {"prompt_tokens": 4096, "completion_tokens": 128, "max_tokens": 1024}},
        {"body": "```python\npassword = getpass.getpass()\ntoken = request.headers['X-Token']\n```"},
        {"errors": {"password": ["must be at least 8 characters"], "token": ["has expired"]}},
        {"secretName": "tls-certificate-2024", "secretKeyRef": {"name": "db", "key": "password"}},
    ],
)
def test_machine_json_is_quiet(payload: object) -> None:
    assert _found(payload) == []


@pytest.mark.parametrize(
    ("payload", "pointer"),
    [
        ({"kty": "EC", "crv": "P-256", "x": "a" * 43, "d": "3vK9xQmB7tZ2LwYp8RcNfHs5JdGa4UeX6oTiWlVnMbE"}, "/d"),
        ({"keys": [{"d": "3vK9xQmB7tZ2LwYp8RcNfHs5JdGa4UeX6oTiWlVnMbE", "use": "sig", "kty": "OKP"}]}, "/keys/0/d"),
        ({"kty": "EC", "ops": [{"a": "b"}, ["k"]], "d": "3vK9xQmB7tZ2LwYp8RcNfHs5JdGa4UeX6oTiWlVnMbE"}, "/d"),
        ({"kty": "EC", "x": "3vK9xQmB7tZ2LwYp8RcNfHs5JdGa4UeX6oTiWlVnMbE"}, None),
        ({"d": "3vK9xQmB7tZ2LwYp8RcNfHs5JdGa4UeX6oTiWlVnMbE", "sub": {"kty": "EC"}}, None),
    ],
)
def test_a_json_web_key_is_private_by_its_siblings(payload: object, pointer: str | None) -> None:
    for indent in (None, 2):
        found = INSPECTOR.inspect(json.dumps(payload, indent=indent).encode()).findings
        assert [f.pointer for f in found if f.rule == "jwk-private-key"] == ([pointer] if pointer else [])
