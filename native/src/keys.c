/* Keys of objects: which come twice in one, in which order they come, and which words they hold.
 *
 * The same few keys come again and again, within a payload and from one to the next. What was found out of a short one is
 * kept (its text is compared, so that no other can pass for it), and so is the set of depths at which an open object has
 * it: a bit each. What finds no room there (long keys, deep objects, a slot that another key holds open) goes to a table
 * by hash, whose entries leave it in the reverse order of their coming.
 */
#include "scan.h"

enum { DEEPEST = 64 };
#define MAX_OPEN_KEYS (1u << 22)

static bool rehash_keys(scan *c) {
  dlp_scanner *s = c->s;
  uint64_t cap = s->keys_cap ? s->keys_cap * 2 : 256;
  key_slot *grown = calloc(cap, sizeof *grown);
  if (!grown) return c->no_memory = true, false;
  for (uint64_t i = 0; i < s->key_stack_n; i++) { /* in order of coming */
    if (s->key_stack[i].known) continue;
    key_slot k = s->keys[s->key_stack[i].slot];
    uint64_t slot = k.hash & (cap - 1);
    while (grown[slot].hash) slot = (slot + 1) & (cap - 1);
    grown[slot] = k;
    s->key_stack[i].slot = (uint32_t)slot;
  }
  free(s->keys);
  s->keys = grown;
  s->keys_cap = cap;
  return true;
}

void dlp_forget_keys(scan *c, const dlp_frame *f) {
  dlp_scanner *s = c->s;
  uint64_t depth = c->depth - 1;
  while (s->key_stack_n > f->keys_base) {
    const open_key *k = &s->key_stack[--s->key_stack_n];
    if (k->known) {
      s->known[k->slot].open &= ~(1ULL << depth);
    } else {
      s->keys[k->slot].hash = 0;
      s->n_keys--;
    }
  }
}

void dlp_forget_open_keys(dlp_scanner *s) { /* of a payload that ended inside objects */
  for (uint64_t i = 0; i < s->key_stack_n; i++)
    if (s->key_stack[i].known) s->known[s->key_stack[i].slot].open = 0;
  if (s->n_keys) memset(s->keys, 0, s->keys_cap * sizeof *s->keys);
  s->n_keys = s->key_stack_n = 0;
}

void dlp_note_order(scan *c, const dlp_frame *f) {
  dlp_scanner *s = c->s;
  uint64_t set = dlp_mum(f->key_set ^ s->seed, f->n_keys), first = set % (ORDERS / ORDERS_BESIDE) * ORDERS_BESIDE;
  for (uint64_t at = first; at < first + ORDERS_BESIDE; at++) {
    const bool filled = s->orders[at].scan == s->scans;
    if (filled && s->orders[at].set != set) continue;
    if (filled && s->orders[at].order != f->key_order) s->result.census |= DLP_C_KEY_ORDER;
    s->orders[at].set = set;
    s->orders[at].order = f->key_order;
    s->orders[at].scan = s->scans;
    return;
  }
  s->result.census |= DLP_C_KEY_ORDER; /* no room to tell: whoever looks at orders looks at all of them */
}

static bool push(scan *c, uint64_t start, uint32_t slot, bool known) {
  dlp_scanner *s = c->s;
  if (!GROW(c, key_stack, s->key_stack_n + 1)) return false;
  s->key_stack[s->key_stack_n++] = (open_key){start, slot, known};
  return true;
}

/* The table by hash. Returns whether the object has this key already; it is reported then. */
static bool in_table(scan *c, dlp_frame *f, uint64_t hash, uint64_t start, uint64_t end, bool add) {
  dlp_scanner *s = c->s;
  if (!s->keys_cap && !rehash_keys(c)) return true;
  uint64_t frame = (uint64_t)(f - s->frames);
  hash = dlp_mum(hash ^ frame, 0x9E3779B97F4A7C15ULL ^ s->seed) | 1; /* per depth: closed siblings are gone */
  uint64_t slot = hash & (s->keys_cap - 1);
  for (; s->keys[slot].hash; slot = (slot + 1) & (s->keys_cap - 1))
    if (s->keys[slot].hash == hash && s->keys[slot].frame == frame) {
      dlp_error_at(c, DLP_E_DUPLICATE_KEY, start, s->keys[slot].start);
      return true;
    }
  if (!add) return false;
  if (!push(c, start, (uint32_t)slot, false)) return true;
  s->keys[slot] = (key_slot){hash, start, end, frame};
  s->n_keys++;
  if (s->n_keys * 2 >= s->keys_cap) (void)rehash_keys(c);
  return false;
}

/* Notes a key of the innermost object, `known` if it has a slot of its own. */
static void note(scan *c, dlp_frame *f, known_key *known, uint64_t hash, uint64_t start, uint64_t end) {
  dlp_scanner *s = c->s;
  if (s->key_stack_n >= MAX_OPEN_KEYS) {
    s->result.truncated |= DLP_X_KEYS;
    return;
  }
  uint64_t depth = c->depth - 1;
  if (!known || depth >= DEEPEST) {
    f->in_table = 1;
    (void)in_table(c, f, hash, start, end, true);
    return;
  }
  uint32_t slot = (uint32_t)(known - s->known);
  if (known->open >> depth & 1) {
    uint64_t first = start;
    if (s->result.n_errors < c->limits.max_errors) /* else it is counted only */
      for (uint64_t i = s->key_stack_n; i-- > f->keys_base;)
        if (s->key_stack[i].known && s->key_stack[i].slot == slot) first = s->key_stack[i].start;
    dlp_error_at(c, DLP_E_DUPLICATE_KEY, start, first);
    return;
  }
  if (f->in_table && in_table(c, f, hash, start, end, false)) return; /* from when its slot was another's */
  if (push(c, start, slot, true)) known->open |= 1ULL << depth;
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

uint32_t dlp_word_set(scan *c, const uint8_t *text, uint64_t n, uint32_t flags) {
  if (!c->pf || !dlp_word_count(c->pf)) return 0;
  c->key_set = 0;
  dlp_words(c->pf, text, n, on_key_word, c);
  if (flags & DLP_F_FOLD && GROW(c, folded, n + 16)) { /* a key says what its reader takes it for, too */
    size_t m = dlp_fold(text, n, c->s->folded, NULL, NULL);
    if (m != n) dlp_words(c->pf, c->s->folded, m, on_key_word, c); /* every change shortens */
  }
  return c->key_set;
}

/* Visible ASCII that needs no escape: a key without quotes may hold anything else. */
static bool is_plain(const uint8_t *text, uint64_t n) {
  uint64_t i = 0;
  while (i < n && text[i] > ' ' && text[i] < 0x7F && text[i] != '"' && text[i] != '\\') i++;
  return i == n;
}

static inline bool same_text(const known_key *k, const uint8_t *text, uint64_t n) {
  return k->n == n && memcmp(k->text, text, n) == 0;
}

/* A key of the innermost object, an open one. */
static inline void enter(scan *c, dlp_frame *f, known_key *known, uint64_t hash, uint64_t start, uint64_t end) {
  f->key_start = start;
  f->key_end = end;
  f->words = 0;
  f->key_set += dlp_mum(hash, 0xD6E8FEB86659FD93ULL);
  f->key_order = dlp_mum(f->key_order ^ hash, 0xA3B195354A39B70DULL);
  f->n_keys++;
  note(c, f, known, hash, start, end);
}

/* A key's text calls nothing; what stands around it may. */
static inline void around(scan *c, const dlp_frame *f, uint64_t start, uint64_t end, uint32_t flags, const uint8_t *text, uint64_t n) {
  if (c->raw_at >= c->s->raw_n && !(f && f->words_up)) return;
  dlp_pending t = {.c = c, .start = start, .end = end, .kind = DLP_T_KEY, .flags = flags, .token = DLP_NO_TOKEN, .text = text, .n = n};
  dlp_raw_literals(&t, true);
  dlp_words_around(&t);
}

/* Whether a key and its quote stand at p, of which 40 bytes can be read. */
static inline bool stands_at(const known_key *k, const uint8_t *p) {
  uint32_t n = k->n + 1u, i = 0;
  for (; i + 8 <= n; i += 8)
    if (dlp_read64(p + i) != dlp_read64(k->text + i)) return false;
  if (i == n) return true;
  return (dlp_read64(p + i) ^ dlp_read64(k->text + i)) << (64 - 8 * (n - i)) == 0; /* the first ones */
}

bool dlp_expected_key(scan *c) {
  dlp_scanner *s = c->s;
  known_key *known = &s->known[*c->next_key];
  dlp_frame *f = c->top;
  uint64_t start = c->at + 1;
  if (!known->plain || !known->quiet || !known->worded || c->size - c->at < KNOWN_TEXT + 9 || !stands_at(known, c->p + start)) return false;
  uint64_t end = start + known->n;
  c->at = end + 1;
  c->next_key = &known->next;
  s->result.strings++;
  enter(c, f, known, known->hash, start, end);
  f->words = known->words;
  f->role = known->role;
  around(c, f, start, end, 0, c->p + start, known->n);
  return true;
}

void dlp_key(scan *c, uint64_t start, uint64_t end, uint32_t flags) {
  dlp_scanner *s = c->s;
  dlp_frame *f = c->top;
  const uint8_t *text = c->p + start;
  uint64_t n = end - start;
  bool decoded = flags & DLP_F_ESCAPED;
  if (decoded) {
    if (!GROW(c, scratch, n + 64)) return;
    n = dlp_unescape(text, n, s->scratch, NULL, NULL);
    text = s->scratch;
  }
  uint64_t hash = dlp_hash(text, n, s->seed) | 1;
  known_key *known = NULL;
  if (n <= KNOWN_TEXT) {
    known = &s->known[hash >> 32 & (KNOWN_KEYS - 1)];
    if (known->hash != hash || !same_text(known, text, n)) {
      if (known->open) {
        known = NULL;
      } else {
        known->hash = hash;
        known->n = (uint8_t)n;
        known->worded = known->quiet = known->role = 0;
        known->plain = !flags && is_plain(text, n);
        known->text[n] = '"';
        known->words = 0;
        memcpy(known->text, text, n);
      }
    }
  }
  if (known) {
    *c->next_key = (uint16_t)(known - s->known);
    c->next_key = &known->next;
    if (flags) known->plain = 0;
  }
  if (f && f->object) {
    if (known && c->pf && !known->worded) {
      known->words = dlp_word_set(c, text, n, flags);
      known->role = dlp_role(text, n);
      known->worded = 1;
    }
    enter(c, f, known, hash, start, end);
    if (c->pf) {
      f->words = known ? known->words : dlp_word_set(c, text, n, flags);
      f->role = known ? known->role : dlp_role(text, n);
    }
  }
  if (!c->pf && !(c->options & DLP_O_TOKENS)) return;
  bool quiet = known && known->quiet && !decoded && !(flags & DLP_F_FOLD) && !(c->options & DLP_O_TOKENS);
  if (quiet) {
    around(c, f, start, end, flags, text, n);
    return;
  }
  uint64_t scans = s->scans;
  bool called = dlp_candidate(c, start, end, DLP_T_KEY, flags);
  if (known && c->pf && !decoded && !called && scans == s->scans) known->quiet = 1;
}
