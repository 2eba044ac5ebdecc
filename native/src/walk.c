/* What is asked only after a finding: JSON Pointers, compaction, and the decoding of symbols to bytes. */
#include "internal.h"

typedef struct level {
  uint64_t key_start, key_end, index;
  bool object;
} level;

static uint64_t skip_string(const uint8_t *p, uint64_t at, uint64_t size) { /* at the quote; behind the closing one */
  for (at++; at < size; at++) {
    if (p[at] == '\\') at++;
    else if (p[at] == '"') return at + 1;
  }
  return size;
}

static int64_t emit(const level *levels, uint64_t depth, bool whole, uint64_t *steps, size_t cap, int64_t n) {
  for (uint64_t d = 0; d < depth; d++) {
    if (d + 1 == depth && !whole && levels[d].object) break; /* between members */
    if ((size_t)n >= cap) return DLP_EINVAL;
    steps[2 * n] = levels[d].object ? levels[d].key_start : levels[d].index;
    steps[2 * n + 1] = levels[d].object ? levels[d].key_end : UINT64_MAX;
    n++;
  }
  return n;
}

int64_t dlp_pointers(const uint8_t *data, size_t size, const uint64_t *offsets, size_t n, uint64_t *steps, size_t cap,
                     uint64_t *ends) {
  level *levels = NULL;
  uint64_t levels_cap = 0, depth = 0, at = 0;
  size_t next = 0;
  int64_t written = 0;
  bool member = false; /* the innermost object is inside a member */
  while (next < n && written >= 0) {
    if (at >= size || offsets[next] < at) {
      written = emit(levels, depth, member || (depth && !levels[depth - 1].object), steps, cap, written);
      ends[next++] = (uint64_t)(written < 0 ? 0 : written);
      continue;
    }
    uint8_t b = data[at];
    uint64_t behind = at + 1;
    switch (b) {
    case '"': {
      behind = skip_string(data, at, size);
      if (depth && levels[depth - 1].object && !member) {
        levels[depth - 1].key_start = at + 1;
        levels[depth - 1].key_end = behind > at + 1 ? behind - 1 : behind;
        member = true;
      }
      break;
    }
    case '{': case '[':
      if (offsets[next] == at) break;
      if (!dlp_grow((void **)&levels, &levels_cap, depth + 1, sizeof *levels)) {
        free(levels);
        return DLP_ENOMEM;
      }
      levels[depth++] = (level){0, 0, 0, b == '{'};
      member = false;
      break;
    case '}': case ']':
      if (offsets[next] == at) break;
      if (depth) depth--;
      member = depth > 0;
      break;
    case ',':
      if (depth && levels[depth - 1].object) member = false;
      else if (depth) levels[depth - 1].index++;
      break;
    default: break;
    }
    if (offsets[next] < behind) { /* inside this token: its own path */
      bool bracket = b == '{' || b == '[' || b == '}' || b == ']';
      bool whole = bracket && (b == '{' || b == '[') ? member || (depth && !levels[depth - 1].object) : true;
      if (b == '}' || b == ']') { /* the container itself */
        written = emit(levels, depth ? depth - 1 : 0, true, steps, cap, written);
      } else {
        if (b == ',' || b == ':') whole = member || (depth && !levels[depth - 1].object);
        written = emit(levels, depth, whole && (member || !depth || !levels[depth - 1].object), steps, cap, written);
      }
      ends[next++] = (uint64_t)(written < 0 ? 0 : written);
      if (next < n && offsets[next] < behind) {
        while (next < n && offsets[next] < behind && written >= 0) {
          uint64_t before = next >= 2 ? ends[next - 2] : 0, count = ends[next - 1] - before;
          if ((size_t)written + count > cap) {
            written = DLP_EINVAL;
            break;
          }
          memcpy(steps + 2 * written, steps + 2 * before, count * 2 * sizeof *steps);
          written += (int64_t)count;
          ends[next++] = (uint64_t)written;
        }
      }
      if (bracket) continue; /* now do what the bracket does */
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
