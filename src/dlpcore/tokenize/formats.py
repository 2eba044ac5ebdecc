"""Format-preserving tokens: FF1 (NIST SP 800-38G) over the digits, letters or local part of a value.

FF1 permutes the strings of one alphabet and length. What is not in the alphabet stays where it stands, and so does
what the format keeps (the BIN and the last four of a card, the domain of an e-mail address). To stay inside a smaller
set (numbers without a leading zero, cards of the same Luhn remainder) the permutation is applied until the result is in
the set again (cycle walking), which is a permutation of that set. To leave a set of a tenth (cards that satisfy Luhn)
the results of ten numbers that differ in one digit change places: hardly more than one step.

Such a token names neither its key nor itself, and every string of its format opens to something: there is no wrong key
that shows. docs/tokenization.md says when that is acceptable.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from ..errors import MissingExtra, TokenError
from .keys import packed
from .sealed import Domain
from .value import Form

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Format"]

_DIGITS: Final = string.digits
#: SP 800-38G rev. 1 section 5.1: the strings of a length must be a million at the least.
_LEAST_DOMAIN: Final = 1_000_000
_LEAST_LENGTH: Final = {r: next(n for n in range(1, 21) if r**n >= _LEAST_DOMAIN) for r in (10, 36, 62)}
#: To the digit sum of twice a digit, and the digits in the order of those sums.
_DOUBLED: Final = bytes.maketrans(b"0123456789", b"0246813579")
_BY_DOUBLED: Final = "0516273849"
#: FF1 itself has no such bound; a field of fixed format is not longer.
_MOST: Final = 256
#: A walk leaves a tenth of the domain after some ten steps; so many steps are less likely than an error of memory.
_MOST_STEPS: Final = 2000

Luhn = Literal["break", "keep", "any"]


class Format:
    """Tokens that look like the value: same length, same alphabet, other characters in place.

    Only a value that is all of its member gets such a token: in running text there is no format to keep.
    Make one with :meth:`digits`, :meth:`alphanumeric`, :meth:`card` or :meth:`email`.

    Args (of all of them):
        kid: the key that makes and opens these tokens, which do not say it themselves. Needed as soon as the ring has
            more than one key; to change it means to tokenize anew.
    """

    __slots__ = ("_alphabet", "_keep", "_luhn", "_name", "kid")

    def __init__(
        self, name: str, alphabet: str, keep: tuple[int, int], luhn: Luhn | None = None, kid: str | None = None
    ) -> None:
        self._name = name
        self._alphabet = alphabet
        self._keep = keep
        self._luhn = luhn
        self.kid = kid

    @classmethod
    def digits(cls, keep: tuple[int, int] = (0, 0), *, kid: str | None = None) -> Format:
        """Digits, the first and last ``keep`` of them in clear. At least six are encrypted."""
        return cls("digits", _DIGITS, _checked(keep), kid=kid)

    @classmethod
    def alphanumeric(
        cls,
        letters: Literal["upper", "lower", "mixed"] = "mixed",
        keep: tuple[int, int] = (0, 0),
        *,
        kid: str | None = None,
    ) -> Format:
        """Digits and ASCII letters of one case or both. A letter of the other case is an error, not left in clear."""
        alphabets = {
            "upper": _DIGITS + string.ascii_uppercase,
            "lower": _DIGITS + string.ascii_lowercase,
            "mixed": _DIGITS + string.ascii_letters,
        }
        if letters not in alphabets:
            raise TokenError('alphanumeric: letters is "upper", "lower" or "mixed"')
        return cls("alphanumeric", alphabets[letters], _checked(keep), kid=kid)

    @classmethod
    def card(cls, luhn: Luhn = "break", *, kid: str | None = None) -> Format:
        """Card numbers: the BIN (six digits) and the last four stay.

        FF1 needs six digits to encrypt, so that of a number of less than 16 digits fewer stay of the BIN.

        Args:
            luhn: ``"break"``: the token of a valid number fails the Luhn check (ISO/IEC 7812-1), so that nobody takes
                it for a card; ``"keep"``: it passes; ``"any"``: it may do either, at a tenth of the cost.
        """
        if luhn not in ("break", "keep", "any"):
            raise TokenError('card: luhn is "break", "keep" or "any"')
        return cls("card", _DIGITS, (6, 4), luhn, kid)

    @classmethod
    def email(cls, keep: Literal["domain", "shape"] = "domain", *, kid: str | None = None) -> Format:
        """E-mail addresses: letters and digits of the local part, with ``"shape"`` those of the domain but its last
        label.

        At least four of them are encrypted. A domain is encrypted in small letters, since receivers fold its case.
        """
        if keep not in ("domain", "shape"):
            raise TokenError('email: keep is "domain" or "shape"')
        return cls(f"email-{keep}", _DIGITS + string.ascii_letters, (0, 0), kid=kid)

    def make(self, domain: Domain, raw: bytes, form: Form, bound: bytes) -> bytes:
        """The token of a value.

        Raises:
            TokenError: the value is too short, or is not of this format.
        """
        return self._turned(domain, raw, form, bound, opening=False)

    def open(self, domain: Domain, token: bytes, form: Form, bound: bytes) -> bytes:
        """The value of a token that :meth:`make` made.

        Raises:
            TokenError: the token is not of this format.
        """
        return self._turned(domain, token, form, bound, opening=True)

    def __repr__(self) -> str:
        return f"<Format {self._name}>"

    # --- inside --------------------------------------------------------------------------------------------------

    def _turned(self, domain: Domain, raw: bytes, form: Form, bound: bytes, *, opening: bool) -> bytes:
        try:
            text = raw.decode("ascii")
        except UnicodeDecodeError:
            raise self._wrong("it is not ASCII") from None
        if not text.isalnum() and ("\\" in text or '"' in text or not text.isprintable()):
            raise self._wrong("it has escapes")
        if form is Form.NUMBER and not text.removeprefix("-").isdigit():
            raise self._wrong("a number that is no plain integer has no digits to exchange")
        if self._name.startswith("email"):
            return self._mail(domain, text, bound, opening)
        return self._one(domain, text, self._alphabet, self._keep, form, bound, opening).encode()

    def _mail(self, domain: Domain, text: str, bound: bytes, opening: bool) -> bytes:
        local, at, host = text.rpartition("@")
        if not at or not local or "." not in host:
            raise self._wrong("it is no e-mail address")
        if self._name == "email-shape":
            names, dot, top = host.rpartition(".")
            if names != names.lower():
                raise self._wrong("its domain has capital letters")
            lower = _DIGITS + string.ascii_lowercase
            host = (
                self._one(domain, names, lower, (0, 0), Form.TEXT, bound + b"\0host" + top.encode(), opening)
                + dot
                + top
            )
            bound += b"\0local"
        else:
            bound += b"\0local" + host.encode()
        return (self._one(domain, local, self._alphabet, (0, 0), Form.TEXT, bound, opening) + at + host).encode()

    def _one(
        self, domain: Domain, text: str, alphabet: str, keep: tuple[int, int], form: Form, bound: bytes, opening: bool
    ) -> str:
        digits = "".join(filter(alphabet.__contains__, text))
        bare = digits == text
        if not bare and any(ch.isalnum() and ch not in alphabet for ch in text):
            raise self._wrong("it has letters that the format does not")
        first, last = keep
        if self._name == "card":
            first = max(0, min(first, len(digits) - last - 6))
        end = len(digits) - last
        plain = digits[first:end]
        least = _LEAST_LENGTH[len(alphabet)]
        if not least <= len(plain) <= _MOST:
            raise self._wrong(f"it needs {least} to {_MOST} characters to encrypt and has {len(plain)}")
        tweak = packed(self._name.encode(), digits[:first].encode() + digits[end:].encode(), bound).hex()
        step = _stepper(domain.format_key, tweak, alphabet, opening)
        # the digits that stay add the same to every sum, so that those in the middle decide
        odd = last % 2
        if self._luhn == "keep":
            same = _luhn(plain, odd)
            result = self._walked(step, plain, lambda candidate: _luhn(candidate, odd) == same)
        elif self._luhn == "break":
            valid = (_luhn(plain, odd) - _luhn(digits)) % 10
            encrypt = _stepper(domain.format_key, tweak, alphabet, False)
            result = self._broken(step, encrypt, plain, odd, valid, opening)
        elif form is Form.NUMBER and first == 0:
            if plain[0] == "0":
                raise self._wrong("a number does not start with 0")
            result = self._walked(step, plain, lambda candidate: candidate[0] != "0")
        else:
            result = step(plain)
        result = digits[:first] + result + digits[end:]
        if bare:
            return result
        fresh = iter(result)
        return "".join(next(fresh) if ch in alphabet else ch for ch in text)

    def _walked(self, step: Callable[[str], str], plain: str, inside: Callable[[str], bool]) -> str:
        result = plain
        for _ in range(_MOST_STEPS):
            result = step(result)
            if inside(result):
                return result
        raise self._wrong("no token was found for it")

    def _broken(
        self,
        step: Callable[[str], str],
        encrypt: Callable[[str], str],
        plain: str,
        odd: int,
        valid: int,
        opening: bool,
    ) -> str:
        """A permutation that takes no valid number, one whose sum is ``valid``, to a valid one.

        Of ten numbers that differ in the last digit one is valid. If its result is valid, it changes places with the
        result of the next of the ten whose result is not: so the ten have the same results as before, together.
        """
        origin = step(plain) if opening else plain
        results = {origin: plain if opening else step(plain)}

        def result_of(number: str) -> str:
            if number not in results:
                results[number] = encrypt(number)
            return results[number]

        # the ten have ten sums, in the order of their last digits or of these doubled
        order = _DIGITS if not odd else _BY_DOUBLED
        first = origin[:-1] + order[(valid - _luhn(origin[:-1] + "0", odd)) % 10]
        if _luhn(result_of(first), odd) == valid:
            ten = (origin[:-1] + last for last in _DIGITS)
            other = next((each for each in ten if _luhn(result_of(each), odd) != valid), None)
            if other is None:  # of ten billion values one
                raise self._wrong("no token was found for it")
            origin = {first: other, other: first}.get(origin, origin)
        return origin if opening else result_of(origin)

    def _wrong(self, why: str) -> TokenError:
        return TokenError(f"the value has no token of format {self._name}: {why}")


def _stepper(key: str, tweak: str, alphabet: str, opening: bool) -> Callable[[str], str]:
    ff1 = _ff1()
    function: Callable[[str, str, str, str], str] = ff1.decrypt if opening else ff1.encrypt

    def step(text: str) -> str:
        try:
            return function(key, tweak, alphabet, text)
        except ValueError:  # its message may quote the text
            raise TokenError("format-preserving encryption refused the value") from None

    return step


def _ff1() -> ModuleType:
    try:
        from fastfpe import ff1
    except ImportError:
        raise MissingExtra("format-preserving tokens need fastfpe: pip install 'dlpcore[crypto]'") from None
    module: ModuleType = ff1
    return module


def _luhn(digits: str, odd: int = 0) -> int:
    """The Luhn sum modulo 10 (ISO/IEC 7812-1 annex B): 0 for a valid number. ``odd``: 1 where one digit follows."""
    reverse = digits.encode()[::-1]
    total = sum(reverse[odd::2]) + sum(reverse[1 - odd :: 2].translate(_DOUBLED))
    return (total - len(reverse) * ord("0")) % 10


def _checked(keep: tuple[int, int]) -> tuple[int, int]:
    if min(keep) < 0 or max(keep) > _MOST:
        raise TokenError("keep is two numbers of characters, at the head and at the tail")
    return keep
