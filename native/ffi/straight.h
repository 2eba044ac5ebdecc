/* The straight path: what is found in plain tokens, without an object of Python for anything but what is found.
 *
 * Most of what rules are called for is one short plain value that is all of its text: a card number, an address, a key.
 * What each rule asks of such a value at such a place (keys around it, triggers) is worked out once in Python and
 * remembered as a tuple, an `ask` (dlpcore/straight.py, which has the meaning of each field). What an ask cannot say is
 * left to Python, rule by rule; a document that holds anything else takes the long way, which answers the same.
 *
 * Everything here runs under the interpreter's lock. No value is remembered.
 */
#include <string.h>

enum { PLAIN_TOKENS = 64, PLAIN_FOUND = 64, PLAIN_TEXT = 256, PLAIN_KEY = 512, PLAIN_NETWORKS = 64 };

enum { /* the fields of an ask */
  ASK_SEARCH, ASK_GROUP, ASK_FLAGS, ASK_CHECKS, ASK_CHECK_CODES, ASK_VETOES, ASK_VETO_CODES, ASK_FORMS, ASK_KEY, ASK_PRIOR,
  ASK_THRESHOLD, ASK_OPPOSED, ASK_NAMED, ASK_SAID, ASK_SHOWN, ASK_RULE
};
enum { ASKS_WORD = 1, ASKS_REST = 2, ASKS_BARE = 4, ASKS_FORM = 8, ASKS_SHORTER = 16, ASKS_ROLE = 32 }; /* ASK_FLAGS */
enum { SAID_SEVERITY, SAID_CLASS, SAID_RULE, SAID_ACTION, SAID_RANK, SAID_REASON }; /* the head of a `said` */
enum { VERDICT_SLOTS = 8 };
enum { CHECK_PYTHON, CHECK_CARD, CHECK_IBAN, CHECK_SSN, CHECK_IPV4, CHECK_IPV4_INTERNAL };
enum {
  VETO_PYTHON, VETO_UUID, VETO_EPOCH, VETO_TIMESTAMP, VETO_REPEATED, VETO_SEQUENTIAL, VETO_FILLER, VETO_NO_REPLY
};
enum { GOES_ON, BAILS_OUT, FAILS }; /* what a step says: on, the long way, an exception */

typedef struct network { /* of payment cards: prefixes of four digits, lengths as bits, what it says for a number */
  uint32_t low, high, lengths, spare;
  double strength;
} network;

typedef struct straight {
  PyObject *memory; /* dict: bytes of kind, triggers and keys to (asks, whether the token asks for more, rest), or None */
  PyObject *learn;  /* called with those where they are new: (bytes, kind, triggers, keys), returns the same */
  PyObject *published, *named[2]; /* keywords of a veto */
  PyObject *span, *zero, *empty;
  PyObject *verdict, *findings, *key, *allow, *nothing; /* classes of what is returned, and what goes into it */
  PyObject *capacity;                                   /* called with what is quiet, returns it by channel */
  PyObject *verdict_slots[VERDICT_SLOTS], *findings_slots[1];
  network networks[PLAIN_NETWORKS];
  size_t n_networks;
  double strong; /* a check of a bare number that is evidence enough */
} straight;

typedef struct found {
  PyObject *said; /* owned */
  double sure;
  uint64_t start, end;
  long severity, class_;
} found;

typedef struct plain_text {
  PyObject *text, *rest; /* its bytes; what is called for a rule whose ask does not say it all */
  const uint8_t *bytes;
  Py_ssize_t n;
  int number, letters, digits; /* bare number; holds a letter; is digits alone */
  uint64_t start, end;         /* in the payload */
} plain_text;

static int is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }
static int is_letter(uint8_t byte) { return (uint8_t)((byte | 0x20) - 'a') < 26; }

static unsigned number_at(const uint8_t *p, int digits) {
  unsigned value = 0;
  for (int i = 0; i < digits; i++) value = 10 * value + (p[i] - '0');
  return value;
}

/* --- checks and vetoes whose answers Python need not be asked for; each as its twin in dlpcore.validators ---------------- */

static double check_card(const straight *s, const plain_text *t) {
  if (t->n < 4 || t->n > 31) return 0.0;
  const unsigned prefix = number_at(t->bytes, 4);
  double strength = 0.0;
  for (size_t i = 0; i < s->n_networks; i++) {
    const network *each = &s->networks[i];
    if (each->lengths >> t->n & 1 && each->low <= prefix && prefix <= each->high && each->strength > strength)
      strength = each->strength;
  }
  unsigned sum = 0;
  for (Py_ssize_t i = 0; i < t->n; i++) {
    unsigned digit = (unsigned)(t->bytes[t->n - 1 - i] - '0');
    sum += i & 1 ? digit > 4 ? 2 * digit - 9 : 2 * digit : digit;
  }
  return sum % 10 ? 0.0 : strength;
}

/* Whether the remainder of ISO/IEC 7064 is one; what has it is asked for its country's form. */
static int check_iban(const plain_text *t) {
  uint8_t plain[35];
  size_t n = 0;
  for (Py_ssize_t i = 0; i < t->n; i++) {
    const uint8_t byte = t->bytes[i];
    if (byte == ' ' || byte == '-') continue;
    if (n == 34 || !(is_digit(byte) || is_letter(byte))) return 0;
    plain[n++] = byte;
  }
  if (n < 5) return 0;
  unsigned rest = 0;
  for (size_t i = 0; i < n; i++) {
    const uint8_t byte = plain[(i + 4) % n];
    rest = is_digit(byte) ? (10 * rest + (byte - '0')) % 97 : (100 * rest + ((byte | 0x20) - 'a' + 10u)) % 97;
  }
  return rest == 1;
}

static double check_ssn(const plain_text *t) {
  uint8_t digits[9];
  size_t n = 0;
  for (Py_ssize_t i = 0; i < t->n; i++) {
    const uint8_t byte = t->bytes[i];
    if (byte == ' ' || byte == '.' || byte == '-') continue;
    if (n == sizeof digits) return 0.0;
    digits[n++] = byte;
  }
  if (n != sizeof digits || !memcmp(digits, "000", 3) || !memcmp(digits, "666", 3) || digits[0] >= '9') return 0.0;
  return !memcmp(digits + 3, "00", 2) || !memcmp(digits + 5, "0000", 4) ? 0.0 : 0.3;
}

/* What the text is as an address that the registry of RFC 6890 has nothing special to say of; -1 where it has. */
static double check_ipv4(const plain_text *t, int internal) {
  unsigned octets[4], n = 0;
  Py_ssize_t i = 0;
  for (; n < 4; n++) {
    const Py_ssize_t start = i;
    unsigned value = 0;
    for (; i < t->n && i < start + 4 && is_digit(t->bytes[i]); i++) value = 10 * value + (t->bytes[i] - '0');
    if (i == start || value > 255 || (t->bytes[start] == '0' && i > start + 1)) return 0.0;
    octets[n] = value;
    if (n < 3 && (i == t->n || t->bytes[i++] != '.')) return 0.0;
  }
  if (i != t->n) return 0.0;
  switch (octets[0]) {
  case 0: case 10: case 100: case 127: case 169: case 172: case 192: case 198: case 203: return -1.0;
  default: break;
  }
  if (octets[0] >= 224) return -1.0;
  if (internal) return 0.0;
  int small = 1, same = 1;
  for (n = 0; n < 4; n++) small &= octets[n] < 32, same &= octets[n] == octets[0];
  return octets[3] && (!small || same) ? 0.4 : 0.2;
}

static int veto_epoch(const plain_text *t) {
  if ((t->n != 10 && t->n != 13) || !t->digits) return 0;
  uint64_t seconds = 0;
  for (int i = 0; i < 10; i++) seconds = 10 * seconds + (t->bytes[i] - '0');
  return seconds >= 978307200u && seconds < 4102444800u;
}

static int veto_timestamp(const plain_text *t) {
  if ((t->n != 12 && t->n != 14 && t->n != 17) || !t->digits) return 0;
  const unsigned year = number_at(t->bytes, 4), month = number_at(t->bytes + 4, 2), day = number_at(t->bytes + 6, 2);
  return year >= 1990 && year <= 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
         number_at(t->bytes + 8, 2) <= 23 && number_at(t->bytes + 10, 2) <= 59;
}

static int veto_repeated(const plain_text *t) {
  Py_ssize_t digits = 0;
  int one_byte = 1, one_digit = 1;
  uint8_t first = 0;
  for (Py_ssize_t i = 0; i < t->n; i++) {
    const uint8_t byte = t->bytes[i];
    one_byte &= byte == t->bytes[0];
    if (!is_digit(byte)) continue;
    if (!digits++) first = byte;
    one_digit &= byte == first;
  }
  return one_byte || (digits < t->n && digits >= 6 && one_digit && 2 * digits > t->n);
}

static int veto_sequential(const plain_text *t) {
  Py_ssize_t digits = 0;
  int up = 1, down = 1;
  uint8_t last = 0;
  for (Py_ssize_t i = 0; i < t->n; i++) {
    const uint8_t byte = t->bytes[i];
    if (!is_digit(byte)) continue;
    if (digits++) {
      const int step = (byte - last + 10) % 10;
      up &= step == 1;
      down &= step == 9;
    }
    last = byte;
  }
  return digits >= 6 && 2 * digits >= t->n && (up || down);
}

static int veto_filler(const plain_text *t) {
  Py_ssize_t run = 0, folded = 0; /* of one byte, and of one whatever its case */
  for (Py_ssize_t i = 0; i < t->n; i++) {
    const uint8_t byte = t->bytes[i];
    run = i && byte == t->bytes[i - 1] ? run + 1 : 1;
    folded = (byte | 0x20) == 'x' ? folded + 1 : 0;
    if (run == 8 || folded == 4 || (run == 3 && (byte == '*' || byte == '.' || byte == '_'))) return 1;
  }
  return 0;
}

/* 0, or -1: it may be one. */
static int veto_no_reply(const plain_text *t) {
  const uint8_t first = t->bytes[0] | 0x20;
  if (first == 'd' || first == 'n') return -1;
  for (Py_ssize_t i = 0; i + 8 <= t->n; i++) {
    size_t k = 0;
    while (k < 7 && (t->bytes[i + (Py_ssize_t)k] | 0x20) == "noreply"[k]) k++;
    if (k == 7 && t->bytes[i + 7] == '.') return -1;
  }
  return 0;
}

/* 1, 0, or -1 where Python is to be asked. */
static int vetoed(int code, const plain_text *t, int named) {
  switch (code) {
  case VETO_UUID: return t->n == 36 ? -1 : 0;
  case VETO_EPOCH: return !named && veto_epoch(t);
  case VETO_TIMESTAMP: return !named && veto_timestamp(t);
  case VETO_REPEATED: return veto_repeated(t);
  case VETO_SEQUENTIAL: return !named && veto_sequential(t);
  case VETO_FILLER: return veto_filler(t);
  case VETO_NO_REPLY: return veto_no_reply(t);
  default: return -1;
  }
}

/* How strongly a check speaks for the text, 0 where it refuses it; -1 where Python is to be asked. */
static double checked(const straight *s, int code, const plain_text *t) {
  switch (code) {
  case CHECK_CARD: return t->digits ? check_card(s, t) : -1.0;
  case CHECK_IBAN: return check_iban(t) ? -1.0 : 0.0;
  case CHECK_SSN: return check_ssn(t);
  case CHECK_IPV4: case CHECK_IPV4_INTERNAL: return check_ipv4(t, code == CHECK_IPV4_INTERNAL);
  default: return -1.0;
  }
}

/* --- one rule on one text ------------------------------------------------------------------------------------------------ */

static long number_in(PyObject *tuple, Py_ssize_t i) { return PyLong_AsLong(PyTuple_GetItem(tuple, i)); }
static double real_in(PyObject *tuple, Py_ssize_t i) { return PyFloat_AsDouble(PyTuple_GetItem(tuple, i)); }

static void keep(found *list, size_t *n, PyObject *said, double sure, uint64_t start, uint64_t end) {
  found *each = &list[(*n)++];
  Py_INCREF(said);
  *each = (found){said, sure, start, end, number_in(said, SAID_SEVERITY), number_in(said, SAID_CLASS)};
}

/* What Python says of this rule: ((said, confidence, start, end), ...), or None for a document that takes the long way. */
static int ask_rest(PyObject *ask, const plain_text *t, PyObject *payload, found *list, size_t *n) {
  PyObject *start = PyLong_FromUnsignedLongLong(t->start), *end = PyLong_FromUnsignedLongLong(t->end), *made = NULL;
  if (start && end) made = PyObject_CallFunctionObjArgs(t->rest, PyTuple_GetItem(ask, ASK_RULE), t->text, payload, start, end, NULL);
  Py_XDECREF(start);
  Py_XDECREF(end);
  if (!made) return FAILS;
  int step = made == Py_None ? BAILS_OUT : GOES_ON;
  for (Py_ssize_t i = 0, count = step == GOES_ON ? PyTuple_Size(made) : 0; i < count && step == GOES_ON; i++) {
    PyObject *each = PyTuple_GetItem(made, i);
    if (*n == PLAIN_FOUND)
      step = BAILS_OUT;
    else
      keep(list, n, PyTuple_GetItem(each, 0), real_in(each, 1), t->start + (uint64_t)number_in(each, 2),
           t->start + (uint64_t)number_in(each, 3));
  }
  Py_DECREF(made);
  return PyErr_Occurred() ? FAILS : step;
}

/* Strengths of all checks of the whole text, multiplied as doubts; -1 where one refuses it, -2 for an exception. */
static double doubts(const straight *s, PyObject *ask, const plain_text *t, double doubt, double *strongest) {
  PyObject *checks = PyTuple_GetItem(ask, ASK_CHECKS);
  const char *codes = PyBytes_AsString(PyTuple_GetItem(ask, ASK_CHECK_CODES));
  for (Py_ssize_t i = 0, count = PyTuple_Size(checks); i < count; i++) {
    double strength = checked(s, codes[i], t);
    if (strength < 0.0) {
      PyObject *said = PyObject_CallFunctionObjArgs(PyTuple_GetItem(checks, i), t->text, NULL);
      if (!said) return -2.0;
      strength = PyFloat_AsDouble(said);
      Py_DECREF(said);
      if (strength == -1.0 && PyErr_Occurred()) return -2.0;
    }
    if (strength <= 0.0) return -1.0;
    if (strength > *strongest) *strongest = strength;
    doubt *= 1.0 - strength;
  }
  return doubt;
}

/* Whether something says what else the whole text is; -1 for an exception. */
static int is_vetoed(const straight *s, PyObject *ask, const plain_text *t, int named) {
  PyObject *vetoes = PyTuple_GetItem(ask, ASK_VETOES);
  const char *codes = PyBytes_AsString(PyTuple_GetItem(ask, ASK_VETO_CODES));
  for (Py_ssize_t i = 0, count = PyTuple_Size(vetoes); i < count; i++) {
    int answer = vetoed(codes[i], t, named);
    if (answer < 0) {
      PyObject *where = Py_BuildValue("(OOn)", t->text, s->zero, t->n);
      PyObject *said = where ? PyObject_Call(PyTuple_GetItem(vetoes, i), where, s->named[named]) : NULL;
      Py_XDECREF(where);
      answer = said ? PyObject_IsTrue(said) : -1;
      Py_XDECREF(said);
    }
    if (answer) return answer;
  }
  return 0;
}

/* Whether the call of what has one argument is true; -1 for an exception. */
static int is_so(PyObject *call, PyObject *text) {
  PyObject *said = PyObject_CallFunctionObjArgs(call, text, NULL);
  int answer = said ? PyObject_IsTrue(said) : -1;
  Py_XDECREF(said);
  return answer;
}

/* Whether the pattern's value is all of the text; -1 for an exception. */
static int is_whole(const straight *s, PyObject *ask, PyObject *match, Py_ssize_t n) {
  PyObject *span = PyObject_CallMethodObjArgs(match, s->span, PyTuple_GetItem(ask, ASK_GROUP), NULL);
  if (!span) return -1;
  const int whole = number_in(span, 0) == 0 && number_in(span, 1) == n;
  Py_DECREF(span);
  return whole;
}

/* A value that is all of its text: kept if it stands. GOES_ON or FAILS; *refused says that it does not stand. */
static int judge(const straight *s, PyObject *ask, long flags, const plain_text *t, found *list, size_t *n, int *refused) {
  const double key = real_in(ask, ASK_KEY);
  double strongest = 0.0;
  *refused = 1;
  const double doubt = doubts(s, ask, t, (1.0 - real_in(ask, ASK_PRIOR)) * (1.0 - key), &strongest);
  if (doubt < 0.0) return doubt == -2.0 ? FAILS : GOES_ON;
  const int veto = is_vetoed(s, ask, t, number_in(ask, ASK_NAMED) != 0);
  if (veto) return veto < 0 ? FAILS : GOES_ON;
  if (key == 0.0) {
    if (flags & ASKS_FORM) {
      const int formed = is_so(PyTuple_GetItem(ask, ASK_FORMS), t->text);
      if (formed <= 0) return formed < 0 ? FAILS : GOES_ON;
    }
    if (t->number && !(flags & ASKS_BARE) && strongest < s->strong) return GOES_ON;
  }
  double sure = 1.0 - doubt;
  if (number_in(ask, ASK_OPPOSED)) sure *= 0.2;
  sure = sure < 0.0 ? 0.0 : sure < 1.0 ? sure : 1.0;
  if (sure < real_in(ask, ASK_THRESHOLD)) return GOES_ON;
  PyObject *said = PyTuple_GetItem(ask, ASK_SAID), *shown = PyTuple_GetItem(ask, ASK_SHOWN);
  if (shown != Py_None) {
    PyObject *where = PyObject_CallFunctionObjArgs(s->published, t->text, NULL);
    if (!where) return FAILS;
    if (where != Py_None) said = shown;
    Py_DECREF(where);
  }
  keep(list, n, said, sure, t->start, t->end);
  *refused = 0;
  return GOES_ON;
}

static int ask_one(const straight *s, PyObject *ask, const plain_text *t, PyObject *payload, found *list, size_t *n) {
  const long flags = number_in(ask, ASK_FLAGS);
  if (flags & ASKS_WORD && !t->letters) return GOES_ON;
  PyObject *search = PyTuple_GetItem(ask, ASK_SEARCH);
  PyObject *match = PyObject_CallFunctionObjArgs(search, t->text, NULL);
  if (!match) return FAILS;
  if (match == Py_None) {
    Py_DECREF(match);
    return GOES_ON;
  }
  if (flags & (ASKS_WORD | ASKS_REST)) {
    Py_DECREF(match);
    return ask_rest(ask, t, payload, list, n);
  }
  const int whole = is_whole(s, ask, match, t->n);
  Py_DECREF(match);
  if (whole <= 0) return whole < 0 ? FAILS : ask_rest(ask, t, payload, list, n);
  if (*n == PLAIN_FOUND) return BAILS_OUT;
  int refused = 1; /* a value without its role is none */
  const int step = flags & ASKS_ROLE ? GOES_ON : judge(s, ask, flags, t, list, n, &refused);
  if (step != GOES_ON || !refused) return step;
  if (flags & ASKS_SHORTER) return ask_rest(ask, t, payload, list, n);
  /* After a refused value the search goes on one byte further. */
  PyObject *one = PyLong_FromLong(1);
  PyObject *next = one ? PyObject_CallFunctionObjArgs(search, t->text, one, NULL) : NULL;
  Py_XDECREF(one);
  if (!next) return FAILS;
  const int more = next != Py_None;
  Py_DECREF(next);
  return more ? ask_rest(ask, t, payload, list, n) : GOES_ON;
}

/* --- one token ------------------------------------------------------------------------------------------------------------ */

static void put32(uint8_t *out, size_t *at, uint32_t value) {
  memcpy(out + *at, &value, sizeof value);
  *at += sizeof value;
}

/* Names beside a value speak by their words; those without a letter have none. */
static int names_are_dumb(const dlp_token *t, const uint8_t *data) {
  for (int k = 0; k < DLP_NAMES && t->name_end[k]; k++)
    for (uint64_t i = t->name_start[k]; i < t->name_end[k]; i++)
      if (is_letter(data[i]) || data[i] >= 0x80 || data[i] == '\\') return 0;
  return 1;
}

/* What is remembered of tokens of this kind with these triggers at this place; a new reference, NULL for an exception,
 * None for the long way. `hits` are those of the token. */
static PyObject *asks_of(const straight *s, const dlp_token *t, const dlp_hit *hits, uint64_t n_hits, const uint8_t *data) {
  uint8_t key[PLAIN_KEY];
  size_t at = 0;
  if (n_hits > 32) Py_RETURN_NONE;
  put32(key, &at, t->kind);
  for (uint64_t i = 0; i < n_hits; i++) put32(key, &at, hits[i].trigger);
  for (int k = 0; k < DLP_PATH && t->key_end[k]; k++) {
    const size_t size = (size_t)(t->key_end[k] - t->key_start[k]);
    if (size + 8 > sizeof key - at || memchr(data + t->key_start[k], '\\', size)) Py_RETURN_NONE;
    put32(key, &at, 0xFFFFFFFFu - (uint32_t)size); /* no trigger is as large */
    memcpy(key + at, data + t->key_start[k], size);
    at += size;
  }
  PyObject *place = PyBytes_FromStringAndSize((const char *)key, (Py_ssize_t)at);
  if (!place) return NULL;
  PyObject *known = PyDict_GetItemWithError(s->memory, place);
  if (known) {
    Py_INCREF(known);
  } else if (!PyErr_Occurred()) {
    PyObject *triggers = PyTuple_New((Py_ssize_t)n_hits), *keys = NULL;
    Py_ssize_t n = 0;
    while (n < DLP_PATH && t->key_end[n]) n++;
    if (triggers) keys = PyTuple_New(n);
    for (uint64_t i = 0; keys && i < n_hits; i++)
      PyTuple_SetItem(triggers, (Py_ssize_t)i, PyLong_FromUnsignedLong(hits[i].trigger));
    for (Py_ssize_t k = 0; keys && k < n; k++)
      PyTuple_SetItem(keys, k, PyBytes_FromStringAndSize((const char *)data + t->key_start[k],
                                                         (Py_ssize_t)(t->key_end[k] - t->key_start[k])));
    PyObject *kind = keys ? PyLong_FromUnsignedLong(t->kind) : NULL;
    if (kind && !PyErr_Occurred()) known = PyObject_CallFunctionObjArgs(s->learn, place, kind, triggers, keys, NULL);
    Py_XDECREF(kind);
    Py_XDECREF(keys);
    Py_XDECREF(triggers);
  }
  Py_DECREF(place);
  return known;
}

/* The rules that the hits of one token call; *more where it asks for more than rules. */
static int ask_token(const straight *s, const dlp_token *t, const dlp_hit *hits, uint64_t n_hits, PyObject *payload,
                     const uint8_t *data, found *list, size_t *n, int *more) {
  const uint64_t size = t->end - t->start;
  if ((t->kind != DLP_T_STRING && t->kind != DLP_T_NUMBER) || t->flags & ~(uint32_t)(DLP_F_AT | DLP_F_LAYER) || !size ||
      size > PLAIN_TEXT || !names_are_dumb(t, data))
    return BAILS_OUT;
  plain_text text = {NULL, NULL, data + t->start, (Py_ssize_t)size, t->kind == DLP_T_NUMBER, 0, 1, t->start, t->end};
  for (uint64_t i = 0; i < size; i++) {
    const uint8_t byte = text.bytes[i];
    if (byte >= 0x80) return BAILS_OUT;
    text.letters |= is_letter(byte);
    text.digits &= is_digit(byte);
    if (text.number && (byte == '.' || byte == 'e' || byte == 'E')) return BAILS_OUT; /* it is read in another form */
  }
  PyObject *known = asks_of(s, t, hits, n_hits, data);
  if (!known) return FAILS;
  int step = known == Py_None ? BAILS_OUT : GOES_ON;
  if (step == GOES_ON) {
    PyObject *asks = PyTuple_GetItem(known, 0);
    *more |= PyTuple_GetItem(known, 1) == Py_True;
    const Py_ssize_t count = PyTuple_Size(asks);
    text.rest = PyTuple_GetItem(known, 2);
    if (count && !(text.text = PyBytes_FromStringAndSize((const char *)text.bytes, text.n))) step = FAILS;
    for (Py_ssize_t i = 0; i < count && step == GOES_ON; i++)
      step = ask_one(s, PyTuple_GetItem(asks, i), &text, payload, list, n);
    Py_XDECREF(text.text);
  }
  Py_DECREF(known);
  return step;
}

/* --- all of them ---------------------------------------------------------------------------------------------------------- */

/* As dlpcore.findings.merge orders them before it looks at them: below zero where a comes first. */
static int by_place(const found *a, const found *b) {
  if (a->start != b->start) return a->start < b->start ? -1 : 1;
  if (a->end != b->end) return a->end > b->end ? -1 : 1;
  if (a->severity != b->severity) return a->severity > b->severity ? -1 : 1;
  if (a->sure != b->sure) return a->sure > b->sure ? -1 : 1;
  return PyUnicode_Compare(PyTuple_GetItem(a->said, SAID_RULE), PyTuple_GetItem(b->said, SAID_RULE));
}

/* As findings stand in a verdict: the most severe first, then the surest, then by place. */
static int by_weight(const found *a, const found *b) {
  if (a->severity != b->severity) return a->severity > b->severity ? -1 : 1;
  if (a->sure != b->sure) return a->sure > b->sure ? -1 : 1;
  if (a->start != b->start) return a->start < b->start ? -1 : 1;
  if (a->end != b->end) return a->end < b->end ? -1 : 1;
  return PyUnicode_Compare(PyTuple_GetItem(a->said, SAID_RULE), PyTuple_GetItem(b->said, SAID_RULE));
}

/* Stable, and of no more than PLAIN_FOUND. */
static void sort_found(found **list, size_t n, int (*order)(const found *, const found *)) {
  for (size_t i = 1; i < n; i++) {
    found *each = list[i];
    size_t at = i;
    for (; at && order(each, list[at - 1]) < 0; at--) list[at] = list[at - 1];
    list[at] = each;
  }
}

static int as_strong(const found *a, const found *b) {
  return a->severity != b->severity ? a->severity > b->severity : a->sure >= b->sure;
}

/* dlpcore.findings.merge, of findings in the payload itself; returns how many are left. */
static size_t merged(found **list, size_t n) {
  enum { WINDOW = 8 };
  size_t active[WINDOW + 1], n_active = 0, n_kept = 0;
  found *kept[PLAIN_FOUND];
  int dropped[PLAIN_FOUND];
  if (n < 2) return n;
  sort_found(list, n, by_place);
  for (size_t f = 0; f < n; f++) {
    found *each = list[f];
    size_t still = 0;
    for (size_t i = 0; i < n_active; i++)
      if (kept[active[i]]->end > each->start) active[still++] = active[i];
    n_active = still;
    if (n_active > WINDOW) {
      memmove(active, active + n_active - WINDOW, WINDOW * sizeof *active);
      n_active = WINDOW;
    }
    int redundant = 0;
    for (size_t i = 0; i < n_active; i++) {
      found *other = kept[active[i]];
      if (dropped[active[i]] || other->class_ != each->class_) continue;
      if (other->end >= each->end && as_strong(other, each))
        redundant = 1;
      else if (other->start == each->start && other->end == each->end && !as_strong(other, each))
        dropped[active[i]] = 1;
    }
    if (redundant) continue;
    active[n_active++] = n_kept;
    dropped[n_kept] = 0;
    kept[n_kept++] = each;
  }
  n = 0;
  for (size_t i = 0; i < n_kept; i++)
    if (!dropped[i]) list[n++] = kept[i];
  sort_found(list, n, by_weight);
  return n;
}

static PyObject *records_of(found **list, size_t n) {
  PyObject *records = PyTuple_New((Py_ssize_t)n);
  for (size_t i = 0; records && i < n; i++)
    PyTuple_SetItem(records, (Py_ssize_t)i, Py_BuildValue("(OdKK)", list[i]->said, list[i]->sure,
                                                          (unsigned long long)list[i]->start,
                                                          (unsigned long long)list[i]->end));
  if (records && PyErr_Occurred()) Py_CLEAR(records);
  return records;
}

/* An object of a class with slots, its first slots set; `values` are borrowed. */
static PyObject *slotted(PyObject *type, PyObject *const *names, PyObject *const *values, int n) {
  PyObject *made = PyType_GenericAlloc((PyTypeObject *)type, 0);
  for (int i = 0; made && i < n; i++)
    if (PyObject_GenericSetAttr(made, names[i], values[i]) < 0) Py_CLEAR(made);
  return made;
}

/* What makes the findings of a verdict when they are asked for. */
static PyObject *findings_of(const straight *s, found **list, size_t n, PyObject *payload, const dlp_result *r) {
  PyObject *records = records_of(list, n), *made = NULL;
  if (!records) return NULL;
  PyObject *made_of = Py_BuildValue("(OONKK)", payload, s->key, records, (unsigned long long)r->tail_start,
                                    (unsigned long long)r->max_depth);
  if (made_of) made = slotted(s->findings, s->findings_slots, &made_of, 1);
  Py_XDECREF(made_of);
  return made;
}

/* The verdict on what was found, in order, where the policy decides for each by itself. `quiet`: what choices cost, or None. */
static PyObject *verdict_of(const straight *s, found **list, size_t n, PyObject *payload, const dlp_result *r, PyObject *quiet) {
  PyObject *action = s->allow, *reasons[PLAIN_FOUND];
  long rank = 0;
  size_t n_reasons = 0;
  for (size_t i = 0; i < n; i++) {
    PyObject *reason = PyTuple_GetItem(list[i]->said, SAID_REASON);
    if (reason == Py_None) continue; /* it is allowed */
    size_t k = 0;
    while (k < n_reasons && reasons[k] != reason && PyUnicode_Compare(reasons[k], reason)) k++;
    if (k == n_reasons) reasons[n_reasons++] = reason;
    const long its = number_in(list[i]->said, SAID_RANK);
    if (its > rank) {
      rank = its;
      action = PyTuple_GetItem(list[i]->said, SAID_ACTION);
    }
  }
  PyObject *why = PyTuple_New((Py_ssize_t)n_reasons), *made = NULL;
  for (size_t i = 0; why && i < n_reasons; i++) {
    Py_INCREF(reasons[i]);
    PyTuple_SetItem(why, (Py_ssize_t)i, reasons[i]);
  }
  PyObject *findings = !why ? NULL : n ? findings_of(s, list, n, payload, r) : PyTuple_New(0);
  PyObject *capacity = quiet == Py_None ? s->nothing : PyObject_CallFunctionObjArgs(s->capacity, quiet, NULL);
  if (findings && capacity) {
    PyObject *values[VERDICT_SLOTS] = {action, findings, Py_True, s->empty, capacity, why, s->zero, Py_None};
    made = slotted(s->verdict, s->verdict_slots, values, VERDICT_SLOTS);
  }
  if (quiet != Py_None) Py_XDECREF(capacity);
  Py_XDECREF(findings);
  Py_XDECREF(why);
  return made;
}

/* What rules find in the tokens of a result whose hits stand together token by token: a verdict; or where more than rules
 * is to be asked (`*more`) records in the order of the tokens; None for the long way; NULL for an exception. */
static PyObject *straight_on(const straight *s, const dlp_result *r, PyObject *payload, const uint8_t *data, PyObject *quiet,
                             int *more) {
  found list[PLAIN_FOUND], *order[PLAIN_FOUND];
  size_t n = 0, tokens = 0;
  int step = GOES_ON;
  for (uint64_t at = 0; at < r->n_hits && step == GOES_ON;) {
    const uint32_t token = r->hits[at].token;
    uint64_t end = at;
    while (end < r->n_hits && r->hits[end].token == token) end++;
    step = token == DLP_NO_TOKEN || ++tokens > PLAIN_TOKENS
               ? BAILS_OUT
               : ask_token(s, &r->tokens[token], r->hits + at, end - at, payload, data, list, &n, more);
    at = end;
  }
  PyObject *made = NULL;
  if (step == BAILS_OUT) {
    Py_INCREF(Py_None);
    made = Py_None;
  } else if (step == GOES_ON) {
    for (size_t i = 0; i < n; i++) order[i] = &list[i];
    made = *more ? records_of(order, n) : verdict_of(s, order, merged(order, n), payload, r, quiet);
  }
  for (size_t i = 0; i < n; i++) Py_DECREF(list[i].said);
  return made;
}

static void straight_free(straight *s) {
  PyObject *owned[] = {s->span, s->zero, s->empty, s->named[0], s->named[1], s->findings_slots[0]};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) Py_XDECREF(owned[i]);
  for (int i = 0; i < VERDICT_SLOTS; i++) Py_XDECREF(s->verdict_slots[i]);
}

/* From what dlpcore/straight.py gives, which whoever keeps this keeps alive; 0, or -1 with an exception. */
static int straight_from(straight *s, PyObject *given) {
  static const char *const slots[VERDICT_SLOTS] = {"action", "_found", "complete", "skipped", "capacity", "reasons", "allowed", "shadow"};
  PyObject *networks;
  if (!PyArg_ParseTuple(given, "O!OOO!dOOOOOO", &PyDict_Type, &s->memory, &s->learn, &s->published, &PyBytes_Type, &networks,
                        &s->strong, &s->verdict, &s->findings, &s->key, &s->allow, &s->nothing, &s->capacity))
    return -1;
  const size_t size = (size_t)PyBytes_Size(networks);
  s->n_networks = size / sizeof(network);
  if (size % sizeof(network) || s->n_networks > PLAIN_NETWORKS || !PyType_Check(s->verdict) || !PyType_Check(s->findings)) {
    PyErr_SetString(PyExc_ValueError, "dlpcore: the native module does not match this Python code");
    return -1;
  }
  memcpy(s->networks, PyBytes_AsString(networks), size);
  s->span = PyUnicode_InternFromString("span");
  s->zero = PyLong_FromLong(0);
  s->empty = PyTuple_New(0);
  s->named[0] = Py_BuildValue("{sO}", "named", Py_False);
  s->named[1] = Py_BuildValue("{sO}", "named", Py_True);
  s->findings_slots[0] = PyUnicode_InternFromString("_made_of");
  for (int i = 0; i < VERDICT_SLOTS; i++) s->verdict_slots[i] = PyUnicode_InternFromString(slots[i]);
  return PyErr_Occurred() ? -1 : 0;
}
