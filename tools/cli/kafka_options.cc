#include "tools/cli/kafka_options.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "engine/base/fault.h"
#include "tools/cli/environment.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

void add_properties(std::istream& in, char separator, bus::KafkaOptions& options) {
    for (std::string text; std::getline(in, text, separator);) {
        const std::size_t first = text.find_first_not_of(" \t\r\n");
        if (first == std::string::npos || text[first] == '#') continue;
        const std::size_t last = text.find_last_not_of(" \t\r\n");
        options.properties.push_back(bus::parse_property(text.substr(first, last + 1 - first)));
    }
}

void take_properties(bus::KafkaOptions& options) {
    constexpr const char* kFileName = "SKEIN_KAFKA__PROPERTIES_FILE";
    if (const char* path = setting(kFileName)) {
        std::ifstream file(path);
        if (!file)
            throw Fault(
                FaultKind::kConfig,
                fmt::format("{} is \"{}\", which cannot be read", kFileName, printable(path)),
                "Name a file with one name=value a line, and who may read it.");
        add_properties(file, '\n', options);
    }
    if (const char* text = setting("SKEIN_KAFKA__PROPERTIES")) {
        std::istringstream in(text);
        add_properties(in, ';', options);
    }
}

void take_name(const char* variable, std::string& name) {
    const char* text = setting(variable);
    if (text != nullptr && *text != '\0') name = text;
}

}  // namespace

bus::KafkaOptions kafka_options(const std::string& brokers) {
    bus::KafkaOptions options;
    options.brokers = brokers;
    take_properties(options);
    take_name("SKEIN_KAFKA__EVENTS_TOPIC", options.topics.events);
    take_name("SKEIN_KAFKA__COMMANDS_TOPIC", options.topics.commands);
    take_name("SKEIN_KAFKA__OUTCOMES_TOPIC", options.topics.outcomes);
    take_name("SKEIN_KAFKA__DEAD_LETTERS_TOPIC", options.topics.dead_letters);
    bus::check_properties(options);
    return options;
}

}  // namespace skein::cli
