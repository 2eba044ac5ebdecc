/* UTF-8 (RFC 3629) validation and the decoding of JSON strings (RFC 8259 7). */
#include "internal.h"

bool dlp_grow(void **items, uint64_t *capacity, uint64_t need, size_t item_size) {
  if (need <= *capacity) return true;
  uint64_t wanted = *capacity ? *capacity : 64;
  while (wanted < need) wanted *= 2;
  if (wanted > SIZE_MAX / item_size) return false;
  void *grown = realloc(*items, (size_t)wanted * item_size);
  if (!grown) return false;
  *items = grown;
  *capacity = wanted;
  return true;
}

unsigned dlp_utf8_sequence(const uint8_t *p, const uint8_t *end) {
  uint8_t a = p[0];
  size_t left = (size_t)(end - p);
  if (a < 0x80) return 1;
  if (a < 0xC2) return 0; /* continuation, or overlong two-byte form */
  if (a < 0xE0) return left >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
  if (a < 0xF0) {
    if (left < 3 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80) return 0;
    if (a == 0xE0 && p[1] < 0xA0) return 0;  /* overlong */
    if (a == 0xED && p[1] >= 0xA0) return 0; /* surrogate */
    return 3;
  }
  if (a > 0xF4 || left < 4) return 0;
  if ((p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80 || (p[3] & 0xC0) != 0x80) return 0;
  if (a == 0xF0 && p[1] < 0x90) return 0;  /* overlong */
  if (a == 0xF4 && p[1] >= 0x90) return 0; /* above U+10FFFF */
  return 4;
}

size_t dlp_utf8_valid_prefix(const uint8_t *data, size_t size) {
  const uint8_t *p = data, *end = data + size;
  while (p < end) {
    while (end - p >= 8 && !(dlp_read64(p) & 0x8080808080808080ULL)) p += 8;
    if (p == end) break;
    unsigned n = dlp_utf8_sequence(p, end);
    if (!n) break;
    p += n;
  }
  return (size_t)(p - data);
}

const uint8_t dlp_hex_digits[256] = {['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
                                     ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
                                     ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16};

static size_t put_utf8(uint8_t *out, uint32_t c) {
  if (c < 0x80) {
    out[0] = (uint8_t)c;
    return 1;
  }
  if (c < 0x800) {
    out[0] = (uint8_t)(0xC0 | c >> 6);
    out[1] = (uint8_t)(0x80 | (c & 0x3F));
    return 2;
  }
  if (c < 0x10000) { /* lone surrogates too: WTF-8 */
    out[0] = (uint8_t)(0xE0 | c >> 12);
    out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    out[2] = (uint8_t)(0x80 | (c & 0x3F));
    return 3;
  }
  out[0] = (uint8_t)(0xF0 | c >> 18);
  out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
  out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
  out[3] = (uint8_t)(0x80 | (c & 0x3F));
  return 4;
}

size_t dlp_unescape(const uint8_t *data, size_t size, uint8_t *out, uint64_t *map, size_t *n_map) {
  size_t i = 0, o = 0, m = 0;
#define MAP(decoded, raw) \
  do { \
    if (map) { \
      map[2 * m] = (decoded); \
      map[2 * m + 1] = (raw); \
    } \
    m++; \
  } while (0)
  MAP(0, 0);
  while (i < size) {
    if (data[i] != '\\') {
      const uint8_t *bs = memchr(data + i, '\\', size - i);
      size_t run = bs ? (size_t)(bs - data) - i : size - i;
      memmove(out + o, data + i, run);
      i += run;
      o += run;
      if (i >= size) break;
    }
    if (i + 1 >= size) {
      out[o++] = data[i++];
      break;
    }
    uint8_t c = data[i + 1], plain = 0;
    size_t used = 2;
    switch (c) {
    case '"': case '\\': case '/': plain = c; break;
    case 'b': plain = '\b'; break;
    case 'f': plain = '\f'; break;
    case 'n': plain = '\n'; break;
    case 'r': plain = '\r'; break;
    case 't': plain = '\t'; break;
    default: break;
    }
    size_t before = o;
    const int unit = c == 'u' && i + 6 <= size ? dlp_hex4(data + i + 2) : -1;
    if (plain) {
      out[o++] = plain;
    } else if (unit >= 0) {
      uint32_t code = (uint32_t)unit;
      used = 6;
      if (code >= 0xD800 && code < 0xDC00 && i + 12 <= size && data[i + 6] == '\\' && data[i + 7] == 'u') {
        int low = dlp_hex4(data + i + 8);
        if (low >= 0xDC00 && low < 0xE000) {
          code = 0x10000 + ((code - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
          used = 12;
        }
      }
      o += put_utf8(out + o, code);
    } else { /* not an escape of JSON: kept as it stands */
      out[o++] = data[i];
      out[o++] = c;
    }
    MAP(before, i);
    i += used;
    MAP(o, i);
  }
  MAP(o, size);
#undef MAP
  if (n_map) *n_map = m;
  return o;
}
