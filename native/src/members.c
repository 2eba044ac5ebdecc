/* Where the members of a document are that some paths name: the other way round from dlp_pointers. */
#include "internal.h"

typedef struct level {
  uint64_t start, index;
  uint32_t below; /* paths that go on inside it, a bit each */
  uint32_t ends;  /* paths that end with this value itself */
  bool object;
} level;

typedef struct finder {
  const uint8_t *data;
  size_t size;
  const uint8_t *names;
  const uint32_t *offsets;
  const dlp_path *paths;
  uint32_t n;
  dlp_member *out;
  size_t cap, found;
  uint8_t *scratch;
  uint64_t scratch_cap;
  bool no_memory;
} finder;

static inline bool white(uint8_t b) { return b == ' ' || b == '\n' || b == '\r' || b == '\t'; }

static bool ends_scalar(uint8_t b) { return white(b) || b == ',' || b == '}' || b == ']' || b == ':' || b == '"'; }

static uint64_t string_end(const uint8_t *p, uint64_t at, uint64_t size) { /* at the quote; behind the closing one */
  for (at++; at < size; at++) {
    if (p[at] == '\\') at++;
    else if (p[at] == '"') return at + 1;
  }
  return size;
}

static void add(finder *f, uint32_t ends, uint64_t start, uint64_t end) {
  for (uint32_t path = 0; ends; path++, ends >>= 1)
    if (ends & 1) {
      if (f->found < f->cap) f->out[f->found] = (dlp_member){start, end, path, 0};
      f->found++;
    }
}

/* The paths of `mask` whose step `depth` is this one. */
static uint32_t matching(const finder *f, uint32_t mask, uint64_t depth, const uint8_t *name, uint64_t n) {
  uint32_t result = 0;
  for (uint32_t path = 0; path < f->n; path++) {
    if (!(mask >> path & 1) || f->paths[path].count <= depth) continue;
    uint32_t step = f->paths[path].first + (uint32_t)depth;
    uint64_t size = f->offsets[step + 1] - f->offsets[step];
    if (size == n && memcmp(f->names + f->offsets[step], name, n) == 0) result |= 1u << path;
  }
  return result;
}

static uint32_t named(finder *f, uint32_t mask, uint64_t depth, uint64_t start, uint64_t end) {
  const uint8_t *name = f->data + start;
  uint64_t n = end - start;
  if (memchr(name, '\\', n)) {
    if (!dlp_grow((void **)&f->scratch, &f->scratch_cap, n + 1, 1)) {
      f->no_memory = true;
      return 0;
    }
    size_t pairs;
    n = dlp_unescape(name, n, f->scratch, NULL, &pairs);
    name = f->scratch;
  }
  return matching(f, mask, depth, name, n);
}

static uint32_t numbered(finder *f, uint32_t mask, uint64_t depth, uint64_t index) {
  uint8_t digits[20];
  unsigned at = sizeof digits;
  do {
    digits[--at] = (uint8_t)('0' + index % 10);
    index /= 10;
  } while (index);
  return matching(f, mask, depth, digits + at, sizeof digits - at);
}

/* Of these paths, those that have more steps than `depth`. */
static uint32_t longer(const finder *f, uint32_t mask, uint64_t depth) {
  uint32_t result = 0;
  for (uint32_t path = 0; path < f->n; path++)
    if (mask >> path & 1 && f->paths[path].count > depth) result |= 1u << path;
  return result;
}

int64_t dlp_members(const uint8_t *data, size_t size, const uint8_t *names, const uint32_t *offsets,
                    const dlp_path *paths, uint32_t n, dlp_member *out, size_t cap) {
  if ((!data && size) || !names || !offsets || !paths || n > 32 || (!out && cap)) return DLP_EINVAL;
  finder f = {data, size, names, offsets, paths, n, out, cap, 0, NULL, 0, false};
  level *levels = NULL;
  uint64_t levels_cap = 0, depth = 0, at = 0;
  uint32_t here = n == 32 ? UINT32_MAX : (1u << n) - 1; /* paths that lead to the value that comes next */
  bool key = false;                                     /* a key comes next */
  while (at < size && !f.no_memory) {
    uint8_t b = data[at];
    uint64_t start = at++;
    level *top = depth ? &levels[depth - 1] : NULL;
    if (b == '{' || b == '[') {
      if (!dlp_grow((void **)&levels, &levels_cap, depth + 1, sizeof *levels)) {
        f.no_memory = true;
        break;
      }
      uint32_t below = longer(&f, here, depth);
      levels[depth++] = (level){start, 0, below, here & ~below, b == '{'};
      key = b == '{';
      here = key ? 0 : numbered(&f, below, depth - 1, 0);
    } else if (b == '}' || b == ']') {
      if (top) {
        add(&f, top->ends, top->start, at);
        depth--;
      }
      key = false;
      here = 0;
    } else if (b == ',') {
      key = top && top->object;
      here = 0;
      if (top && !key) here = numbered(&f, top->below, depth - 1, ++top->index);
    } else if (b == '"') {
      at = string_end(data, start, size);
      bool closed = at > start + 1 && data[at - 1] == '"';
      if (key && top) {
        here = named(&f, top->below, depth - 1, start + 1, at - closed);
        key = false;
      } else {
        add(&f, here & ~longer(&f, here, depth), start, at);
        here = 0;
      }
    } else if (!white(b) && b != ':') {
      while (at < size && !ends_scalar(data[at])) at++;
      if (!key) add(&f, here & ~longer(&f, here, depth), start, at);
      here = 0;
    }
  }
  free(levels);
  free(f.scratch);
  return f.no_memory ? DLP_ENOMEM : (int64_t)f.found;
}
