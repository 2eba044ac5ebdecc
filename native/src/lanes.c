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

/* Of a byte: bit k stands for the k-th mask of text_masks, slashes left out. */
static inline uint32_t kinds_of(uint8_t c) {
  uint32_t digit = (uint8_t)(c - '0') < 10, letter = (uint8_t)((c | 0x20) - 'a') < 26, small = (uint8_t)(c - 'a') < 26;
  uint32_t kinds = digit | letter << 1 | small << 2 | (digit | letter) << 3;
  switch (c) {
  case '+': case '_': return 8;
  case ':': return 16;
  case '-': return 8 | 32;
  case '.': return 64;
  case '%': case '&': case '=': case '@': return 128;
  default: return kinds;
  }
}

static void classes_scalar(const uint8_t *p, size_t n, bool path, text_masks *m) {
  memset(m, 0, sizeof *m);
  for (uint32_t i = 0; i < n; i++) {
    uint32_t kinds = kinds_of(p[i]);
    m->digit |= (kinds & 1) << i;
    m->letter |= (kinds >> 1 & 1) << i;
    m->small |= (kinds >> 2 & 1) << i;
    m->run |= ((kinds >> 3 & 1) | (p[i] == '/' && !path)) << i;
    if (kinds < 16) continue;
    m->colon |= (kinds >> 4 & 1) << i;
    m->dash |= (kinds >> 5 & 1) << i;
    m->dot |= (kinds >> 6 & 1) << i;
    m->sign |= (kinds >> 7 & 1) << i;
  }
}

static void stops_scalar(const uint8_t *p, uint8_t quote, string_masks *m) {
  memset(m, 0, sizeof *m);
  for (uint32_t i = 0; i < DLP_BLOCK; i++) {
    m->blank |= (uint32_t)(p[i] == ' ') << i;
    m->at_sign |= (uint32_t)(p[i] == '@') << i;
    if (p[i] == quote || p[i] == '\\' || p[i] < 0x20 || p[i] >= 0x80) {
      m->stop = 1u << i;
      return;
    }
  }
}

#include "lanes_kernels.h"

static inline uint32_t is_set(const dlp_windows *w, uint32_t folded) {
  uint32_t four = dlp_slot4(folded), three = dlp_slot3(folded);
  return w->fours[four >> 5] >> (four & 31) | w->threes[three >> 5] >> (three & 31);
}

/* The windows that the lanes have no room for. */
static bool last_windows(const dlp_windows *w, const uint8_t *p, size_t n, size_t i, bool (*hit)(void *, size_t, uint32_t),
                         void *context) {
  for (; i + 3 <= n; i++) {
    uint32_t v = 0;
    memcpy(&v, p + i, i + 4 <= n ? 4 : 3);
    v = dlp_fold4(v);
    if (is_set(w, v) & 1 && hit(context, i, v)) return true;
  }
  return false;
}

static bool windows_scalar(const dlp_windows *w, const uint8_t *p, size_t n, size_t readable,
                           bool (*hit)(void *, size_t, uint32_t), void *context) {
  size_t i = 0;
  (void)readable;
#define AT(k) dlp_fold4(dlp_read32(p + i + (k)))
  for (; i + 7 <= n; i += 4) { /* four starts a turn; nearly always none fires */
    uint32_t fires = is_set(w, AT(0)) | is_set(w, AT(1)) | is_set(w, AT(2)) | is_set(w, AT(3));
    if (!(fires & 1)) continue;
    for (uint32_t k = 0; k < 4; k++) {
      uint32_t v = AT(k);
      if (is_set(w, v) & 1 && hit(context, i + k, v)) return true;
    }
  }
#undef AT
  return last_windows(w, p, n, i, hit, context);
}

static const dlp_lanes scalar = {"scalar", plain_scalar, survey_scalar, windows_scalar};
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

#include "lanes_kernels.h"
static const dlp_lanes sse2 = {"sse2", plain_sse2, survey_sse2, windows_scalar};
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

#include "lanes_kernels.h"

/* The bit of each slot, as a sign. */
TARGET static inline __m256i look_up_avx2(const uint32_t *bitmap, __m256i slots) {
  __m256i words = _mm256_i32gather_epi32((const int *)(const void *)bitmap, _mm256_srli_epi32(slots, 5), 4);
  return _mm256_sllv_epi32(words, _mm256_andnot_si256(slots, _mm256_set1_epi32(31)));
}

TARGET static bool windows_avx2(const dlp_windows *w, const uint8_t *p, size_t n, size_t readable,
                                bool (*hit)(void *, size_t, uint32_t), void *context) {
  const __m256i spread = _mm256_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7, 5, 6, 7, 8, 6, 7, 8, 9, 7, 8, 9, 10);
  const __m256i fold = _mm256_set1_epi8(0x20), factor = _mm256_set1_epi32((int)0x9E3779B1u);
  size_t i = 0;
  for (; i + 3 <= n && i + 16 <= readable; i += 8) {
    __m256i v = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(p + i)));
    v = _mm256_or_si256(_mm256_shuffle_epi8(v, spread), fold);
    __m256i four = _mm256_srli_epi32(_mm256_mullo_epi32(_mm256_xor_si256(v, _mm256_srli_epi32(v, 11)), factor), 32 - DLP_SLOT_BITS);
    __m256i three = _mm256_srli_epi32(_mm256_mullo_epi32(_mm256_slli_epi32(v, 8), factor), 32 - DLP_THIRD_BITS);
    __m256i bits = _mm256_or_si256(look_up_avx2(w->fours, four), look_up_avx2(w->threes, three));
    uint32_t fires = (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(bits));
    for (; fires; fires &= fires - 1) {
      size_t at = i + (size_t)__builtin_ctz(fires);
      if (at + 3 > n) return false;
      if (hit(context, at, dlp_fold4(dlp_read32(p + at)))) return true;
    }
  }
  return last_windows(w, p, n, i, hit, context);
}

static const dlp_lanes avx2 = {"avx2", plain_avx2, survey_avx2, windows_avx2};
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

#include "lanes_kernels.h"
static const dlp_lanes neon = {"neon", plain_neon, survey_neon, windows_scalar};
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
