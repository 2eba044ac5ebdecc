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
