"""Destinations inside payloads: webhooks, names that carry data, queries that do, storage that anyone may open."""

from __future__ import annotations

import json

import pytest

import dlpcore
from dlpcore.errors import RuleError
from dlpcore.rulecheck import check
from dlpcore.rules import RuleSet, builtin, load

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
DESTINATIONS = [rule for rule in builtin().rules if rule.kind == "destination"]


def found(text: str) -> set[str]:
    return {f.rule for f in INSPECTOR.inspect(json.dumps({"text": text}).encode()).findings if f.kind == "destination"}


def test_the_catalogue_is_whole() -> None:
    names = {"webhook", "dns", "url-data", "cloud-bucket"}
    assert {rule.id for rule in DESTINATIONS} == {f"destination.{name}" for name in names}
    assert all(rule.severity in ("low", "medium") for rule in DESTINATIONS)


def test_examples_and_negatives() -> None:
    assert check(RuleSet(tuple(DESTINATIONS))).problems == ()


@pytest.mark.parametrize("rule", DESTINATIONS, ids=lambda rule: rule.id)
def test_examples_are_found_in_documents(rule) -> None:
    for example in rule.examples:
        payload = example.data if example.form == "json" else json.dumps({"text": example.data.decode()}).encode()
        findings = [f for f in INSPECTOR.inspect(payload).findings if f.rule == rule.id]
        assert findings, example.line
        assert findings[0].action == "flag"


@pytest.mark.parametrize(
    "text",
    [
        "https://api.github.com/repos/octocat/hello-world/git/refs{/sha}",
        "https://avatars1.githubusercontent.com/u/21031067?v=4",
        "https://raw.githubusercontent.com/octocat/hello-world/main/README.md",
        "https://github.com/octocat/hello-world/compare/6113728f27ae...000000000000",
        "![ci](https://github.com/octocat/hello-world/actions/workflows/ci.yml/badge.svg?branch=main)",
        "https://user-images.githubusercontent.com/1/2-d1a2b3c4.png?X-Amz-Signature=" + "2ad7497455" * 10,
        "https://login.example.com/authorize?code_challenge=" + "aB3" * 30,
        "https://example.slack.com/archives/C00000000/p0000000000000000",
        "https://hub.docker.com/r/library/alpine@sha256:" + "2ad74974" * 8,
        "https://d111111abcdef8.cloudfront.net/image.jpg",
        "git@github.com:octocat/hello-world.git",
    ],
)
def test_everyday_addresses_are_quiet(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize("write", [str.upper, lambda s: s.replace("/", "%2F"), lambda s: s[::-1]])
def test_a_webhook_in_other_clothes(write) -> None:
    assert "destination.webhook" in found(write("https://hooks.slack.com/services/T00000000/B00000000/synthetic"))


def test_the_kind_and_the_id_go_together(tmp_path) -> None:
    text = (
        'id = "{id}"\ntitle = "x"\nentity = "x"\nfamily = "destination"\n{kind}severity = "low"\n'
        'references = ["https://example.com/"]\n[match]\npattern = "abc"\nstrength = 0.9\n'
    )
    path = tmp_path / "x.toml"
    for identity, kind in (("destination.x", ""), ("x", 'kind = "destination"\n')):
        path.write_text(text.format(id=identity, kind=kind))
        with pytest.raises(RuleError, match="destination"):
            load(path)
