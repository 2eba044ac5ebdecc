/* The one pass over a JSON payload: grammar (RFC 8259), UTF-8, gaps, candidates.
 *
 * Theory of operation. A state says what may come next; each token moves it. What may not come is recorded as an
 * error with its position, and the state moves on to what the writer most likely meant, so that a broken document is
 * inspected to its end. Tokens are lexed and forgotten: what stays is a frame for each open container, the hashes of
 * its keys (to see duplicates), and the records of what a rule or a finding may need.
 */
#include "internal.h"
#if defined(__SSE2__) && !defined(DLP_SCALAR)
#include <emmintrin.h>
#endif

enum state { S_VALUE, S_VALUE_OR_CLOSE, S_KEY, S_KEY_OR_CLOSE, S_COLON, S_COMMA, S_END };

typedef struct key_slot {
  uint64_t hash, start, end; /* hash 0: free */
  uint64_t frame;
} key_slot;

typedef struct open_key {
  uint64_t slot_hash;
} open_key;

#define CACHE 1024
#define ORDERS 512 /* sets of keys whose order is compared */

struct dlp_scanner {
  dlp_result result;
  dlp_census census;
  uint64_t seed;
  dlp_error *errors;       uint64_t errors_cap;
  dlp_token *tokens;       uint64_t tokens_cap;
  dlp_hit *hits;           uint64_t hits_cap;
  dlp_gap *gaps;           uint64_t gaps_cap;
  dlp_frame *frames;       uint64_t frames_cap;
  uint64_t *kinds;         uint64_t kinds_cap; /* a bit a level: object or array, for any depth */
  key_slot *keys;          uint64_t keys_cap;  /* power of two */
  uint64_t *key_stack;     uint64_t key_stack_cap, key_stack_n;
  dlp_hit *raw;            uint64_t raw_cap, raw_n; /* literals of the raw bytes, ascending */
  uint8_t *scratch;        uint64_t scratch_cap;
  uint8_t *folded;         uint64_t folded_cap;
  uint32_t *sets;          uint64_t sets_cap, sets_n; /* word sets: count, then word ids */
  const dlp_prefilter *sets_of;
  struct { uint64_t hash; uint32_t set, shapes; } cache[CACHE];
  struct { uint64_t set, order; } orders[ORDERS]; /* of objects that closed; sets of other payloads differ by `scans` */
  uint64_t scans;
};

typedef struct scan {
  dlp_scanner *s;
  const dlp_prefilter *pf;
  const uint8_t *p;
  uint64_t size, at;
  dlp_limits limits;
  uint32_t options, shapes;
  uint64_t depth, serial, raw_at;
  uint32_t double_spaces;
  uint32_t empties; /* empty containers in arrays */
  uint32_t key_set; /* word set of the key being filled by dlp_words */
  uint32_t literal_cases; /* 1: lower case letters in hexadecimal texts were seen, 2: upper case */
  bool no_memory;
  enum state state;
} scan;

dlp_scanner *dlp_scanner_new(uint64_t seed) {
  dlp_scanner *s = calloc(1, sizeof *s);
  if (s) s->seed = seed | 1;
  return s;
}

void dlp_scanner_free(dlp_scanner *s) {
  if (!s) return;
  free(s->errors);
  free(s->tokens);
  free(s->hits);
  free(s->gaps);
  free(s->frames);
  free(s->kinds);
  free(s->keys);
  free(s->key_stack);
  free(s->raw);
  free(s->scratch);
  free(s->folded);
  free(s->sets);
  free(s);
}

const dlp_result *dlp_scanner_result(const dlp_scanner *s) { return &s->result; }

#define GROW(c, field, need) \
  (dlp_grow((void **)&(c)->s->field, &(c)->s->field##_cap, (need), sizeof *(c)->s->field) || ((c)->no_memory = true, false))

static void error_at(scan *c, uint32_t code, uint64_t offset, uint64_t length) {
  dlp_result *r = &c->s->result;
  r->errors_seen++;
  if (r->n_errors >= c->limits.max_errors) {
    r->truncated |= DLP_X_ERRORS;
    return;
  }
  if (!GROW(c, errors, r->n_errors + 1)) return;
  c->s->errors[r->n_errors++] =
      (dlp_error){.offset = offset, .length = length, .code = code, .depth = (uint32_t)c->depth};
}

/* --- frames ---------------------------------------------------------------------------------------------------- */

static dlp_frame *top(scan *c) {
  return c->depth && c->depth <= c->limits.max_depth ? &c->s->frames[c->depth - 1] : NULL;
}

static bool in_object(scan *c) {
  return c->depth && (c->s->kinds[(c->depth - 1) >> 6] >> ((c->depth - 1) & 63) & 1);
}

static void open_container(scan *c, bool object, uint64_t at) {
  uint64_t d = c->depth;
  if (!GROW(c, kinds, (d >> 6) + 1)) return;
  if (object) c->s->kinds[d >> 6] |= 1ULL << (d & 63);
  else c->s->kinds[d >> 6] &= ~(1ULL << (d & 63));
  dlp_frame *parent = top(c);
  uint64_t parent_index = c->depth;
  c->depth++;
  c->serial++;
  if (c->depth > c->s->result.max_depth) c->s->result.max_depth = c->depth;
  if (c->depth > c->limits.max_depth) {
    if (!(c->s->result.truncated & DLP_X_DEPTH)) {
      c->s->result.truncated |= DLP_X_DEPTH;
      error_at(c, DLP_E_DEPTH, at, 1);
    }
    return;
  }
  if (!GROW(c, frames, c->depth)) {
    c->depth--;
    return;
  }
  if (parent) parent = &c->s->frames[parent_index - 1];
  dlp_frame *f = &c->s->frames[c->depth - 1];
  memset(f, 0, sizeof *f);
  f->object = object;
  f->first = 1;
  f->line_indent = c->s->census.line_indent;
  f->line_indent_len = c->s->census.line_indent_len;
  f->keys_base = c->s->key_stack_n;
  if (parent) {
    f->object_up = parent->object ? (uint32_t)parent_index : parent->object_up;
    f->words_up = parent->words ? (uint32_t)parent_index : parent->words_up;
  }
}

/* Keys of a container that closes leave the table in the reverse order of their coming, which keeps its chains. */
static void forget_keys(scan *c, const dlp_frame *f) {
  dlp_scanner *s = c->s;
  while (s->key_stack_n > f->keys_base) s->keys[s->key_stack[--s->key_stack_n]].hash = 0;
}

static void note_order(scan *c, const dlp_frame *f) {
  dlp_scanner *s = c->s;
  uint64_t set = dlp_mum(f->key_set ^ s->seed, f->n_keys + s->scans * 0x9E3779B97F4A7C15ULL), slot = set % ORDERS;
  if (s->orders[slot].set == set && s->orders[slot].order != f->key_order) s->result.census |= DLP_C_KEY_ORDER;
  s->orders[slot].set = set;
  s->orders[slot].order = f->key_order;
}

static void close_container(scan *c) {
  dlp_frame *f = top(c);
  if (f && f->n_keys > 1) note_order(c, f);
  if (f && f->object) forget_keys(c, f);
  c->depth--;
}

static bool rehash_keys(scan *c) {
  dlp_scanner *s = c->s;
  uint64_t cap = s->keys_cap ? s->keys_cap * 2 : 256;
  key_slot *grown = calloc(cap, sizeof *grown);
  if (!grown) return c->no_memory = true, false;
  for (uint64_t i = 0; i < s->key_stack_n; i++) { /* in order of coming */
    key_slot k = s->keys[s->key_stack[i]];
    uint64_t slot = k.hash & (cap - 1);
    while (grown[slot].hash) slot = (slot + 1) & (cap - 1);
    grown[slot] = k;
    s->key_stack[i] = slot;
  }
  free(s->keys);
  s->keys = grown;
  s->keys_cap = cap;
  return true;
}

#define MAX_OPEN_KEYS (1u << 22)

static void note_key(scan *c, dlp_frame *f, uint64_t hash, uint64_t start, uint64_t end) {
  dlp_scanner *s = c->s;
  if (s->key_stack_n >= MAX_OPEN_KEYS) {
    s->result.truncated |= DLP_X_KEYS;
    return;
  }
  if (s->key_stack_n * 2 >= s->keys_cap && !rehash_keys(c)) return;
  if (!GROW(c, key_stack, s->key_stack_n + 1)) return;
  uint64_t frame = (uint64_t)(f - s->frames);
  hash = dlp_mum(hash ^ frame, 0x9E3779B97F4A7C15ULL ^ s->seed) | 1; /* per depth: closed siblings are gone */
  uint64_t slot = hash & (s->keys_cap - 1);
  for (; s->keys[slot].hash; slot = (slot + 1) & (s->keys_cap - 1))
    if (s->keys[slot].hash == hash && s->keys[slot].frame == frame) {
      error_at(c, DLP_E_DUPLICATE_KEY, start, s->keys[slot].start);
      return;
    }
  s->keys[slot] = (key_slot){hash, start, end, frame};
  s->key_stack[s->key_stack_n++] = slot;
}

/* --- candidates ------------------------------------------------------------------------------------------------- */

static uint32_t add_token(scan *c, uint64_t start, uint64_t end, uint32_t kind, uint32_t flags) {
  dlp_result *r = &c->s->result;
  if (r->n_tokens >= c->limits.max_candidates) {
    r->truncated |= DLP_X_TOKENS;
    return DLP_NO_TOKEN;
  }
  if (!GROW(c, tokens, r->n_tokens + 1)) return DLP_NO_TOKEN;
  dlp_token *t = &c->s->tokens[r->n_tokens];
  memset(t, 0, sizeof *t);
  t->start = start;
  t->end = end;
  t->kind = kind;
  t->flags = flags;
  dlp_frame *f = top(c);
  if (f) {
    uint32_t at = f->object && kind != DLP_T_KEY ? (uint32_t)c->depth : f->object_up;
    for (uint32_t k = 0; k < DLP_PATH && at; k++) {
      dlp_frame *o = &c->s->frames[at - 1];
      t->key_start[k] = o->key_start;
      t->key_end[k] = o->key_end;
      at = o->object_up;
    }
  }
  return (uint32_t)r->n_tokens++;
}

static void add_hit(scan *c, uint32_t token, uint32_t trigger, uint64_t offset) {
  dlp_result *r = &c->s->result;
  if (r->n_hits >= c->limits.max_candidates * 4) {
    r->truncated |= DLP_X_TOKENS;
    return;
  }
  if (!GROW(c, hits, r->n_hits + 1)) return;
  c->s->hits[r->n_hits++] = (dlp_hit){.offset = offset, .token = token, .trigger = trigger};
}

/* What was found of one token before it is known whether it becomes a candidate. */
typedef struct pending {
  scan *c;
  uint64_t start, end;
  uint32_t kind, flags, token;
  const uint8_t *text; /* as rules see it; NULL: not known */
  uint64_t n;
  dlp_makeup makeup;
} pending;

static void pending_hit(pending *t, uint32_t trigger, uint64_t offset, uint64_t at) {
  if (t->text && !dlp_meets(t->c->pf, trigger, t->kind, t->text, t->n, at, &t->makeup)) return;
  if (t->token == DLP_NO_TOKEN) {
    t->token = add_token(t->c, t->start, t->end, t->kind, t->flags);
    if (t->token == DLP_NO_TOKEN) return;
  }
  add_hit(t->c, t->token, trigger, offset);
}

static void on_literal(void *context, uint64_t offset, uint32_t literal) {
  pending *t = context;
  pending_hit(t, DLP_SHAPE_COUNT + literal, offset, offset);
}

static void on_word(void *context, uint32_t word) {
  pending *t = context;
  pending_hit(t, DLP_SHAPE_COUNT + dlp_literal_count(t->c->pf) + word, 0, 0);
}

static void on_raw_literal(void *context, uint64_t offset, uint32_t literal) {
  scan *c = context;
  if (c->s->raw_n >= c->limits.max_candidates) {
    c->s->result.truncated |= DLP_X_TOKENS;
    return;
  }
  if (!GROW(c, raw, c->s->raw_n + 1)) return;
  c->s->raw[c->s->raw_n++] = (dlp_hit){.offset = offset, .token = DLP_NO_TOKEN, .trigger = literal};
}

static void on_key_word(void *context, uint32_t word) {
  scan *c = context;
  dlp_scanner *s = c->s;
  if (!c->key_set) {
    if (!GROW(c, sets, s->sets_n + 1)) return;
    s->sets[s->sets_n++] = 0;
    c->key_set = (uint32_t)s->sets_n; /* index of its count, + 1 */
  }
  for (uint64_t i = c->key_set; i < s->sets_n; i++)
    if (s->sets[i] == word) return;
  if (!GROW(c, sets, s->sets_n + 1)) return;
  s->sets[s->sets_n++] = word;
  s->sets[c->key_set - 1]++;
}

static void hit_set(pending *t, uint32_t set) {
  const uint32_t *at = t->c->s->sets + (set - 1);
  uint32_t n = at[0];
  for (uint32_t i = 0; i < n; i++) on_word(t, t->c->s->sets[set + i]);
}

/* Words of the keys around a token; those of a key that comes again count once. A key is not on its own path. */
static void words_around(pending *t) {
  scan *c = t->c;
  dlp_frame *f = top(c);
  if (!f) return;
  uint32_t at = f->object && f->words && t->kind != DLP_T_KEY ? (uint32_t)c->depth : f->words_up, seen[DLP_PATH], n = 0;
  for (uint32_t k = 0; k < DLP_PATH && at; k++) {
    const dlp_frame *o = &c->s->frames[at - 1];
    uint32_t again = 0;
    while (again < n && seen[again] != o->words) again++;
    if (again == n) hit_set(t, seen[n++] = o->words);
    at = o->words_up;
  }
}

static void flush_raw_before(scan *c, uint64_t offset) {
  while (c->raw_at < c->s->raw_n && c->s->raw[c->raw_at].offset < offset) {
    dlp_hit h = c->s->raw[c->raw_at++];
    add_hit(c, DLP_NO_TOKEN, DLP_SHAPE_COUNT + h.trigger, h.offset);
  }
}

/* Shapes that a text of this make-up could have. */
static uint32_t possible_shapes(uint32_t wanted, uint64_t n, uint32_t digits, uint32_t marks, uint32_t flags) {
  uint32_t mask = 0;
  if (digits >= 6)
    mask |= 1u << DLP_SHAPE_CARD | 1u << DLP_SHAPE_SSN | 1u << DLP_SHAPE_PHONE | 1u << DLP_SHAPE_DIGITS;
  if (digits >= 2 && n >= 15) mask |= 1u << DLP_SHAPE_IBAN; /* some countries' account numbers may be all letters */
  if (digits >= 4 && marks >= 3) mask |= 1u << DLP_SHAPE_IPV4;
  if (marks >= 2) mask |= 1u << DLP_SHAPE_IPV6;
  if (marks >= 5) mask |= 1u << DLP_SHAPE_MAC;
  if (flags & DLP_F_AT) mask |= 1u << DLP_SHAPE_EMAIL;
  if (digits && n >= 20) mask |= 1u << DLP_SHAPE_ENTROPY;
  if (digits && marks && n >= 42) mask |= 1u << DLP_SHAPE_LABEL;
  if (n >= 72) mask |= 1u << DLP_SHAPE_QUERY;
  return mask & wanted;
}

/* Literals of the raw bytes up to a token's end: its own if they lie inside, else nobody's. */
static void raw_literals(pending *t, bool own) {
  scan *c = t->c;
  dlp_scanner *s = c->s;
  if (c->raw_at >= s->raw_n || s->raw[c->raw_at].offset >= t->end) return;
  flush_raw_before(c, t->start);
  while (c->raw_at < s->raw_n && s->raw[c->raw_at].offset < t->end) {
    dlp_hit h = s->raw[c->raw_at++];
    if (own && h.offset + dlp_literal_length(c->pf, h.trigger) <= t->end)
      pending_hit(t, DLP_SHAPE_COUNT + h.trigger, h.offset, h.offset - t->start);
    else add_hit(c, DLP_NO_TOKEN, DLP_SHAPE_COUNT + h.trigger, h.offset);
  }
}

/* What a reader takes a text for calls rules too. */
static void folded_candidate(pending *t, const uint8_t *text, uint64_t n) {
  scan *c = t->c;
  if (!GROW(c, folded, n + 16)) return;
  size_t m = dlp_fold(text, n, c->s->folded, NULL, NULL);
  if (m == n) return; /* every change shortens */
  text = c->s->folded;
  t->text = text;
  t->n = m;
  t->makeup.known = false;
  dlp_literals(c->pf, text, m, on_literal, t);
  uint32_t shapes = possible_shapes(c->shapes, m, (uint32_t)m, (uint32_t)m, DLP_F_AT);
  shapes = shapes ? dlp_shapes(text, m, shapes) : 0;
  for (uint32_t k = 0; k < DLP_SHAPE_COUNT; k++)
    if (shapes >> k & 1) pending_hit(t, k, 0, 0);
  dlp_words(c->pf, text, m, on_word, t);
  words_around(t);
}

static void candidate(scan *c, uint64_t start, uint64_t end, uint32_t kind, uint32_t flags, uint32_t digits,
                      uint32_t marks) {
  dlp_scanner *s = c->s;
  pending t = {.c = c, .start = start, .end = end, .kind = kind, .flags = flags, .token = DLP_NO_TOKEN};
  if (c->options & DLP_O_TOKENS) t.token = add_token(c, start, end, kind, flags);
  if (!c->pf) return;
  const uint8_t *text = c->p + start;
  uint64_t n = end - start;
  bool decoded = false;
  if (flags & DLP_F_ESCAPED && kind != DLP_T_NUMBER) {
    if (!GROW(c, scratch, n + 16)) return;
    n = dlp_unescape(text, n, s->scratch, NULL, NULL);
    text = s->scratch;
    decoded = true;
    digits = (uint32_t)n;
    marks = (uint32_t)n;
    flags |= DLP_F_AT;
  }
  t.text = text;
  t.n = n;
  raw_literals(&t, !decoded);
  if (decoded) dlp_literals(c->pf, text, n, on_literal, &t);
  uint32_t shapes = possible_shapes(c->shapes, n, digits, marks, flags);
  if (shapes) {
    shapes = dlp_shapes(text, n, shapes);
    for (uint32_t k = 0; k < DLP_SHAPE_COUNT; k++)
      if (shapes >> k & 1) pending_hit(&t, k, 0, 0);
  }
  if (kind != DLP_T_NUMBER) {
    if (c->shapes & (1u << DLP_SHAPE_LAYER) && n >= (kind == DLP_T_KEY ? 16u : 5u) && dlp_layer_shape(c->pf, text, n)) {
      t.flags |= DLP_F_LAYER;
      pending_hit(&t, DLP_SHAPE_LAYER, 0, 0);
      if (t.token != DLP_NO_TOKEN) s->tokens[t.token].flags |= DLP_F_LAYER;
    }
  }
  if (digits) dlp_words(c->pf, text, n, on_word, &t); /* a word beside a value: no value is without a digit */
  if (c->shapes & (1u << DLP_SHAPE_ALWAYS)) pending_hit(&t, DLP_SHAPE_ALWAYS, 0, 0);
  words_around(&t);
  if (flags & DLP_F_FOLD) folded_candidate(&t, text, n);
}

/* --- tokens ------------------------------------------------------------------------------------------------------ */

typedef struct census_of_string {
  uint32_t digits, marks, flags, doubles; /* doubles: places where two spaces meet */
} census_of_string;

static inline void note_byte(census_of_string *k, uint8_t b) {
  k->digits += (uint8_t)(b - '0') < 10;
  k->marks += b == ':' || b == '-' || b == '.';
  if (b == '@') k->flags |= DLP_F_AT;
}

/* Skips plain ASCII string bytes from `at`; stops at a quote, backslash, control or non-ASCII byte, or the end. */
static uint64_t plain_run(const uint8_t *p, uint64_t at, uint64_t end, uint8_t quote, census_of_string *k) {
#if defined(__SSE2__) && !defined(DLP_SCALAR)
  const __m128i q = _mm_set1_epi8((char)quote), bs = _mm_set1_epi8('\\'), low = _mm_set1_epi8(0x20);
  const __m128i zero = _mm_set1_epi8((char)(0x80 - '0')), ten = _mm_set1_epi8((char)(0x80 + 10));
  const __m128i dash = _mm_set1_epi8((char)(0x80 - '-')), two = _mm_set1_epi8((char)(0x80 + 2));
  const __m128i colon = _mm_set1_epi8(':'), sign = _mm_set1_epi8('@');
  const __m128i none = _mm_setzero_si128();
  static const uint8_t first_bytes[32] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
  __m128i seen_sign = none;
  const __m128i blank = _mm_set1_epi8(' ');
  uint32_t blank_before = p[at - 1] == ' '; /* the opening quote is before `at` */
  while (at + 16 <= end) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
    __m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, q), _mm_cmpeq_epi8(v, bs)), _mm_cmplt_epi8(v, low));
    uint32_t m = (uint32_t)_mm_movemask_epi8(stop);
    uint32_t run = m ? (uint32_t)__builtin_ctz(m) : 16;
    __m128i keep = _mm_loadu_si128((const __m128i *)(const void *)(first_bytes + 16 - run));
    __m128i d = _mm_and_si128(_mm_cmplt_epi8(_mm_add_epi8(v, zero), ten), keep);
    __m128i x = _mm_and_si128(_mm_or_si128(_mm_cmplt_epi8(_mm_add_epi8(v, dash), two), _mm_cmpeq_epi8(v, colon)), keep);
    /* each byte of d and x is 0 or -1: their sums of absolute differences from 0, taken negative, count them */
    __m128i counts = _mm_add_epi64(_mm_sad_epu8(_mm_sub_epi8(none, d), none),
                                   _mm_slli_epi64(_mm_sad_epu8(_mm_sub_epi8(none, x), none), 32));
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(_mm_add_epi64(counts, _mm_unpackhi_epi64(counts, counts)));
    k->digits += (uint32_t)both;
    k->marks += (uint32_t)(both >> 32);
    uint32_t blanks = (uint32_t)_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(v, blank), keep));
    if (blanks & (blanks << 1 | blank_before)) k->doubles += (uint32_t)__builtin_popcount(blanks & (blanks << 1 | blank_before));
    blank_before = blanks >> 15;
    seen_sign = _mm_or_si128(seen_sign, _mm_and_si128(_mm_cmpeq_epi8(v, sign), keep));
    at += run;
    if (m) break;
  }
  if (_mm_movemask_epi8(seen_sign)) k->flags |= DLP_F_AT;
#endif
  for (; at < end && p[at] != quote && p[at] != '\\' && p[at] >= 0x20 && p[at] < 0x80; at++) {
    note_byte(k, p[at]);
    k->doubles += p[at] == ' ' && p[at - 1] == ' ';
  }
  return at;
}

static bool digit(uint8_t b) { return (uint8_t)(b - '0') < 10; }

static int hex_value(const uint8_t *p) {
  int value = 0;
  for (int i = 0; i < 4; i++) {
    uint8_t b = p[i];
    int d = b >= '0' && b <= '9' ? b - '0' : (b | 0x20) >= 'a' && (b | 0x20) <= 'f' ? (b | 0x20) - 'a' + 10 : -1;
    if (d < 0) return -1;
    value = value << 4 | d;
  }
  return value;
}

static bool ascii_letter(uint8_t b) { return (uint8_t)((b | 0x20) - 'a') < 26; }

/* A character that is not ASCII, and whether an ASCII letter stands beside it. */
static inline void note_code(scan *c, census_of_string *k, uint32_t code, bool beside_letter) {
  if (dlp_uni_plain(code)) return;
  uint32_t flags = dlp_uni_flags(code);
  if (flags & DLP_UNI_FOLDS) k->flags |= DLP_F_FOLD;
  if (flags & DLP_UNI_LOOK || (flags & DLP_UNI_NEAR && beside_letter)) c->s->result.census |= DLP_C_UNICODE;
}

/* A backslash at `at`; returns the offset behind the escape. */
static uint64_t escape(scan *c, uint64_t at, census_of_string *k) {
  const uint8_t *p = c->p;
  k->flags |= DLP_F_ESCAPED;
  if (at + 1 >= c->size) {
    k->flags |= DLP_F_INVALID;
    return c->size;
  }
  uint64_t *census = &c->s->result.census;
  switch (p[at + 1]) {
  case '/': *census |= DLP_C_ESCAPED_SOLIDUS; return at + 2;
  case 'b': case 'f': case 'n': case 'r': case 't': *census |= DLP_C_SHORT_CONTROL; return at + 2;
  case '"': case '\\': return at + 2;
  case 'u': break;
  default:
    if (k->flags & DLP_F_SINGLE && p[at + 1] == '\'') return at + 2;
    k->flags |= DLP_F_INVALID;
    error_at(c, DLP_E_INVALID_ESCAPE, at, 2);
    return at + (p[at + 1] < 0x20 ? 1 : p[at + 1] < 0x80 ? 2 : 1);
  }
  int code = at + 6 <= c->size ? hex_value(p + at + 2) : -1;
  if (code < 0) {
    k->flags |= DLP_F_INVALID;
    error_at(c, DLP_E_INVALID_ESCAPE, at, 2);
    return at + 2;
  }
  for (int i = 2; i < 6; i++) {
    if (p[at + (uint64_t)i] >= 'a') *census |= DLP_C_HEX_LOWER;
    else if (p[at + (uint64_t)i] >= 'A') *census |= DLP_C_HEX_UPPER;
  }
  if (code >= 0x80) {
    k->flags |= DLP_F_NON_ASCII;
    *census |= DLP_C_ESCAPED_NON_ASCII;
  } else if (code >= 0x20) {
    bool alnum = digit((uint8_t)code) || (uint8_t)(((uint8_t)code | 0x20) - 'a') < 26;
    *census |= alnum ? DLP_C_ESCAPED_ALNUM : DLP_C_ESCAPED_PUNCTUATION;
  } else if (code == '\b' || code == '\f' || code == '\n' || code == '\r' || code == '\t') {
    *census |= DLP_C_LONG_CONTROL;
  }
  if (code >= 0xD800 && code < 0xE000) {
    if (code < 0xDC00 && at + 12 <= c->size && p[at + 6] == '\\' && p[at + 7] == 'u') {
      int low = hex_value(p + at + 8);
      if (low >= 0xDC00 && low < 0xE000) {
        uint32_t pair = 0x10000 + ((uint32_t)(code - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
        note_code(c, k, pair, ascii_letter(p[at - 1]) || (at + 12 < c->size && ascii_letter(p[at + 12])));
        return at + 12;
      }
    }
    k->flags |= DLP_F_SURROGATE;
    *census |= DLP_C_UNICODE;
    error_at(c, DLP_E_LONE_SURROGATE, at, 6);
  } else if (code >= 0x80) {
    note_code(c, k, (uint32_t)code, ascii_letter(p[at - 1]) || (at + 6 < c->size && ascii_letter(p[at + 6])));
  }
  return at + 6;
}

/* A string whose opening quote is at c->at; leaves c->at behind the closing one. Returns the end of its content. */
static uint64_t string_token(scan *c, census_of_string *k) {
  const uint8_t *p = c->p;
  uint8_t quote = p[c->at];
  uint64_t open = c->at, at = open + 1;
  *k = (census_of_string){0};
  if (quote == '\'') k->flags |= DLP_F_SINGLE;
  for (;;) {
    at = plain_run(p, at, c->size, quote, k);
    if (at >= c->size) break;
    uint8_t b = p[at];
    if (b == quote) {
      c->at = at + 1;
      /* eight choices are the least that can say a byte */
      c->double_spaces += k->doubles + (p[at - 1] == ' ');
      if (c->double_spaces >= 8) c->s->result.census |= DLP_C_SPACE_RUN;
      return at;
    }
    if (b == '\\') {
      at = escape(c, at, k);
    } else if (b < 0x20) {
      k->flags |= DLP_F_INVALID;
      error_at(c, DLP_E_CONTROL_CHARACTER, at, 1);
      at++;
    } else {
      k->flags |= DLP_F_NON_ASCII;
      c->s->result.census |= DLP_C_RAW_NON_ASCII;
      do {
        unsigned n = dlp_utf8_sequence(p + at, p + c->size);
        if (!n) {
          k->flags |= DLP_F_INVALID;
          error_at(c, DLP_E_INVALID_UTF8, at, 1);
          n = 1;
        } else if (!((p[at] >= 0xE5 && p[at] <= 0xE9) || p[at] == 0xEB || p[at] == 0xEC)) { /* CJK, Hangul: nothing */
          note_code(c, k, dlp_utf8_code(p + at, n), ascii_letter(p[at - 1]) || (at + n < c->size && ascii_letter(p[at + n])));
        }
        at += n;
      } while (at < c->size && p[at] >= 0x80);
    }
  }
  k->flags |= DLP_F_INVALID;
  error_at(c, DLP_E_UNTERMINATED_STRING, open, c->size - open);
  c->at = c->size;
  return c->size;
}

static bool number_char(uint8_t b) {
  return digit(b) || b == '.' || b == '+' || b == '-' || b == '_' || ((b | 0x20) >= 'a' && (b | 0x20) <= 'z');
}

#define INTEGER_DIGITS 64

/* The digits of a number whose decimal value is an integer of at most INTEGER_DIGITS; 0 if it is none. However many
 * zeros it is written with: 0.00…041e40 and 4100000.00…0 are integers too. */
static uint32_t integer_digits(const uint8_t *p, uint64_t start, uint64_t end, uint8_t out[INTEGER_DIGITS]) {
  uint32_t n = 0;
  int64_t zeros = 0, scale = 0, exponent = 0; /* zeros: behind the last digit kept; scale: digits behind the point */
  bool point = false, minus = false;
  uint64_t i = start + (p[start] == '-');
  for (; i < end && (digit(p[i]) || p[i] == '.'); i++) {
    if (p[i] == '.') {
      point = true;
      continue;
    }
    scale += point;
    if (p[i] == '0') {
      zeros += n != 0;
      continue;
    }
    if ((uint64_t)zeros + n >= INTEGER_DIGITS) return 0;
    for (; zeros; zeros--) out[n++] = '0';
    out[n++] = p[i];
  }
  if (i < end) {
    i++;
    if (i < end && (p[i] == '+' || p[i] == '-')) minus = p[i++] == '-';
    for (; i < end && digit(p[i]); i++)
      if (exponent < INT64_MAX / 20) exponent = exponent * 10 + (p[i] - '0');
    if (minus) exponent = -exponent;
  }
  if (n == 0) return 0; /* nought */
  zeros += exponent - scale; /* those that the value ends with */
  if (zeros < 0 || zeros > INTEGER_DIGITS - (int64_t)n) return 0;
  for (; zeros; zeros--) out[n++] = '0';
  return n;
}

/* What the form of a number with a fraction or an exponent leaves to choice. */
static void number_census(scan *c, uint64_t start, uint64_t end) {
  const uint8_t *p = c->p;
  uint64_t *census = &c->s->result.census, at = start, fraction = 0, digits = 0;
  bool zero = true;
  for (; at < end && (p[at] | 0x20) != 'e'; at++) {
    if (p[at] == '.') fraction = at;
    else if (p[at] != '-') digits += !zero || p[at] != '0', zero &= p[at] == '0';
  }
  if (at < end) *census |= DLP_C_NUMBER_EXPONENT;
  if (fraction && p[at - 1] == '0') *census |= DLP_C_NUMBER_ZEROS;
  if (zero && p[start] == '-') *census |= DLP_C_NUMBER_MINUS_ZERO;
  if (digits > 17) *census |= DLP_C_NUMBER_LONG;
}

static void number_token(scan *c) {
  const uint8_t *p = c->p;
  uint64_t start = c->at, at = start, end = c->size, digits_start;
  bool valid = true, plain = true;
  if (p[at] == '-') at++;
  digits_start = at;
  if (at < end && p[at] == '0') at++;
  else if (at < end && digit(p[at])) {
    while (at < end && digit(p[at])) at++;
  } else valid = false;
  uint64_t whole = at - digits_start;
  if (valid && at < end && p[at] == '.') {
    plain = false;
    uint64_t f = ++at;
    while (at < end && digit(p[at])) at++;
    valid = at > f;
  }
  if (valid && at < end && (p[at] | 0x20) == 'e') {
    plain = false;
    at++;
    if (at < end && (p[at] == '+' || p[at] == '-')) at++;
    uint64_t e = at;
    while (at < end && digit(p[at])) at++;
    valid = at > e;
  }
  if (!valid || (at < end && number_char(p[at]))) {
    while (at < end && number_char(p[at])) at++;
    if (at == start) at++;
    uint64_t sign = p[start] == '-' || p[start] == '+';
    bool infinite = at - start - sign == 8 && memcmp(p + start + sign, "Infinity", 8) == 0;
    error_at(c, infinite ? DLP_E_NON_FINITE : DLP_E_INVALID_NUMBER, start, at - start);
    valid = false;
  }
  c->at = at;
  c->s->result.numbers++;
  if (valid && !plain) number_census(c, start, at);
  else if (valid && digits_start > start && whole == 1 && p[digits_start] == '0')
    c->s->result.census |= DLP_C_NUMBER_MINUS_ZERO;
  if (!c->pf && !(c->options & DLP_O_TOKENS)) return;
  uint8_t text[INTEGER_DIGITS];
  uint32_t flags = valid ? 0 : DLP_F_INVALID;
  pending t = {.c = c, .start = start, .end = at, .kind = DLP_T_NUMBER, .flags = flags, .token = DLP_NO_TOKEN};
  if (c->options & DLP_O_TOKENS) t.token = add_token(c, start, at, DLP_T_NUMBER, flags);
  if (!c->pf) return;
  raw_literals(&t, true);
  if (valid && plain) t.text = p + start, t.n = at - start; /* of other forms, rules see other digits */
  uint32_t shapes = 0, n = 0;
  if (valid) {
    if (plain) {
      if (whole >= 6) shapes = dlp_shapes(p + digits_start, whole, c->shapes & (1u << DLP_SHAPE_CARD | 1u << DLP_SHAPE_DIGITS));
    } else if ((n = integer_digits(p, start, at, text)) >= 6) {
      shapes = dlp_shapes(text, n, c->shapes & (1u << DLP_SHAPE_CARD | 1u << DLP_SHAPE_DIGITS));
    }
  }
  for (uint32_t k = 0; shapes >> k; k++)
    if (shapes >> k & 1) pending_hit(&t, k, 0, 0);
  if (c->shapes & (1u << DLP_SHAPE_ALWAYS)) pending_hit(&t, DLP_SHAPE_ALWAYS, 0, 0);
  words_around(&t);
}

static bool between(uint8_t b, uint8_t first, uint8_t last) { return b >= first && b <= last; }

/* Texts whose letters' case, or whose last bits, mean nothing to their readers. */
static void literal_census(scan *c, uint64_t start, uint64_t end, uint32_t flags) {
  const uint8_t *p = c->p;
  uint64_t n = end - start, *census = &c->s->result.census;
  if (n < 8 || flags & (DLP_F_NON_ASCII | DLP_F_ESCAPED | DLP_F_INVALID)) return;
  if (p[end - 1] == '=' && n % 4 == 0) {
    bool two = p[end - 2] == '=';
    uint8_t b = two ? p[end - 3] : p[end - 2];
    uint32_t v = between(b, 'A', 'Z') ? b - 65u : between(b, 'a', 'z') ? b - 71u : digit(b) ? b + 4u : b == '+' || b == '-' ? 62u : 63u;
    if (v & (two ? 15u : 3u)) *census |= DLP_C_BASE64_SLACK;
    bool standard = memchr(p + start, '+', n) || memchr(p + start, '/', n);
    if (standard && (memchr(p + start, '-', n) || memchr(p + start, '_', n))) *census |= DLP_C_BASE64_SLACK;
  }
  if (flags & DLP_F_AT) {
    const uint8_t *at = memchr(p + start, '@', n); /* a name, or more: git@host:path is left alone */
    uint32_t cases = 0;
    for (at += at != NULL; at && at < p + end; at++) {
      if (between(*at, 'A', 'Z')) cases = 1;
      else if (!between(*at, 'a', 'z') && !digit(*at) && *at != '.' && *at != '-') break;
    }
    if (cases && at == p + end) *census |= DLP_C_LITERAL_CASE;
  }
  if (n < 16) return;
  uint64_t i = start + (p[start] == '{' ? 1 : p[start] == '0' && (p[start + 1] | 0x20) == 'x' ? 2 : 0);
  uint32_t cases = 0;
  for (; i < end; i++) {
    uint8_t b = p[i];
    if (digit(b) || b == '-') continue;
    if (between(b, 'a', 'f')) cases |= 1;
    else if (between(b, 'A', 'F')) cases |= 2;
    else break;
  }
  if (!cases || (i < end && !(p[i] == '}' && i + 1 == end))) return;
  c->literal_cases |= cases;
  if (c->literal_cases == 3) *census |= DLP_C_LITERAL_CASE;
}

static void string_value(scan *c) {
  uint64_t start = c->at + 1;
  if (c->p[c->at] == '\'') error_at(c, DLP_E_SINGLE_QUOTES, c->at, 1);
  census_of_string k;
  uint64_t end = string_token(c, &k);
  c->s->result.strings++;
  if (k.digits >= 6) k.flags |= DLP_F_DIGITS;
  literal_census(c, start, end, k.flags);
  candidate(c, start, end, DLP_T_STRING, k.flags, k.digits, k.marks);
}

static void key(scan *c, uint64_t start, uint64_t end, const census_of_string *k) {
  dlp_scanner *s = c->s;
  dlp_frame *f = top(c);
  const uint8_t *text = c->p + start;
  uint64_t n = end - start;
  bool decoded = false;
  if (k->flags & DLP_F_ESCAPED) {
    if (!GROW(c, scratch, n + 16)) return;
    n = dlp_unescape(text, n, s->scratch, NULL, NULL);
    text = s->scratch;
    decoded = true;
  }
  uint64_t hash = dlp_hash(text, n, s->seed);
  if (f && f->object) {
    f->key_start = start;
    f->key_end = end;
    f->words = 0;
    f->key_set += dlp_mum(hash, 0xD6E8FEB86659FD93ULL);
    f->key_order = dlp_mum(f->key_order ^ hash, 0xA3B195354A39B70DULL);
    f->n_keys++;
    note_key(c, f, hash, start, end);
  }
  if (c->options & DLP_O_TOKENS || c->pf) {
    if (c->pf && f && dlp_word_count(c->pf)) {
      uint64_t slot = hash & (CACHE - 1);
      if (s->cache[slot].hash == (hash | 1)) {
        f->words = s->cache[slot].set;
      } else {
        c->key_set = 0;
        dlp_words(c->pf, text, n, on_key_word, c);
        if (k->flags & DLP_F_FOLD && GROW(c, folded, n + 16)) { /* a key says what its reader takes it for, too */
          size_t m = dlp_fold(text, n, s->folded, NULL, NULL);
          if (m != n) dlp_words(c->pf, s->folded, m, on_key_word, c); /* every change shortens */
        }
        f->words = c->key_set;
        s->cache[slot].hash = hash | 1;
        s->cache[slot].set = c->key_set;
      }
    }
    (void)decoded;
    candidate(c, start, end, DLP_T_KEY, k->flags, k->digits, k->marks);
  }
}

static bool word_char(uint8_t b) {
  return digit(b) || (uint8_t)((b | 0x20) - 'a') < 26 || b == '_' || b == '$' || b >= 0x80;
}

/* A bare word at c->at: a literal, or what dialects allow. */
static void word_token(scan *c, bool as_key) {
  const uint8_t *p = c->p;
  uint64_t start = c->at, at = start;
  while (at < c->size && word_char(p[at])) at++;
  if (at == start) at++;
  uint64_t n = at - start;
  c->at = at;
  if (as_key) {
    error_at(c, DLP_E_UNQUOTED_KEY, start, n);
    census_of_string k = {0};
    key(c, start, at, &k);
    return;
  }
  if ((n == 4 && (memcmp(p + start, "true", 4) == 0 || memcmp(p + start, "null", 4) == 0)) ||
      (n == 5 && memcmp(p + start, "false", 5) == 0))
    return;
  bool non_finite = (n == 3 && memcmp(p + start, "NaN", 3) == 0) || (n == 8 && memcmp(p + start, "Infinity", 8) == 0);
  if (p[start] >= 0x80) {
    unsigned len = dlp_utf8_sequence(p + start, p + c->size);
    error_at(c, len ? DLP_E_UNEXPECTED_BYTE : DLP_E_INVALID_UTF8, start, n);
    return;
  }
  error_at(c, non_finite ? DLP_E_NON_FINITE : DLP_E_INVALID_LITERAL, start, n);
}

static uint64_t comment(scan *c) { /* at a slash; returns the end of a comment, or 0 */
  const uint8_t *p = c->p;
  uint64_t at = c->at;
  if (at + 1 >= c->size) return 0;
  if (p[at + 1] == '/') {
    at += 2;
    while (at < c->size && p[at] != '\n' && p[at] != '\r') at++;
    return at;
  }
  if (p[at + 1] != '*') return 0;
  for (at += 2; at + 1 < c->size; at++)
    if (p[at] == '*' && p[at + 1] == '/') return at + 2;
  return c->size;
}

/* --- grammar ------------------------------------------------------------------------------------------------------ */

static inline bool white(uint8_t b) { return b == ' ' || b == '\n' || b == '\r' || b == '\t'; }

static void gap(scan *c, uint64_t start, uint64_t end, uint32_t klass) {
  dlp_result *r = &c->s->result;
  if (c->options & DLP_O_GAPS && (end > start || !(c->options & DLP_O_CLEAN_GAPS))) {
    if (r->n_gaps >= c->limits.max_gaps) {
      r->truncated |= DLP_X_GAPS;
    } else if (GROW(c, gaps, r->n_gaps + 1)) {
      uint64_t n = end - start;
      c->s->gaps[r->n_gaps++] = (dlp_gap){start, n > UINT32_MAX ? UINT32_MAX : (uint32_t)n, klass};
    }
  }
  dlp_frame *f = top(c);
  if (start == end && klass >= DLP_G_BEFORE_COLON && klass <= DLP_G_EMPTY && (!f || (f->broken < 2 && (klass != DLP_G_CLOSE || f->open_len == 0)))) {
    bool brackets = klass == DLP_G_OPEN || klass == DLP_G_CLOSE || klass == DLP_G_EMPTY;
    c->s->census.empty[klass][brackets ? f && f->object : dlp_context(c->depth)]++;
    if (f) {
      if (klass == DLP_G_OPEN) f->broken = 1;
      f->first = 0;
    }
    return;
  }
  dlp_note_gap(&c->s->census, c->p, start, end, klass, f, (uint32_t)(c->depth > 1000 ? 1000 : c->depth));
}

static uint32_t class_of_gap(scan *c, uint8_t next) {
  bool closes = next == '}' || next == ']';
  switch (c->state) {
  case S_COLON: return DLP_G_BEFORE_COLON;
  case S_VALUE_OR_CLOSE: case S_KEY_OR_CLOSE: return closes ? DLP_G_EMPTY : DLP_G_OPEN;
  case S_COMMA: return closes ? DLP_G_CLOSE : next == ',' ? DLP_G_BEFORE_COMMA : DLP_G_OTHER;
  case S_KEY: return closes ? DLP_G_OTHER : DLP_G_AFTER_COMMA_OBJECT;
  case S_VALUE:
    if (c->depth == 0) return DLP_G_OTHER;
    return in_object(c) ? DLP_G_AFTER_COLON : closes ? DLP_G_OTHER : DLP_G_AFTER_COMMA_ARRAY;
  default: return DLP_G_OTHER;
  }
}

static void after_value(scan *c) { c->state = c->depth ? S_COMMA : S_END; }

static void open_bracket(scan *c, uint8_t b) {
  open_container(c, b == '{', c->at);
  c->at++;
  c->state = b == '{' ? S_KEY_OR_CLOSE : S_VALUE_OR_CLOSE;
}

static void close_bracket(scan *c, uint8_t b) {
  uint64_t at = c->at++;
  if (c->depth == 0) {
    error_at(c, DLP_E_MISMATCHED_CLOSE, at, 1);
    return;
  }
  if (in_object(c) != (b == '}')) error_at(c, DLP_E_MISMATCHED_CLOSE, at, 1);
  switch (c->state) {
  case S_KEY: error_at(c, DLP_E_TRAILING_COMMA, at, 1); break;
  case S_VALUE: error_at(c, in_object(c) ? DLP_E_MISSING_VALUE : DLP_E_TRAILING_COMMA, at, 1); break;
  case S_COLON: error_at(c, DLP_E_MISSING_COLON, at, 1); break;
  default: break;
  }
  dlp_frame *f = top(c);
  bool piece = f && !f->object && f->pieces >= 2 && f->pieces == f->strings && f->varied;
  bool empty = c->state == S_VALUE_OR_CLOSE || c->state == S_KEY_OR_CLOSE;
  close_container(c);
  dlp_frame *parent = top(c);
  c->empties += empty && parent && !parent->object;
  if (piece || c->empties >= 6) c->s->result.census |= DLP_C_SYMBOL_ARRAY;
  after_value(c);
}

/* A member of an array that could be a symbol of a message: a small number, a few characters, digits of base64, a
 * literal, an empty container. Enough of them in one array ask for the second pass of covert/structure.py. */
static void note_symbol(scan *c, uint64_t start, uint64_t end) {
  dlp_frame *f = top(c);
  if (!f || f->object) return;
  const uint8_t *p = c->p + start;
  uint64_t n = end - start;
  if (n && *p == '"') {
    n -= n >= 2 ? 2 : n;
    f->strings++;
    f->symbols += n <= 4;
    if (f->pieces + 1 == f->strings) { /* so far all are */
      bool capital = false, low = false, all = true;
      for (uint64_t i = 1; i <= n && all; i++) {
        bool is_low = (uint8_t)(p[i] - 'a') < 26, is_capital = (uint8_t)(p[i] - 'A') < 26;
        low |= is_low;
        capital |= is_capital || digit(p[i]);
        all = is_low || is_capital || digit(p[i]) || p[i] == '+' || p[i] == '/' || p[i] == '=' || p[i] == '-' || p[i] == '_';
      }
      f->pieces += all;
      f->varied |= (low && capital) || (capital && n >= 2);
    }
  } else {
    f->symbols += n <= 3 || *p == 't' || *p == 'f' || *p == 'n';
  }
  if (f->symbols >= 6 || f->strings >= 16) c->s->result.census |= DLP_C_SYMBOL_ARRAY;
}

static void value(scan *c, uint8_t b) {
  uint64_t start = c->at;
  switch (b) {
  case '"': case '\'': string_value(c); break;
  case '{': case '[': open_bracket(c, b); return;
  default:
    if (digit(b) || b == '-' || b == '+' || b == '.') number_token(c);
    else word_token(c, false);
  }
  note_symbol(c, start, c->at);
  after_value(c);
}

static bool starts_value(uint8_t b) {
  return b == '"' || b == '\'' || b == '{' || b == '[' || b == '-' || b == '+' || b == '.' || word_char(b);
}

/* One token that starts with b. */
static void token(scan *c, uint8_t b) {
  uint64_t at = c->at;
  if (b == '/') {
    uint64_t end = comment(c);
    if (end) {
      error_at(c, DLP_E_COMMENT, at, end - at);
      c->at = end;
      return;
    }
  }
  if (b == 0 || !(starts_value(b) || b == '}' || b == ']' || b == ',' || b == ':')) {
    error_at(c, b ? DLP_E_UNEXPECTED_BYTE : DLP_E_NUL, at, 1);
    while (c->at < c->size && c->p[c->at] == b) c->at++; /* a run of the same is one error */
    return;
  }
  if (c->state == S_END) {
    error_at(c, DLP_E_TRAILING_DATA, at, c->size - at);
    c->state = S_VALUE;
  }
  switch (b) {
  case '}': case ']': close_bracket(c, b); return;
  case ',':
    c->at++;
    if (c->state == S_COMMA) {
      c->state = in_object(c) ? S_KEY : S_VALUE;
    } else {
      error_at(c, DLP_E_MISSING_VALUE, at, 1);
      if (c->depth) c->state = in_object(c) ? S_KEY : S_VALUE;
    }
    return;
  case ':':
    c->at++;
    if (c->state == S_COLON) c->state = S_VALUE;
    else error_at(c, DLP_E_UNEXPECTED_BYTE, at, 1);
    return;
  default: break;
  }
  switch (c->state) {
  case S_COMMA:
    error_at(c, DLP_E_MISSING_COMMA, at, 0);
    c->state = in_object(c) ? S_KEY : S_VALUE;
    break;
  case S_COLON:
    error_at(c, DLP_E_MISSING_COLON, at, 0);
    c->state = S_VALUE;
    break;
  default: break;
  }
  if (c->state == S_KEY || c->state == S_KEY_OR_CLOSE) {
    if (b == '"' || b == '\'') {
      uint64_t start = at + 1;
      if (b == '\'') error_at(c, DLP_E_SINGLE_QUOTES, at, 1);
      census_of_string k;
      uint64_t end = string_token(c, &k);
      c->s->result.strings++;
      key(c, start, end, &k);
      c->state = S_COLON;
    } else if ((word_char(b) && !digit(b) && b < 0x80)) {
      word_token(c, true);
      c->state = S_COLON;
    } else {
      error_at(c, DLP_E_INVALID_KEY, at, 1);
      value(c, b);
      if (c->state == S_COMMA && in_object(c)) c->state = S_COLON;
    }
    return;
  }
  value(c, b);
}

static int not_utf8(const uint8_t *p, uint64_t n) { /* UTF-16 or UTF-32, by mark or by the NULs of ASCII */
  if (n >= 2 && ((p[0] == 0xFF && p[1] == 0xFE) || (p[0] == 0xFE && p[1] == 0xFF))) return 1;
  if (n >= 4 && p[0] == 0 && p[1] == 0 && p[2] == 0xFE && p[3] == 0xFF) return 1;
  if (n < 4) return n >= 2 && (p[0] == 0) != (p[1] == 0);
  uint32_t zeros = 0;
  for (int i = 0; i < 4; i++) zeros |= (uint32_t)(p[i] == 0) << i;
  /* 00 xx 00 xx, xx 00 xx 00, 00 00 00 xx, xx 00 00 00 */
  return zeros == 5 || zeros == 10 || zeros == 7 || zeros == 14;
}

static int begin(scan *c, dlp_scanner *s, const dlp_prefilter *pf, const uint8_t *data, size_t size,
                 const dlp_limits *limits, uint32_t options) {
  if (!s || (!data && size) || !limits) return DLP_EINVAL;
  memset(c, 0, sizeof *c);
  c->s = s;
  c->pf = options & DLP_O_NO_PREFILTER ? NULL : pf;
  c->p = data;
  c->size = size;
  c->limits = *limits;
  if (c->limits.max_candidates > 0xFFFFFFF0u) c->limits.max_candidates = 0xFFFFFFF0u;
  c->options = options;
  c->shapes = c->pf ? dlp_prefilter_shapes(c->pf) : 0;
  memset(&s->result, 0, sizeof s->result);
  dlp_census_reset(&s->census);
  if (s->key_stack_n) { /* the payload before ended inside objects */
    memset(s->keys, 0, s->keys_cap * sizeof *s->keys);
    s->key_stack_n = 0;
  }
  s->raw_n = 0;
  s->scans++;
  if (s->sets_of != pf || s->sets_n > 1u << 16) {
    memset(s->cache, 0, sizeof s->cache);
    s->sets_n = 0;
    s->sets_of = pf;
  }
  return DLP_OK;
}

/* Whether the census has a mixture that a consistent writer does not make. */
static bool odd(uint64_t census) {
  const uint64_t alone = DLP_C_ESCAPED_SOLIDUS | DLP_C_ESCAPED_ALNUM | DLP_C_ESCAPED_PUNCTUATION |
                         DLP_C_NUMBER_EXPONENT | DLP_C_NUMBER_ZEROS | DLP_C_NUMBER_MINUS_ZERO | DLP_C_NUMBER_LONG |
                         DLP_C_KEY_ORDER | DLP_C_LITERAL_CASE | DLP_C_BASE64_SLACK | DLP_C_UNICODE | DLP_C_SPACE_RUN | DLP_C_SYMBOL_ARRAY | DLP_C_LONG_CONTROL;
  const uint64_t pairs[][2] = {{DLP_C_ESCAPED_NON_ASCII, DLP_C_RAW_NON_ASCII}, {DLP_C_HEX_UPPER, DLP_C_HEX_LOWER}};
  bool mixed = census & alone;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) mixed |= (census & pairs[i][0]) && (census & pairs[i][1]);
  return mixed;
}

static int by_offset(const void *a, const void *b) {
  const dlp_hit *x = a, *y = b;
  return x->offset != y->offset ? (x->offset < y->offset ? -1 : 1) : (x->trigger > y->trigger) - (x->trigger < y->trigger);
}

/* Literals come in the order of their rarest bytes. */
static void find_raw_literals(scan *c) {
  dlp_literals(c->pf, c->p, c->size, on_raw_literal, c);
  if (c->s->raw_n > 1) qsort(c->s->raw, c->s->raw_n, sizeof *c->s->raw, by_offset);
}

static int finish(scan *c) {
  dlp_scanner *s = c->s;
  dlp_result *r = &s->result;
  if (c->pf) flush_raw_before(c, UINT64_MAX);
  r->errors = s->errors;
  r->tokens = s->tokens;
  r->hits = s->hits;
  r->gaps = s->gaps;
  if (c->no_memory) return DLP_ENOMEM;
  dlp_census_flush(&s->census);
  bool priced = false;
  for (uint32_t k = 0; k < DLP_S_COUNT; k++) {
    dlp_counts *n = &s->census.stream[k];
    r->stream_n[k] = n->n;
    if (!n->touched && n->novel == 0) continue;
    r->stream_bits[k] = dlp_price(n) + n->novel;
    r->novel_bits[k] = n->novel;
    priced |= r->stream_bits[k] > 0;
  }
  uint64_t tail = c->size - r->tail_start;
  bool plain_tail = tail == 0 || (tail == 1 && c->p[c->size - 1] == '\n') ||
                    (tail == 2 && c->p[c->size - 2] == '\r' && c->p[c->size - 1] == '\n');
  r->complete_document = r->errors_seen == 0;
  return odd(r->census) || r->errors_seen || r->n_hits || r->truncated || priced || r->lead_end || !plain_tail || r->n_tokens ||
         r->n_gaps;
}

int dlp_scan(dlp_scanner *s, const dlp_prefilter *pf, const uint8_t *data, size_t size, const dlp_limits *limits,
             uint32_t options) {
  scan context, *c = &context;
  int rc = begin(c, s, pf, data, size, limits, options);
  if (rc) return rc;
  if (c->pf) find_raw_literals(c);
  if (not_utf8(data, size)) error_at(c, DLP_E_NOT_UTF8, 0, size);
  if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
    error_at(c, DLP_E_BYTE_ORDER_MARK, 0, 3);
    c->at = 3;
  }
  uint64_t start = c->at;
  while (c->at < size && white(data[c->at])) c->at++;
  s->result.lead_end = c->at;
  if (c->at > start) {
    if (c->options & DLP_O_GAPS) gap(c, start, c->at, DLP_G_LEAD);
  } else {
    s->result.lead_end = 0;
  }
  c->state = S_VALUE;
  s->result.tail_start = size;
  if (c->at == size) {
    error_at(c, DLP_E_EMPTY, 0, size);
    return finish(c);
  }
  for (;;) {
    token(c, data[c->at]);
    uint64_t end = c->at;
    while (c->at < size && white(data[c->at])) c->at++;
    if (c->at == size) {
      s->result.tail_start = end;
      if (c->options & DLP_O_GAPS) gap(c, end, size, DLP_G_TAIL);
      break;
    }
    if (c->state != S_END) gap(c, end, c->at, class_of_gap(c, data[c->at]));
    else if (c->at > end) gap(c, end, c->at, DLP_G_OTHER);
    if (c->no_memory) return DLP_ENOMEM;
  }
  if (c->state != S_END) error_at(c, DLP_E_UNEXPECTED_END, size, 0);
  return finish(c);
}

int dlp_scan_text(dlp_scanner *s, const dlp_prefilter *pf, const uint8_t *data, size_t size, const dlp_limits *limits) {
  scan context, *c = &context;
  int rc = begin(c, s, pf, data, size, limits, 0);
  if (rc) return rc;
  if (c->pf) {
    find_raw_literals(c);
    size_t plain = 0;
    while (plain < size && data[plain] < 0x80) plain++;
    candidate(c, 0, size, DLP_T_TEXT, DLP_F_AT | (plain < size ? DLP_F_FOLD : 0), UINT32_MAX, UINT32_MAX);
  }
  s->result.tail_start = size;
  return finish(c);
}
