/* A compiled prefilter: shared by prefilter.c, words.c, glance.c and demands.c alone. */
#ifndef DLP_PREFILTER_H
#define DLP_PREFILTER_H
#include "lanes.h"

#define WORD_MAX 64
#define WORD_SEED 0x9E3779B97F4A7C15ULL
#define WORD_PRIME 0x100000001B3ULL
enum { BEGINNINGS = 16, WHOLES = 12 }; /* bits of the two maps of words */

/* Where a literal can stand in a valid document: inside a string whose content has no escape, or across or outside
 * strings, or nowhere (a control character is an error, and what has errors is read again as one text). */
enum place { INSIDE, ACROSS, NOWHERE };

typedef struct literal {
  uint32_t offset, length, window; /* window: where the bytes start that it is looked for by */
  uint32_t rare;                   /* of one ACROSS: where a byte is that documents seldom have */
  uint8_t nocase, place, anywhere; /* anywhere: no word need start in it, nor a byte stand in it that texts seldom have */
} literal;

typedef struct node { /* of a bucket's chain */
  uint32_t literal, key, next; /* key: folded, of a literal of three bytes its last byte 0; next: + 1 */
} node;

typedef struct dlp_least { uint32_t length, digits; } dlp_least;

struct dlp_prefilter {
  const dlp_lanes *lanes;
  uint32_t n_literals, n_words, n_nodes, shapes, buckets_mask;
  uint32_t n_across, *across; /* literals that are ACROSS */
  dlp_least least[DLP_SHAPE_COUNT]; /* what no rule that a shape calls does without */
  uint32_t number_shapes; /* those that call a rule which looks at numbers */
  bool words_always; /* some context word's rules need less of a text than dlp_wants_words asks for */
  bool every_layer; /* layers in which nothing is to be seen call too */
  bool raw_inside; /* some literal INSIDE matters in the raw bytes too */
  bool common_across; /* some literal that is ACROSS has no rare byte */
  uint8_t *bytes;
  dlp_demand *demands;
  uint32_t *demand_offsets; /* NULL: no trigger has any */
  bool *alike;              /* a demand asks for what the one before it asks for, of another rule */
  uint32_t n_rules, *code, *code_offsets; /* their programs */
  uint8_t (*sets)[32];
  literal *literals;
  node *nodes;
  uint32_t *buckets; /* node + 1 */
  uint64_t *word_hashes;
  uint32_t *word_next; /* open addressing: slot -> word + 1 */
  uint32_t word_slots;
  uint8_t low[256];     /* of a character: its lower case */
  uint8_t letters[256]; /* the same of letters and digits, + 128 of a capital; 0 of others */
  uint8_t pairs[4096];
  uint64_t powers[WORD_MAX + 1];
  dlp_windows windows; /* of literals that may stand anywhere */
  dlp_entries entries; /* of the others */
  uint64_t beginnings[1 << (BEGINNINGS - 6)]; /* of words: what they may begin with, themselves too */
  uint32_t openings[1 << (DLP_START_BITS - 5)]; /* of words: their first four letters, or all that begins them below that */
  uint64_t first_two[16];
  uint64_t wholes[1 << (WHOLES - 6)];
};

/* Of a search for literals: what a kernel calls back with is verified, and reported. */
typedef struct dlp_search {
  const dlp_prefilter *pf;
  const uint8_t *p;
  size_t n; /* of a string whose end is not known yet: what can be read */
  uint32_t places; /* mask of 1 << enum place */
  dlp_literal_hit hit;
  void *context;
} dlp_search;
bool dlp_verify(void *search, size_t i, uint32_t key, uint32_t anywhere); /* the literals that are entered at p + i */

static inline uint64_t test(const uint64_t *map, uint32_t i) { return map[i >> 6] >> (i & 63) & 1; }
static inline uint64_t word_mix(uint64_t h) { return h * WORD_SEED; }

/* programs.c: whether a rule's program finds something in a text */
bool dlp_program_finds(const dlp_prefilter *, uint32_t rule, const uint8_t *p, size_t n);

/* The same by the first letters of each word: whether dlp_words would find one in a text whose characters these are. */
bool dlp_words_may_be(const dlp_prefilter *, const uint8_t *p, uint64_t word, uint64_t letter, uint64_t small);
bool dlp_words_build(dlp_prefilter *, const uint8_t *words, const uint32_t *offsets); /* words.c; false: no memory */
#endif
