/* Records of NDJSON: where each begins and ends, and on which of them something is to be said; one call for many. */
#include "internal.h"

static inline bool blank(uint8_t b) { return b == ' ' || b == '\t' || b == '\r' || b == '\n'; }

static bool all_blank(const uint8_t *at, const uint8_t *end) {
  while (at < end && blank(*at)) at++;
  return at == end;
}

/* The end of the record that begins at `at`: its line, blank lines around it with it. */
static size_t record_end(const uint8_t *data, size_t at, size_t size, uint64_t *feeds) {
  bool has_value = false;
  while (at < size) {
    const uint8_t *feed = memchr(data + at, '\n', size - at);
    size_t end = feed ? (size_t)(feed - data) + 1 : size;
    if (!all_blank(data + at, data + end)) {
      if (has_value) break;
      has_value = true;
    }
    *feeds += feed != NULL;
    at = end;
  }
  return at;
}

int64_t dlp_records(dlp_scanner *scanner, const dlp_prefilter *prefilter, const uint8_t *data, size_t size,
                    const dlp_limits *limits, const dlp_records_how *how, dlp_record *out, size_t cap,
                    dlp_records_done *done) {
  if ((!data && size) || !how || !out || !cap || !done) return DLP_EINVAL;
  memset(done, 0, sizeof *done);
  size_t listed = 0;
  while (done->bytes < size && listed < cap) {
    uint64_t feeds = 0;
    size_t start = done->bytes, end = record_end(data, start, size, &feeds);
    bool said = !how->scan || end - start > how->most;
    if (!said) {
      int rc = dlp_scan(scanner, prefilter, data + start, end - start, limits, DLP_O_SETTLE);
      if (rc < 0) return rc;
      said = rc != 0;
    }
    if (said || how->all) out[listed++] = (dlp_record){start, end, done->feeds, said};
    done->bytes = end;
    done->feeds += feeds;
    done->records++;
  }
  return (int64_t)listed;
}
