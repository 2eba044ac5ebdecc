# Finds a Python and a compiler, and makes virtual environments: what the scripts beside this file share.
# Sourced, not run. Every failure is one sentence that says what to install, and exit status 2.

set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"

stop() {
    printf '%s\n' "$(basename -- "$0"): $*" >&2
    exit 2
}

python_is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Sets $python: $PYTHON where given, else python3, else the newest python3.N that is new enough.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" >/dev/null 2>&1 || stop "PYTHON names '$PYTHON', which is not there: set it to a Python 3.11 or newer."
        python_is_new_enough "$PYTHON" || stop "'$PYTHON' is older than Python 3.11: install Python 3.11 or newer (Debian 12 and later: apt-get install python3; others: python.org or pyenv) and set PYTHON to it."
        python=$PYTHON
        return
    fi
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$python" >/dev/null 2>&1 && python_is_new_enough "$python"; then
            return
        fi
    done
    if command -v python3 >/dev/null 2>&1; then
        stop "python3 is older than Python 3.11: install Python 3.11 or newer (Debian 12 and later: apt-get install python3; others: python.org or pyenv), or set PYTHON to one."
    fi
    stop "no Python was found: install Python 3.11 or newer (Debian 12 and later: apt-get install python3; others: python.org or pyenv), or set PYTHON to one."
}

need_venv_module() {
    "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
        stop "this Python has no venv module: install it (Debian and Ubuntu: apt-get install python3-venv; others: a Python with ensurepip)."
}

# Sets $compiler. Tries it on a real file: a compiler without the C library's headers is no compiler.
need_compiler() {
    compiler=${CC:-}
    if [ -z "$compiler" ]; then
        for compiler in cc gcc clang; do
            command -v "$compiler" >/dev/null 2>&1 && break
            compiler=
        done
    fi
    probe=$(mktemp -d)
    printf '#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' >"$probe/probe.c"
    # $compiler unquoted: CC may hold options.
    if [ -z "$compiler" ] || ! $compiler -o "$probe/probe" "$probe/probe.c" >/dev/null 2>&1; then
        rm -rf "$probe"
        stop "no working C compiler was found: install one (Debian and Ubuntu: apt-get install build-essential; Fedora: dnf install gcc; macOS: xcode-select --install)."
    fi
    rm -rf "$probe"
}

need_headers() {
    headers=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["include"])')
    [ -f "$headers/Python.h" ] ||
        stop "the C headers of this Python (Python.h) are missing: install them (Debian and Ubuntu: apt-get install python3-dev; Fedora: dnf install python3-devel)."
}

# A checksum of everything that an installed environment depends on. Sources in Python are not part of it: the
# installation is editable.
environment_state() {
    {
        printf '%s\n' "$root" "$1" "${CC:-}" "${CFLAGS:-}"
        cat pyproject.toml setup.py
        find native/include native/src native/ffi -type f \( -name '*.[ch]' -o -name '*.py' -o -name '*.inc' \) |
            LC_ALL=C sort | while IFS= read -r file; do cksum "$file"; done
    } | cksum
}

# ready_venv FOLDER [EXTRA]: sets $venv to an environment that holds the project as it is now. Quick when it already does.
ready_venv() {
    need_venv_module
    need_compiler
    need_headers
    venv=$root/$1
    interpreter=$("$python" -c 'import sys; print(sys.version.replace("\n", " "), sys.prefix)')
    state="$interpreter $(environment_state "${2:-}")"
    if [ -x "$venv/bin/python" ] && [ -f src/dlpcore/_core.abi3.so ] && [ "$(cat "$venv/.state" 2>/dev/null)" = "$state" ]; then
        return
    fi
    printf '%s\n' "$(basename -- "$0"): preparing $1 (once, and after changes of the C code or of the dependencies)" >&2
    # Another interpreter needs another environment; for a change of the project, the same one is brought up to date.
    if [ ! -x "$venv/bin/python" ] || [ "$(cat "$venv/.interpreter" 2>/dev/null)" != "$interpreter" ]; then
        "$python" -m venv --clear "$venv" ||
            stop "the virtual environment $1 could not be made (Debian and Ubuntu: apt-get install python3-venv)."
        printf '%s\n' "$interpreter" >"$venv/.interpreter"
    fi
    # Without build isolation the build tools are installed once instead of at every rebuild.
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check 'setuptools>=77' 'cffi>=1.17' ||
        stop "the build tools could not be installed: see pip's message above; the first run needs the network or a local package index."
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable ".${2:+[$2]}" ||
        stop "the installation failed: see the message above; the first run needs the network or a local package index."
    printf '%s\n' "$state" >"$venv/.state"
}

# The environment of the developers' scripts, one for each version of Python.
ready_test_venv() {
    find_python
    ready_venv ".venv-test-$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" dev
}
