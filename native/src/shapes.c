/* Which of the shapes that rules ask for a text has: cards, addresses, numbers. Each is a few characters' look, and
 * check digits where they are cheap; a rule's own pattern decides. It may say too much, never too little.
 */
#include "internal.h"
#if defined(__SSE2__) && !defined(DLP_SCALAR)
#include <emmintrin.h>
#endif

static inline uint8_t lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c; }
static inline bool letter(uint8_t c) { return (uint8_t)((c | 0x20) - 'a') < 26; }
static inline bool digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }
static inline bool alnum(uint8_t c) { return letter(c) || digit(c); }

static bool local_char(uint8_t c) { return alnum(c) || c >= 0x80 || memchr("!#$%&'*+/=?^_`{|}~.-\"", c, 21) != NULL; }

/* Whether the host name around i is followed as in git@host:path, which is no address. */
static bool path_of_host(const uint8_t *p, size_t n, size_t i) {
  size_t limit = n - i > 255 ? i + 255 : n;
  while (i < limit && (alnum(p[i]) || p[i] == '.' || p[i] == '-')) i++;
  if (i + 1 >= n || p[i] != ':' || !alnum(p[i - 1])) return false;
  size_t k = i + 1;
  if (letter(p[k]) || p[k] == '~' || p[k] == '/' || p[k] == '.') return true;
  while (k < n && k < i + 16 && digit(p[k])) k++;
  return k > i + 1 && k < n && (letter(p[k]) || p[k] == '/' || p[k] == '_' || p[k] == '-');
}

static bool spells(const uint8_t *p, const char *word, size_t n) {
  size_t i = 0;
  while (i < n && lower(p[i]) == (uint8_t)word[i]) i++;
  return i == n;
}

/* Whether nobody reads what is sent to the address around p[at]: it says so. Only user names of URLs look alike. */
static bool no_reply(const uint8_t *p, size_t n, size_t at) {
  size_t from = at > 256 ? at - 256 : 0, start = at;
  for (size_t i = from; i + 3 <= at; i++)
    if (memcmp(p + i, "://", 3) == 0) return false;
  while (start > from && (alnum(p[start - 1]) || memchr("._%+-", p[start - 1], 5))) start--;
  if ((at - start == 7 && spells(p + start, "noreply", 7)) || (at - start == 8 && spells(p + start, "no-reply", 8))) return true;
  for (size_t i = at + 1; i + 8 <= n && i < at + 64 && (alnum(p[i]) || p[i] == '.' || p[i] == '-'); i++)
    if (spells(p + i, "noreply.", 8) && i + 8 < n && alnum(p[i + 8])) return true;
  return false;
}

static bool email_at(const uint8_t *p, size_t n, size_t at) {
  if (at == 0 || !local_char(p[at - 1]) || no_reply(p, n, at)) return false;
  size_t i = at + 1, limit = n - i > 255 ? i + 255 : n;
  bool dot = false;
  for (; i < limit; i++) {
    if (alnum(p[i]) || p[i] >= 0x80 || p[i] == '-') {
      if (dot) return !path_of_host(p, n, i);
    } else if (p[i] == '.') {
      if (i == at + 1) return false;
      dot = i + 1 < limit;
    } else if (p[i] == '[') {
      return i == at + 1; /* address literal */
    } else {
      return false;
    }
  }
  return false;
}

static inline bool separator(uint8_t c) { return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')'; }

/* The number of bytes of a separator between digit groups at p[i]: one to three characters, or a no-break space, a
 * thin space, a dash of Unicode; 0 if there is none. */
static size_t separator_length(const uint8_t *p, size_t n, size_t i) {
  size_t k = 0;
  while (k < 3 && i + k < n && separator(p[i + k])) k++;
  if (k) return k;
  if (i + 1 < n && p[i] == 0xC2 && p[i + 1] == 0xA0) return 2;
  if (i + 2 < n && p[i] == 0xE2 && p[i + 1] == 0x80 && p[i + 2] >= 0x80 && p[i + 2] <= 0xAF) return 3;
  return 0;
}

/* Prefixes of four digits that card networks issue, and the lengths of their numbers, a bit each: what
 * src/dlpcore/validators/financial.py knows (a test compares). */
static bool card_network(uint32_t prefix, uint64_t length) {
  enum { L12 = 1 << 12, L13 = 1 << 13, L14 = 1 << 14, L15 = 1 << 15, L16 = 1 << 16, L17 = 1 << 17, L18 = 1 << 18, L19 = 1 << 19 };
  enum { FROM_16 = L16 | L17 | L18 | L19, FROM_12 = FROM_16 | L12 | L13 | L14 | L15 };
  static const struct { uint16_t low, high; uint32_t lengths; } networks[] = {
      {1000, 1999, L15}, {2200, 2204, FROM_16}, {2221, 2720, L16}, {3000, 3059, L14}, {3095, 3095, L14},
      {3400, 3499, L15}, {3528, 3589, FROM_16}, {3600, 3699, L14}, {3700, 3799, L15}, {3800, 3999, L14},
      {4000, 4999, L13 | L16 | L19}, {5000, 5099, FROM_12}, {5100, 5599, L16}, {5600, 6999, FROM_12}, {8100, 8299, L16},
  };
  for (size_t k = 0; k < sizeof networks / sizeof *networks && networks[k].low <= prefix; k++)
    if (prefix <= networks[k].high && networks[k].lengths >> length & 1) return true;
  return false;
}

/* Shapes of a chain of digit groups that starts at i; returns its end. */
static size_t digit_chain(const uint8_t *p, size_t n, size_t i, uint32_t wanted, uint32_t *found) {
  enum { RING = 32 };
  /* For each group start in the ring: digits before it, and both Luhn prefix sums there. */
  uint64_t digits_at[RING], even_at[RING], odd_at[RING];
  uint8_t latest[RING]; /* the last digits, by index */
  uint32_t groups = 0;
  uint64_t digits = 0, even = 0, odd = 0; /* sums with the digits of even (odd) index doubled */
  uint32_t lengths[4] = {0, 0, 0, 0};     /* of the last four groups, newest first */
  uint8_t seps[4] = {0, 0, 0, 0};         /* the separator before each */
  size_t start = i;
  size_t before = start; /* behind a plus sign, with up to two separators between */
  while (before > 0 && start - before < 2 && separator(p[before - 1])) before--;
  bool plus = before > 0 && p[before - 1] == '+';
  uint64_t zeros = UINT64_MAX; /* digits before the first group that starts with 00, the international prefix */
  uint8_t sep = 0;
  for (;;) {
    uint32_t slot = groups % RING;
    digits_at[slot] = digits;
    even_at[slot] = even;
    odd_at[slot] = odd;
    groups++;
    size_t g = i;
    while (i < n && digit(p[i])) {
      uint32_t d = (uint32_t)(p[i] - '0'), twice = d * 2 > 9 ? d * 2 - 9 : d * 2;
      bool is_even = (digits & 1) == 0;
      latest[digits % RING] = (uint8_t)d;
      even += is_even ? twice : d;
      odd += is_even ? d : twice;
      digits++;
      i++;
    }
    if (zeros == UINT64_MAX && i - g >= 2 && p[g] == '0' && p[g + 1] == '0') { /* no country's number starts with 0 */
      size_t next = i - g > 2 ? g + 2 : i + separator_length(p, n, i);
      if (next < n && p[next] != '0') zeros = digits - (i - g);
    }
    memmove(lengths + 1, lengths, 3 * sizeof *lengths);
    memmove(seps + 1, seps, 3);
    lengths[0] = (uint32_t)(i - g > 1000 ? 1000 : i - g);
    seps[0] = sep;
    if (wanted & (1u << DLP_SHAPE_CARD)) {
      /* windows of whole groups that end here: the doubled digits are every second from the right, not the last */
      for (uint32_t k = 0; k < groups && k < RING; k++) {
        uint32_t w = (groups - 1 - k) % RING;
        uint64_t len = digits - digits_at[w];
        if (len > 19) break;
        if (len < 12) continue;
        bool double_even = (digits & 1) == 0; /* last index is digits - 1; doubled are digits - 2, - 4, ... */
        uint64_t sum = double_even ? even - even_at[w] : odd - odd_at[w];
        if (!sum || sum % 10 != 0) continue;
        uint32_t prefix = 0;
        for (uint64_t at = digits_at[w]; at < digits_at[w] + 4; at++) prefix = prefix * 10 + latest[at % RING];
        if (card_network(prefix, len)) *found |= 1u << DLP_SHAPE_CARD;
      }
    }
    if (groups >= 3 && lengths[0] == 4 && lengths[1] == 2 && lengths[2] == 3) *found |= 1u << DLP_SHAPE_SSN;
    if (groups >= 3 && lengths[0] == 4 && lengths[1] == 3 && lengths[2] == 3) *found |= 1u << DLP_SHAPE_PHONE;
    if (groups >= 2 && lengths[0] == 7 && lengths[1] == 3 && seps[0] == ')') *found |= 1u << DLP_SHAPE_PHONE;
    if (groups >= 4 && seps[0] == '.' && seps[1] == '.' && seps[2] == '.' && lengths[0] <= 3 && lengths[1] <= 3 &&
        lengths[2] <= 3 && lengths[3] <= 3) {
      size_t start = i - (lengths[0] + lengths[1] + lengths[2] + lengths[3] + 3);
      /* Chrome/129.0.0.0 is a product with its version (RFC 9110, 10.1.5): no pattern takes it */
      if (start < 2 || p[start - 1] != '/' || !alnum(p[start - 2])) *found |= 1u << DLP_SHAPE_IPV4;
    }
    size_t k = separator_length(p, n, i);
    if (!k || i + k >= n || !digit(p[i + k])) break;
    sep = k == 1 ? p[i] : 0;
    i += k;
  }
  if (digits >= 6) *found |= 1u << DLP_SHAPE_DIGITS;
  if (digits >= 7 && (plus || (zeros != UINT64_MAX && digits - zeros >= 9))) *found |= 1u << DLP_SHAPE_PHONE;
  return i;
}

static inline uint32_t mod97(uint32_t rest, uint8_t ch) {
  return digit(ch) ? (rest * 10 + (uint32_t)(ch - '0')) % 97 : (rest * 100 + (uint32_t)((ch | 0x20) - 'a') + 10) % 97;
}

/* run: a digit run that two letters precede. Whether they start a number of 15 to 34 characters, up to any word's or
 * group's end, whose check digits are right (ISO 7064 mod 97-10, ISO 13616). */
static bool iban_at(const uint8_t *p, size_t n, size_t run) {
  if (run < 2 || !letter(p[run - 1]) || !letter(p[run - 2])) return false;
  if (run >= 3 && alnum(p[run - 3])) return false;
  if (run + 1 >= n || !digit(p[run + 1])) return false;
  size_t count = 0, i = run + 2;
  uint32_t rest = 0;
  while (i < n && count < 31) {
    size_t k = alnum(p[i]) ? 0 : separator_length(p, n, i);
    if (k || !alnum(p[i])) { /* a group ends */
      if (!k || i + k >= n || !alnum(p[i + k])) break;
      i += k;
    }
    rest = mod97(rest, p[i++]);
    count++;
    if (count >= 11 && (i >= n || !alnum(p[i]))) {
      uint32_t whole = mod97(mod97(mod97(mod97(rest, p[run - 2]), p[run - 1]), p[run]), p[run + 1]);
      if (whole == 1) return true;
    }
  }
  return false;
}

static inline bool hex(uint8_t c) { return digit(c) || (uint8_t)((c | 0x20) - 'a') < 6; }

/* Two colons at p[i], and behind a group of `group` hex digits, where an address leaves out zeros (RFC 4291 2.2): arn:aws:s3:::a
 * and std::string have none. */
static bool leaves_out(const uint8_t *p, size_t n, size_t i, size_t group) {
  if (i > group && (alnum(p[i - group - 1]) || (group == 0 && p[i - 1] == ':'))) return false;
  size_t end = i + 2;
  while (end < n && end < i + 7 && hex(p[end])) end++;
  return group <= 4 && end <= i + 6 && (end == n || !(alnum(p[end]) || (end == i + 2 && p[end] == ':')));
}

/* Address shapes in a run of hex digits, colons and dashes around the first colon or dash at i. */
static size_t hex_run(const uint8_t *p, size_t n, size_t i, uint32_t *found) {
  size_t start = i, end = i, colons = 0, doubles = 0, pairs = 0;
  while (start > 0 && hex(p[start - 1]) && i - start < 4) start--;
  size_t group = i - start;
  while (end < n && (hex(p[end]) || p[end] == ':' || p[end] == '-')) {
    if (p[end] == ':' || p[end] == '-') {
      colons += p[end] == ':';
      doubles += end + 1 < n && p[end] == ':' && p[end + 1] == ':' && leaves_out(p, n, end, group);
      pairs = group == 2 ? pairs + 1 : 0;
      group = 0;
    } else {
      group++;
      if (group >= 2 && pairs >= 5) *found |= 1u << DLP_SHAPE_MAC | 1u << DLP_SHAPE_IPV6;
    }
    end++;
  }
  if (doubles || colons >= 6) *found |= 1u << DLP_SHAPE_IPV6;
  return end > i ? end : i + 1;
}

/* The first digit from i on, or n. */
static size_t next_digit(const uint8_t *p, size_t n, size_t i) {
#if defined(__SSE2__) && !defined(DLP_SCALAR)
  const __m128i zero = _mm_set1_epi8((char)(0x80 - '0')), ten = _mm_set1_epi8((char)(0x80 + 10));
  for (; i + 16 <= n; i += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
    uint32_t m = (uint32_t)_mm_movemask_epi8(_mm_cmplt_epi8(_mm_add_epi8(v, zero), ten));
    if (m) return i + (size_t)__builtin_ctz(m);
  }
#endif
  while (i < n && !digit(p[i])) i++;
  return i;
}

/* The first colon or dash from i on, or n. */
static size_t next_mark(const uint8_t *p, size_t n, size_t i) {
#if defined(__SSE2__) && !defined(DLP_SCALAR)
  const __m128i colon = _mm_set1_epi8(':'), dash = _mm_set1_epi8('-');
  for (; i + 16 <= n; i += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
    uint32_t m = (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, colon), _mm_cmpeq_epi8(v, dash)));
    if (m) return i + (size_t)__builtin_ctz(m);
  }
#endif
  while (i < n && p[i] != ':' && p[i] != '-') i++;
  return i;
}

/* A value of a query that is long and encoded. */
static bool query_value(const uint8_t *p, size_t n) {
  for (size_t i = 0; i < n;) {
    const uint8_t *at = memchr(p + i, '=', n - i);
    if (!at) return false;
    size_t start = (size_t)(at - p) + 1;
    for (i = start; i < n && (alnum(p[i]) || p[i] == '+' || p[i] == '/' || p[i] == '_' || p[i] == '-' || p[i] == '%'); i++) {}
    if (i - start >= 64) return true;
    if (i < start + 1) i = start;
  }
  return false;
}

/* A label of a host name that is long enough to carry data: 40 letters, digits, dashes or more, then a dot and a name. */
static bool has_label(const uint8_t *p, size_t n) {
  enum { LEAST = 40 };
  const uint8_t *begin = p;
  for (const uint8_t *dot; (dot = memchr(begin, '.', n - (size_t)(begin - p))) != NULL; begin = dot + 1) {
    if (dot - begin < LEAST || (size_t)(dot - p) + 1 >= n || !alnum(dot[1])) continue;
    const uint8_t *at = dot;
    bool any_digit = false;
    while (at > begin && (alnum(at[-1]) || at[-1] == '-' || at[-1] == '_')) any_digit |= digit(*--at);
    if (dot - at >= LEAST && any_digit) return true;
  }
  return false;
}

uint32_t dlp_shapes(const uint8_t *p, size_t n, uint32_t wanted) {
  uint32_t found = 0;
  size_t i = 0, run = 0; /* run: length of the current high-entropy run */
  bool run_digit = false, run_letter = false;
  const uint32_t addresses = 1u << DLP_SHAPE_IPV6 | 1u << DLP_SHAPE_MAC;
  const uint32_t digits = 1u << DLP_SHAPE_CARD | 1u << DLP_SHAPE_SSN | 1u << DLP_SHAPE_IBAN | 1u << DLP_SHAPE_IPV4 |
                          1u << DLP_SHAPE_PHONE | 1u << DLP_SHAPE_DIGITS;
  if (wanted & (1u << DLP_SHAPE_ENTROPY) && n >= 20) {
    for (; i < n; i++) {
      uint8_t c = p[i];
      if (alnum(c) || c == '+' || c == '/' || c == '=' || c == '_' || c == '-') {
        run++;
        run_digit |= digit(c);
        run_letter |= letter(c);
        if (run >= 20 && run_digit && run_letter) {
          found |= 1u << DLP_SHAPE_ENTROPY;
          break;
        }
      } else {
        run = 0;
        run_digit = run_letter = false;
      }
    }
  }
  if (wanted & digits)
    for (i = next_digit(p, n, 0); i < n; i = next_digit(p, n, i)) {
      if (wanted & (1u << DLP_SHAPE_IBAN) && iban_at(p, n, i)) found |= 1u << DLP_SHAPE_IBAN;
      size_t end = i + 1;
      while (end < n && digit(p[end])) end++;
      if (end - i < 6 && !separator_length(p, n, end)) i = end; /* a few digits by themselves have no shape */
      else i = digit_chain(p, n, i, wanted, &found);
    }
  if (wanted & (1u << DLP_SHAPE_EMAIL))
    for (const uint8_t *at = p; (at = memchr(at, '@', n - (size_t)(at - p))) != NULL; at++)
      if (email_at(p, n, (size_t)(at - p))) {
        found |= 1u << DLP_SHAPE_EMAIL;
        break;
      }
  if (wanted & (1u << DLP_SHAPE_LABEL) && n >= 42 && has_label(p, n)) found |= 1u << DLP_SHAPE_LABEL;
  if (wanted & addresses)
    for (i = next_mark(p, n, 0); i < n; i = next_mark(p, n, i)) i = hex_run(p, n, i, &found);
  if (wanted & (1u << DLP_SHAPE_QUERY) && query_value(p, n)) found |= 1u << DLP_SHAPE_QUERY;
  const uint32_t forms =
      1u << DLP_SHAPE_CODE | 1u << DLP_SHAPE_GROUPED | 1u << DLP_SHAPE_DATED | 1u << DLP_SHAPE_BASE58;
  if (wanted & forms && n >= 8) found |= dlp_forms(p, n, wanted & forms);
  return found & wanted;
}
