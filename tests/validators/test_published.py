"""Secrets that vendors show in their documentation are reported, at low severity; one character beside is a secret."""

from __future__ import annotations

import json

import pytest

import dlpcore
from dlpcore.validators.published import published

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
#: Written in two pieces, as scanners of repositories look for the whole.
KEY_ID, SECRET = "AKIAIOSFODNN7" + "EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY"
EMULATOR = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsu" + "Fq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
SAMPLE = "sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc"


@pytest.mark.parametrize(
    "value", [KEY_ID, SECRET, EMULATOR, SAMPLE, f"AccountName=devstoreaccount1;AccountKey={EMULATOR}"]
)
def test_what_is_shown_is_known(value: str) -> None:
    source = published(value.encode())
    assert source is not None and source.startswith("https://")


@pytest.mark.parametrize(
    "value", ["AKIAIOSFODNN7Q4MPLEX", SECRET[:-1] + "Z", EMULATOR[1:], SAMPLE[:-1] + "d", "EXAMPLE", "", "=" * 4000]
)
def test_what_is_not_shown_is_not(value: str) -> None:
    assert published(value.encode()) is None


@pytest.mark.parametrize(("key", "value"), [("aws_access_key_id", KEY_ID), ("aws_secret_access_key", SECRET)])
def test_its_severity_is_low_and_says_why(key: str, value: str) -> None:
    findings = INSPECTOR.inspect(json.dumps({key: value}).encode()).findings
    assert findings and all(f.severity <= dlpcore.Severity.LOW for f in findings)
    assert any("its vendor shows it in documentation" in f.reasons for f in findings)


def test_a_real_one_stays_what_it_is() -> None:
    (finding,) = INSPECTOR.inspect(b'{"key": "AKIAIOSFODNN7Q4MPLEX"}').findings
    assert finding.severity >= dlpcore.Severity.HIGH
