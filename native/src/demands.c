/* Whether a text is made of what the rules behind a trigger need (rules/demand.py reads that from their patterns).
 *
 * Only where a trigger fires is anything counted: once for the whole text, and at most NEAR bytes for a trigger whose
 * demands are counted from its own place, so that many triggers in one text stay linear.
 */
#include "prefilter.h"

enum { NEAR = 512 };

enum { DIGIT = 1, CAPITAL = 2, DENSE = 4, HEX = 8, ALNUM = 16, SPACE = 32, LOWER = 64, MARKS = 7 }; /* MARKS: bit of the first of marks */

/* What a character is: of marks, the bits from MARKS on. */
#define M(bit) (1u << (bit) << MARKS)
#define D (M(20) | DIGIT | ALNUM | DENSE | HEX)
#define H (ALNUM | DENSE | CAPITAL | HEX)
#define C (ALNUM | DENSE | CAPITAL)
#define h (ALNUM | DENSE | LOWER | HEX)
#define c (ALNUM | DENSE | LOWER)
static const uint32_t is_made_of[256] = {
    ['0'] = D, ['1'] = D, ['2'] = D, ['3'] = D, ['4'] = D, ['5'] = D, ['6'] = D, ['7'] = D, ['8'] = D, ['9'] = D,
    ['A'] = H, ['B'] = H, ['C'] = H, ['D'] = H, ['E'] = H, ['F'] = H, ['G'] = C, ['H'] = C, ['I'] = C, ['J'] = C, ['K'] = C, ['L'] = C,
    ['M'] = C, ['N'] = C, ['O'] = C, ['P'] = C, ['Q'] = C, ['R'] = C, ['S'] = C, ['T'] = C, ['U'] = C, ['V'] = C, ['W'] = C, ['X'] = C,
    ['Y'] = C, ['Z'] = C, ['a'] = h, ['b'] = h, ['c'] = h, ['d'] = h, ['e'] = h, ['f'] = h, ['g'] = c, ['h'] = c, ['i'] = c, ['j'] = c,
    ['k'] = c, ['l'] = c, ['m'] = c, ['n'] = c, ['o'] = c, ['p'] = c, ['q'] = c, ['r'] = c, ['s'] = c, ['t'] = c, ['u'] = c, ['v'] = c,
    ['w'] = c, ['x'] = c, ['y'] = c, ['z'] = c,
    [':'] = M(0) | M(21), ['='] = M(0) | M(21) | DENSE, ['@'] = M(1), ['.'] = M(2) | DENSE, ['/'] = M(3) | DENSE, ['-'] = M(4) | DENSE,
    ['_'] = M(5) | DENSE, [' '] = M(6) | SPACE, ['"'] = M(7), ['\''] = M(7), ['`'] = M(7), ['\n'] = M(8), ['<'] = M(9), ['>'] = M(9),
    [','] = M(10), [';'] = M(10), ['|'] = M(10), ['\t'] = M(10), ['('] = M(11), [')'] = M(11), ['?'] = M(12), ['&'] = M(12),
    ['%'] = M(13) | M(21), ['+'] = M(14) | DENSE, ['{'] = M(15), ['}'] = M(15), ['['] = M(15), [']'] = M(15), ['$'] = M(16), ['#'] = M(17),
    ['*'] = M(18), ['!'] = M(18), ['~'] = M(18) | DENSE, ['^'] = M(18), ['\\'] = M(19),
};
#undef M
#undef D
#undef H
#undef C
#undef h
#undef c

static inline uint32_t longer(uint32_t run, bool goes_on, uint32_t *longest) {
  run = goes_on ? run + 1 : 0;
  if (run > *longest) *longest = run;
  return run;
}

static dlp_makeup count(const uint8_t *p, size_t n) {
  dlp_makeup m = {.known = true};
  uint32_t run = 0, code = 0, hex = 0, alnum = 0, seen = 0;
  for (size_t i = 0; i < n; i++) {
    const uint32_t is = is_made_of[p[i]];
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
  while (i < n && i < 22 && (is_made_of[p[i]] & ALNUM || (i && (p[i] == '+' || p[i] == '.' || p[i] == '-')))) i++;
  return i > 1 && is_made_of[p[0]] & (CAPITAL | LOWER) && i + 2 < n && memcmp(p + i, "://", 3) == 0;
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
