/* What a code point is: the properties that the unicode channels ask for, and the ASCII that it passes for. */
#include "internal.h"
#include "uniclass_data.h"

uint32_t dlp_uni_flags(uint32_t c) {
  if (c >= DLP_UNI_TOP) {
    if (c < 0x40000) return (c & 0xFFFE) == 0xFFFE ? DLP_UNI_LOOK : 0; /* ideographs */
    return c >> 16 == 14 ? DLP_UNI_LOOK | DLP_UNI_FOLDS : DLP_UNI_LOOK;
  }
  const uint64_t *bits = uni_bits[dlp_uni_index[c >> 6]];
  uint32_t bit = c & 63;
  return (uint32_t)(bits[0] >> bit & 1) | (uint32_t)(bits[1] >> bit & 1) << 1 | (uint32_t)(bits[2] >> bit & 1) << 2;
}

uint32_t dlp_uni_properties(uint32_t c) {
  if (c >= DLP_UNI_TOP) {
    if (c < 0x40000) return DLP_P_LETTER | DLP_P_IDEOGRAPH | DLP_P_WIDE;
    return c < 0xF0000 ? DLP_P_UNASSIGNED : 0;
  }
  size_t low = 0, high = sizeof uni_runs / sizeof *uni_runs;
  while (high - low > 1) {
    size_t middle = (low + high) / 2;
    if (uni_runs[middle] >> 16 <= c) low = middle;
    else high = middle;
  }
  return (uint32_t)(uni_runs[low] & 0xFFFF);
}

uint8_t dlp_uni_ascii(uint32_t c) {
  size_t low = 0, high = sizeof uni_fold / sizeof *uni_fold;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (uni_fold[middle] >> 8 < c) low = middle + 1;
    else high = middle;
  }
  return low < sizeof uni_fold / sizeof *uni_fold && uni_fold[low] >> 8 == c ? (uint8_t)uni_fold[low] : 0;
}

uint32_t dlp_uni_compose(uint32_t base, uint32_t mark) {
  size_t low = 0, high = sizeof uni_pairs / sizeof *uni_pairs;
  while (low < high) {
    size_t middle = (low + high) / 2;
    const uint32_t *pair = uni_pairs[middle];
    if (pair[0] < base || (pair[0] == base && pair[1] < mark)) low = middle + 1;
    else high = middle;
  }
  bool found = low < sizeof uni_pairs / sizeof *uni_pairs && uni_pairs[low][0] == base && uni_pairs[low][1] == mark;
  return found ? uni_pairs[low][2] : 0;
}

bool dlp_uni_composite(uint32_t c) {
  size_t low = 0, high = sizeof uni_composites / sizeof *uni_composites;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (uni_composites[middle] < c) low = middle + 1;
    else high = middle;
  }
  return low < sizeof uni_composites / sizeof *uni_composites && uni_composites[low] == c;
}

uint32_t dlp_uni_back(uint8_t ascii, bool greek) {
  for (size_t i = 0; i < sizeof uni_back / sizeof *uni_back; i++)
    if (uni_back[i][0] == ascii) return uni_back[i][greek ? 2 : 1];
  return 0;
}

uint32_t dlp_uni_kind(uint32_t c) {
  if (c < 0xA0) return DLP_U_NONE;
  switch (c) {
  case 0xAD: case 0x34F: case 0x61C: case 0x115F: case 0x1160: case 0x17B4: case 0x17B5: case 0x180E: case 0x200B:
  case 0x200C: case 0x200D: case 0x2800: case 0x3164: case 0xFEFF: case 0xFFA0: return DLP_U_ZERO_WIDTH;
  case 0x200E: case 0x200F: return DLP_U_BIDI;
  case 0xA0: case 0x1680: case 0x202F: case 0x205F: case 0x3000: return DLP_U_SPACE;
  case 0x180B: case 0x180C: case 0x180D: case 0x180F: return DLP_U_VARIATION;
  default: break;
  }
  if (c >= 0x2000 && c <= 0x200A) return DLP_U_SPACE;
  if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)) return DLP_U_BIDI;
  if ((c >= 0x2060 && c <= 0x2064) || (c >= 0x206A && c <= 0x206F) || (c >= 0xFFF9 && c <= 0xFFFB) ||
      (c >= 0x1BCA0 && c <= 0x1BCA3) || (c >= 0x1D173 && c <= 0x1D17A))
    return DLP_U_ZERO_WIDTH;
  if ((c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF)) return DLP_U_VARIATION;
  if (c >= 0xE0000 && c <= 0xE007F) return DLP_U_TAG;
  if ((c >= 0xD800 && c < 0xE000) || (c >= 0xE000 && c <= 0xF8FF) || (c >= 0xFDD0 && c <= 0xFDEF) ||
      (c & 0xFFFE) == 0xFFFE || c >= 0x40000)
    return DLP_U_PRIVATE;
  return DLP_U_NONE;
}

static bool vanishes(uint32_t kind) {
  return kind == DLP_U_ZERO_WIDTH || kind == DLP_U_VARIATION || kind == DLP_U_TAG || kind == DLP_U_BIDI;
}

size_t dlp_fold(const uint8_t *data, size_t size, uint8_t *out, uint64_t *map, size_t *n_map) {
  size_t i = 0, o = 0, m = 0;
#define MAP(folded, text) \
  do { \
    if (map) { \
      map[2 * m] = (folded); \
      map[2 * m + 1] = (text); \
    } \
    m++; \
  } while (0)
  MAP(0, 0);
  while (i < size) {
    if (data[i] < 0x80) {
      out[o++] = data[i++];
      continue;
    }
    unsigned n = dlp_utf8_sequence(data + i, data + size);
    uint32_t c = n ? dlp_utf8_code(data + i, n) : 0;
    if (n && dlp_uni_flags(c) & DLP_UNI_FOLDS) {
      bool gone = vanishes(dlp_uni_kind(c));
      uint8_t ascii = gone ? 0 : dlp_uni_ascii(c);
      if (gone || ascii) {
        MAP(o, i);
        if (ascii) out[o++] = ascii;
        i += n;
        MAP(o, i);
        continue;
      }
    }
    n = n ? n : 1;
    memmove(out + o, data + i, n);
    o += n;
    i += n;
  }
  MAP(o, size);
#undef MAP
  if (n_map) *n_map = m;
  return o;
}
