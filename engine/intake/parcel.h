// A record that owns its bytes: on its way out of a topic, and into one.
//
// Threads: value types. Errors: none. Source: interfaces section 7.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/bus/event_topic.h"

namespace skein::intake {

struct Parcel {
    Shard partition = bus::kByKey;
    // None: null, which is not the same as empty.
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<std::pair<std::string, std::optional<std::string>>> headers;

    std::size_t bytes() const;
    // The last one of that name; none where it is not there or null.
    std::optional<std::string_view> header(std::string_view name) const;
    // In the place of all of that name.
    void set_header(std::string_view name, std::string content);
    void remove_header(std::string_view name);
    // Views into this.
    bus::Record record() const;
};

Parcel copy_of(const bus::Record& record);
// By which a record is known again at its offset, as log::IntakePoint has it; never 0.
std::uint64_t mark_of(const bus::StoredRecord& stored);

}  // namespace skein::intake
