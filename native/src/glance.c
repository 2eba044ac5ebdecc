/* Whether one look at a text is enough to pass it over: most texts hold nothing that any rule asks for.
 *
 * It may refuse what holds nothing, and never passes what holds something: each test here follows from one that
 * candidates.c makes. What is not passed over is looked at in full, so that a mistake costs time and no finding.
 */
#include "glance.h"
#include "prefilter.h"

enum { KEPT = 8 };

typedef struct seen { /* literals in a text whose length may not be known yet */
  uint64_t offset[KEPT];
  uint32_t literal[KEPT], n;
} seen;

typedef struct look {
  const dlp_prefilter *pf;
  const uint8_t *p;
  size_t n;
  uint32_t kind;
  dlp_makeup makeup;
  bool calls; /* something in the text calls a rule */
} look;

static void on_literal(void *context, uint64_t offset, uint32_t literal) {
  seen *s = context;
  if (s->n < KEPT) s->offset[s->n] = offset, s->literal[s->n] = literal;
  s->n++;
}

static void on_word(void *context, uint32_t word) {
  look *l = context;
  if (!l->calls) l->calls = dlp_meets(l->pf, DLP_SHAPE_COUNT + l->pf->n_literals + word, l->kind, l->p, l->n, 0, &l->makeup, true);
}

static inline bool white(uint8_t c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static bool shape_calls(look *l, const dlp_glance *g, uint32_t wanted) {
  uint32_t shapes = dlp_long_enough(l->pf, wanted & dlp_possible_shapes(g), l->n, g->digits);
  if (shapes)
    for (shapes = dlp_shapes(l->p, l->n, shapes); shapes; shapes &= shapes - 1)
      if (dlp_meets(l->pf, (uint32_t)__builtin_ctz(shapes), l->kind, l->p, l->n, 0, &l->makeup, false)) return true;
  return false;
}

/* What is left to say of a text once it was looked at. */
static bool holds_nothing(const dlp_prefilter *pf, dlp_scanner *into, const uint8_t *p, uint32_t kind, uint32_t wanted,
                          const dlp_glance *g, const seen *s) {
  size_t n = (size_t)g->n;
  if (n == 0) return true;
  if (white(p[0]) || white(p[n - 1]) || s->n > KEPT) return false;
  look l;
  l.pf = pf, l.p = p, l.n = n, l.kind = kind, l.makeup.known = false, l.calls = false;
  for (uint32_t k = 0; k < s->n; k++)
    if (dlp_meets(pf, DLP_SHAPE_COUNT + s->literal[k], kind, p, n, (size_t)s->offset[k], &l.makeup, false)) return false;
  const uint32_t email = wanted & (1u << DLP_SHAPE_EMAIL);
  if (g->at_sign && email && dlp_shapes(p, n, email)) return false; /* nearly each calls its rule, which is asked once */
  const bool time = dlp_is_time(p, n, g->digits), id = g->digits && dlp_is_id(p, n);
  if (!time && !id && wanted & (1u << DLP_SHAPE_LAYER) && n >= (kind == DLP_T_KEY ? 16u : 5u) && !dlp_no_layer(pf, into, p, n, g)) return false;
  if ((g->digits || g->at_sign || g->equals || g->marks >= 5 || g->double_colon) &&
      shape_calls(&l, g, dlp_wanted_in(wanted, time, id)))
    return false;
  if (dlp_wants_words(pf, g->digits, g->letters, g->code, g->long_run) && pf->n_words &&
      (!g->one || dlp_words_may_be(pf, p, g->word, g->letter, g->small)))
    dlp_words(pf, p, n, on_word, &l);
  return !l.calls;
}

bool dlp_pass_over(const dlp_prefilter *pf, dlp_scanner *into, const uint8_t *p, size_t n, size_t readable, uint32_t kind,
                   bool inside, uint32_t wanted) {
  seen s;
  s.n = 0;
  dlp_search search = {pf, p, n, inside ? 1u << INSIDE : ~0u, on_literal, &s};
  dlp_glance g;
  pf->lanes->glance(&pf->entries, &pf->windows, p, n, readable, &g, dlp_verify, &search);
  return holds_nothing(pf, into, p, kind, wanted, &g, &s);
}

bool dlp_pass_over_string(const dlp_prefilter *pf, dlp_scanner *into, const uint8_t *p, size_t readable, uint32_t kind,
                          uint32_t wanted, dlp_glance *g) {
  seen s;
  s.n = 0;
  dlp_search search = {pf, p, readable, 1u << INSIDE, on_literal, &s};
  pf->lanes->glance(&pf->entries, &pf->windows, p, SIZE_MAX, readable, g, dlp_verify, &search);
  return g->closed && holds_nothing(pf, into, p, kind, wanted, g, &s);
}
