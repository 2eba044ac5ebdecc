/* Whether a text is made of what the rules behind a trigger need (rules/demand.py reads that from their patterns).
 *
 * Only where a trigger fires is anything counted: once for the whole text, and at most NEAR bytes for a trigger whose
 * demands are counted from its own place, so that many triggers in one text stay linear.
 */
#include "internal.h"

enum { NEAR = 512 };

enum { DIGIT = 1, CAPITAL = 2, DENSE = 4, MARKS = 3 }; /* MARKS: the bit that the first of dlp_demand.marks has here */

static uint16_t made_of(uint8_t c) {
  bool letter = (uint8_t)((c | 0x20) - 'a') < 26, digit = (uint8_t)(c - '0') < 10;
  uint32_t marks = 0;
  switch (c) {
  case ':': marks = 1; break;
  case '=': marks = 1; break;
  case '@': marks = 2; break;
  case '.': marks = 4; break;
  case '/': marks = 8; break;
  case '-': marks = 16; break;
  case '_': marks = 32; break;
  case ' ': marks = 64; break;
  default: break;
  }
  bool dense = letter || digit || c == '+' || c == '/' || c == '=' || c == '_' || c == '.' || c == '~' || c == '-';
  return (uint16_t)((digit ? DIGIT : 0) | (letter && c < 'a' ? CAPITAL : 0) | (dense ? DENSE : 0) | marks << MARKS);
}

static dlp_makeup count(const uint8_t *p, size_t n) {
  dlp_makeup m = {.known = true};
  uint32_t run = 0, code = 0, seen = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t is = made_of(p[i]);
    seen |= is;
    m.digits += is & DIGIT;
    code = is & (DIGIT | CAPITAL) ? code + 1 : 0;
    if (code > m.code) m.code = code;
    m.capitals += is >> 1 & 1;
    run = is & DENSE ? run + 1 : 0;
    if (run > m.run) m.run = run;
  }
  m.marks = seen >> MARKS;
  return m;
}

static bool enough(const dlp_demand *d, size_t n, const dlp_makeup *m) {
  return n >= d->length && m->digits >= d->digits && m->capitals >= d->capitals && m->run >= d->run && m->code >= d->code &&
         (d->marks & ~m->marks) == 0;
}

bool dlp_meets(const dlp_prefilter *pf, uint32_t trigger, uint32_t kind, const uint8_t *p, size_t n, size_t at,
               dlp_makeup *whole, bool beside) {
  uint32_t count_of, k;
  const dlp_demand *d = dlp_demands_of(pf, trigger, &count_of);
  if (!count_of) return true;
  dlp_makeup rest = {0};
  for (k = 0; k < count_of; k++, d++) {
    if (!(d->kinds >> kind & 1) || (beside && d->whole) || (d->most && n > d->most)) continue;
    if (d->ahead && at < n) {
      if (n - at > NEAR) return true;
      if (n - at < d->length) continue;
      if (!rest.known) rest = count(p + at, n - at);
      if (enough(d, n - at, &rest)) return true;
    } else {
      if (n < d->length) continue;
      if (!whole->known) *whole = count(p, n);
      if (enough(d, n, whole)) return true;
    }
  }
  return false;
}
