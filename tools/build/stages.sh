# Stages: one line each with its time, the output in build/logs, the end of it on failure.
# Sourced by tools/dev.

export CCACHE_DIR="${CCACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ccache}"
export CCACHE_MAXSIZE="${CCACHE_MAXSIZE:-5G}"
# Any build directory and any clone may use what another one compiled.
export CCACHE_BASEDIR="$SKEIN_ROOT" CCACHE_NOHASHDIR=1
# Precompiled headers hold times; their content is what counts.
export CCACHE_SLOPPINESS="pch_defines,time_macros,include_file_mtime,include_file_ctime"
export CMAKE_COLOR_DIAGNOSTICS="${CMAKE_COLOR_DIAGNOSTICS:-OFF}"
export ASAN_OPTIONS="${ASAN_OPTIONS:-strict_string_checks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}"

clock() {
    printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60))
}

say() {
    echo "[$(clock)] $*"
}

# fail WHAT REMEDY: says both and ends the command.
fail() {
    echo "tools/dev: $1" >&2
    echo "  $2" >&2
    exit 1
}

# try_stage NAME COMMAND...: runs it with its output in a log; one line says how long it took.
try_stage() {
    local name="$1" log start=$SECONDS
    shift
    mkdir -p build/logs
    log="build/logs/$(tr -cs 'a-zA-Z0-9\n' '-' <<<"$name").log"
    if "$@" >"$log" 2>&1; then
        say "$name: $((SECONDS - start)) s"
        return 0
    fi
    say "$name: FAILED after $((SECONDS - start)) s, see $log"
    return 1
}

# As try_stage, and a failure ends the command with the last lines of the log.
stage() {
    local name="$1"
    if try_stage "$@"; then return 0; fi
    local log
    log="build/logs/$(tr -cs 'a-zA-Z0-9\n' '-' <<<"$name").log"
    echo "--- $log, what went wrong:" >&2
    { grep -nE 'error|Error|FAILED' "$log" | head -20; } >&2 || true
    echo "--- and its end:" >&2
    tail -n 30 "$log" >&2
    exit 1
}

# As many as there are cores, and no more than the memory carries at 1.2 GB each.
compile_jobs() {
    local cores memory_mb by_memory
    if [[ -n ${SKEIN_JOBS:-} ]]; then
        echo "$SKEIN_JOBS"
        return
    fi
    cores="$(nproc)"
    memory_mb="$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)"
    by_memory=$((memory_mb / 1200))
    if ((by_memory < 1)); then by_memory=1; fi
    echo $((cores < by_memory ? cores : by_memory))
}

has_target() {
    # All of the list is read: a grep that stops early ends ninja by SIGPIPE, and pipefail with it.
    ninja -C "build/$1" -t targets all | grep -c "^$2: phony\|^$2: CXX_EXECUTABLE" >/dev/null
}

# run_ctest DIRECTORY LOG [ctest options]: its own output, which ends in its summary.
run_ctest() {
    local directory="$1" log="$2" status=0
    shift 2
    mkdir -p "$(dirname "$log")"
    ctest --test-dir "$directory" --output-on-failure --no-tests=error \
        --no-label-summary -j 2 "$@" 2>&1 |
        tee "$log" || status=${PIPESTATUS[0]}
    return "$status"
}
