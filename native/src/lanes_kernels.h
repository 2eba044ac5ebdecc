/* The loops over bytes, once for each kind of lanes: included by lanes.c with NAME, TARGET, block and classes defined.
 *
 * classes(p, path, &m) reads 32 bytes and says by bits which of them are what; stops(p, quote, &m) the same for
 * strings. Bit i belongs to byte i. */

TARGET static inline void NAME(read_block)(uint8_t room[DLP_BLOCK], const uint8_t *p, size_t n) {
  memset(room, 0, DLP_BLOCK);
  memcpy(room, p, n);
}

TARGET static uint64_t NAME(plain)(const uint8_t *p, uint64_t at, uint64_t end, uint8_t quote, dlp_plain *k) {
  uint32_t blank_before = p[at - 1] == ' ', signs = 0;
  uint8_t room[DLP_BLOCK];
  while (at < end) {
    string_masks m;
    const uint8_t *from = p + at;
    if (end - at < DLP_BLOCK) {
      NAME(read_block)(room, from, (size_t)(end - at)); /* zeros behind it stop */
      from = room;
    }
    NAME(stops)(from, quote, &m);
    uint32_t keep = m.stop ? (m.stop & (~m.stop + 1)) - 1 : ~0u, blanks = m.blank & keep;
    signs |= m.at_sign & keep;
    if (blanks & (blanks << 1 | blank_before)) k->doubles += (uint32_t)__builtin_popcount(blanks & (blanks << 1 | blank_before));
    blank_before = blanks >> 31;
    if (m.stop) {
      at += (uint64_t)__builtin_ctz(m.stop);
      break;
    }
    at += DLP_BLOCK;
  }
  k->at_sign |= signs != 0;
  return at;
}

TARGET static size_t NAME(survey)(const uint8_t *p, size_t n, size_t from, size_t readable, bool path, dlp_survey *s) {
  uint32_t before_run = s->before_run, before_small = s->before_small, before_letter = s->before_letter,
           before_digit = s->before_digit, before_colon = s->before_colon, before_code = s->before_code;
  uint64_t digits = 0, marks = 0, dots = 0, pairs = 0;
  uint32_t letters = 0, codes = 0, doubles = 0, signs = 0, outside = 0, large = 0;
  size_t base = from;
  for (; base < n && s->n_starts + 5 <= DLP_STARTS; base += DLP_BLOCK) {
    uint8_t room[DLP_BLOCK];
    text_masks m;
    const uint8_t *block = p + base;
    size_t left = n - base;
    uint32_t keep = ~0u;
    if (left < DLP_BLOCK) {
      keep = (1u << left) - 1;
      if (readable - base < DLP_BLOCK) {
        NAME(read_block)(room, block, left);
        block = room;
      }
    }
    NAME(classes)(block, left < DLP_BLOCK ? left : DLP_BLOCK, path, &m);
    if (base == 0) s->first_digits = m.digit;
    uint32_t mark = m.colon | m.dash;
    digits += (uint32_t)__builtin_popcount(m.digit);
    marks += (uint32_t)__builtin_popcount(mark);
    dots += (uint32_t)__builtin_popcount(m.dot);
    letters |= m.letter, signs |= m.sign, outside |= ~m.run & keep, large |= ~m.small & keep;
    doubles |= m.colon & (m.colon << 1 | before_colon >> 31);
    uint32_t code = m.digit | (m.letter & ~m.small);
    codes |= code & (code << 1 | before_code >> 31) & (code << 2 | before_code >> 30);
    uint64_t l = (uint64_t)m.letter << 32 | before_letter, d = (uint64_t)m.digit << 32 | before_digit;
    pairs |= l & l >> 1 & d >> 2 & d >> 3;
    /* two blocks side by side: runs of eight digits that end in this one are told here, each once */
    uint64_t x = (uint64_t)m.run << 32 | before_run, runs = x & x >> 1;
    runs &= runs >> 2;
    runs &= runs >> 4;
    if (runs) {
      uint64_t y = l | d, pieces = y & y >> 1; /* between marks */
      pieces &= pieces >> 2;
      pieces &= pieces >> 4;
      uint64_t starts = ((runs & ~(x << 1)) | (pieces & ~(y << 1))) & 0x01FFFFFFFE000000u; /* bits 25 to 56 */
      if (starts) {
        uint64_t w = (uint64_t)m.small << 32 | before_small, words = w >> 1;
        words &= words >> 1;
        words &= words >> 2;
        words &= words >> 3; /* seven small letters behind the first */
        starts &= ~words;
        for (; starts; starts &= starts - 1) s->starts[s->n_starts++] = base + (size_t)__builtin_ctzll(starts) - 32;
      }
      uint64_t more = runs & runs >> 8;
      s->long_run |= (more & more >> 16) != 0; /* a run of 40 shows 32 of its digits in some pair of blocks */
    }
    before_run = m.run, before_small = m.small, before_letter = m.letter, before_digit = m.digit, before_colon = m.colon;
    before_code = code;
  }
  s->before_run = before_run, s->before_small = before_small, s->before_letter = before_letter, s->before_digit = before_digit;
  s->before_colon = before_colon, s->before_code = before_code;
  s->digits += digits, s->marks += marks, s->dots += dots;
  s->letters |= letters != 0, s->code |= codes != 0, s->letters_digits |= pairs != 0, s->double_colon |= doubles != 0;
  s->signs |= signs != 0, s->outside_runs |= outside != 0, s->large |= large != 0;
  return base < n ? base : n;
}

/* The three bytes at p[i], folded, are looked for where one of them is seldom. */
TARGET static bool NAME(near_rare)(const dlp_entries *e, const uint8_t *p, size_t n, size_t at,
                              bool (*hit)(void *, size_t, uint32_t, uint32_t), void *context) {
  for (size_t back = 0; back < 3 && back <= at; back++) {
    size_t i = at - back;
    if (i + 3 > n) continue;
    uint32_t key = ((uint32_t)p[i] | (uint32_t)p[i + 1] << 8 | (uint32_t)p[i + 2] << 16) | 0x202020u, slot = dlp_rare_slot(key);
    if (e->rares[slot >> 5] >> (slot & 31) & 1 && hit(context, i, key, 0)) return true;
  }
  return false;
}

/* Neighbours, from each bit up: the first of eight, of sixteen. */
static inline uint64_t NAME(eight)(uint64_t x) {
  x &= x >> 1;
  x &= x >> 2;
  return x & x >> 4;
}

TARGET static bool NAME(glance)(const dlp_entries *e, const dlp_windows *w, const uint8_t *p, size_t n, size_t readable,
                                dlp_glance *g, bool (*hit)(void *, size_t, uint32_t, uint32_t), void *context) {
  enum { WHOLE = 64, STEP = 56 }; /* longer texts step by step: eight bytes are seen twice, so that nothing is cut */
  const bool string = n == SIZE_MAX;
  uint64_t letters = 0, large = 0, outside = 0, codes = 0, pairs = 0, colons = 0, control = 0, runs20 = 0, runs40 = 0, words16 = 0, codes8 = 0,
           digits9 = 0, groups = 0;
  uint64_t digits = 0, marks = 0, dots = 0;
  uint64_t before_word = 0, before_run = 0; /* bit 0: what stands before */
  uint32_t doubles = 0, n_starts = 0;
  bool at_sign = false, escapes = false, equals = false, path = false, enough = false;
  uint8_t room[WHOLE + 16];
  size_t base = 0;
  for (;;) {
    dlp_look m;
    const uint8_t *block = p + base;
    if (readable - base < WHOLE + 16) {
      memset(room, 0, sizeof room);
      memcpy(room, block, readable - base);
      block = room;
    }
    size_t left = n - base;
    NAME(look)(block, left < WHOLE ? left : WHOLE, string, &m); /* of a string whose end is not known, until it ends */
    uint64_t keep;
    bool last;
    if (string) {
      uint64_t stop = m.control | m.other;
      last = stop != 0;
      keep = last ? (stop & (~stop + 1)) - 1 : ~0ULL;
      if (last) {
        size_t k = (size_t)__builtin_ctzll(stop);
        n = base + k;
        g->closed = readable - base > k && block[k] == '"';
        if (n > 0 && keep && p[n - 1] == ' ') doubles++; /* one at the end is a choice too */
      }
    } else {
      last = left <= WHOLE;
      keep = left < WHOLE ? (1ULL << left) - 1 : ~0ULL;
    }
    const uint64_t own = last ? keep : (1ULL << STEP) - 1; /* what is counted in this step */
    const uint64_t letter = m.letter & keep, digit = m.digit & keep, small = m.small & keep, colon = m.colon & keep;
    const uint64_t word = letter | digit, blank = m.blank & keep;
    if (base == 0 && colon & 0x7C) { /* https://: a slash belongs to no run */
      size_t i = (size_t)__builtin_ctzll(colon);
      path = m.slash >> (i + 1) & keep >> (i + 1) & m.slash >> (i + 2) & keep >> (i + 2) & 1;
    }
    const uint64_t run = word | (m.joint & keep) | (path ? 0 : m.slash & keep);
    letters |= letter, large |= keep & ~small, outside |= keep & ~run, control |= m.control & keep;
    digits += (uint64_t)__builtin_popcountll(digit & own);
    marks += (uint64_t)__builtin_popcountll((colon | (m.dash & keep)) & own);
    dots += (uint64_t)__builtin_popcountll(m.dot & own);
    if (blank & blank >> 1) doubles += (uint32_t)__builtin_popcountll(blank & blank >> 1 & own);
    const uint64_t code = digit | (letter & ~small);
    codes |= code & code >> 1 & code >> 2;
    if (digit) {
      const uint64_t gap = keep & ~word, d = NAME(eight)(digit);
      codes8 |= NAME(eight)(code);
      digits9 |= d & d >> 1;
      groups |= (digit & gap >> 1 & (digit >> 2 | (gap >> 2 & (digit >> 3 | (gap >> 3 & digit >> 4))))) | (m.joint & digit >> 1);
    }
    pairs |= letter & letter >> 1 & digit >> 2 & digit >> 3;
    colons |= colon & colon >> 1;
    uint64_t eight = NAME(eight)(run);
    if (eight) {
      uint64_t pieces = NAME(eight)(word), sixteen = eight & eight >> 8;
      words16 |= pieces & pieces >> 8;
      runs20 |= sixteen & sixteen >> 4;
      runs40 |= sixteen & sixteen >> 12 & sixteen >> 24;
      uint64_t starts = ((eight & ~(run << 1 | before_run)) | (pieces & ~(word << 1 | before_word))) & own & ~NAME(eight)(small);
      for (; starts && n_starts < DLP_GLANCE_STARTS; starts &= starts - 1) g->starts[n_starts++] = base + (size_t)__builtin_ctzll(starts);
    }
    for (uint64_t r = m.rare & own; r; r &= r - 1) {
      size_t i = (size_t)__builtin_ctzll(r);
      uint8_t c = block[i];
      at_sign |= c == '@', escapes |= c == '%' || c == '&', equals |= c == '=';
      if (!enough) enough = NAME(near_rare)(e, p, n, base + i, hit, context);
    }
    if (!enough) { /* words: each by its first four bytes, short ones by themselves too */
      for (uint64_t t = word & ~(word << 1 | before_word) & own; t; t &= t - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(t), key = dlp_fold4(dlp_read32(block + i)), slot = dlp_start_slot(key);
        if (e->starts[slot >> 5] >> (slot & 31) & 1 && (enough = hit(context, base + i, key, 0))) break;
        uint64_t rest = word >> i;
        if ((rest & 15) == 15 || (rest & 3) != 3) continue;
        key &= rest & 4 ? 0xFFFFFFu : 0xFFFFu;
        slot = dlp_start_slot(key);
        if (e->starts[slot >> 5] >> (slot & 31) & 1 && (enough = hit(context, base + i, key, 0))) break;
      }
      const uint32_t places = last ? (keep > 3 ? 62 - (uint32_t)__builtin_clzll(keep) : 0) : STEP; /* three bytes from each on at least */
      for (uint32_t from = 0; from < places && !enough; from += 32)
        for (uint64_t f = NAME(anywhere)(w, block + from, places - from < 32 ? places - from : 32); f && !enough; f &= f - 1) {
          uint32_t i = (uint32_t)__builtin_ctzll(f) + from;
          if (i < places) enough = hit(context, base + i, dlp_fold4(dlp_read32(block + i)), 1);
        }
    }
    if (last) {
      g->one = base == 0;
      if (g->one) g->word = word, g->letter = letter, g->small = small;
      break;
    }
    before_word = word >> (STEP - 1) & 1, before_run = run >> (STEP - 1) & 1;
    base += STEP;
  }
  g->n = n, g->digits = digits, g->marks = marks, g->dots = dots, g->n_starts = n_starts, g->doubles = doubles;
  g->path = path, g->at_sign = at_sign, g->escapes = escapes, g->equals = equals;
  g->letters = letters != 0, g->large = large != 0, g->outside_runs = outside != 0, g->code = codes != 0;
  g->letters_digits = pairs != 0, g->double_colon = colons != 0, g->control = control != 0;
  g->long_run = (g->one ? runs40 : runs20) != 0, g->long_word = words16 != 0, g->long_code = codes8 != 0, g->long_digits = digits9 != 0;
  g->grouped = groups != 0;
  return enough;
}
