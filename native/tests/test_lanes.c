/* The scan with each kind of lanes that this machine has: every record compared bit by bit with the scalar ones. */
#include "check.h"
#include "lanes.h"

static guarded room;
static dlp_scanner *vector, *scalar;
static dlp_prefilter *with_lanes, *without;
static const dlp_limits limits = {64, 1000, 200, 2000};

static int same(const dlp_result *a, const dlp_result *b) {
  dlp_result x = *a, y = *b; /* the arrays apart: what is left has no pointer */
  int equal = a->n_errors == b->n_errors && a->n_tokens == b->n_tokens && a->n_hits == b->n_hits &&
              a->n_gaps == b->n_gaps;
#define ARRAY(field) \
  equal = equal && (!a->n_##field || memcmp(a->field, b->field, a->n_##field * sizeof *a->field) == 0); \
  x.field = y.field = NULL
  ARRAY(errors);
  ARRAY(tokens);
  ARRAY(hits);
  ARRAY(gaps);
  return equal && memcmp(&x, &y, sizeof x) == 0;
}

static void compare(const void *data, size_t size) {
  const uint8_t *p = at_end(room, data, size);
  for (int option = 0; option < 2; option++) {
    uint32_t options = option ? DLP_O_GAPS | DLP_O_TOKENS : 0;
    int a = dlp_scan(vector, with_lanes, p, size, &limits, options);
    int b = dlp_scan(scalar, without, p, size, &limits, options);
    CHECK(a == b && same(dlp_scanner_result(vector), dlp_scanner_result(scalar)));
  }
  int a = dlp_scan_text(vector, with_lanes, p, size, &limits), b = dlp_scan_text(scalar, without, p, size, &limits);
  CHECK(a == b && same(dlp_scanner_result(vector), dlp_scanner_result(scalar)));
}

/* Strings of all lengths around the blocks, with each special byte at each place. */
static void test_strings(void) {
  static const char *special[] = {"",     "\"",   "\\\"", "\\",       "\\u0041", "\x1f", "\x7f", "\xC3\xA9", "\xff", "'",
                                  "@",    " ",    "5",    "555555",   ":",       "-",    ".",    "/",        "\x80", "\xE2\x82\xAC",
                                  "AKIA", "1-1-", "::1",  "a@b.com 1", "ghp_", " ghp_", "-key"};
  char text[160];
  for (size_t length = 0; length <= 80; length++)
    for (size_t k = 0; k < sizeof special / sizeof *special; k++)
      for (size_t at = 0; at <= length; at += k ? 1 : length + 1)
        for (int quote = 0; quote < 2; quote++) {
          size_t n = strlen(special[k]), size = 0;
          text[size++] = '[';
          text[size++] = quote ? '\'' : '"';
          memset(text + size, 'a', length);
          memcpy(text + size + at, special[k], n);
          size += at + n > length ? at + n : length;
          text[size++] = quote ? '\'' : '"';
          text[size++] = ']';
          compare(text, size);
          if (length % 16 < 2) compare(text, size - 2); /* unterminated */
        }
}

static uint64_t state = 88172645463325252ULL;
static uint32_t random_below(uint32_t n) { /* xorshift (Marsaglia, 2003) */
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 33) % n;
}

static void test_random(void) {
  static const char alphabet[] = "\"\"\"\"\\\\u0041,,::[]{}  \n\t@.-5555aA'\x01\x80\xC3\xA9\xE2\x82\xAC\xFF";
  static const char dense[] = "aaaaaabcdefgABCDEFGH0123456789+/-_==%&:.@ /aaaaaaa";
  uint8_t data[400];
  for (int round = 0; round < 20000; round++) {
    size_t size = random_below(sizeof data);
    for (size_t i = 0; i < size; i++)
      data[i] = round & 1 ? (uint8_t)random_below(256) : (uint8_t)alphabet[random_below(sizeof alphabet - 1)];
    if (round % 4 == 0) /* long plain runs between */
      for (size_t i = 0, n; i + 60 < size; i += n + 1 + random_below(4)) memset(data + i, 'b', n = random_below(60));
    compare(data, size);
    if (size < 6) continue;
    for (size_t i = 0; i < size; i++) data[i] = (uint8_t)dense[random_below(i / 50 % 2 ? sizeof dense - 1 : 24)];
    memcpy(data, "[\"", 2);
    memcpy(data + size - 2, "\"]", 2);
    compare(data, size);
  }
}

int main(void) {
  room = guarded_room(4096);
  static const uint32_t literal_offsets[] = {0, 4, 7, 11, 15}, word_offsets[] = {0, 2};
  const dlp_lanes *lanes;
  for (uint32_t i = 1; (lanes = dlp_lanes_at(i)) != NULL; i++) {
    dlp_prefilter **made[] = {&with_lanes, &without};
    for (int k = 0; k < 2; k++) {
      *made[k] = dlp_prefilter_new((const uint8_t *)"AKIAa@bghp_-key", literal_offsets, (const uint8_t *)"\0\1\4\0", 4, (const uint8_t *)"aa",
                                   word_offsets, 1, (1u << DLP_SHAPE_COUNT) - 1 - (1u << DLP_SHAPE_ALWAYS), NULL, NULL);
      CHECK(*made[k] != NULL);
    }
    dlp_prefilter_use(with_lanes, lanes);
    dlp_prefilter_use(without, dlp_lanes_at(0));
    vector = dlp_scanner_new(7);
    scalar = dlp_scanner_new(7);
    CHECK(vector && scalar);
    test_strings();
    test_random();
    dlp_prefilter_free(with_lanes);
    dlp_prefilter_free(without);
    dlp_scanner_free(vector);
    dlp_scanner_free(scalar);
  }
  return closing_line();
}
