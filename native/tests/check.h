/* What the C tests share: checks that count, and inputs that end, or start, at a page that cannot be read. */
#ifndef DLP_TEST_CHECK_H
#define DLP_TEST_CHECK_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned passed, failed;

#define CHECK(what) check((what), #what, __FILE__, __LINE__)
static inline void check(int ok, const char *what, const char *file, int line) {
  if (ok) {
    passed++;
    return;
  }
  if (failed++ < 20) fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
}

static inline int closing_line(void) {
  printf("%u passed, %u failed\n", passed, failed);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Room for inputs between two pages that fault when touched. */
typedef struct guarded {
  uint8_t *first, *end; /* the readable bytes */
} guarded;

static inline guarded guarded_room(size_t size) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (size + page - 1) / page * page;
  uint8_t *all = mmap(NULL, room + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED || mprotect(all, page, PROT_NONE) || mprotect(all + page + room, page, PROT_NONE)) {
    perror("guarded_room");
    exit(EXIT_FAILURE);
  }
  return (guarded){all + page, all + page + room};
}
/* A copy that ends right before the upper page, and one that starts right behind the lower one. */
static inline const uint8_t *at_end(guarded g, const void *data, size_t size) {
  return size ? memcpy(g.end - size, data, size) : g.end;
}
static inline const uint8_t *at_start(guarded g, const void *data, size_t size) {
  return size ? memcpy(g.first, data, size) : g.first;
}
#endif
