/* Strings: their grammar (RFC 8259 7), UTF-8, escapes, and the freedoms that a writer took with them. */
#include "scan.h"

static inline bool digit(uint8_t b) { return (uint8_t)(b - '0') < 10; }

static bool ascii_letter(uint8_t b) { return (uint8_t)((b | 0x20) - 'a') < 26; }

/* A character that is not ASCII, and whether an ASCII letter stands beside it. */
static inline void note_code(scan *c, uint32_t *flags, uint32_t code, bool beside_letter) {
  if (dlp_uni_plain(code)) return;
  uint32_t is = dlp_uni_flags(code);
  if (is & DLP_UNI_FOLDS) *flags |= DLP_F_FOLD;
  if (is & DLP_UNI_LOOK || (is & DLP_UNI_NEAR && beside_letter)) c->s->result.census |= DLP_C_UNICODE;
}

/* A backslash at `at`; returns the offset behind the escape. */
static uint64_t escape(scan *c, uint64_t at, uint32_t *flags) {
  const uint8_t *p = c->p;
  *flags |= DLP_F_ESCAPED;
  if (at + 1 >= c->size) {
    *flags |= DLP_F_INVALID;
    return c->size;
  }
  uint64_t *census = &c->s->result.census;
  switch (p[at + 1]) {
  case '/': *census |= DLP_C_ESCAPED_SOLIDUS; return at + 2;
  case 'b': case 'f': case 'n': case 'r': case 't': *census |= DLP_C_SHORT_CONTROL; return at + 2;
  case '"': case '\\': return at + 2;
  case 'u': break;
  default:
    if (*flags & DLP_F_SINGLE && p[at + 1] == '\'') return at + 2;
    *flags |= DLP_F_INVALID;
    dlp_error_at(c, DLP_E_INVALID_ESCAPE, at, 2);
    return at + (p[at + 1] < 0x20 ? 1 : p[at + 1] < 0x80 ? 2 : 1);
  }
  int code = at + 6 <= c->size ? dlp_hex4(p + at + 2) : -1;
  if (code < 0) {
    *flags |= DLP_F_INVALID;
    dlp_error_at(c, DLP_E_INVALID_ESCAPE, at, 2);
    return at + 2;
  }
  const uint32_t four = dlp_read32(p + at + 2), letters = four & 0x40404040u, small = letters & four << 1; /* 'a' is 61, 'A' 41, '9' 39 */
  if (small) *census |= DLP_C_HEX_LOWER;
  if (letters != small) *census |= DLP_C_HEX_UPPER;
  if (code >= 0x80) {
    *flags |= DLP_F_NON_ASCII;
    *census |= DLP_C_ESCAPED_NON_ASCII;
  } else if (code >= 0x20) {
    bool alnum = digit((uint8_t)code) || (uint8_t)(((uint8_t)code | 0x20) - 'a') < 26;
    *census |= alnum ? DLP_C_ESCAPED_ALNUM : DLP_C_ESCAPED_PUNCTUATION;
  } else if (code == '\b' || code == '\f' || code == '\n' || code == '\r' || code == '\t') {
    *census |= DLP_C_LONG_CONTROL;
  }
  if (code >= 0xD800 && code < 0xE000) {
    if (code < 0xDC00 && at + 12 <= c->size && p[at + 6] == '\\' && p[at + 7] == 'u') {
      int low = dlp_hex4(p + at + 8);
      if (low >= 0xDC00 && low < 0xE000) {
        uint32_t pair = 0x10000 + ((uint32_t)(code - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
        note_code(c, flags, pair, ascii_letter(p[at - 1]) || (at + 12 < c->size && ascii_letter(p[at + 12])));
        return at + 12;
      }
    }
    *flags |= DLP_F_SURROGATE;
    *census |= DLP_C_UNICODE;
    dlp_error_at(c, DLP_E_LONE_SURROGATE, at, 6);
  } else if (code >= 0x80) {
    note_code(c, flags, (uint32_t)code, ascii_letter(p[at - 1]) || (at + 6 < c->size && ascii_letter(p[at + 6])));
  }
  return at + 6;
}

void dlp_note_spaces(scan *c, uint32_t doubles) {
  c->double_spaces += doubles;
  if (c->double_spaces >= 8) c->s->result.census |= DLP_C_SPACE_RUN; /* eight choices are the least that can say a byte */
}

uint64_t dlp_string(scan *c, uint32_t *flags) {
  const uint8_t *p = c->p;
  uint8_t quote = p[c->at];
  uint64_t open = c->at, at = open + 1;
  dlp_plain plain = {0, false};
  *flags = quote == '\'' ? DLP_F_SINGLE : 0;
  for (;;) {
    at = c->lanes->plain(p, at, c->size, quote, &plain);
    if (at >= c->size) break;
    uint8_t b = p[at];
    if (b == quote) {
      c->at = at + 1;
      if (plain.at_sign) *flags |= DLP_F_AT;
      dlp_note_spaces(c, plain.doubles + (p[at - 1] == ' '));
      return at;
    }
    if (b == '\\') {
      do at = escape(c, at, flags);
      while (at < c->size && p[at] == '\\');
    } else if (b < 0x20) {
      *flags |= DLP_F_INVALID;
      dlp_error_at(c, DLP_E_CONTROL_CHARACTER, at, 1);
      at++;
    } else {
      *flags |= DLP_F_NON_ASCII;
      c->s->result.census |= DLP_C_RAW_NON_ASCII;
      do {
        unsigned n = dlp_utf8_sequence(p + at, p + c->size);
        if (!n) {
          *flags |= DLP_F_INVALID;
          dlp_error_at(c, DLP_E_INVALID_UTF8, at, 1);
          n = 1;
        } else if (!((p[at] >= 0xE5 && p[at] <= 0xE9) || p[at] == 0xEB || p[at] == 0xEC)) { /* CJK, Hangul: nothing */
          note_code(c, flags, dlp_utf8_code(p + at, n), ascii_letter(p[at - 1]) || (at + n < c->size && ascii_letter(p[at + n])));
        }
        at += n;
      } while (at < c->size && p[at] >= 0x80);
    }
  }
  *flags |= DLP_F_INVALID;
  dlp_error_at(c, DLP_E_UNTERMINATED_STRING, open, c->size - open);
  c->at = c->size;
  return c->size;
}

static bool between(uint8_t b, uint8_t first, uint8_t last) { return b >= first && b <= last; }

void dlp_note_cases(scan *c, uint32_t cases) {
  c->literal_cases |= cases;
  if (c->literal_cases == 3) c->s->result.census |= DLP_C_LITERAL_CASE;
}

/* Texts whose letters' case, or whose last bits, mean nothing to their readers. */
void dlp_literal_census(scan *c, uint64_t start, uint64_t end, uint32_t flags) {
  const uint8_t *p = c->p;
  uint64_t n = end - start, *census = &c->s->result.census;
  if (n < 8 || flags & (DLP_F_NON_ASCII | DLP_F_ESCAPED | DLP_F_INVALID)) return;
  if (p[end - 1] == '=' && n % 4 == 0) {
    bool two = p[end - 2] == '=';
    uint8_t b = two ? p[end - 3] : p[end - 2];
    uint32_t v = between(b, 'A', 'Z') ? b - 65u : between(b, 'a', 'z') ? b - 71u : digit(b) ? b + 4u : b == '+' || b == '-' ? 62u : 63u;
    if (v & (two ? 15u : 3u)) *census |= DLP_C_BASE64_SLACK;
    bool standard = memchr(p + start, '+', n) || memchr(p + start, '/', n);
    if (standard && (memchr(p + start, '-', n) || memchr(p + start, '_', n))) *census |= DLP_C_BASE64_SLACK;
  }
  if (flags & DLP_F_AT) {
    const uint8_t *at = memchr(p + start, '@', n); /* a name, or more: git@host:path is left alone */
    uint32_t cases = 0;
    for (at += at != NULL; at && at < p + end; at++) {
      if (between(*at, 'A', 'Z')) cases = 1;
      else if (!between(*at, 'a', 'z') && !digit(*at) && *at != '.' && *at != '-') break;
    }
    if (cases && at == p + end) *census |= DLP_C_LITERAL_CASE;
  }
  if (n < 16) return;
  uint64_t i = start + (p[start] == '{' ? 1 : p[start] == '0' && (p[start + 1] | 0x20) == 'x' ? 2 : 0);
  uint32_t cases = 0;
  for (; i < end; i++) {
    uint8_t b = p[i];
    if (digit(b) || b == '-') continue;
    if (between(b, 'a', 'f')) cases |= 1;
    else if (between(b, 'A', 'F')) cases |= 2;
    else break;
  }
  if (!cases || (i < end && !(p[i] == '}' && i + 1 == end))) return;
  dlp_note_cases(c, cases);
}
