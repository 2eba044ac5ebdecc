/* Whether bytes are a deflate stream (RFC 1951): read to its end, or to its first FULL bytes, without keeping any.
 *
 * Hashes and ids decode to bytes whose first ones often look like the start of a stream; the rest nearly never is one.
 * It asks for no more than zlib does: what zlib reads is never called broken here.
 */
#include "internal.h"

enum { FULL = 4096, MAX_BITS = 15, LENGTHS = 286, DISTANCES = 30, SYMBOLS = 288 };

typedef struct stream {
  const uint8_t *p;
  size_t n, at;
  uint32_t bits, have;
  bool dry; /* asked for more than there is */
} stream;

typedef struct code { /* canonical: how many codes of each length, and their symbols in order */
  uint16_t count[MAX_BITS + 1], symbol[SYMBOLS];
} code;

static uint32_t take_bits(stream *s, uint32_t need) {
  while (s->have < need) {
    if (s->at == s->n) {
      s->dry = true;
      return 0;
    }
    s->bits |= (uint32_t)s->p[s->at++] << s->have;
    s->have += 8;
  }
  uint32_t value = s->bits & ((1u << need) - 1);
  s->bits >>= need;
  s->have -= need;
  return value;
}

static bool build(code *h, const uint8_t *lengths, uint32_t n) { /* false: more codes than there is room for */
  uint16_t offsets[MAX_BITS + 1] = {0};
  memset(h->count, 0, sizeof h->count);
  for (uint32_t i = 0; i < n; i++) h->count[lengths[i]]++;
  int32_t left = 1;
  for (uint32_t length = 1; length <= MAX_BITS; length++) {
    left = left * 2 - h->count[length];
    if (left < 0) return false;
  }
  for (uint32_t length = 1; length < MAX_BITS; length++) offsets[length + 1] = (uint16_t)(offsets[length] + h->count[length]);
  for (uint32_t i = 0; i < n; i++)
    if (lengths[i]) h->symbol[offsets[lengths[i]]++] = (uint16_t)i;
  return true;
}

static int32_t symbol(stream *s, const code *h) { /* -1: no code is like this */
  int32_t value = 0, first = 0, index = 0;
  for (uint32_t length = 1; length <= MAX_BITS; length++) {
    value |= (int32_t)take_bits(s, 1);
    if (s->dry) return 0;
    int32_t count = h->count[length];
    if (value - count < first) return h->symbol[index + (value - first)];
    index += count;
    first = (first + count) * 2;
    value *= 2;
  }
  return -1;
}

/* The same of the fixed codes (RFC 1951 3.2.6): seven bits to 0010111, eight to 11000111, else nine. */
static int32_t fixed_length(stream *s) {
  static const uint8_t turned[16] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};
  for (; s->have <= 24 && s->at < s->n; s->have += 8) s->bits |= (uint32_t)s->p[s->at++] << s->have;
  const uint32_t eight = (uint32_t)turned[s->bits & 15] << 4 | turned[s->bits >> 4 & 15];
  const uint32_t need = eight >> 1 <= 0x17 ? 7 : eight < 0xC8 ? 8 : 9;
  if (s->have < need) return s->dry = true, 0;
  const int32_t value = (int32_t)(need == 7 ? eight >> 1 : need == 8 ? eight : eight << 1 | (s->bits >> 8 & 1));
  s->bits >>= need;
  s->have -= need;
  return need == 7 ? value + 256 : need == 9 ? value - 0x190 + 144 : value >= 0xC0 ? value - 0xC0 + 280 : value - 0x30;
}

static int32_t fixed_distance(stream *s) {
  uint32_t value = 0;
  for (uint32_t k = 0; k < 5; k++) value = value << 1 | take_bits(s, 1);
  return (int32_t)value;
}

/* NULL: the fixed codes. */
static bool codes(stream *s, const code *lengths, const code *distances, size_t *out) {
  static const uint16_t base[29] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
  static const uint8_t more[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
  static const uint16_t far[30] = {1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
  while (*out < FULL) {
    int32_t k = lengths ? symbol(s, lengths) : fixed_length(s);
    if (s->dry || k == 256) return true;
    if (k < 0 || k >= LENGTHS) return false;
    if (k < 256) {
      ++*out;
      continue;
    }
    size_t length = base[k - 257] + take_bits(s, more[k - 257]);
    int32_t d = distances ? symbol(s, distances) : fixed_distance(s);
    if (s->dry) return true;
    if (d < 0 || d >= DISTANCES) return false;
    size_t distance = far[d] + take_bits(s, d < 2 ? 0 : (uint32_t)d / 2 - 1);
    if (s->dry) return true;
    if (distance > *out) return false;
    *out += length;
  }
  return true;
}

static bool stored(stream *s, size_t *out) {
  s->at -= s->have / 8; /* to the next byte */
  s->bits = s->have = 0;
  if (s->n - s->at < 4) return s->at = s->n, s->dry = true;
  const uint8_t *p = s->p + s->at;
  size_t length = p[0] | (size_t)p[1] << 8, left = s->n - s->at - 4;
  if ((length ^ (p[2] | (size_t)p[3] << 8)) != 0xFFFF) return false;
  s->dry = length > left;
  *out += s->dry ? left : length;
  s->at += 4 + (s->dry ? left : length);
  return true;
}

static bool dynamic(stream *s, size_t *out) {
  static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  uint8_t lengths[LENGTHS + DISTANCES + 4 + 138] = {0};
  code first, second;
  uint32_t n_lengths = take_bits(s, 5) + 257, n_distances = take_bits(s, 5) + 1, n_codes = take_bits(s, 4) + 4;
  if (s->dry) return true;
  if (n_lengths > LENGTHS || n_distances > DISTANCES) return false;
  for (uint32_t i = 0; i < n_codes; i++) lengths[order[i]] = (uint8_t)take_bits(s, 3);
  if (s->dry) return true;
  if (!build(&first, lengths, 19)) return false;
  memset(lengths, 0, sizeof lengths);
  for (uint32_t i = 0; i < n_lengths + n_distances;) {
    int32_t k = symbol(s, &first);
    if (s->dry) return true;
    if (k < 0) return false;
    if (k < 16) {
      lengths[i++] = (uint8_t)k;
      continue;
    }
    if (k == 16 && i == 0) return false;
    uint8_t length = k == 16 ? lengths[i - 1] : 0;
    uint32_t times = k == 16 ? 3 + take_bits(s, 2) : k == 17 ? 3 + take_bits(s, 3) : 11 + take_bits(s, 7);
    if (s->dry) return true;
    if (i + times > n_lengths + n_distances) return false;
    while (times--) lengths[i++] = length;
  }
  if (!lengths[256] || !build(&first, lengths, n_lengths) || !build(&second, lengths + n_lengths, n_distances)) return false;
  return codes(s, &first, &second, out);
}

bool dlp_inflates(const uint8_t *p, size_t n, bool must_end) {
  stream s = {.p = p, .n = n};
  size_t out = 0;
  for (bool last = false; !last;) {
    last = take_bits(&s, 1);
    uint32_t type = take_bits(&s, 2);
    if (s.dry) break;
    if (type == 3 || !(type == 0 ? stored(&s, &out) : type == 1 ? codes(&s, NULL, NULL, &out) : dynamic(&s, &out))) return false;
    if (out >= FULL) return true;
    if (s.dry) break;
  }
  return must_end ? !s.dry && n - s.at + s.have / 8 <= 1 : !s.dry || out >= 16;
}
