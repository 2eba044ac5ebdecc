/* One look at a text: shared by glance.c, strings.c and candidates.c. */
#ifndef DLP_GLANCE_H
#define DLP_GLANCE_H
#include "lanes.h"

/* Shapes that a text of this make-up could have. */
uint32_t dlp_possible_shapes(const dlp_glance *);

/* 2019-05-15T15:20:18Z: of all shapes, only a run of digits. */
static inline bool dlp_is_time(const uint8_t *p, size_t n, uint64_t digits) {
  if (n != 20 || digits != 14 || p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':' || p[19] != 'Z') return false;
  return true; /* the other fourteen are the digits */
}

/* Whether a text holds no literal, shape, layer or context word that calls a rule, and white space at neither end. `inside`:
 * it is the content of a string without escapes. */
bool dlp_pass_over(const dlp_prefilter *, uint64_t dull[DLP_DULL], const uint8_t *p, size_t n, size_t readable, uint32_t kind,
                   bool inside, uint32_t wanted);

/* The same of the content of a string that begins at p; its end is in `g`, and false is said where it is not closed or more than
 * plain ASCII. */
bool dlp_pass_over_string(const dlp_prefilter *, uint64_t dull[DLP_DULL], const uint8_t *p, size_t readable, uint32_t kind,
                          uint32_t wanted, dlp_glance *g);
#endif
