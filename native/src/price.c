/* The price of a stream of choices, in bits, under the model of the honest writer.
 *
 * Theory of operation. A writer who makes the same choice each time carries nothing; one who varies carries at most
 * what his choices cost to describe. The description is the adaptive code of Krichevsky and Trofimov (IEEE Trans. Inf.
 * Theory 27(2), 1981): with counts n_i out of n, its length is log2 of G(n) over the product of G(n_i), up to a term
 * that depends on n alone; subtracting the length of a constant stream of the same n cancels that term:
 *     D(n_1, n_2, …) = g(n) − Σ g(n_i),   g(x) = log2 Γ(x + 1/2) − log2 Γ(1/2).
 * The price is the least D over three models of the writer: one habit (order 0), a habit that depends on the choice
 * before (order 1, which also follows two outputs joined together), and one that depends on the depth.
 * What was never seen before is paid for by its characters besides (`novel`).
 */
#include "internal.h"
#include <math.h>

static void reset_tables(dlp_counts *c) {
  memset(c->marginal, 0, sizeof c->marginal);
  memset(c->transition, 0, sizeof c->transition);
  memset(c->context, 0, sizeof c->context);
  memset(c->remembered, 0, sizeof c->remembered);
}

void dlp_counts_reset(dlp_counts *c) {
  if (c->touched || c->distinct) reset_tables(c);
  c->n = c->pending = 0;
  c->novel = 0;
  c->last = c->distinct = 0;
  c->touched = false;
}

/* Until a second symbol comes, a stream is only counted: `pending` choices of `last`. */
void dlp_count_slow(dlp_counts *c, uint32_t symbol, uint32_t context) {
  if (c->n == 1) { /* the first choice teaches the habit and costs nothing */
    c->last = symbol;
    c->pending = 1;
    return;
  }
  if (!c->touched) {
    c->touched = true;
    c->marginal[c->last] += (uint32_t)c->pending;
    c->transition[c->last][c->last] += (uint32_t)(c->pending - 1);
    c->context[DLP_CONTEXT_BEFORE][c->last] += (uint32_t)c->pending;
    c->pending = 0;
  }
  c->marginal[symbol]++;
  c->transition[c->last][symbol]++;
  c->context[context][symbol]++;
  c->last = symbol;
}

void dlp_count_zeros(dlp_counts *c, uint64_t n, uint32_t context) {
  if (n == 0) return;
  if (!c->touched && (c->n == 0 || c->last == 0)) {
    c->n += n;
    c->pending += n;
    c->last = 0;
    return;
  }
  dlp_count(c, 0, context);
  c->n += n - 1;
  c->marginal[0] += (uint32_t)(n - 1);
  c->transition[0][0] += (uint32_t)(n - 1);
  c->context[context][0] += (uint32_t)(n - 1);
}

uint32_t dlp_remember(dlp_counts *c, uint64_t hash, uint32_t first, double novel_bits) {
  hash |= 1;
  for (uint32_t s = first; s < DLP_SYMBOLS - 1; s++) {
    if (c->remembered[s] == hash) return s;
    if (!c->remembered[s]) {
      c->remembered[s] = hash;
      c->distinct++;
      c->novel += novel_bits;
      return s;
    }
  }
  c->novel += novel_bits;
  return DLP_SYMBOLS - 1;
}

static double g(uint64_t x) {
  /* log2 Γ(x + 1/2) − log2 Γ(1/2) */
  return x == 0 ? 0.0 : (lgamma((double)x + 0.5) - 0.57236494292470008707) * 1.4426950408889634074;
}

double dlp_code_length(const uint32_t *counts, uint32_t kinds) {
  uint64_t n = 0;
  double inside = 0;
  for (uint32_t s = 0; s < kinds; s++) {
    n += counts[s];
    inside += g(counts[s]);
  }
  return g(n) - inside;
}

double dlp_price(const dlp_counts *c) {
  if (!c->touched) return 0.0;
  uint64_t n = 0;
  double order0 = 0, order1 = 0, by_context = 0;
  uint32_t symbols = 0;
  for (uint32_t s = 0; s < DLP_SYMBOLS; s++) {
    n += c->marginal[s];
    order0 -= g(c->marginal[s]);
    symbols += c->marginal[s] != 0;
    uint64_t row = 0;
    double inside = 0;
    for (uint32_t t = 0; t < DLP_SYMBOLS; t++) {
      row += c->transition[s][t];
      inside += g(c->transition[s][t]);
    }
    order1 += g(row) - inside;
  }
  order0 += g(n);
  double choose = log2((double)(symbols ? symbols : 1));
  for (uint32_t k = 0; k < DLP_CONTEXTS; k++) {
    uint64_t row = 0;
    double inside = 0;
    for (uint32_t s = 0; s < DLP_SYMBOLS; s++) {
      row += c->context[k][s];
      inside += g(c->context[k][s]);
    }
    if (row) by_context += g(row) - inside + choose;
  }
  double best = order0;
  if (order1 + choose < best) best = order1 + choose;
  if (by_context < best) best = by_context;
  return best;
}

double dlp_price_symbols(const uint8_t *symbols, size_t n) {
  dlp_counts c = {0};
  for (size_t i = 0; i < n; i++) dlp_count(&c, symbols[i] < DLP_SYMBOLS ? symbols[i] : DLP_SYMBOLS - 1, 0);
  return dlp_price(&c);
}
