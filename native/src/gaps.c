/* The census of white space: each gap between two tokens becomes choices in the streams of dlp_stream.
 *
 * Theory of operation. A gap without a line break is one choice of content. A gap with one is several: blanks before
 * the line's end, the kind of line end, blank lines, the indent of the next line. Each is compared with what the same
 * writer did before in the same place, so that a consistent writer makes the same choice (a symbol) each time, and a
 * constant stream costs nothing. Whether a container is broken over lines is the writer's taste; that one member of it
 * breaks where its first did not is a choice.
 */
#include "internal.h"

static inline bool blank(uint8_t c) { return c == ' ' || c == '\t'; }

static const uint8_t stream_of_class[] = {
    [DLP_G_BEFORE_COLON] = DLP_S_BEFORE_COLON,
    [DLP_G_AFTER_COLON] = DLP_S_AFTER_COLON,
    [DLP_G_BEFORE_COMMA] = DLP_S_BEFORE_COMMA,
    [DLP_G_AFTER_COMMA_OBJECT] = DLP_S_AFTER_COMMA_OBJECT,
    [DLP_G_AFTER_COMMA_ARRAY] = DLP_S_AFTER_COMMA_ARRAY,
    [DLP_G_OPEN] = DLP_S_OPEN,
    [DLP_G_CLOSE] = DLP_S_CLOSE,
    [DLP_G_EMPTY] = DLP_S_EMPTY,
};

static inline bool breaks_a_member(uint32_t k) {
  return k == DLP_G_AFTER_COMMA_OBJECT || k == DLP_G_AFTER_COMMA_ARRAY;
}

void dlp_census_reset(dlp_census *c) {
  for (uint32_t s = 0; s < DLP_S_COUNT; s++)
    if (c->stream[s].n || c->stream[s].distinct) dlp_counts_reset(&c->stream[s]);
  c->line_indent = c->line_indent_len = c->line_start = 0;
  c->column[0] = c->column[1] = c->column_line[0] = c->column_line[1] = 0;
  c->waiting = 0;
  memset(c->empty, 0, sizeof c->empty);
}

static void flush_class(dlp_census *c, uint32_t k) {
  if (!(c->waiting >> k & 1)) return;
  c->waiting &= ~(1u << k);
  for (uint32_t context = 0; context < DLP_CONTEXTS; context++) {
    uint64_t n = c->empty[k][context];
    if (!n) continue;
    c->empty[k][context] = 0;
    dlp_count_zeros(&c->stream[stream_of_class[k]], n, context);
    if (breaks_a_member(k)) dlp_count_zeros(&c->stream[DLP_S_BREAK], n, context);
    if (k == DLP_G_CLOSE) dlp_count_zeros(&c->stream[DLP_S_BREAK_CLOSE], n, context);
  }
}

void dlp_census_flush(dlp_census *c) {
  for (uint32_t k = DLP_G_BEFORE_COLON; k <= DLP_G_EMPTY; k++) flush_class(c, k);
}

/* What a content never seen before costs: two bits a character, as four symbols have. */
static double novelty(uint64_t length) { return 2.0 * (double)length; }

/* 0 "", 1 " ", 2 "  ", 3 tab, 4 aligned with the line above, from 5 on what was met before */
static uint32_t inline_symbol(dlp_census *c, uint32_t stream, const uint8_t *p, uint64_t start, uint64_t end) {
  uint64_t n = end - start;
  dlp_counts *counts = &c->stream[stream];
  if (stream <= DLP_S_AFTER_COLON) {
    uint64_t column = end - c->line_start;
    /* of several colons on a line, the first is the one that stands in a column */
    bool first = c->column_line[stream] != c->line_start + 1, aligned = first && column == c->column[stream];
    if (first) c->column[stream] = column;
    c->column_line[stream] = c->line_start + 1;
    if (n >= 1 && aligned && counts->n && (counts->last == 4 || n > 1)) {
      uint64_t i = start;
      while (i < end && p[i] == ' ') i++;
      if (i == end) return 4;
    }
  }
  if (n == 0) return 0;
  if (n == 1 && p[start] == ' ') return 1;
  if (n == 2 && p[start] == ' ' && p[start + 1] == ' ') return 2;
  if (n == 1 && p[start] == '\t') return 3;
  return dlp_remember(counts, dlp_hash(p + start, n, 0), 5, novelty(n));
}

static uint32_t tail_symbol(dlp_census *c, const uint8_t *p, uint64_t start, uint64_t end) {
  uint64_t n = end - start;
  if (n == 0) return 0;
  if (n == 1) return p[start] == ' ' ? 1 : 2;
  return dlp_remember(&c->stream[DLP_S_LINE_TAIL], dlp_hash(p + start, n, 0), 4, novelty(n));
}

static bool same(const uint8_t *p, uint64_t a, uint64_t an, uint64_t b, uint64_t bn) {
  return an == bn && memcmp(p + a, p + b, an) == 0;
}

/* An indent of one character repeated is its length: an Elias gamma code of n + 1. */
static double indent_price(const uint8_t *p, uint64_t start, uint64_t n) {
  for (uint64_t i = 1; i < n; i++)
    if (p[start + i] != p[start]) return novelty(n);
  double bits = 1.0;
  for (uint64_t k = n + 1; k > 1; k >>= 1) bits += 2.0;
  return bits < novelty(n) ? bits : novelty(n);
}

static double difference(const uint8_t *p, uint64_t start, uint64_t n, uint64_t usual) {
  uint64_t d = n > usual ? n - usual : usual - n;
  double bits = novelty(d + 1), whole = indent_price(p, start, n) + 1.0;
  return bits < whole ? bits : whole;
}

/* The indent [start, end) of the line that a member or closing bracket starts. */
static void indent(dlp_census *c, const uint8_t *p, uint64_t start, uint64_t end, uint32_t klass, dlp_frame *top,
                   uint32_t context) {
  uint64_t n = end - start;
  dlp_counts *counts;
  uint32_t symbol;
  if (klass == DLP_G_CLOSE) {
    counts = &c->stream[DLP_S_INDENT_CLOSE];
    if (same(p, start, n, top->line_indent, top->line_indent_len)) symbol = 0;
    else if (top->indent_len && same(p, start, n, top->indent, top->indent_len)) symbol = 1;
    else symbol = dlp_remember(counts, dlp_hash(p + start, n, 1), 2, difference(p, start, n, top->line_indent_len));
  } else if (top->first || (top->broken != 2 && !top->wrapped)) {
    counts = &c->stream[DLP_S_INDENT_OPEN];
    uint64_t base = top->line_indent_len;
    if (n >= base && memcmp(p + start, p + top->line_indent, base) == 0) {
      uint64_t unit = n - base;
      double price = counts->n == 0 && unit <= 16 ? 0.0 : indent_price(p, start + base, unit);
      symbol = dlp_remember(counts, dlp_hash(p + start + base, unit, 2), 0, price);
    } else {
      symbol = dlp_remember(counts, dlp_hash(p + start, n, 3), 0, indent_price(p, start, n));
    }
    top->indent = start;
    top->indent_len = n;
    if (!top->first) top->wrapped = 1; /* its first member stands beside the bracket */
  } else {
    counts = &c->stream[DLP_S_INDENT];
    if (same(p, start, n, top->indent, top->indent_len)) {
      symbol = 0;
    } else {
      symbol = dlp_remember(counts, dlp_hash(p + start, n, 4), 1, difference(p, start, n, top->indent_len));
      top->indent = start;
      top->indent_len = n;
    }
  }
  dlp_count(counts, symbol, context);
}

/* A gap with a line break: [start, at) are the blanks before the first line end. */
static void broken_gap(dlp_census *c, const uint8_t *p, uint64_t start, uint64_t at, uint64_t end, uint32_t klass,
                       dlp_frame *top, uint32_t context) {
  uint64_t line = start, blank_lines = 0;
  for (bool first = true;; first = false) {
    uint32_t eol = p[at] == '\n' ? 0 : at + 1 < end && p[at + 1] == '\n' ? 1 : 2;
    if (first) {
      uint32_t place = breaks_a_member(klass) ? 0 : klass == DLP_G_OPEN ? 1 : klass == DLP_G_CLOSE ? 2 : 3;
      dlp_count(&c->stream[DLP_S_LINE_TAIL], tail_symbol(c, p, line, at), place);
    } else {
      blank_lines++;
      if (at > line) { /* blanks on an empty line: often the indent of its neighbours */
        bool own = top && (same(p, line, at - line, top->indent, top->indent_len) ||
                           same(p, line, at - line, c->line_indent, c->line_indent_len));
        dlp_count(&c->stream[DLP_S_LINE_TAIL], own ? 3 : tail_symbol(c, p, line, at), 4);
      }
    }
    dlp_count(&c->stream[DLP_S_LINE_END], eol, context);
    at += eol == 1 ? 2 : 1;
    line = at;
    while (at < end && blank(p[at])) at++;
    if (at == end) break;
  }
  uint32_t symbol = (uint32_t)blank_lines;
  if (blank_lines > 2) {
    double bits = 0;
    for (uint64_t k = blank_lines; k > 1; k >>= 1) bits += 2.0;
    symbol = dlp_remember(&c->stream[DLP_S_BLANK_LINES], blank_lines * 2 + 1, 3, bits);
  }
  dlp_count(&c->stream[DLP_S_BLANK_LINES], symbol, context);
  if (top) indent(c, p, line, end, klass, top, context);
  c->line_indent = line;
  c->line_indent_len = end - line;
  c->line_start = line;
}

bool dlp_note_plain_colon(dlp_census *c, uint64_t at, uint32_t context) {
  const uint64_t line = c->line_start + 1;
  dlp_counts *after = &c->stream[DLP_S_AFTER_COLON];
  if (c->waiting >> DLP_G_AFTER_COLON & 1 || (after->last == 4 && after->n)) return false; /* aligned, perhaps */
  c->empty[DLP_G_BEFORE_COLON][context]++;
  c->waiting |= 1u << DLP_G_BEFORE_COLON;
  if (c->column_line[0] != line) c->column[0] = at - 2 - c->line_start;
  if (c->column_line[1] != line) c->column[1] = at - c->line_start;
  c->column_line[0] = c->column_line[1] = line;
  dlp_count(after, 1, context);
  return true;
}

bool dlp_note_plain_line(dlp_census *c, uint64_t line, const dlp_frame *top, uint32_t context) {
  if (c->waiting >> DLP_G_AFTER_COMMA_OBJECT & 1 || top->first || top->broken != 2) return false;
  dlp_count(&c->stream[DLP_S_BREAK], 0, context);
  dlp_count(&c->stream[DLP_S_LINE_TAIL], 0, 0);
  dlp_count(&c->stream[DLP_S_LINE_END], 0, context);
  dlp_count(&c->stream[DLP_S_BLANK_LINES], 0, context);
  dlp_count(&c->stream[DLP_S_INDENT], 0, context);
  c->line_indent = c->line_start = line;
  c->line_indent_len = top->indent_len;
  return true;
}

void dlp_note_gap(dlp_census *c, const uint8_t *p, uint64_t start, uint64_t end, uint32_t klass, dlp_frame *top,
             uint32_t depth) {
  if (klass >= DLP_G_OTHER || klass < DLP_G_BEFORE_COLON) return;
  uint32_t stream = stream_of_class[klass], context = dlp_context(depth);
  flush_class(c, klass);
  uint64_t at = start;
  while (at < end && blank(p[at])) at++;
  bool broken = at < end;
  bool member = breaks_a_member(klass);
  if (top) {
    if (klass == DLP_G_OPEN) {
      top->broken = broken ? 2 : 1;
    } else if (member || klass == DLP_G_CLOSE) {
      uint32_t odd = broken != (top->broken == 2);
      dlp_count(&c->stream[member ? DLP_S_BREAK : DLP_S_BREAK_CLOSE], odd, context);
    }
  }
  if (klass == DLP_G_OPEN || klass == DLP_G_EMPTY) context = top ? top->object : 0; /* brackets and braces: two habits */
  if (klass == DLP_G_OPEN && top) {
    top->open = start;
    top->open_len = end - start;
  }
  if (!broken && klass == DLP_G_CLOSE && top) { /* one habit with the opening bracket's gap */
    uint64_t n = end - start;
    uint32_t symbol = same(p, start, n, top->open, top->open_len)
                          ? 0
                          : dlp_remember(&c->stream[stream], dlp_hash(p + start, n, 6), 1, novelty(n));
    dlp_count(&c->stream[stream], symbol, top->object);
  } else if (!broken) {
    dlp_count(&c->stream[stream], inline_symbol(c, stream, p, start, end), context);
  } else if (klass == DLP_G_OPEN || klass == DLP_G_CLOSE || member) {
    broken_gap(c, p, start, at, end, klass, top, context);
  } else { /* before and after a colon, before a comma, in an empty container: a line break is content */
    uint64_t last = end;
    while (last > start && blank(p[last - 1])) last--;
    bool plain = p[at] == '\n' ? last == at + 1 : last == at + 2 && p[at + 1] == '\n';
    bool indented = at == start && plain &&
                    ((end - last >= c->line_indent_len && end - last <= c->line_indent_len + 8 &&
                      memcmp(p + last, p + c->line_indent, c->line_indent_len) == 0));
    /* an opening bracket on its own line, or blank lines in an empty container, cost their number alone */
    uint64_t lines = 0;
    bool only_lines = klass == DLP_G_EMPTY && at == start;
    for (uint64_t i = at; i < last;) { /* lines that are empty, or indented as a member would be */
      if (p[i] == '\r' && i + 1 < last && p[i + 1] == '\n') i++;
      only_lines &= p[i] == '\n';
      lines++;
      uint64_t line = ++i;
      while (i < last && blank(p[i])) i++;
      uint64_t n = i - line, extra = n > c->line_indent_len ? n - c->line_indent_len : 0;
      only_lines &= n == 0 || ((extra == 0 || extra == 2 || extra == 4) && n == c->line_indent_len + extra &&
                               memcmp(p + line, p + c->line_indent, c->line_indent_len) == 0);
    }
    only_lines &= end - last == c->line_indent_len && memcmp(p + last, p + c->line_indent, c->line_indent_len) == 0;
    uint32_t symbol =
        indented ? dlp_remember(&c->stream[stream], 3, 5, 0)
        : only_lines ? dlp_remember(&c->stream[stream], lines * 2 + 5, 5, novelty(lines - 1))
                     : dlp_remember(&c->stream[stream], dlp_hash(p + start, end - start, 5), 5, novelty(end - start));
    dlp_count(&c->stream[stream], symbol, context);
    c->line_indent = last;
    c->line_indent_len = end - last;
    c->line_start = last;
  }
  if (top) top->first = 0;
}
