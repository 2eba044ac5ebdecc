/* One look at a text: shared by glance.c, strings.c and candidates.c. */
#ifndef DLP_GLANCE_H
#define DLP_GLANCE_H
#include "lanes.h"

/* Shapes that a text of this make-up could have. */
uint32_t dlp_possible_shapes(const dlp_glance *);

/* 2019-05-15T15:20:18Z, with a fraction or an offset too (RFC 3339): of all shapes, only a run of digits. */
static inline bool dlp_is_time(const uint8_t *p, size_t n, uint64_t digits) {
  if (n < 19 || n > 35 || p[4] != '-' || p[7] != '-' || (p[10] != 'T' && p[10] != ' ') || p[13] != ':' || p[16] != ':') return false;
  uint64_t expected = 14; /* every other character must be a digit: counted, not looked at */
  size_t end = n;
  if (p[n - 1] == 'Z') {
    end -= 1;
  } else if (n >= 25 && p[n - 3] == ':' && (p[n - 6] == '+' || p[n - 6] == '-')) {
    end -= 6;
    expected += 4;
  }
  if (end == 19) return digits == expected;
  return end > 20 && end <= 29 && p[19] == '.' && digits == expected + (end - 20);
}

/* Shapes that are looked for in a text that is a time, or an id (dlp_is_id). */
static inline uint32_t dlp_wanted_in(uint32_t wanted, bool time, bool id) {
  if (time) return wanted & (1u << DLP_SHAPE_DIGITS);
  return id ? wanted & (1u << DLP_SHAPE_DIGITS | 1u << DLP_SHAPE_ENTROPY) : wanted;
}

/* Whether a text holds no literal, shape, layer or context word that calls a rule, and white space at neither end. `inside`:
 * it is the content of a string without escapes. */
bool dlp_pass_over(const dlp_prefilter *, dlp_scanner *into, const uint8_t *p, size_t n, size_t readable, uint32_t kind,
                   bool inside, uint32_t wanted);

/* The same of the content of a string that begins at p; its end is in `g`, and false is said where it is not closed or more than
 * plain ASCII. */
bool dlp_pass_over_string(const dlp_prefilter *, dlp_scanner *into, const uint8_t *p, size_t readable, uint32_t kind,
                          uint32_t wanted, dlp_glance *g);
#endif
