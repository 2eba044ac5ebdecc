/* The loops over bytes for each kind of lanes: scalar, SSE2, AVX2, NEON; and which of them this machine can use. */
#include "lanes.h"

typedef struct string_masks {
  uint32_t stop, blank, at_sign;
} string_masks;

typedef struct text_masks {
  uint32_t digit, letter, small, run, colon, dash, dot, sign;
} text_masks;

/* --- scalar ------------------------------------------------------------------------------------------------------ */

#define NAME(what) what##_scalar
#define TARGET

/* Eight bytes in a word, the first lowest. What is asked of each is told by its high bit. */
#define EACH(byte) (0x0101010101010101ULL * (byte))
/* The same of bytes whose high bits are clear, so that nothing carries over; below the high bits stands anything. */
static inline uint64_t within_scalar(uint64_t low, uint32_t first, uint32_t count) {
  return (low + EACH(0x80 - first)) & ~(low + EACH(0x80 - first - count));
}
static inline uint64_t is_scalar(uint64_t low, uint32_t c) { return ~((low ^ EACH(c)) + EACH(0x7F)); }
static inline uint32_t bits_scalar(uint64_t v) { return (uint32_t)(((v & EACH(0x80)) * 0x0002040810204081ULL) >> 56); }

typedef struct alnums { /* of eight bytes; rest: what is neither */
  uint64_t digit, letter, small, rest;
} alnums;
static inline alnums alnums_at(const uint8_t *p) {
  const uint64_t v = dlp_read64(p), low = v & EACH(0x7F);
  alnums a;
  a.digit = within_scalar(low, '0', 10) & ~v;
  a.letter = within_scalar(low | EACH(0x20), 'a', 26) & ~v;
  a.small = a.letter & v << 2;
  a.rest = ~(a.digit | a.letter) & EACH(0x80);
  return a;
}

/* What is neither letter nor digit, by the masks of a look; those that a survey asks for are a part of them. */
enum { JOINT = 1, SLASH, COLON, DASH, DOT, RARE, BLANK, CONTROL, OTHER, SIGN, MARKS };
static const uint8_t marks[128] = {
    ['+'] = JOINT, ['_'] = JOINT, ['/'] = SLASH, [':'] = COLON, ['-'] = DASH,  ['.'] = DOT,   [' '] = BLANK, ['"'] = OTHER, ['\\'] = OTHER,
    ['$'] = RARE,  ['<'] = RARE,  ['>'] = RARE,  ['~'] = RARE,  ['^'] = RARE,  ['|'] = RARE,  ['`'] = RARE,  ['!'] = RARE,  ['#'] = RARE,
    ['*'] = RARE,  [';'] = RARE,  ['?'] = RARE,  ['='] = SIGN,  ['@'] = SIGN,  ['&'] = SIGN,  ['%'] = SIGN};
static inline uint32_t mark_of(uint8_t c) { return c < 0x20 ? CONTROL : c < 0x80 ? marks[c] : OTHER; }

static inline void classes_scalar(const uint8_t *p, size_t n, bool path, text_masks *m) {
  uint32_t found[MARKS] = {0}, digit = 0, letter = 0, small = 0;
  for (uint32_t at = 0; at < n; at += 8) {
    alnums a = alnums_at(p + at);
    digit |= bits_scalar(a.digit) << at;
    letter |= bits_scalar(a.letter) << at;
    small |= bits_scalar(a.small) << at;
    for (; a.rest; a.rest &= a.rest - 1) {
      uint32_t i = at + (uint32_t)__builtin_ctzll(a.rest) / 8;
      found[mark_of(p[i])] |= 1u << i;
    }
  }
  const uint32_t keep = n < DLP_BLOCK ? (1u << n) - 1 : ~0u;
  m->digit = digit & keep, m->letter = letter & keep, m->small = small & keep;
  m->colon = found[COLON] & keep, m->dash = found[DASH] & keep, m->dot = found[DOT] & keep, m->sign = found[SIGN] & keep;
  m->run = (digit | letter | found[JOINT] | found[DASH] | (path ? 0 : found[SLASH])) & keep;
}

static inline void stops_scalar(const uint8_t *p, uint8_t quote, string_masks *m) {
  uint32_t stop = 0, blank = 0, at_sign = 0;
  for (uint32_t at = 0; at < DLP_BLOCK && !stop; at += 8) {
    const uint64_t v = dlp_read64(p + at), low = v & EACH(0x7F);
    const uint64_t ends = v | is_scalar(low, quote) | is_scalar(low, '\\') | ~(low + EACH(0x60)), blanks = is_scalar(low, ' '), ats = is_scalar(low, '@');
    if (!((ends | blanks | ats) & EACH(0x80))) continue;
    stop |= bits_scalar(ends) << at, blank |= bits_scalar(blanks) << at, at_sign |= bits_scalar(ats) << at;
  }
  m->stop = stop, m->blank = blank, m->at_sign = at_sign;
}

static inline void look_scalar(const uint8_t *p, size_t n, bool string, dlp_look *m) {
  uint64_t found[MARKS] = {0}, digit = 0, letter = 0, small = 0;
  for (uint32_t at = 0; at < n && !(string && found[CONTROL] | found[OTHER]); at += 8) {
    alnums a = alnums_at(p + at);
    digit |= (uint64_t)bits_scalar(a.digit) << at;
    letter |= (uint64_t)bits_scalar(a.letter) << at;
    small |= (uint64_t)bits_scalar(a.small) << at;
    for (; a.rest; a.rest &= a.rest - 1) {
      uint32_t i = at + (uint32_t)__builtin_ctzll(a.rest) / 8;
      found[mark_of(p[i])] |= 1ULL << i;
    }
  }
  m->digit = digit, m->letter = letter, m->small = small;
  m->joint = found[JOINT] | found[DASH], m->dash = found[DASH], m->slash = found[SLASH], m->colon = found[COLON], m->dot = found[DOT];
  m->rare = found[RARE] | found[SIGN], m->control = found[CONTROL], m->blank = found[BLANK], m->other = found[OTHER];
}

/* At which of the first `n` places, 32 at the most, a window may begin. Lanes may tell of some behind those too, and read 16 bytes there. */
static inline uint32_t anywhere_scalar(const dlp_windows *w, const uint8_t *p, uint32_t n) {
  uint32_t found = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t slot = dlp_slot4(dlp_fold4(dlp_read32(p + i)));
    if (w->fours[slot >> 5] >> (slot & 31) & 1) found |= 1u << i;
  }
  return found;
}

#include "lanes_kernels.h"

static const dlp_lanes scalar = {"scalar", plain_scalar, survey_scalar, glance_scalar};
#undef NAME
#undef TARGET

/* --- SSE2 --------------------------------------------------------------------------------------------------------- */

#if defined(__x86_64__) && !defined(DLP_SCALAR)
#include <immintrin.h>

#define NAME(what) what##_sse2
#define TARGET

/* Bytes from `first` on, `count` of them, as all ones. */
static inline __m128i within_sse2(__m128i v, char first, char count) {
  return _mm_cmplt_epi8(_mm_add_epi8(v, _mm_set1_epi8((char)(0x80 - first))), _mm_set1_epi8((char)(0x80 + count)));
}
static inline uint32_t bits_sse2(__m128i v) { return (uint32_t)_mm_movemask_epi8(v); }
static inline __m128i is_sse2(__m128i v, char c) { return _mm_cmpeq_epi8(v, _mm_set1_epi8(c)); }

static inline void classes_sse2(const uint8_t *p, size_t n, bool path, text_masks *m) {
  uint32_t *out = (uint32_t *)(void *)m;
  memset(m, 0, sizeof *m);
  for (uint32_t half = 0; half < 2; half++) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * half));
    __m128i digit = within_sse2(v, '0', 10), small = within_sse2(v, 'a', 26);
    __m128i letter = _mm_or_si128(small, within_sse2(v, 'A', 26)), dash = is_sse2(v, '-');
    __m128i run = _mm_or_si128(_mm_or_si128(digit, letter), _mm_or_si128(dash, _mm_or_si128(is_sse2(v, '+'), is_sse2(v, '_'))));
    if (!path) run = _mm_or_si128(run, is_sse2(v, '/'));
    __m128i sign = _mm_or_si128(_mm_or_si128(is_sse2(v, '%'), is_sse2(v, '&')), _mm_or_si128(is_sse2(v, '='), is_sse2(v, '@')));
    const __m128i found[] = {digit, letter, small, run, is_sse2(v, ':'), dash, is_sse2(v, '.'), sign};
    for (uint32_t k = 0; k < 8; k++) out[k] |= bits_sse2(found[k]) << (16 * half);
  }
  if (n < DLP_BLOCK)
    for (uint32_t k = 0; k < 8; k++) out[k] &= (1u << n) - 1;
}

static inline void stops_sse2(const uint8_t *p, uint8_t quote, string_masks *m) {
  memset(m, 0, sizeof *m);
  for (uint32_t half = 0; half < 2; half++) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * half));
    __m128i stop = _mm_or_si128(_mm_or_si128(is_sse2(v, (char)quote), is_sse2(v, '\\')), _mm_cmplt_epi8(v, _mm_set1_epi8(0x20)));
    m->stop |= bits_sse2(stop) << (16 * half); /* what is not ASCII is negative */
    m->blank |= bits_sse2(is_sse2(v, ' ')) << (16 * half);
    m->at_sign |= bits_sse2(is_sse2(v, '@')) << (16 * half);
  }
}

static inline void look_sse2(const uint8_t *p, size_t n, bool string, dlp_look *m) {
  (void)string;
  uint64_t *out = (uint64_t *)(void *)m;
  memset(m, 0, sizeof *m);
  for (uint32_t part = 0; part < 4 && 16 * part < n; part++) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * part));
    __m128i digit = within_sse2(v, '0', 10), small = within_sse2(v, 'a', 26), dash = is_sse2(v, '-');
    __m128i letter = _mm_or_si128(small, within_sse2(v, 'A', 26));
    __m128i joint = _mm_or_si128(dash, _mm_or_si128(is_sse2(v, '+'), is_sse2(v, '_')));
    /* !  # $ % &  *  ; < = > ? @  ^ `  | ~ */
    __m128i rare = _mm_or_si128(_mm_or_si128(is_sse2(v, '!'), is_sse2(v, '*')), _mm_or_si128(within_sse2(v, '#', 4), within_sse2(v, ';', 6)));
    rare = _mm_or_si128(rare, _mm_or_si128(_mm_or_si128(is_sse2(v, '^'), is_sse2(v, '`')), _mm_or_si128(is_sse2(v, '|'), is_sse2(v, '~'))));
    __m128i control = _mm_cmpeq_epi8(_mm_and_si128(v, _mm_set1_epi8((char)0xE0)), _mm_setzero_si128());
    __m128i other = _mm_or_si128(v, _mm_or_si128(is_sse2(v, '"'), is_sse2(v, '\\'))); /* by its sign */
    const __m128i found[] = {digit, letter, small, joint, is_sse2(v, '/'), is_sse2(v, ':'), dash, is_sse2(v, '.'), rare, control, is_sse2(v, ' '), other};
    for (uint32_t k = 0; k < 12; k++) out[k] |= (uint64_t)bits_sse2(found[k]) << (16 * part);
  }
}
#define anywhere_sse2 anywhere_scalar

#include "lanes_kernels.h"
static const dlp_lanes sse2 = {"sse2", plain_sse2, survey_sse2, glance_sse2};
#undef NAME
#undef TARGET

/* --- AVX2 --------------------------------------------------------------------------------------------------------- */

#define NAME(what) what##_avx2
#define TARGET __attribute__((target("avx2,bmi,popcnt")))

TARGET static inline __m256i within_avx2(__m256i v, char first, char count) {
  return _mm256_cmpgt_epi8(_mm256_set1_epi8((char)(0x80 + count)), _mm256_add_epi8(v, _mm256_set1_epi8((char)(0x80 - first))));
}
TARGET static inline uint32_t bits_avx2(__m256i v) { return (uint32_t)_mm256_movemask_epi8(v); }
TARGET static inline __m256i is_avx2(__m256i v, char c) { return _mm256_cmpeq_epi8(v, _mm256_set1_epi8(c)); }

static const uint8_t kept_avx2[64] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                      255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

TARGET static inline void classes_avx2(const uint8_t *p, size_t n, bool path, text_masks *m) {
  __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
  v = _mm256_and_si256(v, _mm256_loadu_si256((const __m256i *)(const void *)(kept_avx2 + DLP_BLOCK - n))); /* zeros are nothing */
  __m256i digit = within_avx2(v, '0', 10), small = within_avx2(v, 'a', 26), dash = is_avx2(v, '-');
  __m256i letter = within_avx2(_mm256_or_si256(v, _mm256_set1_epi8(0x20)), 'a', 26);
  __m256i run = _mm256_or_si256(_mm256_or_si256(digit, letter), _mm256_or_si256(dash, _mm256_or_si256(is_avx2(v, '+'), is_avx2(v, '_'))));
  if (!path) run = _mm256_or_si256(run, is_avx2(v, '/'));
  __m256i sign = _mm256_or_si256(within_avx2(v, '%', 2), _mm256_or_si256(is_avx2(v, '='), is_avx2(v, '@')));
  m->run = bits_avx2(run);
  m->digit = bits_avx2(digit);
  m->letter = bits_avx2(letter);
  m->small = bits_avx2(small);
  m->colon = bits_avx2(is_avx2(v, ':'));
  m->dash = bits_avx2(dash);
  m->dot = bits_avx2(is_avx2(v, '.'));
  m->sign = bits_avx2(sign);
}

TARGET static inline void stops_avx2(const uint8_t *p, uint8_t quote, string_masks *m) {
  __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
  __m256i stop = _mm256_or_si256(is_avx2(v, (char)quote), is_avx2(v, '\\'));
  m->stop = bits_avx2(_mm256_or_si256(stop, _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), v)));
  m->blank = bits_avx2(is_avx2(v, ' '));
  m->at_sign = bits_avx2(is_avx2(v, '@'));
}

/* Sets of characters by halves of a byte: the row of a low half has a bit for each high half that it makes a member with. */
TARGET static inline __m256i rare_avx2(__m256i v) {
  const __m256i rows = _mm256_setr_epi8( /* 2x: 04, 3x: 08, 4x: 10, 5x: 20, 6x: 40, 7x: 80 */
      0x50, 0x04, 0, 0x04, 0x04, 0x04, 0x04, 0, 0, 0, 0x04, 0x08, (char)0x88, 0x08, (char)0xA8, 0x08,
      0x50, 0x04, 0, 0x04, 0x04, 0x04, 0x04, 0, 0, 0, 0x04, 0x08, (char)0x88, 0x08, (char)0xA8, 0x08);
  const __m256i highs = _mm256_setr_epi8(1, 2, 4, 8, 16, 32, 64, (char)128, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, (char)128, 0, 0, 0, 0, 0, 0, 0, 0);
  __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15));
  __m256i none = _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(rows, v), _mm256_shuffle_epi8(highs, high)), _mm256_setzero_si256());
  return _mm256_xor_si256(none, _mm256_set1_epi8(-1));
}

#define BOTH(of) ((uint64_t)bits_avx2(of(a)) | (all ? (uint64_t)bits_avx2(of(b)) << 32 : 0))
TARGET static inline void look_avx2(const uint8_t *p, size_t n, bool string, dlp_look *m) {
  (void)string;
  const bool all = n > 32;
  /* + - _ by their low halves B, D, F */
  const __m256i joints = _mm256_setr_epi8(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '+', 0, '-', 0, '_', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '+', 0, '-', 0, '_');
  const __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p), b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
#define LETTER(v) within_avx2(_mm256_or_si256(v, _mm256_set1_epi8(0x20)), 'a', 26)
#define DIGIT(v) within_avx2(v, '0', 10)
#define LOW(v) _mm256_slli_epi16(v, 2)
#define JOINT(v) _mm256_cmpeq_epi8(_mm256_shuffle_epi8(joints, v), v)
#define SLASH(v) is_avx2(v, '/')
#define COLON(v) is_avx2(v, ':')
#define DASH(v) is_avx2(v, '-')
#define DOT(v) is_avx2(v, '.')
#define BLANK(v) is_avx2(v, ' ')
#define CONTROL(v) _mm256_andnot_si256(v, _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), v))
#define OTHER(v) _mm256_or_si256(v, _mm256_or_si256(is_avx2(v, '"'), is_avx2(v, '\\')))
  m->digit = BOTH(DIGIT);
  m->letter = BOTH(LETTER);
  m->small = m->letter & BOTH(LOW);
  m->joint = BOTH(JOINT);
  m->slash = BOTH(SLASH);
  m->colon = BOTH(COLON);
  m->dash = BOTH(DASH);
  m->dot = BOTH(DOT);
  m->blank = BOTH(BLANK);
  m->control = BOTH(CONTROL);
  m->other = BOTH(OTHER);
  m->rare = BOTH(rare_avx2);
#undef LETTER
#undef DIGIT
#undef LOW
#undef JOINT
#undef SLASH
#undef COLON
#undef DASH
#undef DOT
#undef BLANK
#undef CONTROL
#undef OTHER
}
#undef BOTH

TARGET static inline uint32_t anywhere_avx2(const dlp_windows *w, const uint8_t *p, uint32_t n) {
  const __m256i apart = _mm256_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7, 5, 6, 7, 8, 6, 7, 8, 9, 7, 8, 9, 10);
  uint32_t found = 0;
  for (uint32_t at = 0; at < n; at += 8) { /* the eight windows that begin at p + at, p + at + 1, and so on */
    __m256i v = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(p + at)));
    v = _mm256_or_si256(_mm256_shuffle_epi8(v, apart), _mm256_set1_epi8(0x20));
    __m256i slots = _mm256_mullo_epi32(_mm256_xor_si256(v, _mm256_srli_epi32(v, 11)), _mm256_set1_epi32((int)0x9E3779B1u));
    slots = _mm256_srli_epi32(slots, 32 - DLP_SLOT_BITS);
    __m256i words = _mm256_i32gather_epi32((const int *)(const void *)w->fours, _mm256_srli_epi32(slots, 5), 4);
    words = _mm256_sllv_epi32(words, _mm256_andnot_si256(slots, _mm256_set1_epi32(31))); /* its bit becomes the sign */
    found |= (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(words)) << at;
  }
  return found;
}

#include "lanes_kernels.h"

static const dlp_lanes avx2 = {"avx2", plain_avx2, survey_avx2, glance_avx2};
#undef NAME
#undef TARGET
#endif

/* --- NEON --------------------------------------------------------------------------------------------------------- */

#if defined(__aarch64__) && !defined(DLP_SCALAR)
#include <arm_neon.h>

#define NAME(what) what##_neon
#define TARGET

static inline uint32_t bits_neon(uint8x16_t low, uint8x16_t high) { /* of two masks, a bit a byte */
  static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  uint8x16_t w = vld1q_u8(weights);
  uint8x16_t sums = vpaddq_u8(vandq_u8(low, w), vandq_u8(high, w));
  sums = vpaddq_u8(sums, sums);
  sums = vpaddq_u8(sums, sums);
  return vgetq_lane_u32(vreinterpretq_u32_u8(sums), 0);
}
static inline uint8x16_t within_neon(uint8x16_t v, uint8_t first, uint8_t count) {
  return vcltq_u8(vsubq_u8(v, vdupq_n_u8(first)), vdupq_n_u8(count));
}
static inline uint8x16_t is_neon(uint8x16_t v, uint8_t c) { return vceqq_u8(v, vdupq_n_u8(c)); }

static inline void classes_neon(const uint8_t *p, size_t n, bool path, text_masks *m) {
  uint8x16_t found[2][8];
  uint32_t *out = (uint32_t *)(void *)m;
  for (uint32_t half = 0; half < 2; half++) {
    uint8x16_t v = vld1q_u8(p + 16 * half), *f = found[half];
    uint8x16_t dash = is_neon(v, '-');
    f[0] = within_neon(v, '0', 10);
    f[1] = within_neon(vorrq_u8(v, vdupq_n_u8(0x20)), 'a', 26);
    f[2] = within_neon(v, 'a', 26);
    f[3] = vorrq_u8(vorrq_u8(f[0], f[1]), vorrq_u8(dash, vorrq_u8(is_neon(v, '+'), is_neon(v, '_'))));
    if (!path) f[3] = vorrq_u8(f[3], is_neon(v, '/'));
    f[4] = is_neon(v, ':');
    f[5] = dash;
    f[6] = is_neon(v, '.');
    f[7] = vorrq_u8(within_neon(v, '%', 2), vorrq_u8(is_neon(v, '='), is_neon(v, '@')));
  }
  for (uint32_t k = 0; k < 8; k++) out[k] = bits_neon(found[0][k], found[1][k]) & (n < DLP_BLOCK ? (1u << n) - 1 : ~0u);
}

static inline void stops_neon(const uint8_t *p, uint8_t quote, string_masks *m) {
  uint8x16_t stop[2], blank[2], at_sign[2];
  for (uint32_t half = 0; half < 2; half++) {
    uint8x16_t v = vld1q_u8(p + 16 * half);
    stop[half] = vorrq_u8(vorrq_u8(is_neon(v, quote), is_neon(v, '\\')), vorrq_u8(vcltq_u8(v, vdupq_n_u8(0x20)), vcgeq_u8(v, vdupq_n_u8(0x80))));
    blank[half] = is_neon(v, ' ');
    at_sign[half] = is_neon(v, '@');
  }
  m->stop = bits_neon(stop[0], stop[1]);
  m->blank = bits_neon(blank[0], blank[1]);
  m->at_sign = bits_neon(at_sign[0], at_sign[1]);
}

static inline void look_neon(const uint8_t *p, size_t n, bool string, dlp_look *m) {
  (void)string;
  uint64_t *out = (uint64_t *)(void *)m;
  memset(m, 0, sizeof *m);
  for (uint32_t half = 0; half < 2 && 32 * half < n; half++) {
    uint8x16_t found[2][12];
    for (uint32_t part = 0; part < 2; part++) {
      uint8x16_t v = vld1q_u8(p + 32 * half + 16 * part), *f = found[part];
      uint8x16_t dash = is_neon(v, '-');
      f[0] = within_neon(v, '0', 10);
      f[1] = within_neon(vorrq_u8(v, vdupq_n_u8(0x20)), 'a', 26);
      f[2] = within_neon(v, 'a', 26);
      f[3] = vorrq_u8(dash, vorrq_u8(is_neon(v, '+'), is_neon(v, '_')));
      f[4] = is_neon(v, '/');
      f[5] = is_neon(v, ':');
      f[6] = dash;
      f[7] = is_neon(v, '.');
      uint8x16_t rare = vorrq_u8(vorrq_u8(is_neon(v, '!'), is_neon(v, '*')), vorrq_u8(within_neon(v, '#', 4), within_neon(v, ';', 6)));
      f[8] = vorrq_u8(rare, vorrq_u8(vorrq_u8(is_neon(v, '^'), is_neon(v, '`')), vorrq_u8(is_neon(v, '|'), is_neon(v, '~'))));
      f[9] = vcltq_u8(v, vdupq_n_u8(0x20));
      f[10] = is_neon(v, ' ');
      f[11] = vorrq_u8(vcgeq_u8(v, vdupq_n_u8(0x80)), vorrq_u8(is_neon(v, '"'), is_neon(v, '\\')));
    }
    for (uint32_t k = 0; k < 12; k++) out[k] |= (uint64_t)bits_neon(found[0][k], found[1][k]) << (32 * half);
  }
}
#define anywhere_neon anywhere_scalar

#include "lanes_kernels.h"
static const dlp_lanes neon = {"neon", plain_neon, survey_neon, glance_neon};
#undef NAME
#undef TARGET
#endif

/* --- which ones ---------------------------------------------------------------------------------------------------- */

const dlp_lanes *dlp_lanes_at(uint32_t i) {
  if (i == 0) return &scalar;
#if defined(__x86_64__) && !defined(DLP_SCALAR)
  if (i == 1) return &sse2;
  if (i == 2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt")) return &avx2;
#elif defined(__aarch64__) && !defined(DLP_SCALAR)
  if (i == 1) return &neon;
#endif
  return NULL;
}

const dlp_lanes *dlp_best_lanes(void) {
  const dlp_lanes *best = &scalar, *next;
  for (uint32_t i = 1; (next = dlp_lanes_at(i)) != NULL; i++) best = next;
  return best;
}
