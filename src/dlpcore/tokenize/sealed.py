"""AES-SIV: the value sealed into its token, deterministically and with its context (RFC 5297).

A domain is what one derived set of keys serves: a master key, a tenant and an entity. AES-SIV is deterministic
authenticated encryption: equal values of a domain give equal tokens, and a token that was altered, cut, or made in
another domain or context does not open.
"""

from __future__ import annotations

import hmac
import os
from functools import cached_property
from typing import TYPE_CHECKING, Final

from ..errors import MissingExtra, TokenError
from .keys import derive
from .value import Form

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

__all__ = ["Domain"]

_NONCE: Final = 16
_OVERHEAD: Final = 17  # the synthetic IV, and the byte of the form
_FORMS: Final = tuple(bytes([form]) for form in Form)
_REFUSED: Final = "the token does not open: it is altered, or of another tenant, entity, context or key"


def _aes_siv(key: bytes) -> AESSIV:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV
    except ImportError:
        raise MissingExtra("tokenization needs cryptography: pip install 'dlpcore[crypto]'") from None
    try:
        return AESSIV(key)
    except UnsupportedAlgorithm:
        raise TokenError("tokenization needs AES-SIV, which OpenSSL has from 3.0 on") from None


class Domain:
    """The keys of one tenant and entity under one master key. Thread-safe: what is derived twice is equal."""

    def __init__(self, master: bytes, kid: str, tenant: str, entity: str) -> None:
        self.kid = kid
        self.entity = entity
        self._master = master
        self._about = (tenant.encode(), entity.encode())

    def key(self, purpose: bytes, size: int) -> bytes:
        """A key for one purpose."""
        return derive(self._master, size, purpose, *self._about)

    @cached_property
    def _token(self) -> AESSIV:
        return _aes_siv(self.key(b"token", 64))

    @cached_property
    def _record(self) -> AESSIV:
        return _aes_siv(self.key(b"vault record", 64))

    @cached_property
    def _mac(self) -> bytes:
        return self.key(b"mac", 32)

    @cached_property
    def format_key(self) -> str:
        """The key of format-preserving encryption, in hex."""
        return self.key(b"format", 32).hex()

    def mac(self, purpose: bytes, data: bytes) -> bytes:
        """HMAC-SHA256 of ``data`` for one purpose."""
        return hmac.digest(self._mac, purpose + b"\0" + data, "sha256")

    def seal(self, raw: bytes, form: Form, bound: bytes) -> bytes:
        """The body of a token that holds ``raw``; ``bound`` is what it is bound to."""
        head = _FORMS[form] if form is not Form.PIECE else _FORMS[form] + os.urandom(_NONCE)
        return self._token.encrypt(head + raw, [bound])

    def open(self, body: bytes, bound: bytes) -> tuple[bytes, Form]:
        """What :meth:`seal` sealed.

        Raises:
            TokenError: it did not seal this, or not with this key and context.
        """
        plain = self._opened(self._token, body, bound)
        form = Form(plain[0])
        return plain[1 + (_NONCE if form is Form.PIECE else 0) :], form

    def write_record(self, reference: bytes, raw: bytes, form: Form, bound: bytes) -> bytes:
        """What a vault keeps of a value: sealed, together with the reference in its token."""
        return self._record.encrypt(_FORMS[form] + reference + raw, [bound])

    def read_record(self, record: bytes, size: int, bound: bytes) -> tuple[bytes, bytes, Form]:
        """The reference (of ``size`` bytes), the value and its form.

        Raises:
            TokenError: as :meth:`open`.
        """
        plain = self._opened(self._record, record, bound)
        return plain[1 : 1 + size], plain[1 + size :], Form(plain[0])

    def _opened(self, cipher: AESSIV, body: bytes, bound: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag

        if len(body) >= _OVERHEAD:
            try:
                return cipher.decrypt(body, [bound])
            except InvalidTag:
                pass
        raise TokenError(_REFUSED)

    def __repr__(self) -> str:
        return f"<Domain {self.kid} {self.entity}>"
