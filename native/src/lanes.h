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

/* Hashes of the four, or three, bytes that a literal is looked for by, as bitmaps. */
enum { DLP_SLOT_BITS = 18, DLP_THIRD_BITS = 13 };
typedef struct dlp_windows {
  uint32_t fours[1 << (DLP_SLOT_BITS - 5)]; /* 32 KB */
  uint32_t threes[1 << (DLP_THIRD_BITS - 5)];
} dlp_windows;

typedef struct dlp_lanes {
  const char *name;
  /* Skips plain ASCII bytes of a string from `at` (p[at - 1] may be read); stops at a quote, backslash, control or
   * non-ASCII byte, or the end. */
  uint64_t (*plain)(const uint8_t *p, uint64_t at, uint64_t end, uint8_t quote, dlp_plain *);
  /* Surveys p[from, n), from being a multiple of DLP_BLOCK; returns where it stopped: n, or where starts have no room.
   * `readable` bytes may be read from p. `path`: slashes belong to no run. */
  size_t (*survey)(const uint8_t *p, size_t n, size_t from, size_t readable, bool path, dlp_survey *);
  /* Calls back for each i where the bits of p[i..i+4), or of p[i..i+3), are set, both folded; may say it of others. What is
   * behind the text is what may be read there, or zeros. */
  bool (*windows)(const dlp_windows *, const uint8_t *p, size_t n, size_t readable,
                  bool (*hit)(void *, size_t i, uint32_t folded), void *context);
} dlp_lanes;

static inline uint32_t dlp_fold4(uint32_t v) { return v | 0x20202020u; }
static inline uint32_t dlp_slot4(uint32_t folded) { /* the last byte, at the top, would move few bits by itself */
  return ((folded ^ folded >> 11) * 0x9E3779B1u) >> (32 - DLP_SLOT_BITS);
}
static inline uint32_t dlp_slot3(uint32_t folded) { return ((folded << 8) * 0x9E3779B1u) >> (32 - DLP_THIRD_BITS); }

static inline void dlp_survey_begin(dlp_survey *s) { /* all but the starts, which are many */
  s->digits = s->marks = s->dots = 0;
  s->first_digits = s->n_starts = 0;
  s->letters = s->large = s->signs = s->outside_runs = false;
  s->long_run = s->code = s->letters_digits = s->double_colon = false;
  s->before_run = s->before_small = s->before_letter = s->before_digit = s->before_colon = s->before_code = 0;
}

/* layers.c: whether a text without white space around it is, or holds, an encoded layer that is worth decoding. First
 * by the runs that a survey found (`*done`: the end of the last one looked at, 0 at first), then by all else. */
bool dlp_is_path(const uint8_t *p, size_t n);
void dlp_beginnings(uint8_t pairs[4096]); /* of two base64 digits: what a run that begins with them could be */
bool dlp_runs_hold_layer(const dlp_prefilter *, const uint8_t *p, size_t n, bool path, const dlp_survey *, size_t *done);
bool dlp_is_layer(const dlp_prefilter *, const uint8_t *p, size_t n, bool path, const dlp_survey *);

/* prefilter.c */
const dlp_lanes *dlp_prefilter_lanes(const dlp_prefilter *);
const uint8_t *dlp_prefilter_pairs(const dlp_prefilter *);
bool dlp_wants_words(const dlp_prefilter *, const dlp_survey *);
void dlp_prefilter_use(dlp_prefilter *, const dlp_lanes *); /* for tests, before it is shared */

const dlp_lanes *dlp_best_lanes(void);
const dlp_lanes *dlp_lanes_at(uint32_t i); /* those that this machine can use, the scalar ones first; NULL behind the last */
#endif
