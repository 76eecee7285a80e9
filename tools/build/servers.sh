# `tools/dev up`, `down`, `status`: one PostgreSQL and one Kafka broker on loopback ports, with their
# data, logs and process ids in build/servers. Sourced by tools/dev. Tests never use these.

SERVERS="$SKEIN_ROOT/build/servers"
PG_PROGRAMS=/usr/lib/postgresql/15/bin

# What a process id alone does not say: when the process started, and in which boot.
identity_of() {
    local stat
    stat="$(cat "/proc/$1/stat" 2>/dev/null)" || return 1
    read -ra stat <<<"${stat##*) }" # the name before may hold anything
    [[ ${stat[0]} != Z ]] || return 1
    echo "$1 ${stat[19]} $(cat /proc/sys/kernel/random/boot_id)"
}

# The process id of a server that runs; a stale file, whose id another process may have, names none.
process_of() {
    local noted
    noted="$(cat "$SERVERS/$1.process" 2>/dev/null)" || return 1
    [[ $(identity_of "${noted%% *}") == "$noted" ]] || return 1
    echo "${noted%% *}"
}

# start_server NAME COMMAND...: in a session of its own, with its output in build/servers/NAME.log.
start_server() {
    local name="$1"
    shift
    # A background child of a script leads no group, so setsid stays the same process.
    setsid "$@" </dev/null >>"$SERVERS/$name.log" 2>&1 9>&- &
    identity_of $! >"$SERVERS/$name.process" || true # ended at once: who waits for it says why
}

# stop_server NAME SIGNAL: waits for its end; after 30 s by SIGKILL.
stop_server() {
    local name="$1" process tries=0
    if process="$(process_of "$name")"; then
        kill -s "$2" "$process"
        while process_of "$name" >/dev/null; do
            if ((++tries == 300)); then kill -s KILL "$process"; fi
            sleep 0.1
        done
        say "$name: stopped (process $process)"
    fi
    rm -f "$SERVERS/$name.process"
}

stop_servers() {
    stop_server kafka TERM
    stop_server postgres INT
}

# Stops them and removes what they kept outside build/.
drop_servers() {
    stop_servers
    if [[ -L $SERVERS/postgres ]]; then rm -rf "$(readlink -f "$SERVERS/postgres")"; fi
}

# Below the range from which the kernel takes ports for outgoing connections.
free_port() {
    local port
    while true; do
        port=$((20000 + RANDOM % 10000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
}

# port_of NAME: the one it had, else a free one.
port_of() {
    local file="$SERVERS/$1.port"
    if [[ ! -f $file ]] || (exec 3<>"/dev/tcp/127.0.0.1/$(cat "$file")") 2>/dev/null; then
        free_port >"$file"
    fi
    cat "$file"
}

# Postgres refuses to run as root; then it runs as the user of its package. An array, since setsid
# runs no functions, and setpriv stays the same process.
AS_POSTGRES=()
if ((EUID == 0)); then AS_POSTGRES=(setpriv --reuid=postgres --regid=postgres --init-groups); fi

# Where the cluster stands: in the build tree if its user can get there (not below /root), else in
# /var/tmp with a link to it.
pg_directory() {
    local place="$SERVERS/postgres"
    if [[ ! -e $place ]]; then
        mkdir -p "$place"
        if ! "${AS_POSTGRES[@]}" test -x "$place"; then
            rmdir "$place"
            ln -s "$(mktemp -d /var/tmp/skein-postgres-XXXXXX)" "$place"
        fi
        if ((EUID == 0)); then chown postgres: "$place/."; fi
    fi
    readlink -f "$place"
}

pg_uri() {
    echo "postgresql://postgres:$(cat "$SERVERS/postgres.password")@127.0.0.1:$(cat "$SERVERS/postgres.port")/$1"
}

pg_query() {
    "$PG_PROGRAMS/psql" -X -q -t -A -d "$(pg_uri "$1")" -c "$2" 2>&1 </dev/null
}

make_cluster() {
    local data="$1" secret
    secret="$(mktemp)"
    (umask 077 && od -An -tx1 -N16 /dev/urandom | tr -d ' \n' >"$SERVERS/postgres.password")
    cat "$SERVERS/postgres.password" >"$secret"
    if ((EUID == 0)); then chown postgres: "$secret"; fi
    "${AS_POSTGRES[@]}" "$PG_PROGRAMS/initdb" -D "$data" -U postgres -A scram-sha-256 --pwfile="$secret" \
        -k -E UTF8 --locale=C --no-instructions || { rm -rf "$secret" "$data"; return 1; }
    rm -f "$secret"
}

start_postgres() {
    if process_of postgres >/dev/null; then return; fi
    local directory port tries=0
    directory="$(pg_directory)"
    if [[ ! -f $directory/data/PG_VERSION ]]; then
        (cd "$directory" && make_cluster "$directory/data") || return 1
    fi
    port="$(port_of postgres)"
    cd "$directory" # postgres may not be allowed to look into ours
    start_server postgres "${AS_POSTGRES[@]}" "$PG_PROGRAMS/postgres" -D "$directory/data" \
        -c "port=$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        -c max_connections=200
    cd "$SKEIN_ROOT"
    until pg_query postgres 'SELECT 1' >/dev/null; do
        process_of postgres >/dev/null && ((++tries < 600)) || return 1
        sleep 0.1
    done
    if [[ -z $(pg_query postgres "SELECT 1 FROM pg_database WHERE datname = 'skein'") ]]; then
        pg_query postgres 'CREATE DATABASE skein'
    fi
}

start_kafka() {
    if process_of kafka >/dev/null; then return; fi
    tools/build/kafka_jars.sh || return 1
    local port
    port="$(port_of kafka)"
    start_server kafka tools/build/kafka_broker.sh "$SERVERS/kafka" "$port" "$(free_port)"
    answers_kafka --wait 120 --process "$(process_of kafka || echo 0)"
}

answers_postgres() { [[ $(pg_query skein 'SELECT 1') == 1 ]]; }
answers_kafka() { python3 tools/build/kafka_answers.py "127.0.0.1:$(cat "$SERVERS/kafka.port")" "$@"; }

# Starts one server, or ends the command with the end of its log.
bring_up() {
    local name="$1"
    if process_of "$name" >/dev/null; then
        say "$name: runs already (process $(process_of "$name"))"
        return
    fi
    stage "up: $name" "start_$name"
}

server_flags() {
    echo "--pg $(pg_uri skein) --kafka 127.0.0.1:$(cat "$SERVERS/kafka.port")"
}

cmd_up() {
    install_packages servers
    mkdir -p "$SERVERS"
    exec 9>"$SERVERS/lock"
    flock 9 # two at a time would start two servers of a kind
    bring_up postgres
    bring_up kafka
    cmd_status
}

# On a database of its own, made anew.
demo_on_servers() {
    cmd_up
    pg_query postgres 'DROP DATABASE IF EXISTS skein_demo WITH (FORCE)'
    pg_query postgres 'CREATE DATABASE skein_demo'
    tools/demo/on_servers.sh build/release/skein "$(pg_uri skein_demo)" \
        "127.0.0.1:$(cat "$SERVERS/kafka.port")" "$SKEIN_ROOT/build/demo-servers"
}

# What needs servers, where nothing else is named; with the other programs that it is held against.
bench_on_servers() {
    install_packages bench
    cmd_up
    local peers="$SKEIN_ROOT/bench/peers" jars python
    jars="$(tools/build/kafka_jars.sh --streams)"
    python="$(tools/build/python_packages.sh "$peers/requirements.txt")"
    if (($# == 0)); then set -- pg-append pg-single relay visible catch-up peers; fi
    # shellcheck disable=SC2046  # several words
    SKEIN_PEER_EVENT_STORE="PYTHONPATH='$python' python3 '$peers/eventsourcing_peer.py'" \
        SKEIN_PEER_STREAMS="java -cp '$jars/*' '$peers/StreamsCatchUp.java'" \
        build/release/skein bench $(server_flags) "$@"
}

cmd_down() {
    if ! process_of kafka >/dev/null && ! process_of postgres >/dev/null; then
        say "nothing runs"
    fi
    stop_servers
}

cmd_status() {
    local name process all_answer=0
    for name in postgres kafka; do
        if ! process="$(process_of "$name")"; then
            say "$name: does not run; ./tools/dev up"
            all_answer=1
        elif ! "answers_$name" 2>/dev/null; then
            say "$name: runs (process $process) and does not answer; see $SERVERS/$name.log"
            all_answer=1
        else
            say "$name: answers (process $process)"
        fi
    done
    if ((all_answer == 0)); then
        say "flags for skein:"
        server_flags
    fi
    return "$all_answer"
}
