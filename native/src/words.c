/* Which of the rules' context words a text holds: it is cut into words as rules/words.py does, and the concatenations
 * of one to four neighbours are looked up. Most words begin no context word, and end the matter at their first test.
 */
#include "prefilter.h"

enum { CAPITAL = 0x80 };

static void set(uint64_t *map, uint32_t i) { map[i >> 6] |= 1ULL << (i & 63); }

bool dlp_words_build(dlp_prefilter *pf, const uint8_t *words, const uint32_t *offsets) {
  pf->word_slots = 64;
  while (pf->word_slots < 4 * pf->n_words) pf->word_slots *= 2;
  pf->word_hashes = calloc(pf->n_words + 1, sizeof *pf->word_hashes);
  pf->word_next = calloc(pf->word_slots, sizeof *pf->word_next);
  if (!pf->word_hashes || !pf->word_next) return false;
  for (uint32_t b = 0; b < 256; b++) {
    uint8_t c = (uint8_t)b, folded = (uint8_t)(c | 0x20);
    bool letter = (uint8_t)(folded - 'a') < 26;
    pf->low[b] = letter ? folded : c;
    pf->letters[b] = letter ? (uint8_t)(folded | (c < 'a' ? CAPITAL : 0)) : (uint8_t)(c - '0') < 10 ? c : 0;
  }
  pf->powers[0] = 1;
  for (uint32_t i = 0; i < WORD_MAX; i++) pf->powers[i + 1] = pf->powers[i] * WORD_PRIME;
  for (uint32_t i = 0; i < pf->n_words; i++) {
    uint64_t h = 0;
    for (uint32_t k = offsets[i]; k < offsets[i + 1]; k++) {
      h = h * WORD_PRIME + words[k] + 1;
      set(pf->beginnings, (uint32_t)(word_mix(h) >> (64 - BEGINNINGS)));
    }
    uint32_t first = 0;
    for (uint32_t k = 0; k < 4 && offsets[i] + k < offsets[i + 1]; k++) {
      first |= (uint32_t)(words[offsets[i] + k] | 0x20) << (8 * k);
      uint32_t slot = dlp_start_slot(first);
      pf->openings[slot >> 5] |= 1u << (slot & 31);
    }
    if (offsets[i + 1] - offsets[i] >= 2) /* a letter's case, and which 32 a character is of, do not matter here */
      set(pf->first_two, (uint32_t)(words[offsets[i]] & 31) << 5 | (words[offsets[i] + 1] & 31));
    h = word_mix(h);
    pf->word_hashes[i] = h;
    set(pf->wholes, (uint32_t)(h >> (64 - WHOLES)));
    uint32_t s = (uint32_t)(h >> 20) & (pf->word_slots - 1);
    while (pf->word_next[s]) s = (s + 1) & (pf->word_slots - 1);
    pf->word_next[s] = i + 1;
  }
  return true;
}

/* Whether some context word begins with two characters like these, or is one. */
static inline bool may_begin(const dlp_prefilter *pf, const uint8_t *p) {
  return test(pf->first_two, (uint32_t)(p[0] & 31) << 5 | (p[1] & 31)) != 0;
}

/* Whether a context word may begin with this; reports those that are this. */
static inline bool look_up(const dlp_prefilter *pf, uint64_t hash, dlp_word_hit hit, void *context) {
  uint64_t h = word_mix(hash);
  if (!test(pf->beginnings, (uint32_t)(h >> (64 - BEGINNINGS)))) return false;
  if (test(pf->wholes, (uint32_t)(h >> (64 - WHOLES))))
    for (uint32_t s = (uint32_t)(h >> 20) & (pf->word_slots - 1); pf->word_next[s]; s = (s + 1) & (pf->word_slots - 1))
      if (pf->word_hashes[pf->word_next[s] - 1] == h) hit(context, pf->word_next[s] - 1);
  return true;
}

/* Whether a word ends before `next`, a capital, that stands at p[i] behind `before`: aB, ABc. */
static inline bool ends_before(const uint8_t *letters, uint8_t before, const uint8_t *p, size_t n, size_t i) {
  if (before & CAPITAL) return i + 1 < n && letters[p[i + 1]] >= 'a' && letters[p[i + 1]] < CAPITAL;
  return before >= 'a';
}

bool dlp_words_may_be(const dlp_prefilter *pf, const uint8_t *p, uint64_t word, uint64_t letter, uint64_t small) {
  const uint64_t capital = letter & ~small;
  const uint64_t starts = (word & ~(word << 1)) | (capital & ((small << 1) | (capital << 1 & small >> 1)));
  const uint64_t ends = ~word | starts;
  for (uint64_t t = starts; t; t &= t - 1) {
    uint32_t i = (uint32_t)__builtin_ctzll(t), k = 0, key = 0;
    do key |= (uint32_t)(p[i + k] | 0x20) << (8 * k);
    while (++k < 4 && i + k < 64 && !(ends >> (i + k) & 1));
    uint32_t slot = dlp_start_slot(key);
    if (pf->openings[slot >> 5] >> (slot & 31) & 1) return true;
  }
  return false;
}

/* Words: runs of ASCII letters and digits, split again at aB and at ABc, lower case (rules/words.py). A neighbour is
 * joined without hashing it again: H(ab) = H(a) * P^|b| + H(b). */
void dlp_words(const dlp_prefilter *pf, const uint8_t *p, size_t n, dlp_word_hit hit, void *context) {
  if (!pf->n_words) return;
  const uint8_t *letters = pf->letters;
  uint64_t chain[3]; /* hashes of neighbours up to the last word that may begin a context word, the longest first */
  uint32_t words_in[3], live = 0;
  size_t i = 0;
  while (i < n) {
    uint8_t c = letters[p[i]], next = 0;
    if (!c) {
      i++;
      continue;
    }
    size_t start = i;
    if (!live && i + 1 < n && (next = letters[p[i + 1]]) != 0 && !(next & CAPITAL && ends_before(letters, c, p, n, i + 1)) &&
        !may_begin(pf, p + i)) {
      for (i++;; i++, c = next) { /* no context word begins with these two: to its end */
        if (i == n || !(next = letters[p[i]])) break;
        if (next & CAPITAL && ends_before(letters, c, p, n, i)) break;
      }
      continue;
    }
    uint64_t h = 0;
    for (;; c = next) {
      h = h * WORD_PRIME + (c & (CAPITAL - 1u)) + 1;
      if (++i == n || !(next = letters[p[i]])) break;
      if (next & CAPITAL && ends_before(letters, c, p, n, i)) break;
    }
    uint32_t kept = 0;
    if (i - start <= WORD_MAX) { /* no context word is longer */
      for (uint32_t j = 0; j < live; j++) {
        uint64_t joined = chain[j] * pf->powers[i - start] + h;
        uint32_t count = words_in[j] + 1;
        if (look_up(pf, joined, hit, context) && count < 4) {
          chain[kept] = joined;
          words_in[kept++] = count;
        }
      }
      if (look_up(pf, h, hit, context)) {
        chain[kept] = h;
        words_in[kept++] = 1;
      }
    }
    live = kept;
  }
}
