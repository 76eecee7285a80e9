#!/bin/bash
# A guided tour on a real record: one conversation of an airline agent (tau-bench), imported, looked
# at in the past, and taken up again where it went wrong. Each command is printed before it runs.
# The store is build/demo, made anew; or the empty one of SKEIN_PG and SKEIN_KAFKA, with the same output.
# usage: run.sh [SKEIN]
set -euo pipefail

root="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)"
skein="${1:-$root/build/release/skein}"
if [[ ! -x $skein ]]; then
    echo "demo: there is no program at $skein" >&2
    echo "next:  ./tools/dev build" >&2
    exit 1
fi
export SKEIN_DATA="${SKEIN_DEMO_DATA:-$root/build/demo}"
rm -rf "$SKEIN_DATA"
cd "$root"

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' plain=$'\e[0m'
else
    bold='' plain=''
fi

say() {
    printf '\n%s# %s%s\n' "$bold" "$*" "$plain"
}

# Prints the command as one would type it, then runs it.
skein() {
    local words=() word
    for word in "$@"; do
        if [[ $word =~ ^[A-Za-z0-9_./:@,=~^-]+$ ]]; then
            words+=("$word")
        else
            words+=("'$word'")
        fi
    done
    printf '$ skein %s\n' "${words[*]}"
    "$skein" "$@" 2>&1
}

# For commands whose answer is "no": the exit code is part of the story.
skein_says_no() {
    local code=0
    skein "$@" || code=$?
    printf '(exit code %s)\n' "$code"
}

run=swarm/tau-26/run/trial-0

say "An agent helped a customer to change flights. Its whole conversation becomes events:"
skein import tau-bench tools/demo/trace.jsonl
skein ls runs

say "The run as it is now: every value with the event that gave it. One tool call failed on the way."
skein show $run

say "The same run as it was at an earlier event: nothing was copied for that, the past is just there."
skein show $run@8

say "What three events changed:"
skein diff $run@8..11

say "When did it go wrong? Bisect finds the first event after which a condition holds:"
failed=call_MY94XAcnfHzfAZcVHqt5FRRQ
skein bisect $run --where "steps.$failed.status = failed"

say "Who gave this value, and in which event?"
skein blame $run call_QCD2TymKvAvRYZa95ZLcta8r
skein log $run@step:$failed -n 3

say "Take it up again where it was before that call. Two agents try, each in a fork of their own:"
skein fork $run@step:$failed --name ask-customer
skein fork $run@step:$failed --name use-profile
skein send UpdateContext --swarm tau-26 --run ask-customer --actor asker \
    -d '{"updates":[{"key":"payment","op":"set","value":"ask for a valid card"},{"key":"asked","op":"set","value":true}]}'
skein send UpdateContext --swarm tau-26 --run use-profile --actor planner \
    --reason "the card ending in 7334 is in the profile" \
    -d '{"updates":[{"key":"payment","op":"set","value":"credit_card_9074831"}]}'
skein ls runs --tree

say "Merge one into the other. Both set 'payment', so there is a conflict, seen before anything changes:"
skein merge run/ask-customer --into run/use-profile --strategy manual_review --dry-run
skein merge run/ask-customer --into run/use-profile --strategy manual_review
skein show run/use-profile --path /conflicts

say "A person decides, and blame names who it was:"
conflict="$("$skein" show run/use-profile --path /conflicts/0/id | tr -d '"')"
skein send ResolveConflict --swarm tau-26 --run use-profile --actor supervisor \
    -d "{\"conflict\":\"$conflict\",\"resolution\":\"target\"}"
skein blame run/use-profile payment

say "Finished runs are history. The rule has a name, and the name has an explanation:"
skein_says_no send PauseRun --swarm tau-26 --run trial-0

say "And the proof: hash chain, dense versions, and every view equal to the fold of its events."
skein verify --all
