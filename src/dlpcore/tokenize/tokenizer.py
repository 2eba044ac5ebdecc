"""The tokenizer: which value gets which token, and who gets the value back.

Immutable and safe to share between threads; what it keeps is derived keys alone.
"""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from ..errors import TokenError, VaultError
from ..model import Context
from .access import Access, Limit, MayOpen
from .formats import Format
from .grammar import PSEUDONYM, SEALED, VAULT, Token, canonical_entity, parse, write
from .keys import Keyring, packed
from .sealed import Domain
from .transforms import Bucket, DateShift, Pseudonym
from .value import Form, Value
from .vault import Entry, Vault

__all__ = ["Scheme", "Sealed", "Tokenizer", "Vaulted"]

#: Below this many bits (by length and alphabet) a value can be found by trying: its token must not be deterministic.
SMALL_DOMAIN_BITS: Final = 80
_REFERENCE: Final = 16
_NOBODY: Final = Context()
_DIGIT_BITS, _OTHER_BITS = 3.32, 5.0


class Sealed:
    """The value in its token, by AES-SIV: deterministic, reversible, without a vault."""

    def __repr__(self) -> str:
        return "Sealed()"


class Vaulted:
    """A random token; the value is in the vault.

    Args:
        repeat: equal values get the same token, so that joins work. Whoever may submit payloads can then find a value
            of few possibilities by trying, as with every deterministic token.
    """

    def __init__(self, *, repeat: bool = False) -> None:
        self.repeat = repeat

    def __repr__(self) -> str:
        return f"Vaulted(repeat={self.repeat})"


_T = TypeVar("_T")

Scheme: TypeAlias = Sealed | Vaulted | Format | Pseudonym | DateShift | Bucket


class Tokenizer:
    """Makes tokens for values and opens them again.

    Args:
        keys: the master keys.
        tenant: whose tokens these are; those of another tenant do not open.
        schemes: how each entity is tokenized. Those that are not listed are sealed where the value is long enough that
            nobody finds it by trying, and get a fresh random token from the vault where it is not.
        vault: keeps the values of random tokens.
        bind: attributes of the context (``"endpoint"``, ``"attributes.patient"``) that must be the same when a token is
            opened as when it was made.
        may_open: who may see which entity in clear. Nobody, if not given.
        limit: asked before values are tokenized or opened; a :class:`RateLimit`, or anything that raises to refuse.
        audit: told of each attempt to open tokens before values are handed out; if it raises, they are not.

    Raises:
        TokenError: a scheme needs a vault and there is none.
    """

    __slots__ = ("_audit", "_bind", "_domain", "_keys", "_limit", "_may_open", "_schemes", "_tenant", "_vault")

    def __init__(
        self,
        keys: Keyring,
        *,
        tenant: str = "",
        schemes: Mapping[str, Scheme] | None = None,
        vault: Vault | None = None,
        bind: Sequence[str] = (),
        may_open: MayOpen | None = None,
        limit: Limit | None = None,
        audit: Callable[[Access], None] | None = None,
    ) -> None:
        self._keys = keys
        self._tenant = tenant
        self._schemes = {canonical_entity(entity): scheme for entity, scheme in (schemes or {}).items()}
        self._vault = vault
        self._bind = tuple(bind)
        self._may_open = may_open
        self._limit = limit
        self._audit = audit
        for name in self._bind:
            _attribute(_NOBODY, name)
        for entity, scheme in self._schemes.items():
            if isinstance(scheme, Vaulted) and vault is None:
                raise TokenError(f"the scheme of {entity} needs a vault")

        def domain(kid: str, entity: str) -> Domain:
            return Domain(keys.key(kid), kid, tenant, entity)

        self._domain = functools.lru_cache(maxsize=1024)(domain)

    @property
    def tenant(self) -> str:
        """Whose tokens it makes."""
        return self._tenant

    def token(self, value: bytes, entity: str, *, context: Context | None = None) -> bytes:
        """The token of one value, as it stands inside a JSON string.

        Raises:
            TokenError: the value has no token of the entity's scheme, the limit refuses, or the vault fails.
        """
        return self.tokens([Value(value, canonical_entity(entity))], context=context)[0]

    def open(
        self, token: bytes, *, context: Context | None = None, entity: str | None = None, kid: str | None = None
    ) -> bytes:
        """The value of one token.

        Args:
            entity: of a format-preserving token, which does not name it.
            kid: the key of a format-preserving token, if neither its scheme says it nor the ring has one key only.

        Raises:
            TokenError: the context may not see it; or it is no token, or altered, or of another tenant, context or key.
        """
        context = context or _NOBODY
        if entity is not None:
            return self.open_formatted([(token, canonical_entity(entity), Form.TEXT)], context=context, kid=kid)[0]
        found = parse(token)
        if found is None:
            raise TokenError("this is no token")
        return self.open_tokens([found], context=context)[0][0]

    # --- many at once: all of them or none ---------------------------------------------------------------------------

    def tokens(self, values: Sequence[Value], *, context: Context | None = None) -> list[bytes]:
        """The replacement of each value: what stands inside the string, or for a number in place of all of it.

        A token in place of a number is a string with its quotes; a bucket, a date or a format-preserving token is a
        number.

        Raises:
            TokenError: one of them has no token; then none was made, and the vault has none of them.
        """
        context = context or _NOBODY
        if self._limit is not None:
            for entity, count in Counter(value.entity for value in values).items():
                self._limit("tokenize", entity, count, context)
        bound = self._bound(context)
        result: list[bytes] = []
        waiting: list[tuple[int, Domain, Entry]] = []
        for value in values:
            scheme = self._scheme(value)
            if isinstance(scheme, Vaulted):
                domain = self._domain(self._keys.active, value.entity)
                waiting.append((len(result), domain, _entry(domain, value, scheme.repeat, bound)))
                result.append(b"")
                continue
            result.append(self._made(scheme, value, bound))
        if waiting:
            records = self._vault_or_error().store([entry for _, _, entry in waiting])
            for (at, domain, _), record in zip(waiting, records, strict=True):
                reference, _, _ = domain.read_record(record, _REFERENCE, bound)
                result[at] = _quoted(write(VAULT, domain.kid, domain.entity, reference), values[at].form)
        return result

    def own(self, tokens: Sequence[Token], *, context: Context | None = None) -> list[bool]:
        """Which of these are tokens that this tokenizer can open, for whoever may; the vault is asked once.

        Raises:
            VaultError: the vault does not answer.
        """
        bound = self._bound(context or _NOBODY)
        found = [token.body is not None and token.prefix != PSEUDONYM for token in tokens]
        names: dict[int, bytes] = {}
        for i, token in enumerate(tokens):
            if found[i] and token.body is not None and token.prefix == VAULT:
                try:
                    names[i] = self._domain(token.kid, token.entity).mac(b"name", token.body)
                except TokenError:
                    found[i] = False
        known: dict[int, bytes | None] = {}
        if names and self._vault is not None:
            known = dict(zip(names, self._vault.fetch(list(names.values())), strict=True))
        for i, token in enumerate(tokens):
            if found[i]:
                try:
                    self._read(token, known.get(i), bound)
                except TokenError:
                    found[i] = False
        return found

    def open_tokens(self, tokens: Sequence[Token], *, context: Context | None = None) -> list[tuple[bytes, Form]]:
        """The values of tokens, with how they stood in the document.

        Raises:
            TokenError: one of them does not open, or the context may not see it; then none is handed out.
        """
        context = context or _NOBODY
        return self._guarded(
            [token.entity for token in tokens],
            context,
            lambda: self._opened(tokens, self._bound(context)),
            lambda: self._verified(tokens, context),
        )

    def open_formatted(
        self, tokens: Sequence[tuple[bytes, str, Form]], *, context: Context | None = None, kid: str | None = None
    ) -> list[bytes]:
        """The values of format-preserving tokens: (token, canonical entity, form) each.

        Raises:
            TokenError: as :meth:`open_tokens`; or an entity has no format, or it is not clear which key.
        """
        context = context or _NOBODY
        bound = self._bound(context)

        def opened() -> list[bytes]:
            values = []
            for token, entity, form in tokens:
                scheme = self._schemes.get(entity)
                if not isinstance(scheme, Format):
                    raise TokenError(f"{entity} has no format-preserving tokens here")
                domain = self._domain(kid or scheme.kid or self._keys.only(), entity)
                values.append(scheme.open(domain, token, form, bound))
            return values

        entities = [entity for _, entity, _ in tokens]
        return self._guarded(entities, context, opened, lambda: Counter(entities))

    def erase(self, tokens: Sequence[bytes]) -> int:
        """Makes the vault forget the values of random tokens for good; returns how many it had.

        Raises:
            TokenError: one of them is no random token.
        """
        names = []
        for text in tokens:
            token = parse(text)
            if token is None or token.prefix != VAULT or token.body is None:
                raise TokenError("only a random token has something to erase")
            names.append(self._domain(token.kid, token.entity).mac(b"name", token.body))
        return self._vault_or_error().erase(names)

    def __repr__(self) -> str:
        return f"<Tokenizer of tenant {self._tenant!r}, {self._keys!r}, {self._vault!r}>"

    # --- inside -------------------------------------------------------------------------------------------------------

    def _scheme(self, value: Value) -> Scheme:
        scheme = self._schemes.get(value.entity)
        if isinstance(scheme, Format) and (value.form is Form.PIECE or not value.whole):
            return Sealed() if self._vault is None else Vaulted()
        if scheme is not None:
            return scheme
        if value.form is Form.PIECE or _bits(value.raw) >= SMALL_DOMAIN_BITS:
            return Sealed()
        if self._vault is None:
            raise TokenError(
                f"values of {value.entity} can be found by trying, so they need a vault, or a scheme of their own"
            )
        return Vaulted()

    def _made(self, scheme: Sealed | Format | Pseudonym | DateShift | Bucket, value: Value, bound: bytes) -> bytes:
        kid = self._keys.active
        if isinstance(scheme, Format):
            return scheme.make(self._domain(scheme.kid or kid, value.entity), value.raw, value.form, bound)
        if isinstance(scheme, DateShift):  # dates of different entities keep their distance
            return scheme.make(self._domain(kid, "date_shift"), value.raw, value.form, bound)
        domain = self._domain(kid, value.entity)
        if isinstance(scheme, Sealed):
            return _quoted(write(SEALED, kid, value.entity, domain.seal(value.raw, value.form, bound)), value.form)
        made = scheme.make(domain, value.raw, value.form, bound)
        return _quoted(made, value.form) if isinstance(scheme, Pseudonym) else made

    def _opened(self, tokens: Sequence[Token], bound: bytes) -> list[tuple[bytes, Form]]:
        names: dict[int, bytes] = {}
        for i, token in enumerate(tokens):
            if token.body is None:
                raise TokenError("the token is broken off")
            if token.prefix == PSEUDONYM:
                raise TokenError("a pseudonym has no way back")
            if token.prefix == VAULT:
                names[i] = self._domain(token.kid, token.entity).mac(b"name", token.body)
        known: dict[int, bytes | None] = {}
        if names:
            known = dict(zip(names, self._vault_or_error().fetch(list(names.values())), strict=True))
        return [self._read(token, known.get(i), bound) for i, token in enumerate(tokens)]

    def _read(self, token: Token, record: bytes | None, bound: bytes) -> tuple[bytes, Form]:
        """The value of a token; ``record`` is what the vault has under its name."""
        domain = self._domain(token.kid, token.entity)
        body = token.body or b""
        if token.prefix == SEALED:
            return domain.open(body, bound)
        if record is None:
            raise TokenError("the vault does not know this token: it is altered, erased, or of another tenant")
        own, raw, form = domain.read_record(record, _REFERENCE, bound)
        if own != body:
            raise TokenError("the vault has another token's value under this name")
        return raw, form

    def _guarded(
        self, entities: Sequence[str], context: Context, opened: Callable[[], _T], named: Callable[[], Counter[str]]
    ) -> _T:
        """What ``opened`` gives, to whom may see it, once the attempt is on record; ``named`` counts the refused."""
        counts = Counter(entities)
        try:
            if self._may_open is None or not all(self._may_open(context, entity) for entity in counts):
                raise TokenError("this context may not see these values in clear")
            if self._limit is not None:
                for entity, count in counts.items():
                    self._limit("detokenize", entity, count, context)
            values = opened()
        except TokenError as error:
            if self._audit is not None and counts:
                self._audit(self._access(named(), context, str(error)))
            raise
        if self._audit is not None and counts:
            self._audit(self._access(counts, context, ""))
        return values

    def _access(self, counts: Counter[str], context: Context, reason: str) -> Access:
        return Access("detokenize", self._tenant, MappingProxyType(dict(counts)), context, not reason, reason)

    def _verified(self, tokens: Sequence[Token], context: Context) -> Counter[str]:
        """The entities of tokens that are ours: a forged one may say anything, and is not quoted."""
        try:
            found = self.own(tokens, context=context)
        except VaultError:
            found = [False] * len(tokens)
        return Counter(token.entity if own else "unverified" for token, own in zip(tokens, found, strict=True))

    def _vault_or_error(self) -> Vault:
        if self._vault is None:
            raise TokenError("this token is in a vault, and the tokenizer has none")
        return self._vault

    def _bound(self, context: Context) -> bytes:
        if not self._bind:
            return b""
        parts: list[bytes] = []
        for name in self._bind:
            value = _attribute(context, name)
            parts += (name.encode(), b"" if value is None else b"=" + value.encode("utf-8", "surrogatepass"))
        return packed(*parts)


def _entry(domain: Domain, value: Value, repeat: bool, bound: bytes) -> Entry:
    reference = os.urandom(_REFERENCE)
    lookup = domain.mac(b"lookup", packed(bound, bytes([value.form]), value.raw)) if repeat else None
    record = domain.write_record(reference, value.raw, value.form, bound)
    return Entry(domain.mac(b"name", reference), lookup, record)


def _quoted(token: bytes, form: Form) -> bytes:
    return b'"' + token + b'"' if form is Form.NUMBER else token


def _bits(raw: bytes) -> float:
    """What a value of this length and these characters can hold at the most, in bits; separators hold nothing."""
    text = raw.decode("utf-8", "replace")
    return sum(_DIGIT_BITS if ch.isdigit() else _OTHER_BITS for ch in text if ch.isalnum())


def _attribute(context: Context, name: str) -> str | None:
    field, _, attribute = name.partition(".")
    if field == "attributes" and attribute:
        return context.attributes.get(attribute)
    if attribute or field in ("attributes", "roles") or field not in Context.__dataclass_fields__:
        raise TokenError(f"a token cannot be bound to {name!r}: the context has no such single value")
    value = getattr(context, field)
    return None if value is None else str(value)
