"""Builds dlpcore._core: the native sources behind cffi in API mode, on the stable ABI.

Two things differ from a plain cffi module. cffi gives up the GIL around every call; beside one busy Python thread a
call of two microseconds then waits a thread switch to get it back (milliseconds). So the macros that do it are
redefined to nothing, and the entry points give it up themselves, where that is worth the wait (turns.h).
DLPCORE_SANITIZE=1 builds with AddressSanitizer and UndefinedBehaviorSanitizer.
"""

import os
import re
from pathlib import Path

from cffi import FFI

NATIVE = Path("native")  # setuptools runs this from the project's root

header = (NATIVE / "include" / "dlpcore.h").read_text()


def declarations(text: str) -> str:
    """The header's declarations, without what the C preprocessor would handle."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"#ifdef __cplusplus.*?#endif", "", text, flags=re.S)
    text = text.replace("#define DLP_NO_TOKEN 0xFFFFFFFFu", "#define DLP_NO_TOKEN 0xFFFFFFFF")
    kept = [line for line in text.splitlines() if not re.match(r"#(ifndef|define DLPCORE_H|include|endif)", line)]
    return "\n".join(kept)


ENTRY_POINTS = """
int dlp_py_scan(dlp_scanner *, const dlp_prefilter *, const uint8_t *, size_t, const dlp_limits *, uint32_t);
int dlp_py_scan_text(dlp_scanner *, const dlp_prefilter *, const uint8_t *, size_t, const dlp_limits *);
int64_t dlp_py_records(dlp_scanner *, const dlp_prefilter *, const uint8_t *, size_t, const dlp_limits *,
                       const dlp_records_how *, dlp_record *, size_t, dlp_records_done *);
int64_t dlp_py_pointers(const uint8_t *, size_t, const uint64_t *, size_t, uint64_t *, size_t, uint64_t *);
dlp_unicode *dlp_py_unicode(const uint8_t *, size_t, uint64_t, int);
int dlp_py_price_choices(const uint8_t *, size_t, uint32_t, uint8_t *, size_t, uint64_t *, dlp_choices *);
double dlp_py_price_symbols(const uint8_t *, size_t);
int64_t dlp_py_key_orders(const uint8_t *, size_t, uint64_t *, size_t, uint64_t *);
int64_t dlp_py_canonical(const uint8_t *, size_t, uint32_t, uint8_t *, size_t);
size_t dlp_py_compact(const uint8_t *, size_t, uint8_t *);
int dlp_py_use_lanes(dlp_prefilter *, uint32_t);
int dlp_py_methods(void);
"""

PREAMBLE = """
#undef Py_BEGIN_ALLOW_THREADS
#undef Py_END_ALLOW_THREADS
#define Py_BEGIN_ALLOW_THREADS {
#define Py_END_ALLOW_THREADS }
#include "entries.h"
"""

compile_args = ["-std=c11", "-O2", "-fvisibility=hidden", "-Wall", "-Wextra"]
link_args: list[str] = []
if os.environ.get("DLPCORE_SANITIZE") == "1":
    checks = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer", "-g"]
    compile_args += [*checks, "-O1"]
    link_args += checks
if os.environ.get("DLPCORE_SCALAR") == "1":
    compile_args.append("-DDLP_SCALAR")

ffibuilder = FFI()
ffibuilder.cdef(declarations(header) + ENTRY_POINTS)
ffibuilder.set_source(
    "dlpcore._core",
    PREAMBLE,
    sources=[str(path) for path in sorted((NATIVE / "src").glob("*.c"))],
    include_dirs=[str(NATIVE / "include"), str(NATIVE / "src"), str(NATIVE / "ffi")],
    depends=[str(path) for folder in ("include", "src", "ffi") for path in (NATIVE / folder).glob("*.h")],
    extra_compile_args=compile_args,
    extra_link_args=link_args,
    libraries=["m"],
    py_limited_api=True,
)

if __name__ == "__main__":
    ffibuilder.compile(verbose=True)
