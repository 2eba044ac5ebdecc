"""Keys of tokens: master keys by id, from a file, the environment or a service, and what is derived from them.

A master key is never used itself. HKDF (RFC 5869, SHA-256) derives one key for each purpose, tenant and entity, so that
a token of one says nothing about a token of another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import stat
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from ..errors import TokenError

__all__ = ["ENVIRONMENT", "Keyring", "create", "derive", "hkdf", "packed", "rotate"]

#: Where :meth:`Keyring.from_environment` looks, if not told otherwise.
ENVIRONMENT = "DLPCORE_TOKEN_KEYS"

_KID = re.compile(r"[a-z][a-z0-9]{0,15}")
_MIN_BYTES = 32
_SALT = b"dlpcore token keys 1"


def packed(*parts: bytes) -> bytes:
    """The parts as one string of bytes that no other parts give: each behind its length (4 bytes, big-endian)."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def derive(master: bytes, size: int, *info: bytes) -> bytes:
    """``size`` bytes for the purpose that ``info`` names."""
    return hkdf(master, _SALT, packed(*info), size)


def hkdf(master: bytes, salt: bytes, about: bytes, size: int) -> bytes:
    """HKDF with SHA-256 (RFC 5869 section 2)."""
    secret = hmac.digest(salt, master, "sha256")
    result, block = b"", b""
    for counter in range(1, 1 + -(-size // hashlib.sha256().digest_size)):
        block = hmac.digest(secret, block + about + bytes([counter]), "sha256")
        result += block
    return result[:size]


class Keyring:
    """Master keys by id. The active one makes new tokens; the others open old ones.

    Immutable and thread-safe; shows no key in its repr and cannot be pickled.

    Args:
        keys: each at least 32 bytes, from a cryptographic random source, by its id (``[a-z][a-z0-9]{0,15}``; the id
            stands in every token).
        active: the id of the key that makes new tokens.
        fetch: asked for a key whose id is not in ``keys``, once for each id (a KMS). It returns the key, or raises
            ``KeyError`` for an id that it does not know; whatever else it raises becomes a :class:`TokenError`.

    Raises:
        TokenError: a key or an id cannot be used.
    """

    __slots__ = ("_active", "_fetch", "_keys")

    def __init__(self, keys: Mapping[str, bytes], active: str, *, fetch: Callable[[str], bytes] | None = None) -> None:
        self._keys = dict(keys)
        self._fetch = fetch
        self._active = active
        for kid, key in self._keys.items():
            _check(kid, key)
        if _KID.fullmatch(active) is None:
            raise TokenError("the id of a key is a small letter and up to 15 small letters and digits")
        self.key(active)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Keyring:
        """Reads ``active = "k2"`` and a table ``[keys]`` of base64 from a TOML file that only its owner can read.

        Raises:
            TokenError: the file is not there, others than its owner have rights to it (its mode must be 0600 or
                stricter), or it holds no usable keys.
        """
        name = os.fspath(path)
        try:
            with open(path, "rb") as stream:
                status = os.fstat(stream.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise TokenError(f"{name}: not a regular file")
                if status.st_mode & 0o077:
                    raise TokenError(f"{name}: its mode is {status.st_mode & 0o777:04o}; a key file needs 0600")
                if status.st_uid not in (os.geteuid(), 0):
                    raise TokenError(f"{name}: a key file must belong to the user who reads it, or to root")
                content = tomllib.load(stream)
        except OSError as error:
            raise TokenError(f"{name}: {error.strerror or type(error).__name__}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            # the parser's message may quote the file
            raise TokenError(f"{name}: not a TOML file") from None
        active, keys = content.get("active"), content.get("keys")
        if not isinstance(active, str) or not isinstance(keys, dict) or set(content) - {"active", "keys"}:
            raise TokenError(f'{name}: a key file has active = "<id>" and a table [keys], and nothing else')
        return cls({kid: _decoded(name, kid, text) for kid, text in keys.items()}, active)

    @classmethod
    def from_environment(cls, name: str = ENVIRONMENT) -> Keyring:
        """Reads ``k2=<base64> k1=<base64>`` from a variable; the first one is active.

        Raises:
            TokenError: it is not set, or holds no usable keys.
        """
        text = os.environ.get(name, "")
        keys: dict[str, bytes] = {}
        for item in text.split():
            kid, _, value = item.partition("=")
            keys[kid] = _decoded(name, kid, value)
        if not keys:
            raise TokenError(f"the environment has no keys in {name}")
        return cls(keys, next(iter(keys)))

    @classmethod
    def from_callable(cls, fetch: Callable[[str], bytes], active: str) -> Keyring:
        """All keys from a service: ``fetch`` is asked once for each id, perhaps by several threads at once."""
        return cls({}, active, fetch=fetch)

    @property
    def active(self) -> str:
        """The id of the key that makes new tokens."""
        return self._active

    def only(self) -> str:
        """The id of the key, if the ring has one key and no service behind it.

        Raises:
            TokenError: there may be several, so that a token which does not name its key is not opened.
        """
        if self._fetch is not None or len(self._keys) != 1:
            raise TokenError("a format-preserving token does not name its key: say which one (kid=)")
        return self._active

    def key(self, kid: str) -> bytes:
        """A master key.

        Raises:
            TokenError: the ring does not have it: the key is lost, or was never here.
        """
        found = self._keys.get(kid)
        if found is None and self._fetch is not None and _KID.fullmatch(kid):
            try:
                found = self._fetch(kid)
            except KeyError:
                found = None
            except Exception as error:  # its message is not ours, and may hold anything
                raise TokenError(f"the key service failed for key {kid}: {type(error).__name__}") from None
            if found is not None:
                _check(kid, found)
                self._keys[kid] = found
        if found is None:
            raise TokenError("the key of this token is not in the key ring")
        return found

    def __repr__(self) -> str:
        others = sorted(set(self._keys) - {self._active})
        return f"<Keyring active {self._active}{', and ' + ', '.join(others) if others else ''}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Keyring is not pickled: it holds keys")


def create(path: str | os.PathLike[str], kid: str = "k1") -> None:
    """Writes a new key file of mode 0600, with one random key of 32 bytes.

    Raises:
        TokenError: the file is there already, or cannot be written.
    """
    _written(Path(path), {}, kid)


def rotate(path: str | os.PathLike[str], kid: str) -> None:
    """Adds a new random key to a key file and makes it the active one; old tokens still open with the old keys.

    Raises:
        TokenError: as :meth:`Keyring.from_file`; or it has a key of that id.
    """
    ring = Keyring.from_file(path)
    if kid in ring._keys:
        raise TokenError(f"{os.fspath(path)}: there is a key {kid} already")
    _written(Path(path), ring._keys, kid)


def _written(path: Path, keys: Mapping[str, bytes], kid: str) -> None:
    """Beside the old file and then in its place, so that a crash leaves the one or the other."""
    if _KID.fullmatch(kid) is None:
        raise TokenError("the id of a key is a small letter and up to 15 small letters and digits")
    lines = [f'active = "{kid}"', "", "[keys]"]
    lines += [f'{k} = "{base64.b64encode(key).decode()}"' for k, key in {**keys, kid: os.urandom(_MIN_BYTES)}.items()]
    aside = path.with_name(f".{path.name}.new")
    try:
        if not keys and path.exists():
            raise TokenError(f"{path}: there is a file already")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write("\n".join(lines) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        if keys:
            os.replace(aside, path)
        else:
            os.link(aside, path)  # fails where a file has appeared meanwhile: no key is ever written over
            os.unlink(aside)
    except OSError as error:
        raise TokenError(f"{path}: {error.strerror or type(error).__name__}") from None


def _check(kid: object, key: object) -> None:
    if not isinstance(kid, str) or _KID.fullmatch(kid) is None:
        raise TokenError("the id of a key is a small letter and up to 15 small letters and digits")
    if not isinstance(key, bytes) or len(key) < _MIN_BYTES:
        raise TokenError(f"key {kid}: a key has at least {_MIN_BYTES} bytes")


def _decoded(name: str, kid: str, text: object) -> bytes:
    if isinstance(text, str):
        try:
            return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
        except (binascii.Error, ValueError):
            pass
    shown = kid if _KID.fullmatch(kid) else "(of unusable id)"
    raise TokenError(f"{name}: key {shown} is not base64") from None
