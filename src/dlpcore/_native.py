"""The only importer of the native binding: calls it, maps its codes, and copies its records into Python.

A :class:`Prefilter` is immutable and may be shared by threads; it lends a scanner (scratch memory of one call) to
each call. Buffers are read, never kept.
"""

from __future__ import annotations

import itertools
import os
import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar, overload

from dlpcore._core import ffi, lib

from .errors import InputError

__all__ = [
    "CARRIERS",
    "CHOICES",
    "ERROR_NAMES",
    "GAP_CLASSES",
    "NO_TOKEN",
    "QUIET",
    "SHAPES",
    "STREAMS",
    "STYLES",
    "Called",
    "Characters",
    "Choices",
    "Gap",
    "Hit",
    "Hits",
    "Letters",
    "Lexeme",
    "Paths",
    "Prefilter",
    "Record",
    "Rows",
    "Scan",
    "ScanError",
    "Token",
    "Tokens",
    "UnicodeChar",
    "UnicodeScan",
    "canonical",
    "capacity",
    "choices",
    "compact",
    "decode_symbols",
    "fold",
    "from_base85",
    "key_orders",
    "pointers",
    "price_orders",
    "price_symbols",
    "records",
    "style_of",
    "unescape",
    "unicode_scan",
    "utf8_valid_prefix",
]


if lib.dlp_py_methods() != 0:  # pragma: no cover - it has one name to set
    raise ImportError("dlpcore: the native module has no first pass; install again")
_new_first_pass: Any = sys.modules["dlpcore._core"].__dict__["new_first_pass"]


def _names(prefix: str, count: int) -> tuple[str, ...]:
    found = [""] * count
    for name in dir(lib):
        if name.startswith(prefix) and not name.endswith("_COUNT"):
            value = getattr(lib, name)
            if 0 <= value < count:
                found[value] = name[len(prefix) :].lower().replace("_", "-")
    return tuple(found)


#: Names of the errors of a payload, by code (``docs/errors.md``).
ERROR_NAMES: Final = _names("DLP_E_", lib.DLP_E_COUNT)
#: Streams of white space choices, by index.
STREAMS: Final = _names("DLP_S_", lib.DLP_S_COUNT)
#: Shapes that the prefilter decides, by trigger id.
SHAPES: Final = _names("DLP_SHAPE_", lib.DLP_SHAPE_COUNT)
#: Where a gap stands, by class.
GAP_CLASSES: Final = _names("DLP_G_", 11)
#: Choices inside strings and numbers, by index; what their carriers are called; the styles of a document.
CHOICES: Final = _names("DLP_K_", lib.DLP_K_COUNT)
CARRIERS: Final = _names("DLP_CARRIER_", 9)
STYLES: Final = _names("DLP_STYLE_", lib.DLP_STYLE_COUNT)
NO_TOKEN: Final = 0xFFFFFFFF

F_ESCAPED: Final = 1
F_NON_ASCII: Final = 2
F_INVALID: Final = 16
F_SURROGATE: Final = 64
F_LAYER: Final = 128
F_FOLD: Final = 256

C_UNICODE: Final = 1 << 15
C_SPACE_RUN: Final = 1 << 16

KINDS: Final = ("string", "key", "number", "text")

O_GAPS: Final = 1
O_TOKENS: Final = 2
O_NO_PREFILTER: Final = 4
O_FULL_GAPS_ONLY: Final = 8
#: What the census sees is priced at once (:data:`QUIET`).
O_SETTLE: Final = 32
#: Each text is looked at in full, even where one glance says that it holds nothing: for tests.
O_THOROUGH: Final = 16

_TRUNCATED: Final = ((1, "candidates"), (2, "errors"), (4, "gaps"), (8, "keys"), (16, "depth"))

_ERROR = struct.Struct("=QQII")
_TOKEN = struct.Struct("=QQ4Q4Q4Q4QII")
_HIT = struct.Struct("=QII")
_LEXEME = struct.Struct("=QQ128xI")
_GAP = struct.Struct("=QII")
_RESULT = struct.Struct(f"=15Q{lib.DLP_S_COUNT}Q{2 * lib.DLP_S_COUNT + lib.DLP_Q_COUNT + 1}dII")
_UCHAR = struct.Struct("=QIIIBBH")
_ROW = struct.Struct(f"={_UCHAR.size}s")
_RECORD = struct.Struct("=QQQQ")
_MEMBER = struct.Struct("=QQII")
_DEMAND = struct.Struct("=16I")
_RECORDS = (
    *((_ERROR, "error"), (_TOKEN, "token"), (_HIT, "hit"), (_GAP, "gap"), (_UCHAR, "uchar")),
    *((_RECORD, "record"), (_MEMBER, "member"), (_DEMAND, "demand")),
)
#: Bytes of a packed demand.
DEMAND_SIZE: Final = _DEMAND.size
#: Bytes of a set of bytes in a program.
SET_SIZE: Final = 32
for _layout, _type in (*_RECORDS, (_RESULT, "result")):
    if _layout.size != ffi.sizeof(f"dlp_{_type}"):  # pragma: no cover - a build that mixes two versions
        raise ImportError(f"dlpcore: the native module does not match this Python code ({_type}); install again")


class ScanError(NamedTuple):
    """An error of the payload; ``length`` is the offset of the first key where ``code`` is ``duplicate-key``."""

    code: str
    offset: int
    length: int
    depth: int


class Token(NamedTuple):
    """A string, key, number or text: content offsets without quotes, its nearest keys, and members that name it."""

    start: int
    end: int
    kind: str
    flags: int
    keys: tuple[tuple[int, int], ...]
    names: tuple[tuple[int, int], ...] = ()


class Hit(NamedTuple):
    """A trigger seen in a token (``NO_TOKEN``: outside every token)."""

    offset: int
    token: int
    trigger: int


class Gap(NamedTuple):
    """White space between two tokens; may be empty."""

    start: int
    length: int
    klass: int


#: Bits of each channel of :data:`QUIET` whose price is below all that a finding needs, and behind them how many of all
#: these bits count where channels are pooled; ``None`` where there are none.
Quiet: TypeAlias = tuple[float, ...] | None
QUIET: Final = (
    *("key.order", "escape.optional", "escape.hex-case", "number.form", "literal.case-mix", "base64.slack-bits"),
    *("unicode.zero-width", "unicode.variation-selectors", "unicode.tags", "unicode.bidi", "unicode.spaces"),
    *("unicode.confusables", "unicode.normal-form", "unicode.private", "text.space-runs"),
    *("whitespace.separators", "whitespace.gaps", "whitespace.indent", "whitespace.line-endings"),
    *("whitespace.line-tails", "whitespace.blank-lines"),
)


def capacity(quiet: Sequence[float]) -> dict[str, float]:
    """What is quiet, by channel."""
    return {name: bits for name, bits in zip(QUIET, quiet, strict=False) if bits > 0.0}


_Row = TypeVar("_Row")


class Rows(Sequence[_Row]):
    """Records as the native code left them, each read when it is asked for: an attacker can make very many."""

    __slots__ = ("_layout", "_make", "data")

    def __init__(self, data: bytes, layout: struct.Struct, make: Callable[[tuple[Any, ...]], _Row]) -> None:
        self.data = data
        self._layout = layout
        self._make = make

    def __len__(self) -> int:
        return len(self.data) // self._layout.size

    @overload
    def __getitem__(self, index: int) -> _Row: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[_Row, ...]: ...

    def __getitem__(self, index: int | slice) -> _Row | tuple[_Row, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        at = index if index >= 0 else index + len(self)
        if not 0 <= at < len(self):
            raise IndexError(index)
        return self._make(self._layout.unpack_from(self.data, at * self._layout.size))

    def __iter__(self) -> Iterator[_Row]:
        return map(self._make, self._layout.iter_unpack(self.data))

    def __eq__(self, other: object) -> bool:
        return self.data == other.data if isinstance(other, Rows) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def column(self, word: int) -> list[int]:
        """A field of four bytes of all of them, by its place in the record."""
        return memoryview(self.data).cast("I")[word :: self._layout.size // 4].tolist()


class Scan(NamedTuple):
    """Everything that one pass said of a payload that is not entirely clean."""

    errors: tuple[ScanError, ...]
    errors_seen: int
    tokens: Rows[Token]
    hits: Rows[Hit]
    gaps: Rows[Gap]
    lead_end: int
    tail_start: int
    stream_n: tuple[int, ...]
    stream_bits: tuple[float, ...]
    novel_bits: tuple[float, ...]
    truncated: tuple[str, ...]
    strings: int
    numbers: int
    max_depth: int
    census: int
    quiet: Quiet = None

    def by_token(self) -> tuple[Iterator[Called], list[int]]:
        """The hits by the token that they are in, and all triggers that were seen, in a token or outside."""
        found: dict[int, list[int]] = {}
        triggers = self.hits.column(3)
        for token, trigger in zip(self.hits.column(2), triggers, strict=True):
            found.setdefault(token, []).append(trigger)
        found.pop(NO_TOKEN, None)
        return itertools.starmap(self._called, found.items()), list(dict.fromkeys(triggers))

    def _called(self, index: int, triggers: list[int]) -> Called:
        raw = _TOKEN.unpack_from(self.tokens.data, index * _TOKEN.size)
        return raw[0], raw[1], raw[18], raw[19], *_ranges(raw), tuple(triggers)


_Ranges: TypeAlias = tuple[tuple[int, int], ...]
#: A token and what called rules in it: start, end, index of its kind in :data:`KINDS`, flags, keys, names, triggers.
Called: TypeAlias = tuple[int, int, int, int, _Ranges, _Ranges, tuple[int, ...]]


class Hits(NamedTuple):
    """What a pass said of a valid document whose writer made no odd choice: hits, and nothing else.

    ``outside``: triggers that were seen outside every token.
    """

    tail_start: int
    max_depth: int
    calls: list[Called]
    outside: list[int]
    quiet: Quiet = None

    @property
    def lead_end(self) -> int:
        """Nothing stands before the document."""
        return 0


#: The first pass over a payload: ``None`` where nothing is to be said, ``False`` where it was not looked at.
FirstPass: TypeAlias = Callable[[Any], Any]


#: What a first pass goes straight by, in the order of native/ffi/straight.h.
Straight: TypeAlias = tuple[Any, ...]


def said(records: tuple[Any, ...]) -> Scan | Hits:
    """What a first pass returned, where that is neither ``None`` nor ``False``."""
    return Hits._make(records) if len(records) == 5 else _scan(*records[:5])


def _records(layout: struct.Struct, pointer: Any, count: int) -> Any:
    return layout.iter_unpack(bytes(ffi.buffer(pointer, count * layout.size))) if count else ()


def _ranges(raw: tuple[int, ...]) -> tuple[_Ranges, _Ranges]:
    """The keys around a token, and the members that name it."""
    keys = tuple([each for each in zip(raw[2:6], raw[6:10], strict=True) if each[1]]) if raw[6] else ()
    names = tuple([each for each in zip(raw[10:14], raw[14:18], strict=True) if each[1]]) if raw[14] else ()
    return keys, names


def _token(raw: tuple[int, ...]) -> Token:
    return Token(raw[0], raw[1], KINDS[raw[18]], raw[19], *_ranges(raw))


class Lexeme(NamedTuple):
    """A token without its keys: content offsets without quotes."""

    start: int
    end: int
    kind: str


class Tokens:
    """The strings, keys and numbers of a document in order, each read only when asked for, and its errors."""

    __slots__ = ("_data", "_ends", "complete", "errors")

    def __init__(self, data: bytes, errors: frozenset[str], complete: bool) -> None:
        self._data = data
        self._ends = memoryview(data).cast("Q")[1 :: _TOKEN.size // 8]
        self.errors = errors
        self.complete = complete

    def __len__(self) -> int:
        return len(self._ends)

    def columns(self, most: int) -> tuple[list[int], list[int], bytes]:
        """Starts, ends and kinds (places in :data:`KINDS`) of the first tokens, without an object for each."""
        wide = _TOKEN.size // 8
        words = memoryview(self._data)[: most * _TOKEN.size].cast("Q")
        return (
            words[::wide].tolist(),
            words[1::wide].tolist(),
            self._data[_LEXEME.size - 4 : most * _TOKEN.size : _TOKEN.size],
        )

    def __getitem__(self, index: int) -> Lexeme:
        if not 0 <= index < len(self._ends):
            raise IndexError(index)
        start, end, kind = _LEXEME.unpack_from(self._data, index * _TOKEN.size)
        return Lexeme(start, end, KINDS[kind])

    def reaching(self, offset: int) -> int:
        """The index of the first token that ends behind ``offset``; the number of tokens where none does."""
        return bisect_right(self._ends, offset)


def _scan(result: Any, errors: Any, tokens: Any, hits: Any, gaps: Any) -> Scan:
    """The records of a result, given as the bytes that they are."""
    at = _RESULT.unpack(result)
    streams = lib.DLP_S_COUNT
    truncated = at[-2]
    return Scan(
        errors=tuple(ScanError(ERROR_NAMES[c], o, n, d) for o, n, c, d in _ERROR.iter_unpack(errors)) if errors else (),
        errors_seen=at[2],
        tokens=Rows(tokens, _TOKEN, _token),
        hits=Rows(hits, _HIT, Hit._make),
        gaps=Rows(gaps, _GAP, Gap._make),
        lead_end=at[9],
        tail_start=at[10],
        stream_n=at[15 : 15 + streams],
        stream_bits=at[15 + streams : 15 + 2 * streams],
        novel_bits=at[15 + 2 * streams : 15 + 3 * streams],
        truncated=tuple(name for bit, name in _TRUNCATED if truncated & bit) if truncated else (),
        strings=at[11],
        numbers=at[12],
        max_depth=at[13],
        census=at[14],
        quiet=at[15 + 3 * streams : -2] if any(at[15 + 3 * streams : -2]) else None,
    )


def _collect(scanner: Any) -> Scan:
    """Copies a result at one stroke: field by field, cffi would take longer than the scan of a small payload."""
    result = lib.dlp_scanner_result(scanner)
    whole = bytes(ffi.buffer(result, _RESULT.size))
    at = _RESULT.unpack(whole)

    def copied(layout: struct.Struct, pointer: Any, count: int) -> bytes:
        return bytes(ffi.buffer(pointer, count * layout.size)) if count else b""

    return _scan(
        whole,
        copied(_ERROR, result.errors, at[1]),
        copied(_TOKEN, result.tokens, at[4]),
        copied(_HIT, result.hits, at[6]),
        copied(_GAP, result.gaps, at[8]),
    )


class Record(NamedTuple):
    """A record of NDJSON: its bytes, the line feeds before it, and whether something is to be said of it."""

    start: int
    end: int
    feeds: int
    said: bool


#: Records that are written out by one native call.
_LISTED = 2048


class Prefilter:
    """Literals, context words and shapes, compiled. Trigger ids: shapes, then literals, then words, in that order.

    Args:
        literals: ``(bytes, flags)``, each of three bytes or more: 1, case is ignored; 2, it matters across strings
            too; 4 and 8, only where a word starts, or where one ends.
        words: lower-case letters and digits only (a context word without its separators).
        shapes: names out of :data:`SHAPES`.
        demands: for each trigger what a text must be made of (``dlp_demand``), any one of them; none for no demand.
    """

    __slots__ = ("_handle", "_limits", "_scanners", "max_errors")

    def __init__(
        self,
        literals: Sequence[tuple[bytes, int]] = (),
        words: Sequence[bytes] = (),
        shapes: Sequence[str] = (),
        demands: Sequence[Iterable[Sequence[int]]] = (),
        *,
        max_depth: int = 1024,
        max_candidates: int = 100_000,
        max_errors: int = 64,
        max_gaps: int = 1_000_000,
    ) -> None:

        def offsets(lengths: Iterable[int]) -> bytes:
            return array("I", itertools.accumulate(lengths, initial=0)).tobytes()

        asked = [tuple(each) for each in demands]
        if asked and len(asked) != len(SHAPES) + len(literals) + len(words):
            raise ValueError("the prefilter needs demands for each trigger, or none at all")
        self._compile(
            b"".join(literal for literal, _ in literals),
            offsets(len(literal) for literal, _ in literals),
            bytes(nocase for _, nocase in literals),
            b"".join(words),
            offsets(map(len, words)),
            shapes,
            b"".join(_DEMAND.pack(*map(int, row)) for each in asked for row in each),
            offsets(map(len, asked)) if asked else b"",
            (max_depth, max_candidates, max_errors, max_gaps),
        )

    @classmethod
    def packed(
        cls,
        literals: bytes,
        literal_offsets: bytes,
        flags: bytes,
        words: bytes,
        word_offsets: bytes,
        shapes: Iterable[str],
        demands: bytes,
        demand_offsets: bytes,
        *,
        programs: tuple[bytes, bytes, bytes] | None = None,
        max_depth: int,
        max_candidates: int,
    ) -> Prefilter:
        """The same from what is packed already: runs of bytes, and unsigned offsets of 4 bytes with that of the end.

        Args:
            programs: of the rules that demands name (:mod:`dlpcore.rules.programs`): code, offsets, sets of bytes.
        """
        made = cls.__new__(cls)
        limits = max_depth, max_candidates, 64, 1_000_000
        made._compile(literals, literal_offsets, flags, words, word_offsets, shapes, demands, demand_offsets, limits)
        if programs is not None:
            made._take(*programs)
        return made

    def _compile(
        self,
        literals: bytes,
        literal_offsets: bytes,
        flags: bytes,
        words: bytes,
        word_offsets: bytes,
        shapes: Iterable[str],
        demands: bytes,
        demand_offsets: bytes,
        limits: tuple[int, int, int, int],
    ) -> None:
        mask = 0
        for shape in shapes:
            mask |= 1 << SHAPES.index(shape)
        handle = lib.dlp_prefilter_new(
            literals,
            ffi.from_buffer("uint32_t[]", literal_offsets),
            flags,
            len(flags),
            words,
            ffi.from_buffer("uint32_t[]", word_offsets),
            len(word_offsets) // 4 - 1,
            mask,
            ffi.from_buffer("dlp_demand[]", demands) if demand_offsets else ffi.NULL,
            ffi.from_buffer("uint32_t[]", demand_offsets) if demand_offsets else ffi.NULL,
        )
        if handle == ffi.NULL:
            raise ValueError("a literal of the prefilter has fewer than three bytes, or there is no memory")
        self._handle = ffi.gc(handle, lib.dlp_prefilter_free)
        self._limits = ffi.new("dlp_limits *", limits)
        self._scanners: list[Any] = []

    def _take(self, code: bytes, offsets: bytes, sets: bytes) -> None:
        code_at, offsets_at = ffi.from_buffer("uint32_t[]", code), ffi.from_buffer("uint32_t[]", offsets)
        if not lib.dlp_prefilter_programs(
            self._handle, code_at, offsets_at, len(offsets) // 4 - 1, sets, len(sets) // SET_SIZE
        ):
            raise MemoryError("dlpcore: no memory for the programs of rules")

    def use_lanes(self, number: int) -> bool:
        """Reads with the processor's lanes of this number (0: none of them), before anybody shares the prefilter.

        For tests and benchmarks, which compare them; the widest are the default. Whether this machine has them.
        """
        return bool(lib.dlp_py_use_lanes(self._handle, number))

    def call_every_layer(self) -> None:
        """Has layers call even where what they decode to holds nothing; before anybody shares the prefilter."""
        lib.dlp_prefilter_call_every_layer(self._handle)

    def _scanner(self) -> Any:
        try:
            return self._scanners.pop()
        except IndexError:
            seed = int.from_bytes(os.urandom(8), "little")
            scanner = lib.dlp_scanner_new(seed)
            if scanner == ffi.NULL:
                raise MemoryError("dlpcore: no memory for a scanner") from None
            return ffi.gc(scanner, lib.dlp_scanner_free)

    def scan(self, payload: bytes | memoryview, options: int = 0) -> Scan | None:
        """One pass over a JSON payload; ``None`` if nothing at all is to be said of it."""
        try:
            scanner = self._scanners.pop()
        except IndexError:
            scanner = self._scanner()
        try:
            data = payload if type(payload) is bytes else ffi.from_buffer("uint8_t[]", payload)
            rc = lib.dlp_py_scan(scanner, self._handle, data, len(payload), self._limits, options)
            if rc == 0:
                return None
            if rc < 0:
                raise MemoryError("dlpcore: no memory to scan the payload")
            return _collect(scanner)
        finally:
            self._scanners.append(scanner)

    def first_pass(self, longest: int, straight: Straight | None = None) -> FirstPass:
        """A function that scans payloads of ``bytes`` of at most ``longest`` bytes, and of no more than small ones.

        It costs the least that a call can cost. Safe to share between threads: it keeps the interpreter's lock.

        Args:
            straight: what finds values in plain tokens (:mod:`dlpcore.straight`). Then it returns a verdict where
                nothing else is to be asked, and ``(what it would have returned, records)`` where only tokens are done.
        """
        scanner = self._scanner()
        limits = self._limits

        def address(pointer: Any) -> int:
            found: int = int(ffi.cast("uintptr_t", pointer))
            return found

        addresses = map(address, (scanner, self._handle, limits))
        made: FirstPass = _new_first_pass(*addresses, longest, (scanner, self._handle, limits), straight)
        return made

    def records(self, data: bytes | memoryview, *, most: int, every: bool) -> tuple[int, list[Record]]:
        """One pass over each record of ``data``: how many there are, and those of which something is to be said.

        Args:
            data: whole records of NDJSON (:func:`records` has what a record is).
            most: bytes of a record that is scanned; of longer ones something is always to be said.
            every: list the silent ones too.
        """
        scanner = self._scanner()
        try:
            return _listed(data, scanner, self._handle, self._limits, (most, 1, every))
        finally:
            self._scanners.append(scanner)

    def tokens(self, payload: bytes) -> Tokens:
        """All tokens of a document, without a look at what they hold."""
        scanner = self._scanner()
        try:
            options = O_TOKENS | O_NO_PREFILTER
            if lib.dlp_py_scan(scanner, self._handle, payload, len(payload), self._limits, options) < 0:
                raise MemoryError("dlpcore: no memory to scan the payload")
            result = lib.dlp_scanner_result(scanner)
            at = _RESULT.unpack(ffi.buffer(result, _RESULT.size))
            n_errors, n_tokens = at[1], at[4]
            errors = frozenset(ERROR_NAMES[raw[2]] for raw in _records(_ERROR, result.errors, n_errors))
            if at[2] > n_errors:
                errors |= {"too-many-errors"}
            data = bytes(ffi.buffer(result.tokens, n_tokens * _TOKEN.size)) if n_tokens else b""
            return Tokens(data, errors, not at[-2] & 1)
        finally:
            self._scanners.append(scanner)

    def scan_text(self, payload: bytes | memoryview) -> Scan | None:
        """One pass over bytes that are not JSON, as one text; ``None`` if no trigger was seen."""
        scanner = self._scanner()
        try:
            data = payload if type(payload) is bytes else ffi.from_buffer("uint8_t[]", payload)
            rc = lib.dlp_py_scan_text(scanner, self._handle, data, len(payload), self._limits)
            if rc == 0:
                return None
            if rc < 0:
                raise MemoryError("dlpcore: no memory to scan the text")
            return _collect(scanner)
        finally:
            self._scanners.append(scanner)


def records(data: bytes | memoryview) -> list[Record]:
    """The records of NDJSON in ``data``, not scanned.

    A record is a line with its terminator and the blank lines behind it; those at the head of ``data`` are the first
    record's. So every byte is in exactly one record.
    """
    return _listed(data, ffi.NULL, ffi.NULL, ffi.NULL, (0, 0, 1))[1]


def _listed(data: bytes | memoryview, scanner: Any, prefilter: Any, limits: Any, how: Any) -> tuple[int, list[Record]]:
    buffer = ffi.from_buffer("uint8_t[]", data)
    how, done = ffi.new("dlp_records_how *", how), ffi.new("dlp_records_done *")
    out = ffi.new("dlp_record[]", _LISTED)
    found: list[Record] = []
    at = count = feeds = 0
    while at < len(data):
        n = lib.dlp_py_records(scanner, prefilter, buffer + at, len(data) - at, limits, how, out, _LISTED, done)
        if n < 0:
            raise MemoryError("dlpcore: no memory to scan the records")
        found += (Record(at + a, at + b, feeds + f, bool(said)) for a, b, f, said in _records(_RECORD, out, n))
        at, count, feeds = at + done.bytes, count + done.records, feeds + done.feeds
    return count, found


def unescape(raw: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    """Decodes the content of a JSON string (RFC 8259 section 7) to UTF-8, lone surrogates to WTF-8.

    Returns:
        The text, and pairs (offset in the text, offset in ``raw``): between two pairs whose distances agree the bytes
        are the same; where they do not, an escape stands.
    """
    if b"\\" not in raw:
        return raw, [(0, 0), (len(raw), len(raw))]
    out = ffi.new("uint8_t[]", len(raw) + 1)
    pairs = ffi.new("uint64_t[]", 2 * (2 * raw.count(b"\\") + 2))
    count = ffi.new("size_t *")
    size = lib.dlp_unescape(raw, len(raw), out, pairs, count)
    flat = ffi.unpack(pairs, 2 * count[0])
    return bytes(ffi.buffer(out, size)), list(zip(flat[::2], flat[1::2], strict=True))


def fold(text: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    """Decoded text as a reader takes it: invisibles removed, full width, other digits and look-alikes as ASCII.

    Returns:
        The folded text, and pairs (offset in it, offset in ``text``), as :func:`unescape` gives them.
    """
    out = ffi.new("uint8_t[]", len(text) + 1)
    changes = len(text) - len(text.translate(None, bytes(range(0x80, 0xC0))))  # a change takes a continuation byte
    pairs = ffi.new("uint64_t[]", 2 * (2 * changes + 2))
    count = ffi.new("size_t *")
    size = lib.dlp_fold(text, len(text), out, pairs, count)
    flat = ffi.unpack(pairs, 2 * count[0])
    return bytes(ffi.buffer(out, size)), list(zip(flat[::2], flat[1::2], strict=True))


class UnicodeChar(NamedTuple):
    """A character that no honest writer puts there, or the rarer side of a choice (``dlp_uchar``)."""

    offset: int
    length: int
    code: int
    instead: int
    kind: int
    flags: int


class Characters:
    """Odd characters in their order: what is asked of all of them is kept in columns, a character is made when met."""

    __slots__ = ("_data", "codes", "flags")

    def __init__(self, data: bytes, codes: list[int] | None = None) -> None:
        self._data = data
        self.codes: list[int] = memoryview(data).cast("I")[3 :: _UCHAR.size // 4].tolist() if codes is None else codes
        self.flags = data[21 :: _UCHAR.size]

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[UnicodeChar]:
        return (UnicodeChar(*raw[:6]) for raw in _UCHAR.iter_unpack(self._data))

    def of(self, *kinds: int) -> Characters:
        """Those of some kinds (``U_``)."""
        mask = self._data[20 :: _UCHAR.size].translate(bytes(kind in kinds for kind in range(256)))
        if all(mask):
            return self
        rows = (row for (row,) in _ROW.iter_unpack(self._data))
        return Characters(b"".join(itertools.compress(rows, mask)), list(itertools.compress(self.codes, mask)))


class UnicodeScan(NamedTuple):
    """The second pass of the unicode channels; tuples by kind (``U_``)."""

    chars: Characters
    seen: int
    choices: tuple[bytes, ...]
    counts: tuple[int, ...]
    bits: tuple[float, ...]
    evidence: tuple[float, ...]


U_ZERO_WIDTH: Final[int] = lib.DLP_U_ZERO_WIDTH
U_VARIATION: Final[int] = lib.DLP_U_VARIATION
U_TAG: Final[int] = lib.DLP_U_TAG
U_BIDI: Final[int] = lib.DLP_U_BIDI
U_SPACE: Final[int] = lib.DLP_U_SPACE
U_CONFUSABLE: Final[int] = lib.DLP_U_CONFUSABLE
U_NORMAL_FORM: Final[int] = lib.DLP_U_NORMAL_FORM
U_PRIVATE: Final[int] = lib.DLP_U_PRIVATE
U_SPACE_RUN: Final[int] = lib.DLP_U_SPACE_RUN
UF_RUN: Final[int] = lib.DLP_UF_RUN
UF_FIRST: Final[int] = lib.DLP_UF_FIRST


def unicode_scan(payload: bytes | memoryview, cap: int, *, text: bool = False) -> UnicodeScan:
    """Odd characters and choices in the strings of a JSON payload, or in one decoded ``text``; ``cap`` of each kept."""
    found = lib.dlp_py_unicode(ffi.from_buffer("uint8_t[]", payload), len(payload), cap, text)
    if found == ffi.NULL:
        raise MemoryError("dlpcore: no memory for the characters of a payload")
    try:
        return UnicodeScan(
            chars=Characters(bytes(ffi.buffer(found.chars, found.n_chars * _UCHAR.size)) if found.n_chars else b""),
            seen=found.seen,
            choices=tuple(
                bytes(ffi.buffer(found.choices[k], found.n_choices[k])) if found.n_choices[k] else b""
                for k in range(lib.DLP_U_COUNT)
            ),
            counts=tuple(found.count),
            bits=tuple(found.bits),
            evidence=tuple(found.evidence),
        )
    finally:
        lib.dlp_unicode_free(found)


def pointers(payload: bytes | memoryview, offsets: Sequence[int]) -> list[list[tuple[int, int] | int]]:
    """The steps that lead to each of the ascending ``offsets``: content offsets of a key, or an array index."""
    if not offsets:
        return []
    data = ffi.from_buffer("uint8_t[]", payload)
    wanted = ffi.new("uint64_t[]", list(offsets))
    ends = ffi.new("uint64_t[]", len(offsets))
    capacity = 64 * len(offsets)
    while True:
        steps = ffi.new("uint64_t[]", 2 * capacity)
        count = lib.dlp_py_pointers(data, len(payload), wanted, len(offsets), steps, capacity, ends)
        if count >= 0:
            break
        if count == lib.DLP_ENOMEM or capacity > 1 << 26:
            raise MemoryError("dlpcore: no memory for the pointers of a payload")
        capacity *= 4
    result: list[list[tuple[int, int] | int]] = []
    begin = 0
    absent = 0xFFFFFFFFFFFFFFFF
    for i in range(len(offsets)):
        path: list[tuple[int, int] | int] = []
        for k in range(begin, ends[i]):
            first, second = steps[2 * k], steps[2 * k + 1]
            path.append(first if second == absent else (first, second))
        result.append(path)
        begin = ends[i]
    return result


class Paths:
    """Names and indices that lead to members of a document, compiled; at most 32 paths."""

    __slots__ = ("_names", "_offsets", "_paths", "_size")

    def __init__(self, paths: Sequence[Sequence[bytes]]) -> None:
        steps = [step for path in paths for step in path]
        self._names = b"".join(steps)
        self._offsets = ffi.new("uint32_t[]", [0, *itertools.accumulate(map(len, steps))])
        firsts = itertools.accumulate(map(len, paths), initial=0)
        self._paths = ffi.new("dlp_path[]", [(first, len(path)) for first, path in zip(firsts, paths, strict=False)])
        self._size = len(paths)

    def members(self, payload: bytes) -> list[tuple[int, int, int]]:
        """Each value that a path leads to: which path, and its bytes (half open, with quotes or brackets)."""
        capacity = 2 * self._size
        while True:
            out = ffi.new("dlp_member[]", capacity)
            arguments = (payload, len(payload), self._names, self._offsets, self._paths, self._size, out, capacity)
            count = lib.dlp_members(*arguments)
            if count < 0:
                raise MemoryError("dlpcore: no memory for the members of a payload")
            if count <= capacity:
                return [(path, start, end) for start, end, path, _ in _records(_MEMBER, out, count)]
            capacity = count


class Choices(NamedTuple):
    """What a pass over the choices inside strings and numbers found, by the names of :data:`CHOICES`.

    ``plain`` and ``odd`` hold the first places of each choice made the plain way, and another way.
    """

    made: dict[str, int]
    bits: dict[str, float]
    plain: dict[str, tuple[tuple[int, int], ...]]
    odd: dict[str, tuple[tuple[int, int], ...]]
    symbols: bytes


def choices(payload: bytes | memoryview, carrier: str = "none", limit: int = 0) -> Choices:
    """Prices the choices inside strings and numbers; ``symbols`` are those of one carrier, at most ``limit``."""
    result = ffi.new("dlp_choices *")
    out = ffi.new("uint8_t[]", limit + 1) if limit else ffi.NULL
    used = ffi.new("uint64_t *")
    data = ffi.from_buffer("uint8_t[]", payload)
    if lib.dlp_py_price_choices(data, len(payload), CARRIERS.index(carrier), out, limit, used, result) < 0:
        raise MemoryError("dlpcore: no memory to price the payload's choices")

    def spans(k: int, odd: int) -> tuple[tuple[int, int], ...]:
        return tuple((s.start, s.end) for s in result.spans[k][odd][0 : result.n_spans[k][odd]])

    return Choices(
        dict(zip(CHOICES, result.n, strict=True)),
        dict(zip(CHOICES, result.bits, strict=True)),
        {name: spans(k, 0) for k, name in enumerate(CHOICES)},
        {name: spans(k, 1) for k, name in enumerate(CHOICES)},
        bytes(ffi.buffer(out, used[0])) if limit else b"",
    )


class Ordered(NamedTuple):
    """An object's keys; ``group`` is ``None`` where its set of keys comes in one order."""

    group: int | None
    start: int
    keys: tuple[tuple[int, int], ...]


def key_orders(payload: bytes | memoryview, limit: int = 1 << 18) -> tuple[list[Ordered], int]:
    """Objects by their ends, grouped where one set of keys has several orders; and how many beyond ``limit`` keys."""
    capacity = 2 * min(limit, len(payload)) + 64
    out = ffi.new("uint64_t[]", capacity)
    left_out = ffi.new("uint64_t *")
    data = ffi.from_buffer("uint8_t[]", payload)
    written = lib.dlp_py_key_orders(data, len(payload), out, capacity, left_out)
    if written < 0:
        raise MemoryError("dlpcore: no memory for the keys of a payload")
    flat = ffi.unpack(out, written)
    found: list[Ordered] = []
    at = 0
    while at < written:
        group, n, start = flat[at : at + 3]
        offsets = flat[at + 3 : at + 3 + 2 * n]
        keys = tuple(zip(offsets[::2], offsets[1::2], strict=True))
        found.append(Ordered(None if group == 0xFFFFFFFFFFFFFFFF else group, start, keys))
        at += 3 + 2 * n
    return found, left_out[0]


def price_orders(payload: bytes | memoryview) -> tuple[float, float, bool]:
    """The price of the orders of keys, of it that of orders beyond the third of a set, and whether they may be read."""
    bits, beyond = ffi.new("double *"), ffi.new("double *")
    may = lib.dlp_price_orders(ffi.from_buffer("uint8_t[]", payload), len(payload), bits, beyond)
    if may < 0:
        raise MemoryError("dlpcore: no memory for the keys of a payload")
    return bits[0], beyond[0], bool(may)


def style_of(payload: bytes) -> str:
    """The style, out of :data:`STYLES`, that most gaps of a valid document are written in."""
    index: int = lib.dlp_style_of(payload, len(payload))
    return STYLES[index]


def canonical(payload: bytes, style: str = "compact", limit: int | None = None) -> bytes | None:
    """The canonical form of a valid document in one style; ``None`` if it has more than ``limit`` bytes."""
    capacity = len(payload) + 64
    index = STYLES.index(style)
    while True:
        if limit is not None and capacity > limit:
            return None
        out = ffi.new("uint8_t[]", capacity)
        size = lib.dlp_py_canonical(payload, len(payload), index, out, capacity)
        if size < 0:
            raise MemoryError("dlpcore: no memory to write the payload again")
        if size <= capacity:
            return bytes(ffi.buffer(out, size))
        capacity = size


def compact(payload: bytes) -> bytes:
    """The document without white space outside strings, and without a byte order mark. It must be valid JSON."""
    out = ffi.new("uint8_t[]", len(payload) + 1)
    size = lib.dlp_py_compact(payload, len(payload), out)
    return bytes(ffi.buffer(out, size))


class Decoded(NamedTuple):
    """``data``, the digits left over behind its last byte, and how many padding digits were not zero."""

    data: bytes
    rest: int
    zeros_broken: int


def decode_symbols(data: bytes, table: bytes, bits: int, per_byte: int, lsb: bool, limit: int) -> Decoded:
    """Symbols to bytes: ``table[byte]`` is its digit of ``bits`` bits, 255 to skip it; ``per_byte`` digits a byte."""
    if len(table) != 256 or bits not in (1, 2, 4):
        raise InputError("decode_symbols needs a table of 256 digits and 1, 2 or 4 bits a digit")
    out = ffi.new("uint8_t[]", min(limit, len(data) // per_byte + 1) + 1)
    numbers = ffi.new("uint64_t[3]")
    lib.dlp_decode_symbols(
        data, len(data), table, bits, per_byte, lsb, out, min(limit, len(data) // per_byte + 1),
        numbers, numbers + 1, numbers + 2,
    )  # fmt: skip
    return Decoded(bytes(ffi.buffer(out, numbers[0])), numbers[1], numbers[2])


def from_base85(data: bytes, values: bytes) -> bytes | None:
    """Groups of five digits as four bytes each, a last one of n digits as n - 1; ``None`` for what is not base 85.

    ``values``: of each byte, its digit; above 84 where it is none.
    """
    out = ffi.new("uint8_t[]", (len(data) + 4) // 5 * 4 + 1)
    size = lib.dlp_base85(data, len(data), values, out)
    return None if size < 0 else bytes(ffi.buffer(out, size))


class Letters:
    """How far bytes look like text: ``bits`` by which each byte is likelier there than in noise (``dlp_letters``)."""

    __slots__ = ("_bits", "_variety")

    def __init__(self, bits: Sequence[float], variety: float) -> None:
        self._bits = ffi.new("double[256]", list(bits))
        self._variety = variety

    def bits(self, data: bytes) -> float:
        """Of bytes together: what comes again says less, and a pattern is no text. It may be below 0."""
        found: float = lib.dlp_letters(data, len(data), self._bits, self._variety)
        return found


def price_symbols(symbols: bytes) -> float:
    """The price, in bits, of a stream of choices among at most 16, under the honest-writer model."""
    bits: float = lib.dlp_py_price_symbols(symbols, len(symbols))
    return bits


def utf8_valid_prefix(data: bytes | memoryview) -> int:
    """Length of the valid UTF-8 prefix (RFC 3629), in bytes."""
    count: int = lib.dlp_utf8_valid_prefix(ffi.from_buffer("uint8_t[]", data), len(data))
    return count
