#!/bin/bash
# Prints the folder that holds the jars of Apache Kafka, and fetches them there first where they are
# not, into the user's cache.
#
# usage: kafka_jars.sh [VERSION]      default: SKEIN_KAFKA_VERSION, else 4.3.1; 3.9.2 is pinned too
#
# Maven does the fetching, with whatever settings this machine has for it. Every jar is compared
# with the pinned checksums (kafka-VERSION.sha256) before the folder gets its name, so a fetch that
# broke leaves nothing.
set -euo pipefail

HERE="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
source "$HERE/cached_fetch.sh"
VERSION="${1:-${SKEIN_KAFKA_VERSION:-4.3.1}}"
SUMS="$HERE/kafka-$VERSION.sha256"
COPY_PLUGIN=org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies

give_up() {
    echo "kafka_jars.sh: $1" >&2
    echo "  $2" >&2
    exit 1
}

# The broker, and the one binding of its logging interface that fits it.
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
    dependency org.apache.kafka kafka_2.13 "$VERSION"
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
        give_up "Maven could not fetch Kafka $VERSION" \
            "see above; once the network or Maven's settings are right, run it again"
    }
    (cd "$work/result" && sha256sum --quiet --strict -c "$SUMS" >&2) ||
        give_up "a jar of Kafka $VERSION is not the pinned one" "nothing was kept; see $SUMS"
    local found pinned
    found="$(find "$work/result" -name '*.jar' | wc -l)"
    pinned="$(wc -l <"$SUMS")"
    ((found == pinned)) ||
        give_up "Kafka $VERSION came with $found jars, $pinned are pinned" "nothing was kept; see $SUMS"
}

[[ -f $SUMS ]] ||
    give_up "Kafka $VERSION is not pinned" \
        "pinned: $(cd "$HERE" && ls kafka-*.sha256 | sed 's/kafka-//; s/\.sha256//' | xargs)"
cached_fetch "kafka-$VERSION" fetch
