/* Digits and letters: base 85 back to bytes, and how far bytes look like text. */
#include <math.h>
#include <string.h>

#include "internal.h"

int64_t dlp_base85(const uint8_t *data, size_t size, const uint8_t map[256], uint8_t *out) {
  uint64_t value = 0;
  size_t at = 0, o = 0;
  for (; at < size || at % 5; at++) {
    const uint32_t digit = at < size ? map[data[at]] : 84; /* what is missing is the highest, and dropped */
    if (digit > 84) return -1;
    value = value * 85 + digit;
    if (at % 5 < 4) continue;
    if (value >> 32) return -1;
    for (uint32_t k = 0; k < 4; k++) out[o++] = (uint8_t)(value >> (24 - 8 * k));
    value = 0;
  }
  return (int64_t)(o - (at - size));
}

double dlp_letters(const uint8_t *data, size_t size, const double bits[256], double variety) {
  uint32_t counts[256], different = 0;
  double sum = 0;
  if (!size) return 0;
  memset(counts, 0, sizeof counts);
  for (size_t i = 0; i < size; i++) counts[data[i]]++;
  for (uint32_t byte = 0; byte < 256; byte++) {
    if (!counts[byte]) continue;
    different++;
    sum += bits[byte] * log2(1.0 + counts[byte]); /* what comes again says less */
  }
  const double part = variety * different * (1.0 / (double)size + 1.0 / 30.0);
  return part < 1.0 ? sum * part * part : sum;
}
