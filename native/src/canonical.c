/* The canonical form of a document, and the style that a document is written in.
 *
 * Theory of operation. Tokens are copied one by one: strings with minimal escapes (RFC 8785 section 3.2.2.2), numbers
 * as the text that their decimal value has in ECMAScript (RFC 8785 section 3.2.2.3), but with all of their digits, and
 * the white space of one of five styles. What is written depends on the value and on the style alone.
 */
#include "internal.h"
#include <stdio.h>

typedef struct writer {
  const uint8_t *p;
  uint64_t size, at;
  uint8_t *out;
  uint64_t cap, n; /* n goes on counting beyond cap */
  uint64_t depth;
  uint32_t style;
  bool no_memory;
} writer;

static bool digit(uint8_t b) { return (uint8_t)(b - '0') < 10; }
static bool white(uint8_t b) { return b == ' ' || b == '\n' || b == '\r' || b == '\t'; }

static inline void put(writer *w, uint8_t b) {
  if (w->n < w->cap) w->out[w->n] = b;
  w->n++;
}

static void put_all(writer *w, const uint8_t *from, uint64_t n) {
  if (w->n + n <= w->cap) memcpy(w->out + w->n, from, n);
  else if (w->n < w->cap) memcpy(w->out + w->n, from, w->cap - w->n);
  w->n += n;
}

static void put_zeros(writer *w, uint64_t n) {
  for (; n; n--) put(w, '0');
}

/* --- strings ---------------------------------------------------------------------------------------------------- */

static int hex_value(const uint8_t *p) {
  int value = 0;
  for (int i = 0; i < 4; i++) {
    uint8_t l = p[i] | 0x20;
    int d = digit(p[i]) ? p[i] - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
    if (d < 0) return -1;
    value = value << 4 | d;
  }
  return value;
}

static void put_code(writer *w, uint32_t code) {
  static const char names[] = "btn_fr", hex[] = "0123456789abcdef";
  if (code == '"' || code == '\\') {
    put(w, '\\');
    put(w, (uint8_t)code);
  } else if (code >= 8 && code <= 13 && code != 11) {
    put(w, '\\');
    put(w, (uint8_t)names[code - 8]);
  } else if (code < 0x20 || (code >= 0xD800 && code < 0xE000)) {
    put(w, '\\');
    put(w, 'u');
    for (int shift = 12; shift >= 0; shift -= 4) put(w, (uint8_t)hex[code >> shift & 15]);
  } else if (code < 0x80) {
    put(w, (uint8_t)code);
  } else if (code < 0x800) {
    put(w, (uint8_t)(0xC0 | code >> 6));
    put(w, (uint8_t)(0x80 | (code & 63)));
  } else if (code < 0x10000) {
    put(w, (uint8_t)(0xE0 | code >> 12));
    put(w, (uint8_t)(0x80 | (code >> 6 & 63)));
    put(w, (uint8_t)(0x80 | (code & 63)));
  } else {
    put(w, (uint8_t)(0xF0 | code >> 18));
    put(w, (uint8_t)(0x80 | (code >> 12 & 63)));
    put(w, (uint8_t)(0x80 | (code >> 6 & 63)));
    put(w, (uint8_t)(0x80 | (code & 63)));
  }
}

static void string(writer *w) { /* at the opening quote */
  const uint8_t *p = w->p;
  uint64_t at = w->at, size = w->size;
  put(w, p[at++]);
  while (at < size && p[at] != '"') {
    if (p[at] != '\\') {
      uint64_t start = at;
      while (at < size && p[at] != '"' && p[at] != '\\') at++;
      put_all(w, p + start, at - start);
      continue;
    }
    if (at + 1 >= size) break;
    static const char names[] = "btnfr", controls[] = "\b\t\n\f\r";
    uint8_t b = p[at + 1];
    const char *name = b ? strchr(names, b) : NULL;
    if (name) {
      put_code(w, (uint8_t)controls[name - names]);
    } else if (b != 'u') {
      put_code(w, b); /* itself: quote, backslash, solidus */
    } else {
      int code = at + 6 <= size ? hex_value(p + at + 2) : -1;
      if (code < 0) { /* not JSON: as it stands */
        put(w, p[at++]);
        continue;
      }
      at += 4;
      if (code >= 0xD800 && code < 0xDC00 && at + 8 <= size && p[at + 2] == '\\' && p[at + 3] == 'u') {
        int low = hex_value(p + at + 4);
        if (low >= 0xDC00 && low < 0xE000) {
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
          at += 6;
        }
      }
      put_code(w, (uint32_t)code);
    }
    at += 2;
  }
  put(w, '"');
  w->at = at + 1;
}

/* --- numbers ------------------------------------------------------------------------------------------------------ */

/* A decimal too long for an integer, its sign apart, plus `by`, which is much smaller. */
static void put_long_exponent(writer *w, const uint8_t *from, uint64_t n, bool minus, int64_t by) {
  put(w, 'e');
  put(w, minus ? '-' : '+');
  uint8_t *digits = malloc(n + 1);
  if (!digits) {
    w->no_memory = true;
    return;
  }
  digits[0] = '0';
  memcpy(digits + 1, from, n);
  int64_t carry = minus ? -by : by;
  for (uint64_t i = n + 1; i-- > 0 && carry;) {
    carry += digits[i] - '0';
    int64_t rest = carry % 10;
    if (rest < 0) rest += 10;
    digits[i] = (uint8_t)('0' + rest);
    carry = (carry - rest) / 10;
  }
  uint64_t zero = digits[0] == '0';
  put_all(w, digits + zero, n + 1 - zero);
  free(digits);
}

static void number(writer *w) {
  const uint8_t *p = w->p;
  uint64_t at = w->at, size = w->size, start = at;
  if (p[at] == '-') at++;
  uint64_t whole = at, point = 0, first = UINT64_MAX, last = 0;
  for (; at < size && (digit(p[at]) || p[at] == '.'); at++) {
    if (p[at] == '.') point = at;
    else if (p[at] != '0') {
      if (first == UINT64_MAX) first = at;
      last = at;
    }
  }
  uint64_t units = point ? point : at, exponent = 0, exponent_end = 0;
  bool minus = false;
  if (at < size && (p[at] | 0x20) == 'e') {
    at++;
    if (at < size && (p[at] == '+' || p[at] == '-')) minus = p[at++] == '-';
    while (at < size && p[at] == '0') at++;
    exponent = at;
    while (at < size && digit(p[at])) at++;
    exponent_end = at;
  }
  w->at = at > start ? at : start + 1;
  if (first == UINT64_MAX) { /* -0 too: its decimal value is the same, and ECMAScript writes 0 */
    put(w, '0');
    return;
  }
  if (whole != start) put(w, '-');
  /* the value is 0.d1 d2 … dk × 10^n, with d1 and dk not 0 */
  uint64_t k = last - first + 1 - (first < units && last > units);
  int64_t n = first < units ? (int64_t)(units - first) : -(int64_t)(first - point - 1);
  bool exact = exponent_end - exponent < 18; /* else its sum is taken digit by digit */
  if (exact) {
    int64_t power = 0;
    for (uint64_t i = exponent; i < exponent_end; i++) power = power * 10 + (p[i] - '0');
    n += minus ? -power : power;
  }
  char text[32];
  int64_t shown = n - 1;
  int wide = snprintf(text, sizeof text, "e%c%lld", shown < 0 ? '-' : '+', (long long)(shown < 0 ? -shown : shown));
  uint64_t scientific = k + (k > 1) + (uint64_t)wide;
  bool plain = exact && ((n > -6 && n <= 21) || (n > 0 && ((uint64_t)n < k || (uint64_t)n <= scientific)));
  uint64_t left = 0; /* digits before the point */
  if (plain && n <= 0) {
    put(w, '0');
    put(w, '.');
    put_zeros(w, (uint64_t)-n);
    left = k;
  } else {
    left = plain ? (uint64_t)n : 1;
  }
  uint64_t written = 0;
  for (uint64_t i = first; i <= last; i++) {
    if (p[i] == '.') continue;
    if (written == left) put(w, '.');
    put(w, p[i]);
    written++;
  }
  if (plain) {
    if (n > 0 && (uint64_t)n > k) put_zeros(w, (uint64_t)n - k);
  } else if (exact) {
    put_all(w, (const uint8_t *)text, (uint64_t)wide);
  } else {
    put_long_exponent(w, p + exponent, exponent_end - exponent, minus, shown);
  }
}

/* --- the document ------------------------------------------------------------------------------------------------- */

static void new_line(writer *w) {
  if (w->style < DLP_STYLE_TWO) return;
  put(w, '\n');
  uint64_t width = w->style == DLP_STYLE_TWO ? 2 * w->depth : w->style == DLP_STYLE_FOUR ? 4 * w->depth : w->depth;
  uint8_t fill = w->style == DLP_STYLE_TAB ? '\t' : ' ';
  for (; width; width--) put(w, fill);
}

static void skip_white(writer *w) {
  while (w->at < w->size && white(w->p[w->at])) w->at++;
}

int64_t dlp_canonical(const uint8_t *data, size_t size, uint32_t style, uint8_t *out, size_t cap) {
  writer writing = {.p = data, .size = size, .out = out, .cap = cap, .style = style}, *w = &writing;
  if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) w->at = 3;
  for (;;) {
    skip_white(w);
    if (w->at >= size) break;
    uint8_t b = data[w->at];
    switch (b) {
    case '"': string(w); break;
    case '{': case '[':
      put(w, b);
      w->at++;
      skip_white(w);
      if (w->at < size && (data[w->at] == '}' || data[w->at] == ']')) {
        put(w, data[w->at++]);
      } else {
        w->depth++;
        new_line(w);
      }
      break;
    case '}': case ']':
      if (w->depth) w->depth--;
      new_line(w);
      put(w, b);
      w->at++;
      break;
    case ',':
      put(w, b);
      w->at++;
      if (style == DLP_STYLE_SPACED) put(w, ' ');
      new_line(w);
      break;
    case ':':
      put(w, b);
      w->at++;
      if (style != DLP_STYLE_COMPACT) put(w, ' ');
      break;
    default:
      if (digit(b) || b == '-') {
        number(w);
      } else {
        put(w, b);
        w->at++;
      }
    }
  }
  return w->no_memory ? DLP_ENOMEM : (int64_t)w->n;
}

/* Each gap behind a comma votes for the style that would have written it; those behind a bracket, where there is none. */
uint32_t dlp_style_of(const uint8_t *data, size_t size) {
  uint64_t votes[DLP_STYLE_COUNT] = {0}, weak[DLP_STYLE_COUNT] = {0}, depth = 0;
  for (uint64_t at = 0; at < size;) {
    uint8_t b = data[at++];
    if (b == '"') {
      while (at < size && data[at] != '"') at += data[at] == '\\' ? 2 : 1;
      at++;
      continue;
    }
    if (b == '{' || b == '[') depth++;
    else if (b == '}' || b == ']') depth -= depth != 0;
    else if (b != ',' && b != ':') continue;
    if (b == '}' || b == ']') continue;
    uint64_t line = UINT64_MAX, start = at;
    for (; at < size && white(data[at]); at++)
      if (data[at] == '\n' || data[at] == '\r') line = at + 1;
    uint64_t *to = b == ',' ? votes : weak;
    if (line == UINT64_MAX) {
      if (b == ',' || b == ':') to[at == start ? DLP_STYLE_COMPACT : DLP_STYLE_SPACED]++;
      continue;
    }
    if (at < size && (data[at] == '}' || data[at] == ']')) continue;
    uint64_t width = at - line;
    bool tabs = width && data[line] == '\t';
    if (tabs && width == depth) to[DLP_STYLE_TAB] += 2;
    else if (!tabs && width == 2 * depth) to[DLP_STYLE_TWO] += 2;
    else if (!tabs && width == 4 * depth) to[DLP_STYLE_FOUR] += 2;
  }
  uint64_t any = 0;
  for (uint32_t k = 0; k < DLP_STYLE_COUNT; k++) any += votes[k];
  const uint64_t *from = any ? votes : weak;
  uint32_t best = DLP_STYLE_COMPACT;
  for (uint32_t k = 1; k < DLP_STYLE_COUNT; k++)
    if (from[k] > from[best]) best = k;
  return best;
}
