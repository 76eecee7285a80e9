// CommandWriter: commands of one swarm in canonical form, with ids that derive from the source.
//
// command_id = UUID version 8 from BLAKE2b-128 over format, record, the number of the command
// within its record, and the command itself without its id. A record that is broken or missing thus
// changes no id of another record, and the same record always gives the same id.
// Threads: one. Errors: none; once a sink has answered kStop, put() does nothing (see stopped()).
// Source: interfaces sections 2 and 10.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/json/value.h"
#include "tools/import/importer.h"

namespace skein::import {

// Text as an id: characters that an id cannot hold become `-`; what is longer than an id is cut and
// ends in a hash of the whole.
std::string as_id(std::string_view text);
// The name of a file without folder and extension, as an id.
std::string file_id(const std::filesystem::path& file);
// At most `bytes_max` bytes of valid UTF-8 text, no character split.
std::string_view cut_text(std::string_view text, std::size_t bytes_max);

// A UUID version 8 from BLAKE2b-128 of `content`.
std::string derived_id(std::string_view content);

struct CommandHead {
    std::string_view type;
    std::string_view run = {};          // empty: a command of the swarm
    std::string_view actor = {};        // empty parts are left out
    std::string_view occurred_at = {};  // left out where it is no RFC 3339 time
};

class CommandWriter {
 public:
    CommandWriter(std::string_view format, std::string swarm, Sinks sinks);

    const std::string& swarm() const { return swarm_; }
    bool stopped() const { return next_ == Next::kStop; }
    Next next() const { return next_; }

    // The record that the following commands come from. `number` counts within the run or the
    // swarm, so that it does not depend on where in a file the run stands.
    void at_record(std::uint64_t number, const SourcePlace& place);
    void put(const CommandHead& head, const json::Value& data);
    // `data` is canonical already.
    void put_text(const CommandHead& head, std::string_view data);

 private:
    std::string format_;
    std::string swarm_;
    Sinks sinks_;
    SourcePlace place_;
    std::uint64_t record_ = 0;
    std::uint64_t in_record_ = 0;
    Next next_ = Next::kContinue;
    std::string text_;  // reused, to spare allocations
    std::string hashed_;
};

// Short forms of what every importer says.
using Members = std::vector<std::pair<std::string, json::Value>>;
json::Value text_value(std::string_view text);
json::Value object_value(Members members);
struct Update {
    std::string key;
    std::string_view op;
    std::optional<json::Value> value = {};
};
// `data` of an UpdateContext.
json::Value updates_value(const std::vector<Update>& updates);
json::Value append_value(std::string_view key, const json::Value& element);
// The string under `key`; empty where there is none.
std::string text_of(const json::Value& object, std::string_view key);

}  // namespace skein::import
