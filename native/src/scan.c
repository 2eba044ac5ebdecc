/* The one pass over a JSON payload: grammar (RFC 8259) and gaps; strings, numbers and keys are read by their own files.
 *
 * Theory of operation. A state says what may come next; each token moves it. What may not come is recorded as an
 * error with its position, and the state moves on to what the writer most likely meant, so that a broken document is
 * inspected to its end. Tokens are lexed and forgotten: what stays is a frame for each open container, the keys that
 * it has so far (to see duplicates), and the records of what a rule or a finding may need.
 */
#include "glance.h"
#include "scan.h"

dlp_scanner *dlp_scanner_new(uint64_t seed) {
  dlp_scanner *s = calloc(1, sizeof *s);
  if (s) s->seed = seed | 1;
  return s;
}

void dlp_scanner_free(dlp_scanner *s) {
  if (!s) return;
  free(s->errors);
  free(s->tokens);
  free(s->hits);
  free(s->told);
  free(s->gaps);
  free(s->frames);
  free(s->kinds);
  free(s->keys);
  free(s->key_stack);
  free(s->siblings);
  free(s->raw);
  free(s->scratch);
  free(s->folded);
  free(s->sets);
  free(s->turns);
  free(s->strings);
  free(s->decoded);
  free(s->choosing);
  dlp_scanner_free(s->inner);
  free(s);
}

dlp_scanner *dlp_scanner_inner(dlp_scanner *s) {
  enum { DEEPEST = 2 }; /* each has its memory */
  if (s->within >= DEEPEST) return NULL;
  if (!s->inner && (s->inner = dlp_scanner_new(s->seed)) != NULL) s->inner->within = s->within + 1;
  return s->inner;
}

uint8_t *dlp_scanner_room(dlp_scanner *s, uint64_t n) {
  return dlp_grow((void **)&s->decoded, &s->decoded_cap, n, 1) ? s->decoded : NULL;
}

const dlp_result *dlp_scanner_result(const dlp_scanner *s) { return &s->result; }

void dlp_error_at(scan *c, uint32_t code, uint64_t offset, uint64_t length) {
  dlp_result *r = &c->s->result;
  r->errors_seen++;
  if (r->n_errors >= c->limits.max_errors) {
    r->truncated |= DLP_X_ERRORS;
    return;
  }
  if (!GROW(c, errors, r->n_errors + 1)) return;
  c->s->errors[r->n_errors++] =
      (dlp_error){.offset = offset, .length = length, .code = code, .depth = (uint32_t)c->depth};
}

/* --- frames ---------------------------------------------------------------------------------------------------- */

static void find_top(scan *c) {
  c->top = c->depth && c->depth <= c->limits.max_depth ? &c->s->frames[c->depth - 1] : NULL;
  c->object = c->depth && (c->s->kinds[(c->depth - 1) >> 6] >> ((c->depth - 1) & 63) & 1);
}

static void open_container(scan *c, bool object, uint64_t at) {
  uint64_t d = c->depth;
  if (!GROW(c, kinds, (d >> 6) + 1)) return;
  if (object) c->s->kinds[d >> 6] |= 1ULL << (d & 63);
  else c->s->kinds[d >> 6] &= ~(1ULL << (d & 63));
  c->depth++;
  c->object = object;
  c->top = NULL;
  if (c->depth > c->s->result.max_depth) c->s->result.max_depth = c->depth;
  if (c->depth > c->limits.max_depth) {
    if (!(c->s->result.truncated & DLP_X_DEPTH)) {
      c->s->result.truncated |= DLP_X_DEPTH;
      dlp_error_at(c, DLP_E_DEPTH, at, 1);
    }
    return;
  }
  if (!GROW(c, frames, c->depth)) {
    c->depth--;
    return;
  }
  dlp_frame *f = &c->s->frames[d];
  memset(f, 0, sizeof *f);
  f->object = object;
  f->bracket = at;
  f->first = 1;
  f->line_indent = c->s->census.line_indent;
  f->line_indent_len = c->s->census.line_indent_len;
  f->keys_base = c->s->key_stack_n;
  f->role = object || !c->pf ? DLP_ROLE_NONE : DLP_ROLE_LIST;
  if (d) {
    const dlp_frame *parent = f - 1;
    f->object_up = parent->object ? (uint32_t)d : parent->object_up;
    f->words_up = parent->words ? (uint32_t)d : parent->words_up;
    f->named_up = parent->role == DLP_ROLE_NAMED;
  }
  c->top = f;
}

static void close_container(scan *c) {
  const dlp_frame *f = c->top;
  if (f && f->n_keys > 1) dlp_note_order(c, f);
  if (f && f->object) dlp_forget_keys(c, f);
  if (c->s->siblings_n) dlp_forget_siblings(c->s, c->depth);
  c->depth--;
  find_top(c);
}

/* --- tokens ------------------------------------------------------------------------------------------------------ */

static inline bool digit(uint8_t b) { return (uint8_t)(b - '0') < 10; }

/* `keep`: where it is kept if nothing is to be said of it, whatever stands around it: of each payload anew. */
static void plain_string(scan *c, uint64_t start, uint64_t end, uint32_t flags, bool nothing, known_string *keep, uint64_t hash) {
  uint64_t *census = &c->s->result.census, n = end - start;
  const uint64_t before = *census;
  const uint32_t cases = c->literal_cases;
  c->at = end + 1;
  c->s->result.strings++;
  *census = c->literal_cases = 0;
  if (n >= 8) dlp_literal_census(c, start, end, flags);
  const uint8_t found = (uint8_t)c->literal_cases;
  bool called = dlp_look_at(c, start, end, DLP_T_STRING, flags, nothing) || *census;
  *census |= before;
  dlp_note_cases(c, cases);
  if (!keep || called) return;
  keep[1] = keep[0];
  keep->hash = hash, keep->n = (uint8_t)n, keep->flags = (uint8_t)flags, keep->cases = found;
  memcpy(keep->text, c->p + start, n);
}

/* A string that is closed and plain ASCII: one that came before and held nothing is known again, another is read and looked at
 * in one go. Returns whether this was one. */
static bool glanced_string(scan *c) {
  const uint8_t *p = c->p;
  dlp_scanner *s = c->s;
  uint64_t start = c->at + 1, hash = 0;
  known_string *known = NULL;
  dlp_plain plain = {0, false};
  uint64_t end = c->lanes->plain(p, start, c->size, '"', &plain);
  if (end >= c->size || p[end] != '"') return false;
  uint64_t n = end - start;
  if (n && (plain.doubles || p[end - 1] == ' ')) dlp_note_spaces(c, plain.doubles + (p[end - 1] == ' '));
  else if (n <= KNOWN_STRING && s->strings) {
    hash = dlp_hash(p + start, n, s->seed) | 1;
    known_string *pair = &s->strings[hash >> 32 & (KNOWN_STRINGS - 2)]; /* the newer one, and the one before */
    known = pair;
    if (known->hash != hash) known++;
    if (known->hash == hash && known->n == n && memcmp(known->text, p + start, n) == 0) {
      c->at = end + 1;
      s->result.strings++;
      if (known->cases) dlp_note_cases(c, known->cases);
      const dlp_frame *f = c->top;
      if (c->raw_at < s->raw_n || (f && (f->words || f->words_up))) (void)dlp_look_at(c, start, end, DLP_T_STRING, known->flags, true);
      return true;
    }
    known = pair;
  }
  dlp_glance g;
  bool nothing = dlp_pass_over_string(c->pf, s, p + start, c->size - start, DLP_T_STRING, c->shapes, &g);
  plain_string(c, start, end, g.at_sign ? DLP_F_AT : 0, nothing, known, hash);
  return true;
}

static void string_value(scan *c) {
  uint64_t start = c->at + 1;
  if (c->glances && c->p[c->at] == '"' && glanced_string(c)) {
    if (c->top && c->top->role) dlp_beside(c, start, c->at - 1, DLP_T_STRING, 0);
    return;
  }
  if (c->p[c->at] == '\'') dlp_error_at(c, DLP_E_SINGLE_QUOTES, c->at, 1);
  uint32_t flags;
  uint64_t end = dlp_string(c, &flags);
  c->s->result.strings++;
  dlp_literal_census(c, start, end, flags);
  if (c->pf || c->options & DLP_O_TOKENS) (void)dlp_candidate(c, start, end, DLP_T_STRING, flags);
  if (c->top && c->top->role) dlp_beside(c, start, end, DLP_T_STRING, flags);
}

static void number_value(scan *c) {
  uint64_t start = c->at;
  dlp_number(c);
  if (c->top && c->top->role) dlp_beside(c, start, c->at, DLP_T_NUMBER, 0);
}

static bool word_char(uint8_t b) {
  return digit(b) || (uint8_t)((b | 0x20) - 'a') < 26 || b == '_' || b == '$' || b >= 0x80;
}

/* A bare word at c->at: a literal, or what dialects allow. */
static void word_token(scan *c, bool as_key) {
  const uint8_t *p = c->p;
  uint64_t start = c->at, at = start;
  while (at < c->size && word_char(p[at])) at++;
  if (at == start) at++;
  uint64_t n = at - start;
  c->at = at;
  if (as_key) {
    dlp_error_at(c, DLP_E_UNQUOTED_KEY, start, n);
    dlp_key(c, start, at, 0);
    return;
  }
  if ((n == 4 && (memcmp(p + start, "true", 4) == 0 || memcmp(p + start, "null", 4) == 0)) ||
      (n == 5 && memcmp(p + start, "false", 5) == 0))
    return;
  bool non_finite = (n == 3 && memcmp(p + start, "NaN", 3) == 0) || (n == 8 && memcmp(p + start, "Infinity", 8) == 0);
  if (p[start] >= 0x80) {
    unsigned len = dlp_utf8_sequence(p + start, p + c->size);
    dlp_error_at(c, len ? DLP_E_UNEXPECTED_BYTE : DLP_E_INVALID_UTF8, start, n);
    return;
  }
  dlp_error_at(c, non_finite ? DLP_E_NON_FINITE : DLP_E_INVALID_LITERAL, start, n);
}

static uint64_t comment(scan *c) { /* at a slash; returns the end of a comment, or 0 */
  const uint8_t *p = c->p;
  uint64_t at = c->at;
  if (at + 1 >= c->size) return 0;
  if (p[at + 1] == '/') {
    at += 2;
    while (at < c->size && p[at] != '\n' && p[at] != '\r') at++;
    return at;
  }
  if (p[at + 1] != '*') return 0;
  for (at += 2; at + 1 < c->size; at++)
    if (p[at] == '*' && p[at + 1] == '/') return at + 2;
  return c->size;
}

/* --- grammar ------------------------------------------------------------------------------------------------------ */

static inline bool white(uint8_t b) { return b == ' ' || b == '\n' || b == '\r' || b == '\t'; }

static void gap(scan *c, uint64_t start, uint64_t end, uint32_t klass) {
  dlp_result *r = &c->s->result;
  if (c->options & DLP_O_GAPS && (end > start || !(c->options & DLP_O_CLEAN_GAPS))) {
    if (r->n_gaps >= c->limits.max_gaps) {
      r->truncated |= DLP_X_GAPS;
    } else if (GROW(c, gaps, r->n_gaps + 1)) {
      uint64_t n = end - start;
      c->s->gaps[r->n_gaps++] = (dlp_gap){start, n > UINT32_MAX ? UINT32_MAX : (uint32_t)n, klass};
    }
  }
  dlp_frame *f = c->top;
  if (start == end && klass >= DLP_G_BEFORE_COLON && klass <= DLP_G_EMPTY && (!f || (f->broken < 2 && (klass != DLP_G_CLOSE || f->open_len == 0)))) {
    bool brackets = klass == DLP_G_OPEN || klass == DLP_G_CLOSE || klass == DLP_G_EMPTY;
    c->s->census.empty[klass][brackets ? f && f->object : dlp_context(c->depth)]++;
    c->s->census.waiting |= 1u << klass;
    if (f) {
      if (klass == DLP_G_OPEN) f->broken = 1;
      f->first = 0;
    }
    return;
  }
  dlp_note_gap(&c->s->census, c->p, start, end, klass, f, (uint32_t)(c->depth > 1000 ? 1000 : c->depth));
}

static uint32_t class_of_gap(scan *c, uint8_t next) {
  bool closes = next == '}' || next == ']';
  switch (c->state) {
  case S_COLON: return DLP_G_BEFORE_COLON;
  case S_VALUE_OR_CLOSE: case S_KEY_OR_CLOSE: return closes ? DLP_G_EMPTY : DLP_G_OPEN;
  case S_COMMA: return closes ? DLP_G_CLOSE : next == ',' ? DLP_G_BEFORE_COMMA : DLP_G_OTHER;
  case S_KEY: return closes ? DLP_G_OTHER : DLP_G_AFTER_COMMA_OBJECT;
  case S_VALUE:
    if (c->depth == 0) return DLP_G_OTHER;
    return c->object ? DLP_G_AFTER_COLON : closes ? DLP_G_OTHER : DLP_G_AFTER_COMMA_ARRAY;
  default: return DLP_G_OTHER;
  }
}

static void after_value(scan *c) { c->state = c->depth ? S_COMMA : S_END; }

static void open_bracket(scan *c, uint8_t b) {
  open_container(c, b == '{', c->at);
  c->at++;
  c->state = b == '{' ? S_KEY_OR_CLOSE : S_VALUE_OR_CLOSE;
}

static void close_bracket(scan *c, uint8_t b) {
  uint64_t at = c->at++;
  if (c->depth == 0) {
    dlp_error_at(c, DLP_E_MISMATCHED_CLOSE, at, 1);
    return;
  }
  if (c->object != (b == '}')) dlp_error_at(c, DLP_E_MISMATCHED_CLOSE, at, 1);
  switch (c->state) {
  case S_KEY: dlp_error_at(c, DLP_E_TRAILING_COMMA, at, 1); break;
  case S_VALUE: dlp_error_at(c, c->object ? DLP_E_MISSING_VALUE : DLP_E_TRAILING_COMMA, at, 1); break;
  case S_COLON: dlp_error_at(c, DLP_E_MISSING_COLON, at, 1); break;
  default: break;
  }
  dlp_frame *f = c->top;
  const bool piece = f && !f->object && f->pieces >= 2 && f->pieces == f->strings && f->varied;
  const bool spells = f && !f->object && (piece || f->symbols >= 6 || f->strings >= 16) &&
                      !(c->s->result.census & DLP_C_SYMBOL_ARRAY) && dlp_array_says(c, f->bracket + 1, at, f->strings, piece);
  bool empty = c->state == S_VALUE_OR_CLOSE || c->state == S_KEY_OR_CLOSE;
  close_container(c);
  dlp_frame *parent = c->top;
  if (empty && parent && !parent->object) parent->symbols++, c->empties++;
  if (spells || c->empties >= 6) c->s->result.census |= DLP_C_SYMBOL_ARRAY;
  after_value(c);
}

/* A member of an array that could be a symbol of a message: a small number, a few characters, digits of base64, a
 * literal, an empty container. Enough of them in one array ask for the second pass of covert/structure.py. */
static void note_symbol(scan *c, uint64_t start, uint64_t end) {
  dlp_frame *f = c->top;
  if (!f || f->object) return;
  const uint8_t *p = c->p + start;
  uint64_t n = end - start;
  if (n && *p == '"') {
    n -= n >= 2 ? 2 : n;
    f->strings++;
    f->symbols += n <= 4;
    if (f->pieces + 1 == f->strings) { /* so far all are */
      bool capital = false, low = false, all = true;
      for (uint64_t i = 1; i <= n && all; i++) {
        bool is_low = (uint8_t)(p[i] - 'a') < 26, is_capital = (uint8_t)(p[i] - 'A') < 26;
        low |= is_low;
        capital |= is_capital || digit(p[i]);
        all = is_low || is_capital || digit(p[i]) || p[i] == '+' || p[i] == '/' || p[i] == '=' || p[i] == '-' || p[i] == '_';
      }
      f->pieces += all;
      f->varied |= (low && capital) || (capital && n >= 2);
    }
  } else {
    f->symbols += n <= 3 || *p == 't' || *p == 'f' || *p == 'n';
  }
}

static void value(scan *c, uint8_t b) {
  uint64_t start = c->at;
  switch (b) {
  case '"': case '\'': string_value(c); break;
  case '{': case '[': open_bracket(c, b); return;
  default:
    if (digit(b) || b == '-' || b == '+' || b == '.') number_value(c);
    else word_token(c, false);
  }
  note_symbol(c, start, c->at);
  after_value(c);
}

static bool starts_value(uint8_t b) {
  return b == '"' || b == '\'' || b == '{' || b == '[' || b == '-' || b == '+' || b == '.' || word_char(b);
}

/* One token that starts with b. */
static void token(scan *c, uint8_t b) {
  uint64_t at = c->at;
  if (b == '/') {
    uint64_t end = comment(c);
    if (end) {
      dlp_error_at(c, DLP_E_COMMENT, at, end - at);
      c->at = end;
      return;
    }
  }
  if (b == 0 || !(starts_value(b) || b == '}' || b == ']' || b == ',' || b == ':')) {
    dlp_error_at(c, b ? DLP_E_UNEXPECTED_BYTE : DLP_E_NUL, at, 1);
    while (c->at < c->size && c->p[c->at] == b) c->at++; /* a run of the same is one error */
    return;
  }
  if (c->state == S_END) {
    dlp_error_at(c, DLP_E_TRAILING_DATA, at, c->size - at);
    c->state = S_VALUE;
  }
  switch (b) {
  case '}': case ']': close_bracket(c, b); return;
  case ',':
    c->at++;
    if (c->state == S_COMMA) {
      c->state = c->object ? S_KEY : S_VALUE;
    } else {
      dlp_error_at(c, DLP_E_MISSING_VALUE, at, 1);
      if (c->depth) c->state = c->object ? S_KEY : S_VALUE;
    }
    return;
  case ':':
    c->at++;
    if (c->state == S_COLON) c->state = S_VALUE;
    else dlp_error_at(c, DLP_E_UNEXPECTED_BYTE, at, 1);
    return;
  default: break;
  }
  switch (c->state) {
  case S_COMMA:
    dlp_error_at(c, DLP_E_MISSING_COMMA, at, 0);
    c->state = c->object ? S_KEY : S_VALUE;
    break;
  case S_COLON:
    dlp_error_at(c, DLP_E_MISSING_COLON, at, 0);
    c->state = S_VALUE;
    break;
  default: break;
  }
  if (c->state == S_KEY || c->state == S_KEY_OR_CLOSE) {
    if (b == '"' || b == '\'') {
      uint64_t start = at + 1;
      if (b == '\'') dlp_error_at(c, DLP_E_SINGLE_QUOTES, at, 1);
      uint32_t flags;
      uint64_t end = dlp_string(c, &flags);
      c->s->result.strings++;
      dlp_key(c, start, end, flags);
      c->state = S_COLON;
    } else if ((word_char(b) && !digit(b) && b < 0x80)) {
      word_token(c, true);
      c->state = S_COLON;
    } else {
      dlp_error_at(c, DLP_E_INVALID_KEY, at, 1);
      value(c, b);
      if (c->state == S_COMMA && c->object) c->state = S_COLON;
    }
    return;
  }
  value(c, b);
}

static inline bool bare_word_at(const scan *c, const char *word, uint64_t n) {
  return c->size - c->at > n && memcmp(c->p + c->at, word, n) == 0 && !word_char(c->p[c->at + n]);
}

/* Members of an object from the opening quote of a key on, as long as they are written without white space and their
 * values are no containers: what token and gap would do, one after the other. Returns whether the gap behind the last
 * token is still to be noted; if not, a value comes next. */
static inline void member_key(scan *c) {
  if (!c->glances || !dlp_expected_key(c)) {
    uint64_t start = c->at + 1;
    uint32_t flags;
    uint64_t end = dlp_string(c, &flags);
    c->s->result.strings++;
    dlp_key(c, start, end, flags);
  }
  c->state = S_COLON;
}

/* A value that is no container and no mistake; false: it is one. */
static inline bool member_value(scan *c, uint8_t b) {
  if (b == '"') string_value(c);
  else if (digit(b) || b == '-') number_value(c);
  else if (b == 't' && bare_word_at(c, "true", 4)) c->at += 4;
  else if (b == 'n' && bare_word_at(c, "null", 4)) c->at += 4;
  else if (b == 'f' && bare_word_at(c, "false", 5)) c->at += 5;
  else return false;
  c->state = S_COMMA;
  return true;
}

static bool plain_members(scan *c) {
  const uint8_t *p = c->p;
  dlp_frame *f = c->top;
  uint64_t(*empty)[DLP_CONTEXTS] = c->s->census.empty;
  const uint32_t context = dlp_context(c->depth);
  c->s->census.waiting |= 1u << DLP_G_BEFORE_COLON | 1u << DLP_G_AFTER_COLON | 1u << DLP_G_BEFORE_COMMA | 1u << DLP_G_AFTER_COMMA_OBJECT;
  for (;;) {
    member_key(c);
    if (c->at >= c->size || p[c->at] != ':') return true;
    empty[DLP_G_BEFORE_COLON][context]++;
    c->at++;
    c->state = S_VALUE;
    if (c->at >= c->size || white(p[c->at])) return true;
    empty[DLP_G_AFTER_COLON][context]++;
    f->first = 0;
    if (!member_value(c, p[c->at])) return false;
    if (c->at >= c->size || p[c->at] != ',' || c->no_memory) return true;
    empty[DLP_G_BEFORE_COMMA][context]++;
    c->at++;
    c->state = S_KEY;
    if (c->at >= c->size || p[c->at] != '"') return true;
    empty[DLP_G_AFTER_COMMA_OBJECT][context]++;
  }
}

/* The same of arrays, from an item on that is a number or an array, as long as their items are. The gap behind the last token is
 * still to be noted. */
static inline bool plain_item(uint8_t b) { return digit(b) || b == '-' || b == '['; }
static void plain_items(scan *c) {
  const uint8_t *p = c->p;
  dlp_census *census = &c->s->census;
  census->waiting |= 1u << DLP_G_OPEN | 1u << DLP_G_CLOSE | 1u << DLP_G_BEFORE_COMMA | 1u << DLP_G_AFTER_COMMA_ARRAY;
  for (;;) {
    const uint64_t start = c->at;
    if (p[start] == '[') {
      open_bracket(c, '[');
      if (!c->top || c->at >= c->size || !plain_item(p[c->at])) return;
      census->empty[DLP_G_OPEN][0]++;
      c->top->broken = 1, c->top->first = 0;
      continue;
    }
    number_value(c);
    note_symbol(c, start, c->at);
    c->state = S_COMMA;
    while (c->at < c->size && p[c->at] == ']' && c->top->open_len == 0) {
      census->empty[DLP_G_CLOSE][0]++;
      close_bracket(c, ']');
      if (!c->top || c->object || c->top->broken >= 2) return;
    }
    if (c->size - c->at < 2 || p[c->at] != ',' || c->no_memory) return;
    const uint32_t context = dlp_context(c->depth);
    census->empty[DLP_G_BEFORE_COMMA][context]++;
    c->at++;
    c->state = S_VALUE;
    if (!plain_item(p[c->at])) return;
    census->empty[DLP_G_AFTER_COMMA_ARRAY][context]++;
  }
}

/* The same of members a line each, with one space behind their colons. */
static bool lined_members(scan *c) {
  const uint8_t *p = c->p;
  dlp_frame *f = c->top;
  dlp_census *census = &c->s->census;
  const uint32_t context = dlp_context(c->depth);
  for (;;) {
    member_key(c);
    if (c->size - c->at < 3 || p[c->at] != ':' || p[c->at + 1] != ' ' || white(p[c->at + 2]) ||
        !dlp_note_plain_colon(census, c->at + 2, context))
      return true;
    c->at += 2;
    f->first = 0;
    c->state = S_VALUE;
    if (!member_value(c, p[c->at])) return false;
    const uint64_t indent = f->indent_len, line = c->at + 2;
    if (c->size - c->at < indent + 3 || p[c->at] != ',' || c->no_memory) return true;
    if (p[c->at + 1] != '\n' || p[line + indent] != '"' || memcmp(p + line, p + f->indent, indent) != 0 ||
        !dlp_note_plain_line(census, line, f, context))
      return true;
    census->empty[DLP_G_BEFORE_COMMA][context]++;
    census->waiting |= 1u << DLP_G_BEFORE_COMMA;
    c->at = line + indent;
    c->state = S_KEY;
  }
}

static int not_utf8(const uint8_t *p, uint64_t n) { /* UTF-16 or UTF-32, by mark or by the NULs of ASCII */
  if (n >= 2 && ((p[0] == 0xFF && p[1] == 0xFE) || (p[0] == 0xFE && p[1] == 0xFF))) return 1;
  if (n >= 4 && p[0] == 0 && p[1] == 0 && p[2] == 0xFE && p[3] == 0xFF) return 1;
  if (n < 4) return n >= 2 && (p[0] == 0) != (p[1] == 0);
  uint32_t zeros = 0;
  for (int i = 0; i < 4; i++) zeros |= (uint32_t)(p[i] == 0) << i;
  /* 00 xx 00 xx, xx 00 xx 00, 00 00 00 xx, xx 00 00 00 */
  return zeros == 5 || zeros == 10 || zeros == 7 || zeros == 14;
}

static int begin(scan *c, dlp_scanner *s, const dlp_prefilter *pf, const uint8_t *data, size_t size,
                 const dlp_limits *limits, uint32_t options) {
  if (!s || (!data && size) || !limits) return DLP_EINVAL;
  memset(c, 0, sizeof *c);
  c->s = s;
  c->pf = options & DLP_O_NO_PREFILTER ? NULL : pf;
  c->p = data;
  c->size = size;
  c->limits = *limits;
  if (c->limits.max_candidates > 0xFFFFFFF0u) c->limits.max_candidates = 0xFFFFFFF0u;
  c->options = options;
  c->lanes = dlp_prefilter_lanes(pf);
  c->shapes = c->pf ? dlp_prefilter_shapes(c->pf) : 0;
  c->glances = c->pf && !(options & (DLP_O_TOKENS | DLP_O_THOROUGH)) && !(c->shapes >> DLP_SHAPE_ALWAYS & 1);
  memset(&s->result, 0, sizeof s->result);
  dlp_census_reset(&s->census);
  if (s->key_stack_n) dlp_forget_open_keys(s);
  s->raw_n = s->siblings_n = 0;
  c->next_key = &s->first_key;
  s->scans++;
  if (s->sets_of != pf || s->sets_n > 1u << 16) {
    if (s->sets_of) memset(s->known, 0, sizeof s->known);
    if (s->strings) memset(s->strings, 0, KNOWN_STRINGS * sizeof *s->strings);
    else s->strings = calloc(KNOWN_STRINGS, sizeof *s->strings);
    s->sets_n = 0;
    s->sets_of = pf;
  }
  return DLP_OK;
}

/* Whether the census has a mixture that a consistent writer does not make. */
static bool odd(uint64_t census) {
  const uint64_t alone = DLP_C_ESCAPED_SOLIDUS | DLP_C_ESCAPED_ALNUM | DLP_C_ESCAPED_PUNCTUATION |
                         DLP_C_NUMBER_EXPONENT | DLP_C_NUMBER_ZEROS | DLP_C_NUMBER_MINUS_ZERO | DLP_C_NUMBER_LONG |
                         DLP_C_KEY_ORDER | DLP_C_LITERAL_CASE | DLP_C_BASE64_SLACK | DLP_C_UNICODE | DLP_C_SPACE_RUN | DLP_C_SYMBOL_ARRAY | DLP_C_LONG_CONTROL;
  const uint64_t pairs[][2] = {{DLP_C_ESCAPED_NON_ASCII, DLP_C_RAW_NON_ASCII}, {DLP_C_HEX_UPPER, DLP_C_HEX_LOWER}};
  bool mixed = census & alone;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) mixed |= (census & pairs[i][0]) && (census & pairs[i][1]);
  return mixed;
}

static int finish(scan *c) {
  dlp_scanner *s = c->s;
  dlp_result *r = &s->result;
  if (c->pf) dlp_flush_raw(c, UINT64_MAX);
  r->errors = s->errors;
  r->tokens = s->tokens;
  r->hits = s->hits;
  r->gaps = s->gaps;
  if (c->no_memory) return DLP_ENOMEM;
  dlp_census_flush(&s->census);
  bool priced = false;
  for (uint32_t k = 0; k < DLP_S_COUNT; k++) {
    dlp_counts *n = &s->census.stream[k];
    r->stream_n[k] = n->n;
    if (!n->touched && n->novel == 0) continue;
    r->stream_bits[k] = dlp_price(n) + n->novel;
    r->novel_bits[k] = n->novel;
    priced |= r->stream_bits[k] > 0;
  }
  uint64_t tail = c->size - r->tail_start;
  bool plain_tail = tail == 0 || (tail == 1 && c->p[c->size - 1] == '\n') ||
                    (tail == 2 && c->p[c->size - 2] == '\r' && c->p[c->size - 1] == '\n');
  r->complete_document = r->errors_seen == 0;
  bool quiet = false;
  if (c->options & DLP_O_SETTLE && (priced || odd(r->census))) {
    dlp_settle(r, &s->choosing, c->p, c->size);
    for (uint32_t k = 0; k < DLP_Q_COUNT; k++) quiet |= r->quiet_bits[k] > 0;
    priced = false;
    for (uint32_t k = 0; k < DLP_S_COUNT; k++) priced |= r->stream_bits[k] > 0;
  }
  return odd(r->census) || r->errors_seen || r->n_hits || r->truncated || priced || quiet || r->lead_end || !plain_tail || r->n_tokens ||
         r->n_gaps;
}

int dlp_scan(dlp_scanner *s, const dlp_prefilter *pf, const uint8_t *data, size_t size, const dlp_limits *limits,
             uint32_t options) {
  scan context, *c = &context;
  int rc = begin(c, s, pf, data, size, limits, options);
  if (rc) return rc;
  if (c->pf) dlp_find_raw_literals(c);
  if (not_utf8(data, size)) dlp_error_at(c, DLP_E_NOT_UTF8, 0, size);
  if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
    dlp_error_at(c, DLP_E_BYTE_ORDER_MARK, 0, 3);
    c->at = 3;
  }
  uint64_t start = c->at;
  while (c->at < size && white(data[c->at])) c->at++;
  s->result.lead_end = c->at;
  if (c->at > start) {
    if (c->options & DLP_O_GAPS) gap(c, start, c->at, DLP_G_LEAD);
  } else {
    s->result.lead_end = 0;
  }
  c->state = S_VALUE;
  s->result.tail_start = size;
  if (c->at == size) {
    dlp_error_at(c, DLP_E_EMPTY, 0, size);
    return finish(c);
  }
  const bool gaps_kept = c->options & DLP_O_GAPS;
  for (;;) {
    if (data[c->at] == '"' && (c->state == S_KEY || c->state == S_KEY_OR_CLOSE) && c->top && !gaps_kept) {
      if (!(c->top->broken < 2 ? plain_members(c) : lined_members(c))) continue;
    } else if ((c->state == S_VALUE || c->state == S_VALUE_OR_CLOSE) && plain_item(data[c->at]) && !c->object && c->top && c->top->broken < 2 && !gaps_kept) {
      plain_items(c);
    } else {
      token(c, data[c->at]);
    }
    uint64_t end = c->at;
    while (c->at < size && white(data[c->at])) c->at++;
    if (c->at == size) {
      s->result.tail_start = end;
      if (c->options & DLP_O_GAPS) gap(c, end, size, DLP_G_TAIL);
      break;
    }
    if (c->state != S_END) gap(c, end, c->at, class_of_gap(c, data[c->at]));
    else if (c->at > end) gap(c, end, c->at, DLP_G_OTHER);
    if (c->no_memory) return DLP_ENOMEM;
  }
  if (c->state != S_END) dlp_error_at(c, DLP_E_UNEXPECTED_END, size, 0);
  return finish(c);
}

int dlp_scan_text(dlp_scanner *s, const dlp_prefilter *pf, const uint8_t *data, size_t size, const dlp_limits *limits) {
  scan context, *c = &context;
  int rc = begin(c, s, pf, data, size, limits, 0);
  if (rc) return rc;
  if (c->pf) {
    size_t plain = 0;
    while (plain < size && data[plain] < 0x80) plain++;
    (void)dlp_candidate(c, 0, size, DLP_T_TEXT, plain < size ? DLP_F_FOLD : 0);
  }
  s->result.tail_start = size;
  return finish(c);
}
