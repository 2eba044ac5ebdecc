/* Whether a rule's pattern matches anywhere in a text: a backtracking matcher of what rules/programs.py writes.
 *
 * It says yes where its steps or its stack run out, and never no where the pattern matches. Only texts on which a trigger
 * fired and whose make-up is right come here, so that a rule is called on what it may find, and on little else.
 */
#include "prefilter.h"

enum op { MATCH, SET, SPLIT, JUMP, LOOP, BEGIN, END, LAST, LINE_BEGIN, LINE_END, BOUND, NOT_BOUND, LOOK, FORK, OPEN, CLOSE, SAME, BEFORE, NOT_BEFORE, NEXT, NOT_NEXT };
enum { BEHIND = 1, NOT = 2 };
enum { STACK = 192, DEPTH = 8, GROUPS = 8 };
#define RESTORE 0x80000000u
enum outcome { NO, YES, UNKNOWN };

/* A place to go back to; of a loop, every place from `at` down to `least`. Or RESTORE and a group, and where it was. */
typedef struct choice {
  uint32_t pc, at, least;
} choice;

typedef struct machine {
  const uint32_t *code;
  uint8_t (*sets)[32];
  const uint8_t *p;
  uint32_t n, depth, from[GROUPS], to[GROUPS]; /* groups: `to` before `from`, nothing yet */
  int64_t steps;
} machine;

static inline bool in_set(const machine *m, uint32_t set, uint8_t b) { return m->sets[set][b >> 3] >> (b & 7) & 1; }
static bool word(uint8_t b) { return (uint8_t)((b | 0x20) - 'a') < 26 || (uint8_t)(b - '0') < 10 || b == '_'; }

static bool boundary(const machine *m, uint32_t at) {
  return (at > 0 && word(m->p[at - 1])) != (at < m->n && word(m->p[at]));
}

static enum outcome run(machine *m, uint32_t pc, uint32_t at) {
  choice stack[STACK];
  uint32_t depth = 0;
  const uint32_t n = m->n;
  for (;;) {
    bool fails = false;
    if (--m->steps < 0) return UNKNOWN;
    const uint32_t word_ = m->code[pc], argument = word_ >> 8;
    switch ((enum op)(word_ & 0xFF)) {
    case MATCH: return YES;
    case SET:
      fails = at >= n || !in_set(m, argument, m->p[at]);
      at++, pc++;
      break;
    case SPLIT:
      if (depth == STACK) return UNKNOWN;
      stack[depth++] = (choice){argument, at, at};
      pc++;
      break;
    case FORK:
      if (at < n && in_set(m, argument, m->p[at])) {
        if (depth == STACK) return UNKNOWN;
        stack[depth++] = (choice){m->code[pc + 1], at, at};
        pc += 2;
      } else {
        pc = m->code[pc + 1];
      }
      break;
    case JUMP: pc = argument; break;
    case LOOP: {
      const uint32_t least = m->code[pc + 1], most = m->code[pc + 2];
      const uint32_t end = most < n - at ? at + most : n, from = at;
      while (at < end && in_set(m, argument, m->p[at])) at++;
      m->steps -= (at - from) >> 3;
      pc += 3;
      if (at - from < least) {
        fails = true;
      } else if (at - from > least) {
        if (depth == STACK) return UNKNOWN;
        stack[depth++] = (choice){pc, at - 1, from + least};
      }
      break;
    }
    case BEGIN: fails = at != 0; pc++; break;
    case END: fails = at != n; pc++; break;
    case LAST: fails = at != n && !(at + 1 == n && m->p[at] == '\n'); pc++; break;
    case LINE_BEGIN: fails = at != 0 && m->p[at - 1] != '\n'; pc++; break;
    case LINE_END: fails = at != n && m->p[at] != '\n'; pc++; break;
    case BOUND: fails = !boundary(m, at); pc++; break;
    case NOT_BOUND: fails = boundary(m, at); pc++; break;
    case LOOK: {
      const uint32_t width = m->code[pc + 1];
      if (m->depth == DEPTH) return UNKNOWN;
      m->depth++;
      const enum outcome found = argument & BEHIND && at < width ? NO : run(m, pc + 3, at - (argument & BEHIND ? width : 0));
      m->depth--;
      if (found == UNKNOWN) return UNKNOWN;
      fails = (found == YES) == ((argument & NOT) != 0);
      pc = m->code[pc + 2];
      break;
    }
    case OPEN:
    case CLOSE: {
      if (depth == STACK) return UNKNOWN;
      stack[depth++] = (choice){RESTORE | argument, m->from[argument], m->to[argument]};
      if ((word_ & 0xFF) == OPEN) m->from[argument] = at;
      else m->to[argument] = at;
      pc++;
      break;
    }
    case SAME: {
      const uint32_t length = m->to[argument] - m->from[argument];
      fails = m->to[argument] < m->from[argument] || length > n - at || memcmp(m->p + m->from[argument], m->p + at, length) != 0;
      at += length, pc++;
      break;
    }
    case BEFORE: fails = !(at > 0 && in_set(m, argument, m->p[at - 1])); pc++; break;
    case NOT_BEFORE: fails = at > 0 && in_set(m, argument, m->p[at - 1]); pc++; break;
    case NEXT: fails = !(at < n && in_set(m, argument, m->p[at])); pc++; break;
    case NOT_NEXT: fails = at < n && in_set(m, argument, m->p[at]); pc++; break;
    default: return UNKNOWN;
    }
    if (!fails) continue;
    while (depth && stack[depth - 1].pc & RESTORE) {
      const choice *c = &stack[--depth];
      m->from[c->pc & (GROUPS - 1)] = c->at;
      m->to[c->pc & (GROUPS - 1)] = c->least;
    }
    if (!depth) return NO;
    choice *c = &stack[depth - 1];
    pc = c->pc, at = c->at;
    if (c->at == c->least) depth--;
    else c->at--;
  }
}

bool dlp_program_finds(const dlp_prefilter *pf, uint32_t program, const uint8_t *p, size_t n) {
  enum { LONGEST = 4096 };
  if (n > LONGEST) return true;
  const uint32_t *code = pf->code + pf->code_offsets[program];
  machine m = {.code = code + 1, .sets = pf->sets, .p = p, .n = (uint32_t)n, .steps = 2048 + 16 * (int64_t)n};
  memset(m.from, 0xFF, sizeof m.from);
  memset(m.to, 0, sizeof m.to); /* no group has anything yet */
  const bool only_first = (code[1] & 0xFF) == BEGIN;
  for (uint32_t at = 0; at <= m.n; at++) {
    if (at < m.n && !in_set(&m, code[0], p[at])) {
      if (only_first) return false;
      continue;
    }
    if (at == m.n && !in_set(&m, code[0], 0) ) {
      /* a match that begins at the end is empty, and then every byte may begin it */
      return false;
    }
    if ((code[1] & 0xFF) == NOT_BEFORE && at > 0 && in_set(&m, code[1] >> 8, p[at - 1])) continue;
    const enum outcome found = run(&m, 0, at);
    if (found != NO) return true;
    if (only_first) return false;
  }
  return false;
}
