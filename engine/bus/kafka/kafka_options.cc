#include "engine/bus/kafka/kafka_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "engine/base/fault.h"

namespace skein::bus {

namespace {

struct Fixed {
    std::string_view name;
    std::string_view why;
};

// What is lost, doubled beyond repair or skipped where somebody sets these otherwise.
constexpr std::array kFixed = {
    Fixed{"bootstrap.servers", "it is what --kafka gives"},
    Fixed{"metadata.broker.list", "it is what --kafka gives"},
    Fixed{"enable.idempotence", "the order of events rests on it"},
    Fixed{"acks", "no event counts as delivered before every replica has it"},
    Fixed{"request.required.acks", "no event counts as delivered before every replica has it"},
    Fixed{"message.timeout.ms", "an event that is given up tears a hole"},
    Fixed{"delivery.timeout.ms", "an event that is given up tears a hole"},
    Fixed{"transactional.id", "transactions are not used"},
    Fixed{"auto.offset.reset", "a reader that jumps skips events"},
    Fixed{"enable.auto.commit", "readers keep their own positions"},
    Fixed{"auto.commit.enable", "readers keep their own positions"},
    Fixed{"enable.auto.offset.store", "readers keep their own positions"},
    Fixed{"check.crcs", "damaged records must be noticed"},
    Fixed{"group.id", "the group protocol is not used"},
    Fixed{"delivery.report.only.error", "what is not told of never counts as delivered"},
    Fixed{"enable.partition.eof", "readers would not know the end of a partition"},
};

void check_message_limit(const std::string& value) {
    std::uint64_t bytes = 0;
    std::from_chars(value.data(), value.data() + value.size(), bytes);
    if (bytes >= kMessageBytesMax) return;
    throw Fault(FaultKind::kConfig,
                fmt::format("the Kafka property message.max.bytes is {}, events may have up to {}",
                            value, kMessageBytesMax),
                "Remove it, or make it as large.");
}

}  // namespace

std::pair<std::string, std::string> parse_property(const std::string& text) {
    const std::size_t sign = text.find('=');
    if (sign == std::string::npos || sign == 0) {
        // What it holds is not told: it may be a part of a password.
        throw Fault(
            FaultKind::kConfig,
            fmt::format("{} characters without a name and `=` are no property of Kafka's "
                        "client",
                        text.size()),
            "Write name=value, as in sasl.mechanism=PLAIN; a value that holds the separator "
            "has to stand in a file, one property a line.");
    }
    return {text.substr(0, sign), text.substr(sign + 1)};
}

void check_properties(const KafkaOptions& options) {
    if (options.brokers.empty()) {
        throw Fault(FaultKind::kConfig, "no Kafka broker is named", "Give --kafka HOST:PORT.");
    }
    for (const auto& [name, value] : options.properties) {
        const auto* const fixed =
            std::find_if(kFixed.begin(), kFixed.end(),
                         [&name = name](const Fixed& one) { return one.name == name; });
        if (name == "message.max.bytes") check_message_limit(value);
        if (fixed == kFixed.end()) continue;
        throw Fault(FaultKind::kConfig,
                    fmt::format("the Kafka property {} cannot be set: {}", name, fixed->why),
                    fmt::format("Remove {} from the configuration.", name));
    }
}

}  // namespace skein::bus
