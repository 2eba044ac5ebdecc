/* The second pass of the unicode channels: which characters of the decoded strings no honest writer puts where they
 * stand, and which choices between equal-looking characters vary.
 *
 * Theory of operation. A string is read twice: first for what it holds at all (letters of which kind, right-to-left
 * text, layout), then character by character with the neighbours on both sides, escapes decoded and surrogates
 * joined. A character that its neighbours explain (a joiner between emoji or in a script that joins, a selector behind
 * its base, a tag in a flag, a mark in right-to-left text, …) is passed over. The others are records, priced one by
 * one; more in a run, where nobody puts two. Spaces, normal forms and space runs are choices: their streams are
 * priced as white space is (price.c). Letters that pass for others are told apart word by word.
 */
#include "internal.h"
#include <math.h>

#define NOTHING 0x110000u /* before, behind, or not a character at all */
#define PAIRS 16          /* open bidi pairs remembered */

typedef struct choices {
  uint8_t *symbols;
  uint64_t cap, n;
} choices;

typedef struct holder { /* what dlp_unicode_new gives out, and its memory */
  dlp_unicode result;
  dlp_uchar *chars;
  uint64_t chars_cap;
  choices of[DLP_U_COUNT];
} holder;

typedef struct mixture { /* a choice between the usual and another, in a string and in the whole */
  uint64_t n, odd, n_here, odd_here;
  double best; /* of a string */
} mixture;

typedef struct pass {
  holder *h;
  const uint8_t *p;
  uint64_t cap;
  bool escapes, no_memory, key, pricing; /* pricing: nothing is kept for decoders */
  bool careful, lighter; /* careful: no string is passed over lightly; lighter: some was */
  bool begun[DLP_U_COUNT]; /* the string being read has choices of the kind */
  uint64_t first_char; /* of the string being read */
  mixture space_mix, double_mix, tail_mix;
  uint64_t padded; /* strings that end in two spaces or more */
  dlp_counts spaces, changes, forms, doubles[2], tails[2];
} pass;

/* What a string holds. */
typedef struct summary {
  uint64_t ascii, lookalikes, foreign, groups, marked_groups;
  bool rtl, braille, layout;
} summary;

static bool letter(uint32_t c) { return (c | 0x20) - 'a' < 26; }
static bool digit(uint32_t c) { return c - '0' < 10; }
static bool variation(uint32_t c) { return dlp_uni_kind(c) == DLP_U_VARIATION; }

static uint32_t properties(uint32_t c) {
  if (c >= 0x80) return c < NOTHING ? dlp_uni_properties(c) : 0;
  if (letter(c)) return DLP_P_LETTER | DLP_P_LATIN;
  return digit(c) || c == '#' || c == '*' ? DLP_P_EMOJI | (c == '0' ? DLP_P_VARIES : 0) : 0;
}

static bool invisible(uint32_t c) {
  if (c < 0xA0 || c >= NOTHING) return false;
  uint32_t kind = dlp_uni_kind(c);
  return kind == DLP_U_ZERO_WIDTH || kind == DLP_U_VARIATION || kind == DLP_U_TAG || kind == DLP_U_BIDI;
}

static bool space(uint32_t c) { return c == ' ' || (c >= 0xA0 && c < NOTHING && dlp_uni_kind(c) == DLP_U_SPACE); }

/* --- reading ---------------------------------------------------------------------------------------------------- */

static int hex4(const uint8_t *p) {
  int value = 0;
  for (int i = 0; i < 4; i++) {
    uint8_t b = p[i];
    int d = digit(b) ? b - '0' : (b | 0x20) >= 'a' && (b | 0x20) <= 'f' ? (b | 0x20) - 'a' + 10 : -1;
    if (d < 0) return -1;
    value = value << 4 | d;
  }
  return value;
}

/* The character at `at`, and where the next one starts. */
static uint32_t read(const pass *w, uint64_t at, uint64_t end, uint64_t *next) {
  const uint8_t *p = w->p;
  if (at >= end) {
    *next = end;
    return NOTHING;
  }
  uint8_t b = p[at];
  if (b == '\\' && w->escapes && at + 1 < end) {
    *next = at + 2;
    switch (p[at + 1]) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': break;
    default: return p[at + 1] < 0x80 ? p[at + 1] : NOTHING;
    }
    int code = at + 6 <= end ? hex4(p + at + 2) : -1;
    if (code < 0) return NOTHING;
    *next = at + 6;
    if (code >= 0xD800 && code < 0xDC00 && at + 12 <= end && p[at + 6] == '\\' && p[at + 7] == 'u') {
      int low = hex4(p + at + 8);
      if (low >= 0xDC00 && low < 0xE000) {
        *next = at + 12;
        return 0x10000 + ((uint32_t)(code - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
      }
    }
    return (uint32_t)code;
  }
  if (b < 0x80) {
    *next = at + 1;
    return b;
  }
  unsigned n = dlp_utf8_sequence(p + at, p + end);
  if (!n && !w->escapes && b == 0xED && end - at >= 3 && p[at + 1] >= 0xA0) { /* WTF-8 of a decoded text */
    *next = at + 3;
    return dlp_utf8_code(p + at, 3);
  }
  *next = at + (n ? n : 1);
  return n ? dlp_utf8_code(p + at, n) : NOTHING;
}

/* --- mixtures --------------------------------------------------------------------------------------------------- */

/* What a mixture says, in bits, once it is as dense as a message: people drop the other kind of space here and there,
 * a message needs it at every second place. */
static double said(uint64_t n, uint64_t odd) {
  if (n < 8 || odd * 20 < n * 3 || (n - odd) * 20 < n * 3) return 0.0;
  double p = (double)odd / (double)n;
  return -(double)n * (p * log2(p) + (1.0 - p) * log2(1.0 - p));
}

static void mix(mixture *m, bool odd) {
  m->n_here++;
  m->odd_here += odd;
}

static void end_mixture(mixture *m) { /* at the end of a string */
  double here = said(m->n_here, m->odd_here);
  if (here > m->best) m->best = here;
  m->n += m->n_here;
  m->odd += m->odd_here;
  m->n_here = m->odd_here = 0;
}

static double evidence(const mixture *m) {
  double all = said(m->n, m->odd);
  return all > m->best ? all : m->best;
}

/* --- records ---------------------------------------------------------------------------------------------------- */

static void choose(pass *w, uint32_t kind, uint8_t symbol) {
  choices *c = &w->h->of[kind];
  if (w->pricing || c->n + 1 >= w->cap) return;
  if (!dlp_grow((void **)&c->symbols, &c->cap, c->n + 2, 1)) {
    w->no_memory = true;
    return;
  }
  if (!w->begun[kind]) c->symbols[c->n++] = w->key ? DLP_UC_KEY : DLP_UC_VALUE;
  w->begun[kind] = true;
  c->symbols[c->n++] = symbol;
}

static dlp_uchar *note(pass *w, uint32_t kind, uint64_t at, uint64_t next, uint32_t code, uint32_t instead) {
  dlp_unicode *r = &w->h->result;
  r->seen++;
  r->count[kind]++;
  if (r->n_chars >= w->cap) {
    r->bits[kind] += 2.0;
    return NULL;
  }
  if (!dlp_grow((void **)&w->h->chars, &w->h->chars_cap, r->n_chars + 1, sizeof *w->h->chars)) {
    w->no_memory = true;
    return NULL;
  }
  dlp_uchar *c = &w->h->chars[r->n_chars++];
  *c = (dlp_uchar){at, (uint32_t)(next - at > UINT32_MAX ? UINT32_MAX : next - at), code, instead, (uint8_t)kind, 0, 0};
  return c;
}

/* The price of one record, in bits: what a writer could have said with it. Strays that honest software leaves behind
 * cost less than what nothing leaves behind. */
static double price(const dlp_uchar *c, bool run) {
  switch (c->kind) {
  case DLP_U_ZERO_WIDTH: return run ? 3.0 : 2.0;
  case DLP_U_VARIATION: return c->code == 0xFE0E || c->code == 0xFE0F ? 1.0 : 8.0;
  case DLP_U_TAG: return 12.0;
  case DLP_U_BIDI: return c->code == 0x202E || c->code == 0x202D ? 6.0 : run ? 3.0 : 2.0;
  case DLP_U_CONFUSABLE: /* Greek letters are symbols too */
    return c->code >= 0x80 && dlp_uni_properties(c->code) & DLP_P_GREEK ? 2.5 : 4.0;
  case DLP_U_PRIVATE:
    if (dlp_uni_properties(c->code) & DLP_P_UNASSIGNED && c->code < 0xF0000 && (c->code & 0xFFFE) != 0xFFFE) return 2.0;
    return 4.0;
  case DLP_U_SPACE: return c->flags & DLP_UF_RUN || (c->code != 0xA0 && c->code != 0x3000) ? 2.0 : 0.0;
  default: return 0.0;
  }
}

static void finish_string(pass *w) {
  dlp_unicode *r = &w->h->result;
  uint64_t kept = w->first_char, end = UINT64_MAX;
  bool alphabet = false;
  for (uint64_t i = w->first_char; i < r->n_chars; i++) {
    dlp_uchar *c = &w->h->chars[i];
    if (c->kind == DLP_U_NONE) continue;
    if (kept == w->first_char) c->flags |= DLP_UF_FIRST;
    bool follows = c->offset == end;
    if (follows) c->flags |= DLP_UF_RUN;
    bool before = i + 1 < r->n_chars && w->h->chars[i + 1].kind && w->h->chars[i + 1].offset == c->offset + c->length;
    if (!follows) { /* direction marks among invisible characters are digits of the same alphabet */
      alphabet = false;
      uint64_t behind = c->offset;
      for (uint64_t k = i; k < r->n_chars && w->h->chars[k].offset == behind; k++) {
        alphabet |= w->h->chars[k].kind == DLP_U_ZERO_WIDTH;
        behind += w->h->chars[k].length;
      }
    }
    if (c->kind == DLP_U_BIDI && alphabet) {
      r->count[DLP_U_BIDI]--;
      r->count[c->kind = DLP_U_ZERO_WIDTH]++;
    }
    r->bits[c->kind] += price(c, follows || before);
    end = c->offset + c->length;
    w->h->chars[kept++] = *c;
  }
  r->n_chars = w->first_char = w->pricing ? 0 : kept;
}

/* --- words ------------------------------------------------------------------------------------------------------ */

typedef struct word {
  uint64_t end;
  uint64_t ascii, lookalikes, foreign, turns, greek;
  bool styled;
  enum { AS_IT_IS, TO_ASCII, TO_FOREIGN } odd;
} word;

/* The word that starts at `at`. Odd are look-alikes among ASCII letters, and ASCII letters inside a foreign word. */
static word read_word(const pass *w, uint64_t at, uint64_t end, const summary *s) {
  word r = {.end = at};
  int side = -1;
  for (uint64_t next; at < end; at = next) {
    uint32_t c = read(w, at, end, &next);
    uint32_t p = properties(c);
    if (!(p & (DLP_P_LETTER | DLP_P_LOOKALIKE)) || (p & DLP_P_WIDE && !(p & DLP_P_STYLED))) {
      if (invisible(c)) continue;
      break;
    }
    r.end = next;
    if (p & DLP_P_MARK) continue;
    bool same = (p & DLP_P_LATIN) != 0;
    if (side >= 0 && side != same) r.turns++;
    side = same;
    if (letter(c)) r.ascii++;
    else if (p & DLP_P_LOOKALIKE) r.lookalikes++;
    else if (!same) r.foreign++;
    r.greek += (p & DLP_P_GREEK) != 0;
    r.styled |= (p & DLP_P_STYLED) != 0;
  }
  if (r.lookalikes && !r.foreign && r.ascii) r.odd = TO_ASCII;
  else if (r.foreign && r.ascii && r.turns >= 2) r.odd = r.foreign + r.lookalikes >= r.ascii ? TO_FOREIGN : TO_ASCII;
  else if (r.lookalikes && !r.foreign && !r.styled && !s->foreign && s->ascii && (r.lookalikes > 1 || !r.greek))
    r.odd = TO_ASCII;
  if (r.odd == TO_ASCII && !r.lookalikes) r.odd = AS_IT_IS;
  return r;
}

static void letter_of_word(pass *w, const word *x, uint32_t c, uint64_t at, uint64_t next) {
  if (letter(c)) {
    uint32_t other = x->odd == TO_FOREIGN ? dlp_uni_back((uint8_t)c, x->greek > 0) : 0;
    if (other) note(w, DLP_U_CONFUSABLE, at, next, c, other);
    choose(w, DLP_U_CONFUSABLE, (uint8_t)(other ? c | 0x80 : c));
  } else if (x->odd == TO_ASCII && dlp_uni_properties(c) & DLP_P_LOOKALIKE) {
    uint8_t ascii = dlp_uni_ascii(c);
    note(w, DLP_U_CONFUSABLE, at, next, c, ascii);
    choose(w, DLP_U_CONFUSABLE, ascii | 0x80);
  }
}

/* --- context rules ---------------------------------------------------------------------------------------------- */

typedef struct place { /* a character with its neighbours */
  uint32_t before, c, behind;
  uint64_t at, next, end;
  uint32_t letters; /* letters in a row before it */
  bool first;       /* of its string */
} place;

/* A letter of a Hangul syllable, that a filler may stand beside; fillers are none. */
static bool jamo(uint32_t c) { return c >= 0x1100 && c < 0x1200 && c != 0x115F && c != 0x1160; }

static bool honest_zero_width(const pass *w, const place *x, const summary *s) {
  uint32_t before = properties(x->before), behind = properties(x->behind);
  bool alone = !invisible(x->before) && !invisible(x->behind);
  switch (x->c) {
  case 0x200D:
    if (x->behind >= 0x80 && behind & DLP_P_EMOJI &&
        (x->before == 0xFE0F || (x->before >= 0x80 && before & DLP_P_EMOJI)))
      return true;
    return alone && (before | behind) & DLP_P_JOINS;
  case 0x200C: return alone && (before | behind) & DLP_P_JOINS;
  case 0x200B: /* before a name or a number sign's word: software that must not notify anyone writes it */
    return alone && ((before | behind) & DLP_P_BREAKS || ((x->before == '@' || x->before == '#') && behind & DLP_P_LETTER));
  case 0x180E: return alone && before & DLP_P_MONGOLIAN;
  case 0xAD: {
    uint64_t at;
    read(w, x->next, x->end, &at);
    return alone && x->letters >= 2 && behind & DLP_P_LETTER && properties(read(w, at, x->end, &at)) & DLP_P_LETTER;
  }
  case 0x34F: return alone && (before | behind) & DLP_P_MARK;
  case 0x61C: return alone && s->rtl;
  case 0x115F: case 0x1160:
    return jamo(x->before) != jamo(x->behind);
  case 0x17B4: case 0x17B5: return alone && before & DLP_P_JOINS;
  case 0x2800: return s->braille;
  case 0xFEFF: return x->first && alone;
  default: return false;
  }
}

static bool honest_variation(const place *x) {
  uint32_t before = properties(x->before);
  if (variation(x->before) || variation(x->behind)) return false;
  if (x->c == 0xFE0E || x->c == 0xFE0F)
    return before & DLP_P_EMOJI && (x->before >= 0x80 || x->behind == 0x20E3);
  if (x->c >= 0xFE00 && x->c <= 0xFE06) return before & (DLP_P_VARIES | DLP_P_IDEOGRAPH);
  if (x->c >= 0xE0100) return x->c <= 0xE011F && before & DLP_P_IDEOGRAPH;
  return x->c < 0xFE00 && before & DLP_P_MONGOLIAN;
}

static bool honest_mark(const place *x, const summary *s) { /* U+200E, U+200F */
  if (invisible(x->before) || invisible(x->behind)) return false;
  if (s->rtl || x->first) return true;
  /* dates of an old browser: a mark before each group of digits */
  return s->groups >= 2 && s->marked_groups == s->groups && (digit(x->before) || digit(x->behind));
}

static bool honest_private(const place *x) {
  if (x->c >= 0xD800 && x->c < 0xE000) return x->c < 0xDC00 ? x->behind == NOTHING : x->first; /* a cut pair */
  if ((x->c >= 0xFDD0 && x->c <= 0xFDEF) || (x->c & 0xFFFE) == 0xFFFE) return false;
  if (x->c >= 0xE000 && (x->c <= 0xF8FF || x->c >= 0xF0000)) {
    bool beside = (x->before != NOTHING && dlp_uni_kind(x->before) == DLP_U_PRIVATE) ||
                  (x->behind != NOTHING && dlp_uni_kind(x->behind) == DLP_U_PRIVATE);
    return !beside && !((letter(x->before) || digit(x->before)) && (letter(x->behind) || digit(x->behind)));
  }
  return false;
}

/* The end of a flag's tags (U+1F3F4, a region of three to six letters and digits, U+E007F), or 0. */
static uint64_t flag_end(const pass *w, uint64_t at, uint64_t end) {
  for (uint32_t n = 0; n <= 6; n++) {
    uint32_t c = read(w, at, end, &at);
    if (c == 0xE007F) return n >= 3 ? at : 0;
    if (c < 0xE0000 || !(digit(c - 0xE0000) || c - 0xE0061 < 26)) return 0;
  }
  return 0;
}

/* A space that typography wants: French punctuation, digit groups and units, East Asian text, a short word before the
 * next one (Czech, Polish), initials. */
static bool typographic(const place *x, uint32_t word_length) {
  if (x->c == 0x3000) return (properties(x->before) | properties(x->behind)) & DLP_P_WIDE || x->first;
  if (x->c == 0x205F || x->c == 0x1680 || (x->c >= 0x2000 && x->c < 0x2007) || x->c == 0x2008) return false;
  if (digit(x->before) || digit(x->behind)) return true;
  if (x->before == '.' || word_length <= 2) return true;
  switch (x->before) {
  case 0xAB: case 0x2039: case 0x2013: case 0x2014: case 0xA7: case '-': case '|': case '/': case '&': return true;
  default: break;
  }
  switch (x->behind) {
  case '!': case '?': case ';': case ':': case '%': case 0xBB: case 0x203A: case 0x20AC: case '$': case 0xA3:
  case 0x2013: case 0x2014: case '-': case '|': case '/': case '&': case 0xB0: return true;
  default: return ((properties(x->before) | properties(x->behind)) & DLP_P_WIDE) != 0;
  }
}

static uint8_t space_symbol(uint32_t c) {
  switch (c) {
  case ' ': return 0;
  case 0xA0: return 1;
  case 0x202F: return 2;
  case 0x205F: return 3;
  case 0x3000: return 4;
  case 0x1680: return 5;
  default: return (uint8_t)(6 + (c - 0x2000)) > 15 ? 15 : (uint8_t)(6 + (c - 0x2000)); /* 2009 and 200A together */
  }
}

/* A run of spaces, one of them odd, that started at `at`. Runs of one kind and alternations are how editors keep
 * spaces apart; other mixtures, and runs of rare spaces, are nobody's. */
static void space_run(pass *w, uint64_t at, uint64_t end) {
  uint64_t n = 0, turns = 0, next;
  uint32_t seen = 0, last = 16;
  for (uint64_t i = at; i < end; i = next, n++) {
    uint32_t symbol = space_symbol(read(w, i, end, &next));
    seen |= 1u << symbol;
    turns += symbol != last;
    last = symbol;
  }
  bool rare = (seen & ~0x13u) != 0, mixed = (seen & (seen - 1)) != 0;
  bool steps = turns == n || turns <= 2; /* alternating, or one kind behind another */
  if (!rare && (!mixed || n < 4 || steps)) return;
  for (uint64_t i = at; i < end; i = next) {
    uint32_t c = read(w, i, end, &next);
    if (c == ' ') continue;
    dlp_uchar *r = note(w, DLP_U_SPACE, i, next, c, ' ');
    if (r) r->flags |= DLP_UF_RUN;
  }
}

/* --- strings ---------------------------------------------------------------------------------------------------- */

static summary summarize(const pass *w, uint64_t at, uint64_t end) {
  summary s = {0};
  uint32_t before = NOTHING, blanks = 0;
  for (uint64_t next; at < end; at = next) {
    uint32_t c = read(w, at, end, &next);
    if (c < 0x80) {
      s.ascii += letter(c);
      if (digit(c) && !digit(before)) {
        s.groups++;
        s.marked_groups += before == 0x200E || before == 0x200F;
      }
      blanks = c == ' ' ? blanks + 1 : 0;
      s.layout |= blanks >= 3 || c == '\t' || (c == ' ' && before == '\n');
    } else if (c < NOTHING) {
      blanks = 0;
      uint32_t p = dlp_uni_properties(c);
      s.rtl |= (p & DLP_P_RTL) != 0;
      if (p & DLP_P_LOOKALIKE) s.lookalikes++;
      else if (p & DLP_P_LETTER && !(p & (DLP_P_LATIN | DLP_P_MARK | DLP_P_WIDE))) s.foreign++;
      s.braille |= c > 0x2800 && c < 0x2900;
    }
    before = c;
  }
  return s;
}

static bool sentence_end(uint32_t c) { return c == '.' || c == '!' || c == '?' || c == ':' || c == ';' || c == ')'; }

typedef struct form { /* a base and the marks that compose with it */
  uint32_t code;
  uint64_t at, end;
  bool decomposed;
} form;

static void end_form(pass *w, form *f, int *form_before) {
  if (f->code && (f->decomposed || (f->code >= 0xC0 && dlp_uni_composite(f->code)))) {
    if (f->decomposed) note(w, DLP_U_NORMAL_FORM, f->at, f->end, f->code, f->code);
    choose(w, DLP_U_NORMAL_FORM, f->decomposed);
    if (*form_before < 0) dlp_count(&w->forms, f->decomposed, 0);
    else dlp_count(&w->changes, *form_before != f->decomposed, 0);
    *form_before = f->decomposed;
  }
  f->code = 0;
}

static void end_blanks(pass *w, uint64_t from, uint64_t at, uint64_t n, uint32_t before, uint32_t c, bool layout) {
  bool line = c == '\n' || c == '\r';
  if (line || c == NOTHING) {
    dlp_count(&w->tails[line], n > 3 ? 3 : (uint32_t)n, 0);
    if (n < 2) mix(&w->tail_mix, n == 1);
    else w->padded++;
    if (n) note(w, DLP_U_SPACE_RUN, from, at, ' ', 0);
    return;
  }
  if (layout || n > 2 || before == '\n' || before == NOTHING) return;
  dlp_count(&w->doubles[sentence_end(before)], n - 1 != 0, 0);
  if (!sentence_end(before)) mix(&w->double_mix, n == 2);
  choose(w, DLP_U_SPACE_RUN, (uint8_t)(n - 1));
  if (n == 2) note(w, DLP_U_SPACE_RUN, from, at, ' ', ' ');
}

static void end_mixtures(pass *w) {
  end_mixture(&w->space_mix);
  end_mixture(&w->double_mix);
  w->tail_mix.n += w->tail_mix.n_here; /* one string has one end */
  w->tail_mix.odd += w->tail_mix.odd_here;
  w->tail_mix.n_here = w->tail_mix.odd_here = 0;
}

static void string(pass *w, uint64_t start, uint64_t end) {
  if (start >= end) return;
  memset(w->begun, 0, sizeof w->begun);
  dlp_unicode *r = &w->h->result;
  w->first_char = r->n_chars;
  summary s = summarize(w, start, end);
  bool words = s.ascii && (s.lookalikes || s.foreign);
  place x = {.before = NOTHING, .end = end, .first = true};
  word current = {.end = 0};
  form f = {0};
  int form_before = -1;
  uint64_t open[PAIRS], visible[PAIRS], seen_visible = 0, blanks = 0, blanks_at = 0, flag_until = 0, spaces_until = 0;
  uint32_t n_open = 0, before_blanks = NOTHING, word_length = 0;
  uint64_t next, behind_next;
  uint32_t c = read(w, start, end, &next);
  for (uint64_t at = start; at < end; at = next, c = x.behind, next = behind_next) {
    x.c = c;
    x.at = at;
    x.next = next;
    x.behind = read(w, next, end, &behind_next);
    if (c == ' ') {
      if (!blanks++) {
        blanks_at = at;
        before_blanks = x.before;
      }
      if (x.behind == NOTHING) end_blanks(w, blanks_at, next, blanks, before_blanks, NOTHING, s.layout);
    } else if (blanks) {
      end_blanks(w, blanks_at, at, blanks, before_blanks, c, s.layout);
      blanks = 0;
    } else if (x.behind == NOTHING || c == '\n') {
      end_blanks(w, at, at, 0, x.before, c == '\n' ? c : NOTHING, s.layout);
    }
    uint32_t flags = c >= 0x80 && c < NOTHING ? dlp_uni_flags(c) : 0;
    uint32_t p = c < 0x80 && !letter(c) ? 0 : properties(c);
    uint32_t kind = flags & DLP_UNI_LOOK ? dlp_uni_kind(c) : DLP_U_NONE;
    if (flags & DLP_UNI_LOOK && kind == DLP_U_NONE && p & DLP_P_UNASSIGNED && !(p & DLP_P_EMOJI)) kind = DLP_U_PRIVATE;
    /* words */
    if (words && at >= current.end && p & (DLP_P_LETTER | DLP_P_LOOKALIKE)) current = read_word(w, at, end, &s);
    if (words ? at < current.end && (letter(c) || p & DLP_P_LOOKALIKE) : letter(c)) letter_of_word(w, &current, c, at, next);
    /* normal forms */
    uint32_t composed = p & DLP_P_LETTER && c >= 0x80 && f.code ? dlp_uni_compose(f.code, c) : 0;
    if (composed) {
      f.code = composed;
      f.decomposed = true;
      f.end = next;
    } else {
      end_form(w, &f, &form_before);
      if (p & DLP_P_LETTER) f = (form){c, at, next, false};
    }
    /* what stands where */
    bool honest = true;
    uint32_t instead = 0;
    switch (kind) {
    case DLP_U_ZERO_WIDTH: honest = honest_zero_width(w, &x, &s); break;
    case DLP_U_VARIATION: honest = honest_variation(&x); break;
    case DLP_U_TAG: honest = at < flag_until; break;
    case DLP_U_PRIVATE: honest = honest_private(&x); break;
    case DLP_U_BIDI:
      if (c == 0x200E || c == 0x200F) {
        honest = honest_mark(&x, &s);
        break;
      }
      honest = false;
      if (c == 0x202C || c == 0x2069) {
        if (n_open) {
          dlp_uchar *opening = open[--n_open] < r->n_chars ? &w->h->chars[open[n_open]] : NULL;
          bool isolate = opening && opening->code >= 0x2066;
          if (opening && isolate == (c == 0x2069) && opening->code != 0x202D && opening->code != 0x202E &&
              seen_visible >= visible[n_open] + 2) {
            opening->kind = DLP_U_NONE;
            r->count[DLP_U_BIDI]--;
            r->seen--;
            honest = true;
          }
        }
      } else if (n_open < PAIRS && !invisible(x.before)) {
        visible[n_open] = seen_visible;
        open[n_open++] = r->n_chars;
      }
      break;
    default: break;
    }
    if (!honest) note(w, kind, at, next, c, instead);
    if (c == 0x1F3F4) flag_until = flag_end(w, next, end);
    /* spaces */
    if (space(c)) choose(w, DLP_U_SPACE, space_symbol(c));
    if (space(c) && at >= spaces_until) {
      if (space(x.behind)) {
        uint64_t i = next, then = next;
        bool odd = c != ' ';
        for (uint32_t b = x.behind; space(b); b = read(w, i, end, &then)) {
          odd |= b != ' ';
          if (i != then) i = then;
          else read(w, i, end, &i);
        }
        spaces_until = i;
        if (odd) space_run(w, at, i);
      } else if (x.before != NOTHING && x.behind != NOTHING && x.behind != '\n' && x.before != '\n' &&
                 !typographic(&x, word_length)) {
        uint8_t symbol = space_symbol(c);
        dlp_count(&w->spaces, symbol, 0);
        mix(&w->space_mix, symbol != 0);
        if (symbol) note(w, DLP_U_SPACE, at, next, c, ' ');
      }
    }
    bool shows = !kind || kind == DLP_U_PRIVATE;
    seen_visible += shows && c != ' ';
    x.letters = p & DLP_P_LETTER ? x.letters + 1 : 0;
    word_length = p & DLP_P_LETTER ? word_length + 1 : 0;
    x.before = c;
    x.first = false;
  }
  end_form(w, &f, &form_before);
  end_mixtures(w);
  finish_string(w);
}

/* A string of ASCII without escapes, priced: all that counts in it are blanks. */
static void plain_string(pass *w, uint64_t start, uint64_t end) {
  const uint8_t *p = w->p;
  if (start >= end) return;
  const uint8_t *found = memchr(p + start, ' ', end - start);
  bool tail = p[end - 1] == ' ';
  if (found) {
    bool layout = false;
    for (const uint8_t *q = found; q && !layout; q = memchr(q + 1, ' ', (size_t)(p + end - q) - 1))
      layout = p + end - q >= 3 && q[1] == ' ' && q[2] == ' ';
    for (; found; found = memchr(found, ' ', (size_t)(p + end - found))) {
      uint64_t from = (uint64_t)(found - p), at = from;
      while (at < end && p[at] == ' ') at++;
      place x = {.before = from > start ? p[from - 1] : NOTHING, .c = ' ', .behind = at < end ? p[at] : NOTHING};
      end_blanks(w, from, at, at - from, x.before, x.behind, layout);
      if (at - from == 1 && x.before != NOTHING && x.behind != NOTHING) {
        uint32_t letters = 0;
        while (letters < 3 && from - letters > start && letter(p[from - letters - 1])) letters++;
        if (!typographic(&x, letters)) {
          dlp_count(&w->spaces, 0, 0);
          mix(&w->space_mix, false);
        }
      }
      found = p + at;
      if (at == end) break;
    }
    tail |= end - start >= 2 && p[end - 2] == ' '; /* blanks before a last character hide the end */
  }
  if (!tail) end_blanks(w, end - 1, end - 1, 0, NOTHING, NOTHING, false);
  end_mixtures(w);
  if (w->h->result.n_chars) finish_string(w);
}

/* A letter that is neither Latin nor wide; the ranges are of wide ones. */
static bool foreign(uint32_t c) {
  if (c < 0x250 || (c >= 0x3041 && c <= 0x3096) || (c >= 0x30A1 && c <= 0x30FA) || (c >= 0x4E00 && c <= 0x9FA5) || (c >= 0xAC00 && c <= 0xD7A3)) return false;
  uint32_t p = dlp_uni_properties(c);
  return p & DLP_P_LETTER && !(p & (DLP_P_LATIN | DLP_P_MARK | DLP_P_WIDE));
}

/* Whether no character of a string is any channel's choice but for its blanks and the letters that could be decomposed. */
static bool plain_but_blanks(const pass *w, uint64_t at, uint64_t end, bool *layout) {
  uint32_t before = NOTHING, blanks = 0, flags = 0;
  bool ascii = false, strange = false;
  *layout = false;
  for (uint64_t next; at < end; at = next) {
    uint32_t c = read(w, at, end, &next);
    if (c < 0x80) {
      ascii |= letter(c);
      blanks = c == ' ' ? blanks + 1 : 0;
      *layout |= blanks >= 3 || c == '\t' || (c == ' ' && before == '\n');
    } else {
      blanks = 0;
      if (c >= NOTHING) return false;
      if (!dlp_uni_plain(c)) flags |= dlp_uni_flags(c);
      if (flags & DLP_UNI_LOOK || (flags & DLP_UNI_NEAR && ascii)) return false;
      strange |= foreign(c);
    }
    before = c;
  }
  return !((flags & DLP_UNI_NEAR || strange) && ascii); /* look-alikes are none where there is nothing to look like */
}

/* Such a string, priced: as string() does, by its blanks. */
static void light_string(pass *w, uint64_t start, uint64_t end, bool layout) {
  place x = {.before = NOTHING, .end = end};
  uint32_t back[3] = {NOTHING, NOTHING, NOTHING}, before_blanks = NOTHING;
  uint64_t next, behind_next, blanks = 0, blanks_at = 0;
  uint32_t c = read(w, start, end, &next);
  for (uint64_t at = start; at < end; at = next, c = x.behind, next = behind_next) {
    x.c = c;
    x.behind = read(w, next, end, &behind_next);
    if (c == ' ') {
      if (!blanks++) {
        blanks_at = at;
        before_blanks = x.before;
      }
      if (x.behind == NOTHING) {
        end_blanks(w, blanks_at, next, blanks, before_blanks, NOTHING, layout);
      } else if (blanks == 1 && x.behind != ' ' && x.before != NOTHING && x.before != '\n' && x.behind != '\n') {
        uint32_t letters = 0;
        while (letters < 3 && back[letters] != NOTHING && properties(back[letters]) & DLP_P_LETTER) letters++;
        if (!typographic(&x, letters)) {
          dlp_count(&w->spaces, 0, 0);
          mix(&w->space_mix, false);
        }
      }
    } else if (blanks) {
      end_blanks(w, blanks_at, at, blanks, before_blanks, c, layout);
      blanks = 0;
    } else if (x.behind == NOTHING || c == '\n') {
      end_blanks(w, at, at, 0, x.before, c == '\n' ? c : NOTHING, layout);
    }
    back[2] = back[1], back[1] = back[0], back[0] = c;
    x.before = c;
  }
  end_mixtures(w);
  if (w->h->result.n_chars) finish_string(w);
}

/* Of a string that begins at `at`: where it ends, and whether it is ASCII without escapes. */
static uint64_t string_end(const uint8_t *p, uint64_t at, uint64_t size, uint8_t quote, bool *plain) {
  const uint64_t ones = UINT64_MAX / 255, high = ones << 7;
  uint64_t seen = 0;
  *plain = false;
  for (; at + 8 <= size; at += 8) {
    uint64_t v = dlp_read64(p + at), end = v ^ ones * quote, slash = v ^ ones * '\\';
    if (((end - ones) & ~end & high) | ((slash - ones) & ~slash & high)) break;
    seen |= v;
  }
  bool ascii = !(seen & high);
  while (at < size && p[at] != quote && p[at] != '\\') ascii &= p[at++] < 0x80;
  *plain = ascii && at < size && p[at] == quote;
  while (at < size && p[at] != quote) at += p[at] == '\\' ? 2 : 1;
  return at < size ? at : size;
}

static void read_document(pass *w, const uint8_t *data, size_t size) {
  bool plain;
  for (uint64_t at = 0; at < size && !w->no_memory; at++) {
    uint8_t quote = data[at];
    if (quote != '"' && quote != '\'') continue;
    uint64_t start = ++at;
    at = string_end(data, at, size, quote, &plain);
    if (plain && w->pricing) {
      plain_string(w, start, at);
      continue;
    }
    bool layout;
    if (w->pricing && !w->careful && start < at && plain_but_blanks(w, start, at, &layout)) {
      w->lighter = true;
      light_string(w, start, at, layout);
      continue;
    }
    uint64_t behind = at + 1;
    while (behind < size && (data[behind] == ' ' || (data[behind] >= '\t' && data[behind] <= '\r'))) behind++;
    w->key = behind < size && data[behind] == ':';
    string(w, start, at);
  }
}

static void total(pass *w) {
  dlp_unicode *r = &w->h->result;
  double rare_spaces = r->bits[DLP_U_SPACE];
  r->bits[DLP_U_SPACE] += dlp_price(&w->spaces);
  r->bits[DLP_U_NORMAL_FORM] += dlp_price(&w->changes) + 0.5 * dlp_price(&w->forms);
  r->bits[DLP_U_SPACE_RUN] +=
      dlp_price(&w->doubles[0]) + dlp_price(&w->doubles[1]) + dlp_price(&w->tails[0]) + dlp_price(&w->tails[1]);
  memcpy(r->evidence, r->bits, sizeof r->evidence);
  r->evidence[DLP_U_SPACE] = rare_spaces + evidence(&w->space_mix);
  r->evidence[DLP_U_SPACE_RUN] = evidence(&w->double_mix);
  if (w->padded <= w->tail_mix.odd) r->evidence[DLP_U_SPACE_RUN] += evidence(&w->tail_mix);
}

bool dlp_settle_unicode(const uint8_t *data, size_t size, double bits[DLP_U_COUNT], double evidence_of[DLP_U_COUNT]) {
  holder h = {.chars = NULL};
  pass *w = malloc(sizeof *w);
  if (!w) return false;
  for (bool again = false, done = false; !done; again = true) {
    free(h.chars);
    memset(&h, 0, sizeof h);
    memset(w, 0, sizeof *w);
    w->h = &h;
    w->p = data;
    w->cap = UINT64_MAX;
    w->escapes = w->pricing = true;
    w->careful = again;
    read_document(w, data, size);
    done = again || !w->lighter || !h.result.count[DLP_U_NORMAL_FORM]; /* else composed letters were a choice too */
  }
  total(w);
  memcpy(bits, h.result.bits, sizeof h.result.bits);
  memcpy(evidence_of, h.result.evidence, sizeof h.result.evidence);
  bool done = !w->no_memory;
  free(h.chars);
  free(w);
  return done;
}

dlp_unicode *dlp_unicode_new(const uint8_t *data, size_t size, uint64_t cap, int text) {
  holder *h = calloc(1, sizeof *h);
  pass *w = calloc(1, sizeof *w);
  if (!h || !w) {
    free(h);
    free(w);
    return NULL;
  }
  w->h = h;
  w->p = data;
  w->cap = cap;
  w->escapes = !text;
  if (text) string(w, 0, size);
  else read_document(w, data, size);
  dlp_unicode *r = &h->result;
  total(w);
  r->chars = h->chars;
  for (uint32_t k = 0; k < DLP_U_COUNT; k++) {
    r->choices[k] = h->of[k].symbols;
    r->n_choices[k] = h->of[k].n;
  }
  bool failed = w->no_memory;
  free(w);
  if (failed) {
    dlp_unicode_free(r);
    return NULL;
  }
  return r;
}

void dlp_unicode_free(dlp_unicode *r) {
  if (!r) return;
  holder *h = (holder *)(void *)r;
  free(h->chars);
  for (uint32_t k = 0; k < DLP_U_COUNT; k++) free(h->of[k].symbols);
  free(h);
}
