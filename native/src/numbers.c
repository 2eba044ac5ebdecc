/* Numbers: their grammar (RFC 8259 6), what their form leaves to choice, and their digits as rules see them. */
#include "scan.h"

static inline bool digit(uint8_t b) { return (uint8_t)(b - '0') < 10; }

static bool number_char(uint8_t b) {
  return digit(b) || b == '.' || b == '+' || b == '-' || b == '_' || ((b | 0x20) >= 'a' && (b | 0x20) <= 'z');
}

enum { INTEGER_DIGITS = 64 };

/* The digits of a number whose decimal value is an integer of at most INTEGER_DIGITS; 0 if it is none. However many
 * zeros it is written with: 0.00…041e40 and 4100000.00…0 are integers too. */
static uint32_t integer_digits(const uint8_t *p, uint64_t start, uint64_t end, uint8_t out[INTEGER_DIGITS]) {
  uint32_t n = 0;
  int64_t zeros = 0, scale = 0, exponent = 0; /* zeros: behind the last digit kept; scale: digits behind the point */
  bool point = false, minus = false;
  uint64_t i = start + (p[start] == '-');
  for (; i < end && (digit(p[i]) || p[i] == '.'); i++) {
    if (p[i] == '.') {
      point = true;
      continue;
    }
    scale += point;
    if (p[i] == '0') {
      zeros += n != 0;
      continue;
    }
    if ((uint64_t)zeros + n >= INTEGER_DIGITS) return 0;
    for (; zeros; zeros--) out[n++] = '0';
    out[n++] = p[i];
  }
  if (i < end) {
    i++;
    if (i < end && (p[i] == '+' || p[i] == '-')) minus = p[i++] == '-';
    for (; i < end && digit(p[i]); i++)
      if (exponent < INT64_MAX / 20) exponent = exponent * 10 + (p[i] - '0');
    if (minus) exponent = -exponent;
  }
  if (n == 0) return 0; /* nought */
  zeros += exponent - scale; /* those that the value ends with */
  if (zeros < 0 || zeros > INTEGER_DIGITS - (int64_t)n) return 0;
  for (; zeros; zeros--) out[n++] = '0';
  return n;
}

/* What the form of a number with a fraction or an exponent leaves to choice. */
static void number_census(scan *c, uint64_t start, uint64_t end, uint64_t whole, uint64_t fraction, bool exponent) {
  const uint8_t *p = c->p;
  uint64_t *census = &c->s->result.census, at = start + (p[start] == '-');
  uint64_t last = at + whole + (fraction ? fraction + 1 : 0); /* behind the digits */
  if (exponent) *census |= DLP_C_NUMBER_EXPONENT;
  if (fraction && p[last - 1] == '0') *census |= DLP_C_NUMBER_ZEROS;
  bool may_be_zero = p[at] == '0';
  if (!may_be_zero && whole + fraction <= 17) return;
  uint64_t digits = 0;
  bool zero = true;
  for (; at < last; at++)
    if (p[at] != '.') digits += !zero || p[at] != '0', zero &= p[at] == '0';
  if (zero && p[start] == '-') *census |= DLP_C_NUMBER_MINUS_ZERO;
  if (digits > 17) *census |= DLP_C_NUMBER_LONG;
  (void)end;
}

/* The first byte from `at` on that is no digit. */
static uint64_t past_digits(const uint8_t *p, uint64_t at, uint64_t end) {
  while (at + 8 <= end) {
    uint64_t v = dlp_read64(p + at) ^ 0x3030303030303030ULL; /* a digit: 0 to 9 */
    uint64_t other = ((v + 0x7676767676767676ULL) | v) & 0x8080808080808080ULL;
    if (other) {
      /* a carry can come from a byte that is none, so only the first mark counts: the lowest in memory */
      return at + (uint64_t)(__builtin_ctzll(other) >> 3);
    }
    at += 8;
  }
  while (at < end && digit(p[at])) at++;
  return at;
}

/* Whether nothing stands around a token that could call a rule on it: no word in a key, no literal across strings. */
static bool alone(const scan *c, uint64_t end) {
  const dlp_frame *f = c->top;
  return !(f && (f->words || f->words_up)) && (c->raw_at >= c->s->raw_n || c->s->raw[c->raw_at].offset >= end);
}

void dlp_number(scan *c) {
  const uint8_t *p = c->p;
  uint64_t start = c->at, at = start, end = c->size, digits_start, fraction = 0;
  bool valid = true, exponent = false;
  if (p[at] == '-') at++;
  digits_start = at;
  if (at < end && p[at] == '0') at++;
  else if (at < end && digit(p[at])) at = past_digits(p, at, end);
  else valid = false;
  uint64_t whole = at - digits_start;
  if (valid && at < end && p[at] == '.') {
    uint64_t f = ++at;
    at = past_digits(p, at, end);
    fraction = at - f;
    valid = at > f;
  }
  if (valid && at < end && (p[at] | 0x20) == 'e') {
    exponent = true;
    at++;
    if (at < end && (p[at] == '+' || p[at] == '-')) at++;
    uint64_t e = at;
    while (at < end && digit(p[at])) at++;
    valid = at > e;
  }
  if (!valid || (at < end && number_char(p[at]))) {
    while (at < end && number_char(p[at])) at++;
    if (at == start) at++;
    uint64_t sign = p[start] == '-' || p[start] == '+';
    bool infinite = at - start - sign == 8 && memcmp(p + start + sign, "Infinity", 8) == 0;
    dlp_error_at(c, infinite ? DLP_E_NON_FINITE : DLP_E_INVALID_NUMBER, start, at - start);
    valid = false;
  }
  c->at = at;
  c->s->result.numbers++;
  bool plain = !fraction && !exponent;
  if (valid && !plain) number_census(c, start, at, whole, fraction, exponent);
  else if (valid && digits_start > start && whole == 1 && p[digits_start] == '0')
    c->s->result.census |= DLP_C_NUMBER_MINUS_ZERO;
  if (!c->pf && !(c->options & DLP_O_TOKENS)) return;
  /* a fraction that is no integer written long: no shape of digits */
  if (valid && fraction && !exponent && p[at - 1] != '0' && !(c->options & DLP_O_TOKENS) && !(c->shapes >> DLP_SHAPE_ALWAYS & 1) && alone(c, at))
    return;
  uint8_t text[INTEGER_DIGITS];
  uint32_t flags = valid ? 0 : DLP_F_INVALID, shapes = 0, n = 0;
  dlp_pending t = {.c = c, .start = start, .end = at, .kind = DLP_T_NUMBER, .flags = flags, .token = DLP_NO_TOKEN};
  if (c->options & DLP_O_TOKENS) t.token = dlp_add_token(c, start, at, DLP_T_NUMBER, flags);
  if (!c->pf) return;
  dlp_raw_literals(&t, true);
  const uint32_t wanted = c->shapes & dlp_number_shapes(c->pf) & (1u << DLP_SHAPE_CARD | 1u << DLP_SHAPE_DIGITS | 1u << DLP_SHAPE_DATED);
  if (valid && plain) {
    t.text = p + start, t.n = at - start; /* of other forms, rules see other digits */
    if (whole >= 12 || (whole >= 6 && wanted & (1u << DLP_SHAPE_DIGITS))) shapes = dlp_shapes(p + digits_start, whole, wanted);
  } else if (valid) {
    if (exponent || p[at - 1] == '0') n = integer_digits(p, start, at, text); /* else it is no integer */
    if (n >= 6) shapes = dlp_shapes(text, n, wanted);
    if (n && p[start] != '-') t.text = text, t.n = n;
    else if (!n && at - start < INTEGER_DIGITS) t.text = p + start, t.n = at - start; /* as it stands */
  }
  for (uint32_t k = 0; shapes >> k; k++)
    if (shapes >> k & 1) dlp_pending_hit(&t, k, 0, 0);
  if (c->shapes & (1u << DLP_SHAPE_ALWAYS)) dlp_pending_hit(&t, DLP_SHAPE_ALWAYS, 0, 0);
  dlp_words_around(&t);
}
