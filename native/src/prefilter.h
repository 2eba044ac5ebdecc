/* A compiled prefilter: shared by prefilter.c, words.c and demands.c alone. */
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
  uint32_t offset, length, window; /* window: where its four rarest bytes start */
  uint32_t rare;                   /* of one ACROSS: where a byte is that documents seldom have */
  uint8_t nocase, place;
} literal;

typedef struct node { /* of a bucket's chain */
  uint32_t literal, key, next; /* key: folded, of a literal of three bytes its last byte 0; next: + 1 */
} node;

struct dlp_prefilter {
  const dlp_lanes *lanes;
  uint32_t n_literals, n_words, n_nodes, shapes, buckets_mask;
  uint32_t n_across, *across; /* literals that are ACROSS */
  bool words_always; /* some context word's rules need less of a text than dlp_wants_words asks for */
  bool common_across; /* some literal that is ACROSS has no rare byte */
  uint8_t *bytes;
  dlp_demand *demands;
  uint32_t *demand_offsets; /* NULL: no trigger has any */
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
  dlp_windows windows;
  uint64_t beginnings[1 << (BEGINNINGS - 6)]; /* of words: what they may begin with, themselves too */
  uint64_t first_two[16];
  uint64_t wholes[1 << (WHOLES - 6)];
};

static inline uint64_t test(const uint64_t *map, uint32_t i) { return map[i >> 6] >> (i & 63) & 1; }
static inline uint64_t word_mix(uint64_t h) { return h * WORD_SEED; }

bool dlp_words_build(dlp_prefilter *, const uint8_t *words, const uint32_t *offsets); /* words.c; false: no memory */
#endif
