/* dlpcore: the native scan of a JSON payload. C11, no dependency but libc.
 *
 * One pass over the bytes validates RFC 8259 and UTF-8 (RFC 3629), takes the census of the white space, and marks
 * the places (tokens) that a sensitive-data rule may care about. Clean traffic ends there: dlp_scan returns 0.
 *
 * Ownership. A handle made by *_new is freed by its *_free. Arrays reached through dlp_result belong to the scanner
 *   and live until its next dlp_scan* call or dlp_scanner_free. The payload belongs to the caller, is never written,
 *   and is not kept after a call returns. Nothing is read outside [data, data + size).
 * Offsets are 64-bit, in bytes from the start of the payload; ranges are half open. No pointer into library memory
 *   is ever part of a record.
 * Threads. A dlp_prefilter is immutable after dlp_prefilter_new and may be shared. A dlp_scanner is used by one
 *   thread at a time. There is no global state.
 * Errors of the payload are records (dlp_error) and never stop the scan. Errors of the call are negative return
 *   values: DLP_ENOMEM, DLP_EINVAL. After DLP_ENOMEM the scanner may be used again or freed.
 * Bounds. Records of one kind are capped by dlp_limits; what did not fit is counted, and a bit of
 *   dlp_result.truncated says which. Time is linear in size.
 */
#ifndef DLPCORE_H
#define DLPCORE_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { DLP_OK = 0, DLP_ENOMEM = -1, DLP_EINVAL = -2 };

/* Errors of a payload. The names are those of docs/errors.md, with - for _. */
enum dlp_error_code {
  DLP_E_NONE = 0,
  DLP_E_EMPTY,               /* nothing but white space */
  DLP_E_UNEXPECTED_BYTE,     /* no token starts with this byte */
  DLP_E_UNEXPECTED_END,      /* the document ends inside an array or object */
  DLP_E_INVALID_LITERAL,     /* a bare word that is not true, false or null */
  DLP_E_INVALID_NUMBER,      /* 01, +1, 1., .5, 0x1 */
  DLP_E_CONTROL_CHARACTER,   /* U+0000..001F raw in a string */
  DLP_E_INVALID_ESCAPE,      /* \x, \u12 */
  DLP_E_LONE_SURROGATE,      /* half a pair: grammatical (RFC 8259 8.2), unpredictable for receivers */
  DLP_E_UNTERMINATED_STRING,
  DLP_E_INVALID_UTF8,        /* RFC 3629: overlong, surrogate, above U+10FFFF, stray or missing continuation */
  DLP_E_TRAILING_DATA,       /* something follows the document */
  DLP_E_TRAILING_COMMA,
  DLP_E_MISSING_COMMA,
  DLP_E_MISSING_COLON,
  DLP_E_MISSING_VALUE,       /* [,] or {"a":} */
  DLP_E_MISMATCHED_CLOSE,    /* ] for }, or nothing is open */
  DLP_E_INVALID_KEY,         /* a member that does not start with a string */
  DLP_E_COMMENT,             /* dialect: JSON5, JSONC */
  DLP_E_SINGLE_QUOTES,       /* dialect: JSON5 */
  DLP_E_UNQUOTED_KEY,        /* dialect: JSON5 */
  DLP_E_NON_FINITE,          /* dialect: NaN, Infinity */
  DLP_E_BYTE_ORDER_MARK,     /* EF BB BF before the document (RFC 8259 8.1: must not be added, may be ignored) */
  DLP_E_NOT_UTF8,            /* UTF-16 or UTF-32 */
  DLP_E_NUL,                 /* a NUL byte outside a string */
  DLP_E_DUPLICATE_KEY,       /* RFC 8259 4: parsers keep the first or the last; length is the offset of the first */
  DLP_E_DEPTH,               /* deeper than dlp_limits.max_depth */
  DLP_E_COUNT
};

/* Streams of choices that a serializer makes about white space, each priced apart (docs/theory.md). */
enum dlp_stream {
  DLP_S_BEFORE_COLON = 0,
  DLP_S_AFTER_COLON,
  DLP_S_BEFORE_COMMA,
  DLP_S_AFTER_COMMA_OBJECT,
  DLP_S_AFTER_COMMA_ARRAY,
  DLP_S_OPEN,          /* inside an opening bracket, same line */
  DLP_S_CLOSE,         /* inside a closing bracket, same line */
  DLP_S_EMPTY,         /* inside an empty container */
  DLP_S_BREAK,         /* a member's line break against its container's first */
  DLP_S_BREAK_CLOSE,   /* a closing bracket's line break against its container's first */
  DLP_S_INDENT_OPEN,   /* first member's indent against its parent's */
  DLP_S_INDENT,        /* a member's indent against its sibling's */
  DLP_S_INDENT_CLOSE,  /* a closing bracket's indent against its opening line's */
  DLP_S_LINE_END,      /* LF, CRLF, CR */
  DLP_S_LINE_TAIL,     /* blanks before a line's end */
  DLP_S_BLANK_LINES,   /* empty lines in a gap */
  DLP_S_COUNT
};

enum dlp_gap_class {
  DLP_G_LEAD = 0, DLP_G_TAIL, DLP_G_BEFORE_COLON, DLP_G_AFTER_COLON, DLP_G_BEFORE_COMMA, DLP_G_AFTER_COMMA_OBJECT,
  DLP_G_AFTER_COMMA_ARRAY, DLP_G_OPEN, DLP_G_CLOSE, DLP_G_EMPTY, DLP_G_OTHER
};

enum dlp_token_kind { DLP_T_STRING = 0, DLP_T_KEY = 1, DLP_T_NUMBER = 2, DLP_T_TEXT = 3 };

/* dlp_token.flags */
enum {
  DLP_F_ESCAPED = 1,      /* holds a backslash */
  DLP_F_NON_ASCII = 2,
  DLP_F_AT = 8,
  DLP_F_INVALID = 16,     /* broken inside: escape, UTF-8 or end */
  DLP_F_SINGLE = 32,      /* single quotes */
  DLP_F_SURROGATE = 64,   /* a lone surrogate */
  DLP_F_LAYER = 128,      /* worth decoding: see DLP_SHAPE_LAYER */
  DLP_F_FOLD = 256        /* holds what dlp_fold changes */
};

/* Shapes that the prefilter decides itself; trigger id of shape k is k. Literals and words follow from
 * DLP_SHAPE_COUNT on, in the order given to dlp_prefilter_new: first literals, then words. */
enum dlp_shape {
  DLP_SHAPE_EMAIL = 0, DLP_SHAPE_CARD, DLP_SHAPE_SSN, DLP_SHAPE_IBAN, DLP_SHAPE_IPV4, DLP_SHAPE_IPV6,
  DLP_SHAPE_PHONE, DLP_SHAPE_DIGITS, DLP_SHAPE_ENTROPY, DLP_SHAPE_MAC, DLP_SHAPE_LABEL, DLP_SHAPE_LAYER,
  DLP_SHAPE_ALWAYS,
  DLP_SHAPE_QUERY, /* behind a = or ?, 64 characters of an encoded value */
  DLP_SHAPE_CODE, DLP_SHAPE_GROUPED, DLP_SHAPE_DATED, DLP_SHAPE_BASE58, /* forms.c */
  DLP_SHAPE_COUNT
};

typedef struct dlp_error {
  uint64_t offset;
  uint64_t length;      /* bytes concerned, 0 if not known; for DLP_E_DUPLICATE_KEY the offset of the first such key */
  uint32_t code;        /* enum dlp_error_code */
  uint32_t depth;
} dlp_error;

#define DLP_PATH 4      /* keys kept as context: the nearest ones */
#define DLP_NAMES 4     /* members beside it that say what it is: {"name": "password", "value": …} */

typedef struct dlp_token {
  uint64_t start, end;              /* content, without quotes */
  uint64_t key_start[DLP_PATH];     /* nearest first; key_end 0 where there is none */
  uint64_t key_end[DLP_PATH];
  uint64_t name_start[DLP_NAMES];   /* content of strings, in their order; name_end 0 where there is none */
  uint64_t name_end[DLP_NAMES];
  uint32_t kind, flags;
} dlp_token;

typedef struct dlp_hit {
  uint64_t offset;      /* in the payload; in the decoded string if the token is DLP_F_ESCAPED; 0 for shapes */
  uint32_t token;       /* index into tokens; DLP_NO_TOKEN outside every token */
  uint32_t trigger;
} dlp_hit;
#define DLP_NO_TOKEN 0xFFFFFFFFu

typedef struct dlp_gap {
  uint64_t start;
  uint32_t length;      /* capped at 2^32 - 1 */
  uint32_t klass;       /* enum dlp_gap_class */
} dlp_gap;

typedef struct dlp_limits {
  uint64_t max_depth, max_candidates, max_errors, max_gaps;
} dlp_limits;

/* dlp_options: what a scan keeps beside the census. */
enum {
  DLP_O_GAPS = 1,         /* every gap, empty ones too, as dlp_gap */
  DLP_O_TOKENS = 2,       /* every string, key and number as a token, candidate or not */
  DLP_O_NO_PREFILTER = 4, /* no hits */
  DLP_O_CLEAN_GAPS = 8,   /* with DLP_O_GAPS: leave empty gaps out */
  DLP_O_THOROUGH = 16,    /* look at each text in full, even where a glance says that it holds nothing: for tests */
  DLP_O_SETTLE = 32       /* what the census sees is priced at once: dlp_result.quiet_bits */
};

/* dlp_result.census: freedoms that the writer used somewhere. A consistent mixture is honest; what is odd is priced by
 * a second pass (dlp_price_*), which clean traffic never pays. */
enum {
  DLP_C_ESCAPED_SOLIDUS = 1,      /* \/ */
  DLP_C_ESCAPED_ALNUM = 4,        /* an ASCII letter or digit as \uXXXX: no honest serializer does */
  DLP_C_ESCAPED_PUNCTUATION = 8,  /* other printable ASCII, or DEL, as \uXXXX */
  DLP_C_ESCAPED_NON_ASCII = 16,
  DLP_C_RAW_NON_ASCII = 32,
  DLP_C_HEX_UPPER = 64,            /* a hex digit A-F in \uXXXX */
  DLP_C_HEX_LOWER = 128,
  DLP_C_LONG_CONTROL = 256,         /* \u000a where \n would do */
  DLP_C_SHORT_CONTROL = 512,
  DLP_C_NUMBER_EXPONENT = 1024,
  DLP_C_NUMBER_ZEROS = 2048,        /* a fraction that ends in 0 */
  DLP_C_NUMBER_MINUS_ZERO = 4096,
  DLP_C_NUMBER_LONG = 8192,         /* more than 17 significant digits */
  DLP_C_KEY_ORDER = 16384,           /* objects with the same keys in another order */
  DLP_C_UNICODE = 32768,             /* a code point of the unicode channels, raw or escaped */
  DLP_C_SPACE_RUN = 65536,           /* two spaces together, or a space at the end, inside a string */
  DLP_C_SYMBOL_ARRAY = 131072,         /* an array of eight or more small integers, digits or single characters */
  DLP_C_LITERAL_CASE = 262144,       /* hexadecimal or a mail domain in mixed case, or in one and the other */
  DLP_C_BASE64_SLACK = 524288        /* bits before the padding, or two alphabets in one padded text */
};

/* dlp_result.truncated */
enum { DLP_X_TOKENS = 1, DLP_X_ERRORS = 2, DLP_X_GAPS = 4, DLP_X_KEYS = 8, DLP_X_DEPTH = 16 };

/* Channels that DLP_O_SETTLE prices. */
enum dlp_quiet {
  DLP_Q_KEY_ORDER = 0, DLP_Q_ESCAPE_OPTIONAL, DLP_Q_HEX_CASE, DLP_Q_NUMBER_FORM, DLP_Q_CASE_MIX, DLP_Q_SLACK,
  DLP_Q_UNICODE, /* + enum dlp_unicode_kind - 1 */
  DLP_Q_SEPARATORS = DLP_Q_UNICODE + 9, DLP_Q_GAPS, DLP_Q_INDENT, DLP_Q_LINE_ENDINGS, DLP_Q_LINE_TAILS, DLP_Q_BLANK_LINES,
  DLP_Q_COUNT
};

typedef struct dlp_result {
  const dlp_error *errors;   uint64_t n_errors, errors_seen;
  const dlp_token *tokens;   uint64_t n_tokens;
  const dlp_hit *hits;       uint64_t n_hits;
  const dlp_gap *gaps;       uint64_t n_gaps;
  uint64_t lead_end;         /* end of the white space before the document (after a byte order mark) */
  uint64_t tail_start;       /* start of the white space that ends the payload */
  uint64_t strings, numbers, max_depth;
  uint64_t census;           /* DLP_C_ bits */
  uint64_t stream_n[DLP_S_COUNT];      /* choices made */
  double stream_bits[DLP_S_COUNT];     /* their price under the honest-writer model; 0 for a constant stream */
  double novel_bits[DLP_S_COUNT];      /* part of stream_bits: contents never seen before, 2 bits a character */
  double quiet_bits[DLP_Q_COUNT];      /* with DLP_O_SETTLE: of channels that cost so little that their census bits, or stream_bits, were taken back */
  double quiet_weight;                 /* of those: what counts where channels are pooled */
  uint32_t truncated, complete_document;
} dlp_result;

typedef struct dlp_prefilter dlp_prefilter;
typedef struct dlp_scanner dlp_scanner;

/* What a text must be made of before a trigger is worth reporting: lower bounds on the kinds of characters in it (in all
 * of it, or from the place of the trigger on). A trigger with demands is reported where one of them is met. */
typedef struct dlp_demand {
  uint32_t kinds;               /* mask of 1 << enum dlp_token_kind */
  uint32_t length;              /* bytes */
  uint32_t digits, capitals;    /* ASCII */
  uint32_t run;                 /* neighbouring letters, digits and + / = _ . ~ - */
  uint32_t code;                /* neighbouring capitals and digits */
  uint32_t marks;               /* one each of 1 : or =, 2 @, 4 ., 8 /, 16 -, 32 _, 64 space, 128 quotes, 256 line feed,
                                   512 <>, 1024 comma ; | tab, 2048 (), 4096 ?&, 8192 %, 2^14 +, 2^15 {}[], 2^16 $, 2^17 #,
                                   2^18 *!~^, 2^19 backslash, 2^20 digits, 2^21 : = or % */
  uint32_t ahead;               /* from the trigger's place on */
  uint32_t whole;               /* what is found is all of the text: no context word stands beside it */
  uint32_t most;                /* bytes at the most; 0 for any number */
  uint32_t hex, alnum;          /* neighbouring hexadecimal digits, letters and digits */
  uint32_t absent;              /* bits of marks of which there must be none */
  uint32_t spaces;              /* of them at the most */
  uint32_t drawn;               /* the whole text is drawn at random: no URL, and a digit or letters of both cases */
  uint32_t rule;                /* that is called where its program finds something too: number + 1; 0: the trigger is reported */
} dlp_demand;

/* Literals are `bytes[offsets[i] .. offsets[i+1])`, 3 bytes or longer, ASCII case ignored where nocase[i] & 1.
 * With nocase[i] & 2 a literal matters in the raw bytes too, across strings: its hits there belong to no token. With & 4 it
 * matters only where no ASCII letter or digit stands before it, with & 8 only where none stands behind it; it may be
 * reported elsewhere.
 * Words are given the same way: lower-case letters and digits only (context word without separators).
 * `shapes` is a mask of 1 << enum dlp_shape. The demands of trigger i are `demands[demand_offsets[i] ..
 * demand_offsets[i+1])`, none if there are none; both may be NULL. NULL on failure (no memory, or a literal that is too
 * short). */
dlp_prefilter *dlp_prefilter_new(const uint8_t *literals, const uint32_t *literal_offsets, const uint8_t *nocase,
                                 uint32_t n_literals, const uint8_t *words, const uint32_t *word_offsets,
                                 uint32_t n_words, uint32_t shapes, const dlp_demand *demands,
                                 const uint32_t *demand_offsets);
void dlp_prefilter_free(dlp_prefilter *);

/* Before anybody shares it: a layer calls even where nothing is to be seen in what it decodes to. */
void dlp_prefilter_call_every_layer(dlp_prefilter *);
/* What the rules that demands name look for (src/dlpcore/rules/programs.py): the program of rule i is
 * `code[offsets[i] .. offsets[i+1])`, empty for one that is called whatever the text says; `sets` has 32 bytes for each set of
 * bytes. A rule is reported as the trigger behind the words. Before anybody shares the prefilter; 0 if there is no memory. */
int dlp_prefilter_programs(dlp_prefilter *, const uint32_t *code, const uint32_t *offsets, uint32_t n_rules, const uint8_t *sets,
                           uint32_t n_sets);

/* `seed` keys the hash tables, so that no payload can be made to collide. NULL if there is no memory. */
dlp_scanner *dlp_scanner_new(uint64_t seed);
void dlp_scanner_free(dlp_scanner *);

/* Scans a JSON payload. Returns 0 if nothing at all is to be said of it (valid, no hits, every price zero, at most one
 * final line end), 1 if dlp_scanner_result has something, or a negative error of the call. */
int dlp_scan(dlp_scanner *, const dlp_prefilter *, const uint8_t *data, size_t size, const dlp_limits *,
             uint32_t options);

/* Scans bytes that are not JSON as one text token (kind DLP_T_TEXT): literals, shapes and words. Same returns. */
int dlp_scan_text(dlp_scanner *, const dlp_prefilter *, const uint8_t *data, size_t size, const dlp_limits *);

const dlp_result *dlp_scanner_result(const dlp_scanner *);

/* Records of NDJSON. A record is a line with its terminator and the blank lines (space, tab, CR) behind it; those at the
 * head of the data are the first record's. So every byte is in exactly one record. */
typedef struct dlp_record {
  uint64_t start, end;
  uint64_t feeds;       /* line feeds before it, from the start of the data of this call */
  uint64_t said;        /* 1 if something is to be said of it: dlp_scan of these bytes would not return 0 */
} dlp_record;

typedef struct dlp_records_how {
  uint64_t most;        /* bytes of a record that is scanned; larger ones are `said` without */
  uint32_t scan;        /* 0: nothing is scanned, and all are `said` */
  uint32_t all;         /* 1: all records are written out, not only those that are `said` */
} dlp_records_how;

typedef struct dlp_records_done {
  uint64_t bytes, records, feeds; /* less than all bytes where `cap` records were written before */
} dlp_records_done;

/* Scans `data`, which holds whole records, record by record. Returns how many were written to `out`, at most `cap`; the
 * rest of the data is for the next call. Or a negative error of the call. `scanner` may be NULL where nothing is scanned. */
int64_t dlp_records(dlp_scanner *, const dlp_prefilter *, const uint8_t *data, size_t size, const dlp_limits *,
                    const dlp_records_how *, dlp_record *out, size_t cap, dlp_records_done *);

/* Writes the keys and array indices that lead to each of `n` ascending offsets: `steps` receives, per offset, pairs
 * (start, end) of a key's content, or (index, UINT64_MAX) for an array; ends[i] is the number of pairs written up to
 * and with offset i. An offset outside every value gets no pair beyond its container's. Returns the number of pairs,
 * or DLP_EINVAL if `cap` pairs do not suffice (then call again with more). One pass for all. */
int64_t dlp_pointers(const uint8_t *data, size_t size, const uint64_t *offsets, size_t n, uint64_t *steps, size_t cap,
                     uint64_t *ends);

/* Finds the values that paths lead to. Path i has the `count` steps from number `first` on; step k is the name
 * names[offsets[k] .. offsets[k + 1]) (UTF-8; the index of an element in decimal digits). At most 32 paths. */
typedef struct dlp_path {
  uint32_t first, count;
} dlp_path;

typedef struct dlp_member {
  uint64_t start, end;    /* of the value, with its quotes or brackets */
  uint32_t path, reserved;
} dlp_member;

/* All of them, each occurrence of a key that is repeated; in the order of their ends. Meant for valid documents; of others
 * it finds what it can. Returns how many there are, of which the first `cap` are written, or DLP_ENOMEM or DLP_EINVAL. */
int64_t dlp_members(const uint8_t *data, size_t size, const uint8_t *names, const uint32_t *offsets,
                    const dlp_path *paths, uint32_t n, dlp_member *out, size_t cap);

/* Symbols to bytes: each byte of `data` is a symbol whose digit is map[byte] (255: skipped). `bits` (1, 2 or 4) per
 * digit; `per_byte` digits make a byte, of which the last 8 / bits count and the others must be zero
 * (else the return tells where). `lsb` reads the least significant digit first (the zeros then come last). Writes at
 * most `cap` bytes. `*used` receives the count of bytes written, `*rest` the digits left over, `*zeros_broken` the
 * number of padding digits that were not zero. */
void dlp_decode_symbols(const uint8_t *data, size_t size, const uint8_t map[256], uint32_t bits, uint32_t per_byte,
                        uint32_t lsb, uint8_t *out, size_t cap, uint64_t *used, uint64_t *rest,
                        uint64_t *zeros_broken);

/* Base 85 to bytes: five digits, of values map[byte], are four bytes, and n behind them n - 1. `out` needs
 * (size + 4) / 5 * 4 bytes. Returns how many were written; -1 where a byte is no digit (its value is above 84), or five digits are more than four bytes hold. */
int64_t dlp_base85(const uint8_t *data, size_t size, const uint8_t map[256], uint8_t *out);

/* Bits by which bytes are likelier text than noise: `bits` of each different byte, times the logarithm of how often it
 * comes, and less where they are fewer than text has, a number of n / (1 + n / 30) over `variety`. Below 4 GB. */
double dlp_letters(const uint8_t *data, size_t size, const double bits[256], double variety);

/* Decodes the content of a JSON string to UTF-8 (WTF-8 for lone surrogates; invalid bytes and broken escapes stay as
 * they are). `out` needs `size` bytes. `map`, if not NULL, receives pairs (decoded offset, raw offset) at the start,
 * after each escape, and at the end; it needs 2 * (escapes * 2 + 2) entries, escapes being at most size / 2.
 * `*n_map` receives the number of pairs. Returns the decoded length. */
size_t dlp_unescape(const uint8_t *data, size_t size, uint8_t *out, uint64_t *map, size_t *n_map);

/* Decoded text as a reader takes it: invisible characters removed, full width and mathematical forms, decimal digits of
 * other scripts, odd spaces, and look-alikes (UTS #39) as ASCII. `out` needs `size` bytes. `map`, if not NULL, receives
 * pairs (folded offset, text offset) at the start, around each change, and at the end; it needs 2 * (size + 2)
 * entries. `*n_map` receives the number of pairs. Returns the folded length. */
size_t dlp_fold(const uint8_t *data, size_t size, uint8_t *out, uint64_t *map, size_t *n_map);

/* The second pass of the unicode channels, over the decoded strings of a payload, keys too (docs/channels.md). */
enum dlp_unicode_kind {
  DLP_U_NONE = 0, DLP_U_ZERO_WIDTH, DLP_U_VARIATION, DLP_U_TAG, DLP_U_BIDI, DLP_U_SPACE, DLP_U_CONFUSABLE,
  DLP_U_NORMAL_FORM, DLP_U_PRIVATE, DLP_U_SPACE_RUN, DLP_U_COUNT
};

/* dlp_uchar.flags */
enum { DLP_UF_RUN = 1, /* follows the record before without a gap */ DLP_UF_FIRST = 2 /* the first of its string */ };

enum { DLP_UC_KEY = 0xFE, DLP_UC_VALUE = 0xFF };

typedef struct dlp_uchar { /* a character that no honest writer puts there, or the rarer side of a choice */
  uint64_t offset;      /* in the payload; an escape counts whole */
  uint32_t length;      /* in bytes */
  uint32_t code;
  uint32_t instead;     /* the code point that a neutral text has there; 0 for none */
  uint8_t kind, flags;
  uint16_t spare;
} dlp_uchar;

typedef struct dlp_unicode {
  const dlp_uchar *chars;  uint64_t n_chars, seen;
  /* choices in order, those of each string behind DLP_UC_KEY or DLP_UC_VALUE: spaces by kind, 0 for U+0020; letters that pass for each other as the ASCII letter, + 128 where
   * it is the other one; 0 composed, 1 decomposed; 0 one space, 1 two. For the other kinds empty. */
  const uint8_t *choices[DLP_U_COUNT];
  uint64_t n_choices[DLP_U_COUNT], count[DLP_U_COUNT]; /* count: of chars, kept or not */
  double bits[DLP_U_COUNT];
  double evidence[DLP_U_COUNT]; /* of bits: what is dense enough for a message */
} dlp_unicode;

/* `text`: the bytes are one decoded text, not JSON. At most `cap` chars and choices of a kind are kept. NULL if there
 * is no memory. Freed by dlp_unicode_free. */
dlp_unicode *dlp_unicode_new(const uint8_t *data, size_t size, uint64_t cap, int text);
void dlp_unicode_free(dlp_unicode *);

/* The price, in bits, of a stream of choices among at most 16 (what is above counts as the last). */
double dlp_price_symbols(const uint8_t *symbols, size_t n);

/* Length of the valid UTF-8 prefix (RFC 3629). */
size_t dlp_utf8_valid_prefix(const uint8_t *data, size_t size);

/* Writes the canonical white space form (none at all outside strings) of a valid document. `out` needs `size` bytes.
 * Returns the length. The document must have scanned without errors of its grammar. */
size_t dlp_compact(const uint8_t *data, size_t size, uint8_t *out);

/* Streams of choices inside strings and numbers, priced by dlp_price_choices. */
enum dlp_choice {
  DLP_K_SOLIDUS = 0,    /* / \/ \u002f */
  DLP_K_PUNCTUATION,    /* printable ASCII raw or as \uXXXX, by code point */
  DLP_K_ALNUM,          /* ASCII letters and digits raw or as \uXXXX */
  DLP_K_NON_ASCII,      /* raw or as \uXXXX, by class */
  DLP_K_CONTROL,        /* \n or \u000a */
  DLP_K_HEX_CASE,       /* of the digits of \uXXXX */
  DLP_K_FORM,           /* 1 or 1.0 or 1.00, by key */
  DLP_K_TYPE,           /* 1 or 1.0, in the first number of each key */
  DLP_K_EXPONENT,       /* 1 or 1e0 */
  DLP_K_EXPONENT_FLOAT, /* 1.5 or 1.5e0 */
  DLP_K_STYLE,          /* e+5 e5 E05 */
  DLP_K_ZERO_SIGN,      /* 0 or -0 */
  DLP_K_LONG,           /* fractions of more than 17 significant digits: counted, not priced */
  DLP_K_HEX_LITERAL,    /* case of hexadecimal texts and UUIDs */
  DLP_K_DOMAIN,         /* case of mail domains */
  DLP_K_ADDRESS,        /* 0x and 40 digits, which may be checksummed by case: counted, not priced */
  DLP_K_BASE64,         /* bits before the padding, and two alphabets in one text */
  DLP_K_COUNT
};

/* What dlp_price_choices writes out: a symbol a byte. */
enum dlp_carrier {
  DLP_CARRIER_NONE = 0,
  DLP_CARRIER_TEXT,        /* 0 or 1 where a string or key starts; an ASCII character, + 128 as \uXXXX; 2 for \/; 3 and
                              4 for a non-ASCII character raw and escaped */
  DLP_CARRIER_HEX,         /* a letter of \uXXXX: 1 upper case, 2 the escape's first, 4 an ASCII character's */
  DLP_CARRIER_NUMBER,      /* four bytes a number: 1 point, 2 exponent, 4 zero, 8 an integer before its exponent, 16
                              minus; zeros that end the fraction; 1 E, 2 e+, 4 zeros that begin the exponent, 8 e0;
                              eight bits of a hash of its key */
  DLP_CARRIER_LONG,        /* numbers of DLP_K_LONG, each with a comma */
  DLP_CARRIER_HEX_LITERAL, /* 2 where a literal starts, 0 lower case, 1 upper case */
  DLP_CARRIER_DOMAIN,      /* the same */
  DLP_CARRIER_ADDRESS,     /* 40 digits each */
  DLP_CARRIER_BASE64       /* 2 or 4 (bits), then each bit before the padding */
};

#define DLP_EVIDENCE 64

typedef struct dlp_range {
  uint64_t start, end;
} dlp_range;

typedef struct dlp_choices {
  uint64_t n[DLP_K_COUNT];
  double bits[DLP_K_COUNT];
  uint32_t n_spans[DLP_K_COUNT][2];
  dlp_range spans[DLP_K_COUNT][2][DLP_EVIDENCE]; /* the first places of the plain choice, and of another one */
} dlp_choices;

/* Prices the choices inside strings and numbers (the second pass). `out`, if not NULL, receives at most `cap` symbols of
 * one carrier; `*used` their number. Any bytes may be given. Returns DLP_OK, DLP_ENOMEM or DLP_EINVAL. */
int dlp_price_choices(const uint8_t *data, size_t size, uint32_t carrier, uint8_t *out, size_t cap, uint64_t *used,
                      dlp_choices *result);

/* Writes out the objects whose set of keys comes in more than one order, and the others into half of `out`: per object a
 * number of the set (UINT64_MAX for the latter), n, the object's offset, and start and end of each of its n keys'
 * contents in their order; in the order of their ends. Returns how many numbers were written, or DLP_ENOMEM;
 * `*left_out` counts the objects with several orders that did not fit into `cap` numbers. */
int64_t dlp_key_orders(const uint8_t *data, size_t size, uint64_t *out, size_t cap, uint64_t *left_out);

/* The price of the orders of keys in a valid document, in bits, and of it what lies in orders beyond the third of one set.
 * 1: something may be read in them; 0: nothing can be; DLP_ENOMEM. */
int dlp_price_orders(const uint8_t *data, size_t size, double *bits, double *beyond);

/* Writes the canonical form of a valid document (docs/sanitize.md): no white space outside strings but that of `style`
 * (enum dlp_style), minimal escapes, the shortest text of each number's decimal value. Returns the length, also if it
 * is more than `cap` (then call again), or DLP_ENOMEM. The document must have scanned without errors of its grammar. */
enum dlp_style { DLP_STYLE_COMPACT = 0, DLP_STYLE_SPACED, DLP_STYLE_TWO, DLP_STYLE_FOUR, DLP_STYLE_TAB, DLP_STYLE_COUNT };
int64_t dlp_canonical(const uint8_t *data, size_t size, uint32_t style, uint8_t *out, size_t cap);

/* The style that most of a document's gaps are written in (enum dlp_style). */
uint32_t dlp_style_of(const uint8_t *data, size_t size);

#ifdef __cplusplus
}
#endif
#endif
