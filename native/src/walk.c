/* What is asked only after a finding: JSON Pointers, compaction, and the decoding of symbols to bytes. */
#include "internal.h"

typedef struct level {
  uint64_t key_start, key_end, index;
  bool object;
} level;

static inline bool white(uint8_t b) { return b == ' ' || b == '\n' || b == '\r' || b == '\t'; }

static uint64_t skip_string(const uint8_t *p, uint64_t at, uint64_t size) { /* at the quote; behind the closing one */
  uint8_t quote = p[at];
  for (at++; at < size; at++) {
    if (p[at] == '\\') at++;
    else if (p[at] == quote) return at + 1;
  }
  return size;
}

static uint64_t skip_comment(const uint8_t *p, uint64_t at, uint64_t size) { /* at a slash; at itself if it is none */
  if (at + 1 >= size) return at;
  if (p[at + 1] == '/') {
    while (at < size && p[at] != '\n' && p[at] != '\r') at++;
    return at;
  }
  if (p[at + 1] != '*') return at;
  for (uint64_t i = at + 2; i + 1 < size; i++)
    if (p[i] == '*' && p[i + 1] == '/') return i + 2;
  return size;
}

static bool bare(uint8_t b) {
  return !white(b) && b != '"' && b != '{' && b != '}' && b != '[' && b != ']' && b != ',' && b != ':' && b != '/';
}

/* Writes the first `depth` levels, and counts them; -1 if they do not fit. */
static int64_t emit(const level *levels, uint64_t depth, uint64_t *steps, size_t cap, int64_t n) {
  if (cap - (size_t)n < depth) return -1;
  for (uint64_t d = 0; d < depth; d++, n++) {
    steps[2 * n] = levels[d].object ? levels[d].key_start : levels[d].index;
    steps[2 * n + 1] = levels[d].object ? levels[d].key_end : UINT64_MAX;
  }
  return n;
}

/* Theory of operation. The innermost container is either between two of its members or inside one (`inside`): an
 * object's from its key to the end of the value, an array's for the length of the value. Each token is left behind
 * with `own` levels of its path; the offsets that it covers get these. */
int64_t dlp_pointers(const uint8_t *data, size_t size, const uint64_t *offsets, size_t n, uint64_t *steps, size_t cap,
                     uint64_t *ends) {
  level *levels = NULL;
  uint64_t levels_cap = 0, depth = 0, at = 0;
  int64_t written = 0;
  bool inside = false;
  for (size_t next = 0; next < n;) {
    uint64_t behind = UINT64_MAX, own = depth - (depth && !inside);
    if (at < size) {
      uint8_t b = data[at];
      behind = at + 1;
      if (b == '{' || b == '[') {
        own = depth - (depth && levels[depth - 1].object && !inside);
        if (!dlp_grow((void **)&levels, &levels_cap, depth + 1, sizeof *levels)) {
          free(levels);
          return DLP_ENOMEM;
        }
        levels[depth++] = (level){0, 0, 0, b == '{'};
        inside = false;
      } else if (b == '}' || b == ']') {
        if (depth) depth--;
        own = depth;
        inside = false;
      } else if (b == ',') {
        own = depth - (depth != 0);
        if (depth) levels[depth - 1].index++;
        inside = false;
      } else if (white(b)) {
        while (behind < size && white(data[behind])) behind++;
      } else if (b == '/' && skip_comment(data, at, size) > at) {
        behind = skip_comment(data, at, size);
      } else if (b != ':') {
        if (b == '"' || b == '\'') behind = skip_string(data, at, size);
        else while (behind < size && bare(data[behind])) behind++;
        own = depth;
        level *top = depth ? &levels[depth - 1] : NULL;
        if (top && top->object && !inside) {
          bool quoted = b == '"' || b == '\'', closed = quoted && behind > at + 1 && data[behind - 1] == b;
          top->key_start = at + quoted;
          top->key_end = behind - closed;
          inside = true;
        } else {
          inside = false;
        }
      }
    }
    for (; next < n && (offsets[next] < behind || behind == UINT64_MAX); next++) {
      written = emit(levels, own, steps, cap, written);
      if (written < 0) {
        free(levels);
        return DLP_EINVAL;
      }
      ends[next] = (uint64_t)written;
    }
    at = behind;
  }
  free(levels);
  return written;
}

size_t dlp_compact(const uint8_t *data, size_t size, uint8_t *out) {
  size_t o = 0;
  uint64_t at = 0;
  if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) at = 3;
  while (at < size) {
    uint8_t b = data[at];
    if (b == '"') {
      uint64_t end = skip_string(data, at, size);
      memmove(out + o, data + at, end - at);
      o += end - at;
      at = end;
    } else {
      if (b != ' ' && b != '\t' && b != '\n' && b != '\r') out[o++] = b;
      at++;
    }
  }
  return o;
}

void dlp_decode_symbols(const uint8_t *data, size_t size, const uint8_t map[256], uint32_t bits, uint32_t per_byte,
                        uint32_t lsb, uint8_t *out, size_t cap, uint64_t *used, uint64_t *rest,
                        uint64_t *zeros_broken) {
  uint64_t written = 0, broken = 0;
  uint32_t have = 0, acc = 0, count = 8 / bits, pad = per_byte > count ? per_byte - count : 0;
  for (size_t i = 0; i < size; i++) {
    uint32_t d = map[data[i]];
    if (d == 255) continue;
    if (have == 0 && written >= cap) break;
    bool padding = lsb ? have >= count : have < pad;
    if (padding) broken += d != 0;
    else if (lsb) acc |= d << (have * bits);
    else acc = acc << bits | d;
    if (++have == per_byte) {
      out[written++] = (uint8_t)acc;
      have = 0;
      acc = 0;
    }
  }
  *used = written;
  *rest = have;
  *zeros_broken = broken;
}
