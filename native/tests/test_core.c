/* The public functions, each with inputs that end and start at an unreadable page. */
#include "check.h"
#include "dlpcore.h"
#include "internal.h"

static guarded room;
static dlp_scanner *scanner;
static dlp_prefilter *all; /* literals, words and all shapes but ALWAYS */
static const dlp_limits wide = {1024, 100000, 10000, 100000};

#define L(text) text, sizeof(text) - 1

static const dlp_result *scan(const void *data, size_t size, uint32_t options) {
  CHECK(dlp_scan(scanner, all, at_start(room, data, size), size, &wide, options) >= 0);
  CHECK(dlp_scan(scanner, all, at_end(room, data, size), size, &wide, options) >= 0);
  return dlp_scanner_result(scanner);
}

/* --- errors ------------------------------------------------------------------------------------------------------ */

static const struct {
  const char *data;
  size_t size;
  uint32_t code;
  uint64_t offset;
} broken[] = {
    {L(""), DLP_E_EMPTY, 0},
    {L(" \t\r\n"), DLP_E_EMPTY, 0},
    {L("\xEF\xBB\xBF"), DLP_E_EMPTY, 0},
    {L("[1;2]"), DLP_E_UNEXPECTED_BYTE, 2},
    {L("[\"a\":1]"), DLP_E_UNEXPECTED_BYTE, 4},
    {L("[1"), DLP_E_UNEXPECTED_END, 2},
    {L("{\"a\":"), DLP_E_UNEXPECTED_END, 5},
    {L("{\"a\":1, "), DLP_E_UNEXPECTED_END, 8},
    {L("[tru]"), DLP_E_INVALID_LITERAL, 1},
    {L("[nulll]"), DLP_E_INVALID_LITERAL, 1},
    {L("[TRUE]"), DLP_E_INVALID_LITERAL, 1},
    {L("[01]"), DLP_E_INVALID_NUMBER, 1},
    {L("[+1]"), DLP_E_INVALID_NUMBER, 1},
    {L("[1.]"), DLP_E_INVALID_NUMBER, 1},
    {L("[.5]"), DLP_E_INVALID_NUMBER, 1},
    {L("[0x1]"), DLP_E_INVALID_NUMBER, 1},
    {L("[-]"), DLP_E_INVALID_NUMBER, 1},
    {L("[1e]"), DLP_E_INVALID_NUMBER, 1},
    {L("[1e+]"), DLP_E_INVALID_NUMBER, 1},
    {L("-"), DLP_E_INVALID_NUMBER, 0},
    {L("[\"a\x1f\"]"), DLP_E_CONTROL_CHARACTER, 3},
    {L("[\"a\0\"]"), DLP_E_CONTROL_CHARACTER, 3},
    {L("[\"\\x\"]"), DLP_E_INVALID_ESCAPE, 2},
    {L("[\"\\u12\"]"), DLP_E_INVALID_ESCAPE, 2},
    {L("[\"\\u12g4\"]"), DLP_E_INVALID_ESCAPE, 2},
    {L("[\"\\ud800\"]"), DLP_E_LONE_SURROGATE, 2},
    {L("[\"\\udc00\"]"), DLP_E_LONE_SURROGATE, 2},
    {L("[\"\\ud800\\ud800\\udc00\"]"), DLP_E_LONE_SURROGATE, 2},
    {L("[\"abc"), DLP_E_UNTERMINATED_STRING, 1},
    {L("\""), DLP_E_UNTERMINATED_STRING, 0},
    {L("\"\\"), DLP_E_UNTERMINATED_STRING, 0},
    {L("\"\\\""), DLP_E_UNTERMINATED_STRING, 0},
    {L("[\"\xff\"]"), DLP_E_INVALID_UTF8, 2},
    {L("[\xff]"), DLP_E_INVALID_UTF8, 1},
    {L("{} 1"), DLP_E_TRAILING_DATA, 3},
    {L("1 2"), DLP_E_TRAILING_DATA, 2},
    {L("[1,]"), DLP_E_TRAILING_COMMA, 3},
    {L("{\"a\":1,}"), DLP_E_TRAILING_COMMA, 7},
    {L("[1 2]"), DLP_E_MISSING_COMMA, 3},
    {L("{\"a\" 1}"), DLP_E_MISSING_COLON, 5},
    {L("{\"a\"}"), DLP_E_MISSING_COLON, 4},
    {L("[,]"), DLP_E_MISSING_VALUE, 1},
    {L("{\"a\":}"), DLP_E_MISSING_VALUE, 5},
    {L("[1}"), DLP_E_MISMATCHED_CLOSE, 2},
    {L("]"), DLP_E_MISMATCHED_CLOSE, 0},
    {L("{1:2}"), DLP_E_INVALID_KEY, 1},
    {L("{[]:2}"), DLP_E_INVALID_KEY, 1},
    {L("[1]//"), DLP_E_COMMENT, 3},
    {L("[/* *1]"), DLP_E_COMMENT, 1},
    {L("['a']"), DLP_E_SINGLE_QUOTES, 1},
    {L("{'a':1}"), DLP_E_SINGLE_QUOTES, 1},
    {L("{a:1}"), DLP_E_UNQUOTED_KEY, 1},
    {L("[NaN]"), DLP_E_NON_FINITE, 1},
    {L("[Infinity]"), DLP_E_NON_FINITE, 1},
    {L("[-Infinity]"), DLP_E_NON_FINITE, 1},
    {L("\xEF\xBB\xBF[]"), DLP_E_BYTE_ORDER_MARK, 0},
    {L("\xFF\xFE[\0]\0"), DLP_E_NOT_UTF8, 0},
    {L("[\0]\0"), DLP_E_NOT_UTF8, 0},
    {L("\0\0\0["), DLP_E_NOT_UTF8, 0},
    {L("[]\0\0"), DLP_E_NUL, 2},
    {L("{\"a\":1,\"a\":2}"), DLP_E_DUPLICATE_KEY, 8},
    {L("{\"a\":1,\"\\u0061\":2}"), DLP_E_DUPLICATE_KEY, 8},
};

static void test_errors(void) {
  uint8_t reached[DLP_E_COUNT] = {0};
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
    const dlp_result *r = scan(broken[i].data, broken[i].size, 0);
    uint64_t found = 0;
    for (uint64_t k = 0; k < r->n_errors; k++)
      found += r->errors[k].code == broken[i].code && r->errors[k].offset == broken[i].offset;
    if (!found) fprintf(stderr, "case %zu: code %u at %u not found\n", i, broken[i].code, (unsigned)broken[i].offset);
    CHECK(found >= 1);
    CHECK(!r->complete_document);
    reached[broken[i].code] = 1;
  }
  reached[DLP_E_NONE] = reached[DLP_E_DEPTH] = 1; /* test_limits */
  for (size_t k = 0; k < DLP_E_COUNT; k++) CHECK(reached[k]);
}

static const struct {
  const char *data;
  size_t size;
} valid[] = {
    {L("0")}, {L("-0")}, {L("1e1")}, {L("-12.5E+10")}, {L("\"\"")}, {L("true")}, {L("false")}, {L("null")}, {L("[]")},
    {L("{}")}, {L(" \n[1]\r\n")}, {L("{\"a\":{\"b\":[{},[],1,\"\\u00e9\\ud83d\\ude00\"]}}")}, {L("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"")},
    {L("[\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 and plain text that is longer than a block\"]")},
    {L("{\"card\": 4111111111111111, \"mail\": \"a@example.org\", \"k\": \"AKIA0000000000000000\"}")},
};

static void test_valid_and_truncations(void) {
  for (size_t i = 0; i < sizeof valid / sizeof *valid; i++) {
    const dlp_result *r = scan(valid[i].data, valid[i].size, DLP_O_GAPS | DLP_O_TOKENS);
    CHECK(r->errors_seen == 0 && r->complete_document);
    for (size_t n = 0; n < valid[i].size; n++) {
      r = scan(valid[i].data, n, DLP_O_GAPS | DLP_O_TOKENS);
      /* a head of a container or string is never a document; a number's may be one */
      if (strchr("[{\"", valid[i].data[0])) CHECK(r->errors_seen > 0);
      CHECK(dlp_scan_text(scanner, all, at_end(room, valid[i].data, n), n, &wide) >= 0);
    }
  }
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
    for (size_t n = 0; n <= broken[i].size; n++) scan(broken[i].data, n, DLP_O_GAPS | DLP_O_TOKENS);
}

/* --- UTF-8 ------------------------------------------------------------------------------------------------------- */

static void test_utf8(void) {
  static const struct {
    const char *data;
    size_t size, prefix;
  } cases[] = {
      {L(""), 0}, {L("a"), 1}, {L("\x7f"), 1}, {L("\x80"), 0}, {L("\xc0\x80"), 0}, {L("\xc1\xbf"), 0},
      {L("\xc2\x80"), 2}, {L("\xdf\xbf"), 2}, {L("\xc2"), 0}, {L("\xc2\x41"), 0}, {L("\xe0\x9f\xbf"), 0},
      {L("\xe0\xa0\x80"), 3}, {L("\xed\x9f\xbf"), 3}, {L("\xed\xa0\x80"), 0}, {L("\xee\x80\x80"), 3},
      {L("\xef\xbf\xbf"), 3}, {L("\xe1\x80"), 0}, {L("\xe1"), 0}, {L("\xf0\x8f\xbf\xbf"), 0},
      {L("\xf0\x90\x80\x80"), 4}, {L("\xf4\x8f\xbf\xbf"), 4}, {L("\xf4\x90\x80\x80"), 0}, {L("\xf5\x80\x80\x80"), 0},
      {L("\xf1\x80\x80"), 0}, {L("\xf1\x80"), 0}, {L("\xf1"), 0}, {L("\xff"), 0}, {L("12345678\xc2\xa0" "123456789\xff"), 19},
      {L("1234567\xc2"), 7}, {L("12345678\xe2\x82"), 8},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    CHECK(dlp_utf8_valid_prefix(at_end(room, cases[i].data, cases[i].size), cases[i].size) == cases[i].prefix);
    CHECK(dlp_utf8_valid_prefix(at_start(room, cases[i].data, cases[i].size), cases[i].size) == cases[i].prefix);
    char text[64] = "\"";
    memcpy(text + 1, cases[i].data, cases[i].size);
    text[cases[i].size + 1] = '"';
    const dlp_result *r = scan(text, cases[i].size + 2, 0);
    CHECK((r->errors_seen == 0) == (cases[i].prefix == cases[i].size));
    if (r->errors_seen) CHECK(r->errors[0].code == DLP_E_INVALID_UTF8 && r->errors[0].offset == cases[i].prefix + 1);
  }
}

/* --- limits ------------------------------------------------------------------------------------------------------ */

static void test_limits(void) {
  size_t deep = 100000;
  uint8_t *data = malloc(2 * deep);
  memset(data, '[', deep);
  memset(data + deep, ']', deep);
  CHECK(dlp_scan(scanner, all, data, 2 * deep, &wide, 0) == 1);
  const dlp_result *r = dlp_scanner_result(scanner);
  CHECK(r->max_depth == deep && r->truncated == DLP_X_DEPTH && r->errors_seen == 1);
  CHECK(r->errors[0].code == DLP_E_DEPTH && r->errors[0].offset == wide.max_depth);
  CHECK(dlp_scan(scanner, all, data, deep, &wide, 0) == 1);
  r = dlp_scanner_result(scanner);
  CHECK(r->errors_seen == 2 && r->errors[1].code == DLP_E_UNEXPECTED_END && r->errors[1].offset == deep);
  for (size_t i = 0; i < deep; i++) data[i] = i & 1 ? '[' : '{';
  CHECK(dlp_scan(scanner, all, data, 2 * deep, &wide, DLP_O_GAPS) == 1);
  uint64_t at = deep, end = 0, *steps = malloc(deep * 2 * sizeof *steps);
  CHECK(dlp_pointers(data, 2 * deep, &at, 1, steps, deep, &end) >= 0);
  CHECK(dlp_pointers(data, 2 * deep, &at, 1, steps, 10, &end) == DLP_EINVAL);
  free(steps);
  free(data);

  const char many[] = "[\"a@b.cd\",\"a@b.cd\",\"a@b.cd\",\"a@b.cd\",,,,,]";
  dlp_limits few = {1, 2, 3, 4};
  CHECK(dlp_scan(scanner, all, at_end(room, L(many)), sizeof many - 1, &few, DLP_O_GAPS) == 1);
  r = dlp_scanner_result(scanner);
  CHECK(r->n_tokens == 2 && r->n_errors == 3 && r->n_gaps == 4);
  CHECK(r->truncated == (DLP_X_TOKENS | DLP_X_ERRORS | DLP_X_GAPS));
  CHECK(r->errors_seen > r->n_errors && r->n_hits == 2);
  dlp_limits none = {0, 0, 0, 0};
  CHECK(dlp_scan(scanner, all, at_end(room, L(many)), sizeof many - 1, &none, DLP_O_GAPS | DLP_O_TOKENS) == 1);
  r = dlp_scanner_result(scanner);
  CHECK(r->n_tokens == 0 && r->n_errors == 0 && r->n_gaps == 0 && r->errors_seen > 0);
  CHECK(dlp_scan_text(scanner, all, at_end(room, L(many)), sizeof many - 1, &none) == 1);
  CHECK(dlp_scanner_result(scanner)->truncated & DLP_X_TOKENS);

  CHECK(dlp_scan(NULL, all, room.first, 1, &wide, 0) == DLP_EINVAL);
  CHECK(dlp_scan(scanner, all, NULL, 1, &wide, 0) == DLP_EINVAL);
  CHECK(dlp_scan(scanner, all, room.first, 1, NULL, 0) == DLP_EINVAL);
  CHECK(dlp_scan(scanner, NULL, NULL, 0, &wide, 0) == 1); /* empty is said */
  dlp_scanner_free(NULL);
  dlp_prefilter_free(NULL);
}

/* --- pointers ---------------------------------------------------------------------------------------------------- */

static void test_pointers(void) {
  static const char data[] = " { \"a/b\" : [ 1 , { } , \"x\" ] , \"\" : 2 } ";
  static const struct {
    const char *at;
    uint64_t plus, n;
    const char *key; /* of the last step; NULL: the index */
    uint64_t index;
  } wanted[] = {
      {" {", 0, 0, NULL, 0},       {"{ ", 0, 0, NULL, 0},      {" \"a", 0, 0, NULL, 0},    {"\"a/b", 0, 1, "a/b", 0},
      {"a/b", 1, 1, "a/b", 0},     {"\" :", 0, 1, "a/b", 0},   {": [", 0, 1, "a/b", 0},    {"[ 1", 0, 1, "a/b", 0},
      {" 1 ", 0, 1, "a/b", 0},     {"1 ,", 0, 2, NULL, 0},     {", { ", 0, 1, "a/b", 0},   {"{ }", 0, 2, NULL, 1},
      {"} ,", 0, 2, NULL, 1},      {"x\"", 0, 2, NULL, 2},     {"] ,", 0, 1, "a/b", 0},    {"\"\" :", 0, 1, "", 0},
      {"2 }", 0, 1, "", 0},        {"2 }", 2, 0, NULL, 0},
  };
  size_t size = sizeof data - 1;
  const uint8_t *p = at_end(room, data, size);
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    uint64_t at = (uint64_t)(strstr(data, wanted[i].at) - data) + wanted[i].plus, steps[20], end;
    CHECK(dlp_pointers(p, size, &at, 1, steps, 10, &end) == (int64_t)end);
    if (end != wanted[i].n) fprintf(stderr, "pointer of \"%s\": %u steps\n", wanted[i].at, (unsigned)end);
    CHECK(end == wanted[i].n);
    if (end != wanted[i].n || !end) continue;
    uint64_t a = steps[2 * end - 2], b = steps[2 * end - 1];
    if (wanted[i].key) CHECK(b - a == strlen(wanted[i].key) && memcmp(data + a, wanted[i].key, b - a) == 0);
    else CHECK(b == UINT64_MAX && a == wanted[i].index);
  }
  uint64_t every[64], ends[64], steps[512], before = 0;
  for (uint64_t i = 0; i < 64; i++) every[i] = i;
  CHECK(dlp_pointers(p, size, every, 64, steps, 256, ends) > 0);
  for (size_t i = 0; i < 64; i++) { /* all at once is as one by one */
    uint64_t one[20], end;
    CHECK(dlp_pointers(p, size, &every[i], 1, one, 10, &end) >= 0);
    CHECK(ends[i] - before == end && memcmp(one, steps + 2 * before, end * 16) == 0);
    before = ends[i];
  }
  CHECK(dlp_pointers(p, size, every, 64, steps, 3, ends) == DLP_EINVAL);
  CHECK(dlp_pointers(p, size, every, 0, steps, 0, ends) == 0);
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
    CHECK(dlp_pointers(at_end(room, broken[i].data, broken[i].size), broken[i].size, every, 64, steps, 256, ends) >= 0);
}

/* --- records and members ----------------------------------------------------------------------------------------- */

static void test_records(void) {
  static const struct {
    const char *data;
    size_t size, n;
    uint64_t ends[4], feeds[4];
  } cases[] = {
      {L(""), 0, {0}, {0}},
      {L("1"), 1, {1}, {0}},
      {L("\n"), 1, {1}, {0}},
      {L("1\n2\n"), 2, {2, 4}, {0, 1}},
      {L("\n\t\n1\n \r\n\n{}\r\n3"), 3, {9, 13, 14}, {0, 5, 6}},
      {L("1\n   2"), 2, {2, 6}, {0, 1}},
  };
  dlp_record out[4];
  dlp_records_done done;
  const dlp_records_how split = {0, 0, 1}, how = {100, 1, 0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (int start = 0; start < 2; start++) {
      const uint8_t *p = (start ? at_start : at_end)(room, cases[i].data, cases[i].size);
      CHECK(dlp_records(NULL, NULL, p, cases[i].size, NULL, &split, out, 4, &done) == (int64_t)cases[i].n);
      CHECK(done.records == cases[i].n && done.bytes == cases[i].size);
      for (size_t k = 0; k < cases[i].n; k++) {
        CHECK(out[k].start == (k ? cases[i].ends[k - 1] : 0) && out[k].end == cases[i].ends[k]);
        CHECK(out[k].feeds == cases[i].feeds[k] && out[k].said == 1);
      }
    }
  const char mixed[] = "{\"a\":1}\n{\"a\":\"a@b.cd\"}\n[1,]\n{\"a\":2}\n";
  const uint8_t *p = at_end(room, L(mixed));
  CHECK(dlp_records(scanner, all, p, sizeof mixed - 1, &wide, &how, out, 4, &done) == 2);
  CHECK(out[0].start == 8 && out[0].feeds == 1 && out[1].start == 23 && out[1].end == 28 && done.records == 4);
  CHECK(dlp_records(scanner, all, p, sizeof mixed - 1, &wide, &how, out, 1, &done) == 1); /* the rest by another call */
  CHECK(done.bytes == 23 && done.records == 2 && done.feeds == 2);
  const dlp_records_how every = {100, 1, 1}, short_ones = {7, 1, 0};
  CHECK(dlp_records(scanner, all, p, sizeof mixed - 1, &wide, &every, out, 4, &done) == 4 && !out[0].said && out[1].said);
  CHECK(dlp_records(scanner, all, p, sizeof mixed - 1, &wide, &short_ones, out, 4, &done) == 4);
  CHECK(dlp_records(NULL, all, p, 8, &wide, &how, out, 4, &done) == DLP_EINVAL);
  CHECK(dlp_records(scanner, all, p, 8, &wide, &how, out, 0, &done) == DLP_EINVAL);
}

static void test_members(void) {
  /* a.b, a.b.c, l.1, "" */
  static const uint8_t names[] = "ababcl1";
  static const uint32_t offsets[] = {0, 1, 2, 3, 4, 5, 6, 7, 7};
  static const dlp_path paths[] = {{0, 2}, {2, 3}, {5, 2}, {7, 1}};
  const char data[] = " {\"a\": {\"b\" : {\"c\":\"x\\\"\"}, \"\\u0062\":7},\"b\":1,\"l\":[0,[2],3],\"\":null} ";
  static const struct {
    uint32_t path;
    const char *text;
  } wanted[] = {{1, "\"x\\\"\""}, {0, "{\"c\":\"x\\\"\"}"}, {0, "7"}, {2, "[2]"}, {3, "null"}};
  dlp_member out[5];
  for (int start = 0; start < 2; start++) {
    const uint8_t *p = (start ? at_start : at_end)(room, L(data));
    CHECK(dlp_members(p, sizeof data - 1, names, offsets, paths, 4, out, 5) == 5);
    for (size_t i = 0; i < 5; i++) {
      size_t n = strlen(wanted[i].text);
      CHECK(out[i].path == wanted[i].path && out[i].end - out[i].start == n);
      CHECK(memcmp(p + out[i].start, wanted[i].text, n) == 0);
    }
    CHECK(dlp_members(p, sizeof data - 1, names, offsets, paths, 4, out, 2) == 5); /* counted beyond the room */
  }
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
    CHECK(dlp_members(at_end(room, broken[i].data, broken[i].size), broken[i].size, names, offsets, paths, 4, out, 5) >= 0);
  CHECK(dlp_members(room.first, 1, names, offsets, paths, 33, out, 5) == DLP_EINVAL);
}

/* --- runs of members and items ------------------------------------------------------------------------------------ */

static uint64_t drawn = 0x9E3779B97F4A7C15ULL;
static uint32_t below(uint32_t n) { /* xorshift (Marsaglia, 2003) */
  drawn ^= drawn << 13, drawn ^= drawn >> 7, drawn ^= drawn << 17;
  return (uint32_t)(drawn >> 33) % n;
}

static size_t written;
static char run[2048];
static void write_text(const char *text) {
  size_t n = strlen(text);
  if (written + n < sizeof run) memcpy(run + written, text, n), written += n;
}
static void write_gap(uint32_t odd) { /* mostly none */
  if (below(100) < odd) write_text((const char *[]){" ", "  ", "\n", "\n  ", "\t", " \n "}[below(6)]);
}
static void write_value(uint32_t depth, uint32_t odd) {
  static const char *values[] = {"1", "-65.613616999999977", "0.5", "1.50", "-0", "12e3", "4111111111111111", "7.0", "01", "-", "\"a\"", "true", "{\"b\":2,\"c\":\"d\"}"};
  if (depth < 5 && below(3) == 0) {
    write_text("[");
    for (uint32_t n = below(5), i = 0; i < n; i++) {
      if (i) write_gap(odd), write_text(below(60) ? "," : ",,");
      write_gap(odd);
      write_value(depth + 1, odd);
    }
    write_gap(odd);
    write_text(below(80) ? "]" : "}");
  } else {
    write_text(values[below(below(4) ? 8 : sizeof values / sizeof *values)]);
  }
}

/* What is written without white space is read in loops of its own; with the gaps asked for, token by token. */
static void test_runs(void) {
  dlp_scanner *other = dlp_scanner_new(42);
  CHECK(other != NULL);
  for (int round = 0; round < 4000; round++) {
    const uint32_t odd = round % 3 ? 0 : 10;
    written = 0;
    write_text(round % 2 ? "{\"type\":[" : "[");
    for (uint32_t n = below(8) + 1; n; n--) write_value(1, odd), write_text(n > 1 ? "," : "");
    write_text(round % 2 ? "]}" : "]");
    const uint8_t *p = at_end(room, run, written);
    (void)dlp_scan(scanner, all, p, written, &wide, 0);
    (void)dlp_scan(other, all, p, written, &wide, DLP_O_GAPS);
    const dlp_result *a = dlp_scanner_result(scanner), *b = dlp_scanner_result(other);
    CHECK(a->census == b->census && a->strings == b->strings && a->numbers == b->numbers && a->max_depth == b->max_depth);
    CHECK(a->n_errors == b->n_errors && a->n_hits == b->n_hits && a->n_tokens == b->n_tokens && a->tail_start == b->tail_start);
    CHECK(!a->n_errors || memcmp(a->errors, b->errors, a->n_errors * sizeof *a->errors) == 0);
    CHECK(!a->n_hits || memcmp(a->hits, b->hits, a->n_hits * sizeof *a->hits) == 0);
    CHECK(!a->n_tokens || memcmp(a->tokens, b->tokens, a->n_tokens * sizeof *a->tokens) == 0);
    CHECK(memcmp(a->stream_n, b->stream_n, sizeof a->stream_n) == 0 && memcmp(a->stream_bits, b->stream_bits, sizeof a->stream_bits) == 0);
  }
  dlp_scanner_free(other);
}

/* --- strings, compaction, symbols -------------------------------------------------------------------------------- */

static void unescaped(const char *raw, size_t size, const char *text, size_t text_size) {
  uint8_t out[128];
  uint64_t map[256];
  size_t pairs;
  for (int start = 0; start < 2; start++) {
    const uint8_t *p = start ? at_start(room, raw, size) : at_end(room, raw, size);
    CHECK(dlp_unescape(p, size, out, map, &pairs) == text_size && memcmp(out, text, text_size) == 0);
    CHECK(map[0] == 0 && map[1] == 0 && map[2 * pairs - 2] == text_size && map[2 * pairs - 1] == size);
    for (size_t k = 1; k < pairs; k++) {
      CHECK(map[2 * k] >= map[2 * k - 2] && map[2 * k + 1] >= map[2 * k - 1]);
      uint64_t n = map[2 * k] - map[2 * k - 2];
      if (n == map[2 * k + 1] - map[2 * k - 1]) CHECK(memcmp(out + map[2 * k - 2], p + map[2 * k - 1], n) == 0);
      else CHECK(p[map[2 * k - 1]] == '\\');
    }
  }
}

static void test_unescape(void) {
  unescaped(L(""), L(""));
  unescaped(L("plain"), L("plain"));
  unescaped(L("\\\"\\\\\\/\\b\\f\\n\\r\\t"), L("\"\\/\b\f\n\r\t"));
  unescaped(L("a\\u0041b"), L("aAb"));
  unescaped(L("\\u0000"), L("\0"));
  unescaped(L("\\u00e9\\u20AC\\ud83D\\uDe00"), L("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
  unescaped(L("\\ud800"), L("\xED\xA0\x80"));
  unescaped(L("\\ud800x\\udc00"), L("\xED\xA0\x80x\xED\xB0\x80"));
  unescaped(L("\\ud800\\ud800\\udc00"), L("\xED\xA0\x80\xF0\x90\x80\x80"));
  unescaped(L("\\"), L("\\"));
  unescaped(L("a\\u12"), L("a\\u12"));
  unescaped(L("\\x\\u12g4\\u"), L("\\x\\u12g4\\u"));
  unescaped(L("\\ud83d\\ude0"), L("\xED\xA0\xBD\\ude0"));
  unescaped(L("\\ud83d\\u"), L("\xED\xA0\xBD\\u"));
}

static void compacted(const char *data, size_t size, const char *text) {
  uint8_t out[256];
  CHECK(dlp_compact(at_end(room, data, size), size, out) == strlen(text) && memcmp(out, text, strlen(text)) == 0);
  CHECK(dlp_compact(at_start(room, data, size), size, out) == strlen(text));
}

static void test_compact(void) {
  compacted(L(" { \"a b\" :\t[ 1 ,\r\n2 ] } \n"), "{\"a b\":[1,2]}");
  compacted(L("\xEF\xBB\xBF \" \\\" \""), "\" \\\" \"");
  compacted(L("1"), "1");
  compacted(L(" "), "");
  compacted(L("\"\\"), "\"\\");
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
    uint8_t out[64];
    CHECK(dlp_compact(at_end(room, broken[i].data, broken[i].size), broken[i].size, out) <= broken[i].size);
  }
}

static void test_symbols(void) {
  uint8_t map[256], out[8];
  uint64_t used, rest, broke;
  memset(map, 255, sizeof map);
  map['0'] = 0, map['1'] = 1, map['2'] = 2, map['3'] = 3;
#define DECODE(text, bits, per, lsb, cap) \
  dlp_decode_symbols(at_end(room, L(text)), sizeof(text) - 1, map, bits, per, lsb, out, cap, &used, &rest, &broke)
  DECODE("0000" "1020" "0000" "1021", 2, 8, 0, 8);
  CHECK(used == 2 && rest == 0 && broke == 0 && memcmp(out, "HI", 2) == 0);
  DECODE("1020" "x" "10 21" "13", 2, 4, 0, 8);
  CHECK(used == 2 && rest == 2 && broke == 0 && memcmp(out, "HI", 2) == 0);
  DECODE("0201" "0000", 2, 8, 1, 8);
  CHECK(used == 1 && out[0] == 'H' && broke == 0);
  DECODE("3000" "1020", 2, 8, 0, 8);
  CHECK(used == 1 && out[0] == 'H' && broke == 1);
  DECODE("01001000", 1, 8, 0, 8);
  CHECK(used == 1 && out[0] == 'H');
  DECODE("00010010", 1, 8, 1, 8);
  CHECK(used == 1 && out[0] == 'H');
  DECODE("10201021", 2, 4, 0, 1);
  CHECK(used == 1 && rest == 0);
  DECODE("10201021", 2, 4, 0, 0);
  CHECK(used == 0);
  DECODE("xyz", 2, 4, 0, 8);
  CHECK(used == 0 && rest == 0);
  DECODE("", 2, 4, 0, 8);
  CHECK(used == 0 && rest == 0);
}

static void test_base85(void) {
  uint8_t map[256], out[16];
  memset(map, 255, sizeof map);
  for (uint8_t i = 0; i < 85; i++) map[0x21 + i] = i;
#define BASE85(text) dlp_base85(at_end(room, L(text)), sizeof(text) - 1, map, out)
  CHECK(BASE85("") == 0);
  CHECK(BASE85("87cURDZ") == 5 && memcmp(out, "Hello", 5) == 0);
  CHECK(BASE85("87cURD]i,") == 7 && memcmp(out, "Hello W", 7) == 0);
  CHECK(BASE85("!") == 0);
  CHECK(BASE85("s8W-!") == 4 && memcmp(out, "\xFF\xFF\xFF\xFF", 4) == 0);
  CHECK(BASE85("s8W-\"") == -1);
  CHECK(BASE85("abc~e") == -1);
}

static void test_letters(void) {
  double bits[256] = {0};
  bits['a'] = 1.0;
  bits['b'] = -0.5;
  CHECK(dlp_letters(at_end(room, L("")), 0, bits, 1.5) == 0);
  CHECK(dlp_letters(at_end(room, L("a")), 1, bits, 1.5) == 1.0);
  CHECK(dlp_letters(at_end(room, L("aaab")), 4, bits, 1.5) > 0);
  CHECK(dlp_letters(at_end(room, L("aaaaaaaa")), 8, bits, 1.5) < 1.0);
}

/* --- candidates -------------------------------------------------------------------------------------------------- */

static const char literal_bytes[] = "keyAKIA-----BEGINXoXb";
static const uint32_t literal_offsets[] = {0, 3, 7, 17, 21};
static const uint8_t literal_nocase[] = {0, 0, 0, 1};
static const char word_bytes[] = "passwordapikeyssn";
static const uint32_t word_offsets[] = {0, 8, 14, 17};
enum { N_LITERALS = 4, WORD_PASSWORD = DLP_SHAPE_COUNT + N_LITERALS, WORD_API_KEY, WORD_SSN };

static dlp_prefilter *make_prefilter(uint32_t first, uint32_t n_literals, uint32_t n_words, uint32_t shapes) {
  return dlp_prefilter_new((const uint8_t *)literal_bytes, literal_offsets + first, literal_nocase + first, n_literals,
                           (const uint8_t *)word_bytes, word_offsets, n_words, shapes, NULL, NULL);
}

static unsigned hits(const dlp_result *r, uint32_t trigger) {
  unsigned n = 0;
  for (uint64_t i = 0; i < r->n_hits; i++) n += r->hits[i].trigger == trigger;
  return n;
}

/* Each literal at each distance from either guard page, in strings and in text that is not JSON. */
static void test_literals(void) {
  static const struct {
    const char *spelt;
    uint32_t literal;
    int is;
  } cases[] = {{"key", 0, 1},  {"KEY", 0, 0},        {"AKIA", 1, 1}, {"akia", 1, 0},        {"-----BEGIN", 2, 1},
               {"-----BEGIM", 2, 0}, {"xoxb", 3, 1}, {"XOXB", 3, 1}, {"XoXb", 3, 1}, {"xo8b", 3, 0}};
  for (uint32_t only_long = 0; only_long < 2; only_long++) { /* three-byte literals have a loop of their own */
    dlp_prefilter *pf = make_prefilter(only_long, N_LITERALS - only_long, 0, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
      if (cases[i].literal < only_long) continue;
      uint32_t trigger = DLP_SHAPE_COUNT + cases[i].literal - only_long;
      for (size_t before = 0; before < 40; before++)
        for (size_t behind = 0; behind < 40; behind += behind < 9 ? 1 : 7) {
          char text[128];
          size_t n = strlen(cases[i].spelt), size = before + n + behind;
          memset(text, '.', sizeof text);
          memcpy(text + before, cases[i].spelt, n);
          CHECK(dlp_scan_text(scanner, pf, at_end(room, text, size), size, &wide) == cases[i].is);
          const dlp_result *r = dlp_scanner_result(scanner);
          CHECK(hits(r, trigger) == (unsigned)cases[i].is && r->n_hits == (unsigned)cases[i].is);
          if (cases[i].is) CHECK(r->hits[0].offset == before && r->hits[0].token == 0);
          memmove(text + 2, text, size);
          memcpy(text, "[\"", 2);
          memcpy(text + 2 + size, "\"]", 2);
          CHECK(dlp_scan(scanner, pf, at_end(room, text, size + 4), size + 4, &wide, 0) == cases[i].is);
          r = dlp_scanner_result(scanner);
          CHECK(r->n_hits == (unsigned)cases[i].is);
          if (cases[i].is) CHECK(r->hits[0].offset == before + 2 && r->tokens[0].start == 2);
        }
    }
    dlp_prefilter_free(pf);
  }
  const dlp_result *r = scan(L("[\"\\u0041KIA\", \"a\", 1]"), 0); /* decoded: the offset counts there */
  CHECK(hits(r, DLP_SHAPE_COUNT + 1) == 1 && r->n_tokens == 1 && r->hits[0].offset == 0);
  r = scan(L("[\"AKI\",\"A\"]"), 0); /* across two strings: none */
  CHECK(r->n_hits == 0);
  r = scan(L("{\"a\":1} AKIA"), 0); /* an error: such a document is read again as one text */
  CHECK(r->errors_seen && hits(r, DLP_SHAPE_COUNT + 1) == 0);
  static const uint32_t across_offsets[] = {0, 4, 7, 13};
  dlp_prefilter *across = dlp_prefilter_new((const uint8_t *)"ab\":411\r\n\t\r\n\t", across_offsets, (const uint8_t *)"\2\0\2", 3, NULL,
                                            NULL, 0, 0, NULL, NULL);
  CHECK(across != NULL);
  static const struct { const char *text; uint64_t hits, offset; int token; } outside[] = {
      {"{\"ab\":1}", 1, 2, 0}, {"{\"a\":24110}", 1, 6, 1}, {"{\"a\":\"4411\"}", 1, 7, 1}, {"[1,\r\n\t\r\n\t2]", 1, 3, 0}, {"[1,\r\n\t 2]", 0, 0, 0}};
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
    size_t n = strlen(outside[i].text);
    CHECK(dlp_scan(scanner, across, at_end(room, outside[i].text, n), n, &wide, 0) >= 0);
    r = dlp_scanner_result(scanner);
    CHECK(r->n_hits == outside[i].hits);
    if (r->n_hits) CHECK(r->hits[0].offset == outside[i].offset && (r->hits[0].token != DLP_NO_TOKEN) == outside[i].token);
  }
  dlp_prefilter_free(across);
  dlp_prefilter *none = make_prefilter(0, 0, 0, 0);
  CHECK(none && dlp_scan_text(scanner, none, at_end(room, L("AKIA")), 4, &wide) == 0);
  dlp_prefilter_free(none);
  static const uint32_t short_offsets[] = {0, 2};
  CHECK(dlp_prefilter_new((const uint8_t *)literal_bytes, short_offsets, literal_nocase, 1, NULL, NULL, 0, 0, NULL, NULL) == NULL);
}

static void test_shapes(void) {
  static const struct {
    const char *text;
    uint32_t shapes; /* those that must be among the hits */
    uint32_t never;
  } cases[] = {
#define S(name) (1u << DLP_SHAPE_##name)
      {"a@example.org", S(EMAIL), S(CARD)},
      {"a@b", 0, S(EMAIL)},
      {"@example.org", 0, S(EMAIL)},
      {"4111111111111111", S(CARD) | S(DIGITS), S(SSN) | S(PHONE)},
      {"4111 1111-1111 1111", S(CARD), 0},
      {"4111111111111112", S(DIGITS), S(CARD)},
      {"000-12-3456", S(SSN), S(CARD)},
      {"DE89 3704 0044 0532 0130 00", S(IBAN), 0},
      {"DE00 0000 0000 0000 0000 00", 0, S(IBAN)},
      {"BH67BMAG00001299123456", S(IBAN), 0},
      {"bh67bmag00001299123456", S(IBAN), 0},
      {"10.0.0.1", S(IPV4), S(PHONE)},
      {"1.2.3", 0, S(IPV4)},
      {"Chrome/129.0.0.0 x", 0, S(IPV4)},
      {"http://10.0.0.1", S(IPV4), 0},
      {"/10.0.0.1", S(IPV4), 0},
      {"a/1.0.0.0 8.8.8.8", S(IPV4), 0},
      {"2001:db8::1", S(IPV6), 0},
      {"::1", S(IPV6), 0},
      {"1:2:3:4:5:6:7:8", S(IPV6), 0},
      {"12:30:45", 0, S(IPV6) | S(MAC)},
      {"00:11:22:aa:bb:cc", S(MAC) | S(IPV6), 0},
      {"00-11-22-aa-bb-cc", S(MAC), 0},
      {"+1 555 000 0000", S(PHONE), 0},
      {"+(1) 5550000", S(PHONE), 0},
      {"0049 30 000000", S(PHONE), 0},
      {"12 0049 30 000000", S(PHONE), 0},
      {"(555)  000-0000", S(PHONE), 0},
      {"abcdefghij0123456789", S(ENTROPY), 0},
      {"abcdefghijabcdefghijabcdef", 0, S(ENTROPY)},
      {"{'a': 1}", 0, S(LAYER)},
      {"eyJhIjogMSwgImIiOiAyfQ==", 0, S(LAYER)}, /* nothing in it */
      {"Y2FyZCA0MTExMTExMTExMTExMTEx", S(LAYER), 0},
      {"plain text and nothing more", 0, 0xFFFFFFFFu},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (int quoted = 0; quoted < 2; quoted++) {
      char text[64];
      int n = snprintf(text, sizeof text, quoted ? "\"%s\"" : "%s", cases[i].text);
      const uint8_t *p = at_end(room, text, (size_t)n);
      int rc = quoted ? dlp_scan(scanner, all, p, (size_t)n, &wide, 0) : dlp_scan_text(scanner, all, p, (size_t)n, &wide);
      const dlp_result *r = dlp_scanner_result(scanner);
      uint32_t found = 0;
      for (uint64_t k = 0; k < r->n_hits; k++)
        if (r->hits[k].trigger < DLP_SHAPE_COUNT) found |= 1u << r->hits[k].trigger;
      if ((found & cases[i].shapes) != cases[i].shapes || found & cases[i].never)
        fprintf(stderr, "shapes of \"%s\": %x\n", cases[i].text, found);
      CHECK((found & cases[i].shapes) == cases[i].shapes && !(found & cases[i].never));
      CHECK(rc == (found != 0));
    }
}

static void test_numbers(void) {
  static const struct {
    const char *number;
    int card;
  } cases[] = {
      {"4111111111111111", 1}, {"-4111111111111111", 1}, {"4.111111111111111e15", 1}, {"4.111111111111111E+15", 1},
      {"41111111111111110e-1", 1}, {"4111111111111111.000", 1}, {"0.04111111111111111e17", 1},
      {"4111111111111111.0000000000000000000000000000000000000000000000000000000000", 1},
      {"0.00000000000000000000000000000000000000000000000000000000004111111111111111e74", 1},
      {"4111111111111112", 0}, {"4.111111111111111e14", 0}, {"4111111111111111e1000000000000000000000", 0},
      {"4111111111111111e-99999999999999999999", 0}, {"0e20", 0}, {"0.0", 0}, {"1e400", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const dlp_result *r = scan(cases[i].number, strlen(cases[i].number), 0);
    if (hits(r, DLP_SHAPE_CARD) != (unsigned)cases[i].card) fprintf(stderr, "number %s\n", cases[i].number);
    CHECK(hits(r, DLP_SHAPE_CARD) == (unsigned)cases[i].card && r->numbers == 1);
  }
}

static void test_words(void) {
  static const struct {
    const char *key;
    uint32_t word;
    int is;
  } cases[] = {
      {"password", WORD_PASSWORD, 1}, {"userPassword", WORD_PASSWORD, 1}, {"PASSWORD_X", WORD_PASSWORD, 1},
      {"passwords", WORD_PASSWORD, 0}, {"apiKey", WORD_API_KEY, 1},       {"API_KEY", WORD_API_KEY, 1},
      {"api-key", WORD_API_KEY, 1},    {"apikey", WORD_API_KEY, 1},       {"APIKey", WORD_API_KEY, 1},
      {"api.x.key", WORD_API_KEY, 0},  {"customerSSN", WORD_SSN, 1},      {"classname", WORD_SSN, 0},
      {"s_s_n", WORD_SSN, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[128];
    int n = snprintf(text, sizeof text, "{\"%s\":\"v\",\"b\":\"v\"}", cases[i].key);
    CHECK(hits(scan(text, (size_t)n, 0), cases[i].word) == (unsigned)cases[i].is); /* its value, not its neighbour's */
    n = snprintf(text, sizeof text, "{\"%s\":{\"a\":[[1]]},\"b\":1}", cases[i].key);
    const dlp_result *r = scan(text, (size_t)n, 0); /* enclosing: the key "a" and the number */
    CHECK(hits(r, cases[i].word) == 2u * (unsigned)cases[i].is);
    n = snprintf(text, sizeof text, "[\"%s 1\"]", cases[i].key);
    CHECK(hits(scan(text, (size_t)n, 0), cases[i].word) == (unsigned)cases[i].is); /* beside a digit */
    n = snprintf(text, sizeof text, "{\"%s 1\":0}", cases[i].key);
    CHECK(hits(scan(text, (size_t)n, 0), cases[i].word) == 2u * (unsigned)cases[i].is);
  }
  const dlp_result *r = scan(L("{\"pass\\u0077ord\":1}"), 0);
  CHECK(hits(r, WORD_PASSWORD) >= 1 && r->tokens[r->n_tokens - 1].kind == DLP_T_NUMBER);
  r = scan(L("{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":\"a@b.cd\"}}}}}"), 0);
  CHECK(r->n_tokens == 1 && r->tokens[0].key_end[DLP_PATH - 1] != 0);
  CHECK(r->tokens[0].key_start[0] > r->tokens[0].key_start[1]); /* nearest first */
  r = scan(L("{\"value\":\"x1\",\"name\":\"password\"}"), 0); /* named by a member beside it, whichever comes first */
  CHECK(hits(r, WORD_PASSWORD) == 1 && r->n_tokens == 1 && r->tokens[0].start == 10 && r->tokens[0].name_end[0] == 30);
  r = scan(L("[\"password\",\"x1\"]"), 0);
  CHECK(hits(r, WORD_PASSWORD) == 1 && r->tokens[0].start == 13);
  CHECK(hits(scan(L("[\"password\",\"x1\",2]"), 0), WORD_PASSWORD) == 0);
}

/* --- the census -------------------------------------------------------------------------------------------------- */

static void test_census(void) {
  static const char *silent[] = {"{\"a\":1,\"b\":[1,2,3],\"c\":{}}", "{\"a\": 1, \"b\": [1, 2, 3], \"c\": {}}\n",
                                 "{\n  \"a\": 1,\n  \"b\": [\n    1,\n    2\n  ]\n}\r\n"};
  for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
    size_t n = strlen(silent[i]);
    CHECK(dlp_scan(scanner, NULL, at_end(room, silent[i], n), n, &wide, 0) == 0);
  }
  const dlp_result *r = scan(L("{\"a\":1,\"b\": 2,\"c\": 3,\"d\":4,\"e\":5,\"f\": 6,\"g\":7,\"h\":8,\"i\":9}"), 0);
  CHECK(r->stream_bits[DLP_S_AFTER_COLON] > 1 && r->stream_n[DLP_S_AFTER_COLON] == 9);
  r = scan(L("  [1] \t"), 0);
  CHECK(r->lead_end == 2 && r->tail_start == 5);
  r = scan(L("[1]\n"), 0);
  CHECK(r->tail_start == 3);
}

/* --- what the prefilter asks of a text ---------------------------------------------------------------------------- */

static void test_inflate(void) {
  static const uint8_t hello[] = {0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0x01}; /* raw, "hello hello ..." */
  for (size_t n = 0; n <= sizeof hello; n++) CHECK(dlp_inflates(at_end(room, hello, n), n, true) == (n == sizeof hello));
  uint8_t broken_copy[sizeof hello];
  memcpy(broken_copy, hello, sizeof hello);
  broken_copy[7] = 0xFF; /* a distance beyond the start */
  CHECK(!dlp_inflates(at_end(room, broken_copy, sizeof hello), sizeof hello, true));
  static const uint8_t hash[] = {0x6b, 0xf9, 0x11, 0xd3, 0x80, 0x1d, 0xd1, 0xef, 0x95, 0x7f, 0xc6, 0xad, 0xe5, 0xa8, 0xd9, 0x64};
  CHECK(!dlp_inflates(at_end(room, hash, sizeof hash), sizeof hash, true));
}

static void test_demands(void) {
  static const uint32_t word_offsets[] = {0, 5}, literal_offsets[] = {0, 4};
  static const dlp_demand demands[] = {{.kinds = 1u << DLP_T_STRING, .length = 12, .digits = 2, .run = 12, .code = 2, .spaces = ~0u},
                                       {.kinds = 15, .length = 8, .capitals = 2, .marks = 1, .ahead = 1, .spaces = ~0u}};
  uint32_t offsets[DLP_SHAPE_COUNT + 3] = {0};
  offsets[DLP_SHAPE_COUNT + 1] = 1; /* the literal asks for the second, the word for the first */
  offsets[DLP_SHAPE_COUNT + 2] = 2;
  const dlp_demand swapped[] = {demands[1], demands[0]};
  dlp_prefilter *pf = dlp_prefilter_new((const uint8_t *)"ghp_", literal_offsets, (const uint8_t *)"", 1,
                                        (const uint8_t *)"token", word_offsets, 1, 0, swapped, offsets);
  CHECK(pf != NULL);
  static const struct { const char *text; uint64_t hits; } cases[] = {
      {"{\"token\":\"abcdefghij12\"}", 1}, {"{\"token\":\"abcdefghijk1\"}", 0}, {"{\"token\":\"abcdef ghij12\"}", 0},
      {"{\"token\":123456789012}", 0}, {"{\"a\":\"ghp_=ABc\"}", 1}, {"{\"a\":\"=ABghp_0000\"}", 0}, {"{\"ghp_=AB\":1}", 0},
      {"{\"ghp_=ABx\":1}", 1}, {"{\"a\":\"\\u0067hp_=ABc\"}", 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t n = strlen(cases[i].text);
    CHECK(dlp_scan(scanner, pf, at_end(room, cases[i].text, n), n, &wide, 0) >= 0);
    CHECK(dlp_scanner_result(scanner)->n_hits == cases[i].hits);
  }
  dlp_prefilter_free(pf);
}

int main(void) {
  room = guarded_room(1 << 16);
  scanner = dlp_scanner_new(42);
  all = make_prefilter(0, N_LITERALS, 3, (1u << DLP_SHAPE_COUNT) - 1 - (1u << DLP_SHAPE_ALWAYS));
  CHECK(scanner && all);
  test_errors();
  test_valid_and_truncations();
  test_utf8();
  test_limits();
  test_pointers();
  test_records();
  test_members();
  test_runs();
  test_unescape();
  test_compact();
  test_symbols();
  test_base85();
  test_letters();
  test_literals();
  test_shapes();
  test_numbers();
  test_words();
  test_census();
  test_inflate();
  test_demands();
  dlp_prefilter_free(all);
  dlp_scanner_free(scanner);
  return closing_line();
}
