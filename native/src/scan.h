/* The state of one scan: shared by scan.c and what it is made of (frames, keys, strings, numbers, candidates). */
#ifndef DLP_SCAN_H
#define DLP_SCAN_H
#include "lanes.h"

enum state { S_VALUE, S_VALUE_OR_CLOSE, S_KEY, S_KEY_OR_CLOSE, S_COLON, S_COMMA, S_END };

typedef struct key_slot {
  uint64_t hash, start, end; /* hash 0: free */
  uint64_t frame;
} key_slot;

enum { KNOWN_TEXT = 32, KNOWN_KEYS = 4096, ORDERS = 1024, ORDERS_BESIDE = 4 };

/* A key that came before, in this payload or another: what needs not be found out again. */
typedef struct known_key {
  uint64_t hash;  /* 0: free */
  uint64_t open;  /* a bit for each depth at which an open object has it */
  uint32_t words; /* word set, 0 for none */
  uint8_t n, worded, quiet; /* worded: `words` and `role` are known; quiet: its text by itself calls no rule */
  uint8_t role;   /* enum dlp_role */
  uint8_t plain;  /* ASCII without escapes and blanks: `text` is what stands in the payload, a quote behind it */
  uint16_t next;  /* the known key that followed last time */
  uint8_t text[KNOWN_TEXT + 8];
} known_key;

/* A string that came before and holds nothing that any rule asks for: "User", a link to a profile. */
enum { KNOWN_STRING = 108, KNOWN_STRINGS = 2048 };
typedef struct known_string {
  uint64_t hash;       /* 0: free */
  uint8_t n, flags, cases; /* flags as of a token; cases as in scan.literal_cases */
  uint8_t text[KNOWN_STRING];
} known_string;

typedef struct open_key { /* of an object that is not closed yet */
  uint64_t start;
  uint32_t slot;  /* of known keys, or of the table of the others */
  uint32_t known;
} open_key;

/* What a member says of its neighbours (siblings.c). LIST: of a list whose first two members are not read yet. */
enum dlp_role { DLP_ROLE_NONE, DLP_ROLE_NAMES, DLP_ROLE_NAMED, DLP_ROLE_LIST };

typedef struct dlp_sibling { /* a member that names others or is named, of an object that is not closed yet */
  uint64_t depth, start, end, key_start, key_end;
  uint32_t kind, flags, token;
  uint32_t words; /* of a name: word set */
  uint8_t role;
} dlp_sibling;

struct dlp_scanner {
  dlp_result result;
  dlp_census census;
  uint64_t seed;
  dlp_error *errors;       uint64_t errors_cap;
  dlp_token *tokens;       uint64_t tokens_cap;
  dlp_hit *hits;           uint64_t hits_cap;
  dlp_gap *gaps;           uint64_t gaps_cap;
  dlp_frame *frames;       uint64_t frames_cap;
  uint64_t *kinds;         uint64_t kinds_cap; /* a bit a level: object or array, for any depth */
  key_slot *keys;          uint64_t keys_cap;  /* power of two */
  uint64_t n_keys;                             /* in that table */
  open_key *key_stack;     uint64_t key_stack_cap, key_stack_n;
  dlp_sibling *siblings;   uint64_t siblings_cap, siblings_n; /* by depth, then in order */
  uint64_t *told;          uint64_t told_cap; /* by trigger, inside tokens and outside: the last token that it was told of */
  dlp_hit *raw;            uint64_t raw_cap, raw_n; /* literals that may stand across strings, ascending */
  uint8_t *scratch;        uint64_t scratch_cap;
  uint8_t *folded;         uint64_t folded_cap;
  uint32_t *sets;          uint64_t sets_cap, sets_n; /* word sets: count, then word ids */
  const dlp_prefilter *sets_of;
  uint32_t *turns;         uint64_t turns_cap; /* of each rule, the text that its program was asked about last */
  uint32_t turn;
  known_key known[KNOWN_KEYS];
  known_string *strings; /* KNOWN_STRINGS; NULL: no memory, or none needed so far */
  struct { uint64_t set, order, scan; } orders[ORDERS]; /* of objects that closed, in groups of ORDERS_BESIDE */
  uint64_t scans;
  uint16_t first_key; /* the known key that a payload began with last time */
  uint64_t dull[DLP_DULL]; /* see dlp_no_layer */
  dlp_scanner *inner;      /* of what strings decode to */
  uint8_t *decoded;        uint64_t decoded_cap;
  dlp_choosing *choosing;  /* see dlp_settle */
  uint32_t within;         /* how many scanners it is the inner one of */
};

typedef struct scan {
  dlp_scanner *s;
  const dlp_prefilter *pf;
  const dlp_lanes *lanes;
  const uint8_t *p;
  uint64_t size, at;
  dlp_frame *top;   /* of the innermost container; NULL outside all, and below the greatest depth */
  bool object;      /* whether that is an object */
  bool glances;     /* strings are looked at once before all else */
  enum state state;
  dlp_limits limits;
  uint32_t options, shapes;
  uint64_t depth, raw_at;
  uint32_t double_spaces;
  uint32_t empties; /* empty containers in arrays */
  uint32_t key_set; /* word set of the key being filled by dlp_words */
  uint32_t literal_cases; /* 1: lower case letters in hexadecimal texts were seen, 2: upper case */
  uint16_t *next_key; /* where the next key is told, if it comes as it did last time */
  bool no_memory;
} scan;

/* scan.c */
dlp_scanner *dlp_scanner_inner(dlp_scanner *); /* for what was decoded; NULL: too deep, or no memory */
uint8_t *dlp_scanner_room(dlp_scanner *, uint64_t n); /* for what is decoded next; NULL: no memory */
#define GROW(c, field, need) \
  ((need) <= (c)->s->field##_cap ||                                                                                  \
   dlp_grow((void **)&(c)->s->field, &(c)->s->field##_cap, (need), sizeof *(c)->s->field) || ((c)->no_memory = true, false))
void dlp_error_at(scan *, uint32_t code, uint64_t offset, uint64_t length);

/* keys.c */
void dlp_key(scan *, uint64_t start, uint64_t end, uint32_t flags);
bool dlp_expected_key(scan *); /* at an opening quote: reads the key that came here last time; false if it is another */
uint32_t dlp_word_set(scan *, const uint8_t *text, uint64_t n, uint32_t flags); /* of its context words; 0: none */
void dlp_forget_keys(scan *, const dlp_frame *);
void dlp_forget_open_keys(dlp_scanner *);
void dlp_note_order(scan *, const dlp_frame *);

/* arrays.c: whether the array whose members stand between `start` and `end`, so many of them strings, could spell something;
 * `varied`: the strings have both cases, or digits */
bool dlp_array_says(scan *, uint64_t start, uint64_t end, uint64_t strings, bool varied);

/* layers.c: whether anything is to be said of decoded bytes; whether they begin as a format does */
bool dlp_holds(const dlp_prefilter *, dlp_scanner *, const uint8_t *p, uint64_t n);
bool dlp_begins_format(const uint8_t *p, uint64_t n);

/* strings.c: at c->at an opening quote; leaves c->at behind the closing one and returns the end of the content. */
uint64_t dlp_string(scan *, uint32_t *flags);
void dlp_note_spaces(scan *, uint32_t doubles); /* of a string: where two meet, and one at its end */
void dlp_note_cases(scan *, uint32_t cases); /* of hexadecimal texts */
void dlp_literal_census(scan *, uint64_t start, uint64_t end, uint32_t flags);

/* numbers.c */
void dlp_number(scan *);

/* candidates.c */
typedef struct dlp_pending { /* what was found of one token before it is known whether it becomes a candidate */
  scan *c;
  uint64_t start, end;
  uint32_t kind, flags, token;
  const uint8_t *text; /* as rules see it; NULL: not known */
  uint64_t n;
  dlp_makeup makeup;
  uint32_t turn; /* of this text, for the rules that were asked; 0: none has come */
  uint64_t offset; /* of the trigger that is asked about */
  bool called; /* by its own text or a key around it */
} dlp_pending;
uint32_t dlp_add_token(scan *, uint64_t start, uint64_t end, uint32_t kind, uint32_t flags);
void dlp_pending_hit(dlp_pending *, uint32_t trigger, uint64_t offset, uint64_t at);
void dlp_raw_literals(dlp_pending *, bool own);
void dlp_words_around(dlp_pending *);
void dlp_flush_raw(scan *, uint64_t before);
void dlp_find_raw_literals(scan *);
/* A string of plain ASCII; `nothing`: its text, as a glance said, calls nothing. Whether something does, around it too. */
bool dlp_look_at(scan *, uint64_t start, uint64_t end, uint32_t kind, uint32_t flags, bool nothing);
bool dlp_candidate(scan *, uint64_t start, uint64_t end, uint32_t kind, uint32_t flags); /* whether its text calls something */

/* siblings.c */
uint8_t dlp_role(const uint8_t *key, uint64_t n);
void dlp_beside(scan *, uint64_t start, uint64_t end, uint32_t kind, uint32_t flags); /* a string or number with a role */
void dlp_forget_siblings(dlp_scanner *, uint64_t depth); /* of containers that close: from this depth on */
#endif
