/* Whether an array that closes could spell something: src/dlpcore/covert/structure.py, which looks for it, is the definition.
 *
 * It says yes too often, never no too often. Only arrays of one kind of plain members count, so that one that holds arrays is
 * left at the first of them; each byte is read once.
 */
#include <stddef.h>

#include "scan.h"

enum { NUMBERS = 1, CHARACTERS = 2, PIECES = 4, LITERALS = 8, WORDS = 16 };
enum { LEAST_NUMBERS = 6, LEAST_CHARACTERS = 6, LEAST_PIECES = 2, LEAST_LITERALS = 8, LEAST_WORDS = 16 };
enum { LONGEST_PIECE = 4096, MOST_KINDS = 256, SLOTS = 1024 };

typedef struct spelled {
  scan *c;
  uint8_t *text; /* what is joined: strings, numbers as bytes, literals as symbols */
  uint64_t n, count, kinds;
  uint32_t may, most; /* may: of which kinds all members are so far; most: the largest number */
  bool single, plain; /* single: each string is one character; plain: numbers are characters of text */
  uint64_t known[SLOTS]; /* hashes of words */
} spelled;

static inline bool white(uint8_t c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
static inline bool digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }
static inline bool base64(uint8_t c) {
  return (uint8_t)((c | 0x20) - 'a') < 26 || digit(c) || c == '+' || c == '/' || c == '_' || c == '=' || c == '-';
}

static void word(spelled *s, const uint8_t *p, uint64_t n) {
  if (s->kinds > MOST_KINDS) return;
  const uint64_t h = dlp_hash(p, n, s->c->s->seed) | 1;
  uint32_t at = (uint32_t)(h >> 32) & (SLOTS - 1);
  while (s->known[at] && s->known[at] != h) at = (at + 1) & (SLOTS - 1);
  if (!s->known[at]) s->known[at] = h, s->kinds++;
}

/* A string at a quote; how many bytes it takes, or 0 where it is none that counts. */
static uint64_t string(spelled *s, const uint8_t *p, uint64_t left) {
  uint64_t n = 1, characters = 2;
  bool pieces = true, escaped = false;
  const uint8_t *quote = memchr(p + 1, '"', left - 1);
  if (!quote) return 0;
  if (!memchr(p + 1, '\\', (size_t)(quote - p) - 1)) {
    n = (uint64_t)(quote - p);
    if (s->may & PIECES)
      for (uint64_t i = 1; i < n && pieces; i++) pieces = base64(p[i]);
    if (n <= 5)
      for (uint64_t i = characters = 1; i < n; i++) characters += i > 1 && (p[i] & 0xC0) != 0x80;
    if (n == 1) characters = 0;
  } else {
    for (escaped = true; n < left && p[n] != '"'; n++)
      if (p[n] == '\\') n++;
    if (n >= left) return 0;
  }
  const uint64_t size = n - 1;
  if (size) s->may &= (uint32_t)~LITERALS;
  else s->may &= LITERALS;
  s->may &= CHARACTERS | PIECES | LITERALS | WORDS;
  if (escaped || size > 4) s->may &= (uint32_t)~CHARACTERS;
  if (escaped || !pieces || size > LONGEST_PIECE) s->may &= (uint32_t)~PIECES;
  s->single &= characters == 1;
  if (s->may & (CHARACTERS | PIECES)) memcpy(s->text + s->n, p + 1, size), s->n += size;
  else if (s->may & LITERALS) s->text[s->n++] = 0;
  if (s->may & WORDS) word(s, p + 1, size);
  return n + 1;
}

static uint64_t number(spelled *s, const uint8_t *p, uint64_t left) {
  uint32_t value = 0;
  uint64_t n = 0;
  for (; n < left && n < 4 && digit(p[n]); n++) value = value * 10 + (uint32_t)(p[n] - '0');
  s->may &= NUMBERS;
  if (n > 3 || value > 255) return 0;
  if (value > s->most) s->most = value;
  s->plain &= (value >= 0x20 && value != 0x7F) || (value >= '\t' && value <= '\r');
  s->text[s->n++] = (uint8_t)value;
  return n;
}

static uint64_t literal(spelled *s, const uint8_t *p, uint64_t left) {
  static const char *const names[] = {"[]", "false", "null", "true", "{}"};
  s->may &= LITERALS;
  for (uint32_t k = 0; k < 5; k++) {
    const size_t n = strlen(names[k]);
    if (left < n || memcmp(p, names[k], n) != 0) continue;
    s->text[s->n++] = (uint8_t)(k + 1);
    return n;
  }
  return 0;
}

/* Whether literals cost anything, as the digits that they are in the order of their names. */
static bool costs(spelled *s) {
  uint8_t place[6] = {0}, next = 0;
  for (uint64_t i = 0; i < s->n; i++) place[s->text[i]] = 1;
  for (uint32_t k = 0; k < 6; k++)
    if (place[k]) place[k] = next++;
  for (uint64_t i = 0; i < s->n; i++) s->text[i] = place[s->text[i]];
  return dlp_price_symbols(s->text, s->n) > 0.0;
}

static bool numbers_say(spelled *s) {
  if (s->most > 9) return s->plain || dlp_begins_format(s->text, s->n);
  for (uint64_t i = 0; i < s->n; i++) s->text[i] = (uint8_t)(s->text[i] + '0');
  return dlp_holds(s->c->pf, s->c->s, s->text, s->n);
}

bool dlp_array_says(scan *c, uint64_t start, uint64_t end, uint64_t strings, bool varied) {
  spelled s;
  memset(&s, 0, offsetof(spelled, known));
  s.c = c, s.may = NUMBERS | CHARACTERS | PIECES | LITERALS, s.single = s.plain = true;
  if (strings >= LEAST_WORDS) {
    s.may |= WORDS;
    memset(s.known, 0, sizeof s.known);
  }
  if (!c->pf || (s.text = dlp_scanner_room(c->s, end - start + 64)) == NULL) return true;
  const uint8_t *p = c->p;
  for (uint64_t at = start;;) {
    while (at < end && white(p[at])) at++;
    if (at >= end) return false;
    const uint64_t left = end - at;
    const uint64_t took = p[at] == '"' ? string(&s, p + at, left) : digit(p[at]) ? number(&s, p + at, left) : literal(&s, p + at, left);
    if (!took || !s.may) return false;
    s.count++;
    at += took;
    while (at < end && white(p[at])) at++;
    if (at >= end) break;
    if (p[at++] != ',') return false;
  }
  if (s.may & NUMBERS) return s.count >= LEAST_NUMBERS && numbers_say(&s);
  if (s.may & LITERALS) return s.count >= LEAST_LITERALS && costs(&s);
  if (s.may & WORDS && s.kinds >= 2 && s.kinds <= MOST_KINDS &&
      s.count >= s.kinds + (s.kinds < 6 ? s.kinds : 6))
    return true;
  if (s.may & CHARACTERS && s.count >= LEAST_CHARACTERS) return s.single || dlp_holds(c->pf, c->s, s.text, s.n);
  if (s.may & PIECES && s.count >= LEAST_PIECES && varied && s.n >= 8) return dlp_holds(c->pf, c->s, s.text, s.n);
  return false;
}
