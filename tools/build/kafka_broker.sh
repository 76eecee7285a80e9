#!/bin/bash
# Runs one Apache Kafka broker (KRaft, its own controller) in the foreground, on loopback alone.
# The process stays this one, so whoever starts it has the broker's id. Its log is standard output.
#
# usage: kafka_broker.sh DIRECTORY CLIENT_PORT CONTROLLER_PORT [PROPERTY=VALUE...]
#
# DIRECTORY is made and formatted where it is not; later properties win over those below.
# SKEIN_KAFKA_VERSION chooses among the pinned versions. kafka_answers.py says when it is ready.
set -euo pipefail

if (($# < 3)); then
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
HERE="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
DIRECTORY="$1" CLIENT_PORT="$2" CONTROLLER_PORT="$3"
shift 3
JARS="$("$HERE/kafka_jars.sh")"
VERSION="${JARS##*/kafka-}"
CLUSTER_ID=4L6g3nShT-eMCtK--X86sw

write_properties() {
    cat <<TEXT
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$CONTROLLER_PORT
listeners=PLAINTEXT://127.0.0.1:$CLIENT_PORT,CONTROLLER://127.0.0.1:$CONTROLLER_PORT
advertised.listeners=PLAINTEXT://127.0.0.1:$CLIENT_PORT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$DIRECTORY/log
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
min.insync.replicas=1
message.max.bytes=8388608
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
# The default takes 128 MiB of heap.
log.cleaner.dedupe.buffer.size=8388608
# After SIGKILL a restart waits until the old session has ended.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=4
TEXT
    if [[ $VERSION != 3.* ]]; then
        printf 'share.coordinator.state.topic.%s=1\n' replication.factor min.isr num.partitions
    fi
    if (($#)); then printf '%s\n' "$@"; fi
}

# Warnings and errors to standard output, in the form that this version's logging reads.
write_logging() {
    if [[ $VERSION == 3.* ]]; then
        cat <<'TEXT'
log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c{1} %m%n
TEXT
    else
        cat <<'TEXT'
rootLogger.level=warn
rootLogger.appenderRefs=out
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c{1} %m%n
TEXT
    fi
}

logging_flag() {
    case "$VERSION" in
        3.*) echo "-Dlog4j.configuration=file:$DIRECTORY/logging.properties" ;;
        *) echo "-Dlog4j2.configurationFile=$DIRECTORY/logging.properties" ;;
    esac
}

mkdir -p "$DIRECTORY"
write_properties "$@" >"$DIRECTORY/server.properties"
write_logging >"$DIRECTORY/logging.properties"
if [[ ! -f $DIRECTORY/log/meta.properties ]]; then
    java -XX:TieredStopAtLevel=1 "$(logging_flag)" -cp "$JARS/*" kafka.tools.StorageTool \
        format -t "$CLUSTER_ID" -c "$DIRECTORY/server.properties" --ignore-formatted
fi
exec java -server -Xms512m -Xmx512m -XX:+UseG1GC -XX:MaxGCPauseMillis=20 "$(logging_flag)" \
    -cp "$JARS/*" kafka.Kafka "$DIRECTORY/server.properties"
