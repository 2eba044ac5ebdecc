/* What looks at every byte, in as many bytes at once as the processor has lanes for; chosen when the program runs. */
#ifndef DLP_LANES_H
#define DLP_LANES_H
#include "internal.h"

/* Of the plain part of a string: places where two spaces meet, and whether an @ is among it. */
typedef struct dlp_plain {
  uint32_t doubles;
  bool at_sign;
} dlp_plain;

enum { DLP_STARTS = 32, DLP_BLOCK = 32 };

/* What a text is made of, as far as shapes, layers and words ask. A run is one of base64 digits, by either alphabet. */
typedef struct dlp_survey {
  uint64_t digits, marks, dots;  /* counts; marks: colons and dashes */
  bool letters, large, signs;    /* a letter; what is no small letter; one of % & = @ */
  bool outside_runs;             /* what is no digit of a run */
  bool long_run;                 /* some run has 32 digits or more, or those of 40 at least are all told */
  bool code;                     /* somewhere three capitals or digits stand together */
  bool letters_digits;           /* somewhere two letters and two digits stand together */
  bool double_colon;
  uint32_t first_digits;         /* which of the first 32 bytes are digits */
  uint32_t n_starts;
  size_t starts[DLP_STARTS];     /* of runs of eight and more, and of pieces between marks in them, that are no words in small letters */
  uint32_t before_run, before_small, before_letter, before_digit, before_colon, before_code; /* the block before */
} dlp_survey;

/* Hashes of the four bytes that a literal is looked for by, as a bitmap. */
enum { DLP_SLOT_BITS = 18 };
typedef struct dlp_windows {
  uint32_t fours[1 << (DLP_SLOT_BITS - 5)]; /* 32 KB */
} dlp_windows;

/* Where the search for literals enters a text: where a word starts (what is no letter or digit stands before it), by
 * four folded bytes, or by those of a word that has two or three; and at bytes that texts seldom have, by three. */
enum { DLP_START_BITS = 16, DLP_RARE_BITS = 13 };
typedef struct dlp_entries {
  uint32_t starts[1 << (DLP_START_BITS - 5)];
  uint32_t rares[1 << (DLP_RARE_BITS - 5)];
} dlp_entries;
static inline bool dlp_is_rare(uint8_t c) {
  switch (c) {
  case '$': case '<': case '>': case '~': case '^': case '|': case '`': case '!': case '#': case '*': case ';': case '?': case '=':
  case '@': case '&': case '%': return true;
  default: return false;
  }
}

/* 64 bytes by what they are: bit i stands for p[i]. */
typedef struct dlp_look {
  uint64_t digit, letter, small, joint, slash, colon, dash, dot, rare; /* joint: + - _ */
  uint64_t control, blank, other;                                      /* other: a quote, a backslash, what is not ASCII */
} dlp_look;

enum { DLP_GLANCE_STARTS = 16 };
/* What one look at a text says: enough to pass most of them over. Runs, starts and so on as in dlp_survey. */
typedef struct dlp_glance {
  uint64_t n;              /* bytes of the text */
  uint64_t digits, marks, dots;
  bool path, letters, large, outside_runs, code, letters_digits, double_colon, control;
  bool at_sign, escapes, equals; /* an @; one of % and &; a = */
  bool long_run;           /* surely so where 40 digits of base64 stand together; never below 20, nor below 40 of a text seen in one */
  bool long_code;          /* eight capitals or digits and more */
  bool long_digits;        /* nine digits and more */
  bool grouped;            /* digits, up to three characters that are no letters, digits; or a + or - before digits */
  bool long_word;          /* 16 letters and digits or more; surely so where there are 26 */
  bool closed;             /* of a string: it ends in a quote, and all before that is plain ASCII */
  uint32_t doubles;        /* places where two spaces meet */
  uint32_t n_starts;       /* DLP_GLANCE_STARTS: perhaps more */
  size_t starts[DLP_GLANCE_STARTS];
  bool one;                /* it was seen in one: then its letters and digits, letters, and small letters are */
  uint64_t word, letter, small;
} dlp_glance;

typedef struct dlp_lanes {
  const char *name;
  /* Skips plain ASCII bytes of a string from `at` (p[at - 1] may be read); stops at a quote, backslash, control or
   * non-ASCII byte, or the end. */
  uint64_t (*plain)(const uint8_t *p, uint64_t at, uint64_t end, uint8_t quote, dlp_plain *);
  /* Surveys p[from, n), from being a multiple of DLP_BLOCK; returns where it stopped: n, or where starts have no room.
   * `readable` bytes may be read from p. `path`: slashes belong to no run. */
  size_t (*survey)(const uint8_t *p, size_t n, size_t from, size_t readable, bool path, dlp_survey *);
  /* Looks at a text and calls back with each place and key that a literal may be entered by: of four folded bytes, or of two or
   * three, the others 0, if `anywhere` is 0; else any four. The text is p[0, n), or, where n is SIZE_MAX, what stands
   * before the closing quote of a string. `readable` bytes may be read from p. Returns whether `hit` said that it is
   * enough, which ends it for literals only: the rest is filled in all the same. */
  bool (*glance)(const dlp_entries *, const dlp_windows *, const uint8_t *p, size_t n, size_t readable, dlp_glance *,
                 bool (*hit)(void *, size_t i, uint32_t key, uint32_t anywhere), void *context);
} dlp_lanes;

static inline uint32_t dlp_fold4(uint32_t v) { return v | 0x20202020u; }
static inline uint32_t dlp_slot4(uint32_t folded) { /* the last byte, at the top, would move few bits by itself */
  return ((folded ^ folded >> 11) * 0x9E3779B1u) >> (32 - DLP_SLOT_BITS);
}
static inline uint32_t dlp_start_slot(uint32_t key) { return ((key ^ key >> 11) * 0x9E3779B1u) >> (32 - DLP_START_BITS); }
static inline uint32_t dlp_rare_slot(uint32_t key) { return (key * 0x9E3779B1u) >> (32 - DLP_RARE_BITS); }

static inline void dlp_survey_begin(dlp_survey *s) { /* all but the starts, which are many */
  s->digits = s->marks = s->dots = 0;
  s->first_digits = s->n_starts = 0;
  s->letters = s->large = s->signs = s->outside_runs = false;
  s->long_run = s->code = s->letters_digits = s->double_colon = false;
  s->before_run = s->before_small = s->before_letter = s->before_digit = s->before_colon = s->before_code = 0;
}

/* layers.c: whether a text without white space around it is, or holds, an encoded layer that is worth decoding: one
 * that holds something, as far as a scanner within `into` tells; with NULL, any. First by the runs that a survey found (`*done`: the end of the last one looked at, 0 at first), then by all else. */
bool dlp_is_path(const uint8_t *p, size_t n);
void dlp_beginnings(uint8_t pairs[4096]); /* of two base64 digits: what a run that begins with them could be */
bool dlp_runs_hold_layer(const dlp_prefilter *, dlp_scanner *into, const uint8_t *p, size_t n, bool path, const dlp_survey *, size_t *done);
bool dlp_is_layer(const dlp_prefilter *, dlp_scanner *into, const uint8_t *p, size_t n, bool path, const dlp_survey *);

/* Whether a text, by a look at it, is surely no layer and holds none. What a run that begins with eight digits cannot be is
 * kept by the scanner, by those digits. */
enum { DLP_DULL = 1024 };
bool dlp_no_layer(const dlp_prefilter *, dlp_scanner *into, const uint8_t *p, size_t n, const dlp_glance *);

/* prefilter.c */
const dlp_lanes *dlp_prefilter_lanes(const dlp_prefilter *);
const uint8_t *dlp_prefilter_pairs(const dlp_prefilter *);
bool dlp_wants_words(const dlp_prefilter *, uint64_t digits, bool letters, bool code, bool long_run);
bool dlp_calls_every_layer(const dlp_prefilter *);
void dlp_prefilter_use(dlp_prefilter *, const dlp_lanes *); /* for tests, before it is shared */

const dlp_lanes *dlp_best_lanes(void);
const dlp_lanes *dlp_lanes_at(uint32_t i); /* those that this machine can use, the scalar ones first; NULL behind the last */
#endif
