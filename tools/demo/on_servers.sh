#!/bin/bash
# The tour of run.sh on PostgreSQL and Kafka: a fresh database, topics and a node of its own, and then
# the proof that nothing but ids, times, hashes and durations is printed otherwise than by the store
# in a directory.
# usage: on_servers.sh SKEIN DSN BROKERS FOLDER    (DSN of an empty database; FOLDER for what is kept)
set -euo pipefail

skein="$1" folder="$4"
tour="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/run.sh"
mkdir -p "$folder"
rm -rf "$folder/views"

masked() {
    sed -E -e 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/<id>/g' \
        -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z/<time>/g' \
        -e 's/\b[0-9a-f]{32,64}\b/<hash>/g' -e 's/\([0-9]+ us\)/(<duration>)/g' "$1"
}

export SKEIN_DEMO_DATA="$folder/store"
"$tour" "$skein" >"$folder/embedded.txt"

export SKEIN_PG="$2" SKEIN_KAFKA="$3"
topics="skein.demo.$(date +%s)-$$"
export SKEIN_KAFKA__EVENTS_TOPIC="$topics.events.v1" SKEIN_KAFKA__COMMANDS_TOPIC="$topics.commands.v1" \
    SKEIN_KAFKA__OUTCOMES_TOPIC="$topics.outcomes.v1" SKEIN_KAFKA__DEAD_LETTERS_TOPIC="$topics.dlq.v1"
"$skein" migrate >"$folder/migrate.txt"

"$skein" --data "$folder/views" serve --http 127.0.0.1:0 >"$folder/node.txt" 2>&1 &
node=$!
trap 'kill -KILL "$node" 2>/dev/null || true' EXIT
until grep -q 'owns 16 of 16' "$folder/node.txt"; do
    if ! kill -0 "$node" 2>/dev/null; then
        cat "$folder/node.txt" >&2
        exit 1
    fi
    sleep 0.05
done

"$tour" "$skein" | tee "$folder/servers.txt"

# Its events are in Kafka before the node leaves.
address="$(sed -n 's/.*takes commands at //p' "$folder/node.txt")"
for ((tries = 0; ; ++tries)); do
    metrics="$(python3 -c 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())' \
        "http://$address/metrics")"
    if grep -qx 'skein_relay_lag_events 0' <<<"$metrics" && grep -qx 'skein_relay_sending 1' <<<"$metrics"; then
        break
    fi
    if ((tries == 600)); then
        echo "demo: the events do not come to Kafka; see $folder/node.txt" >&2
        exit 1
    fi
    sleep 0.1
done
kill -TERM "$node"
wait "$node"

if ! diff <(masked "$folder/embedded.txt") <(masked "$folder/servers.txt") >"$folder/difference.txt"; then
    echo "demo: the servers' output is another one than that of the embedded store:" >&2
    cat "$folder/difference.txt" >&2
    exit 1
fi
printf '\n%s lines, the same as from a store in a directory but for ids, times, hashes and durations.\n' \
    "$(wc -l <"$folder/servers.txt")"
printf 'The store is %s, its events are in the topic %s.\n' \
    "$(sed -E 's#//[^@/]*@#//#' <<<"$2")" "$SKEIN_KAFKA__EVENTS_TOPIC"
