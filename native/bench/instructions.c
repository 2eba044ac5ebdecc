/* One kind of document, scanned a few times: what scripts/instructions counts. ./instructions NAME, or no name for the list.
 *
 * Everything is fixed (documents, rules, seeds, SSE2 or NEON lanes), so that two runs execute the same instructions. */
#include <stdio.h>
#include "lanes.h"

enum { ROOM = 1 << 17, TIMES = 3 };
static char room[ROOM + 256];
static size_t size;

static void put(const char *text) {
  size_t n = strlen(text);
  if (size + n < ROOM) memcpy(room + size, text, n), size += n;
}

static void members(unsigned i, const char *newline, const char *colon) { /* of one record */
  static const char *names[] = {"Codertocat", "hello-world", "octo-repo", "A name of three"};
  char line[512];
  put("{");
  for (unsigned k = 0; k < 12; k++) {
    if (k) put(",");
    put(newline);
    const char *name = names[(i + k) % 4];
    switch (k % 6) {
    case 0: snprintf(line, sizeof line, "\"id_%u\"%s%u", k, colon, i * 7919 + k); break;
    case 1: snprintf(line, sizeof line, "\"%c_url\"%s\"https://api.example.com/repos/%s/%u/events{/id}\"", 'a' + (char)k, colon, name, i); break;
    case 2: snprintf(line, sizeof line, "\"name_%u\"%s\"%s\"", k, colon, name); break;
    case 3: snprintf(line, sizeof line, "\"created_at_%u\"%s\"2019-05-15T15:20:%02uZ\"", k, colon, i % 60); break;
    case 4: snprintf(line, sizeof line, "\"node_id_%u\"%s\"%08x%08x%08x%08x%08x\"", k, colon, i * 2654435761u, i + 7u, i * 40503u, k * 97u, i * 31u); break;
    default: snprintf(line, sizeof line, "\"flag_%u\"%s%s", k, colon, i % 2 ? "true" : "null"); break;
    }
    put(line);
  }
  put(newline[0] ? "\n    }" : "}");
}

static void records(const char *newline, const char *colon) {
  put("[");
  for (unsigned i = 0; size < 60000; i++) {
    if (i) put(",");
    if (newline[0]) put("\n    ");
    members(i, newline, colon);
  }
  put(newline[0] ? "\n]" : "]");
}

static void repeated(const char *text) {
  put("[");
  for (unsigned i = 0; size < 60000; i++) {
    if (i) put(",");
    put(text);
  }
  put("]");
}

static void compact(void) { records("", ":"); }
static void pretty(void) { records("\n        ", ": "); }
static void prose(void) { repeated("\"A note of some length, in plain words, that nobody would ever look at twice; it ends here.\""); }
static void escaped(void) { repeated("\"\\u3053\\u3093\\u306b\\u3061\\u306f \\\"quoted\\\" text\\nand a line\""); }
static void other_scripts(void) { repeated("\"\xE3\x81\x93\xE3\x82\x93\xE3\x81\xAB\xE3\x81\xA1\xE3\x81\xAF, na\xC3\xAFve caf\xC3\xA9\""); }
static void numbers(void) { repeated("-65.613616999999977,43.420273000000009,12345,7"); }
static void tiny(void) { put("{\"id\":1,\"name\":\"abcd\"}"); }

static const struct { const char *name; void (*make)(void); } kinds[] = {
    {"compact", compact}, {"pretty", pretty}, {"prose", prose}, {"escaped", escaped}, {"other-scripts", other_scripts},
    {"numbers", numbers}, {"tiny", tiny}};

int main(int argc, char **argv) {
  static const char literals[] = "ghp_AKIAxoxb-sk_live_-----BEGINpassword=hf_Bearer ";
  static const uint32_t literal_offsets[] = {0, 4, 8, 13, 21, 31, 40, 43, 50};
  static const char words[] = "passwordapikeytokencardnumberssn";
  static const uint32_t word_offsets[] = {0, 8, 14, 19, 29, 32};
  static const dlp_limits limits = {1024, 100000, 64, 1000000};
  if (argc < 2) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) puts(kinds[i].name);
    return 0;
  }
  enum { TRIGGERS = DLP_SHAPE_COUNT + 8 + 5 };
  static dlp_demand demands[TRIGGERS]; /* as rules have them: most texts do not meet them */
  static uint32_t demand_offsets[TRIGGERS + 1];
  for (uint32_t i = 0; i < TRIGGERS; i++) {
    demands[i] = (dlp_demand){.kinds = 15, .length = 12, .digits = i < DLP_SHAPE_COUNT ? 9 : 4, .run = 12, .spaces = UINT32_MAX};
    demand_offsets[i + 1] = i + 1;
  }
  dlp_prefilter *pf = dlp_prefilter_new((const uint8_t *)literals, literal_offsets, (const uint8_t *)"\4\4\4\4\0\1\4\1", 8,
                                        (const uint8_t *)words, word_offsets, 5,
                                        (1u << DLP_SHAPE_COUNT) - 1 - (1u << DLP_SHAPE_ALWAYS), demands, demand_offsets);
  dlp_scanner *scanner = dlp_scanner_new(42);
  if (!pf || !scanner) return 2;
  if (dlp_lanes_at(1)) dlp_prefilter_use(pf, dlp_lanes_at(1));
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (strcmp(kinds[i].name, argv[1]) != 0) continue;
    kinds[i].make();
    for (int k = 0; k < TIMES; k++)
      if (dlp_scan(scanner, pf, (const uint8_t *)room, size, &limits, 0) < 0) return 2;
    if (!dlp_scanner_result(scanner)->complete_document) return 3;
    printf("%zu\n", size * TIMES);
    dlp_scanner_free(scanner);
    dlp_prefilter_free(pf);
    return 0;
  }
  return 2;
}
