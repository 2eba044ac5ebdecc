/* Which tokens become candidates: a token is one where its text, or a key around it, holds what some rule asks for.
 *
 * A string without escapes is looked at where it stands, another one decoded, and what a reader would take for other
 * characters folded on top. Literals that may stand across strings are found in one pass before all else, and given to
 * the token that they lie in.
 */
#include "glance.h"
#include "scan.h"

uint32_t dlp_add_token(scan *c, uint64_t start, uint64_t end, uint32_t kind, uint32_t flags) {
  dlp_result *r = &c->s->result;
  if (r->n_tokens >= c->limits.max_candidates) {
    r->truncated |= DLP_X_TOKENS;
    return DLP_NO_TOKEN;
  }
  if (!GROW(c, tokens, r->n_tokens + 1)) return DLP_NO_TOKEN;
  dlp_token *t = &c->s->tokens[r->n_tokens];
  memset(t, 0, sizeof *t);
  t->start = start;
  t->end = end;
  t->kind = kind;
  t->flags = flags;
  const dlp_frame *f = c->top;
  if (f) {
    uint32_t at = f->object && kind != DLP_T_KEY ? (uint32_t)c->depth : f->object_up;
    for (uint32_t k = 0; k < DLP_PATH && at; k++) {
      const dlp_frame *o = &c->s->frames[at - 1];
      t->key_start[k] = o->key_start;
      t->key_end[k] = o->key_end;
      at = o->object_up;
    }
  }
  return (uint32_t)r->n_tokens++;
}

/* Whether a trigger was told of this token already. What comes again in it calls nothing else, and an attacker can make
 * it come at every second byte. */
static bool told(scan *c, uint32_t token, uint32_t trigger) {
  const uint64_t cap = c->s->told_cap, at = 2 * (uint64_t)trigger + (token == DLP_NO_TOKEN);
  if (at >= cap) {
    if (!GROW(c, told, at + 1)) return false;
    memset(c->s->told + cap, 0, (c->s->told_cap - cap) * sizeof *c->s->told);
  }
  const uint64_t mark = c->s->scans << 32 | token;
  const bool again = c->s->told[at] == mark;
  c->s->told[at] = mark;
  return again;
}

static void add_hit(scan *c, uint32_t token, uint32_t trigger, uint64_t offset) {
  enum { FEW = 32 };
  dlp_result *r = &c->s->result;
  if (r->n_hits >= FEW && told(c, token, trigger)) return;
  if (r->n_hits >= c->limits.max_candidates * 4) {
    r->truncated |= DLP_X_TOKENS;
    return;
  }
  if (!GROW(c, hits, r->n_hits + 1)) return;
  c->s->hits[r->n_hits++] = (dlp_hit){.offset = offset, .token = token, .trigger = trigger};
}

static void report(dlp_pending *t, uint32_t trigger, uint64_t offset) {
  t->called = true;
  if (t->token == DLP_NO_TOKEN) {
    t->token = dlp_add_token(t->c, t->start, t->end, t->kind, t->flags);
    if (t->token == DLP_NO_TOKEN) return;
  }
  add_hit(t->c, t->token, trigger, offset);
}

static void on_rule(void *context, uint32_t rule) {
  dlp_pending *t = context;
  const dlp_prefilter *pf = t->c->pf;
  report(t, DLP_SHAPE_COUNT + dlp_literal_count(pf) + dlp_word_count(pf) + rule, t->offset);
}

/* A turn of its own for each text that is asked about. */
static uint32_t next_turn(scan *c) {
  const uint32_t n = dlp_rule_count(c->pf);
  const uint64_t had = c->s->turns_cap;
  if (!n) return 1;
  if (had < n && !GROW(c, turns, n)) return 0;
  if (had < n || ++c->s->turn == 0) {
    memset(c->s->turns, 0, c->s->turns_cap * sizeof *c->s->turns);
    c->s->turn = 1;
  }
  return c->s->turn;
}

static void called_by(dlp_pending *t, uint32_t trigger, uint64_t offset, uint64_t at, bool beside) {
  if (t->text) {
    if (!t->turn) t->turn = next_turn(t->c);
    t->offset = offset;
    const dlp_asked asked = {t->c->s->turns, t->turn, on_rule, t};
    if (t->turn && !dlp_ask(t->c->pf, trigger, t->kind, t->text, t->n, at, &t->makeup, beside, &asked)) return;
  }
  report(t, trigger, offset);
}

void dlp_pending_hit(dlp_pending *t, uint32_t trigger, uint64_t offset, uint64_t at) { called_by(t, trigger, offset, at, false); }

static void shape_hits(dlp_pending *t, uint32_t shapes) {
  for (; shapes; shapes &= shapes - 1) dlp_pending_hit(t, (uint32_t)__builtin_ctz(shapes), 0, 0);
}

static void on_literal(void *context, uint64_t offset, uint32_t literal) {
  dlp_pending_hit(context, DLP_SHAPE_COUNT + literal, offset, offset);
}

static void on_literal_inside(void *context, uint64_t offset, uint32_t literal) {
  dlp_pending *t = context;
  dlp_pending_hit(t, DLP_SHAPE_COUNT + literal, t->start + offset, offset);
}

static void on_literal_escaped(void *context, uint64_t offset, uint32_t literal) {
  dlp_pending *t = context;
  add_hit(t->c, DLP_NO_TOKEN, DLP_SHAPE_COUNT + literal, t->start + offset);
}

static void on_word(void *context, uint32_t word) { /* of a key around it */
  dlp_pending *t = context;
  called_by(t, DLP_SHAPE_COUNT + dlp_literal_count(t->c->pf) + word, 0, 0, false);
}

static void on_word_beside(void *context, uint32_t word) {
  dlp_pending *t = context;
  called_by(t, DLP_SHAPE_COUNT + dlp_literal_count(t->c->pf) + word, 0, 0, true);
}

/* --- literals that may stand across strings ------------------------------------------------------------------------ */

static void on_raw_literal(void *context, uint64_t offset, uint32_t literal) {
  scan *c = context;
  if (c->s->raw_n >= c->limits.max_candidates) {
    c->s->result.truncated |= DLP_X_TOKENS;
    return;
  }
  if (!GROW(c, raw, c->s->raw_n + 1)) return;
  c->s->raw[c->s->raw_n++] = (dlp_hit){.offset = offset, .token = DLP_NO_TOKEN, .trigger = literal};
}

static int by_offset(const void *a, const void *b) {
  const dlp_hit *x = a, *y = b;
  return x->offset != y->offset ? (x->offset < y->offset ? -1 : 1) : (x->trigger > y->trigger) - (x->trigger < y->trigger);
}

void dlp_find_raw_literals(scan *c) {
  dlp_literals_across(c->pf, c->p, c->size, on_raw_literal, c);
  if (c->s->raw_n > 1) qsort(c->s->raw, c->s->raw_n, sizeof *c->s->raw, by_offset);
}

void dlp_flush_raw(scan *c, uint64_t before) {
  while (c->raw_at < c->s->raw_n && c->s->raw[c->raw_at].offset < before) {
    dlp_hit h = c->s->raw[c->raw_at++];
    add_hit(c, DLP_NO_TOKEN, DLP_SHAPE_COUNT + h.trigger, h.offset);
  }
}

/* Literals up to a token's end: its own if they lie inside, else nobody's. */
void dlp_raw_literals(dlp_pending *t, bool own) {
  scan *c = t->c;
  dlp_scanner *s = c->s;
  if (c->raw_at >= s->raw_n || s->raw[c->raw_at].offset >= t->end) return;
  dlp_flush_raw(c, t->start);
  while (c->raw_at < s->raw_n && s->raw[c->raw_at].offset < t->end) {
    dlp_hit h = s->raw[c->raw_at++];
    if (own && h.offset + dlp_literal_length(c->pf, h.trigger) <= t->end)
      dlp_pending_hit(t, DLP_SHAPE_COUNT + h.trigger, h.offset, h.offset - t->start);
    else add_hit(c, DLP_NO_TOKEN, DLP_SHAPE_COUNT + h.trigger, h.offset);
  }
}

/* --- words of the keys around --------------------------------------------------------------------------------------- */

static void hit_set(dlp_pending *t, uint32_t set) {
  const uint32_t *at = t->c->s->sets + (set - 1);
  uint32_t n = at[0];
  for (uint32_t i = 0; i < n; i++) on_word(t, t->c->s->sets[set + i]);
}

/* Words of the keys around a token; those of a key that comes again count once. A key is not on its own path. */
void dlp_words_around(dlp_pending *t) {
  scan *c = t->c;
  const dlp_frame *f = c->top;
  if (!f) return;
  uint32_t at = f->object && f->words && t->kind != DLP_T_KEY ? (uint32_t)c->depth : f->words_up, seen[DLP_PATH], n = 0;
  for (uint32_t k = 0; k < DLP_PATH && at; k++) {
    const dlp_frame *o = &c->s->frames[at - 1];
    uint32_t again = 0;
    while (again < n && seen[again] != o->words) again++;
    if (again == n) hit_set(t, seen[n++] = o->words);
    at = o->words_up;
  }
}

/* --- one text --------------------------------------------------------------------------------------------------------- */

/* Shapes that a text of this make-up could have. */
uint32_t dlp_possible_shapes(const dlp_glance *g) {
  uint32_t mask = 0;
  if (g->digits) {
    if (g->digits >= 6) {
      mask |= 1u << DLP_SHAPE_DIGITS;
      if (g->digits >= 7 && (g->grouped || g->long_digits)) mask |= 1u << DLP_SHAPE_PHONE;
      if (g->digits >= 9 && g->grouped) mask |= 1u << DLP_SHAPE_SSN;
      if (g->digits >= 12 && (g->grouped || g->long_digits)) mask |= 1u << DLP_SHAPE_CARD;
    }
    if (g->digits >= 4 && g->n >= 8) {
      if (g->long_code) mask |= 1u << DLP_SHAPE_CODE;
      if (g->digits >= 9 && g->grouped) mask |= 1u << DLP_SHAPE_GROUPED;
      if (g->digits >= 15 && g->long_digits) mask |= 1u << DLP_SHAPE_DATED;
    }
    if (g->long_word && g->n >= 26) mask |= 1u << DLP_SHAPE_BASE58;
    if (g->n >= 20) mask |= 1u << DLP_SHAPE_ENTROPY;
    if (g->digits >= 4 && g->dots >= 3) mask |= 1u << DLP_SHAPE_IPV4;
    if (g->long_run && g->dots && g->n >= 42) mask |= 1u << DLP_SHAPE_LABEL;
  }
  if (g->letters_digits && g->n >= 15) mask |= 1u << DLP_SHAPE_IBAN;
  if (g->double_colon || g->marks >= 5) mask |= 1u << DLP_SHAPE_IPV6;
  if (g->marks >= 5) mask |= 1u << DLP_SHAPE_MAC;
  if (g->at_sign) mask |= 1u << DLP_SHAPE_EMAIL;
  if (g->equals && g->n >= 65) mask |= 1u << DLP_SHAPE_QUERY;
  return mask;
}

static void shapes_and_layers(dlp_pending *t, const uint8_t *p, size_t n, size_t readable) {
  scan *c = t->c;
  uint32_t wanted = c->shapes;
  bool decode = wanted & (1u << DLP_SHAPE_LAYER) && n >= (t->kind == DLP_T_KEY ? 16u : 5u), layer = false;
  while (n && (p[0] == ' ' || p[0] == '\n' || p[0] == '\r' || p[0] == '\t')) p++, n--, readable--;
  while (n && (p[n - 1] == ' ' || p[n - 1] == '\n' || p[n - 1] == '\r' || p[n - 1] == '\t')) n--;
  if (n == 0) return;
  const bool id = dlp_is_id(p, n);
  if (id) decode = false;
  bool path = dlp_is_path(p, n);
  dlp_scanner *into = dlp_calls_every_layer(c->pf) ? NULL : c->s;
  dlp_survey s;
  dlp_survey_begin(&s);
  for (size_t at = 0, done = 0; at < n;) {
    at = c->lanes->survey(p, n, at, readable, path, &s);
    if (s.n_starts && decode && !layer) layer = dlp_runs_hold_layer(c->pf, into, p, n, path, &s, &done);
    s.n_starts = 0;
  }
  bool time = dlp_is_time(p, n, s.digits);
  const dlp_glance g = {.n = n, .digits = s.digits, .marks = s.marks, .dots = s.dots, .letters_digits = s.letters_digits,
                        .double_colon = s.double_colon, .long_run = s.long_run, 
                        .long_word = true, .long_code = true, .long_digits = true, .grouped = true, .at_sign = s.signs, .equals = s.signs};
  uint32_t shapes = dlp_wanted_in(wanted, time, id) & dlp_possible_shapes(&g);
  shapes = dlp_long_enough(c->pf, shapes, n, s.digits);
  if (shapes) shape_hits(t, dlp_shapes(p, n, shapes));
  if (decode && n >= 5 && !time && (layer || dlp_is_layer(c->pf, into, p, n, path, &s))) {
    t->flags |= DLP_F_LAYER;
    dlp_pending_hit(t, DLP_SHAPE_LAYER, 0, 0);
    if (t->token != DLP_NO_TOKEN) c->s->tokens[t->token].flags |= DLP_F_LAYER;
  }
  if (dlp_wants_words(c->pf, s.digits, s.letters, s.code, s.long_run)) dlp_words(c->pf, p, n, on_word_beside, t);
}

/* What a reader takes a text for calls rules too. */
static void folded_text(dlp_pending *t, const uint8_t *text, uint64_t n) {
  scan *c = t->c;
  if (!GROW(c, folded, n + 16)) return;
  size_t m = dlp_fold(text, n, c->s->folded, NULL, NULL);
  if (m == n) return; /* every change shortens */
  text = c->s->folded;
  t->text = text;
  t->n = m;
  t->makeup.known = false;
  t->turn = 0;
  dlp_literals(c->pf, text, m, m, on_literal, t);
  uint32_t shapes = dlp_shapes(text, m, c->shapes);
  shape_hits(t, shapes);
  dlp_words(c->pf, text, m, on_word_beside, t);
  dlp_words_around(t);
}

static bool candidate(scan *c, uint64_t start, uint64_t end, uint32_t kind, uint32_t flags, bool thorough) {
  enum { ROOM = 64 };
  dlp_scanner *s = c->s;
  dlp_pending t = {.c = c, .start = start, .end = end, .kind = kind, .flags = flags, .token = DLP_NO_TOKEN};
  if (c->options & DLP_O_TOKENS) t.token = dlp_add_token(c, start, end, kind, flags);
  if (!c->pf) return true;
  const uint8_t *text = c->p + start;
  uint64_t n = end - start, readable = c->size - start;
  bool decoded = flags & DLP_F_ESCAPED, inside = !decoded && kind != DLP_T_TEXT;
  if (decoded) {
    if (dlp_raw_inside(c->pf)) dlp_literals_inside(c->pf, text, n, readable, on_literal_escaped, &t);
    if (!GROW(c, scratch, n + ROOM)) return true;
    n = dlp_unescape(text, n, s->scratch, NULL, NULL);
    text = s->scratch;
    memset(s->scratch + n, 0, ROOM);
    readable = n + ROOM;
  }
  t.text = text;
  t.n = n;
  dlp_raw_literals(&t, !decoded);
  if (thorough || !dlp_pass_over(c->pf, s, text, n, readable, kind, inside, c->shapes)) {
    if (inside) dlp_literals_inside(c->pf, text, n, readable, on_literal_inside, &t);
    else dlp_literals(c->pf, text, n, readable, on_literal, &t);
    shapes_and_layers(&t, text, n, readable);
  }
  if (c->shapes & (1u << DLP_SHAPE_ALWAYS)) dlp_pending_hit(&t, DLP_SHAPE_ALWAYS, 0, 0);
  bool called = t.called;
  dlp_words_around(&t);
  if (flags & DLP_F_FOLD) folded_text(&t, text, n);
  return called || t.called;
}

bool dlp_candidate(scan *c, uint64_t start, uint64_t end, uint32_t kind, uint32_t flags) {
  return candidate(c, start, end, kind, flags, c->options & DLP_O_THOROUGH);
}

bool dlp_look_at(scan *c, uint64_t start, uint64_t end, uint32_t kind, uint32_t flags, bool nothing) {
  if (!nothing) return candidate(c, start, end, kind, flags, true);
  const dlp_frame *f = c->top;
  if (c->raw_at >= c->s->raw_n && !(f && (f->words || f->words_up))) return false;
  dlp_pending t;
  memset(&t, 0, sizeof t);
  t.c = c, t.start = start, t.end = end, t.kind = kind, t.flags = flags, t.token = DLP_NO_TOKEN;
  t.text = c->p + start, t.n = end - start;
  dlp_raw_literals(&t, true);
  dlp_words_around(&t);
  return t.called;
}
