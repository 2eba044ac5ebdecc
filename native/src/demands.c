/* Whether a text is made of what the rules behind a trigger need (rules/demand.py reads that from their patterns).
 *
 * Only where a trigger fires is anything counted: once for the whole text, and at most NEAR bytes for a trigger whose
 * demands are counted from its own place, so that many triggers in one text stay linear.
 */
#include "prefilter.h"

enum { NEAR = 512 };

enum { DIGIT = 1, CAPITAL = 2, DENSE = 4, HEX = 8, ALNUM = 16, SPACE = 32, LOWER = 64, MARKS = 7 }; /* MARKS: bit of the first of marks */

/* The marks of a character that is no letter: constants alone, of which the compiler makes a table. */
static uint32_t marks_of(uint8_t c) {
  switch (c) {
  case ':': case '=': return 1u | 1u << 21;
  case '@': return 1u << 1;
  case '.': return 1u << 2;
  case '/': return 1u << 3;
  case '-': return 1u << 4;
  case '_': return 1u << 5;
  case ' ': return 1u << 6;
  case '"': case '\'': case '`': return 1u << 7;
  case '\n': return 1u << 8;
  case '<': case '>': return 1u << 9;
  case ',': case ';': case '|': case '\t': return 1u << 10;
  case '(': case ')': return 1u << 11;
  case '?': case '&': return 1u << 12;
  case '%': return 1u << 13 | 1u << 21;
  case '+': return 1u << 14;
  case '{': case '}': case '[': case ']': return 1u << 15;
  case '$': return 1u << 16;
  case '#': return 1u << 17;
  case '*': case '!': case '~': case '^': return 1u << 18;
  case '\\': return 1u << 19;
  case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9': return 1u << 20;
  default: return 0;
  }
}

static uint32_t made_of(uint8_t c) {
  const uint8_t low = c | 0x20;
  if ((uint8_t)(low - 'a') < 26) return ALNUM | DENSE | (c < 'a' ? CAPITAL : LOWER) | (low < 'g' ? HEX : 0u);
  const uint32_t marks = marks_of(c) << MARKS;
  if ((uint8_t)(c - '0') < 10) return marks | DIGIT | ALNUM | DENSE | HEX;
  const bool dense = c == '+' || c == '/' || c == '=' || c == '_' || c == '.' || c == '~' || c == '-';
  return marks | (dense ? DENSE : 0u) | (c == ' ' ? SPACE : 0u);
}

static inline uint32_t longer(uint32_t run, bool goes_on, uint32_t *longest) {
  run = goes_on ? run + 1 : 0;
  if (run > *longest) *longest = run;
  return run;
}

static dlp_makeup count(const uint8_t *p, size_t n) {
  dlp_makeup m = {.known = true};
  uint32_t run = 0, code = 0, hex = 0, alnum = 0, seen = 0;
  for (size_t i = 0; i < n; i++) {
    const uint32_t is = made_of(p[i]);
    seen |= is;
    m.digits += is & DIGIT;
    m.capitals += (is & CAPITAL) != 0;
    m.spaces += (is & SPACE) != 0;
    run = longer(run, is & DENSE, &m.run);
    code = longer(code, is & (DIGIT | CAPITAL), &m.code);
    hex = longer(hex, is & HEX, &m.hex);
    alnum = longer(alnum, is & ALNUM, &m.alnum);
  }
  m.marks = seen >> MARKS;
  m.lower = seen & LOWER;
  return m;
}

/* A scheme and :// (RFC 3986 section 3.1), as src/dlpcore/validators/secrets.py tells URLs. */
static bool is_url(const uint8_t *p, size_t n) {
  size_t i = 0;
  while (i < n && i < 22 && (made_of(p[i]) & ALNUM || (i && (p[i] == '+' || p[i] == '.' || p[i] == '-')))) i++;
  return i > 1 && made_of(p[0]) & (CAPITAL | LOWER) && i + 2 < n && memcmp(p + i, "://", 3) == 0;
}

static bool enough(const dlp_demand *d, const uint8_t *p, size_t n, const dlp_makeup *m) {
  if (d->drawn && ((!m->digits && !(m->capitals && m->lower)) || is_url(p, n))) return false;
  return n >= d->length && m->digits >= d->digits && m->capitals >= d->capitals && m->run >= d->run && m->code >= d->code &&
         m->hex >= d->hex && m->alnum >= d->alnum && m->spaces <= d->spaces && (d->marks & ~m->marks) == 0 &&
         (d->absent & m->marks) == 0;
}

bool dlp_ask(const dlp_prefilter *pf, uint32_t trigger, uint32_t kind, const uint8_t *p, size_t n, size_t at, dlp_makeup *whole,
             bool beside, const dlp_asked *asked) {
  uint32_t count_of;
  const dlp_demand *d = dlp_demands_of(pf, trigger, &count_of);
  if (!count_of) return true;
  const bool *alike = pf->alike + (d - pf->demands);
  dlp_makeup rest = {0};
  bool met = false;
  for (uint32_t k = 0; k < count_of; k++, d++) {
    if (!k || !alike[k]) {
      met = false;
      if (!(d->kinds >> kind & 1) || (beside && d->whole) || (d->most && n > d->most)) continue;
      if (d->ahead && at < n) {
        met = n - at > NEAR;
        if (!met && n - at >= d->length) {
          if (!rest.known) rest = count(p + at, n - at);
          met = enough(d, p + at, n - at, &rest);
        }
      } else if (n >= d->length) {
        if (!whole->known) *whole = count(p, n);
        met = enough(d, p, n, whole);
      }
    }
    if (!met) continue;
    if (!d->rule || d->rule > pf->n_rules) return true;
    const uint32_t rule = d->rule - 1;
    if (asked) {
      if (asked->turns[rule] == asked->turn) continue;
      asked->turns[rule] = asked->turn;
    }
    if (!dlp_program_finds(pf, rule, p, n)) continue;
    if (!asked) return true;
    asked->call(asked->context, rule);
  }
  return false;
}

bool dlp_meets(const dlp_prefilter *pf, uint32_t trigger, uint32_t kind, const uint8_t *p, size_t n, size_t at,
               dlp_makeup *whole, bool beside) {
  return dlp_ask(pf, trigger, kind, p, n, at, whole, beside, NULL);
}
