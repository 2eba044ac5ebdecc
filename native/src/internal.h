/* Shared by the native sources only; nothing here is public. */
#ifndef DLP_INTERNAL_H
#define DLP_INTERNAL_H
#include "dlpcore.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DLP_SYMBOLS 16 /* distinct choices told apart in one stream */
#define DLP_CONTEXTS 8

/* A growable array; false if there is no memory. */
bool dlp_grow(void **items, uint64_t *capacity, uint64_t need, size_t item_size);

/* utf8.c: length of the valid sequence at p (1..4), or 0. */
unsigned dlp_utf8_sequence(const uint8_t *p, const uint8_t *end);

static inline uint32_t dlp_utf8_code(const uint8_t *p, unsigned n) { /* of a valid sequence of n bytes */
  switch (n) {
  case 1: return p[0];
  case 2: return (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
  case 3: return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
  default:
    return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 | (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
  }
}

/* The code unit that four hexadecimal digits say, or -1. */
extern const uint8_t dlp_hex_digits[256]; /* utf8.c: of a digit its value and one, else 0 */
static inline int dlp_hex4(const uint8_t *p) {
  const uint8_t *d = dlp_hex_digits;
  if (!d[p[0]] || !d[p[1]] || !d[p[2]] || !d[p[3]]) return -1;
  return (d[p[0]] << 12) + (d[p[1]] << 8) + (d[p[2]] << 4) + d[p[3]] - 0x1111;
}

/* uniclass.c */
enum {
  DLP_UNI_LOOK = 1,  /* a choice of the unicode channels, wherever it stands */
  DLP_UNI_FOLDS = 2, /* dlp_fold removes or replaces it */
  DLP_UNI_NEAR = 4   /* passes for an ASCII letter: a choice beside one */
};
enum {
  DLP_P_LETTER = 1u << 0,      /* letters and marks */
  DLP_P_JOINS = 1u << 1,       /* scripts written with joiners */
  DLP_P_BREAKS = 1u << 2,      /* scripts without spaces, broken by U+200B */
  DLP_P_RTL = 1u << 3,
  DLP_P_EMOJI = 1u << 4,
  DLP_P_IDEOGRAPH = 1u << 5,
  DLP_P_WIDE = 1u << 6,        /* East Asian letters and punctuation */
  DLP_P_MARK = 1u << 7,
  DLP_P_MONGOLIAN = 1u << 8,
  DLP_P_VARIES = 1u << 9,      /* has standardized variation sequences */
  DLP_P_LOOKALIKE = 1u << 10,  /* a letter that passes for an ASCII one */
  DLP_P_STYLED = 1u << 11,     /* an ASCII letter in another dress: full width, mathematical */
  DLP_P_GREEK = 1u << 12,
  DLP_P_LATIN = 1u << 13,
  DLP_P_UNASSIGNED = 1u << 14
};
uint32_t dlp_uni_flags(uint32_t code);
extern const uint16_t dlp_uni_index[];
static inline bool dlp_uni_plain(uint32_t code) { /* its block of 64 has no flags */
  return code < 0x20000 && dlp_uni_index[code >> 6] == 0;
}
uint32_t dlp_uni_properties(uint32_t code); /* of what is not ASCII */
uint32_t dlp_uni_kind(uint32_t code);       /* enum dlp_unicode_kind by itself, without its neighbours */
uint8_t dlp_uni_ascii(uint32_t code);       /* 0: passes for none */
uint32_t dlp_uni_compose(uint32_t base, uint32_t mark); /* 0: they do not */
bool dlp_uni_composite(uint32_t code);
uint32_t dlp_uni_back(uint8_t ascii, bool greek); /* the Cyrillic or Greek letter that passes for an ASCII one, or 0 */

/* choices.c: prices what `census` says that it is needed for, with state that is kept from call to call (*kept: NULL at first). */
typedef struct choices dlp_choosing;
bool dlp_settle_choices(dlp_choosing **kept, const uint8_t *data, size_t size, uint64_t census, double bits[DLP_K_COUNT], uint64_t *addresses);

/* unicode.c: what dlp_unicode_new prices, and nothing else. */
bool dlp_settle_unicode(const uint8_t *data, size_t size, double bits[DLP_U_COUNT], double evidence[DLP_U_COUNT]);

/* settle.c */
void dlp_settle(dlp_result *, dlp_choosing **kept, const uint8_t *data, size_t size);

/* price.c */
typedef struct dlp_counts {
  uint64_t n, pending;
  double novel;
  uint32_t last, distinct;
  bool touched;
  uint32_t marginal[DLP_SYMBOLS];
  uint32_t transition[DLP_SYMBOLS][DLP_SYMBOLS];
  uint32_t context[DLP_CONTEXTS][DLP_SYMBOLS];
  uint64_t remembered[DLP_SYMBOLS]; /* hashes of contents, by symbol */
} dlp_counts;
#define DLP_CONTEXT_BEFORE (DLP_CONTEXTS - 1) /* of choices made before the first change */
static inline uint32_t dlp_context(uint64_t depth) {
  return depth < DLP_CONTEXT_BEFORE ? (uint32_t)depth : DLP_CONTEXT_BEFORE - 1;
}

void dlp_count_slow(dlp_counts *, uint32_t symbol, uint32_t context);
static inline void dlp_count(dlp_counts *c, uint32_t symbol, uint32_t context) {
  c->n++;
  if (symbol == c->last && !c->touched) {
    c->pending++;
    return;
  }
  dlp_count_slow(c, symbol, context);
}
/* The symbol of a content that is none of the fixed ones; prices a new one. */
uint32_t dlp_remember(dlp_counts *, uint64_t hash, uint32_t first, double novel_bits);
void dlp_counts_reset(dlp_counts *);
double dlp_price(const dlp_counts *);
/* Of `kinds` counts under one habit (order 0); 0 if only one kind was chosen. */
double dlp_code_length(const uint32_t *counts, uint32_t kinds);

/* n choices of symbol 0 at once */
void dlp_count_zeros(dlp_counts *, uint64_t n, uint32_t context);

/* gaps.c */
typedef struct dlp_frame {
  uint64_t line_indent, line_indent_len; /* indent of the line on which the container opened */
  uint64_t indent, indent_len;           /* indent of its members */
  uint64_t open, open_len;               /* the gap behind the opening bracket */
  uint64_t key_start, key_end;           /* the member being read */
  uint64_t bracket;                      /* where it opened */
  uint64_t keys_base;                    /* first of its keys on the stack of open keys */
  uint64_t key_set, key_order, n_keys;   /* hashes of its keys, without and with their order */
  uint32_t words;                        /* word set of the member's key, 0 for none */
  uint32_t strings, symbols, pieces;     /* of an array: members that are strings, could be symbols, are base64 digits */
  uint32_t words_up;                     /* nearest enclosing frame whose member has one, + 1 */
  uint32_t object_up;                    /* nearest enclosing object, + 1 */
  uint8_t object, broken, first, wrapped, varied, in_table; /* broken: 0 unknown, 1 same line, 2 line break */
  uint8_t role;     /* enum dlp_role of the member being read, or DLP_ROLE_LIST */
  uint8_t named_up; /* the container is itself the value that a member beside it names */
} dlp_frame;

typedef struct dlp_census {
  dlp_counts stream[DLP_S_COUNT];
  uint64_t line_indent, line_indent_len;
  uint64_t line_start;
  uint64_t column[2];      /* of the last aligned colon and value */
  uint64_t column_line[2]; /* the line that they stand in, and one */
  uint32_t waiting;        /* a bit for each class that may have some of these: */
  uint64_t empty[DLP_G_OTHER + 1][DLP_CONTEXTS]; /* empty gaps by class and depth, not yet counted in their streams */
} dlp_census;

void dlp_census_reset(dlp_census *);
void dlp_census_flush(dlp_census *);

/* In an object that is written a member a line: the gaps around a colon, nothing and one space (the space ends at `at`), and the
 * one between two members, a line feed and the indent of the member before. False: it is not so plain, note it in full. */
bool dlp_note_plain_colon(dlp_census *, uint64_t at, uint32_t context);
bool dlp_note_plain_line(dlp_census *, uint64_t line, const dlp_frame *top, uint32_t context);
void dlp_note_gap(dlp_census *, const uint8_t *data, uint64_t start, uint64_t end, uint32_t klass, dlp_frame *top,
             uint32_t depth);

/* inflate.c: whether bytes begin a deflate stream of 16 bytes or more; `must_end`: one that ends where they do, or is long */
bool dlp_inflates(const uint8_t *p, size_t n, bool must_end);

bool dlp_is_id(const uint8_t *p, size_t n); /* layers.c */

/* demands.c */
typedef struct dlp_makeup { /* what a text is made of */
  bool known, lower;
  uint32_t digits, capitals, run, code, hex, alnum, spaces, marks;
} dlp_makeup;
/* Whether a trigger that stands at `at` in this text is worth reporting; `whole` keeps what was counted. `beside`: it is a
 * context word in the text. */
bool dlp_meets(const dlp_prefilter *, uint32_t trigger, uint32_t kind, const uint8_t *p, size_t n, size_t at,
               dlp_makeup *whole, bool beside);

/* Who is told of the rules that a trigger calls: each once in a turn. */
typedef struct dlp_asked {
  uint32_t *turns, turn; /* of each rule the turn in which its program was asked last */
  void (*call)(void *context, uint32_t rule);
  void *context;
} dlp_asked;
/* The rules that a trigger calls are told; whether the trigger itself is to be reported. */
bool dlp_ask(const dlp_prefilter *, uint32_t trigger, uint32_t kind, const uint8_t *p, size_t n, size_t at, dlp_makeup *whole,
             bool beside, const dlp_asked *);

/* prefilter.c */
const dlp_demand *dlp_demands_of(const dlp_prefilter *, uint32_t trigger, uint32_t *n);
uint32_t dlp_shapes(const uint8_t *p, size_t n, uint32_t wanted);
/* forms.c: the shapes of what is rare enough to be looked at without a word beside it */
uint32_t dlp_forms(const uint8_t *p, size_t n, uint32_t wanted);
uint32_t dlp_prefilter_shapes(const dlp_prefilter *);
uint32_t dlp_number_shapes(const dlp_prefilter *);
uint32_t dlp_long_enough(const dlp_prefilter *, uint32_t shapes, uint64_t n, uint64_t digits);
typedef void (*dlp_literal_hit)(void *context, uint64_t offset, uint32_t literal);
typedef void (*dlp_word_hit)(void *context, uint32_t word);
/* `readable` bytes may be read from p, n or more. */
void dlp_literals(const dlp_prefilter *, const uint8_t *p, size_t n, size_t readable, dlp_literal_hit, void *context);
/* Of a valid document: in the content of a string without escapes; in all of it, those that may stand elsewhere too. */
void dlp_literals_inside(const dlp_prefilter *, const uint8_t *p, size_t n, size_t readable, dlp_literal_hit, void *context);
void dlp_literals_across(const dlp_prefilter *, const uint8_t *p, size_t n, dlp_literal_hit, void *context);
uint32_t dlp_literal_length(const dlp_prefilter *, uint32_t literal);
void dlp_words(const dlp_prefilter *, const uint8_t *p, size_t n, dlp_word_hit, void *context);
bool dlp_raw_inside(const dlp_prefilter *); /* whether the raw bytes of a string with escapes are searched too */
uint32_t dlp_literal_count(const dlp_prefilter *);
uint32_t dlp_word_count(const dlp_prefilter *);
uint32_t dlp_rule_count(const dlp_prefilter *); /* of those with programs */

static inline uint64_t dlp_mum(uint64_t a, uint64_t b) {
  __extension__ typedef unsigned __int128 u128;
  u128 r = (u128)a * b;
  return (uint64_t)r ^ (uint64_t)(r >> 64);
}
/* The first byte is the lowest, on any machine. */
static inline uint64_t dlp_read64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap64(v);
#endif
  return v;
}

/* The first quote or backslash from `at` on, eight bytes a turn, or the end. */
static inline uint64_t dlp_skip_plain(const uint8_t *p, uint64_t at, uint64_t size) {
  const uint64_t ones = UINT64_MAX / 255, high = ones << 7;
  for (; at + 8 <= size; at += 8) {
    uint64_t v = dlp_read64(p + at), quote = v ^ ones * '"', slash = v ^ ones * '\\';
    if (((quote - ones) & ~quote & high) | ((slash - ones) & ~slash & high)) break;
  }
  while (at < size && p[at] != '"' && p[at] != '\\') at++;
  return at;
}
static inline uint32_t dlp_read32(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap32(v);
#endif
  return v;
}
static inline uint64_t dlp_hash(const uint8_t *p, size_t n, uint64_t seed) {
  const uint64_t s0 = 0xa0761d6478bd642fULL, s1 = 0xe7037ed1a0b428dbULL;
  uint64_t h = seed ^ s0, a, b;
  size_t i = n;
  while (i > 16) {
    h = dlp_mum(dlp_read64(p) ^ s1, dlp_read64(p + 8) ^ h);
    p += 16;
    i -= 16;
  }
  if (i >= 8) {
    a = dlp_read64(p);
    b = dlp_read64(p + i - 8);
  } else if (i >= 4) {
    a = dlp_read32(p);
    b = dlp_read32(p + i - 4);
  } else if (i > 0) {
    a = ((uint64_t)p[0] << 16) | ((uint64_t)p[i >> 1] << 8) | p[i - 1];
    b = 0;
  } else {
    a = b = 0;
  }
  return dlp_mum(s1 ^ n, dlp_mum(a ^ s1, b ^ h));
}
#endif
