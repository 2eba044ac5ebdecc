/* What the census saw of a document is priced at once, and what is below all that a finding needs is told as a price alone.
 *
 * Theory of operation. A census bit says that a writer had a choice and made it both ways. Most honest documents that have
 * one cost a few bits, in which nothing can be read: below the price from which the channel decodes, and below its
 * threshold. Each family's pass over the document is made here, natively; where it ends below both, the bits of the family leave
 * the census. So that channels can be pooled, nothing is settled where all together may be a finding.
 * The thresholds are those of covert/; tests/covert/test_settled.py holds the two together.
 */
#include "internal.h"

#define POOLED 40.0 /* as in inspection.py: bits over all channels that are a finding together */

static const double escape_threshold[] = {
    [DLP_K_SOLIDUS] = 6, [DLP_K_PUNCTUATION] = 14, [DLP_K_ALNUM] = 8, [DLP_K_NON_ASCII] = 6, [DLP_K_CONTROL] = 10};
static const double number_threshold[] = {[DLP_K_FORM] = 18, [DLP_K_TYPE] = 45, [DLP_K_EXPONENT] = 9,
                                          [DLP_K_EXPONENT_FLOAT] = 14, [DLP_K_STYLE] = 12, [DLP_K_ZERO_SIGN] = 12};
/* Of the unicode channels: the lower of the threshold and the price from which they are decoded. */
static const double unicode_look[DLP_U_COUNT] = {
    [DLP_U_ZERO_WIDTH] = 8, [DLP_U_VARIATION] = 12, [DLP_U_TAG] = 8, [DLP_U_BIDI] = 8, [DLP_U_SPACE] = 12,
    [DLP_U_CONFUSABLE] = 12, [DLP_U_NORMAL_FORM] = 12, [DLP_U_PRIVATE] = 12, [DLP_U_SPACE_RUN] = 12};
enum { WHITE_LOOK = 8, ESCAPES_LOOK = 4, NUMBERS_LOOK = 12, CASE_LOOK = 18, SLACK_LOOK = 8, ORDER_THRESHOLD = 40 };

enum {
  HEX = DLP_C_HEX_UPPER | DLP_C_HEX_LOWER,
  NON_ASCII = DLP_C_ESCAPED_NON_ASCII | DLP_C_RAW_NON_ASCII,
  ALONE = DLP_C_ESCAPED_SOLIDUS | DLP_C_ESCAPED_PUNCTUATION | DLP_C_LONG_CONTROL, /* an escaped letter costs by itself */
  FORMS = DLP_C_NUMBER_EXPONENT | DLP_C_NUMBER_ZEROS | DLP_C_NUMBER_MINUS_ZERO,
  LITERALS = DLP_C_LITERAL_CASE | DLP_C_BASE64_SLACK,
};

typedef struct settled { /* of one document */
  double bits[DLP_Q_COUNT], weighed; /* weighed: bits as they are pooled */
  uint64_t census;                   /* bits to clear */
} settled;

static void escapes(settled *s, const double *bits) {
  double all = 0, units = 0;
  for (uint32_t k = DLP_K_SOLIDUS; k <= DLP_K_CONTROL; k++) {
    all += bits[k];
    units += bits[k] / escape_threshold[k];
  }
  if (all >= ESCAPES_LOOK || units >= 1 || bits[DLP_K_HEX_CASE] >= ESCAPES_LOOK) return;
  s->bits[DLP_Q_ESCAPE_OPTIONAL] = all;
  s->bits[DLP_Q_HEX_CASE] = bits[DLP_K_HEX_CASE];
  s->weighed += all + bits[DLP_K_HEX_CASE];
  s->census |= ALONE | DLP_C_HEX_LOWER | DLP_C_ESCAPED_NON_ASCII;
}

static void forms(settled *s, const double *bits) {
  double all = 0, units = 0;
  for (uint32_t k = DLP_K_FORM; k <= DLP_K_ZERO_SIGN; k++) {
    all += bits[k];
    units += bits[k] / number_threshold[k];
  }
  if (all >= NUMBERS_LOOK || units >= 1) return;
  s->bits[DLP_Q_NUMBER_FORM] = all;
  s->weighed += all - bits[DLP_K_TYPE];
  s->census |= FORMS;
}

static void literals(settled *s, const double *bits, uint64_t addresses) {
  double letter_case = bits[DLP_K_HEX_LITERAL] + bits[DLP_K_DOMAIN], slack = bits[DLP_K_BASE64];
  if (addresses || letter_case >= CASE_LOOK || slack >= SLACK_LOOK) return;
  s->bits[DLP_Q_CASE_MIX] = letter_case;
  s->bits[DLP_Q_SLACK] = slack;
  s->weighed += letter_case + slack;
  s->census |= LITERALS;
}

static void characters(settled *s, const uint8_t *data, size_t size) {
  double bits[DLP_U_COUNT], evidence[DLP_U_COUNT];
  if (!dlp_settle_unicode(data, size, bits, evidence)) return;
  for (uint32_t k = 0; k < DLP_U_COUNT; k++) {
    double said = evidence[k] < bits[k] ? evidence[k] : bits[k];
    if (bits[k] > 0 && said >= unicode_look[k]) return;
  }
  for (uint32_t k = 1; k < DLP_U_COUNT; k++) {
    s->bits[DLP_Q_UNICODE + k - 1] = bits[k];
    s->weighed += evidence[k] < bits[k] ? evidence[k] : bits[k];
  }
  s->census |= DLP_C_UNICODE | DLP_C_SPACE_RUN;
}

/* White space below the price from which its gaps are read again. */
static void white_space(dlp_result *r) {
  static const uint8_t channel[DLP_S_COUNT] = {
      [DLP_S_BEFORE_COLON] = DLP_Q_SEPARATORS, [DLP_S_AFTER_COLON] = DLP_Q_SEPARATORS, [DLP_S_BEFORE_COMMA] = DLP_Q_SEPARATORS,
      [DLP_S_AFTER_COMMA_OBJECT] = DLP_Q_SEPARATORS, [DLP_S_AFTER_COMMA_ARRAY] = DLP_Q_SEPARATORS, [DLP_S_OPEN] = DLP_Q_GAPS,
      [DLP_S_CLOSE] = DLP_Q_GAPS, [DLP_S_EMPTY] = DLP_Q_GAPS, [DLP_S_BREAK] = DLP_Q_GAPS, [DLP_S_BREAK_CLOSE] = DLP_Q_GAPS,
      [DLP_S_INDENT_OPEN] = DLP_Q_INDENT, [DLP_S_INDENT] = DLP_Q_INDENT, [DLP_S_INDENT_CLOSE] = DLP_Q_INDENT,
      [DLP_S_LINE_END] = DLP_Q_LINE_ENDINGS, [DLP_S_LINE_TAIL] = DLP_Q_LINE_TAILS, [DLP_S_BLANK_LINES] = DLP_Q_BLANK_LINES};
  for (uint32_t k = 0; k < DLP_S_COUNT; k++) {
    const double novel = channel[k] == DLP_Q_SEPARATORS ? r->novel_bits[k] : 0; /* what is new in a gap is no choice of a separator */
    r->quiet_bits[channel[k]] += r->stream_bits[k] - novel;
    r->quiet_bits[DLP_Q_GAPS] += novel;
    r->stream_bits[k] = r->novel_bits[k] = 0;
  }
}

void dlp_settle(dlp_result *r, dlp_choosing **kept, const uint8_t *data, size_t size) {
  settled s = {.weighed = 0};
  const uint64_t seen = r->census;
  if (r->errors_seen) return;
  for (uint32_t k = 0; k < DLP_S_COUNT; k++) s.weighed += r->stream_bits[k];
  const double white = s.weighed;
  if (white >= POOLED) return;
  const bool texts = !(seen & DLP_C_ESCAPED_ALNUM) && (seen & ALONE || (seen & HEX) == HEX || (seen & NON_ASCII) == NON_ASCII);
  const bool numbers = seen & FORMS && !(seen & DLP_C_NUMBER_LONG), named = seen & LITERALS;
  if (texts || numbers || named) {
    double bits[DLP_K_COUNT];
    uint64_t addresses, asked = (texts ? ALONE | HEX | NON_ASCII : 0u) | (numbers ? FORMS : 0u) | (named ? LITERALS : 0u);
    if (dlp_settle_choices(kept, data, size, seen & asked, bits, &addresses)) {
      if (texts) escapes(&s, bits);
      if (numbers) forms(&s, bits);
      if (named) literals(&s, bits, addresses);
    }
  }
  if (seen & (DLP_C_UNICODE | DLP_C_SPACE_RUN)) characters(&s, data, size);
  if (seen & DLP_C_KEY_ORDER) {
    double bits, beyond;
    if (dlp_price_orders(data, size, &bits, &beyond) == 0 && beyond < ORDER_THRESHOLD) {
      s.bits[DLP_Q_KEY_ORDER] = bits;
      s.weighed += beyond;
      s.census |= DLP_C_KEY_ORDER;
    }
  }
  if (s.weighed >= POOLED) return;
  memcpy(r->quiet_bits, s.bits, sizeof s.bits);
  r->quiet_weight = s.weighed;
  if (white < WHITE_LOOK) white_space(r);
  else r->quiet_weight -= white;
  r->census &= ~s.census;
}
