// An engine in memory for tests: log, codec, folds and runtime, with a clock and ids that a test
// rules.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.h"
#include "engine/codec/codec.h"
#include "engine/domain/kinds/standard.h"
#include "engine/json/parse.h"
#include "engine/log/memory/memory_log.h"
#include "engine/replay/log_states.h"
#include "engine/runtime/runtime.h"

namespace skein::test {

class TestClock final : public Clock {
 public:
    Timestamp now() const override { return time; }
    Timestamp time{1'700'000'000'000'000};
};

inline log::StoreInfo test_store_info(std::uint32_t shard_count = 4) {
    SeededRandom random(42);
    log::StoreInfo info;
    info.store_id = random.uuid();
    info.incarnation = random.uuid();
    info.shard_count = shard_count;
    info.secret = random.bytes(32);
    return info;
}

// A log behind a network, as the runtime sees it: others may write to it, and an append takes its
// time.
class RemoteLog final : public log::MemoryLog {
 public:
    using log::MemoryLog::MemoryLog;

    bool has_other_writers() const override { return true; }
    std::vector<log::AppendResult> append(const std::vector<log::Batch>& batches) override {
        if (before_append) before_append();
        return log::MemoryLog::append(batches);
    }
    std::optional<log::Receipt> find_receipt(const Scope& scope,
                                             const Uuid& command_id) const override {
        if (before_read) before_read();
        return log::MemoryLog::find_receipt(scope, command_id);
    }
    std::uint64_t scan_stream(
        const Stream& stream, Version after,
        const std::function<bool(const log::EventView&)>& visit) const override {
        if (before_read) before_read();
        return log::MemoryLog::scan_stream(stream, after, visit);
    }
    std::function<void()> before_append;
    std::function<void()> before_read;  // of a receipt or a stream
};

// Rounds of these overlap wherever they can.
inline runtime::RuntimeOptions overlapping() {
    runtime::RuntimeOptions options;
    options.overlap_commands_min = 1;
    return options;
}

template <class Log>
class EngineOn {
 public:
    explicit EngineOn(const runtime::RuntimeOptions& options = overlapping())
        : registry(domain::standard_registry()),
          codec(codec::standard_codec(registry)),
          log(test_store_info()),
          folds(log, codec, replay::Snapshots::kIgnore),
          runtime({&log, &codec, &folds, &clock, &random}, options) {}

    runtime::Outcome send(std::string_view json_text) {
        auto document = json::parse(json_text);
        SKEIN_CHECK(document.has_value(), "the test's JSON is broken: {}", json_text);
        auto command = runtime.parse(*document);
        if (!command) return runtime::rejected(std::nullopt, command.error());
        return runtime.submit(std::move(*command));
    }

    domain::Registry registry;
    codec::Codec codec;
    Log log;
    replay::LogStates folds;
    TestClock clock;
    SeededRandom random{7};
    runtime::Runtime runtime;
};
using MemoryEngine = EngineOn<log::MemoryLog>;
using RemoteEngine = EngineOn<RemoteLog>;

inline std::string create_swarm(std::string_view swarm) {
    return fmt::format(R"({{"type":"CreateSwarm","swarm":"{}"}})", swarm);
}
inline std::string start_run(std::string_view swarm, std::string_view run) {
    return fmt::format(R"({{"type":"StartRun","swarm":"{}","run":"{}"}})", swarm, run);
}
// Sets one variable to a JSON text.
inline std::string set_variable(std::string_view swarm, std::string_view run, std::string_view key,
                                std::string_view value) {
    return fmt::format(
        R"({{"type":"UpdateContext","swarm":"{}","run":"{}","data":{{"updates":[{{"key":"{}","op":"set","value":{}}}]}}}})",
        swarm, run, key, value);
}

}  // namespace skein::test
