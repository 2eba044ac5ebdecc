/* The entry points for Python: what reads whole payloads, in turns with other threads (turns.h), and the first pass.
 *
 * The first pass of an inspection is a method of CPython rather than a function of cffi. Clean traffic pays for it on each
 * call, and of a payload of some bytes the call is most of the price; where something was seen, its records become the
 * objects that Python reads at once.
 */
#include <time.h>

#include "dlpcore.h"
#include "lanes.h"
#include "straight.h"
#include "turns.h"

static dlp_turns turns;

typedef struct turn {
  PyThreadState *state;
  int64_t began;
  size_t size;
} turn;

static int64_t turn_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static turn turn_begin(size_t size) {
  turn t = {NULL, 0, size};
  if (size <= DLP_TURN_SMALL) return t;
  if (dlp_turns_gives(&turns, size)) t.state = PyEval_SaveThread();
  t.began = turn_now();
  return t;
}

static void turn_end(const turn *t) {
  if (t->size <= DLP_TURN_SMALL) return;
  int64_t done = turn_now(), waited = -1;
  if (t->state) {
    PyEval_RestoreThread(t->state);
    waited = turn_now() - done;
  }
  dlp_turns_took(&turns, t->size, done - t->began, waited);
}

#define TAKING_TURNS(type, size, call) \
  do {                                 \
    turn t_ = turn_begin(size);        \
    type result_ = (call);             \
    turn_end(&t_);                     \
    return result_;                    \
  } while (0)

static int dlp_py_scan(dlp_scanner *s, const dlp_prefilter *pf, const uint8_t *data, size_t size,
                       const dlp_limits *limits, uint32_t options) {
  TAKING_TURNS(int, size, dlp_scan(s, pf, data, size, limits, options));
}

static int dlp_py_scan_text(dlp_scanner *s, const dlp_prefilter *pf, const uint8_t *data, size_t size,
                            const dlp_limits *limits) {
  TAKING_TURNS(int, size, dlp_scan_text(s, pf, data, size, limits));
}

static int64_t dlp_py_records(dlp_scanner *s, const dlp_prefilter *pf, const uint8_t *data, size_t size,
                              const dlp_limits *limits, const dlp_records_how *how, dlp_record *out, size_t cap,
                              dlp_records_done *done) {
  TAKING_TURNS(int64_t, size, dlp_records(s, pf, data, size, limits, how, out, cap, done));
}

static int64_t dlp_py_pointers(const uint8_t *data, size_t size, const uint64_t *offsets, size_t n, uint64_t *steps,
                               size_t cap, uint64_t *ends) {
  TAKING_TURNS(int64_t, size, dlp_pointers(data, size, offsets, n, steps, cap, ends));
}

static dlp_unicode *dlp_py_unicode(const uint8_t *data, size_t size, uint64_t cap, int text) {
  TAKING_TURNS(dlp_unicode *, size, dlp_unicode_new(data, size, cap, text));
}

static int dlp_py_price_choices(const uint8_t *data, size_t size, uint32_t carrier, uint8_t *out, size_t cap,
                                uint64_t *used, dlp_choices *result) {
  TAKING_TURNS(int, size, dlp_price_choices(data, size, carrier, out, cap, used, result));
}

static double dlp_py_price_symbols(const uint8_t *symbols, size_t n) {
  TAKING_TURNS(double, n, dlp_price_symbols(symbols, n));
}

static int64_t dlp_py_key_orders(const uint8_t *data, size_t size, uint64_t *out, size_t cap, uint64_t *left_out) {
  TAKING_TURNS(int64_t, size, dlp_key_orders(data, size, out, cap, left_out));
}

static int64_t dlp_py_canonical(const uint8_t *data, size_t size, uint32_t style, uint8_t *out, size_t cap) {
  TAKING_TURNS(int64_t, size, dlp_canonical(data, size, style, out, cap));
}

static size_t dlp_py_compact(const uint8_t *data, size_t size, uint8_t *out) {
  TAKING_TURNS(size_t, size, dlp_compact(data, size, out));
}

/* Lets a prefilter that nobody shares yet read with other lanes; 0 where this machine has none of that number. */
static int dlp_py_use_lanes(dlp_prefilter *pf, uint32_t i) {
  const dlp_lanes *lanes = dlp_lanes_at(i);
  if (lanes) dlp_prefilter_use(pf, lanes);
  return lanes != NULL;
}

/* --- the first pass --------------------------------------------------------------------------------------------------- */

typedef struct first {
  dlp_scanner *scanner; /* its own: used under the interpreter's lock alone */
  const dlp_prefilter *prefilter;
  const dlp_limits *limits;
  Py_ssize_t longest; /* payload that it looks at, in bytes */
  int busy;           /* while objects are made the interpreter may run other code, which may inspect */
  PyObject *keep;     /* what owns the three, and what the straight path was given */
  int goes_straight;
  straight straight;
} first;

static const char FIRST[] = "dlpcore first pass";

static PyObject *copied(const void *records, uint64_t n, size_t size) {
  return PyBytes_FromStringAndSize(records, (Py_ssize_t)(n * size));
}

/* Ranges up to the first that is empty. */
static PyObject *ranges(const uint64_t *start, const uint64_t *end, Py_ssize_t most) {
  Py_ssize_t n = 0;
  while (n < most && end[n]) n++;
  PyObject *found = PyTuple_New(n);
  for (Py_ssize_t k = 0; found && k < n; k++)
    PyTuple_SetItem(found, k, Py_BuildValue("KK", (unsigned long long)start[k], (unsigned long long)end[k]));
  return found;
}

/* (start, end, kind, flags, keys, names, triggers) of the token whose hits start at hits[*at]; *at ends behind them. */
static PyObject *called(const dlp_result *r, uint64_t *at) {
  const uint32_t index = r->hits[*at].token;
  const dlp_token *t = &r->tokens[index];
  uint64_t n = 0, from = *at, i;
  for (i = from; i < r->n_hits && (r->hits[i].token == index || r->hits[i].token == DLP_NO_TOKEN); i++)
    n += r->hits[i].token == index;
  *at = i;
  PyObject *triggers = PyTuple_New((Py_ssize_t)n);
  for (i = from, n = 0; triggers && i < *at; i++)
    if (r->hits[i].token == index) PyTuple_SetItem(triggers, (Py_ssize_t)n++, PyLong_FromUnsignedLong(r->hits[i].trigger));
  return Py_BuildValue("KKIINNN", (unsigned long long)t->start, (unsigned long long)t->end, t->kind, t->flags,
                       ranges(t->key_start, t->key_end, DLP_PATH), ranges(t->name_start, t->name_end, DLP_NAMES), triggers);
}

/* Bits by channel (enum dlp_quiet) of what costs a little, and how much of it is pooled; None where nothing does. */
static PyObject *quiet(const dlp_result *r) {
  int any = 0;
  for (int k = 0; k < DLP_Q_COUNT; k++) any |= r->quiet_bits[k] > 0;
  if (!any) Py_RETURN_NONE;
  PyObject *found = PyTuple_New(DLP_Q_COUNT + 1);
  for (int k = 0; found && k <= DLP_Q_COUNT; k++)
    PyTuple_SetItem(found, k, PyFloat_FromDouble(k < DLP_Q_COUNT ? r->quiet_bits[k] : r->quiet_weight));
  return found;
}

/* (start of the tail, depth, what was called by token, triggers outside tokens, what is quiet), where nothing but hits is to be
 * said; what is quiet alone, where there are none. */
static PyObject *hits_alone(const dlp_result *r) {
  if (!r->n_hits) return quiet(r);
  PyObject *tokens = PyList_New(0), *outside = PyList_New(0);
  for (uint64_t at = 0; tokens && outside && at < r->n_hits;) {
    if (r->hits[at].token != DLP_NO_TOKEN) {
      PyObject *call = called(r, &at);
      int rc = call ? PyList_Append(tokens, call) : -1;
      Py_XDECREF(call);
      if (rc < 0) goto failed;
    } else {
      at++;
    }
  }
  for (uint64_t at = 0; tokens && outside && at < r->n_hits; at++)
    if (r->hits[at].token == DLP_NO_TOKEN) {
      PyObject *trigger = PyLong_FromUnsignedLong(r->hits[at].trigger);
      int rc = trigger ? PyList_Append(outside, trigger) : -1;
      Py_XDECREF(trigger);
      if (rc < 0) goto failed;
    }
  if (tokens && outside)
    return Py_BuildValue("KKNNN", (unsigned long long)r->tail_start, (unsigned long long)r->max_depth, tokens, outside, quiet(r));
failed:
  Py_XDECREF(tokens);
  Py_XDECREF(outside);
  return NULL;
}

/* Whether hits are all that there is to say. Of the census only what one writer does alone: a bit that is not named here
 * is looked at. */
static int only_hits(const dlp_result *r) {
  if (r->errors_seen || r->truncated || r->lead_end || r->n_gaps || r->census & ~(uint64_t)(DLP_C_RAW_NON_ASCII | DLP_C_SHORT_CONTROL))
    return 0;
  for (int k = 0; k < DLP_S_COUNT; k++)
    if (r->stream_bits[k] > 0) return 0;
  return 1;
}

/* Whether the hits stand together token by token: one that was called again behind later ones is put together by the
 * records of all. */
static int in_turn(const dlp_result *r) {
  uint32_t last = 0;
  for (uint64_t i = 0; i < r->n_hits; i++) {
    if (r->hits[i].token == DLP_NO_TOKEN) continue;
    if (r->hits[i].token < last) return 0;
    last = r->hits[i].token;
  }
  return 1;
}

/* What is said of a payload that was scanned: see first_pass. */
static PyObject *said_of(first *f, const dlp_result *r, PyObject *payload, const uint8_t *data, size_t size) {
  const uint64_t tail = size - r->tail_start;
  const int turns = in_turn(r), alone = turns && only_hits(r) && (!tail || (tail == 1 && data[size - 1] == '\n'));
  PyObject *records = NULL, *said;
  if (f->goes_straight && turns && r->n_hits && !r->errors_seen && !r->truncated) {
    int more = !alone;
    PyObject *choices = quiet(r);
    records = choices ? straight_on(&f->straight, r, payload, data, choices, &more) : NULL;
    Py_XDECREF(choices);
    if (!records) return NULL;
    if (records == Py_None)
      Py_CLEAR(records);
    else if (!more)
      return records;
  }
  if (alone)
    said = hits_alone(r);
  else
    said = Py_BuildValue("NNNNNy", copied(r, 1, sizeof *r), copied(r->errors, r->n_errors, sizeof *r->errors),
                         copied(r->tokens, r->n_tokens, sizeof *r->tokens), copied(r->hits, r->n_hits, sizeof *r->hits),
                         copied(r->gaps, r->n_gaps, sizeof *r->gaps), "");
  return records ? Py_BuildValue("NN", said, records) : said;
}

/* None: nothing at all is to be said of the payload. False: it was not looked at. Else the records of the pass, as bytes:
 * (result, errors, tokens, hits, gaps, b""), or those of hits_alone. Where the straight path was gone: the verdict, if that is
 * all; else (those records, what rules find in tokens). */
static PyObject *first_pass(PyObject *self, PyObject *payload) {
  first *f = PyCapsule_GetPointer(self, FIRST);
  if (!f) return NULL;
  if (!PyBytes_CheckExact(payload) || f->busy || PyBytes_Size(payload) > f->longest) Py_RETURN_FALSE;
  const uint8_t *data = (const uint8_t *)PyBytes_AsString(payload);
  const size_t size = (size_t)PyBytes_Size(payload);
  int rc = dlp_scan(f->scanner, f->prefilter, data, size, f->limits, DLP_O_SETTLE);
  if (rc == 0) Py_RETURN_NONE;
  if (rc < 0) return PyErr_NoMemory();
  f->busy = 1;
  PyObject *said = said_of(f, dlp_scanner_result(f->scanner), payload, data, size);
  f->busy = 0;
  return said;
}

static void first_free(PyObject *capsule) {
  first *f = PyCapsule_GetPointer(capsule, FIRST);
  Py_XDECREF(f->keep);
  straight_free(&f->straight);
  free(f);
}

/* first_pass(scanner, prefilter, limits, longest, keep, straight): a function of one argument. The first three are
 * addresses; the last is what straight_from takes, or None. */
static PyObject *new_first_pass(PyObject *module, PyObject *args) {
  static PyMethodDef method = {"first_pass", first_pass, METH_O, "The first pass over a payload of bytes."};
  unsigned long long scanner, prefilter, limits;
  PyObject *keep, *given;
  Py_ssize_t longest;
  (void)module;
  if (!PyArg_ParseTuple(args, "KKKnOO", &scanner, &prefilter, &limits, &longest, &keep, &given)) return NULL;
  first *f = calloc(1, sizeof *f);
  if (!f) return PyErr_NoMemory();
  f->scanner = (dlp_scanner *)(uintptr_t)scanner;
  f->prefilter = (const dlp_prefilter *)(uintptr_t)prefilter;
  f->limits = (const dlp_limits *)(uintptr_t)limits;
  f->longest = longest < (Py_ssize_t)DLP_TURN_SMALL ? longest : (Py_ssize_t)DLP_TURN_SMALL;
  f->keep = Py_BuildValue("OO", keep, given);
  f->goes_straight = given != Py_None;
  if (!f->keep || (f->goes_straight && straight_from(&f->straight, given) < 0)) {
    straight_free(&f->straight);
    Py_XDECREF(f->keep);
    free(f);
    return NULL;
  }
  PyObject *capsule = PyCapsule_New(f, FIRST, first_free);
  if (!capsule) {
    straight_free(&f->straight);
    Py_DECREF(f->keep);
    free(f);
    return NULL;
  }
  PyObject *function = PyCFunction_NewEx(&method, capsule, NULL);
  Py_DECREF(capsule);
  return function;
}

/* Puts what is no function of cffi into the module; 0, or -1. cffi writes the module's own beginning. */
static int dlp_py_methods(void) {
  static PyMethodDef method = {"new_first_pass", new_first_pass, METH_VARARGS, "Makes the first pass of a prefilter."};
  PyObject *module = PyImport_AddModule("dlpcore._core"), *function = PyCFunction_NewEx(&method, NULL, NULL);
  int rc = module && function ? PyObject_SetAttrString(module, "new_first_pass", function) : -1;
  Py_XDECREF(function);
  if (rc < 0) PyErr_Clear();
  return rc;
}
