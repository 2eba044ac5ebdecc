/* The rule for giving the interpreter's lock up, on clocks that are made up. */
#include "turns.h"

#include "check.h"

enum { CALLS = 2000 };
static const int64_t SWITCH = 5000000; /* ns that a busy thread keeps the lock */

/* Calls of `size` bytes at `ns` each beside `busy` busy threads: time with all waiting, per time of scanning. */
static double beside(size_t size, int64_t ns, int busy, int *given) {
  dlp_turns t = {0};
  int64_t scanned = 0, waited = 0;
  *given = 0;
  for (int i = 0; i < CALLS; i++) {
    int gives = dlp_turns_gives(&t, size);
    int64_t wait = gives ? busy * SWITCH : 0;
    *given += gives;
    dlp_turns_took(&t, size, ns, gives ? wait : -1);
    scanned += ns;
    waited += wait;
  }
  return (double)(scanned + waited - busy * SWITCH) / (double)scanned; /* the first wait is what it learns from */
}

int main(void) {
  int given;
  const size_t sizes[] = {40000, 64000, 300000, 1000000, 16000000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    for (int64_t per_kb = 200; per_kb <= 25600; per_kb *= 2) {
      int64_t ns = (int64_t)(sizes[i] >> 10) * per_kb;
      beside(sizes[i], ns, 0, &given);
      CHECK(given == CALLS); /* whoever never waits always lets others run */
      for (int busy = 1; busy <= 3; busy++) {
        double cost = beside(sizes[i], ns, busy, &given);
        CHECK(cost <= 1.0 + DLP_TURN_PAID + 0.01 || ns >= DLP_TURN_LONGEST);
        CHECK(given > 1); /* it tries again */
        if (ns >= DLP_TURN_LONGEST) CHECK(given == CALLS); /* nobody is kept waiting for longer */
      }
    }
  }

  dlp_turns t = {0};
  dlp_turns_took(&t, 64000, 100000, 90 * SWITCH);
  CHECK(!dlp_turns_gives(&t, 64000));
  int calls = 0;
  for (; !dlp_turns_gives(&t, 64000); calls++) dlp_turns_took(&t, 64000, 100000, -1);
  CHECK(calls <= 90 * SWITCH / 100000); /* a bad moment is forgotten */
  for (int i = 0; i < 10; i++) {
    CHECK(dlp_turns_gives(&t, 64000));
    dlp_turns_took(&t, 64000, 100000, 20000); /* short waits, as for another thread that inspects */
  }

  CHECK(dlp_turns_gives(&t, SIZE_MAX));
  dlp_turns_took(&t, SIZE_MAX, INT64_MAX, INT64_MAX);
  dlp_turns_took(&t, 1, INT64_MAX, -1);
  CHECK(dlp_turns_gives(&t, SIZE_MAX));
  return closing_line();
}
