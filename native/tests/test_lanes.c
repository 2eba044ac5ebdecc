/* The scan with each kind of lanes that this machine has: every record compared bit by bit with the scalar ones, and the
 * literals that each finds with those of a search byte by byte. ./test_lanes [SHARE]: one comparison in SHARE is made. */
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

static unsigned long share = 1, turn;

static void compare(const void *data, size_t size) {
  if (turn++ % share) return;
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
        for (int quote = 0; quote < 1 + ((length + 1) % 8 < 3); quote++) { /* the other quote around the ends of words */
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

/* Literals of all kinds: entered where a word starts, by a rare byte, anywhere; short and long; in any case, or in one. */
static const struct { const char *text; uint8_t flags; } literals[] = {
    {"AKIA", 0},         {"a@b", 1},          {"ghp_", 4},       {"-key", 0},          {"password", 1},    {"xoxb-", 4},
    {"sk_live_", 4},     {"-----BEGIN", 0},   {"hf_", 4},        {"Bearer ", 1},       {"eyJ", 4},         {"drowssap", 0},
    {"aCeBdF", 0},       {"token_is", 1},     {"zQ9", 0},        {"LTAI5t", 0},        {"q.v", 0},         {"yyyyyyyy", 0},
    {"gmail.com", 1},    {"nibble-words", 0}, {"=quoted", 2},  {"MIIEow", 4},        {"iban", 13},       {"de:", 1},
    {"0123456789ab", 0}, {"x-api-key-is", 1}, {"AIza", 4},       {"s3cr3tv4lue", 0}};
enum { N_LITERALS = sizeof literals / sizeof *literals };
static uint32_t literal_offsets[N_LITERALS + 1];
static uint8_t literal_flags[N_LITERALS];
static char literal_bytes[512];

static dlp_prefilter *with_literals(void) {
  static const uint32_t word_offsets[] = {0, 2, 10, 15};
  for (uint32_t i = 0; i < N_LITERALS; i++) {
    size_t n = strlen(literals[i].text);
    memcpy(literal_bytes + literal_offsets[i], literals[i].text, n);
    literal_offsets[i + 1] = literal_offsets[i] + (uint32_t)n;
    literal_flags[i] = literals[i].flags;
  }
  return dlp_prefilter_new((const uint8_t *)literal_bytes, literal_offsets, literal_flags, N_LITERALS, (const uint8_t *)"aapasswordtoken",
                           word_offsets, 3, (1u << DLP_SHAPE_COUNT) - 1 - (1u << DLP_SHAPE_ALWAYS), NULL, NULL);
}

static char document[4096];
static size_t document_size;
static void put(const char *text) {
  size_t n = strlen(text);
  if (document_size + n < sizeof document - 64) memcpy(document + document_size, text, n), document_size += n;
}

static void put_text(void) {
  static const char *parts[] = {"https://api.example.com/v1/users/", "2019-05-15T15:20:18Z", "d3486ae9136e7856bc42212385ea797094475802",
                                "a text of words", "Ca\xC3\xA9", "\\u0041\\n", "  ", "user@example.com", "192.168.10.20", "4111 1111 1111 1111",
                                "f47ac10b-58cc-4372-a567-0e02b2c3d479", "aGVsbG8gd29ybGQsIGhlbGxv", "=", "-", "_", "?page=2&sort=up", "true"};
  for (uint32_t n = random_below(4); n; n--) {
    uint32_t kind = random_below(5);
    if (kind < 2) put(parts[random_below(sizeof parts / sizeof *parts)]);
    else if (kind == 2) put(literals[random_below(N_LITERALS)].text);
    else
      for (uint32_t k = random_below(kind == 3 ? 9 : 70); k; k--) put((char[]){"abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 -._/:"[random_below(48)], 0});
  }
}

static void put_value(int depth) {
  switch (random_below(depth < 4 ? 8 : 6)) {
  case 0: put((const char *[]){"true", "false", "null", "0", "-1.50", "1e5", "123456789012"}[random_below(7)]); break;
  case 6:
  case 7: {
    bool object = random_below(2), wide = random_below(2);
    put(object ? "{" : "[");
    for (uint32_t n = random_below(9), i = 0; i < n; i++) {
      if (i) put(",");
      if (wide) put("\n  ");
      if (object) {
        put("\"");
        put((const char *[]){"id", "node_id", "html_url", "password", "created_at", "a_rather_long_name_of_a_member", "n\\u0061me"}[random_below(7)]);
        put("\":");
      }
      put_value(depth + 1);
    }
    put(object ? "}" : "]");
    break;
  }
  default:
    put("\"");
    put_text();
    put("\"");
  }
}

static void test_documents(void) {
  for (int round = 0; round < 4000; round++) {
    document_size = 0;
    put_value(0);
    compare(document, document_size);
  }
}

/* Of a text, which literals stand where: bits by literal, at most 64 bytes. */
static uint32_t seen[64];
static void on_literal(void *context, uint64_t offset, uint32_t literal) {
  (void)context;
  seen[offset] |= 1u << literal;
}
static bool stands(const uint8_t *p, const char *text, size_t n, bool nocase) {
  for (size_t k = 0; k < n; k++) {
    uint8_t a = p[k], b = (uint8_t)text[k];
    if (nocase && a >= 'A' && a <= 'Z') a |= 0x20;
    if (nocase && b >= 'A' && b <= 'Z') b |= 0x20;
    if (a != b) return false;
  }
  return true;
}
static bool alnum(uint8_t c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'); }

static void test_literals(void) {
  uint8_t data[64];
  for (int round = 0; round < 40000; round++) {
    size_t size = 3 + random_below(sizeof data - 3);
    for (size_t i = 0; i < size; i++) data[i] = (uint8_t)"abcdefghijklmnopqrstuvwxyz0189ABQ -_./:=@"[random_below(41)];
    for (uint32_t n = random_below(3) + 1; n; n--) {
      const char *text = literals[random_below(N_LITERALS)].text;
      size_t length = strlen(text), at = random_below((uint32_t)size);
      memcpy(data + at, text, length < size - at ? length : size - at);
    }
    if (turn++ % share) continue;
    const uint8_t *p = at_end(room, data, size);
    memset(seen, 0, sizeof seen);
    dlp_literals(with_lanes, p, size, size, on_literal, NULL);
    bool all = true;
    for (uint32_t i = 0; i < N_LITERALS; i++)
      for (size_t at = 0, n = strlen(literals[i].text); at + n <= size; at++) {
        if (literals[i].flags & 4 && at && alnum(p[at - 1])) continue; /* where no word starts it need not be found */
        if (literals[i].flags & 8 && at + n < size && alnum(p[at + n])) continue;
        if (stands(p + at, literals[i].text, n, literals[i].flags & 1) && !(seen[at] >> i & 1)) all = false;
      }
    CHECK(all);
  }
}

static void begin(const dlp_lanes *lanes, dlp_prefilter *(*make)(void)) {
  with_lanes = make(), without = make();
  vector = dlp_scanner_new(7), scalar = dlp_scanner_new(7);
  if (!with_lanes || !without || !vector || !scalar) exit(EXIT_FAILURE);
  dlp_prefilter_use(with_lanes, lanes);
  dlp_prefilter_use(without, dlp_lanes_at(0));
}
static void end(void) {
  dlp_prefilter_free(with_lanes), dlp_prefilter_free(without);
  dlp_scanner_free(vector), dlp_scanner_free(scalar);
}

static dlp_prefilter *with_few(void) {
  static const uint32_t offsets[] = {0, 4, 7, 11, 15}, word_offsets[] = {0, 2};
  return dlp_prefilter_new((const uint8_t *)"AKIAa@bghp_-key", offsets, (const uint8_t *)"\0\1\4\0", 4, (const uint8_t *)"aa", word_offsets, 1,
                           (1u << DLP_SHAPE_COUNT) - 1 - (1u << DLP_SHAPE_ALWAYS), NULL, NULL);
}

int main(int argc, char **argv) {
  room = guarded_room(4096);
  if (argc > 1) share = strtoul(argv[1], NULL, 10);
  if (!share) return EXIT_FAILURE;
  const dlp_lanes *lanes;
  for (uint32_t i = 0; (lanes = dlp_lanes_at(i)) != NULL; i++) {
    if (i) {
      begin(lanes, with_few);
      test_strings();
      test_random();
      end();
    }
    begin(lanes, with_literals);
    if (i) test_documents();
    test_literals();
    end();
  }
  return closing_line();
}
