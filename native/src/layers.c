/* Which strings hold an encoded layer that is worth decoding: base-N, escapes, JSON, data URIs, text written backwards.
 *
 * Theory of operation. Every string passes here, so each test ends at the first byte that speaks against it. A run of
 * base-N digits is decoded until a byte is no text, unless the first bytes are the head of a format; of noise, that is
 * the first group. Escapes (percent, entities, quoted-printable) are common in URLs and prose: they deserve a look if
 * two of them hide a letter or digit, which nobody needs to escape, or if the text without them holds what a rule
 * looks for. It may say too much, never too little: covert/layers.py decides. */
#include "scan.h"

enum base { BASE16, BASE32, BASE64, ASCII85, BASE85, ZERO_MQ85 };
enum { SHORT_TEXT = 12, MIN_TEXT = 4, MIN_RUN = 8, LONG_RUN = 40, LOOKED_INTO = 1 << 20, UNESCAPED = 4096 };

static inline bool letter(uint8_t c) { return (uint8_t)((c | 0x20) - 'a') < 26; }
static inline bool digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }
static inline bool upper(uint8_t c) { return (uint8_t)(c - 'A') < 26; }
static inline bool small(uint8_t c) { return (uint8_t)(c - 'a') < 26; }
static inline bool alnum(uint8_t c) { return letter(c) || digit(c); }
static inline bool hex(uint8_t c) { return digit(c) || (uint8_t)((c | 0x20) - 'a') < 6; }
static inline bool line_end(uint8_t c) { return c == '\n' || c == '\r'; }
static inline bool in64(uint8_t c) { return alnum(c) || c == '+' || c == '/' || c == '-' || c == '_'; }
static inline uint32_t nibble(uint8_t c) { return (uint32_t)(digit(c) ? c - '0' : (c | 0x20) - 'a' + 10); }

/* Digits by ASCII character: RFC 4648 section 4 and 5 together, RFC 1924 (as Python's b85), ZeroMQ RFC 32 (Z85). */
static const int8_t digits64[128] = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 62, -1, 62, -1, 63, 52, 53, 54, 55, 56, 57, 58, 59,
    60, 61, -1, -1, -1, -1, -1, -1, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25, -1, -1, -1, -1, 63, -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1,
};
static const int8_t digits85[128] = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, 62, -1, 63, 64, 65, 66, -1, 67, 68, 69, 70, -1, 71, -1, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1,
    72, 73, 74, 75, 76, 77, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, -1, -1, -1, 78, 79, 80, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53,
    54, 55, 56, 57, 58, 59, 60, 61, 81, 82, 83, 84, -1,
};
static const int8_t digits_z85[128] = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, 68, -1, 84, 83, 82, 72, -1, 75, 76, 70, 65, -1, 63, 62, 69, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 64,
    -1, 73, 66, 74, 71, 81, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57,
    58, 59, 60, 61, 77, -1, 78, 67, -1, -1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
    28, 29, 30, 31, 32, 33, 34, 35, 79, -1, 80, -1, -1,
};

/* A group of base 85: five digits, below 2^32; -1 for what is none. */
static int64_t group85(enum base base, const uint8_t *p) {
  uint64_t value = 0;
  int bad = 0;
  const int8_t *digits = base == BASE85 ? digits85 : digits_z85;
  for (uint32_t k = 0; k < 5; k++) {
    const int d = base == ASCII85 ? p[k] - '!' : digits[p[k] & 127] | (p[k] >= 0x80 ? -1 : 0);
    bad |= d;
    value = value * 85 + (uint32_t)d;
  }
  if (base == ASCII85)
    for (uint32_t k = 0; k < 5; k++) bad |= 'u' - p[k];
  return bad < 0 || value > UINT32_MAX ? -1 : (int64_t)value;
}

static inline int digit_of(enum base base, uint8_t c) {
  switch (base) {
  case BASE16: return hex(c) ? (int)nibble(c) : -1;
  case BASE32: return letter(c) ? (c | 0x20) - 'a' : c >= '2' && c <= '7' ? c - '2' + 26 : -1;
  case BASE64: return c < 0x80 ? digits64[c] : -1;
  case ASCII85: return c >= '!' && c <= 'u' ? c - '!' : -1;
  case BASE85: return c < 0x80 ? digits85[c] : -1;
  default: return c < 0x80 ? digits_z85[c] : -1;
  }
}

/* --- text, and heads of formats ---------------------------------------------------------------------------------- */

typedef struct text {
  uint64_t n, good; /* good: letters, digits, blanks; of what is not ASCII, the alphabets (two bytes) */
  uint32_t need;
  bool two;         /* inside a sequence of two bytes */
  bool plain, ascii; /* plain: nothing but letters and blanks */
} text;

static bool text_put(text *t, uint8_t b) {
  t->n++;
  if (t->need) {
    t->need--;
    t->good += t->two;
    return (b & 0xC0) == 0x80;
  }
  if (b >= 0x80) {
    t->need = b >= 0xC2 && b <= 0xDF ? 1 : (b & 0xF0) == 0xE0 ? 2 : b >= 0xF0 && b <= 0xF4 ? 3 : 0;
    t->two = t->need == 1;
    t->good += t->two;
    t->plain = t->ascii = false;
    return t->need != 0;
  }
  t->good += alnum(b) || b == ' ';
  t->plain &= letter(b) || b == ' ';
  return b >= 0x20 ? b != 0x7F : b >= '\t' && b <= '\r';
}

static inline bool may_deflate(uint8_t first) { /* RFC 1951 3.2.3: with codes, fixed or its own */
  uint32_t type = first >> 1 & 3;
  return type == 1 || type == 2;
}

/* The first symbols of a raw deflate stream (RFC 1951): of noise, one in some hundreds looks like one. */
static bool deflate_head(const uint8_t *p, size_t n) {
  static const uint8_t turned[16] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};
  uint64_t low = 0, high = 0;
  if (n < 5 || !may_deflate(p[0])) return false;
  for (size_t i = 0; i < 8 && i < n; i++) low |= (uint64_t)p[i] << (8 * i);
  for (size_t i = 8; i < 16 && i < n; i++) high |= (uint64_t)p[i] << (8 * (i - 8));
  uint32_t type = (uint32_t)(low >> 1 & 3);
  if (type == 1) { /* fixed codes: the first four must be text */
    for (uint32_t at = 3, k = 0, long_codes = 0; k < 4; k++, at += 8) {
      uint32_t code = (uint32_t)turned[low >> at & 15] << 4 | turned[low >> (at + 4) & 15];
      if (code >= 0xC8) { /* nine bits: not ASCII */
        if (long_codes++ || (k == 3 && n < 6)) return k == 3 && n < 6;
        at++;
        continue;
      }
      if (code < 0x30 || code > 0xBF) return false;
      code -= 0x30;
      if (code == 0x7F || (code < 0x20 && (code < '\t' || code > '\r'))) return false;
    }
    return true;
  }
  if (type != 2 || n < 12) return false;
  uint32_t lengths = (uint32_t)(low >> 3 & 31), distances = (uint32_t)(low >> 8 & 31), codes = (uint32_t)(low >> 13 & 15) + 4;
  if (lengths > 29 || distances > 29) return false;
  uint32_t kraft = 0;
  for (uint32_t k = 0; k < codes; k++) {
    uint32_t at = 17 + 3 * k;
    uint64_t bits = at < 64 ? low >> at : 0;
    if (at >= 64) bits = high >> (at - 64);
    else if (at > 61) bits |= high << (64 - at);
    uint32_t length = (uint32_t)(bits & 7);
    if (length) kraft += 128u >> length;
  }
  return kraft == 128;
}

static bool zlib_head(const uint8_t *p, size_t n) { /* RFC 1950 */
  return n >= 4 && (p[0] & 15) == 8 && p[0] >> 4 <= 7 && (p[0] * 256 + p[1]) % 31 == 0;
}

static bool magic(const uint8_t *p, size_t n) {
  static const struct { const char *magic; uint8_t n; } heads[] = {
      {"\x1f\x8b\x08", 3}, {"PK\x03\x04", 4}, {"%PDF-", 5}, {"\x7f" "ELF", 4}, {"MZ", 2}, {"\x89PNG", 4}, {"\xff\xd8\xff", 3},
      {"GIF8", 4}, {"BZh", 3}, {"\xfd" "7zXZ", 5}, {"\x28\xb5\x2f\xfd", 4}, {"7z\xbc\xaf", 4}, {"SQLite", 6}, {"\xd0\xcf\x11\xe0", 4},
  };
  if (n < 4) return false;
  switch (p[0]) { /* of each format, the first byte */
  case 0x1F: case 'P': case '%': case 0x7F: case 'M': case 0x89: case 0xFF: case 'G': case 'B': case 0xFD: case '(': case '7':
  case 'S': case 0xD0:
    for (size_t k = 0; k < sizeof heads / sizeof *heads; k++) {
      size_t m = heads[k].n < n ? heads[k].n : n; /* as much of it as there is */
      if (memcmp(p, heads[k].magic, m) == 0) return true;
    }
    break;
  default: break;
  }
  return false;
}

/* Of a format that begins so: whether it is one that is unpacked. */
static bool packed(const uint8_t *p, size_t n) {
  return n < 4 || !(memcmp(p, "%PDF", 4) == 0 || memcmp(p, "\x7f" "ELF", 4) == 0 || (p[0] == 'M' && p[1] == 'Z') || p[0] == 0x89 ||
                    p[0] == 0xFF || p[0] == 'G' || p[0] == 'S' || p[0] == 0xD0);
}

/* UTF-16 (RFC 2781): a mark of its order, or text of ASCII with NULs between. */
static bool utf16_head(const uint8_t *p, size_t n) {
  if (n < 4) return false;
  if ((p[0] == 0xFF && p[1] == 0xFE) || (p[0] == 0xFE && p[1] == 0xFF)) return true;
  size_t high = p[0] == 0 ? 0 : 1;
  for (size_t i = 0; i < n; i++) {
    uint8_t b = p[i];
    if (i % 2 == high ? b != 0 : !(b >= 0x20 ? b != 0x7F : b >= '\t' && b <= '\r')) return false;
  }
  return true;
}

static bool format_head(const uint8_t *p, size_t n, bool deflate) {
  return magic(p, n) || zlib_head(p, n) || utf16_head(p, n) || (deflate && deflate_head(p, n));
}

/* Whether bytes may be the start of a text or of a format. */
static bool may_begin(const uint8_t *p, size_t n, bool deflate) {
  text t = {0};
  size_t i = 0;
  while (i < n && text_put(&t, p[i])) i++;
  return i == n || format_head(p, n, deflate);
}

/* Who looks, and with what: `s` looks into what was decoded; NULL: whatever decodes is called. */
typedef struct reader {
  const dlp_prefilter *pf;
  dlp_scanner *s;
} reader;

/* What speaks for a look at a decoded text: a trigger of a rule that the text has what it needs for. */
typedef struct look {
  const dlp_prefilter *pf;
  const uint8_t *p;
  size_t n;
  dlp_makeup makeup;
  bool whole, any; /* whole: p is all of the text */
} look;

static void worth(look *l, uint32_t trigger, size_t at) {
  if (l->any) return;
  if (!l->whole) l->any = true;
  for (uint32_t kind = DLP_T_STRING; kind <= DLP_T_TEXT && !l->any; kind++)
    l->any = dlp_meets(l->pf, trigger, kind, l->p, l->n, at, &l->makeup, false);
}

static void on_literal(void *context, uint64_t offset, uint32_t literal) {
  worth(context, DLP_SHAPE_COUNT + literal, (size_t)offset);
}

static void on_word(void *context, uint32_t word) {
  look *l = context;
  worth(l, DLP_SHAPE_COUNT + dlp_literal_count(l->pf) + word, 0);
}

static bool hits(const reader *r, const uint8_t *p, size_t n, bool whole) {
  const dlp_prefilter *pf = r->pf;
  look l = {.pf = pf, .p = p, .n = n, .whole = whole};
  dlp_literals(pf, p, n, n, on_literal, &l);
  if (l.any) return true;
  const uint32_t loose = 1u << DLP_SHAPE_DIGITS | 1u << DLP_SHAPE_ENTROPY | 1u << DLP_SHAPE_LAYER | 1u << DLP_SHAPE_ALWAYS;
  uint32_t shapes = dlp_shapes(p, n, dlp_prefilter_shapes(pf) & ~loose);
  for (uint32_t k = 0; k < DLP_SHAPE_COUNT; k++)
    if (shapes >> k & 1) worth(&l, k, 0);
  if (!l.any) dlp_words(pf, p, n, on_word, &l);
  return l.any;
}

/* Whether what has this error is no JSON document; others are no matter of grammar. */
static bool breaks_grammar(uint32_t code) {
  return code != DLP_E_DUPLICATE_KEY && code != DLP_E_LONE_SURROGATE && code != DLP_E_BYTE_ORDER_MARK && code != DLP_E_DEPTH;
}

/* Whether anything is to be said of decoded bytes: they are read as a payload is, with a scanner of their own. */
static bool holds(const reader *r, const uint8_t *p, size_t n) {
  static const dlp_limits few = {.max_depth = 256, .max_candidates = 16, .max_errors = 1, .max_gaps = 1};
  dlp_scanner *inner = r->s ? dlp_scanner_inner(r->s) : NULL;
  if (!inner) return true;
  size_t i = 0;
  while (i < n && (p[i] == ' ' || p[i] == '\t' || p[i] == '\n' || p[i] == '\r')) i++;
  if (i < n && (p[i] == '{' || p[i] == '[')) return dlp_scan(inner, r->pf, p, n, &few, DLP_O_SETTLE) != DLP_OK;
  return dlp_scan_text(inner, r->pf, p, n, &few) != DLP_OK;
}

bool dlp_holds(const dlp_prefilter *pf, dlp_scanner *s, const uint8_t *p, uint64_t n) {
  const reader r = {pf, dlp_calls_every_layer(pf) ? NULL : s};
  return holds(&r, p, (size_t)n);
}

bool dlp_begins_format(const uint8_t *p, uint64_t n) { return format_head(p, (size_t)n, true); }

/* --- base-N ------------------------------------------------------------------------------------------------------ */

typedef struct coded {
  const uint8_t *p;
  size_t n, at;
  uint32_t acc, have;
  enum base base;
  bool back; /* written backwards */
} coded;

/* Decodes up to `cap` bytes; fewer at the end, or at what is no digit. */
static size_t take(coded *c, uint8_t *out, size_t cap) {
  size_t o = 0;
  if (c->base >= ASCII85) {
    while (o + 4 <= cap && c->at < c->n) {
      const int64_t group = c->n - c->at >= 5 ? group85(c->base, c->p + c->at) : -1;
      if (group >= 0) {
        for (uint32_t i = 0; i < 4; i++) out[o++] = (uint8_t)(group >> (24 - 8 * i));
        c->at += 5;
        continue;
      }
      uint64_t value = 0;
      uint32_t k = 0;
      for (; k < 5 && c->at < c->n; c->at++) {
        if (line_end(c->p[c->at])) continue;
        int d = digit_of(c->base, c->p[c->at]);
        if (d < 0 && !(c->base == ASCII85 && k == 0 && c->p[c->at] == 'z')) {
          c->at = c->n;
          return o;
        }
        if (d < 0) { /* z: four zeros */
          k = 5;
          c->at++;
          break;
        }
        value = value * 85 + (uint32_t)d;
        k++;
      }
      if (k < 2) break;
      uint32_t bytes = k - 1;
      for (; k < 5; k++) value = value * 85 + 84;
      if (value > UINT32_MAX) {
        c->at = c->n;
        return o;
      }
      for (uint32_t i = 0; i < bytes; i++) out[o++] = (uint8_t)(value >> (24 - 8 * i));
    }
    return o;
  }
  if (c->base == BASE64 && !c->back && c->have == 0) /* most of them, four digits a turn */
    for (; o + 3 <= cap && c->at + 4 <= c->n; c->at += 4, o += 3) {
      const uint8_t *q = c->p + c->at;
      int a = digit_of(BASE64, q[0]), b = digit_of(BASE64, q[1]), d = digit_of(BASE64, q[2]), e = digit_of(BASE64, q[3]);
      if ((a | b | d | e) < 0) break;
      uint32_t v = (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)d << 6 | (uint32_t)e;
      out[o] = (uint8_t)(v >> 16);
      out[o + 1] = (uint8_t)(v >> 8);
      out[o + 2] = (uint8_t)v;
    }
  uint32_t bits = c->base == BASE16 ? 4 : c->base == BASE32 ? 5 : 6;
  while (o < cap && c->at < c->n) {
    uint8_t b = c->p[c->back ? c->n - 1 - c->at : c->at];
    c->at++;
    if (line_end(b)) continue;
    int d = digit_of(c->base, b);
    if (d < 0) {
      c->at = c->n;
      break;
    }
    c->acc = c->acc << bits | (uint32_t)d;
    c->have += bits;
    if (c->have >= 8) {
      c->have -= 8;
      out[o++] = (uint8_t)(c->acc >> c->have);
      c->acc &= (1u << c->have) - 1;
    }
  }
  return o;
}

/* Whether what all of the digits give holds anything. */
static bool gives(const reader *r, coded c) {
  if (!r->s || c.n > LOOKED_INTO) return true;
  uint8_t *out = dlp_scanner_room(r->s, c.n + 64); /* of base 85, z alone is four bytes */
  if (!out || (c.base == ASCII85 && memchr(c.p, 'z', c.n))) return true;
  size_t n = take(&c, out, c.n);
  memset(out + n, 0, 64);
  return holds(r, out, n);
}

/* Whether all that the digits give is a compressed stream. */
static bool is_stream(coded c, size_t head) {
  uint8_t out[3072];
  if (c.n > sizeof out) return true;
  size_t n = take(&c, out, sizeof out);
  return n > head && dlp_inflates(out + head, n - head, head == 0);
}

/* `thin`: much else decodes to text from so few digits. */
static bool decodes(const reader *r, coded c, bool thin) {
  uint8_t out[256];
  const coded all = c;
  size_t n = take(&c, out, 4), fresh = 0; /* bytes, and of them those already known for text */
  text t = {.plain = true, .ascii = true};
  while (fresh < n && text_put(&t, out[fresh])) fresh++;
  if (n < 4) return false;
  bool deflate = c.base < ASCII85 || c.n >= 64;
  if (fresh < 4 && !(deflate && may_deflate(out[0])) && !magic(out, n) && !zlib_head(out, n) && !utf16_head(out, n)) return false;
  n += take(&c, out + n, 12);
  if (n >= 8 && utf16_head(out, 8)) return true; /* letters of Latin-1 may follow */
  if (magic(out, n)) return packed(out, n) || gives(r, all); /* some heads look like text */
  if (zlib_head(out, n) && is_stream(all, 2)) return true;
  if (deflate && may_deflate(out[0]) && deflate_head(out, n) && is_stream(all, 0)) return true;
  if (fresh < 4) return false;
  n += take(&c, out + n, sizeof out - 16);
  for (; n; n = take(&c, out, sizeof out - 16), fresh = 0)
    for (size_t i = fresh; i < n; i++)
      if (!text_put(&t, out[i])) return false;
  if (t.n < MIN_TEXT || t.need) return false;
  if (t.n < SHORT_TEXT && !(thin ? t.good == t.n && t.ascii && (t.plain || c.base >= ASCII85 || t.n >= 8) : t.good * 4 >= t.n * 3))
    return false;
  return gives(r, all);
}

/* One run of base64 digits (line ends among them), tried as base16, base32, base64. */
static bool run_decodes(const reader *r, const uint8_t *p, size_t n) {
  size_t rest = 1;
  while (rest < n && rest < 8 && (small(p[rest]) || p[rest] == '_' || p[rest] == '-')) rest++;
  if ((rest == 8 || rest == n) && n < LONG_RUN) return false; /* words; what is encoded has digits or capitals sooner */
  size_t same = 1, decimal = 0;
  while (same < n && p[same] == p[0]) same++;
  while (decimal < n && digit(p[decimal])) decimal++;
  if (same == n || (decimal == n && n < 12)) return false; /* a filler, or a number */
  bool as64 = true, as32 = true, as16 = true;
  if (n >= 8 && !line_end(p[0]) && !line_end(p[1])) { /* the first eight digits are enough against nearly every word, name and hash */
    uint64_t by64 = 0, by32 = 0;
    int bad64 = 0, bad32 = 0;
    for (uint32_t i = 0; i < 8; i++) {
      int d = digits64[p[i] & 127];
      bad64 |= d; /* a line end: negative */
      by64 = by64 << 6 | (uint64_t)(d & 63);
      d = digit_of(BASE32, p[i]);
      bad32 |= d;
      by32 = by32 << 5 | (uint64_t)(d & 31);
    }
    if (bad64 >= 0) {
      uint8_t out[6];
      for (uint32_t i = 0; i < 6; i++) out[i] = (uint8_t)(by64 >> (40 - 8 * i));
      as64 = may_begin(out, 6, n >= 12); /* a raw stream has no head: below nine bytes nearly anything is one */
      if (bad32 < 0) as32 = false;
      else {
        for (uint32_t i = 0; i < 5; i++) out[i] = (uint8_t)(by32 >> (32 - 8 * i));
        as32 = may_begin(out, 5, n >= 15);
      }
      as16 = hex(p[0]) && hex(p[1]) && hex(p[2]) && hex(p[3]) && hex(p[4]) && hex(p[5]) && hex(p[6]) && hex(p[7]);
      if (as16) {
        uint32_t bytes = n >= 12 && hex(p[8]) && hex(p[9]) && hex(p[10]) && hex(p[11]) ? 6 : 4;
        for (uint32_t i = 0; i < bytes; i++) out[i] = (uint8_t)(nibble(p[2 * i]) << 4 | nibble(p[2 * i + 1]));
        as16 = may_begin(out, bytes, n >= 18);
      }
      if (n >= 64) { /* deflate with codes of its own shows later */
        as64 |= (by64 >> 41 & 3) == 2;
        as32 |= bad32 >= 0 && (by32 >> 33 & 3) == 2;
        as16 |= hex(p[0]) && hex(p[1]) && (nibble(p[1]) & 6) == 4;
      }
      if (!as16 && !as32 && !as64) return false;
    }
  }
  size_t digits = 0, ends = 0, i = 0;
  bool capital = false, low = false, in32 = true, in16 = true;
  for (; i < n; i++) {
    uint8_t d = p[i];
    if (line_end(d)) {
      ends++;
      continue;
    }
    digits += digit(d);
    capital |= upper(d);
    low |= small(d);
    in16 &= hex(d);
    in32 &= letter(d) || (d >= '2' && d <= '7');
    if (!in16 && !in32) break; /* the rest says no more */
  }
  bool all = i == n;
  size_t symbols = n - ends;
  if (as16 && all && in16 && symbols % 2 == 0 && symbols >= 8 &&
      decodes(r, (coded){.p = p, .n = n, .base = BASE16}, digits == symbols && symbols < 24))
    return true;
  if (all && in16 && symbols >= 20) return false; /* a hash: of base 64, one run in 10^9 has hex digits alone */
  if (as32 && all && in32 && !(capital && low) && symbols >= (capital || digits ? 7 : 16) &&
      decodes(r, (coded){.p = p, .n = n, .base = BASE32}, false))
    return true;
  return as64 && decodes(r, (coded){.p = p, .n = n, .base = BASE64}, false);
}

/* Two digits are the first byte of what a run would decode to, and a part of the second: enough against most of them.
 * What a run that begins so could be: a text or a format, or a raw stream, which needs more digits to be told. */
enum { MAY_BE = 1, MAY_BE_FIXED = 2, MAY_BE_CODED = 4 };

static uint8_t may_begin_pair(uint8_t first, uint8_t second, uint32_t known) { /* known: bits of the second, from the top */
  uint8_t any = (uint8_t)(0xFF >> known);
  bool text_byte = first >= 0x20 ? first < 0x7F : first >= '\t' && first <= '\r';
  if (text_byte) { /* then more of it, or a sequence */
    for (uint32_t low = 0; low <= any; low++) {
      uint8_t b = (uint8_t)(second | low);
      if ((b >= 0x20 ? b < 0x7F : b >= '\t' && b <= '\r') || (b >= 0xC2 && b <= 0xF4)) return MAY_BE;
    }
  }
  if (first >= 0xC2 && first <= 0xF4 && ((second ^ 0x80) & 0xC0 & ~any) == 0) return MAY_BE;
  if (first == 0 && (second | any) >= 0x20 && second < 0x7F) return MAY_BE; /* UTF-16 */
  if (memchr("\x1f" "P%\x7f" "M\x89\xffGB\xfd(7S\xd0\xfe", first, 15) || ((first & 15) == 8 && first >> 4 <= 7)) return MAY_BE;
  return !may_deflate(first) ? 0 : (first >> 1 & 3) == 1 ? MAY_BE_FIXED : MAY_BE_CODED;
}

void dlp_beginnings(uint8_t pairs[4096]) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  memset(pairs, 0, 4096);
  for (uint32_t a = 0; a < 64; a++)
    for (uint32_t b = 0; b < 64; b++) {
      uint8_t may = may_begin_pair((uint8_t)(a << 2 | b >> 4), (uint8_t)(b << 4), 4);
      if (a < 62 && b < 62) {
        uint8_t x = (uint8_t)alphabet[a], y = (uint8_t)alphabet[b];
        int d = digit_of(BASE32, x), e = digit_of(BASE32, y);
        if ((d | e) >= 0 && !(upper(x) && small(y)) && !(small(x) && upper(y)))
          may |= may_begin_pair((uint8_t)(d << 3 | e >> 2), (uint8_t)(e << 6), 2);
        if (hex(x) && hex(y)) may |= may_begin_pair((uint8_t)(nibble(x) << 4 | nibble(y)), 0, 0);
      }
      pairs[a << 6 | b] = may;
    }
}

static uint32_t may_begin_with(const reader *r, const uint8_t *p) {
  return dlp_prefilter_pairs(r->pf)[(uint32_t)(digits64[p[0]] & 63) << 6 | (uint32_t)(digits64[p[1]] & 63)];
}

static bool base85_is_layer(const reader *r, const uint8_t *p, size_t n) {
  /* The first digit of a group of text is 10..40 (0x20202020 to 0x7E7E7E7E by 85^4), and so it is of most heads. */
  uint8_t a = p[0];
  size_t same = 1; /* digits or letters alone: a number, a word */
  while (same < n && (digit(a) ? digit(p[same]) : letter(a) && letter(p[same]))) same++;
  if (same == n) return false;
  if (small(a) && small(p[1]) && small(p[2]) && small(p[3]) && small(p[4])) return false; /* a word */
  if (a >= '+' && a <= 'I' && decodes(r, (coded){.p = p, .n = n, .base = ASCII85}, true))
    return true;
  if ((upper(a) || (a >= 'a' && a <= 'e')) && decodes(r, (coded){.p = p, .n = n, .base = BASE85}, true)) return true;
  return (small(a) || (a >= 'A' && a <= 'E')) && decodes(r, (coded){.p = p, .n = n, .base = ZERO_MQ85}, true);
}

/* --- escapes ------------------------------------------------------------------------------------------------------ */

/* The length of an escape at p[i] and the byte that it stands for; 0 for none. A soft line break stands for nothing. */
static size_t escape_at(const uint8_t *p, size_t n, size_t i, int *byte) {
  *byte = -1;
  if ((p[i] == '%' || p[i] == '=') && i + 2 < n && hex(p[i + 1]) && hex(p[i + 2])) {
    *byte = (int)(nibble(p[i + 1]) << 4 | nibble(p[i + 2]));
    return 3;
  }
  if (p[i] == '=' && i + 1 < n && line_end(p[i + 1])) return i + 2 < n && p[i + 1] == '\r' && p[i + 2] == '\n' ? 3 : 2;
  if (p[i] != '&') return 0;
  size_t k = i + 1, limit = n - i > 40 ? i + 40 : n;
  if (k < limit && p[k] == '#') {
    bool base16 = ++k < limit && (p[k] | 0x20) == 'x';
    k += base16;
    size_t start = k;
    uint32_t value = 0;
    for (; k < limit && (base16 ? hex(p[k]) : digit(p[k])); k++)
      if (value < 0x200000) value = value * (base16 ? 16 : 10) + nibble(p[k]);
    if (k == start) return 0;
    *byte = value < 0x80 ? (int)value : 0x80; /* which one does not matter here */
    return k - i + (k < n && p[k] == ';');
  }
  static const struct { const char *name; uint8_t n, byte; } names[] = {
      {"quot;", 5, '"'}, {"apos;", 5, '\''}, {"amp;", 4, '&'}, {"lt;", 3, '<'}, {"gt;", 3, '>'}, {"nbsp;", 5, ' '},
      {"commat;", 7, '@'}, {"period;", 7, '.'}, {"colon;", 6, ':'}, {"sol;", 4, '/'}, {"equals;", 7, '='},
      {"lowbar;", 7, '_'}, {"hyphen;", 7, '-'}, {"dash;", 5, '-'}, {"plus;", 5, '+'}, {"num;", 4, '#'},
      {"percnt;", 7, '%'}, {"lpar;", 5, '('}, {"rpar;", 5, ')'}, {"Tab;", 4, '\t'}, {"NewLine;", 8, '\n'},
      {"shy;", 4, '-'}, {"dollar;", 7, '$'}, {"comma;", 6, ','}, {"semi;", 5, ';'},
  };
  for (size_t j = 0; j < sizeof names / sizeof *names; j++)
    if (n - k >= names[j].n && memcmp(p + k, names[j].name, names[j].n) == 0) {
      *byte = names[j].byte;
      return names[j].n + 1u;
    }
  return 0;
}

/* Without its escapes of one kind (they start with `sign`), does the text hold more than before? */
static bool escapes_are_layer(const reader *r, const uint8_t *p, size_t n, uint8_t sign) {
  enum { CHUNK = 2048, KEEP = 128 };
  uint8_t chunk[CHUNK + 64];
  size_t o = 0, escapes = 0, needless = 0, signs = 0;
  bool cut = false;
  int byte;
  const uint8_t *first = memchr(p, sign, n);
  if (!first) return false;
  size_t i = (size_t)(first - p) > KEEP ? (size_t)(first - p) - KEEP : 0;
  bool left = i > 0; /* out of what is looked at */
  while (i < n) {
    size_t length = p[i] == sign ? escape_at(p, n, i, &byte) : 0;
    signs += p[i] == sign;
    if (length) {
      escapes++;
      if (byte >= 0) {
        needless += alnum((uint8_t)byte);
        chunk[o++] = (uint8_t)byte;
      }
      i += length;
    } else {
      chunk[o++] = p[i++];
    }
    if (sign == '&' && needless >= 2) return true;
    if (o == CHUNK) {
      if (escapes && hits(r, chunk, o, false)) return true;
      cut = true;
      memmove(chunk, chunk + CHUNK - KEEP, KEEP);
      o = KEEP;
    }
  }
  /* RFC 2045 6.7: every = of quoted-printable text starts an escape; a query string has others too */
  if (sign == '=' ? escapes == signs && escapes >= 3 && needless : needless >= 2) {
    if (cut || left) return true;
    text t = {0};
    for (size_t k = 0; k < o; k++)
      if (!text_put(&t, chunk[k])) return true; /* no text: packed, perhaps */
    memset(chunk + o, 0, 64);
    if (holds(r, chunk, o)) return true;
  }
  return escapes && hits(r, chunk, o, !cut && !left);
}

/* Capitals and small letters, or a digit between: more than a word. */
static bool varied(const uint8_t *p, size_t n) {
  bool capital = false, low = false, number = false;
  for (size_t i = 0; i < n; i++) {
    capital |= i && upper(p[i]);
    low |= small(p[i]);
    number |= digit(p[i]);
  }
  return number || (capital && low);
}

/* A few base64 digits, too short for a run, that padding makes one. */
static bool padded(const reader *r, const uint8_t *p, size_t n) {
  for (size_t i = 6; i < n; i++) {
    if (p[i] != '=' || p[i - 1] == '=') continue;
    size_t k = i;
    while (k > 0 && i - k < MIN_RUN && in64(p[k - 1])) k--;
    size_t digits = i - k;
    bool ends = digits == 6 ? i + 1 < n && p[i + 1] == '=' : i + 1 >= n || !in64(p[i + 1]);
    if ((digits == 6 || digits == 7) && ends && (varied(p + k, digits) || (digits == 7 && upper(p[k]))) &&
        run_decodes(r, p + k, digits)) return true;
  }
  return false;
}

/* An address that stands backwards: a dot before the @ and none behind it. */
static bool backward_address(const uint8_t *p, size_t n) {
  const uint8_t *at = memchr(p, '@', n);
  if (!at) return false;
  size_t i = (size_t)(at - p), k = i + 1;
  for (; k < n && k - i < 64 && (alnum(p[k]) || p[k] == '-' || p[k] == '_'); k++) {}
  if (k == i + 1 || (k < n && p[k] == '.')) return false;
  for (k = i; k > 0 && i - k < 255 && (alnum(p[k - 1]) || p[k - 1] == '.' || p[k - 1] == '-'); k--)
    if (p[k - 1] == '.') return true;
  return false;
}

/* --- all of them --------------------------------------------------------------------------------------------------- */

/* A URL: its slashes are no digits. */
bool dlp_is_path(const uint8_t *p, size_t n) {
  for (size_t i = 2; i <= 6 && i + 3 <= n; i++)
    if (p[i] == ':' && p[i + 1] == '/' && p[i + 2] == '/') return true;
  return false;
}

static inline bool in_run(uint8_t c, bool path) {
  return c < 0x80 && digits64[c] >= 0 && !(path && c == '/');
}

static bool long_enough(uint32_t may, size_t n) {
  return may & MAY_BE || (may & MAY_BE_FIXED && n >= 12) || (may & MAY_BE_CODED && n >= 64);
}

/* A run that starts here with the lines that it is wrapped into, or a piece of one. */
static bool run_at(const reader *r, const uint8_t *p, size_t n, bool path, size_t start, size_t *done) {
  size_t end = start + MIN_RUN;
  if (start < *done) { /* of the run before: a piece up to the next mark */
    uint32_t piece = may_begin_with(r, p + start);
    if (!piece) return false;
    while (end < n && alnum(p[end])) end++;
    return long_enough(piece, end - start) && run_decodes(r, p + start, end - start);
  }
  bool prefix = p[start] == '0' && p[start + 1] == 'x';
  uint32_t may = prefix ? MAY_BE : may_begin_with(r, p + start);
  if (!may) {
    while (end < n && in_run(p[end], path)) end++; /* its pieces are told by themselves; its next lines too */
    *done = end;
    return false;
  }
  while (end < n && (in_run(p[end], path) || line_end(p[end]))) end++;
  *done = end;
  if (prefix && end - start >= MIN_RUN + 2) start += 2;
  if (!long_enough(may, end - start)) return false;
  if (run_decodes(r, p + start, end - start)) return true;
  for (size_t i = start; i + MIN_RUN <= end; i++) { /* pieces, lines among them */
    size_t piece = i;
    while (i < end && (uint8_t)digits64[p[i]] < 62) i++;
    if (i - piece >= MIN_RUN && i - piece < end - start && long_enough(may_begin_with(r, p + piece), i - piece) &&
        run_decodes(r, p + piece, i - piece))
      return true;
  }
  return false;
}

bool dlp_runs_hold_layer(const dlp_prefilter *pf, dlp_scanner *into, const uint8_t *p, size_t n, bool path, const dlp_survey *s, size_t *done) {
  const reader r = {pf, into};
  for (uint32_t i = 0; i < s->n_starts; i++)
    if (run_at(&r, p, n, path, s->starts[i], done)) return true;
  return false;
}

/* Runs that begin like a word and are too long for one. */
static bool long_words(const reader *r, const uint8_t *p, size_t n, bool path) {
  for (size_t i = 0, done = 0; i < n; i++) {
    size_t start = i;
    while (i < n && in_run(p[i], path)) i++;
    if (i - start >= LONG_RUN && start >= done && run_at(r, p, n, path, start, &done)) return true;
  }
  return false;
}

/* The tests of URLs and of whatever else begins like a word: runs apart, only by its signs can it be a layer. */
static bool signs_are_layer(const reader *r, const uint8_t *p, size_t n, const dlp_survey *s) {
  if (!s->signs) return false;
  if (escapes_are_layer(r, p, n, '%') || escapes_are_layer(r, p, n, '&') || escapes_are_layer(r, p, n, '=')) return true;
  return padded(r, p, n) || backward_address(p, n);
}

/* Base 32 in small letters, which begins like a word: all of the text. */
static bool low32_is_layer(const reader *r, const uint8_t *p, size_t n) {
  while (n && p[n - 1] == '=') n--;
  for (size_t i = 0; i < n; i++)
    if (!small(p[i]) && !(p[i] >= '2' && p[i] <= '7')) return false;
  return decodes(r, (coded){.p = p, .n = n, .base = BASE32}, false);
}

/* Too short for a run: a few digits and their padding. */
static bool few_digits(const reader *r, const uint8_t *p, size_t n, bool path) {
  size_t k = 0;
  while (k < n && in_run(p[k], path)) k++;
  size_t padding = k;
  while (padding < n && p[padding] == '=') padding++;
  return (k == 6 || k == 7) && padding == n && (varied(p, k) || (k == 7 && n == 8 && upper(p[0]))) && run_decodes(r, p, k);
}

/* Pairs of hex digits between a separator that stays, whose first ones may begin something; those of an address or of a
 * fingerprint seldom do. */
static bool pairs_may_begin(const uint8_t *p, size_t n) {
  if (n < 11 || !(hex(p[0]) && hex(p[1]) && !alnum(p[2]) && hex(p[3]) && hex(p[4]) && p[5] == p[2] && hex(p[6]))) return false;
  uint8_t out[6];
  size_t k = 0;
  for (size_t i = 0; k < sizeof out && i + 1 < n; i += 3) {
    if (!hex(p[i]) || !hex(p[i + 1]) || (i + 2 < n && p[i + 2] != p[2])) return true; /* other separators too, perhaps */
    out[k++] = (uint8_t)(nibble(p[i]) << 4 | nibble(p[i + 1]));
  }
  return may_begin(out, k, true);
}

bool dlp_is_layer(const dlp_prefilter *pf, dlp_scanner *into, const uint8_t *p, size_t n, bool path, const dlp_survey *s) {
  const reader reads = {pf, into}, *r = &reads;
  uint8_t a = p[0], z = p[n - 1];
  if (s->long_run && long_words(r, p, n, path)) return true;
  if (!s->outside_runs && n >= 12 && decodes(r, (coded){.p = p, .n = n, .base = BASE64, .back = true}, false)) return true;
  if (n >= (s->digits ? 13 : 16) && !s->marks && (!s->outside_runs || z == '=') && small(a) && low32_is_layer(r, p, n)) return true;
  if (n >= 10 && small(a) && small(p[1]) && small(p[2]) && small(p[3]) && a != 'd') {
    if (small(p[4]) || memcmp(p, "http:", 5) == 0) return signs_are_layer(r, p, n, s);
  }
  if (n >= 8 && ((a == '}' && z == '{') || (a == ']' && z == '['))) return true;
  if (n >= 8 && ((a == '{' && z == '}') || (a == '[' && z == ']'))) {
    if (n > LOOKED_INTO || !into) return true;
    uint8_t *copy = dlp_scanner_room(into, n + 64); /* behind it there may be nothing that can be read */
    if (!copy) return true;
    memcpy(copy, p, n);
    memset(copy + n, 0, 64);
    const bool called = holds(r, copy, n);
    const dlp_result *of = into->inner ? dlp_scanner_result(into->inner) : NULL;
    if (!called || !of || !of->n_errors || !breaks_grammar(into->inner->errors[0].code)) return called;
  }
  if (a == '<' && p[1] == '~') return true;
  if ((a | 0x20) == 'd' && (p[1] | 0x20) == 'a' && (p[2] | 0x20) == 't' && (p[3] | 0x20) == 'a' && p[4] == ':') return true;
  if (a == '=' && n >= 8 && in64(p[2])) {
    coded c = {.p = p + 1 + (p[1] == '='), .n = n - 1 - (p[1] == '='), .base = BASE64, .back = true};
    if (decodes(r, c, false)) return true;
  }
  if (n < 10 && s->large && few_digits(r, p, n, path)) return true;
  if (base85_is_layer(r, p, n)) return true;
  /* pairs of hex digits between a separator that stays: "6d 65 65 74", "\x6d\x65" */
  if (pairs_may_begin(p, n)) return true;
  if (n >= 9 && a == '0' && p[1] == 'x' && !alnum(p[4]) && (p[5] == '0' || p[5] == ' ')) return true;
  if (n >= 16 && a == '\\' && p[1] == 'x' && p[4] == '\\' && p[5] == 'x') return true;
  return signs_are_layer(r, p, n, s);
}

/* Whether no run of base64 digits that begins with these eight, and has fewer than 64, decodes to anything. `left` bytes may be
 * read; `*known`: the eight alone say so. */
static bool begins_nothing(const uint8_t *p, size_t left, bool *known) {
  *known = true;
  if (p[0] == '0' && p[1] == 'x') return false;
  uint64_t by64 = 0, by32 = 0;
  int bad32 = 0;
  bool as16 = true;
  for (uint32_t i = 0; i < 8; i++) {
    by64 = by64 << 6 | (uint64_t)(digits64[p[i] & 127] & 63);
    int d = digit_of(BASE32, p[i]);
    bad32 |= d;
    by32 = by32 << 5 | (uint64_t)(d & 31);
    as16 &= hex(p[i]);
  }
  uint8_t out[6];
  for (uint32_t i = 0; i < 6; i++) out[i] = (uint8_t)(by64 >> (40 - 8 * i));
  if (may_begin(out, 6, true)) return false;
  if (bad32 >= 0) {
    for (uint32_t i = 0; i < 5; i++) out[i] = (uint8_t)(by32 >> (32 - 8 * i));
    if (may_begin(out, 5, true)) return false;
  }
  if (!as16) return true;
  *known = false;
  const bool twelve = left >= 12 && hex(p[8]) && hex(p[9]) && hex(p[10]) && hex(p[11]);
  for (uint32_t i = 0; i < (twelve ? 6 : 4); i++) out[i] = (uint8_t)(nibble(p[2 * i]) << 4 | nibble(p[2 * i + 1]));
  return !may_begin(out, 4, false) && !(twelve && may_begin(out, 6, true));
}

/* A UUID (RFC 9562), or the hexadecimal digits of a hash or an id, letters in one case: it holds no layer, and is no number of anything else. */
bool dlp_is_id(const uint8_t *p, size_t n) {
  if (n < 24 || n > 64 || n % 4) return false;
  const bool uuid = n == 36;
  if (uuid && (p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-')) return false;
  if (!uuid && (n % 8 || (letter(p[0]) && letter(p[1]) && digit(p[2]) && digit(p[3])))) return false; /* an IBAN begins so */
  uint32_t digits = 0, low = 0, high = 0, marks = 0;
  for (size_t i = 0; i < n; i++) {
    const uint8_t c = p[i];
    if (!hex(c) && c != '-') return false;
    digits += digit(c);
    low += (uint8_t)(c - 'a') < 6;
    high += (uint8_t)(c - 'A') < 6;
    marks += c == '-';
  }
  if (marks != (uuid ? 4 : 0) || low + high + marks + digits != n || (low && high) || low + high < 2) return false;
  if (uuid) return true;
  uint8_t out[12];
  for (uint32_t i = 0; i < sizeof out; i++) out[i] = (uint8_t)(nibble(p[2 * i]) << 4 | nibble(p[2 * i + 1]));
  return !may_begin(out, sizeof out, true);
}

/* Whether a text of twenty hexadecimal digits and more is a hash: what they stand for begins no text, format or stream. */
static bool is_hash(const uint8_t *p, size_t n) {
  uint8_t out[6];
  if (n < 20 || n > 64) return false;
  for (size_t i = 0; i < n; i++)
    if (!hex(p[i])) return false;
  for (uint32_t i = 0; i < 6; i++) out[i] = (uint8_t)(nibble(p[2 * i]) << 4 | nibble(p[2 * i + 1]));
  return !may_begin(out, 6, true) && (out[0] >> 1 & 3) != 2;
}

/* Of a text with = signs, and no other sign: whether none of them ends an escape's start or pads a few digits. */
static bool equals_mean_nothing(const uint8_t *p, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (p[i] != '=') continue;
    if (i + 2 < n && hex(p[i + 1]) && hex(p[i + 2])) return false;
    if (i + 1 < n && line_end(p[i + 1])) return false;
    size_t k = i;
    while (k > 0 && i - k < MIN_RUN && in64(p[k - 1])) k--;
    if (i - k == 6 || i - k == 7) return false;
  }
  return true;
}

bool dlp_no_layer(const dlp_prefilter *pf, dlp_scanner *into, const uint8_t *p, size_t n, const dlp_glance *g) {
  const reader reads = {pf, dlp_calls_every_layer(pf) ? NULL : into}, *r = &reads;
  if ((g->control && g->n_starts) || g->n_starts == DLP_GLANCE_STARTS) return false;
  if (g->escapes && (escapes_are_layer(r, p, n, '%') || escapes_are_layer(r, p, n, '&') || escapes_are_layer(r, p, n, '=') || padded(r, p, n)))
    return false;
  if (g->at_sign && backward_address(p, n)) return false;
  const bool hash = !g->outside_runs && g->digits && is_hash(p, n);
  const bool lengthy = g->long_run && !hash, path = dlp_is_path(p, n);
  if (lengthy && long_words(r, p, n, path)) return false;
  for (uint32_t i = 0; i < g->n_starts && !hash; i++) {
    const uint8_t *run = p + g->starts[i];
    if (!may_begin_with(r, run) && run[1] != 'x') continue;
    uint64_t eight = dlp_read64(run), *kept = &into->dull[eight * 0x9E3779B97F4A7C15ULL >> 54];
    if (!lengthy && *kept == eight) continue;
    bool known;
    if (lengthy || !begins_nothing(run, n - g->starts[i], &known)) {
      size_t none = 0, all = n, piece = g->starts[i]; /* it may be a run, or a piece of one */
      if (run_at(r, p, n, path, piece, &none)) return false;
      while (piece < n && alnum(p[piece])) piece++;
      if (piece < none && run_at(r, p, n, path, g->starts[i], &all)) return false;
    } else if (known) {
      *kept = eight;
    }
  }
  uint8_t a = p[0];
  if (!g->outside_runs && n >= 12 &&
      dlp_prefilter_pairs(r->pf)[(uint32_t)(digits64[p[n - 1]] & 63) << 6 | (uint32_t)(digits64[p[n - 2]] & 63)] &&
      decodes(r, (coded){.p = p, .n = n, .base = BASE64, .back = true}, false))
    return false;
  if (n >= (g->digits ? 13u : 16u) && !g->marks && (!g->outside_runs || p[n - 1] == '=') && small(a) && low32_is_layer(r, p, n)) return false;
  if (g->equals && !g->escapes && !equals_mean_nothing(p, n)) return false;
  if (n >= 10 && small(a) && small(p[1]) && small(p[2]) && small(p[3]) && a != 'd' && (small(p[4]) || p[4] == ':')) return true;
  if (!alnum(a) && !memchr("/._-(#*+@$~", a, 11)) return false;
  if ((a | 0x20) == 'd' && (p[1] | 0x20) == 'a' && (p[2] | 0x20) == 't' && (p[3] | 0x20) == 'a' && p[4] == ':') return false;
  if (n < 10 && (g->equals || ((n == 6 || n == 7) && g->large && !g->outside_runs && few_digits(r, p, n, path)))) return false;
  if (n >= 9 && a == '0' && p[1] == 'x') return false;
  if (pairs_may_begin(p, n)) return false;
  return !base85_is_layer(r, p, n);
}
