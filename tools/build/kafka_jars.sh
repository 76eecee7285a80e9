#!/bin/bash
# Prints the folder that holds the jars of an Apache Kafka broker, or of Kafka Streams, and fetches
# them there first where they are not, into the user's cache.
#
# usage: kafka_jars.sh [--streams] [VERSION]
#   VERSION: SKEIN_KAFKA_VERSION where none is given, else 4.3.1; of the broker 3.9.2 is pinned too
#
# Maven does the fetching, with whatever settings this machine has for it. Every jar is compared
# with the pinned checksums (NAME.sha256) before the folder gets its name, so a fetch that
# broke leaves nothing.
set -euo pipefail

HERE="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
source "$HERE/cached_fetch.sh"
ARTIFACT=kafka_2.13
NAME=kafka
if [[ ${1:-} == --streams ]]; then
    ARTIFACT=kafka-streams
    NAME=kafka-streams
    shift
fi
VERSION="${1:-${SKEIN_KAFKA_VERSION:-4.3.1}}"
NAME="$NAME-$VERSION"
SUMS="$HERE/$NAME.sha256"
COPY_PLUGIN=org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies

give_up() {
    echo "kafka_jars.sh: $1" >&2
    echo "  $2" >&2
    exit 1
}

# The one binding of its logging interface that fits that version.
logging_dependency() {
    case "$VERSION" in
        3.*) echo "org.slf4j slf4j-reload4j 1.7.36" ;;
        *) echo "org.apache.logging.log4j log4j-slf4j-impl 2.25.3" ;;
    esac
}

dependency() {
    printf '<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>\n' "$@"
}

write_pom() {
    echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    echo '<groupId>skein</groupId><artifactId>kafka-jars</artifactId><version>1</version>'
    echo '<packaging>pom</packaging><dependencies>'
    dependency org.apache.kafka "$ARTIFACT" "$VERSION"
    # shellcheck disable=SC2046  # three words
    dependency $(logging_dependency)
    echo '</dependencies></project>'
}

fetch() {
    local work="$1" log="$1/maven.log"
    command -v mvn >/dev/null || give_up "there is no Maven" "apt-get install maven"
    write_pom >"$work/pom.xml"
    mvn -B -q -C -f "$work/pom.xml" "$COPY_PLUGIN" -DincludeScope=runtime \
        -DoutputDirectory="$work/result" >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        give_up "Maven could not fetch $NAME" \
            "see above; once the network or Maven's settings are right, run it again"
    }
    (cd "$work/result" && sha256sum --quiet --strict -c "$SUMS" >&2) ||
        give_up "a jar of $NAME is not the pinned one" "nothing was kept; see $SUMS"
    local found pinned
    found="$(find "$work/result" -name '*.jar' | wc -l)"
    pinned="$(wc -l <"$SUMS")"
    ((found == pinned)) ||
        give_up "$NAME came with $found jars, $pinned are pinned" "nothing was kept; see $SUMS"
}

[[ -f $SUMS ]] ||
    give_up "$NAME is not pinned" \
        "pinned: $(cd "$HERE" && ls kafka-*.sha256 | sed 's/kafka-//; s/\.sha256//' | xargs)"
cached_fetch "$NAME" fetch
