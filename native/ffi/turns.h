/* Decides whether a call gives up the interpreter's lock, from what giving it up cost before.
 *
 * Theory of operation. Beside a thread that is busy in Python, whoever gives the lock up gets it back when the
 * interpreter next makes that thread let go, 5 ms later by default: nothing to a call of 50 ms, a hundredfold to one of
 * 50 microseconds. Beside threads that inspect too, it comes back at once, and giving it up is what lets them run. A
 * call cannot see which it is, but it can measure how long it waited. So a wait is a debt, which scanning pays back:
 * a nanosecond of scanning, held or not, pays PAID nanoseconds of waiting; while more is owed than the next call would
 * pay, the lock is held. Waiting then takes at most PAID times the time of scanning, whatever runs beside it; and
 * where nobody makes it wait, every call gives the lock up. Nobody else waits longer than LONGEST for a call that holds.
 * The shared state is two numbers that may be written by several threads at once: a lost update costs one guess. */
#ifndef DLP_TURNS_H
#define DLP_TURNS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define DLP_TURN_SMALL ((size_t)32 * 1024) /* bytes; giving the lock up costs more than the scan of so few */
#define DLP_TURN_PAID 2
#define DLP_TURN_LONGEST 5000000 /* ns; the interpreter's own switch interval */

typedef struct dlp_turns {
  atomic_int_least64_t owed;   /* ns of waiting that scanning has not paid back */
  atomic_int_least64_t per_kb; /* ns of scanning for 1,024 bytes, last time */
} dlp_turns;

static inline int64_t dlp_turns_expected(dlp_turns *t, size_t size) {
  int64_t kilobytes = size < (size_t)1 << 40 ? (int64_t)(size >> 10) : (int64_t)1 << 30;
  return kilobytes * atomic_load_explicit(&t->per_kb, memory_order_relaxed);
}

/* Whether the call that begins now is to give the lock up. */
static inline int dlp_turns_gives(dlp_turns *t, size_t size) {
  int64_t expected = dlp_turns_expected(t, size);
  return expected >= DLP_TURN_LONGEST ||
         DLP_TURN_PAID * expected >= atomic_load_explicit(&t->owed, memory_order_relaxed);
}

/* What a call told: ns of scanning, and of waiting for the lock behind it, or -1 where it was held. A call that gave the
 * lock up did so because its own scanning pays what was owed before. */
static inline void dlp_turns_took(dlp_turns *t, size_t size, int64_t scanned, int64_t waited) {
  const int64_t most = (int64_t)1 << 40;
  int64_t rate = scanned / (int64_t)(size / 1024 + 1);
  int64_t owed = atomic_load_explicit(&t->owed, memory_order_relaxed);
  owed -= DLP_TURN_PAID * (scanned < most ? scanned : most);
  if (waited > owed) owed = waited; /* of those who wait at once, all wait for the same thread */
  atomic_store_explicit(&t->owed, owed > 0 ? owed : 0, memory_order_relaxed);
  atomic_store_explicit(&t->per_kb, rate < 1 << 20 ? rate : 1 << 20, memory_order_relaxed);
}

#endif
