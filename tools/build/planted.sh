# `tools/dev torture --planted`: bugs planted one by one in a build of their own, each of which the
# torture or a test that is named here has to find. Sourced by tools/dev.

# The bug (engine/base/planted_bug.h), and what finds it below build/planted/tests.
PLANTED_FINDERS=(
    "ack-before-commit torture/torture --seconds 60 --seed 3"
    "epoch-ignored contract/log_postgres_test --abort"
    "select-for-doubt log/log_postgres_cut_test --abort"
    "offset-first unit/intake/intake_test --abort"
    "read-from-end bus/intake_kafka_test --abort"
    "gap-applied unit/bus/bus_test --abort"
    "no-read-back bus/relay_mock_test --abort"
    "checkpoint-apart unit/projections/view_kill_test --abort"
)
PLANTED_SECONDS_MAX=400

# One line: found, or not; its output is kept in build/logs.
run_planted() {
    local bug="$1" program="$2" status=0 log="build/logs/planted-$1.log" start=$SECONDS
    shift 2
    SKEIN_PLANTED_BUG="$bug" timeout "$PLANTED_SECONDS_MAX" "build/planted/tests/$program" "$@" \
        >"$log" 2>&1 || status=$?
    if ((status == 0)); then
        say "$bug: NOT FOUND by $(basename "$program"), see $log"
        return 1
    fi
    say "$bug: found by $(basename "$program") after $((SECONDS - start)) s"
}

torture_planted() {
    local finder words programs=() missed=0
    for finder in "${PLANTED_FINDERS[@]}"; do
        read -r -a words <<<"$finder"
        programs+=("$(basename "${words[1]}")")
    done
    configure planted
    compile planted skein "${programs[@]}"
    for finder in "${PLANTED_FINDERS[@]}"; do
        read -r -a words <<<"$finder"
        run_planted "${words[@]}" || missed=$((missed + 1))
    done
    ((missed == 0)) || fail "$missed of ${#PLANTED_FINDERS[@]} planted bugs were not found" \
        "a test that should see them does not"
    say "all ${#PLANTED_FINDERS[@]} planted bugs were found"
}
