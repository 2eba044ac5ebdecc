/* libFuzzer harness: every public function on any bytes, and what the header promises of each. */
#include "dlpcore.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(what) \
  do { \
    if (!(what)) { \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
      abort(); \
    } \
  } while (0)

static const dlp_limits LIMITS = {.max_depth = 64, .max_candidates = 500, .max_errors = 200, .max_gaps = 2000};

static dlp_prefilter *prefilter(void) {
  static dlp_prefilter *made;
  if (made) return made;
  static const char literals[] = "AKIAghp_-----BEGINkeyxox";
  static const uint32_t literal_offsets[] = {0, 4, 8, 18, 21, 24};
  static const uint8_t nocase[] = {0, 0, 0, 1, 1};
  static const char words[] = "passwordapikeyssn";
  static const uint32_t word_offsets[] = {0, 8, 14, 17};
  made = dlp_prefilter_new((const uint8_t *)literals, literal_offsets, nocase, 5, (const uint8_t *)words, word_offsets, 3,
                           (1u << DLP_SHAPE_COUNT) - 1 - (1u << DLP_SHAPE_ALWAYS), NULL, NULL);
  CHECK(made);
  return made;
}

static bool soft(uint32_t code) {
  return code == DLP_E_LONE_SURROGATE || code == DLP_E_BYTE_ORDER_MARK || code == DLP_E_DUPLICATE_KEY ||
         code == DLP_E_DEPTH;
}

static void check_result(const dlp_result *r, size_t size, uint32_t options, bool text) {
  CHECK(r->n_errors <= LIMITS.max_errors && r->n_errors <= r->errors_seen);
  CHECK(r->n_tokens <= LIMITS.max_candidates && r->n_gaps <= LIMITS.max_gaps);
  CHECK((r->truncated & DLP_X_ERRORS) || r->n_errors == r->errors_seen);
  for (uint64_t i = 0; i < r->n_errors; i++) {
    CHECK(r->errors[i].code > DLP_E_NONE && r->errors[i].code < DLP_E_COUNT);
    CHECK(r->errors[i].offset <= size);
    CHECK(r->errors[i].code == DLP_E_DUPLICATE_KEY ? r->errors[i].length < r->errors[i].offset
                                                   : r->errors[i].length <= size);
  }
  uint64_t before = 0;
  for (uint64_t i = 0; i < r->n_tokens; i++) {
    const dlp_token *t = &r->tokens[i];
    CHECK((t->start >= before || t->name_end[0]) && t->start <= t->end && t->end <= size); /* a name may come later */
    if (t->start >= before) before = t->end;
    CHECK(t->kind == DLP_T_TEXT ? text : t->kind <= DLP_T_NUMBER);
    for (int k = 0; k < DLP_NAMES; k++) CHECK(t->name_start[k] <= t->name_end[k] && t->name_end[k] < size + !size);
    for (int k = 0; k < DLP_PATH; k++) {
      CHECK(t->key_start[k] <= t->key_end[k] && t->key_end[k] <= t->start);
      if (k && t->key_end[k] && t->key_end[k - 1]) CHECK(t->key_end[k] < t->key_start[k - 1]);
    }
  }
  for (uint64_t i = 0; i < r->n_hits; i++) {
    CHECK(r->hits[i].token == DLP_NO_TOKEN || r->hits[i].token < r->n_tokens);
    CHECK(r->hits[i].trigger < DLP_SHAPE_COUNT + 5 + 3);
    CHECK(r->hits[i].offset < size || (r->hits[i].offset == 0 && size == 0));
  }
  before = 0;
  for (uint64_t i = 0; i < r->n_gaps; i++) {
    CHECK(r->gaps[i].start >= before && r->gaps[i].start + r->gaps[i].length <= size);
    before = r->gaps[i].start + r->gaps[i].length;
    CHECK(r->gaps[i].klass <= DLP_G_OTHER);
    CHECK(r->gaps[i].length || !(options & DLP_O_CLEAN_GAPS));
  }
  CHECK(r->lead_end <= size && r->tail_start <= size);
  for (int s = 0; s < DLP_S_COUNT; s++) {
    CHECK(isfinite(r->stream_bits[s]) && r->stream_bits[s] >= 0);
    CHECK(isfinite(r->novel_bits[s]) && r->novel_bits[s] >= 0 && r->novel_bits[s] <= r->stream_bits[s] + 1e-6);
    CHECK(r->stream_n[s] || r->stream_bits[s] == 0);
  }
}

static bool grammatical(const dlp_result *r) {
  if (r->truncated & DLP_X_ERRORS) return false;
  for (uint64_t i = 0; i < r->n_errors; i++)
    if (!soft(r->errors[i].code)) return false;
  return true;
}

static void check_scans(dlp_scanner *s, const uint8_t *data, size_t size, bool *valid) {
  static const uint32_t options[] = {0, DLP_O_NO_PREFILTER, DLP_O_GAPS | DLP_O_TOKENS,
                                     DLP_O_GAPS | DLP_O_CLEAN_GAPS | DLP_O_TOKENS | DLP_O_NO_PREFILTER, DLP_O_THOROUGH};
  uint64_t seen = 0, errors_seen = 0, hits = 0, tokens = 0, census = 0;
  double bits[DLP_S_COUNT];
  for (size_t k = 0; k < sizeof options / sizeof *options; k++) {
    int rc = dlp_scan(s, prefilter(), data, size, &LIMITS, options[k]);
    CHECK(rc == 0 || rc == 1);
    const dlp_result *r = dlp_scanner_result(s);
    check_result(r, size, options[k], false);
    if (rc == 0) CHECK(r->errors_seen == 0 && r->n_hits == 0);
    if (k == 0) {
      errors_seen = r->errors_seen;
      memcpy(bits, r->stream_bits, sizeof bits);
      *valid = grammatical(r);
      seen = r->strings + r->numbers;
      hits = r->n_hits, tokens = r->n_tokens, census = r->census;
    } else { /* what is kept does not change what is seen */
      CHECK(r->errors_seen == errors_seen && r->strings + r->numbers == seen);
      CHECK(memcmp(bits, r->stream_bits, sizeof bits) == 0);
    }
    if (options[k] == DLP_O_THOROUGH) CHECK(r->n_hits == hits && r->n_tokens == tokens && r->census == census);
  }
  int rc = dlp_scan_text(s, prefilter(), data, size, &LIMITS);
  CHECK(rc == 0 || rc == 1);
  check_result(dlp_scanner_result(s), size, 0, true);
}

static void check_compact(dlp_scanner *s, const uint8_t *data, size_t size, bool valid) {
  uint8_t *out = malloc(size + 1), *again = malloc(size + 1);
  CHECK(out && again);
  size_t n = dlp_compact(data, size, out);
  CHECK(n <= size);
  if (valid) {
    CHECK(dlp_scan(s, NULL, out, n, &LIMITS, DLP_O_NO_PREFILTER) >= 0);
    const dlp_result *r = dlp_scanner_result(s);
    CHECK(grammatical(r) && r->lead_end == 0 && r->tail_start == n);
    for (int k = 0; k < DLP_S_COUNT; k++) CHECK(r->stream_bits[k] == 0);
    CHECK(dlp_compact(out, n, again) == n && memcmp(out, again, n) == 0);
  }
  free(out);
  free(again);
}

static void check_pointers(const uint8_t *data, size_t size) {
  uint64_t offsets[9], ends[9];
  for (uint64_t k = 0; k < 9; k++) offsets[k] = size * k / 7; /* beyond the end, too */
  size_t cap = 9 * (size + 1);
  uint64_t *steps = malloc(cap * 2 * sizeof *steps);
  CHECK(steps);
  int64_t n = dlp_pointers(data, size, offsets, 9, steps, cap, ends);
  CHECK(n >= 0 && ends[8] == (uint64_t)n);
  uint64_t before = 0;
  for (int k = 0; k < 9; k++) {
    CHECK(ends[k] >= before);
    before = ends[k];
  }
  for (int64_t k = 0; k < n; k++)
    CHECK(steps[2 * k + 1] == UINT64_MAX || (steps[2 * k] <= steps[2 * k + 1] && steps[2 * k + 1] <= size));
  if (n) CHECK(dlp_pointers(data, size, offsets, 9, steps, (size_t)n - 1, ends) == DLP_EINVAL);
  free(steps);
}

static void check_records(dlp_scanner *s, const uint8_t *data, size_t size) {
  dlp_record out[7];
  dlp_records_done done = {0, 0, 0};
  const dlp_records_how how = {size / 2, size & 1, 1};
  for (size_t at = 0; at < size; at += done.bytes) {
    int64_t n = dlp_records(s, prefilter(), data + at, size - at, &LIMITS, &how, out, 7, &done);
    CHECK(n > 0 && n <= 7 && done.records == (uint64_t)n && done.bytes == out[n - 1].end && out[0].start == 0);
    for (int64_t k = 0; k < n; k++) {
      CHECK(out[k].start < out[k].end && (!k || out[k].start == out[k - 1].end) && out[k].feeds <= out[k].start);
      const uint8_t *record = data + at + out[k].start;
      size_t length = out[k].end - out[k].start;
      if (!out[k].said) CHECK(dlp_scan(s, prefilter(), record, length, &LIMITS, DLP_O_SETTLE) == 0);
    }
  }
}

static void check_members(const uint8_t *data, size_t size) {
  static const uint8_t names[] = "a0b";
  static const uint32_t offsets[] = {0, 1, 2, 3};
  static const dlp_path paths[] = {{0, 1}, {1, 1}, {0, 3}, {0, 0}};
  dlp_member out[8];
  int64_t n = dlp_members(data, size, names, offsets, paths, 4, out, 8);
  CHECK(n >= 0);
  for (int64_t k = 0; k < n && k < 8; k++)
    CHECK(out[k].path < 4 && out[k].start < out[k].end && out[k].end <= size && (!k || out[k].end >= out[k - 1].end));
}

static void check_unescape(const uint8_t *data, size_t size) {
  size_t escapes = 0, pairs = 0;
  for (size_t i = 0; i < size; i++) escapes += data[i] == '\\';
  uint8_t *out = malloc(size + 1);
  uint64_t *map = malloc(2 * (escapes * 2 + 2) * sizeof *map);
  CHECK(out && map);
  size_t n = dlp_unescape(data, size, out, map, &pairs);
  CHECK(n <= size && pairs >= 2 && pairs <= escapes * 2 + 2);
  CHECK(map[0] == 0 && map[1] == 0 && map[2 * pairs - 2] == n && map[2 * pairs - 1] == size);
  for (size_t k = 1; k < pairs; k++) {
    uint64_t text = map[2 * k] - map[2 * k - 2], raw = map[2 * k + 1] - map[2 * k - 1];
    CHECK(map[2 * k] >= map[2 * k - 2] && map[2 * k + 1] >= map[2 * k - 1] && text <= raw);
    if (text == raw) CHECK(memcmp(out + map[2 * k - 2], data + map[2 * k - 1], text) == 0);
  }
  CHECK(dlp_unescape(data, size, out, NULL, NULL) == n);
  CHECK(dlp_utf8_valid_prefix(data, size) <= size);
  free(out);
  free(map);
}

static void check_symbols(const uint8_t *data, size_t size) {
  uint8_t map[256], out[64];
  memset(map, 255, sizeof map);
  map['\t'] = 0, map['\n'] = 1, map['\r'] = 2, map[' '] = 3;
  static const uint32_t shapes[][2] = {{2, 8}, {2, 4}, {1, 8}, {4, 2}, {1, 1}, {2, 100}};
  for (uint32_t lsb = 0; lsb < 2; lsb++)
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
      uint64_t used, rest, broken;
      dlp_decode_symbols(data, size, map, shapes[k][0], shapes[k][1], lsb, out, sizeof out, &used, &rest, &broken);
      CHECK(used <= sizeof out && rest < shapes[k][1] && broken <= size);
    }
  uint8_t *bytes = malloc((size + 4) / 5 * 4 + 1);
  CHECK(bytes);
  for (uint32_t i = 0; i < 256; i++) map[i] = (uint8_t)(i % 86);
  int64_t n = dlp_base85(data, size, map, bytes);
  CHECK(n <= (int64_t)((size + 4) / 5 * 4));
  free(bytes);
  double bits[256];
  for (uint32_t i = 0; i < 256; i++) bits[i] = 1.0;
  CHECK(dlp_letters(data, size, bits, 1.5) >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static dlp_scanner *scanner;
  if (!scanner) CHECK(scanner = dlp_scanner_new(1));
  bool valid = false;
  check_scans(scanner, data, size, &valid);
  check_compact(scanner, data, size, valid);
  check_pointers(data, size);
  check_records(scanner, data, size);
  check_members(data, size);
  check_unescape(data, size);
  check_symbols(data, size);
  return 0;
}
