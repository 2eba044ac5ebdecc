/* The prefilter: which of the rules' literals, context words and shapes a text holds.
 *
 * It may say too much, never too little: what it does not mark is not looked at again.
 * Literals are found by a bitmap over a hash of four case-folded bytes, then verified. Context words are found by
 * splitting a text into words as rules/words.py does, and looking up the concatenations of one to four neighbours.
 */
#include "internal.h"
#if defined(__SSE2__) && !defined(DLP_SCALAR)
#include <emmintrin.h>
#endif

#define BITS 17 /* of the hash of four bytes: 16 KB of bitmap, 1 % of it set */
#define WORD_MAX 64
#define WORD_SEED 0x9E3779B97F4A7C15ULL
#define WORD_PRIME 0x100000001B3ULL

typedef struct literal {
  uint32_t offset, length, window; /* window: where its four rarest bytes start */
  uint8_t nocase;
} literal;

typedef struct node { /* of a bucket's chain */
  uint32_t literal, slot, next; /* next: + 1 */
} node;

struct dlp_prefilter {
  uint32_t n_literals, n_words, n_nodes, shapes, buckets_mask;
  uint8_t *bytes;
  dlp_demand *demands;
  uint32_t *demand_offsets; /* NULL: no trigger has any */
  literal *literals;
  node *nodes;
  uint32_t *buckets; /* node + 1 */
  uint64_t *word_hashes;
  uint32_t *word_next; /* open addressing: slot -> word + 1 */
  uint32_t word_slots;
  uint8_t klass[256], low[256]; /* of a character: enum letter_class; its lower case */
  uint64_t powers[WORD_MAX + 1];
  uint64_t bitmap[1 << (BITS - 6)];
  uint64_t word_bitmap[1 << (12 - 6)];
};

enum letter_class { OTHER = 0, LOWER = 1, UPPER = 2, DIGIT = 3 };

static inline uint32_t fold4(uint32_t v) { return v | 0x20202020u; }
static inline uint32_t slot4(uint32_t folded) { return (folded * 0x9E3779B1u) >> (32 - BITS); }
static inline uint64_t test(const uint64_t *map, uint32_t i) { return map[i >> 6] >> (i & 63) & 1; }
static inline void set(uint64_t *map, uint32_t i) { map[i >> 6] |= 1ULL << (i & 63); }
static inline uint8_t lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c; }
static inline bool letter(uint8_t c) { return (uint8_t)((c | 0x20) - 'a') < 26; }
static inline bool digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }
static inline bool upper(uint8_t c) { return (uint8_t)(c - 'A') < 26; }
static inline bool alnum(uint8_t c) { return letter(c) || digit(c); }

static uint64_t word_hash(const uint8_t *p, size_t n) {
  uint64_t h = 0;
  for (size_t i = 0; i < n; i++) h = h * WORD_PRIME + p[i] + 1;
  return h;
}
static inline uint64_t word_mix(uint64_t h) { return h * WORD_SEED; }

void dlp_prefilter_free(dlp_prefilter *pf) {
  if (!pf) return;
  free(pf->bytes);
  free(pf->demands);
  free(pf->demand_offsets);
  free(pf->literals);
  free(pf->nodes);
  free(pf->buckets);
  free(pf->word_hashes);
  free(pf->word_next);
  free(pf);
}

/* The window of four bytes that is least common in JSON of APIs: no part of URLs, few frequent letters. */
static uint32_t rarest_window(const uint8_t *b, uint32_t n) {
  uint32_t best = 0, best_score = 0;
  for (uint32_t w = 0; w + 4 <= n; w++) {
    uint32_t score = 1;
    for (uint32_t k = w; k < w + 4; k++) {
      uint8_t ch = lower(b[k]);
      if (memchr("etaoinsrlcdp", ch, 12)) score += 1;
      else if (memchr(":/. \"", ch, 5)) score += 1;
      else score += letter(ch) ? 3 : 4;
    }
    for (uint32_t k = 0; k + 4 <= 23; k++) {
      static const char common[] = "https://www.api.com/v1/";
      uint32_t j = 0;
      while (j < 4 && lower(b[w + j]) == (uint8_t)common[k + j]) j++;
      if (j == 4) score = 1;
    }
    if (score > best_score) {
      best = w;
      best_score = score;
    }
  }
  return best;
}

dlp_prefilter *dlp_prefilter_new(const uint8_t *literals, const uint32_t *literal_offsets, const uint8_t *nocase,
                                 uint32_t n_literals, const uint8_t *words, const uint32_t *word_offsets,
                                 uint32_t n_words, uint32_t shapes, const dlp_demand *demands,
                                 const uint32_t *demand_offsets) {
  dlp_prefilter *pf = calloc(1, sizeof *pf);
  if (!pf) return NULL;
  pf->n_literals = n_literals;
  pf->n_words = n_words;
  pf->shapes = shapes;
  uint32_t total = n_literals ? literal_offsets[n_literals] : 0, buckets = 64, n_nodes = 0;
  for (uint32_t i = 0; i < n_literals; i++) n_nodes += literal_offsets[i + 1] - literal_offsets[i] < 4 ? 128 : 1;
  while (buckets < 2 * n_nodes) buckets *= 2;
  pf->buckets_mask = buckets - 1;
  pf->word_slots = 64;
  while (pf->word_slots < 4 * n_words) pf->word_slots *= 2;
  pf->bytes = malloc(total + 1);
  pf->literals = calloc(n_literals + 1, sizeof *pf->literals);
  pf->nodes = calloc(n_nodes + 1, sizeof *pf->nodes);
  pf->buckets = calloc(buckets, sizeof *pf->buckets);
  pf->word_hashes = calloc(n_words + 1, sizeof *pf->word_hashes);
  pf->word_next = calloc(pf->word_slots, sizeof *pf->word_next);
  if (!pf->bytes || !pf->literals || !pf->nodes || !pf->buckets || !pf->word_hashes || !pf->word_next) goto fail;
  if (total) memcpy(pf->bytes, literals, total);
  if (demands && demand_offsets) {
    uint32_t triggers = DLP_SHAPE_COUNT + n_literals + n_words, n = demand_offsets[triggers];
    pf->demands = malloc((n + 1) * sizeof *demands);
    pf->demand_offsets = malloc((triggers + 1) * sizeof *demand_offsets);
    if (!pf->demands || !pf->demand_offsets) goto fail;
    memcpy(pf->demands, demands, n * sizeof *demands);
    memcpy(pf->demand_offsets, demand_offsets, (triggers + 1) * sizeof *demand_offsets);
  }
  for (uint32_t i = 0; i < n_literals; i++) {
    literal *l = &pf->literals[i];
    l->offset = literal_offsets[i];
    l->length = literal_offsets[i + 1] - literal_offsets[i];
    l->nocase = nocase[i];
    if (l->length < 3) goto fail;
    uint8_t *b = pf->bytes + l->offset;
    if (l->nocase)
      for (uint32_t k = 0; k < l->length; k++) b[k] = lower(b[k]);
    /* a literal of three bytes is one of four whose last may be anything, folded: one test serves all */
    uint32_t key = 0, last = l->length < 4 ? 128 : 1;
    l->window = rarest_window(b, l->length);
    memcpy(&key, b + l->window, l->length < 4 ? 3 : 4);
    for (uint32_t k = 0; k < last; k++) {
      uint32_t fourth = (k & 0x1F) | (k & 0x60) << 1; /* the seven bits that folding leaves */
      uint32_t slot = slot4(fold4(last > 1 ? (key & 0x00FFFFFFu) | fourth << 24 : key));
      uint32_t *bucket = &pf->buckets[slot & pf->buckets_mask];
      set(pf->bitmap, slot);
      uint32_t n = *bucket;
      while (n && (pf->nodes[n - 1].slot != slot || pf->nodes[n - 1].literal != i)) n = pf->nodes[n - 1].next;
      if (n) continue; /* two fourth bytes of one hash */
      pf->nodes[pf->n_nodes++] = (node){i, slot, *bucket};
      *bucket = pf->n_nodes;
    }
  }
  for (uint32_t b = 0; b < 256; b++) {
    uint8_t ch = (uint8_t)b;
    pf->klass[b] = digit(ch) ? DIGIT : !letter(ch) ? OTHER : upper(ch) ? UPPER : LOWER;
    pf->low[b] = lower(ch);
  }
  pf->powers[0] = 1;
  for (uint32_t i = 0; i < WORD_MAX; i++) pf->powers[i + 1] = pf->powers[i] * WORD_PRIME;
  for (uint32_t i = 0; i < n_words; i++) {
    uint64_t h = word_mix(word_hash(words + word_offsets[i], word_offsets[i + 1] - word_offsets[i]));
    pf->word_hashes[i] = h;
    set(pf->word_bitmap, (uint32_t)(h >> 52));
    uint32_t s = (uint32_t)(h >> 20) & (pf->word_slots - 1);
    while (pf->word_next[s]) s = (s + 1) & (pf->word_slots - 1);
    pf->word_next[s] = i + 1;
  }
  return pf;
fail:
  dlp_prefilter_free(pf);
  return NULL;
}

uint32_t dlp_prefilter_shapes(const dlp_prefilter *pf) { return pf->shapes; }
const dlp_demand *dlp_demands_of(const dlp_prefilter *pf, uint32_t trigger, uint32_t *n) {
  *n = pf->demand_offsets ? pf->demand_offsets[trigger + 1] - pf->demand_offsets[trigger] : 0;
  return *n ? pf->demands + pf->demand_offsets[trigger] : NULL;
}
uint32_t dlp_literal_count(const dlp_prefilter *pf) { return pf->n_literals; }
uint32_t dlp_word_count(const dlp_prefilter *pf) { return pf->n_words; }
uint32_t dlp_literal_length(const dlp_prefilter *pf, uint32_t i) { return pf->literals[i].length; }

/* Calls back for each literal of the bucket that stands at p + i; returns whether any did. */
static bool verify(const dlp_prefilter *pf, const uint8_t *p, size_t n, size_t i, uint32_t slot, dlp_literal_hit hit,
                   void *context) {
  bool any = false;
  for (uint32_t k = pf->buckets[slot & pf->buckets_mask]; k; k = pf->nodes[k - 1].next) {
    if (pf->nodes[k - 1].slot != slot) continue;
    const literal *l = &pf->literals[pf->nodes[k - 1].literal];
    if (l->window > i || l->length - l->window > n - i) continue;
    const uint8_t *b = pf->bytes + l->offset, *at = p + i - l->window;
    if (l->nocase) {
      uint32_t j = 0;
      while (j < l->length && pf->low[at[j]] == b[j]) j++;
      if (j < l->length) continue;
    } else if (memcmp(at, b, l->length) != 0) {
      continue;
    }
    any = true;
    if (!hit) break;
    hit(context, i - l->window, pf->nodes[k - 1].literal);
  }
  return any;
}

static inline uint64_t bit(const dlp_prefilter *pf, uint32_t i) { return pf->bitmap[i >> 6] >> (i & 63); }

static bool literals(const dlp_prefilter *pf, const uint8_t *p, size_t n, dlp_literal_hit hit, void *context) {
  if (n < 3 || !pf->n_literals) return false;
  bool any = false;
  size_t i = 0;
#define SLOT(k) slot4(fold4(dlp_read32(p + i + (k))))
  for (; i + 11 <= n; i += 8) { /* eight starts a turn; nearly always none fires */
    uint32_t a = SLOT(0), b = SLOT(1), c = SLOT(2), d = SLOT(3), e = SLOT(4), f = SLOT(5), g = SLOT(6), h = SLOT(7);
    uint64_t fires = bit(pf, a) | bit(pf, b) | bit(pf, c) | bit(pf, d) | bit(pf, e) | bit(pf, f) | bit(pf, g) | bit(pf, h);
    if (!(fires & 1)) continue;
    for (uint32_t k = 0; k < 8; k++) {
      uint32_t slot = SLOT(k);
      if (!test(pf->bitmap, slot)) continue;
      any |= verify(pf, p, n, i + k, slot, hit, context);
      if (any && !hit) return true;
    }
  }
#undef SLOT
  for (; i + 3 <= n; i++) {
    uint32_t v = 0;
    memcpy(&v, p + i, i + 4 <= n ? 4 : 3);
    uint32_t slot = slot4(fold4(v));
    if (test(pf->bitmap, slot)) any |= verify(pf, p, n, i, slot, hit, context);
    if (any && !hit) return true;
  }
  return any;
}

void dlp_literals(const dlp_prefilter *pf, const uint8_t *p, size_t n, dlp_literal_hit hit, void *context) {
  (void)literals(pf, p, n, hit, context);
}

bool dlp_has_literal(const dlp_prefilter *pf, const uint8_t *p, size_t n) { return literals(pf, p, n, NULL, NULL); }

static inline void look_up(const dlp_prefilter *pf, uint64_t hash, dlp_word_hit hit, void *context) {
  uint64_t h = word_mix(hash);
  if (!test(pf->word_bitmap, (uint32_t)(h >> 52))) return;
  for (uint32_t s = (uint32_t)(h >> 20) & (pf->word_slots - 1); pf->word_next[s]; s = (s + 1) & (pf->word_slots - 1))
    if (pf->word_hashes[pf->word_next[s] - 1] == h) hit(context, pf->word_next[s] - 1);
}

/* Words: runs of ASCII letters and digits, split again at aB and at ABc, lower case (rules/words.py). A neighbour is
 * joined without hashing it again: H(ab) = H(a) * P^|b| + H(b). */
void dlp_words(const dlp_prefilter *pf, const uint8_t *p, size_t n, dlp_word_hit hit, void *context) {
  if (!pf->n_words) return;
  const uint8_t *klass = pf->klass, *low = pf->low;
  uint64_t chain[4] = {0, 0, 0, 0}; /* hashes of the last one, two, three words */
  uint32_t chained = 0;
  size_t i = 0;
  while (i < n) {
    uint8_t k = klass[p[i]];
    if (!k) {
      i++;
      continue;
    }
    size_t start = i;
    uint64_t h = 0;
    for (;;) {
      h = h * WORD_PRIME + low[p[i]] + 1;
      if (++i == n) break;
      uint8_t next = klass[p[i]];
      if (!next) break;
      if (next == UPPER && (k == LOWER || (k == UPPER && i + 1 < n && klass[p[i + 1]] == LOWER))) break; /* aB, ABc */
      k = next;
    }
    if (i - start > WORD_MAX) { /* no context word is as long: break the chain */
      chained = 0;
      continue;
    }
    uint64_t power = pf->powers[i - start];
    uint32_t live = chained < 3 ? chained : 3;
    for (uint32_t j = live; j > 0; j--) {
      chain[j] = chain[j - 1] * power + h;
      look_up(pf, chain[j], hit, context);
    }
    chain[0] = h;
    look_up(pf, h, hit, context);
    chained = live + 1;
  }
}

/* --- shapes ------------------------------------------------------------------------------------------------- */

static bool local_char(uint8_t c) { return alnum(c) || c >= 0x80 || memchr("!#$%&'*+/=?^_`{|}~.-\"", c, 21) != NULL; }

/* Whether the host name around i is followed as in git@host:path, which is no address. */
static bool path_of_host(const uint8_t *p, size_t n, size_t i) {
  size_t limit = n - i > 255 ? i + 255 : n;
  while (i < limit && (alnum(p[i]) || p[i] == '.' || p[i] == '-')) i++;
  if (i + 1 >= n || p[i] != ':' || !alnum(p[i - 1])) return false;
  size_t k = i + 1;
  if (letter(p[k]) || p[k] == '~' || p[k] == '/' || p[k] == '.') return true;
  while (k < n && k < i + 16 && digit(p[k])) k++;
  return k > i + 1 && k < n && (letter(p[k]) || p[k] == '/' || p[k] == '_' || p[k] == '-');
}

static bool spells(const uint8_t *p, const char *word, size_t n) {
  size_t i = 0;
  while (i < n && lower(p[i]) == (uint8_t)word[i]) i++;
  return i == n;
}

/* Whether nobody reads what is sent to the address around p[at]: it says so. Only user names of URLs look alike. */
static bool no_reply(const uint8_t *p, size_t n, size_t at) {
  size_t from = at > 256 ? at - 256 : 0, start = at;
  for (size_t i = from; i + 3 <= at; i++)
    if (memcmp(p + i, "://", 3) == 0) return false;
  while (start > from && (alnum(p[start - 1]) || memchr("._%+-", p[start - 1], 5))) start--;
  if ((at - start == 7 && spells(p + start, "noreply", 7)) || (at - start == 8 && spells(p + start, "no-reply", 8))) return true;
  for (size_t i = at + 1; i + 8 <= n && i < at + 64 && (alnum(p[i]) || p[i] == '.' || p[i] == '-'); i++)
    if (spells(p + i, "noreply.", 8) && i + 8 < n && alnum(p[i + 8])) return true;
  return false;
}

static bool email_at(const uint8_t *p, size_t n, size_t at) {
  if (at == 0 || !local_char(p[at - 1]) || no_reply(p, n, at)) return false;
  size_t i = at + 1, limit = n - i > 255 ? i + 255 : n;
  bool dot = false;
  for (; i < limit; i++) {
    if (alnum(p[i]) || p[i] >= 0x80 || p[i] == '-') {
      if (dot) return !path_of_host(p, n, i);
    } else if (p[i] == '.') {
      if (i == at + 1) return false;
      dot = i + 1 < limit;
    } else if (p[i] == '[') {
      return i == at + 1; /* address literal */
    } else {
      return false;
    }
  }
  return false;
}

static inline bool separator(uint8_t c) { return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')'; }

/* The number of bytes of a separator between digit groups at p[i]: one to three characters, or a no-break space, a
 * thin space, a dash of Unicode; 0 if there is none. */
static size_t separator_length(const uint8_t *p, size_t n, size_t i) {
  size_t k = 0;
  while (k < 3 && i + k < n && separator(p[i + k])) k++;
  if (k) return k;
  if (i + 1 < n && p[i] == 0xC2 && p[i + 1] == 0xA0) return 2;
  if (i + 2 < n && p[i] == 0xE2 && p[i + 1] == 0x80 && p[i + 2] >= 0x80 && p[i + 2] <= 0xAF) return 3;
  return 0;
}

/* Shapes of a chain of digit groups that starts at i; returns its end. */
static size_t digit_chain(const uint8_t *p, size_t n, size_t i, uint32_t wanted, uint32_t *found) {
  enum { RING = 32 };
  /* For each group start in the ring: digits before it, and both Luhn prefix sums there. */
  uint64_t digits_at[RING], even_at[RING], odd_at[RING];
  uint32_t groups = 0;
  uint64_t digits = 0, even = 0, odd = 0; /* sums with the digits of even (odd) index doubled */
  uint32_t lengths[4] = {0, 0, 0, 0};     /* of the last four groups, newest first */
  uint8_t seps[4] = {0, 0, 0, 0};         /* the separator before each */
  size_t start = i;
  size_t before = start; /* behind a plus sign, with up to two separators between */
  while (before > 0 && start - before < 2 && separator(p[before - 1])) before--;
  bool plus = before > 0 && p[before - 1] == '+';
  uint64_t zeros = UINT64_MAX; /* digits before the first group that starts with 00, the international prefix */
  uint8_t sep = 0;
  for (;;) {
    uint32_t slot = groups % RING;
    digits_at[slot] = digits;
    even_at[slot] = even;
    odd_at[slot] = odd;
    groups++;
    size_t g = i;
    while (i < n && digit(p[i])) {
      uint32_t d = (uint32_t)(p[i] - '0'), twice = d * 2 > 9 ? d * 2 - 9 : d * 2;
      bool is_even = (digits & 1) == 0;
      even += is_even ? twice : d;
      odd += is_even ? d : twice;
      digits++;
      i++;
    }
    if (zeros == UINT64_MAX && i - g >= 2 && p[g] == '0' && p[g + 1] == '0') { /* no country's number starts with 0 */
      size_t next = i - g > 2 ? g + 2 : i + separator_length(p, n, i);
      if (next < n && p[next] != '0') zeros = digits - (i - g);
    }
    memmove(lengths + 1, lengths, 3 * sizeof *lengths);
    memmove(seps + 1, seps, 3);
    lengths[0] = (uint32_t)(i - g > 1000 ? 1000 : i - g);
    seps[0] = sep;
    if (wanted & (1u << DLP_SHAPE_CARD)) {
      /* windows of whole groups that end here: the doubled digits are every second from the right, not the last */
      for (uint32_t k = 0; k < groups && k < RING; k++) {
        uint32_t w = (groups - 1 - k) % RING;
        uint64_t len = digits - digits_at[w];
        if (len > 19) break;
        if (len < 12) continue;
        bool double_even = (digits & 1) == 0; /* last index is digits - 1; doubled are digits - 2, - 4, ... */
        uint64_t sum = double_even ? even - even_at[w] : odd - odd_at[w];
        if (sum && sum % 10 == 0) *found |= 1u << DLP_SHAPE_CARD;
      }
    }
    if (groups >= 3 && lengths[0] == 4 && lengths[1] == 2 && lengths[2] == 3) *found |= 1u << DLP_SHAPE_SSN;
    if (groups >= 3 && lengths[0] == 4 && lengths[1] == 3 && lengths[2] == 3) *found |= 1u << DLP_SHAPE_PHONE;
    if (groups >= 2 && lengths[0] == 7 && lengths[1] == 3 && seps[0] == ')') *found |= 1u << DLP_SHAPE_PHONE;
    if (groups >= 4 && seps[0] == '.' && seps[1] == '.' && seps[2] == '.' && lengths[0] <= 3 && lengths[1] <= 3 &&
        lengths[2] <= 3 && lengths[3] <= 3)
      *found |= 1u << DLP_SHAPE_IPV4;
    size_t k = separator_length(p, n, i);
    if (!k || i + k >= n || !digit(p[i + k])) break;
    sep = k == 1 ? p[i] : 0;
    i += k;
  }
  if (digits >= 6) *found |= 1u << DLP_SHAPE_DIGITS;
  if (digits >= 7 && (plus || (zeros != UINT64_MAX && digits - zeros >= 9))) *found |= 1u << DLP_SHAPE_PHONE;
  return i;
}

static inline uint32_t mod97(uint32_t rest, uint8_t ch) {
  return digit(ch) ? (rest * 10 + (uint32_t)(ch - '0')) % 97 : (rest * 100 + (uint32_t)((ch | 0x20) - 'a') + 10) % 97;
}

/* run: a digit run that two letters precede. Whether they start a number of 15 to 34 characters, up to any word's or
 * group's end, whose check digits are right (ISO 7064 mod 97-10, ISO 13616). */
static bool iban_at(const uint8_t *p, size_t n, size_t run) {
  if (run < 2 || !letter(p[run - 1]) || !letter(p[run - 2])) return false;
  if (run >= 3 && alnum(p[run - 3])) return false;
  if (run + 1 >= n || !digit(p[run + 1])) return false;
  size_t count = 0, i = run + 2;
  uint32_t rest = 0;
  while (i < n && count < 31) {
    size_t k = alnum(p[i]) ? 0 : separator_length(p, n, i);
    if (k || !alnum(p[i])) { /* a group ends */
      if (!k || i + k >= n || !alnum(p[i + k])) break;
      i += k;
    }
    rest = mod97(rest, p[i++]);
    count++;
    if (count >= 11 && (i >= n || !alnum(p[i]))) {
      uint32_t whole = mod97(mod97(mod97(mod97(rest, p[run - 2]), p[run - 1]), p[run]), p[run + 1]);
      if (whole == 1) return true;
    }
  }
  return false;
}

static inline bool hex(uint8_t c) { return digit(c) || (uint8_t)((c | 0x20) - 'a') < 6; }

/* Address shapes in a run of hex digits, colons and dashes around the first colon or dash at i. */
static size_t hex_run(const uint8_t *p, size_t n, size_t i, uint32_t *found) {
  size_t start = i, end = i, colons = 0, doubles = 0, pairs = 0;
  while (start > 0 && hex(p[start - 1]) && i - start < 4) start--;
  size_t group = i - start;
  while (end < n && (hex(p[end]) || p[end] == ':' || p[end] == '-')) {
    if (p[end] == ':' || p[end] == '-') {
      colons += p[end] == ':';
      doubles += end + 1 < n && p[end] == ':' && p[end + 1] == ':';
      pairs = group == 2 ? pairs + 1 : 0;
      group = 0;
    } else {
      group++;
      if (group >= 2 && pairs >= 5) *found |= 1u << DLP_SHAPE_MAC | 1u << DLP_SHAPE_IPV6;
    }
    end++;
  }
  if (doubles || colons >= 6) *found |= 1u << DLP_SHAPE_IPV6;
  return end > i ? end : i + 1;
}

/* The first digit from i on, or n. */
static size_t next_digit(const uint8_t *p, size_t n, size_t i) {
#if defined(__SSE2__) && !defined(DLP_SCALAR)
  const __m128i zero = _mm_set1_epi8((char)(0x80 - '0')), ten = _mm_set1_epi8((char)(0x80 + 10));
  for (; i + 16 <= n; i += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
    uint32_t m = (uint32_t)_mm_movemask_epi8(_mm_cmplt_epi8(_mm_add_epi8(v, zero), ten));
    if (m) return i + (size_t)__builtin_ctz(m);
  }
#endif
  while (i < n && !digit(p[i])) i++;
  return i;
}

/* The first colon or dash from i on, or n. */
static size_t next_mark(const uint8_t *p, size_t n, size_t i) {
#if defined(__SSE2__) && !defined(DLP_SCALAR)
  const __m128i colon = _mm_set1_epi8(':'), dash = _mm_set1_epi8('-');
  for (; i + 16 <= n; i += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
    uint32_t m = (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, colon), _mm_cmpeq_epi8(v, dash)));
    if (m) return i + (size_t)__builtin_ctz(m);
  }
#endif
  while (i < n && p[i] != ':' && p[i] != '-') i++;
  return i;
}

/* A value of a query that is long and encoded. */
static bool query_value(const uint8_t *p, size_t n) {
  for (size_t i = 0; i < n;) {
    const uint8_t *at = memchr(p + i, '=', n - i);
    if (!at) return false;
    size_t start = (size_t)(at - p) + 1;
    for (i = start; i < n && (alnum(p[i]) || p[i] == '+' || p[i] == '/' || p[i] == '_' || p[i] == '-' || p[i] == '%'); i++) {}
    if (i - start >= 64) return true;
    if (i < start + 1) i = start;
  }
  return false;
}

/* A label of a host name that is long enough to carry data: 40 letters, digits, dashes or more, then a dot and a name. */
static bool has_label(const uint8_t *p, size_t n) {
  size_t run = 0;
  bool any_digit = false;
  for (size_t i = 0; i + 1 < n; i++) {
    if (alnum(p[i]) || p[i] == '-' || p[i] == '_') {
      run++;
      any_digit |= digit(p[i]);
    } else {
      if (p[i] == '.' && run >= 40 && any_digit && alnum(p[i + 1])) return true;
      run = 0;
      any_digit = false;
    }
  }
  return false;
}

uint32_t dlp_shapes(const uint8_t *p, size_t n, uint32_t wanted) {
  uint32_t found = 0;
  size_t i = 0, run = 0; /* run: length of the current high-entropy run */
  bool run_digit = false, run_letter = false;
  const uint32_t addresses = 1u << DLP_SHAPE_IPV6 | 1u << DLP_SHAPE_MAC;
  const uint32_t digits = 1u << DLP_SHAPE_CARD | 1u << DLP_SHAPE_SSN | 1u << DLP_SHAPE_IBAN | 1u << DLP_SHAPE_IPV4 |
                          1u << DLP_SHAPE_PHONE | 1u << DLP_SHAPE_DIGITS;
  if (wanted & (1u << DLP_SHAPE_ENTROPY) && n >= 20) {
    for (; i < n; i++) {
      uint8_t c = p[i];
      if (alnum(c) || c == '+' || c == '/' || c == '=' || c == '_' || c == '-') {
        run++;
        run_digit |= digit(c);
        run_letter |= letter(c);
        if (run >= 20 && run_digit && run_letter) {
          found |= 1u << DLP_SHAPE_ENTROPY;
          break;
        }
      } else {
        run = 0;
        run_digit = run_letter = false;
      }
    }
  }
  if (wanted & digits)
    for (i = next_digit(p, n, 0); i < n; i = next_digit(p, n, i)) {
      if (wanted & (1u << DLP_SHAPE_IBAN) && iban_at(p, n, i)) found |= 1u << DLP_SHAPE_IBAN;
      i = digit_chain(p, n, i, wanted, &found);
    }
  if (wanted & (1u << DLP_SHAPE_EMAIL))
    for (const uint8_t *at = p; (at = memchr(at, '@', n - (size_t)(at - p))) != NULL; at++)
      if (email_at(p, n, (size_t)(at - p))) {
        found |= 1u << DLP_SHAPE_EMAIL;
        break;
      }
  if (wanted & (1u << DLP_SHAPE_LABEL) && n >= 42 && has_label(p, n)) found |= 1u << DLP_SHAPE_LABEL;
  if (wanted & addresses)
    for (i = next_mark(p, n, 0); i < n; i = next_mark(p, n, i)) i = hex_run(p, n, i, &found);
  if (wanted & (1u << DLP_SHAPE_QUERY) && query_value(p, n)) found |= 1u << DLP_SHAPE_QUERY;
  return found & wanted;
}
