/* The choices inside strings and numbers, priced: escapes, hex case, number forms, letter case, base64 slack.
 *
 * Theory of operation. One pass over a document whose census was odd. Each place where a writer could have written
 * the same value otherwise is a choice of one stream (enum dlp_choice), counted in price.c under the context that an
 * honest writer's choice depends on: the code point (a serializer that escapes `<` escapes each `<`), the class of a
 * non-ASCII character, the key of a number. At the same time the choices can be written out as symbols, one carrier a
 * call, for the decoders. A string is a key if a colon follows it; depth is bounded, deeper keys share one entry.
 */
#include "internal.h"
#include <stddef.h>

#define DEPTH 1024
#define KEYS 512 /* keys of numbers told apart; those beyond share the last entry */
#define FORMS 8
#define LITERALS 256
#define PUNCTUATION 34

typedef struct habit { /* of one key: number forms under three writers, values that are not zero and zero */
  uint64_t hash;
  uint32_t forms[3][2][FORMS];
} habit;

typedef struct choices {
  const uint8_t *p;
  uint64_t size, depth;
  dlp_choices *r;
  uint32_t carrier;
  uint8_t *out;
  uint64_t cap, used;
  dlp_counts stream[DLP_K_COUNT], punctuation[PUNCTUATION], form[3];
  double extra[DLP_K_COUNT];
  uint64_t keys[DEPTH]; /* hash of the member being read, by depth */
  uint64_t census;      /* what is priced: bits of what the first pass saw; all of them, where symbols are wanted */
  bool texts, numbers, literals_too;
  uint32_t n_used;
  uint16_t used_habits[KEYS];
  habit habits[KEYS];
  bool plus, pointed; /* the style of exponents, as last seen: e+5, 1.0e5 */
  uint64_t digits;    /* e05: how many at least */
  int64_t plain_low, plain_high, power_low, power_high; /* decimal exponents of fractions, and of numbers with one */
  bool improper; /* a number was not in its canonical form */
  uint32_t last_length; /* excess zeros of the number before */
  uint64_t literals[LITERALS]; /* hashes of those that mix cases: one that comes again says nothing more */
} choices;

static bool digit(uint8_t b) { return (uint8_t)(b - '0') < 10; }
static bool letter(uint8_t b) { return (uint8_t)((b | 0x20) - 'a') < 26; }
static bool upper(uint8_t b) { return (uint8_t)(b - 'A') < 26; }
static bool white(uint8_t b) { return b == ' ' || b == '\n' || b == '\r' || b == '\t'; }

static int hex_digit(uint8_t b) {
  if (digit(b)) return b - '0';
  uint8_t l = b | 0x20;
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

static int hex_value(const uint8_t *p) {
  int value = 0;
  for (int i = 0; i < 4; i++) {
    int d = hex_digit(p[i]);
    if (d < 0) return -1;
    value = value << 4 | d;
  }
  return value;
}

static inline void emit(choices *c, uint32_t carrier, uint32_t symbol) {
  if (c->carrier == carrier && c->used < c->cap) c->out[c->used++] = (uint8_t)symbol;
}

static void evidence(choices *c, uint32_t stream, uint32_t odd, uint64_t start, uint64_t end) {
  dlp_choices *r = c->r;
  uint32_t n = r->n_spans[stream][odd];
  if (n == DLP_EVIDENCE) return;
  r->spans[stream][odd][n] = (dlp_range){start, end};
  r->n_spans[stream][odd]++;
}

static inline void note(choices *c, uint32_t stream, uint32_t symbol, uint32_t context, uint64_t start, uint64_t end) {
  dlp_count(&c->stream[stream], symbol, context);
  evidence(c, stream, symbol != 0, start, end);
}

/* --- strings ---------------------------------------------------------------------------------------------------- */

/* What serializers treat alike: C1, Latin-1, line separators, what cannot be seen, the rest, beyond the BMP. */
static uint32_t class_of(uint32_t code) {
  if (code < 0xA0) return 0;
  if (code == 0xA0 || code == 0xAD || (code >= 0x2000 && code <= 0x200F) || (code >= 0x202A && code <= 0x202F) ||
      (code >= 0x205F && code <= 0x206F) || code == 0x3000 || (code >= 0xE000 && code < 0xF900) ||
      (code >= 0xFE00 && code < 0xFE10) || code == 0xFEFF || (code >= 0xFFF0 && code <= 0xFFFF))
    return 3;
  if (code < 0x100) return 1;
  if (code == 0x2028 || code == 0x2029) return 2;
  return code < 0x10000 ? 4 : 5;
}

static dlp_counts *punctuation(choices *c, uint8_t b) { /* a printable ASCII character that is no letter or digit */
  uint32_t i = b <= '/' ? b - 32u : b <= '@' ? b - 58u + 16 : b <= '`' ? b - 91u + 23 : b - 123u + 29;
  return &c->punctuation[i];
}

static void plain(choices *c, uint8_t b, uint8_t before, uint64_t at) {
  emit(c, DLP_CARRIER_TEXT, b);
  if (letter(b) || digit(b)) dlp_count(&c->stream[DLP_K_ALNUM], 0, 0);
  else if (b == '/') note(c, DLP_K_SOLIDUS, 0, before == '<', at, at + 1);
  else dlp_count(punctuation(c, b), 0, 0);
}

static void hex_case(choices *c, uint64_t at, uint32_t code) { /* of one \uXXXX */
  if (!(c->census & DLP_C_HEX_UPPER) || !(c->census & DLP_C_HEX_LOWER)) return; /* nobody had a choice */
  uint32_t low = 0, high = 0, first = 1;
  for (uint64_t i = at + 2; i < at + 6; i++) {
    uint8_t b = c->p[i];
    if (!letter(b)) continue;
    uint32_t big = upper(b);
    if (big) high++;
    else low++;
    emit(c, DLP_CARRIER_HEX, big | (first ? 2u : 0u) | (code < 0x80 ? 4u : 0u));
    first = 0;
  }
  if (low + high == 0) return;
  uint32_t symbol = low && high ? 2 : high ? 1 : 0;
  if (symbol == 2) c->extra[DLP_K_HEX_CASE] += 2.0 * (low + high);
  note(c, DLP_K_HEX_CASE, symbol, code < 0x80, at, at + 6);
}

/* An escape at `at`; returns the offset behind it, and the character if it is ASCII. */
static uint64_t escaped(choices *c, uint64_t at, uint64_t end, uint8_t before, uint8_t *now) {
  const uint8_t *p = c->p;
  static const uint8_t controls[] = "\b\t\n\f\r\"\\";
  if (at + 1 >= end) return end;
  *now = 0;
  uint32_t code;
  switch (p[at + 1]) {
  case 'b': code = '\b'; break;
  case 't': code = '\t'; break;
  case 'n': code = '\n'; break;
  case 'f': code = '\f'; break;
  case 'r': code = '\r'; break;
  case '"': case '\\': code = p[at + 1]; break;
  case '/':
    emit(c, DLP_CARRIER_TEXT, 2);
    note(c, DLP_K_SOLIDUS, 1, before == '<', at, at + 2);
    *now = '/';
    return at + 2;
  case 'u': {
    int value = at + 6 <= end ? hex_value(p + at + 2) : -1;
    if (value < 0) return at + 2;
    code = (uint32_t)value;
    hex_case(c, at, code);
    uint64_t behind = at + 6;
    if (code >= 0x80) {
      if (code >= 0xD800 && code < 0xE000) {
        int low = code < 0xDC00 && at + 12 <= end && p[at + 6] == '\\' && p[at + 7] == 'u' ? hex_value(p + at + 8) : -1;
        if (low < 0xDC00 || low >= 0xE000) return behind; /* half a pair cannot be written otherwise */
        hex_case(c, at + 6, (uint32_t)low);
        code = 0x10000;
        behind += 6;
      }
      emit(c, DLP_CARRIER_TEXT, 4);
      note(c, DLP_K_NON_ASCII, 1, class_of(code), at, behind);
      return behind;
    }
    uint8_t b = (uint8_t)code;
    *now = b;
    const void *known = code ? memchr(controls, (int)code, sizeof controls - 1) : NULL;
    if (known) {
      emit(c, DLP_CARRIER_TEXT, b | 0x80u);
      note(c, DLP_K_CONTROL, 1, (uint32_t)((const uint8_t *)known - controls), at, behind);
    } else if (letter(b) || digit(b)) {
      emit(c, DLP_CARRIER_TEXT, b | 0x80u);
      note(c, DLP_K_ALNUM, 1, 0, at, behind);
    } else if (b == '/') {
      emit(c, DLP_CARRIER_TEXT, b | 0x80u);
      note(c, DLP_K_SOLIDUS, 2, before == '<', at, behind);
    } else if (b >= 0x20) {
      emit(c, DLP_CARRIER_TEXT, b | 0x80u);
      dlp_count(punctuation(c, b), 1, 0);
      evidence(c, DLP_K_PUNCTUATION, 1, at, behind);
    }
    return behind;
  }
  default: return at + 2;
  }
  emit(c, DLP_CARRIER_TEXT, code);
  note(c, DLP_K_CONTROL, 0, (uint32_t)((const uint8_t *)memchr(controls, (int)code, 7) - controls), at, at + 2);
  *now = (uint8_t)code;
  return at + 2;
}

static void characters(choices *c, uint64_t start, uint64_t end, bool key) {
  const uint8_t *p = c->p;
  uint8_t before = 0;
  emit(c, DLP_CARRIER_TEXT, key);
  const bool solidus = c->census & DLP_C_ESCAPED_SOLIDUS, ascii = c->census & (DLP_C_ESCAPED_ALNUM | DLP_C_ESCAPED_PUNCTUATION);
  for (uint64_t at = start; at < end;) {
    uint8_t b = p[at];
    if (!ascii && b < 0x80 && b != '\\' && (b != '/' || !solidus)) { /* nobody had a choice */
      before = b;
      at++;
      continue;
    }
    if (b == '\\') {
      at = escaped(c, at, end, before, &before);
    } else if (b >= 0x80) {
      unsigned n = dlp_utf8_sequence(p + at, p + end);
      uint32_t code = n == 2   ? (b & 31u) << 6 | (p[at + 1] & 63u)
                      : n == 3 ? (b & 15u) << 12 | (p[at + 1] & 63u) << 6 | (p[at + 2] & 63u)
                               : 0x10000;
      if (n) {
        emit(c, DLP_CARRIER_TEXT, 3);
        note(c, DLP_K_NON_ASCII, 0, class_of(code), at, at + n);
      }
      at += n ? n : 1;
      before = 0;
    } else {
      if (b >= 0x20) plain(c, b, before, at);
      before = b;
      at++;
    }
  }
}

/* --- literals: hexadecimal, UUIDs, mail domains, base64 ----------------------------------------------------------- */

static void cased(choices *c, uint32_t stream, uint32_t carrier, uint64_t start, uint64_t end, bool hex, uint32_t context) {
  uint32_t counts[2] = {0, 0}, capitals = 0;
  bool head = true, titled = true;
  emit(c, carrier, 2);
  for (uint64_t i = start; i < end; i++) {
    uint8_t b = c->p[i];
    if (letter(b)) {
      uint32_t big = upper(b);
      counts[big]++;
      if (big && head) capitals++;
      titled &= big == (uint32_t)head;
      if (!hex || (b | 0x20) <= 'f') emit(c, carrier, big);
    }
    head = !letter(b);
  }
  if (counts[0] + counts[1] == 0) return;
  bool mixed = counts[0] && counts[1];
  if (mixed) {
    uint64_t hash = dlp_hash(c->p + start, end - start, 17), *slot = &c->literals[hash % LITERALS];
    if (*slot == hash) return;
    *slot = hash;
    double price = dlp_code_length(counts, 2);
    if (!hex && titled && capitals) price = 2.0;
    c->extra[stream] += price;
  }
  note(c, stream, mixed ? 2 : counts[1] ? 1 : 0, context, start, end);
}

static bool all_hex(const uint8_t *p, uint64_t n) {
  for (uint64_t i = 0; i < n; i++)
    if (hex_digit(p[i]) < 0) return false;
  return true;
}

static bool uuid(const uint8_t *p, uint64_t n) {
  if (n != 36) return false;
  for (uint64_t i = 0; i < n; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? p[i] != '-' : hex_digit(p[i]) < 0) return false;
  }
  return true;
}

static int base64_digit(uint8_t b) {
  if (upper(b)) return b - 'A';
  if (letter(b)) return b - 'a' + 26;
  if (digit(b)) return b - '0' + 52;
  return b == '+' || b == '-' ? 62 : b == '/' || b == '_' ? 63 : -1;
}

static void slack(choices *c, uint64_t start, uint64_t end) { /* of a padded base64 text (RFC 4648 section 3.5) */
  const uint8_t *p = c->p;
  uint64_t n = end - start, body = p[end - 2] == '=' ? n - 2 : n - 1;
  uint32_t marks[2] = {0, 0};
  uint32_t kinds = 0;
  for (uint64_t i = start; i < start + body; i++) {
    if (base64_digit(p[i]) < 0) return;
    kinds |= upper(p[i]) ? 1 : letter(p[i]) ? 2 : digit(p[i]) ? 4 : 8;
    marks[0] += p[i] == '+' || p[i] == '/';
    marks[1] += p[i] == '-' || p[i] == '_';
  }
  if (!(kinds & (kinds - 1)) || p[start] == '-') return; /* an option such as --name= */
  uint32_t width = n - body == 2 ? 4 : 2, left = (uint32_t)base64_digit(p[start + body - 1]) & ((1u << width) - 1);
  emit(c, DLP_CARRIER_BASE64, width);
  for (uint32_t k = width; k-- > 0;) emit(c, DLP_CARRIER_BASE64, left >> k & 1);
  if (left) c->extra[DLP_K_BASE64] += width;
  if (marks[0] && marks[1]) c->extra[DLP_K_BASE64] += dlp_code_length(marks, 2);
  note(c, DLP_K_BASE64, left || (marks[0] && marks[1]), 0, start, end);
}

static void literal(choices *c, uint64_t start, uint64_t end) {
  const uint8_t *p = c->p + start;
  /* a key's values come from one writer: digests in lower case, tags in upper case */
  uint32_t habit = (uint32_t)(c->keys[c->depth < DEPTH ? c->depth : DEPTH - 1] % (DLP_CONTEXTS - 1));
  uint64_t n = end - start;
  if (n >= 8 && n % 4 == 0 && p[n - 1] == '=') slack(c, start, end);
  if (n == 42 && p[0] == '0' && p[1] == 'x' && all_hex(p + 2, 40)) { /* EIP-55: checked by the caller */
    for (uint64_t i = 0; i < 40; i++) emit(c, DLP_CARRIER_ADDRESS, p[i + 2]);
    dlp_count(&c->stream[DLP_K_ADDRESS], 0, 0);
    evidence(c, DLP_K_ADDRESS, 0, start, end);
    return;
  }
  uint64_t head = n > 2 && p[0] == '0' && (p[1] | 0x20) == 'x' ? 2 : 0;
  if (n - head >= 16 && all_hex(p + head, n - head)) {
    cased(c, DLP_K_HEX_LITERAL, DLP_CARRIER_HEX_LITERAL, start + head, end, true, habit);
  } else if (n == 36 || n == 38) {
    bool braces = n == 38 && p[0] == '{' && p[37] == '}';
    if (uuid(p + braces, n - 2 * braces)) cased(c, DLP_K_HEX_LITERAL, DLP_CARRIER_HEX_LITERAL, start, end, true, habit);
  } else if (n <= 320) {
    const uint8_t *at = memchr(p, '@', n);
    if (!at || at == p) return;
    uint64_t domain = (uint64_t)(at - p) + 1;
    bool dot = false, name = domain < n;
    for (uint64_t i = domain; i < n; i++) {
      name &= letter(p[i]) || digit(p[i]) || p[i] == '-' || p[i] == '.';
      dot |= p[i] == '.';
    }
    if (dot && name) cased(c, DLP_K_DOMAIN, DLP_CARRIER_DOMAIN, start + domain, end, false, 0);
  }
}

/* --- numbers ------------------------------------------------------------------------------------------------------ */

static habit *habit_of(choices *c) {
  uint64_t hash = c->keys[c->depth < DEPTH ? c->depth : DEPTH - 1] | 1;
  uint64_t slot = hash % (KEYS - 1);
  for (uint32_t probe = 0; probe < 8; probe++, slot = (slot + 1) % (KEYS - 1)) {
    if (c->habits[slot].hash == hash) return &c->habits[slot];
    if (!c->habits[slot].hash) {
      c->used_habits[c->n_used++] = (uint16_t)slot;
      c->habits[slot].hash = hash;
      return &c->habits[slot];
    }
  }
  return &c->habits[KEYS - 1];
}

static void number(choices *c, uint64_t start, uint64_t end) {
  const uint8_t *p = c->p;
  uint64_t at = start + (p[start] == '-'), whole = at, point = 0, exponent = 0, first = UINT64_MAX, last = 0;
  uint64_t significant = 0;
  for (; at < end && (digit(p[at]) || p[at] == '.'); at++) {
    if (p[at] == '.') point = at;
    else if (p[at] != '0') {
      if (first == UINT64_MAX) first = at;
      last = at;
    }
  }
  uint64_t mantissa = at;
  if (at < end && (p[at] | 0x20) == 'e') exponent = at;
  else if (at < end) return; /* not a number of RFC 8259 */
  uint64_t units = point ? point : mantissa; /* end of the whole part */
  if (units == whole || (point && mantissa == point + 1)) return;
  bool zero = first == UINT64_MAX, negative = start != whole;
  uint64_t decimals = point ? mantissa - point - 1 : 0, needed = point && last > point ? last - point : 0;
  if (!zero) significant = mantissa - first - (point > first);
  int64_t scale = zero ? 0 : first < units ? (int64_t)(units - first) - 1 : -(int64_t)(first - point);
  int64_t power = 0;
  bool minus = false, plus = false;
  uint64_t zeros = 0, exponent_digits = 0;
  if (exponent) {
    uint64_t e = exponent + 1;
    if (e < end && (p[e] == '+' || p[e] == '-')) {
      minus = p[e] == '-';
      plus = !minus;
      e++;
    }
    if (e >= end) return;
    exponent_digits = end - e;
    while (e + 1 < end && p[e] == '0') e++, zeros++;
    for (; e < end; e++) {
      if (!digit(p[e])) return;
      if (power < 1000000000) power = power * 10 + (p[e] - '0');
    }
    if (minus) power = -power;
  }
  int64_t adjusted = scale + power; /* decimal exponent of the first digit that is not 0 */
  uint32_t zone = zero                              ? 0
                  : adjusted >= -3 && adjusted <= 6 ? 1
                  : adjusted > 20                   ? 4
                  : adjusted > 15                   ? 3
                  : adjusted > 6                    ? 2
                  : adjusted >= -4                  ? 5
                                                    : 6;
  uint64_t excess = decimals - needed;
  bool normal = units - whole == 1 && (zero || p[whole] != '0');
  if (!zero) { /* the text that dlp_canonical would write */
    uint64_t digits = last - first + 1 - (first < point && last > point), wide = 3;
    for (int64_t e = adjusted < 0 ? -adjusted : adjusted; e > 9; e /= 10) wide++;
    int64_t left = adjusted + 1, scientific = (int64_t)(digits + (digits > 1) + wide);
    bool expanded = (left > -6 && left <= 21) || (left > 0 && (left < (int64_t)digits || left <= scientific));
    bool proper = exponent ? !expanded && normal && p[exponent] == 'e' && (plus || minus) && !zeros : expanded;
    c->improper |= excess || !proper;
  } else {
    c->improper |= negative || point || exponent;
  }
  emit(c, DLP_CARRIER_NUMBER, (uint32_t)(point != 0) | (uint32_t)(exponent != 0) << 1 | (uint32_t)zero << 2 |
                                  (uint32_t)(needed == 0) << 3 | (uint32_t)negative << 4);
  emit(c, DLP_CARRIER_NUMBER, excess > 255 ? 255 : (uint32_t)excess);
  emit(c, DLP_CARRIER_NUMBER,
       exponent ? (uint32_t)(p[exponent] == 'E') | (uint32_t)plus << 1 | (uint32_t)(zeros != 0) << 2 |
                      (uint32_t)(power == 0) << 3
                : 0);
  emit(c, DLP_CARRIER_NUMBER, (uint32_t)(c->keys[c->depth < DEPTH ? c->depth : DEPTH - 1] & 255)); /* its key, roughly */
  if (!zero && exponent && adjusted >= 0 && adjusted < c->power_low) c->power_low = adjusted;
  if (!zero && exponent && adjusted < 0 && adjusted > c->power_high) c->power_high = adjusted;
  if (!zero && point && !exponent && adjusted > c->plain_high) c->plain_high = adjusted;
  if (!zero && point && !exponent && adjusted < c->plain_low) c->plain_low = adjusted;
  if (zero) note(c, DLP_K_ZERO_SIGN, negative, (point || exponent) ? 1 : 0, start, end);
  if (zero && negative && !point && !exponent) c->extra[DLP_K_ZERO_SIGN] += 4.0;

  if (significant > 17 && point) {
    for (uint64_t i = start; i < end; i++) emit(c, DLP_CARRIER_LONG, p[i]);
    emit(c, DLP_CARRIER_LONG, ',');
    dlp_count(&c->stream[DLP_K_LONG], 0, 0);
    evidence(c, DLP_K_LONG, 0, start, end);
  }
  if (!point || exponent) {
    if (zone <= 1 || exponent) note(c, DLP_K_EXPONENT, exponent != 0, zone, start, end);
  } else {
    dlp_count(&c->stream[DLP_K_EXPONENT_FLOAT], 0, zone);
  }
  if (exponent) {
    if (point) note(c, DLP_K_EXPONENT_FLOAT, 1, zone, start, end);
    else if (zone <= 1) c->extra[DLP_K_EXPONENT] += 3.0;
    if (!normal) c->extra[DLP_K_STYLE] += 1.0;
    /* what this number does not show of the writer's habit is taken to be as before */
    if (!minus) c->plus = plus;
    if (needed == 0) c->pointed = point != 0;
    if (zeros) c->digits = exponent_digits;
    else if (power > -10 && power < 10) c->digits = 1;
    uint64_t style = (uint64_t)(p[exponent] == 'E') | (uint64_t)c->plus << 1 | (uint64_t)c->pointed << 2 |
                     (uint64_t)normal << 3 | c->digits << 8 | 16;
    note(c, DLP_K_STYLE, dlp_remember(&c->stream[DLP_K_STYLE], dlp_hash((const uint8_t *)&style, 8, 7), 0, 0.0), 0,
         start, end);
  }
  if (exponent && !(point && zone <= 1 && needed == 0)) return;
  uint32_t form[3];
  if (exponent) {
    form[0] = form[1] = form[2] = 6;
  } else {
    form[0] = excess > 5 ? 5 : (uint32_t)excess;
    uint64_t beyond = decimals - (needed > 1 ? needed : decimals ? 1 : 0);
    form[1] = !point ? 7 : beyond > 5 ? 5 : (uint32_t)beyond;
    form[2] = decimals > 5 ? 5 : (uint32_t)decimals;
  }
  if (excess > 5 && (uint32_t)excess != c->last_length) {
    for (uint64_t k = excess; k > 1; k >>= 1) c->extra[DLP_K_FORM] += 1.0;
    c->last_length = (uint32_t)excess;
  }
  habit *h = habit_of(c);
  uint64_t seen = 0;
  for (uint32_t k = 0; k < FORMS; k++) seen += h->forms[0][0][k] + h->forms[0][1][k];
  if (!seen && !zero && needed == 0) note(c, DLP_K_TYPE, point != 0, 0, start, end);
  for (uint32_t k = 0; k < 3; k++) {
    h->forms[k][zero][form[k]]++;
    dlp_count(&c->form[k], form[k], zero);
  }
  evidence(c, DLP_K_FORM, excess != 0, start, end);
}

/* --- the document ------------------------------------------------------------------------------------------------- */

static void walk(choices *c) {
  const uint8_t *p = c->p;
  uint64_t size = c->size;
  for (uint64_t at = 0; at < size;) {
    uint8_t b = p[at];
    if (b == '"') {
      uint64_t start = ++at;
      while ((at = dlp_skip_plain(p, at, size)) < size && p[at] == '\\') at += 2;
      uint64_t end = at < size ? at : size;
      at = end + 1;
      uint64_t next = at;
      while (next < size && white(p[next])) next++;
      bool key = next < size && p[next] == ':';
      if (key && c->depth < DEPTH) c->keys[c->depth] = dlp_hash(p + start, end - start, 11) | 1;
      if (c->texts) characters(c, start, end, key);
      if (c->literals_too && end - start >= 5) literal(c, start, end);
    } else if (b == '{' || b == '[') {
      c->depth++;
      if (c->depth < DEPTH) c->keys[c->depth] = c->keys[c->depth - 1]; /* an array's numbers are its key's */
      at++;
    } else if (b == '}' || b == ']') {
      if (c->depth) c->depth--;
      at++;
    } else if (digit(b) || b == '-') {
      uint64_t start = at++;
      while (at < size && (digit(p[at]) || p[at] == '.' || p[at] == '+' || p[at] == '-' || letter(p[at]))) at++;
      if (c->numbers) number(c, start, at);
    } else {
      at++;
    }
  }
}

static double by_key(const choices *c) { /* of each key the writer that costs least, over all keys */
  double total = 0;
  for (uint32_t j = 0; j <= c->n_used; j++) {
    double best = 0;
    const uint32_t i = j < c->n_used ? c->used_habits[j] : KEYS - 1;
    for (uint32_t k = 0; k < 3; k++) {
      double price = dlp_code_length(c->habits[i].forms[k][0], FORMS) + dlp_code_length(c->habits[i].forms[k][1], FORMS);
      if (k == 0 || price < best) best = price;
    }
    total += best;
  }
  return total;
}

static void begin(choices *c, const uint8_t *data, size_t size, dlp_choices *result) {
  memset(result, 0, offsetof(dlp_choices, spans));
  c->p = data;
  c->size = size;
  c->r = result;
  c->power_low = INT64_MAX;
  c->power_high = INT64_MIN;
}

static void price(choices *c, dlp_choices *result) {
  walk(c);
  for (uint32_t k = 0; k < DLP_K_COUNT; k++) {
    result->n[k] = c->stream[k].n;
    result->bits[k] = dlp_price(&c->stream[k]) + c->extra[k];
  }
  for (uint32_t i = 0; i < PUNCTUATION; i++) {
    result->n[DLP_K_PUNCTUATION] += c->punctuation[i].n;
    result->bits[DLP_K_PUNCTUATION] += dlp_price(&c->punctuation[i]);
  }
  double form = by_key(c);
  for (uint32_t k = 0; k < 3; k++) {
    double price = dlp_price(&c->form[k]);
    if (price < form) form = price;
  }
  result->n[DLP_K_FORM] = c->form[0].n;
  result->bits[DLP_K_FORM] += form;
  /* exponents from some size on, and for what is small enough: what every writer of floats does */
  if (c->power_low > c->plain_high && c->power_high < c->plain_low && c->power_low > 6 && c->power_high < -3)
    result->bits[DLP_K_EXPONENT] = result->bits[DLP_K_EXPONENT_FLOAT] = 0;
  if (!c->improper) /* all forms follow from the values: none was chosen */
    for (uint32_t k = DLP_K_FORM; k <= DLP_K_ZERO_SIGN; k++) result->bits[k] = 0;
}

int dlp_price_choices(const uint8_t *data, size_t size, uint32_t carrier, uint8_t *out, size_t cap, uint64_t *used,
                      dlp_choices *result) {
  if (!result || (!data && size)) return DLP_EINVAL;
  choices *c = calloc(1, sizeof *c);
  if (!c) return DLP_ENOMEM;
  begin(c, data, size, result);
  c->carrier = out ? carrier : 0;
  c->out = out;
  c->cap = cap;
  c->census = UINT64_MAX;
  c->texts = c->numbers = c->literals_too = true;
  price(c, result);
  if (used) *used = c->used;
  free(c);
  return DLP_OK;
}

/* As it was before the first document. */
static void forget(choices *c) {
  for (uint32_t k = 0; k < DLP_K_COUNT; k++) dlp_counts_reset(&c->stream[k]);
  for (uint32_t k = 0; k < PUNCTUATION; k++) dlp_counts_reset(&c->punctuation[k]);
  for (uint32_t k = 0; k < 3; k++) dlp_counts_reset(&c->form[k]);
  for (uint32_t k = 0; k < c->n_used; k++) memset(&c->habits[c->used_habits[k]], 0, sizeof c->habits[0]);
  memset(&c->habits[KEYS - 1], 0, sizeof c->habits[0]);
  memset(c->extra, 0, sizeof c->extra);
  memset(c->literals, 0, sizeof c->literals);
  c->n_used = c->last_length = 0;
  c->depth = c->keys[0] = c->digits = 0;
  c->plus = c->pointed = c->improper = false;
  c->plain_low = c->plain_high = 0;
}

bool dlp_settle_choices(dlp_choosing **kept, const uint8_t *data, size_t size, uint64_t census, double bits[DLP_K_COUNT], uint64_t *addresses) {
  if (!*kept && !(*kept = calloc(1, sizeof **kept))) return false;
  choices *c = *kept;
  dlp_choices *result = malloc(sizeof *result);
  if (!result) return false;
  begin(c, data, size, result);
  c->census = census;
  c->texts = census & (DLP_C_ESCAPED_SOLIDUS | DLP_C_ESCAPED_ALNUM | DLP_C_ESCAPED_PUNCTUATION | DLP_C_ESCAPED_NON_ASCII | DLP_C_HEX_LOWER |
                       DLP_C_LONG_CONTROL);
  c->numbers = census & (DLP_C_NUMBER_EXPONENT | DLP_C_NUMBER_ZEROS | DLP_C_NUMBER_MINUS_ZERO);
  c->literals_too = census & (DLP_C_LITERAL_CASE | DLP_C_BASE64_SLACK);
  price(c, result);
  memcpy(bits, result->bits, sizeof result->bits);
  *addresses = result->n[DLP_K_ADDRESS];
  free(result);
  forget(c);
  return true;
}
