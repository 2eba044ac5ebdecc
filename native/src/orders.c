/* The order of keys: objects whose set of keys comes in more than one order, written out for pricing and decoding.
 *
 * Theory of operation. A pass over the document fills a table of sets of keys (by a hash that knows no order) with the
 * order of the last object of each, and marks the sets that came in two. Then every object of a marked set is written
 * out; and the others while they leave room for those, since a message may go through all of them. The objects are kept
 * from the first pass as long as they are few; of a large document they are found in a second one.
 * Objects that are deeper than DEPTH in others, and sets beyond the table, are left out.
 */
#include "internal.h"

#define DEPTH 1024
#define SETS 4096
#define OPEN_KEYS (1u << 20)
#define KEPT (1u << 18) /* words of objects that are kept */

typedef struct set {
  uint64_t hash, order;
  bool several;
} set;

typedef struct object {
  uint64_t start, base, keys, order; /* base: its first key on the stack */
} object;

typedef struct walker {
  const uint8_t *p;
  uint64_t size, depth, stacked, stack_cap;
  object objects[DEPTH];
  uint64_t *stack; /* start and end of each open key */
  set sets[SETS];
  bool writing, no_memory, too_many;
  uint64_t *kept, kept_cap, kept_n; /* of each object: its set, n, start, then its keys */
  uint64_t *out, cap, written, others;
  uint64_t left_out;
} walker;

static set *find(walker *w, uint64_t hash) {
  uint64_t slot = hash % SETS;
  for (uint32_t probe = 0; probe < 8; probe++, slot = (slot + 1) % SETS) {
    if (w->sets[slot].hash == hash) return &w->sets[slot];
    if (!w->sets[slot].hash) return w->writing ? NULL : &w->sets[slot];
  }
  return NULL;
}

static void keep(walker *w, uint64_t hash, uint64_t n, const object *o) {
  if (w->kept_n + 3 + 2 * n > KEPT) w->too_many = true;
  if (w->too_many) return;
  if (!dlp_grow((void **)&w->kept, &w->kept_cap, w->kept_n + 3 + 2 * n, sizeof *w->kept)) {
    w->too_many = true;
    return;
  }
  uint64_t *out = w->kept + w->kept_n;
  out[0] = hash;
  out[1] = n;
  out[2] = o->start;
  memcpy(out + 3, w->stack + o->base, 2 * n * sizeof *out);
  w->kept_n += 3 + 2 * n;
}

static void write_out(walker *w, uint64_t hash, uint64_t n, uint64_t start, const uint64_t *keys) {
  const set *s = find(w, hash);
  bool several = s && s->several;
  if (!several) {
    if (w->others + 3 + 2 * n > w->cap / 2) return;
    w->others += 3 + 2 * n;
  }
  if (w->cap - w->written < 3 + 2 * n) {
    w->left_out++;
    return;
  }
  uint64_t *out = w->out + w->written;
  out[0] = several ? (uint64_t)(s - w->sets) : UINT64_MAX;
  out[1] = n;
  out[2] = start;
  memcpy(out + 3, keys, 2 * n * sizeof *out);
  w->written += 3 + 2 * n;
}

static void closes(walker *w, const object *o) {
  uint64_t n = (w->stacked - o->base) / 2;
  if (n < 2) return;
  uint64_t hash = dlp_mum(o->keys, n) | 1;
  if (w->writing) {
    write_out(w, hash, n, o->start, w->stack + o->base);
    return;
  }
  set *s = find(w, hash);
  if (s) {
    s->several |= s->hash && s->order != o->order;
    s->hash = hash;
    s->order = o->order;
  }
  keep(w, hash, n, o);
}

static void walk(walker *w) {
  const uint8_t *p = w->p;
  uint64_t size = w->size;
  w->depth = w->stacked = 0;
  for (uint64_t at = 0; at < size && !w->no_memory;) {
    uint8_t b = p[at];
    if (b == '"') {
      uint64_t start = ++at;
      while ((at = dlp_skip_plain(p, at, size)) < size && p[at] == '\\') at += 2;
      uint64_t end = at < size ? at : size, next = end + 1;
      at = end + 1;
      while (next < size && (p[next] == ' ' || p[next] == '\n' || p[next] == '\r' || p[next] == '\t')) next++;
      if (next >= size || p[next] != ':' || w->depth == 0 || w->depth > DEPTH || w->stacked >= OPEN_KEYS) continue;
      if (!dlp_grow((void **)&w->stack, &w->stack_cap, w->stacked + 2, sizeof *w->stack)) {
        w->no_memory = true;
        return;
      }
      object *o = &w->objects[w->depth - 1];
      uint64_t hash = dlp_hash(p + start, end - start, 13);
      o->keys += dlp_mum(hash, 0xD6E8FEB86659FD93ULL);
      o->order = dlp_mum(o->order ^ hash, 0xA3B195354A39B70DULL);
      w->stack[w->stacked++] = start;
      w->stack[w->stacked++] = end;
    } else if (b == '{') {
      if (w->depth++ < DEPTH) w->objects[w->depth - 1] = (object){at, w->stacked, 0, 0};
      at++;
    } else if (b == '}') {
      if (w->depth && w->depth-- <= DEPTH) {
        const object *o = &w->objects[w->depth];
        closes(w, o);
        w->stacked = o->base;
      }
      at++;
    } else {
      at++;
    }
  }
}

int64_t dlp_key_orders(const uint8_t *data, size_t size, uint64_t *out, size_t cap, uint64_t *left_out) {
  walker *w = calloc(1, sizeof *w);
  if (!w) return DLP_ENOMEM;
  w->p = data;
  w->size = size;
  w->out = out;
  w->cap = cap;
  walk(w);
  w->writing = true;
  if (w->too_many)
    walk(w);
  else
    for (uint64_t i = 0; i < w->kept_n && !w->no_memory; i += 3 + 2 * w->kept[i + 1])
      write_out(w, w->kept[i], w->kept[i + 1], w->kept[i + 2], w->kept + i + 3);
  int64_t written = w->no_memory ? DLP_ENOMEM : (int64_t)w->written;
  *left_out = w->left_out;
  free(w->stack);
  free(w->kept);
  free(w);
  return written;
}
