/* Names beside values: {"name": "DB_PASSWORD", "value": "…"} says what {"DB_PASSWORD": {"value": "…"}} says, and so does
 * the pair ["Authorization", "…"].
 *
 * Theory of operation. The last word of a key says whether its value names another member (name, key, type, …) or is
 * named by one (value, stringValue, number; but orderNumber has a name). The first few of either are kept as long as their object is open, so that it does not
 * matter which comes first. Names reach one level further, into the list or object that is the value; there they must
 * come first. A value whose name holds a context word becomes a candidate, as if that word stood in a key around it.
 */
#include "scan.h"

enum { LONGEST_NAME = 128, KEPT = DLP_NAMES }; /* bytes of a name; members of either role kept of one object */
#define UNKNOWN UINT32_MAX /* words */

static bool is_upper(uint8_t b) { return (uint8_t)(b - 'A') < 26; }
static bool is_lower(uint8_t b) { return (uint8_t)(b - 'a') < 26; }
static bool alnum(uint8_t b) { return is_upper(b) || is_lower(b) || (uint8_t)(b - '0') < 10; }
static bool white(uint8_t b) { return b == ' ' || b == '\n' || b == '\r' || b == '\t'; }

enum { LONGEST_WORD = 14 };

/* The last word of key[0, *n), small and between spaces; *n becomes its start. Empty if there is none or a longer one. */
static void last_word(const uint8_t *key, uint64_t *n, char word[LONGEST_WORD + 3]) {
  uint64_t end = *n;
  while (end && !alnum(key[end - 1])) end--;
  uint64_t start = end;
  while (start && alnum(key[start - 1])) { /* words are cut as in words.c */
    uint64_t at = --start;
    bool hump = at && is_upper(key[at]) && (is_lower(key[at - 1]) || (is_upper(key[at - 1]) && at + 1 < end && is_lower(key[at + 1])));
    if (hump || end - at > LONGEST_WORD) break;
  }
  *n = start;
  uint64_t length = end - start <= LONGEST_WORD ? end - start : 0, at = 0;
  if (length) word[at++] = ' ';
  for (uint64_t i = start; i < start + length; i++) word[at++] = (char)(is_upper(key[i]) ? key[i] | 0x20 : key[i]);
  if (length) word[at++] = ' ';
  word[at] = 0;
}

/* The roles of keys (engines/subjects_reference.py has the same): by the last word; and what is named has no other name in
 * its own key. */
uint8_t dlp_role(const uint8_t *key, uint64_t n) {
  static const char naming[] = " name key field type kind id label title header system attribute attr variable var parameter param"
                               " property prop option question ";
  static const char named[] = " value values val number no num nr answer ";
  static const char plain[] = " string int integer double float bool boolean text raw plain default current new old data item element"
                              " entry setting config env environment sample example input output form custom user document"
                              " identity identification identifier contact tag metadata meta extra ";
  char word[LONGEST_WORD + 3];
  last_word(key, &n, word);
  if (!*word) return DLP_ROLE_NONE;
  if (strstr(naming, word)) return DLP_ROLE_NAMES;
  if (!strstr(named, word)) return DLP_ROLE_NONE;
  for (;;) {
    while (n && !alnum(key[n - 1])) n--;
    if (!n) return DLP_ROLE_NAMED;
    last_word(key, &n, word);
    if (!*word || !(strstr(naming, word) || strstr(named, word) || strstr(plain, word))) return DLP_ROLE_NONE;
  }
}

void dlp_forget_siblings(dlp_scanner *s, uint64_t depth) {
  while (s->siblings_n && s->siblings[s->siblings_n - 1].depth >= depth) s->siblings_n--;
}

static bool keep(scan *c, const dlp_sibling *member) {
  dlp_scanner *s = c->s;
  uint32_t alike = 0;
  for (uint64_t i = s->siblings_n; i-- > 0 && s->siblings[i].depth == member->depth;)
    if (s->siblings[i].role == member->role && ++alike == KEPT) return false;
  if (!GROW(c, siblings, s->siblings_n + 1)) return false;
  s->siblings[s->siblings_n++] = *member;
  return true;
}

/* The context words of a name, found out when first asked for. */
static uint32_t words_in(scan *c, dlp_sibling *name) {
  if (name->words != UNKNOWN) return name->words;
  const uint8_t *text = c->p + name->start;
  uint64_t n = name->end - name->start;
  if (name->flags & DLP_F_ESCAPED) {
    if (!GROW(c, scratch, n + 64)) return 0;
    n = dlp_unescape(text, n, c->s->scratch, NULL, NULL);
    text = c->s->scratch;
  }
  return name->words = dlp_word_set(c, text, n, name->flags);
}

/* The words of a name call its value. */
static void call(scan *c, dlp_sibling *value, dlp_sibling *name) {
  const uint8_t *p = c->p;
  uint32_t set = words_in(c, name);
  if (!set) return;
  dlp_pending t = {.c = c, .start = value->start, .end = value->end, .kind = value->kind, .flags = value->flags, .token = value->token};
  bool as_written = value->kind != DLP_T_STRING || !(value->flags & (DLP_F_ESCAPED | DLP_F_FOLD));
  bool point = false;
  for (uint64_t i = value->start; as_written && value->kind == DLP_T_NUMBER && i < value->end; i++) {
    as_written = (p[i] >= '0' && p[i] <= '9') || p[i] == '.';
    point |= p[i] == '.';
  }
  as_written &= !(point && p[value->end - 1] == '0'); /* an integer, perhaps: rules see its digits */
  if (as_written) { /* else what rules see of it is not known here, and nothing is demanded of it */
    t.text = p + value->start;
    t.n = value->end - value->start;
  }
  dlp_frame *f = c->top;
  uint64_t key_start = f->key_start, key_end = f->key_end;
  f->key_start = value->key_start; /* a token that is added here lies in its own member, where its name came later */
  f->key_end = value->key_end;
  const uint32_t first = DLP_SHAPE_COUNT + dlp_literal_count(c->pf), n = c->s->sets[set - 1];
  for (uint32_t i = 0; i < n; i++) dlp_pending_hit(&t, first + c->s->sets[set + i], 0, 0);
  f->key_start = key_start;
  f->key_end = key_end;
  value->token = t.token;
}

static void tell(scan *c, const dlp_sibling *value, const dlp_sibling *name) {
  if (value->token == DLP_NO_TOKEN) return;
  dlp_token *t = &c->s->tokens[value->token];
  uint32_t k = 0;
  for (; k < DLP_NAMES && t->name_end[k]; k++)
    if (t->name_start[k] == name->start) return;
  if (k == DLP_NAMES) return;
  t->name_start[k] = name->start;
  t->name_end[k] = name->end;
}

/* Names kept at depth `from` and further in are those of a value; the ones from `fresh` on call it. */
static void name_it(scan *c, dlp_sibling *value, uint64_t from, uint64_t fresh) {
  dlp_scanner *s = c->s;
  uint64_t low = s->siblings_n;
  while (low && s->siblings[low - 1].depth >= from) low--;
  for (uint64_t i = low > fresh ? low : fresh; i < s->siblings_n; i++)
    if (s->siblings[i].role == DLP_ROLE_NAMES) call(c, value, &s->siblings[i]);
  for (uint64_t i = low; i < s->siblings_n; i++)
    if (s->siblings[i].role == DLP_ROLE_NAMES) tell(c, value, &s->siblings[i]);
}

static bool can_name(scan *c, const dlp_sibling *member) {
  uint64_t n = member->end - member->start;
  if (member->kind != DLP_T_STRING || n == 0) return false;
  if (n <= LONGEST_NAME || !(member->flags & DLP_F_ESCAPED)) return n <= LONGEST_NAME;
  if (n > 6 * LONGEST_NAME || !GROW(c, scratch, n + 64)) return false;
  return dlp_unescape(c->p + member->start, n, c->s->scratch, NULL, NULL) <= LONGEST_NAME;
}

static uint64_t back_over_white(const uint8_t *p, uint64_t at) {
  while (at && white(p[at - 1])) at--;
  return at;
}

/* A member of a list: the first of two names the second. */
static void in_list(scan *c, dlp_sibling *member) {
  dlp_scanner *s = c->s;
  const uint8_t *p = c->p;
  bool string = member->kind == DLP_T_STRING;
  uint64_t before = back_over_white(p, member->start - string), behind = c->at;
  while (behind < c->size && white(p[behind])) behind++;
  bool last = behind < c->size && p[behind] == ']';
  const dlp_sibling *first = s->siblings_n ? &s->siblings[s->siblings_n - 1] : NULL;
  if (first && first->depth == member->depth) {
    if (last && before && p[before - 1] == ',' && back_over_white(p, before - 1) == first->end + 1) name_it(c, member, member->depth, 0);
    c->top->role = DLP_ROLE_NONE;
  } else if (!last && before && p[before - 1] == '[' && can_name(c, member)) {
    member->role = DLP_ROLE_NAMES;
    (void)keep(c, member);
  } else {
    c->top->role = DLP_ROLE_NONE;
  }
}

void dlp_beside(scan *c, uint64_t start, uint64_t end, uint32_t kind, uint32_t flags) {
  dlp_scanner *s = c->s;
  dlp_frame *f = c->top;
  if (f->role == DLP_ROLE_LIST && kind == DLP_T_NUMBER && !f->named_up && !(s->siblings_n && s->siblings[s->siblings_n - 1].depth == c->depth)) {
    f->role = DLP_ROLE_NONE; /* no name, and none before it */
    return;
  }
  const uint64_t n = s->result.n_tokens;
  bool is_candidate = n && s->tokens[n - 1].start == start && s->tokens[n - 1].kind == kind;
  dlp_sibling member = {.depth = c->depth, .start = start, .end = end, .key_start = f->key_start, .key_end = f->key_end, .kind = kind,
                        .flags = flags, .token = is_candidate ? (uint32_t)(n - 1) : DLP_NO_TOKEN, .words = UNKNOWN, .role = f->role};
  const uint64_t from = c->depth - f->named_up;
  if (!f->object) {
    if (f->named_up) name_it(c, &member, from, 0);
    else if (f->role == DLP_ROLE_LIST) in_list(c, &member);
  } else if (f->role == DLP_ROLE_NAMED) {
    name_it(c, &member, from, 0);
    (void)keep(c, &member);
  } else if (f->role == DLP_ROLE_NAMES && can_name(c, &member) && keep(c, &member)) {
    for (uint64_t i = s->siblings_n; i-- > 0 && s->siblings[i].depth == c->depth;)
      if (s->siblings[i].role == DLP_ROLE_NAMED) name_it(c, &s->siblings[i], from, s->siblings_n - 1);
  }
}
