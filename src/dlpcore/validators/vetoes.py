"""Vetoes: what a match is instead, judged by its form and by the bytes around it.

Machine JSON is full of identifiers, times and hashes whose parts look like numbers of people. Each veto names one
such thing. ``named`` says that the value's own key, or a word beside it, speaks for the rule; then forms that real
values can have as well (a telephone number may be a Unix time, a number may count up) do not count.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

__all__ = ["DEFAULT_VETOES", "VETOES", "Veto"]


class VetoCheck(Protocol):
    """Whether ``text[start:end]`` is something else."""

    def __call__(self, text: bytes, start: int, end: int, /, *, named: bool) -> bool: ...


class Veto(NamedTuple):
    """A check with the words that explain it (they complete "the value …").

    ``around``: it speaks of what the value is a part of, so never of a value that is all of its text.
    """

    check: VetoCheck
    reason: str
    around: bool = False


_UUID = re.compile(rb"(?<![0-9A-Fa-f])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Fa-f])")
_HEX_BEFORE = re.compile(rb"[0-9A-Fa-f]*\Z")
_HEX = re.compile(rb"[0-9A-Fa-f]+")
_NON_DIGITS = re.compile(rb"\D+")
_WORD_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_DIGIT_BYTES = frozenset(b"0123456789")
_UUID_LENGTH = 36
#: Hexadecimal digits of the shortest digest in use (MD5, 128 bits).
_HASH_LENGTH = 32
#: 2001-01-01 and 2100-01-01 as Unix times in seconds.
_EPOCH_FIRST, _EPOCH_LAST = 978_307_200, 4_102_444_800


def _uuid(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    if end - start > _UUID_LENGTH or len(text) < _UUID_LENGTH:
        return False
    window = max(0, start - _UUID_LENGTH)
    return any(
        window + found.start() <= start and end <= window + found.end()
        for found in _UUID.finditer(text[window : end + _UUID_LENGTH])
    )


def _hash(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    if not _HEX.fullmatch(text, start, end):
        return False
    before = _HEX_BEFORE.search(text[max(0, start - _HASH_LENGTH) : start])
    after = _HEX.match(text[end : end + _HASH_LENGTH])
    around = (len(before[0]) if before else 0) + (len(after[0]) if after else 0)
    return around > 0 and end - start + around >= _HASH_LENGTH


def _token(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    before = start > 0 and text[start - 1] in _WORD_BYTES and text[start] in _WORD_BYTES
    return before or (end < len(text) and text[end] in _WORD_BYTES and text[end - 1] in _WORD_BYTES)


def _decimal(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    before = start > 1 and text[start - 1] == 0x2E and text[start - 2] in _DIGIT_BYTES
    after = end + 1 < len(text) and text[end] == 0x2E and text[end + 1] in _DIGIT_BYTES
    return before or after


def _epoch(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    value = text[start:end]
    if named or len(value) not in (10, 13) or not value.isdigit():
        return False
    return _EPOCH_FIRST <= int(value[:10]) < _EPOCH_LAST


def _timestamp(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    value = text[start:end]
    if named or len(value) not in (12, 14, 17) or not value.isdigit():
        return False
    year, month, day, hour = int(value[:4]), int(value[4:6]), int(value[6:8]), int(value[8:10])
    return 1990 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31 and hour <= 23 and int(value[10:12]) <= 59


def _repeated(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    value = text[start:end]
    if value.isdigit():
        return value.count(value[:1]) == len(value)
    digits = _NON_DIGITS.sub(b"", value)
    return len(set(value)) == 1 or (len(digits) >= 6 and len(set(digits)) == 1 and len(digits) * 2 > len(value))


def _sequential(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    if named:
        return False
    digits = _NON_DIGITS.sub(b"", text[start:end])
    if len(digits) < 6 or len(digits) * 2 < end - start:
        return False
    steps = {(second - first) % 10 for first, second in itertools.pairwise(digits)}
    return steps in ({1}, {9})


_FILLER = re.compile(rb"(?i:x{4,}|0{8,})|\*{3,}|\.{3,}|\xe2\x80\xa6|(?:\xe2\x80\xa2){3}|_{3,}|(.)\1{7,}", re.DOTALL)
_TEMPLATE = re.compile(
    rb"\$\{|\$\(|\{\{|<[A-Za-z_ -]+>|%[A-Za-z_]+%|%\([a-z_]+\)|\{[A-Za-z_.]+\}"
    rb"|(?:\A|[^A-Za-z0-9])\$[A-Za-z_]+(?:\Z|</)|\[[A-Za-z_ ]+\]"
)
_WORDS = re.compile(
    rb"(?i:change[-_ ]?(?:me|it|this)|(?:^|[^A-Za-z0-9])your[-_ ]?[a-z]|your[-_]"
    rb"|(?:^|[^A-Za-z0-9])(?:my|the|a|an|insert|enter|replace|put)[-_ ][a-z]{2,}(?:[-_ ]|\Z)"
    rb"|place[-_ ]?holder|dummy|redacted|removed|filtered|sanitized|masked|omitted|not[-_ ]?(?:set|a[-_ ]?real|used)"
    rb"|(?:^|[^A-Za-z0-9])(?:example|sample|todo|fixme|fake|foo|bar|baz|foobar)(?:[^A-Za-z0-9]|$)"
    rb"|example(?:key|token|secret|password|[0-9]{1,6})?\Z|^(?:replace|insert|enter|put|fill)[-_ ]"
    rb"|[-_]here\Z|^(?:some|any)[-_]"
    rb"|my[-_ ]?(?:secret|password|token|key)"
    rb"|example[-_ ]?(?:key|token|secret|password)\Z)"
)


def _filler(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    return _FILLER.search(text, start, end) is not None


def _placeholder(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    value = text[start:end]
    return any(each.search(value) is not None for each in (_FILLER, _TEMPLATE, _WORDS))


#: Words of names that end like a secret's and are none: tokens of pages, keys of tables and caches, what is public.
_NOT_SECRET_NAMES = frozenset(
    b"page paging pagination next prev previous continuation continue cursor sync public publishable pub anonymous "
    b"csrf xsrf cancellation cancel partition sort cache idempotency primary foreign object routing translation hot "
    b"host hash index row range group message issue project registry locale i18n natural composite unique surrogate "
    b"dedup ordering lookup search max min num number count total limit length size avg input output prompt "
    b"completion has is no missing invalid expired wrong forgot show hide reset site enable use require requires "
    b"check validate verify unicode special separator pad eos bos unk mask start end stop first last resume "
    b"watermark since delta change lifecycle arn".split()
)
_NAME = re.compile(rb"[A-Za-z0-9_.$-]+")
_NAME_PARTS = re.compile(rb"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
#: Types that stand between a name and its value: ``password: str = "…"``.
_TYPES = frozenset(b"str string bytes text char const u8 b r f u l static secretstr any object cdata".split())
_NAME_REACH = 96
#: An Amazon resource name up to here: what follows is the name of the resource.
_RESOURCE = re.compile(rb"(?<![A-Za-z0-9])arn:aws[a-z-]*:[^\s\"']*\Z")
_BUCKET = re.compile(rb"(?:s3|gs)://([A-Za-z0-9._-]+)|([A-Za-z0-9-]+)\.s3[.-]|([A-Za-z0-9_-]+)\.storage\.googleapis")
#: Words that names of buckets in documentation are made of.
_BUCKET_WORDS = frozenset(
    b"bucket buckets my your our the a an example examples sample doc docs name aws s3 gcs log logs input output "
    b"source src destination dest target path to folder file provider some test foo bar data".split()
)


def _other_name(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    """The name before the value, in the same line, says that it is no secret."""
    before = text[max(0, start - _NAME_REACH) : start]
    before = before[before.rfind(b"\n") + 1 :]
    if _RESOURCE.search(before):
        return True
    names = [name for name in _NAME.findall(before) if name.lower() not in _TYPES]
    if not names:
        return False
    return any(part.lower() in _NOT_SECRET_NAMES for part in _NAME_PARTS.findall(names[-1]))


_ULID = re.compile(rb"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_ALNUM_BEFORE = re.compile(rb"[0-9A-Za-z]*\Z")
_ALNUM = re.compile(rb"[0-9A-Za-z]+")


def _ulid(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    before = _ALNUM_BEFORE.search(text[max(0, start - 26) : start])
    after = _ALNUM.match(text[end : end + 26])
    whole = (before[0] if before else b"") + text[start:end] + (after[0] if after else b"")
    return _ULID.fullmatch(whole) is not None


#: Snowflakes (Twitter, Discord, Instagram and others): 64 bits, milliseconds above, written in 17 to 19 digits.
_SNOWFLAKE_LENGTHS = (17, 18, 19)


def _snowflake(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    value = text[start:end]
    return not named and len(value) in _SNOWFLAKE_LENGTHS and value.isdigit() and int(value) < 1 << 63


#: Runs of base64 longer than this are data: images, archives, signatures.
_DATA_RUN = 120
_BASE64_BEFORE = re.compile(rb"[A-Za-z0-9+/]*\Z")
_BASE64_AFTER = re.compile(rb"[A-Za-z0-9+/]*")


def _base64(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    before = _BASE64_BEFORE.search(text[max(0, start - _DATA_RUN) : start])
    after = _BASE64_AFTER.match(text[end : end + _DATA_RUN])
    around = (len(before[0]) if before else 0) + (len(after[0]) if after else 0)
    return around > 0 and around + end - start >= _DATA_RUN


_VERSION = re.compile(rb"(?i:version|release|build|rev|v|agent|mozilla|chrome|safari|/)[ /:=_-]{0,2}\Z")
_VERSION_TAIL = re.compile(rb"[-+](?:rc|beta|alpha|build|dev|post|g[0-9a-f]{6})|\.[0-9]")


def _version(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    if named:
        return False
    before = text[max(0, start - 12) : start]
    return _VERSION.search(before) is not None or _VERSION_TAIL.match(text[end : end + 8]) is not None


_NOT_IN_USERINFO = re.compile(rb"[\s/?#\"'<>]")
_PATH_OF_HOST = re.compile(rb":(?:[A-Za-z~/.]|\d+[A-Za-z/_-])")
_NO_REPLY = re.compile(rb"(?:do[-_.]?)?no[-_.]?t?[-_.]?reply\b")


def _userinfo(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    """``user:password@host`` of a URL is not an e-mail address, and neither is ``git@host:path`` of SSH."""
    before = text[max(0, start - 256) : start]
    scheme = before.rfind(b"://")
    if scheme >= 0 and not _NOT_IN_USERINFO.search(before, scheme + 3):
        return True
    return _PATH_OF_HOST.match(text[end : end + 24]) is not None


def _no_reply(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    value = text[start:end].lower()
    return _NO_REPLY.match(value) is not None or b"noreply." in value


def _no_bucket(text: bytes, start: int, end: int, /, *, named: bool) -> bool:
    """The bucket is called ``my-bucket``, ``examplebucket`` or the like: of an example, and of nobody."""
    found = _BUCKET.match(text, start, end)
    if found is None:
        return False
    name = (found[1] or found[2] or found[3]).lower()
    for word in (b"bucket", b"example", b"my", b"aws", b"log"):
        name = name.replace(word, b"-" + word + b"-")
    words = [word for word in re.split(rb"[^a-z0-9]+", name) if word]
    return b"bucket" in words and _BUCKET_WORDS.issuperset(words)


VETOES: Mapping[str, Veto] = MappingProxyType(
    {
        "uuid": Veto(_uuid, "is a part of a UUID"),
        "hash": Veto(_hash, "is a part of a longer hexadecimal string", around=True),
        "token": Veto(_token, "is a part of a longer token", around=True),
        "decimal": Veto(_decimal, "is a part of a decimal number", around=True),
        "epoch": Veto(_epoch, "is a Unix time"),
        "timestamp": Veto(_timestamp, "is a date and time"),
        "repeated": Veto(_repeated, "repeats one character"),
        "sequential": Veto(_sequential, "counts up or down"),
        "filler": Veto(_filler, "is filled up with one character"),
        "placeholder": Veto(_placeholder, "is a placeholder"),
        "other-name": Veto(_other_name, "is named as something that is no secret"),
        "ulid": Veto(_ulid, "is a part of a ULID"),
        "snowflake": Veto(_snowflake, "is a snowflake id"),
        "base64": Veto(_base64, "is a part of longer base64", around=True),
        "example-bucket": Veto(_no_bucket, "names the bucket of an example"),
        "version": Veto(_version, "is a version", around=True),
        "userinfo": Veto(_userinfo, "is the user part of a URL", around=True),
        "no-reply": Veto(_no_reply, "is an address that nobody reads"),
    }
)

#: What applies to a rule that names none: right for numbers, which are short and digits.
DEFAULT_VETOES = ("uuid", "hash", "token", "decimal", "epoch", "timestamp", "repeated", "sequential")
