"""Files are replaced whole or not at all, and text is told from what could steer a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlpcore.cli.output import is_terminal_safe, replacing


def test_new_file(tmp_path: Path) -> None:
    with replacing(tmp_path / "new.json") as stream:
        stream.write(b"[1]")
    assert (tmp_path / "new.json").read_bytes() == b"[1]"
    assert list(tmp_path.iterdir()) == [tmp_path / "new.json"]


def test_mode_is_kept_or_set(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.touch(mode=0o640)
    file.chmod(0o640)
    with replacing(file):
        pass
    assert file.stat().st_mode & 0o777 == 0o640
    with replacing(file, mode=0o600):
        pass
    assert file.stat().st_mode & 0o777 == 0o600


def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"old")

    def fail() -> None:
        with replacing(file) as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with replacing(tmp_path / "link") as stream:
        stream.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("data", "safe"),
    [
        (b"plain\ttext\n", True),
        ("grüße 😀".encode(), True),
        (b"\x1b[2J", False),
        (b"a\rb", False),
        (b"\xff", False),
        ("\u202egnp".encode(), False),
        ("\u200b".encode(), False),
        (b"\x00", False),
    ],
)
def test_terminal_safe(data: bytes, safe: bool) -> None:
    assert is_terminal_safe(data) is safe
