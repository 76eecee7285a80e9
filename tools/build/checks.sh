# `tools/dev check`: what is too slow or too strict for every test run. Sourced by tools/dev.

CHECKED_FOLDERS=(engine projections tools tests bench)

cpp_sources() {
    local folder present=()
    for folder in "${CHECKED_FOLDERS[@]}"; do
        if [[ -d $folder ]]; then present+=("$folder"); fi
    done
    find "${present[@]}" -path tests/data -prune -o -type f \( -name '*.h' -o -name '*.cc' \) -print |
        sort
}

check_format() {
    local file wrong=0
    while IFS= read -r file; do
        if ! clang-format-14 --dry-run -Werror "$file" 2>/dev/null; then
            echo "$file:1: is not formatted: ./tools/dev fmt"
            wrong=1
        fi
    done < <(cpp_sources)
    return "$wrong"
}

# A build directory of its own: clang cannot read the precompiled headers of GCC, and generated
# headers must exist before a file that includes them is read.
check_tidy() {
    cmake --preset release -B build/tidy -DCMAKE_CXX_COMPILER=clang++-14 \
        -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON || return 1
    ninja -C build/tidy skein_schema_headers || return 1
    local files
    mapfile -t files < <(cpp_sources | grep '\.cc$' | grep -v '^tests/\|^bench/')
    run-clang-tidy-14 -quiet -p build/tidy -j "$(compile_jobs)" "${files[@]/#/^$SKEIN_ROOT/}"
}

# GCC 12's TSan cannot map its shadow where addresses are randomised widely; setarch turns that off.
check_tsan() {
    cmake --preset tsan || return 1
    cmake --build build/tsan -j "$(compile_jobs)" --target skein_tests || return 1
    local runner=()
    if setarch "$(uname -m)" -R true 2>/dev/null; then runner=(setarch "$(uname -m)" -R); fi
    "${runner[@]}" ctest --test-dir build/tsan -L core -LE NOT_TSAN --output-on-failure \
        --no-tests=error -j 2
}

# The tests of `test` under ASan once more, the CLI's and HTTP's with them, and slower by half: frames
# that were left are watched too.
check_asan() {
    cmake --preset debug -DSKEIN_SANITIZE_OUTER=ON || return 1
    cmake --build build/debug -j "$(compile_jobs)" --target skein_tests || return 1
    ASAN_OPTIONS="$ASAN_OPTIONS:detect_stack_use_after_return=1" \
        ctest --test-dir build/debug -L core --output-on-failure --no-tests=error -j 2
}

CHECKS_FAILED=()

# Runs one check; `check` names all that failed at its end rather than stopping at the first.
one_check() {
    local name="$1"
    if try_stage "$@"; then return; fi
    CHECKS_FAILED+=("$name")
    local log
    log="build/logs/$(tr -cs 'a-zA-Z0-9\n' '-' <<<"$name").log"
    # The pipe closes early where a check has much to say; that is no failure of its own.
    { sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E '^/?[a-zA-Z].*:[0-9]+: |error: ' || tail -n 20 "$log"; } |
        sort -u | head -40 || true
}

cmd_check() {
    install_packages build check
    one_check "check: layers" python3 tools/build/include_edges.py .
    one_check "check: house rules" python3 tools/build/house.py .
    one_check "check: format" check_format
    one_check "check: clang-tidy" check_tidy
    one_check "check: TSan" check_tsan
    one_check "check: ASan, all of it" check_asan
    python3 tools/build/requirement_ids.py .
    ((${#CHECKS_FAILED[@]} == 0)) || fail "failed: ${CHECKS_FAILED[*]}" "the logs stand in build/logs"
    say "check: all passed"
}
