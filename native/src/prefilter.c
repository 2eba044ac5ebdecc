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
  free(pf->alike);
  free(pf->code);
  free(pf->code_offsets);
  free(pf->sets);
  free(pf->literals);
  free(pf->across);
  free(pf->nodes);
  free(pf->buckets);
  free(pf->word_hashes);
  free(pf->word_next);
  free(pf);
}

/* How seldom four bytes are seen in JSON of APIs: 1 for parts of URLs, more for what has few frequent letters. */
static uint32_t rarity(const uint8_t *b) {
  static const char common[] = "https://www.api.com/v1/github.com/repos/users/name/public/private/ubuntu/master/main/"
                               "user/name.org/net/io/html/json/type/date/time/status/state/content/comments/commits/events/"
                               "email/id/key/value/data/items/list/count/total/page/next/self/href/link/image/text/title/"
                               "description/created/updated/number/version/message/error/code/order/product/account/"
                               "customer/address/phone/city/country/price/amount/currency/file/path/label/open/subscription";
  uint32_t score = 1;
  for (uint32_t k = 0; k < 4; k++) {
    uint8_t ch = lower(b[k]);
    if (memchr("etaoinsrlcdp_", ch, 13)) score += 1;
    else if (memchr(":/. \"", ch, 5)) score += 1;
    else score += letter(ch) ? 3 : 4;
  }
  for (uint32_t k = 0; k + 4 < sizeof common; k++) {
    uint32_t j = 0;
    while (j < 4 && lower(b[j]) == (uint8_t)common[k + j]) j++;
    if (j == 4) return 1;
  }
  return score;
}

static uint32_t rarest_window(const uint8_t *b, uint32_t n) {
  uint32_t best = 0, best_score = 0;
  for (uint32_t w = 0; w + 4 <= n; w++) {
    uint32_t score = rarity(b + w);
    if (score > best_score) best = w, best_score = score;
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

/* Whether a rule that a trigger calls looks at numbers. */
static bool wants_numbers(const dlp_prefilter *pf, uint32_t trigger) {
  uint32_t n;
  const dlp_demand *d = dlp_demands_of(pf, trigger, &n);
  for (; n; n--, d++)
    if (d->kinds >> DLP_T_NUMBER & 1) return true;
  return false;
}

/* Where a literal can stand; `*rare` receives the place of a byte that documents seldom have, or its length. `raw`: it
 * matters across strings; `number`: inside numbers. */
static enum place place_of(const uint8_t *b, uint32_t n, bool nocase, bool raw, bool number, uint32_t *rare) {
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
  if (raw && *rare < n) return ACROSS; /* one search of all bytes finds it everywhere */
  return inside && !(across && (raw || number)) ? INSIDE : ACROSS;
}

static inline uint32_t bucket_of(const dlp_prefilter *pf, uint32_t key) { return (key * 0x9E3779B1u) >> 15 & pf->buckets_mask; }

enum { THREE = 0x00FFFFFF, TWO = 0x0000FFFF };

static void set_bit(uint32_t *map, uint32_t i) { map[i >> 5] |= 1u << (i & 31); }
static bool alnum(uint8_t c) { return letter(c) || digit(c); }

/* Where the search enters a literal, best first. */
typedef enum way { START_FOUR, RARE_THREE, START_WORD, START_THREE, ANYWHERE } way;

static void better(way *best, uint32_t *at, uint32_t *score, way found, uint32_t found_at, uint32_t found_score) {
  if (found > *best || (found == *best && found_score <= *score)) return;
  *best = found, *at = found_at, *score = found_score;
}

/* `starts`: a word starts where it does, or it does not count; `ends`: likewise its end. Four bytes that are common in URLs
 * are no way in, if there is another. */
static way way_into(const uint8_t *b, uint32_t n, bool starts, bool ends, uint32_t *at, uint32_t *word) {
  way best = ANYWHERE;
  uint32_t score = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (dlp_is_rare(b[i]) && n >= 3) {
      uint32_t from = i + 3 <= n ? i : n - 3;
      better(&best, at, &score, RARE_THREE, from, 1);
    }
    if (!alnum(b[i]) || (i ? alnum(b[i - 1]) : !starts)) continue;
    uint32_t length = 1;
    while (i + length < n && alnum(b[i + length])) length++;
    if (i + 4 <= n) {
      if (rarity(b + i) > 1) better(&best, at, &score, START_FOUR, i, rarity(b + i));
    } else if (length == 3 && (i + length < n || ends)) {
      better(&best, at, &score, START_WORD, i, length);
    } else if (n == 3 && length == 2 && (i + length < n || ends)) {
      better(&best, at, &score, START_WORD, i, length);
    } else if (n == 3 && i == 0) {
      better(&best, at, &score, START_THREE, i, length);
    }
    if (best == START_WORD && *at == i) *word = length;
  }
  return best;
}

static void add_key(dlp_prefilter *pf, uint32_t literal, uint32_t key) {
  uint32_t *bucket = &pf->buckets[bucket_of(pf, key)];
  pf->nodes[pf->n_nodes++] = (node){literal, key, *bucket};
  *bucket = pf->n_nodes;
}

/* All that three bytes may be a part of, whatever stands behind them. */
static void set_all_fours(uint32_t *map, uint32_t three, uint32_t (*slot)(uint32_t)) {
  for (uint32_t b = 0; b < 256; b++) set_bit(map, slot(dlp_fold4(three | b << 24)));
}
static uint32_t four_slot(uint32_t key) { return dlp_slot4(key); }
static uint32_t start_slot(uint32_t key) { return dlp_start_slot(key); }

static void add_window(dlp_prefilter *pf, uint32_t i, bool starts, bool ends) {
  literal *l = &pf->literals[i];
  const uint8_t *b = pf->bytes + l->offset;
  uint32_t key = 0, word = 0;
  way in = way_into(b, l->length, starts, ends, &l->window, &word);
  l->anywhere = in == ANYWHERE;
  if (in == ANYWHERE) l->window = rarest_window(b, l->length);
  for (uint32_t k = 0; k < 4 && l->window + k < l->length; k++) key |= (uint32_t)b[l->window + k] << 8 * k;
  key = dlp_fold4(key);
  switch (in) {
  case START_FOUR: set_bit(pf->entries.starts, dlp_start_slot(key)); break;
  case RARE_THREE: set_bit(pf->entries.rares, dlp_rare_slot(key &= THREE)); break;
  case START_WORD: set_bit(pf->entries.starts, dlp_start_slot(key &= word == 3 ? THREE : TWO)); break;
  case START_THREE: set_all_fours(pf->entries.starts, key &= THREE, start_slot); break;
  case ANYWHERE:
    if (l->length < 4) set_all_fours(pf->windows.fours, key &= THREE, four_slot);
    else set_bit(pf->windows.fours, dlp_slot4(key));
    break;
  }
  add_key(pf, i, key);
}

/* What all demands of a trigger have in common. */
static dlp_least least_of(const dlp_prefilter *pf, uint32_t trigger) {
  uint32_t n;
  const dlp_demand *d = dlp_demands_of(pf, trigger, &n);
  dlp_least least = {0, 0};
  for (uint32_t i = 0; i < n; i++)
    least = (dlp_least){i && least.length < d[i].length ? least.length : d[i].length, i && least.digits < d[i].digits ? least.digits : d[i].digits};
  return least;
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
    pf->alike = calloc(n + 1, sizeof *pf->alike);
    if (!pf->demands || !pf->demand_offsets || !pf->alike) goto fail;
    memcpy(pf->demands, demands, n * sizeof *demands);
    for (uint32_t i = 1; i < n; i++) pf->alike[i] = memcmp(&demands[i - 1], &demands[i], offsetof(dlp_demand, rule)) == 0;
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
    l->place = (uint8_t)place_of(b, l->length, l->nocase, nocase[i] & 2, !pf->demands || wants_numbers(pf, DLP_SHAPE_COUNT + i), &l->rare);
    if (l->place == ACROSS) pf->across[pf->n_across++] = i;
    pf->raw_inside |= l->place == INSIDE && nocase[i] & 2;
    pf->common_across |= l->place == ACROSS && l->rare == l->length;
    add_window(pf, i, nocase[i] & 4, nocase[i] & 8);
  }
  pf->words_always = need_little(pf);
  for (uint32_t k = 0; k < DLP_SHAPE_COUNT; k++) {
    pf->least[k] = least_of(pf, k);
    if (!demands || wants_numbers(pf, k)) pf->number_shapes |= 1u << k;
  }
  dlp_beginnings(pf->pairs);
  return pf;
fail:
  dlp_prefilter_free(pf);
  return NULL;
}

static void *copied(const void *from, size_t size) {
  void *to = malloc(size + 1);
  if (to && size) memcpy(to, from, size);
  return to;
}

int dlp_prefilter_programs(dlp_prefilter *pf, const uint32_t *code, const uint32_t *offsets, uint32_t n_rules, const uint8_t *sets,
                           uint32_t n_sets) {
  pf->code = copied(code, offsets[n_rules] * sizeof *code);
  pf->code_offsets = copied(offsets, (n_rules + 1) * sizeof *offsets);
  pf->sets = copied(sets, n_sets * sizeof *pf->sets);
  pf->n_rules = n_rules;
  return pf->code && pf->code_offsets && pf->sets;
}

uint32_t dlp_prefilter_shapes(const dlp_prefilter *pf) { return pf->shapes; }
uint32_t dlp_number_shapes(const dlp_prefilter *pf) { return pf->number_shapes; }

/* Of these shapes, those that some rule looks for in a text of so many bytes and digits. */
uint32_t dlp_long_enough(const dlp_prefilter *pf, uint32_t shapes, uint64_t n, uint64_t digits) {
  for (uint32_t rest = shapes; rest; rest &= rest - 1) {
    const uint32_t k = (uint32_t)__builtin_ctz(rest);
    if (n < pf->least[k].length || digits < pf->least[k].digits) shapes &= ~(1u << k);
  }
  return shapes;
}
const dlp_demand *dlp_demands_of(const dlp_prefilter *pf, uint32_t trigger, uint32_t *n) {
  *n = pf->demand_offsets ? pf->demand_offsets[trigger + 1] - pf->demand_offsets[trigger] : 0;
  return *n ? pf->demands + pf->demand_offsets[trigger] : NULL;
}
bool dlp_raw_inside(const dlp_prefilter *pf) { return pf->raw_inside; }
uint32_t dlp_literal_count(const dlp_prefilter *pf) { return pf->n_literals; }
uint32_t dlp_word_count(const dlp_prefilter *pf) { return pf->n_words; }
uint32_t dlp_rule_count(const dlp_prefilter *pf) { return pf->n_rules; }
uint32_t dlp_literal_length(const dlp_prefilter *pf, uint32_t i) { return pf->literals[i].length; }
const dlp_lanes *dlp_prefilter_lanes(const dlp_prefilter *pf) { return pf ? pf->lanes : dlp_best_lanes(); }
void dlp_prefilter_call_every_layer(dlp_prefilter *pf) { pf->every_layer = true; }

bool dlp_calls_every_layer(const dlp_prefilter *pf) { return pf->every_layer; }

void dlp_prefilter_use(dlp_prefilter *pf, const dlp_lanes *lanes) { pf->lanes = lanes; }

const uint8_t *dlp_prefilter_pairs(const dlp_prefilter *pf) { return pf->pairs; }

/* Whether a context word in a text can matter: some value beside it must be found. */
bool dlp_wants_words(const dlp_prefilter *pf, uint64_t digits, bool letters, bool code, bool long_run) {
  return digits && letters && (pf->words_always || digits >= 6 || code || long_run);
}

static bool stands_at(const dlp_prefilter *pf, const literal *l, const uint8_t *at) {
  const uint8_t *b = pf->bytes + l->offset;
  if (!l->nocase) return memcmp(at, b, l->length) == 0;
  uint32_t j = 0;
  while (j < l->length && pf->low[at[j]] == b[j]) j++;
  return j == l->length;
}

bool dlp_verify(void *context, size_t i, uint32_t folded, uint32_t anywhere) {
  const dlp_search *s = context;
  const dlp_prefilter *pf = s->pf;
  const uint32_t keys[2] = {folded, folded & THREE};
  for (uint32_t which = 0; which < (folded > THREE ? 2 : 1); which++)
    for (uint32_t k = pf->buckets[bucket_of(pf, keys[which])]; k; k = pf->nodes[k - 1].next) {
      if (pf->nodes[k - 1].key != keys[which]) continue;
      const literal *l = &pf->literals[pf->nodes[k - 1].literal];
      if (l->anywhere != anywhere || !(s->places >> l->place & 1) || l->window > i || l->length - l->window > s->n - i) continue;
      if (stands_at(pf, l, s->p + i - l->window)) s->hit(s->context, i - l->window, pf->nodes[k - 1].literal);
    }
  return false;
}

static void find(const dlp_prefilter *pf, const uint8_t *p, size_t n, size_t readable, uint32_t places, dlp_literal_hit hit,
                 void *context) {
  if (n < 3 || !pf->n_literals) return;
  dlp_search s = {pf, p, n, places, hit, context};
  dlp_glance unused;
  pf->lanes->glance(&pf->entries, &pf->windows, p, n, readable, &unused, dlp_verify, &s);
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
