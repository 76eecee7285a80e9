// Where --kafka leads, with what the environment sets beside it: SKEIN_KAFKA__PROPERTIES and
// SKEIN_KAFKA__PROPERTIES_FILE (properties of librdkafka: SASL, TLS...), SKEIN_KAFKA__EVENTS_TOPIC,
// SKEIN_KAFKA__COMMANDS_TOPIC, SKEIN_KAFKA__OUTCOMES_TOPIC and SKEIN_KAFKA__DEAD_LETTERS_TOPIC.
//
// Threads: pure over an environment and a file that do not change. Errors: Fault kConfig where a
// value is none, or a property that promises rest on. Source: interfaces sections 6 and 7.
#pragma once

#include <string>

#include "engine/bus/kafka/kafka_options.h"

namespace skein::cli {

// Properties are `name=value`: in the variable with `;` between them, in the file one a line, where
// `#` begins a line that is none. Secrets belong in the file.
bus::KafkaOptions kafka_options(const std::string& brokers);

}  // namespace skein::cli
