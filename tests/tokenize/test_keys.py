"""Key rings: where keys come from, what is refused, and that none is shown."""

from __future__ import annotations

import base64
import os
import pickle
import stat
from pathlib import Path

import pytest

from dlpcore import TokenError
from dlpcore.tokenize.keys import ENVIRONMENT, Keyring, create, derive, hkdf, packed, rotate

KEY = bytes(range(32))
TEXT = base64.b64encode(KEY).decode()


def test_hkdf_has_the_vectors_of_rfc_5869() -> None:
    okm = hkdf(b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42)  # appendix A.1
    assert okm.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    okm = hkdf(bytes(range(0x50)), bytes(range(0x60, 0xB0)), bytes(range(0xB0, 0x100)), 82)  # A.2
    assert okm.hex().startswith("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c")


def test_derived_keys_differ_by_every_part() -> None:
    keys = [derive(KEY, 32, *info) for info in ((b"a", b"bc"), (b"ab", b"c"), (b"abc",), (b"a", b"b", b"c"))]
    assert len(set(keys)) == len(keys)
    assert packed(b"a", b"") != packed(b"a")


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = Keyring.from_file(path)
    assert first.active == "k1" and len(first.key("k1")) == 32
    rotate(path, "k2")
    second = Keyring.from_file(path)
    assert second.active == "k2" and second.key("k1") == first.key("k1") != second.key("k2")
    assert [p.name for p in tmp_path.iterdir()] == ["keys.toml"]
    with pytest.raises(TokenError, match="already"):
        create(path)
    with pytest.raises(TokenError, match="already"):
        rotate(path, "k1")
    assert Keyring.from_file(path).key("k2") == second.key("k2")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o700 | 0o070])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.toml"
    create(path)
    path.chmod(mode)
    with pytest.raises(TokenError, match="0600"):
        Keyring.from_file(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[keys]\n",
        'active = "k1"\n',
        f'active = "k2"\n[keys]\nk1 = "{TEXT}"\n',
        f'active = "k1"\nmore = 1\n[keys]\nk1 = "{TEXT}"\n',
        'active = "k1"\n[keys]\nk1 = "c2hvcnQ="\n',
        'active = "k1"\n[keys]\nk1 = "not base64!"\n',
        'active = "k1"\n[keys]\nk1 = 7\n',
        f'active = "K1"\n[keys]\nK1 = "{TEXT}"\n',
        f'active = "k1"\n[keys]\nk1 = "{TEXT}',
        "\xff",
    ],
)
def test_a_file_without_usable_keys_is_refused_without_showing_any(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.toml"
    path.write_bytes(content.encode("latin-1"))
    path.chmod(0o600)
    with pytest.raises(TokenError) as info:
        Keyring.from_file(path)
    assert TEXT[:8] not in str(info.value) and info.value.__cause__ is None
    assert info.value.__suppress_context__ or info.value.__context__ is None


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(TokenError, match="No such file"):
        Keyring.from_file(tmp_path / "none")
    with pytest.raises(TokenError):
        Keyring.from_file(tmp_path)


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TokenError, match=ENVIRONMENT):
        Keyring.from_environment()
    other = base64.urlsafe_b64encode(os.urandom(32)).decode()
    monkeypatch.setenv(ENVIRONMENT, f"k2={other} k1={TEXT}")
    ring = Keyring.from_environment()
    assert ring.active == "k2" and ring.key("k1") == KEY


def test_a_key_service() -> None:
    asked: list[str] = []

    def fetch(kid: str) -> bytes:
        asked.append(kid)
        if kid == "down":
            raise OSError("the service says: " + TEXT)
        return {"k1": KEY}[kid]

    ring = Keyring.from_callable(fetch, "k1")
    assert ring.key("k1") == KEY and asked == ["k1"]
    with pytest.raises(TokenError, match="not in the key ring"):
        ring.key("k7")
    with pytest.raises(TokenError, match="OSError") as info:
        ring.key("down")
    assert TEXT not in str(info.value)


def test_a_ring_shows_no_key() -> None:
    ring = Keyring({"k1": KEY, "k2": KEY[::-1]}, "k1")
    assert repr(ring) == "<Keyring active k1, and k2>"
    with pytest.raises(TypeError):
        pickle.dumps(ring)
