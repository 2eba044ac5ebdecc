/* Whether the orders of keys may hold a message, asked before anything is decoded (covert/keys.py).
 *
 * Theory of operation. Objects with one set of keys have an order each: a permutation of the sorted keys, and relative
 * to the commonest order another. Its Lehmer code gives a number, the numbers of several objects are the digits of a
 * message: as many whole bits as each can hold, a byte or half of one each, or all of them one number. Every way that
 * covert/keys.py reads them is gone through here, and what comes out is weighed as covert/plausible.py does, until
 * something is worth the look of Python. It may say too much, never too little: a test holds the two together.
 */
#include "internal.h"
#include <math.h>

enum {
  MAX_KEYS = 256,     /* of one object */
  LARGE = 16,         /* keys from which one object's order may be a code by itself */
  SINGLES = 64,
  ROOM = 1 << 14,     /* keys of all objects that are read together */
  MAX_OBJECTS = 2048,
  MAX_BITS = 1 << 15,
  HONEST_ORDERS = 3,  /* of one set of keys */
  WORDY = 4,          /* bytes from which a reading is told that proves nothing */
  LIMBS = MAX_BITS / 64 + 32,
};
#define LOOK 16.0    /* bits of price from which orders are decoded */
#define ALONE 18.0
#define CHOICES 24.0 /* bits of price from which orders are read as choices */
#define SLIP 0.01    /* between two ways of summing up */

typedef struct order { /* one that came, of one set of keys */
  uint64_t hash, set, count, at; /* at: its permutation in the arena; hash 0: free */
  uint32_t n, seen;              /* seen: how many came before it */
} order;

typedef struct reader {
  const uint8_t *p;
  order *orders;       uint64_t orders_cap, n_orders; /* power of two */
  uint16_t *arena;     uint64_t arena_cap, arena_n;
  bool failed, may;
  uint8_t text[MAX_BITS / 8 + 16];
  uint64_t limbs[LIMBS];
} reader;

/* --- what reads as something (covert/plausible.py, covert/framing.py) ------------------------------------------- */

static double weight_of(uint8_t b) {
  static const char often[] = "etaoinshrdlcumwfgypbvkjxqz";
  if (b == ' ') return 0.11;
  if (b == '\n') return 0.01;
  if (b == '\t') return 0.002;
  if (b == '\r') return 0.004;
  if (b >= 0x80) return b < 0xF5 ? 0.0006 : 0.00002;
  if (b <= 0x20 || b == 0x7F) return 0.00002;
  if (b >= 'A' && b <= 'Z') return 0.011;
  if (b >= '0' && b <= '9') return 0.018;
  if (b >= 'a' && b <= 'z') return fmax(0.075 * pow(0.86, (double)(strchr(often, b) - often)), 0.01);
  return strchr("-_./:=,;\"'@{}[]()", b) ? 0.006 : 0.0025;
}

static bool has_magic(const uint8_t *p, size_t n) {
  static const struct { const char *head; uint8_t n; } heads[] = {
      {"\x1f\x8b\x08", 3}, {"PK\x03\x04", 4}, {"%PDF-", 5}, {"\x89PNG\r\n\x1a\n", 8}, {"\x7f" "ELF", 4}, {"\xff\xd8\xff", 3},
      {"GIF8", 4}, {"BZh", 3}, {"\xfd" "7zXZ\0", 6}, {"\x28\xb5\x2f\xfd", 4}, {"7z\xbc\xaf\x27\x1c", 6},
      {"SQLite format 3\0", 16}, {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8}, {"-----BEGIN ", 11},
  };
  for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
    if (n >= heads[k].n && memcmp(p, heads[k].head, heads[k].n) == 0) return true;
  return false;
}

/* Bits of evidence that bytes are a message, or more: what begins like JSON or a format counts for sure. */
static double evidence(const uint8_t *p, size_t n) {
  enum { SAMPLE = 4096 };
  uint16_t counts[256];
  if (n == 0) return 0;
  if (has_magic(p, n)) return 128;
  size_t m = n < SAMPLE ? n : SAMPLE;
  for (size_t i = 0; i < m;) {
    unsigned k = p[i] < 0x80 ? 1 : dlp_utf8_sequence(p + i, p + n);
    if (!k) return 0;
    i += k;
  }
  if (n >= 2 && (p[0] == '{' || p[0] == '[')) { /* JSON, unless it holds what JSON does not */
    size_t end = n, i = 0;
    while (end && (p[end - 1] == ' ' || (p[end - 1] >= '\t' && p[end - 1] <= '\r'))) end--;
    while (i < n && (p[i] >= 0x20 || (p[i] >= '\t' && p[i] <= '\r'))) i++;
    if (i == n && (p[end - 1] == '}' || p[end - 1] == ']')) return 128;
  }
  memset(counts, 0, sizeof counts);
  uint32_t kinds = 0;
  for (size_t i = 0; i < m; i++) kinds += !counts[p[i]]++;
  double bits = 0;
  for (uint32_t b = 0; b < 256; b++)
    if (counts[b]) bits += log2(weight_of((uint8_t)b) / 1.3933840520682217 * 256) * log2(1.0 + counts[b]);
  double variety = fmin(1.0, 1.5 * kinds * (1.0 / (double)m + 1.0 / 30.0));
  return fmax(bits * variety * variety, 0);
}

static bool is_fill(const uint8_t *p, size_t n) {
  if (!n || (p[0] != 0 && p[0] != 0xFF)) return false;
  for (size_t i = 1; i < n; i++)
    if (p[i] != p[0]) return false;
  return true;
}

static void weigh(reader *r, const uint8_t *p, size_t n, double known) {
  if (!n || r->may) return;
  double worth = evidence(p, n);
  uint32_t length = 0;
  for (size_t k = n; k; k >>= 1) length++;
  r->may = (n >= WORDY && worth + SLIP >= fmax(3.0, 0.75 * (double)n)) || worth + known + SLIP >= 16.0 + length;
}

static void heard(reader *r, const uint8_t *p, size_t n, double prior) {
  if (r->may) return;
  size_t bare = n;
  while (bare && !p[bare - 1]) bare--;
  weigh(r, p, bare, prior);
  static const struct { uint8_t width, little; double bits; } lengths[] = {{4, 0, 20}, {4, 1, 20}, {2, 0, 10}, {2, 1, 10}, {1, 0, 6}};
  for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
    size_t width = lengths[k].width;
    if (n <= width) continue;
    uint64_t said = 0;
    for (size_t i = 0; i < width; i++) said = said << 8 | p[lengths[k].little ? width - 1 - i : i];
    for (uint32_t scale = 1; scale <= (width == 1 ? 1 : 8); scale += 7) {
      uint64_t size = said / scale;
      if (said % scale || size < 2 || size > n - width) continue;
      if (width + size < n && !is_fill(p + width + size, n - width - size)) continue;
      weigh(r, p + width, size, prior + lengths[k].bits);
    }
  }
  if (!n || p[0] == 0 || p[0] == 0xFF) return;
  static const uint8_t marks[] = {0, 3, 4, 0xFF, 0xFE};
  for (size_t k = 0; k < sizeof marks; k++) {
    const uint8_t *end = memchr(p, marks[k], n);
    if (end && end - p >= 2) weigh(r, p, (size_t)(end - p), prior + 2.0);
  }
}

/* --- numbers of orders ------------------------------------------------------------------------------------------- */

typedef struct mixed { /* digits of a Lehmer code: the first key's, out of n, is the highest */
  uint16_t digit[MAX_KEYS];
  uint32_t n;
} mixed;

static void lehmer(const uint16_t *places, uint32_t n, mixed *m) {
  uint64_t used[MAX_KEYS / 64] = {0};
  m->n = n;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t key = places[i], below = 0;
    for (uint32_t k = 0; k < key / 64; k++) below += (uint32_t)__builtin_popcountll(used[k]);
    below += (uint32_t)__builtin_popcountll(used[key / 64] & ((1ULL << key % 64) - 1));
    m->digit[i] = (uint16_t)(key - below);
    used[key / 64] |= 1ULL << key % 64;
  }
}

static uint64_t factorial_bits(uint32_t n) { /* of n!, less one: whole bits that a number below it can hold */
  static const uint8_t small[] = {0, 0, 1, 2, 4, 6, 9, 12, 15, 18, 21, 25, 28, 32, 36, 40, 44, 48, 52, 56, 61};
  return n <= 20 ? small[n] : (uint64_t)floor(lgamma((double)n + 1) * 1.4426950408889634074);
}

typedef struct big { uint64_t *limb; uint32_t n; } big;

static void times_plus(big *b, uint64_t factor, uint64_t plus) {
  for (uint32_t i = 0; i < b->n; i++) {
    __extension__ typedef unsigned __int128 u128;
    const u128 v = (u128)b->limb[i] * factor + plus;
    b->limb[i] = (uint64_t)v;
    plus = (uint64_t)(v >> 64);
  }
  if (plus && b->n < LIMBS) b->limb[b->n++] = plus;
}

/* The digits of one order on top of (below) what is there, several at a time. */
static void append(big *b, const mixed *m, bool low_first) {
  uint64_t factor = 1, plus = 0;
  for (uint32_t k = 0; k < m->n; k++) {
    uint32_t i = low_first ? m->n - 1 - k : k, base = m->n - i;
    factor *= base;
    plus = plus * base + m->digit[i];
    if (factor < UINT64_C(1) << 54 && k + 1 < m->n) continue;
    times_plus(b, factor, plus);
    factor = 1, plus = 0;
  }
}

static size_t bytes_of(const big *b, uint8_t *out, bool little) {
  size_t n = 8 * (size_t)b->n;
  while (n && !(b->limb[(n - 1) / 8] >> (n - 1) % 8 * 8 & 0xFF)) n--;
  for (size_t i = 0; i < n; i++) out[little ? i : n - 1 - i] = (uint8_t)(b->limb[i / 8] >> i % 8 * 8);
  return n;
}

/* One number from some digits, for what takes them apart. */
static void number_of(const mixed *m, bool low_first, big *b) {
  b->n = 0;
  append(b, m, low_first);
}

/* --- messages ------------------------------------------------------------------------------------------------------ */

static void as_bits(reader *r, const mixed *m, size_t n, bool low_first, double prior) {
  uint64_t own[MAX_BITS / 64], bits = 0;
  memset(r->text, 0, sizeof r->text);
  for (size_t k = 0; k < n && bits <= MAX_BITS; k++) {
    uint64_t width = factorial_bits(m[k].n);
    if (bits + width > 8 * sizeof r->text) {
      r->may = true; /* longer than is kept here */
      return;
    }
    big b = {own, 0};
    number_of(&m[k], low_first, &b);
    while (b.n && !b.limb[b.n - 1]) b.n--;
    uint64_t top = b.n ? 64 * (b.n - 1) + 64 - (uint64_t)__builtin_clzll(b.limb[b.n - 1]) : 0;
    if (top > width) break;
    for (uint64_t i = 0; i < width; i++) {
      uint64_t from = width - 1 - i;
      if (from / 64 < b.n && b.limb[from / 64] >> from % 64 & 1) r->text[(bits + i) / 8] |= (uint8_t)(128u >> (bits + i) % 8);
    }
    bits += width;
  }
  if (bits < 8) return;
  size_t size = (size_t)(bits + 7) / 8;
  heard(r, r->text, size, prior);
  for (size_t i = 0; i < size; i++) {
    uint8_t b = r->text[i];
    b = (uint8_t)((b & 0xF0) >> 4 | (b & 0x0F) << 4);
    b = (uint8_t)((b & 0xCC) >> 2 | (b & 0x33) << 2);
    r->text[i] = (uint8_t)((b & 0xAA) >> 1 | (b & 0x55) << 1);
  }
  heard(r, r->text, size, prior - 3.0);
}

/* A byte each, or half of one. */
static void as_units(reader *r, const mixed *m, size_t n, bool low_first, double prior) {
  uint64_t own[MAX_BITS / 64];
  bool bytes = true, nibbles = n > 1;
  for (size_t k = 0; k < n && (bytes || nibbles); k++) {
    big b = {own, 0};
    if (m[k].n < 6) bytes = false;
    if (m[k].n < 4) nibbles = false;
    number_of(&m[k], low_first, &b);
    while (b.n && !b.limb[b.n - 1]) b.n--;
    uint64_t value = b.n > 1 ? UINT64_MAX : b.n ? b.limb[0] : 0;
    bytes &= value < 256;
    nibbles &= value < 16;
    if (value < 256) r->text[k] = (uint8_t)value;
  }
  if (bytes) heard(r, r->text, n, prior);
  if (nibbles) {
    for (size_t k = 0; k + 1 < n; k += 2) r->text[k / 2] = (uint8_t)(r->text[k] << 4 | r->text[k + 1]);
    heard(r, r->text, n / 2, prior);
  }
}

static void as_one(reader *r, const mixed *m, size_t n, bool low_first, double prior) {
  uint64_t wide = 0;
  for (size_t k = 0; k < n; k++) wide += factorial_bits(m[k].n) + 1;
  if (wide > MAX_BITS) return;
  big b = {r->limbs, 0};
  for (size_t k = n; k-- > 0;) append(&b, &m[k], low_first); /* the first is the lowest */
  size_t size = bytes_of(&b, r->text, false);
  heard(r, r->text, size, prior);
  size = bytes_of(&b, r->text, true);
  heard(r, r->text, size, prior - 3.0);
  b.n = 0;
  for (size_t k = 0; k < n; k++) append(&b, &m[k], low_first);
  size = bytes_of(&b, r->text, false);
  heard(r, r->text, size, prior);
}

static bool same(const mixed *a, const mixed *b) {
  return a->n == b->n && memcmp(a->digit, b->digit, a->n * sizeof *a->digit) == 0;
}

/* --- readings ------------------------------------------------------------------------------------------------------ */

typedef struct placed { const uint16_t *places; uint32_t n; } placed; /* an order as it is read */

static bool alike(const placed *a, const placed *b) {
  return a->n == b->n && memcmp(a->places, b->places, a->n * sizeof *a->places) == 0;
}

/* The orders of one reading as choices of a few, and pair by pair. */
static void as_choices(reader *r, const placed *of, size_t n) {
  placed kinds[5];
  size_t n_kinds = 0, used = 0, total = n;
  bool pairs = true;
  for (size_t k = 0; k < n; k++) {
    total += of[k].n / 2;
    for (uint32_t i = 0; pairs && i < of[k].n; i++) pairs = of[k].places[i] / 2 == i / 2;
    size_t j = 0;
    while (j < n_kinds && !alike(&kinds[j], &of[k])) j++;
    if (j == n_kinds && n_kinds < 5) kinds[n_kinds++] = of[k];
  }
  if (n_kinds < 2 || (n_kinds > 4 && !pairs)) return;
  uint8_t *symbols = malloc(total);
  if (!symbols) {
    r->failed = true;
    return;
  }
  if (n_kinds <= 4) {
    for (size_t k = 0; k < n; k++) {
      size_t j = 0;
      while (!alike(&kinds[j], &of[k])) j++;
      symbols[used++] = (uint8_t)j;
    }
    r->may |= dlp_price_symbols(symbols, used) + SLIP >= CHOICES;
  }
  if (pairs && !r->may) {
    used = 0;
    for (size_t k = 0; k < n; k++)
      for (uint32_t i = 0; i + 1 < of[k].n; i += 2) symbols[used++] = of[k].places[i] > of[k].places[i + 1];
    r->may |= dlp_price_symbols(symbols, used) + SLIP >= CHOICES;
  }
  free(symbols);
}

/* `relative_to`: of each object the writer's own order; NULL: as they are. */
static void read_objects(reader *r, const order *const *all, size_t n_all, const order *const *relative_to, bool choices) {
  size_t n = 0, keys = 0;
  for (size_t k = 0; k < n_all; k++) keys += all[k]->n <= MAX_KEYS ? all[k]->n : 0;
  placed *of = malloc((n_all + 1) * sizeof *of);
  uint16_t *places = malloc((keys + 1) * sizeof *places), *next = places;
  mixed *m = malloc((n_all < MAX_OBJECTS ? n_all + 1 : MAX_OBJECTS) * sizeof *m);
  if (!of || !places || !m) r->failed = true;
  for (size_t k = 0; k < n_all && n < MAX_OBJECTS && !r->failed; k++) {
    const uint32_t size = all[k]->n;
    if (size < 2 || size > MAX_KEYS) continue;
    const uint16_t *own = r->arena + all[k]->at;
    if (relative_to) {
      uint16_t turned[MAX_KEYS];
      const uint16_t *base = r->arena + relative_to[k]->at;
      for (uint32_t i = 0; i < size; i++) turned[base[i]] = (uint16_t)i;
      for (uint32_t i = 0; i < size; i++) next[i] = turned[own[i]];
      own = next;
      next += size;
    }
    of[n++] = (placed){own, size};
  }
  if (!r->failed && n && choices) as_choices(r, of, n);
  for (uint32_t inverse = 0; inverse < 2 && n && !r->may && !r->failed; inverse++) {
    for (size_t k = 0; k < n; k++) {
      uint16_t turned[MAX_KEYS];
      if (inverse)
        for (uint32_t i = 0; i < of[k].n; i++) turned[of[k].places[i]] = (uint16_t)i;
      lehmer(inverse ? turned : of[k].places, of[k].n, &m[k]);
    }
    size_t kept = n;
    while (kept && same(&m[kept - 1], &m[n - 1])) kept--;
    if (n - kept <= 1) kept = n;
    for (uint32_t low_first = 0; low_first < 2 && !r->may; low_first++) {
      double prior = -4.0 - 2.0 * inverse - 2.0 * low_first;
      as_bits(r, m, kept, low_first, prior);
      if (!r->may) as_units(r, m, kept, low_first, prior);
      if (!r->may) as_one(r, m, kept, low_first, prior);
    }
  }
  free(of);
  free(places);
  free(m);
}

/* --- objects ------------------------------------------------------------------------------------------------------- */

typedef struct name { const uint8_t *p; uint32_t n, at; } name;

static int by_name(const void *a, const void *b) {
  const name *x = a, *y = b;
  int c = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
  return c ? c : (x->n > y->n) - (x->n < y->n);
}

/* A single object's order as a message: the public steganosort's code (0.1.0), and its rank. */
static void alone(reader *r, const uint16_t *places, uint32_t n) {
  mixed m;
  lehmer(places, n, &m);
  big b = {r->limbs, 0};
  append(&b, &m, false);
  size_t size = bytes_of(&b, r->text, false), bare = size;
  while (bare && !r->text[bare - 1]) bare--;
  r->may |= bare && evidence(r->text, bare) + SLIP >= ALONE;
  uint32_t width = 31u - (uint32_t)__builtin_clz(n), count = 1u << width, half = count / 2, left_n = count;
  uint16_t left[MAX_KEYS], ordered[MAX_KEYS], value[MAX_KEYS];
  uint8_t in[MAX_KEYS] = {0};
  for (uint32_t i = 0; i < count; i++) left[i] = places[i], in[places[i]] = 1;
  for (uint32_t i = 0, k = 0; i < MAX_KEYS; i++)
    if (in[i]) ordered[k++] = (uint16_t)i;
  for (uint32_t k = 0; k < count; k++) {
    uint32_t at = 0;
    while (left[at] != ordered[k]) at++;
    if (k < half) value[k] = (uint16_t)at;
    else value[count - 1 - k] = (uint16_t)(value[count - 1 - k] + at);
    memmove(left + at, left + at + 1, (left_n - at - 1) * sizeof *left);
    left_n--;
  }
  uint64_t bits = 0;
  memset(r->text, 0, sizeof r->text);
  for (uint32_t k = 0; k < half; k++)
    for (uint32_t i = width; i-- > 0; bits++)
      if (value[k] >> i & 1) r->text[bits / 8] |= (uint8_t)(128u >> bits % 8);
  size = (size_t)(bits + 7) / 8;
  for (bare = size; bare && !r->text[bare - 1];) bare--;
  r->may |= bare && evidence(r->text, bare) + 8.0 * (double)(size - bare) + SLIP >= ALONE;
}

static bool grow_orders(reader *r) {
  uint64_t cap = r->orders_cap ? 2 * r->orders_cap : 256;
  order *grown = calloc(cap, sizeof *grown);
  if (!grown) return false;
  for (uint64_t i = 0; i < r->orders_cap; i++) {
    if (!r->orders[i].hash) continue;
    uint64_t slot = r->orders[i].hash & (cap - 1);
    while (grown[slot].hash) slot = (slot + 1) & (cap - 1);
    grown[slot] = r->orders[i];
  }
  free(r->orders);
  r->orders = grown;
  r->orders_cap = cap;
  return true;
}

/* The order of one object, a new one with its permutation. NULL: no memory, or the object has a key twice. */
static order *order_of(reader *r, uint64_t set, const uint64_t *keys, uint64_t n, bool *fresh) {
  if (2 * (r->n_orders + 1) > r->orders_cap && !grow_orders(r)) return NULL;
  uint64_t hash = dlp_mum(set ^ n, 0xD6E8FEB86659FD93ULL);
  for (uint64_t i = 0; i < n; i++) hash = dlp_mum(hash ^ dlp_hash(r->p + keys[2 * i], keys[2 * i + 1] - keys[2 * i], 29), 0xA3B195354A39B70DULL);
  hash |= 1;
  uint64_t slot = hash & (r->orders_cap - 1);
  while (r->orders[slot].hash && r->orders[slot].hash != hash) slot = (slot + 1) & (r->orders_cap - 1);
  order *o = &r->orders[slot];
  *fresh = !o->hash;
  if (!*fresh) return o;
  if (!dlp_grow((void **)&r->arena, &r->arena_cap, r->arena_n + n, sizeof *r->arena)) return NULL;
  name *names = malloc(n * sizeof *names);
  if (!names) return NULL;
  for (uint64_t i = 0; i < n; i++) names[i] = (name){r->p + keys[2 * i], (uint32_t)(keys[2 * i + 1] - keys[2 * i]), (uint32_t)i};
  qsort(names, n, sizeof *names, by_name);
  bool twice = false;
  for (uint64_t i = 0; i < n; i++) {
    twice |= i && by_name(&names[i - 1], &names[i]) == 0;
    r->arena[r->arena_n + names[i].at] = (uint16_t)i;
  }
  free(names);
  if (twice) return NULL;
  *o = (order){.hash = hash, .set = set, .at = r->arena_n, .n = (uint32_t)n, .seen = (uint32_t)r->n_orders++};
  r->arena_n += n;
  return o;
}

/* Bits to say which keys moved, and where to: those outside the longest common run in order. */
static double moves(reader *r, const order *now, const order *before) {
  uint64_t n = now->n;
  uint16_t *place = malloc(2 * n * sizeof *place), *tails = place + n;
  if (!place) {
    r->failed = true;
    return 0;
  }
  for (uint64_t i = 0; i < n; i++) place[r->arena[before->at + i]] = (uint16_t)i;
  uint64_t length = 0;
  for (uint64_t i = 0; i < n; i++) {
    uint16_t at = place[r->arena[now->at + i]];
    uint64_t low = 0, high = length;
    while (low < high) {
      uint64_t middle = (low + high) / 2;
      if (tails[middle] < at) low = middle + 1;
      else high = middle;
    }
    tails[low] = at;
    if (low == length) length++;
  }
  free(place);
  return fmin(lgamma((double)n + 1) * 1.4426950408889634074, 2.0 * (double)(n - length) * log2((double)n));
}

static double g(uint64_t x) { return (lgamma((double)x + 0.5) - lgamma(0.5)) * 1.4426950408889634074; }

typedef struct object { uint64_t hash, start, set; bool read; } object; /* hash: of its order; read: within ROOM */

static int by_start(const void *a, const void *b) {
  const object *x = a, *y = b;
  return (x->start > y->start) - (x->start < y->start);
}

typedef struct set_seen { uint64_t last, commonest, most, first, total, orders, from; double inside; } set_seen;

static order *slot_of(const reader *r, uint64_t hash) {
  uint64_t slot = hash & (r->orders_cap - 1);
  while (r->orders[slot].hash != hash) slot = (slot + 1) & (r->orders_cap - 1);
  return &r->orders[slot];
}

enum { SETS = 4096 }; /* of several orders: slots of a table of that size (orders.c) */

/* The objects' orders, their price, and those that are codes by themselves. */
static bool take_in(reader *r, const uint64_t *in, uint64_t n_in, set_seen *sets, object **objects, uint64_t *n_objects, double *bits, double *beyond) {
  uint64_t cap = 0, room = 0, singles = 0, n_sets = 0;
  for (uint64_t i = 0; i < n_in;) {
    const uint64_t group = in[i], n = in[i + 1], start = in[i + 2], *keys = in + i + 3;
    i += 3 + 2 * n;
    const bool grouped = group != UINT64_MAX;
    room += n;
    if (!grouped && room > ROOM && (n < LARGE || singles >= SINGLES)) continue;
    if (n > UINT16_MAX || (grouped && group >= SETS)) return false;
    bool fresh;
    order *o = order_of(r, group, keys, n, &fresh);
    if (!o) return false;
    if (n >= LARGE && singles < SINGLES) {
      singles++;
      if (n <= MAX_KEYS) alone(r, r->arena + o->at, (uint32_t)n);
    }
    if (!grouped && room > ROOM) continue;
    if (grouped) {
      set_seen *s = &sets[group];
      if (!s->total++) s->first = ++n_sets;
      o->count++;
      if (fresh && s->orders) {
        double cost = moves(r, o, slot_of(r, s->last));
        *bits += cost;
        if (s->orders >= HONEST_ORDERS) *beyond += cost;
      }
      if (fresh) s->orders++, s->last = o->hash;
    }
    if (!dlp_grow((void **)objects, &cap, *n_objects + 1, sizeof **objects)) return false;
    (*objects)[(*n_objects)++] = (object){o->hash, start, group, room <= ROOM};
  }
  for (uint64_t k = 0; k < r->orders_cap; k++) {
    const order *o = &r->orders[k];
    if (!o->hash || o->set == UINT64_MAX) continue;
    set_seen *s = &sets[o->set];
    s->inside += g(o->count);
    if (o->count < s->most || (o->count == s->most && o->seen > slot_of(r, s->commonest)->seen)) continue;
    s->most = o->count;
    s->commonest = o->hash;
  }
  for (uint64_t k = 0; k < SETS; k++)
    if (sets[k].total) *bits += g(sets[k].total) - sets[k].inside;
  return !r->failed;
}

/* The objects whose sets come in several orders, by their ends and by their beginnings, and set by set relative to the
 * commonest order; all objects, likewise. */
static void read_all(reader *r, object *objects, uint64_t n, set_seen *sets, bool choices) {
  const order **of = malloc((n + 1) * sizeof *of), **to = malloc((n + 1) * sizeof *to);
  const set_seen **by_first = calloc(SETS + 1, sizeof *by_first);
  if (!of || !to || !by_first) r->failed = true;
  uint64_t from = 0;
  for (uint64_t k = 0; k < SETS && !r->failed; k++)
    if (sets[k].total) by_first[sets[k].first - 1] = &sets[k];
  for (uint64_t k = 0; k < SETS && !r->failed && by_first[k]; k++) {
    sets[by_first[k] - sets].from = from;
    from += by_first[k]->total;
  }
  for (uint32_t sorted = 0; sorted < 2 && !r->failed && !r->may; sorted++) {
    if (sorted && n) qsort(objects, n, sizeof *objects, by_start);
    uint64_t kept = 0;
    for (uint64_t k = 0; k < n; k++)
      if (objects[k].set != UINT64_MAX) of[kept++] = slot_of(r, objects[k].hash);
    read_objects(r, of, kept, NULL, choices);
    if (r->may || r->failed) break;
    if (!sorted) {
      for (uint64_t k = 0; k < n; k++) {
        if (objects[k].set == UINT64_MAX) continue;
        set_seen *s = &sets[objects[k].set];
        of[s->from] = slot_of(r, objects[k].hash);
        to[s->from++] = slot_of(r, s->commonest);
      }
      read_objects(r, of, kept, to, choices);
      if (r->may || r->failed) break;
    }
    kept = 0;
    for (uint64_t k = 0; k < n; k++)
      if (objects[k].read) of[kept++] = slot_of(r, objects[k].hash);
    read_objects(r, of, kept, NULL, choices);
  }
  free(of);
  free(to);
  free(by_first);
}

int dlp_price_orders(const uint8_t *data, size_t size, double *bits, double *beyond) {
  *bits = *beyond = 0;
  uint64_t cap = 2 * (uint64_t)(size < (1u << 18) ? size : (1u << 18)) + 64, left_out = 0;
  reader *r = calloc(1, sizeof *r);
  uint64_t *objects = malloc(cap * sizeof *objects);
  int64_t n = r && objects ? dlp_key_orders(data, size, objects, cap, &left_out) : DLP_ENOMEM;
  bool may = true;
  if (n >= 0 && !left_out) {
    r->p = data;
    object *found = NULL;
    uint64_t n_found = 0;
    set_seen *sets = calloc(SETS, sizeof *sets);
    may = !sets || !take_in(r, objects, (uint64_t)n, sets, &found, &n_found, bits, beyond) || r->may;
    if (!may && *bits + SLIP >= LOOK) {
      read_all(r, found, n_found, sets, *bits + SLIP >= CHOICES);
      may = r->may || r->failed;
    }
    free(sets);
    free(found);
  }
  free(objects);
  if (r) {
    free(r->orders);
    free(r->arena);
  }
  free(r);
  return n < 0 ? (int)n : may;
}
