/* Forms that are rare enough to be looked at without a word beside them: see src/dlpcore/rules/alone.py, the definition. */

#include <stddef.h>
#include <stdint.h>

#include "internal.h"

static int is_digit(uint8_t c) { return c >= '0' && c <= '9'; }
static int is_upper(uint8_t c) { return c >= 'A' && c <= 'Z'; }
static int is_lower(uint8_t c) { return c >= 'a' && c <= 'z'; }
static int is_alnum(uint8_t c) { return is_digit(c) || is_upper(c) || is_lower(c); }
static int is_between(uint8_t c) { return c == ' ' || c == '.' || c == '/' || c == '+' || c == '-'; }

static unsigned two(const uint8_t *p) { return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0'); }

/* Digits with a date where the registers of France (15) and of China (18, the last may be X) have it. */
static int dated(const uint8_t *w, size_t n, size_t digits) {
  if (n == 15 && digits == 15) {
    const unsigned month = two(w + 3);
    return (w[0] == '1' || w[0] == '2') && ((month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50);
  }
  if (n != 18 || w[0] == '0' || digits < 17) return 0;
  if (digits == 17 && w[17] != 'X' && w[17] != 'x') return 0;
  const unsigned century = two(w + 6), month = two(w + 10), day = two(w + 12);
  return century >= 18 && century <= 20 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* A wallet's address: base 58, in both cases and with a digit. */
static int base58(const uint8_t *w, size_t n, size_t digits, size_t upper, size_t lower) {
  if (n < 26 || n > 35 || !digits || !upper || !lower) return 0;
  if (w[0] != '1' && w[0] != '3' && w[0] != 'D' && w[0] != 'L' && w[0] != 'T' && w[0] != 'X' && w[0] != 'r') return 0;
  for (size_t i = 0; i < n; i++)
    if (w[i] == '0' || w[i] == 'O' || w[i] == 'I' || w[i] == 'l') return 0;
  return 1;
}

/* Nine to fifteen digits in groups from i on: no date, no decimal, no IPv4 address, no year and number, no seconds of a
 * time. Looks at 32 bytes at the most. */
static int grouped(const uint8_t *p, size_t n, size_t i) {
  if (i >= 2 && (is_between(p[i - 1]) || p[i - 1] == ':') && is_digit(p[i - 2])) return 0;
  size_t digits = 0, groups = 1, in_group = 0, longest = 0, dots = 0, at = i;
  while (at < n) {
    if (is_digit(p[at])) {
      if (++digits > 15) return 0;
      if (++in_group > longest) longest = in_group;
      at++;
    } else if (is_between(p[at]) && at + 1 < n && is_digit(p[at + 1])) {
      dots += p[at] == '.';
      groups++;
      in_group = 0;
      at++;
    } else {
      break;
    }
  }
  if (digits < 9 || groups == 1) return 0;
  if (at + 1 < n && is_alnum(p[at]) && is_alnum(p[at + 1])) return 0;
  if (groups == 2 && dots == 1) return 0;
  if (groups == 4 && dots == 3 && longest <= 3) return 0;
  const uint8_t *d = p + i;
  if (groups == 2 && in_group >= 5 && in_group <= 7 && digits - in_group == 4 && d[4] == '-' &&
      ((d[0] == '1' && d[1] == '9') || (d[0] == '2' && d[1] == '0')))
    return 0;
  if (at - i >= 10 && ((d[0] == '1' && d[1] == '9') || (d[0] == '2' && d[1] == '0')) && is_digit(d[2]) && is_digit(d[3]) &&
      (d[4] == '-' || d[4] == '/' || d[4] == '.') && is_digit(d[5]) && is_digit(d[6]) &&
      (d[7] == '-' || d[7] == '/' || d[7] == '.') && is_digit(d[8]) && is_digit(d[9]) && (at - i == 10 || !is_digit(d[10])))
    return 0;
  return 1;
}

#define DIGITS(d) [d] = 1
#define LETTERS(a, z) [a] = 1ull << 21, [z] = 1ull << 42
static const uint64_t counted[256] = {
    DIGITS('0'), DIGITS('1'), DIGITS('2'), DIGITS('3'), DIGITS('4'), DIGITS('5'), DIGITS('6'), DIGITS('7'), DIGITS('8'), DIGITS('9'),
    LETTERS('A', 'a'), LETTERS('B', 'b'), LETTERS('C', 'c'), LETTERS('D', 'd'), LETTERS('E', 'e'), LETTERS('F', 'f'), LETTERS('G', 'g'),
    LETTERS('H', 'h'), LETTERS('I', 'i'), LETTERS('J', 'j'), LETTERS('K', 'k'), LETTERS('L', 'l'), LETTERS('M', 'm'), LETTERS('N', 'n'),
    LETTERS('O', 'o'), LETTERS('P', 'p'), LETTERS('Q', 'q'), LETTERS('R', 'r'), LETTERS('S', 's'), LETTERS('T', 't'), LETTERS('U', 'u'),
    LETTERS('V', 'v'), LETTERS('W', 'w'), LETTERS('X', 'x'), LETTERS('Y', 'y'), LETTERS('Z', 'z'),
};

/* Which of `wanted` (bits of DLP_SHAPE_*) occur in a decoded string or number. Linear: each word is looked at once. */
uint32_t dlp_forms(const uint8_t *p, size_t n, uint32_t wanted) {
  const uint32_t code = 1u << DLP_SHAPE_CODE, group = 1u << DLP_SHAPE_GROUPED, date = 1u << DLP_SHAPE_DATED,
                 wallet = 1u << DLP_SHAPE_BASE58;
  uint32_t found = 0;
  size_t i = 0;
  while (i < n) {
    if (!is_alnum(p[i])) {
      i++;
      continue;
    }
    if (wanted & group & ~found && is_digit(p[i]) && grouped(p, n, i)) found |= group;
    uint64_t all = 0; /* of the word: digits, capitals and small letters, 21 bits each */
    size_t end = i;
    for (uint64_t one; end < n && (one = counted[p[end]]) != 0; end++) all += one;
    const size_t digits = all & 0x1FFFFF, upper = all >> 21 & 0x1FFFFF, lower = all >> 42;
    const size_t size = end - i;
    if (size >= 8 && size <= 22 && !lower && upper && digits >= 4) found |= wanted & code;
    if (wanted & date && digits >= 15 && dated(p + i, size, digits)) found |= date;
    if (wanted & wallet && base58(p + i, size, digits, upper, lower)) found |= wallet;
    i = end;
  }
  return found;
}
