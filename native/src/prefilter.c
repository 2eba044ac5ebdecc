/* The prefilter: which of the rules' literals a text holds; what the other files need of the rules.
 *
 * It may say too much, never too little: what it does not mark is not looked at again. Literals are found by a bitmap
 * over a hash of four case-folded bytes, then verified.
 */
#include "prefilter.h"

static inline uint8_t lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c; }
static inline bool letter(uint8_t c) { return (uint8_t)((c | 0x20) - 'a') < 26; }
static inline bool digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }

void dlp_prefilter_free(dlp_prefilter *pf) {
  if (!pf) return;
  free(pf->bytes);
  free(pf->demands);
  free(pf->demand_offsets);
  free(pf->literals);
  free(pf->across);
  free(pf->nodes);
  free(pf->buckets);
  free(pf->word_hashes);
  free(pf->word_next);
  free(pf);
}

/* The window of four bytes that is least common in JSON of APIs: no part of URLs, few frequent letters. */
static uint32_t rarest_window(const uint8_t *b, uint32_t n) {
  static const char common[] = "https://www.api.com/v1/github.com/repos/users/name/public/private/ubuntu/master/main";
  uint32_t best = 0, best_score = 0;
  for (uint32_t w = 0; w + 4 <= n; w++) {
    uint32_t score = 1;
    for (uint32_t k = w; k < w + 4; k++) {
      uint8_t ch = lower(b[k]);
      if (memchr("etaoinsrlcdp", ch, 12)) score += 1;
      else if (memchr(":/. \"", ch, 5)) score += 1;
      else score += letter(ch) ? 3 : 4;
    }
    for (uint32_t k = 0; k + 4 < sizeof common; k++) {
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

/* Whether letters of a literal, b[start, end), can stand outside strings: a part of a bare word, or of an exponent. */
static bool bare_letters(const uint8_t *b, uint32_t n, uint32_t start, uint32_t end, bool nocase) {
  static const char *words[] = {"true", "false", "null"};
  char run[6];
  if (end - start >= sizeof run) return false;
  for (uint32_t i = start; i < end; i++) run[i - start] = (char)(nocase ? lower(b[i]) : b[i]);
  run[end - start] = 0;
  bool number_before = start > 0 && (digit(b[start - 1]) || b[start - 1] == '.');
  bool number_behind = end < n && (digit(b[end]) || memchr("+-.", b[end], 3));
  if (number_before || number_behind) return end - start == 1 && (run[0] | 0x20) == 'e';
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    if (strstr(words[k], run)) return true;
  return end - start == 1 && (run[0] | 0x20) == 'e';
}

/* Where a literal can stand; `*rare` receives the place of a byte that documents seldom have, or its length. */
static enum place place_of(const uint8_t *b, uint32_t n, bool nocase, bool raw, uint32_t *rare) {
  bool across = true, inside = true;
  *rare = n;
  for (uint32_t i = 0; i < n; i++) {
    uint8_t c = b[i];
    bool white = c == '\t' || c == '\n' || c == '\r';
    if (c < 0x20 && !white) return NOWHERE;
    if (white || c == '"' || c == '\\') inside = false;
    if (!inside && !raw) return NOWHERE; /* such a string has escapes: it is looked at decoded */
    if (letter(c)) {
      uint32_t start = i, end = i;
      while (start > 0 && letter(b[start - 1])) start--;
      while (end < n && letter(b[end])) end++;
      across &= bare_letters(b, n, start, end, nocase);
    } else {
      across &= white || digit(c) || memchr(" {}[],:+-.", c, 10) != NULL;
    }
    bool seldom = c >= 0x80 || c == '\r' || c == '\t' || (c > ' ' && !letter(c) && !digit(c) && !memchr("\"\\{}[],:+-._/", c, 13));
    if (seldom && *rare == n) *rare = i;
  }
  return inside && !across ? INSIDE : ACROSS;
}

static inline uint32_t bucket_of(const dlp_prefilter *pf, uint32_t key) { return (key * 0x9E3779B1u) >> 15 & pf->buckets_mask; }

enum { THREE = 0x00FFFFFF };

static void add_window(dlp_prefilter *pf, uint32_t i) {
  literal *l = &pf->literals[i];
  const uint8_t *b = pf->bytes + l->offset;
  uint32_t key = 0;
  l->window = rarest_window(b, l->length);
  memcpy(&key, b + l->window, l->length < 4 ? 3 : 4);
  key = dlp_fold4(key);
  uint32_t three = dlp_slot3(key), four = dlp_slot4(key);
  if (l->length < 4) {
    pf->windows.threes[three >> 5] |= 1u << (three & 31);
    key &= THREE;
  } else {
    pf->windows.fours[four >> 5] |= 1u << (four & 31);
  }
  uint32_t *bucket = &pf->buckets[bucket_of(pf, key)];
  pf->nodes[pf->n_nodes++] = (node){i, key, *bucket};
  *bucket = pf->n_nodes;
}

/* The least that the rules behind context words need, where the word stands in the text. */
static bool need_little(const dlp_prefilter *pf) {
  for (uint32_t i = 0; i < pf->n_words; i++) {
    uint32_t n;
    const dlp_demand *d = dlp_demands_of(pf, DLP_SHAPE_COUNT + pf->n_literals + i, &n);
    if (!n) return true;
    for (; n; n--, d++)
      if (!d->whole && d->kinds & (1u << DLP_T_STRING | 1u << DLP_T_KEY | 1u << DLP_T_TEXT) && d->digits < 6 && d->code < 3 && d->run < 40)
        return true;
  }
  return false;
}

dlp_prefilter *dlp_prefilter_new(const uint8_t *literals, const uint32_t *literal_offsets, const uint8_t *nocase,
                                 uint32_t n_literals, const uint8_t *words, const uint32_t *word_offsets,
                                 uint32_t n_words, uint32_t shapes, const dlp_demand *demands,
                                 const uint32_t *demand_offsets) {
  dlp_prefilter *pf = calloc(1, sizeof *pf);
  if (!pf) return NULL;
  pf->lanes = dlp_best_lanes();
  pf->n_literals = n_literals;
  pf->n_words = n_words;
  pf->shapes = shapes;
  uint32_t total = n_literals ? literal_offsets[n_literals] : 0, buckets = 64;
  while (buckets < 4 * n_literals) buckets *= 2;
  pf->buckets_mask = buckets - 1;
  pf->bytes = malloc(total + 1);
  pf->literals = calloc(n_literals + 1, sizeof *pf->literals);
  pf->across = calloc(n_literals + 1, sizeof *pf->across);
  pf->nodes = calloc(n_literals + 1, sizeof *pf->nodes);
  pf->buckets = calloc(buckets, sizeof *pf->buckets);
  if (!pf->bytes || !pf->literals || !pf->across || !pf->nodes || !pf->buckets || !dlp_words_build(pf, words, word_offsets)) goto fail;
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
    l->nocase = nocase[i] & 1;
    if (l->length < 3) goto fail;
    uint8_t *b = pf->bytes + l->offset;
    if (l->nocase)
      for (uint32_t k = 0; k < l->length; k++) b[k] = lower(b[k]);
    l->place = (uint8_t)place_of(b, l->length, l->nocase, nocase[i] & 2, &l->rare);
    if (l->place == ACROSS) pf->across[pf->n_across++] = i;
    pf->common_across |= l->place == ACROSS && l->rare == l->length;
    add_window(pf, i);
  }
  pf->words_always = need_little(pf);
  dlp_beginnings(pf->pairs);
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
const dlp_lanes *dlp_prefilter_lanes(const dlp_prefilter *pf) { return pf ? pf->lanes : dlp_best_lanes(); }
void dlp_prefilter_use(dlp_prefilter *pf, const dlp_lanes *lanes) { pf->lanes = lanes; }

const uint8_t *dlp_prefilter_pairs(const dlp_prefilter *pf) { return pf->pairs; }

/* Whether a context word in a text can matter: some value beside it must be found. */
bool dlp_wants_words(const dlp_prefilter *pf, const dlp_survey *s) {
  return s->digits && s->letters && (pf->words_always || s->digits >= 6 || s->code || s->long_run);
}

typedef struct search {
  const dlp_prefilter *pf;
  const uint8_t *p;
  size_t n;
  uint32_t places; /* mask of 1 << enum place */
  dlp_literal_hit hit;
  void *context;
} search;

static bool stands_at(const dlp_prefilter *pf, const literal *l, const uint8_t *at) {
  const uint8_t *b = pf->bytes + l->offset;
  if (!l->nocase) return memcmp(at, b, l->length) == 0;
  uint32_t j = 0;
  while (j < l->length && pf->low[at[j]] == b[j]) j++;
  return j == l->length;
}

/* Calls back for each literal whose window stands at p + i. */
static bool verify(void *context, size_t i, uint32_t folded) {
  const search *s = context;
  const dlp_prefilter *pf = s->pf;
  const uint32_t keys[2] = {folded, folded & THREE};
  for (uint32_t which = 0; which < 2; which++)
    for (uint32_t k = pf->buckets[bucket_of(pf, keys[which])]; k; k = pf->nodes[k - 1].next) {
      if (pf->nodes[k - 1].key != keys[which]) continue;
      const literal *l = &pf->literals[pf->nodes[k - 1].literal];
      if (!(s->places >> l->place & 1) || l->window > i || l->length - l->window > s->n - i) continue;
      if (stands_at(pf, l, s->p + i - l->window)) s->hit(s->context, i - l->window, pf->nodes[k - 1].literal);
    }
  return false;
}

static void find(const dlp_prefilter *pf, const uint8_t *p, size_t n, size_t readable, uint32_t places, dlp_literal_hit hit,
                 void *context) {
  if (n < 3 || !pf->n_literals) return;
  search s = {pf, p, n, places, hit, context};
  pf->lanes->windows(&pf->windows, p, n, readable, verify, &s);
}

void dlp_literals(const dlp_prefilter *pf, const uint8_t *p, size_t n, size_t readable, dlp_literal_hit hit, void *context) {
  find(pf, p, n, readable, ~0u, hit, context);
}

void dlp_literals_inside(const dlp_prefilter *pf, const uint8_t *p, size_t n, size_t readable, dlp_literal_hit hit,
                         void *context) {
  find(pf, p, n, readable, 1u << INSIDE, hit, context);
}

void dlp_literals_across(const dlp_prefilter *pf, const uint8_t *p, size_t n, dlp_literal_hit hit, void *context) {
  if (!pf->n_across) return;
  if (pf->common_across) {
    find(pf, p, n, n, 1u << ACROSS, hit, context);
    return;
  }
  for (uint32_t k = 0; k < pf->n_across; k++) {
    uint32_t i = pf->across[k];
    const literal *l = &pf->literals[i];
    if (l->length > n) continue;
    uint8_t rare = pf->bytes[l->offset + l->rare];
    const uint8_t *from = p + l->rare, *end = p + n - (l->length - l->rare) + 1; /* where that byte can stand */
    for (const uint8_t *at; from < end && (at = memchr(from, rare, (size_t)(end - from))) != NULL; from = at + 1)
      if (stands_at(pf, l, at - l->rare)) hit(context, (uint64_t)(at - l->rare - p), i);
  }
}
