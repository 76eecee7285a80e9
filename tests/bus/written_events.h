// Writes real events to a log, whatever its backend, without a runtime: runs that complete steps.
//
// Threads: one writer, one thread. Errors: std::runtime_error.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

#include "engine/codec/envelope.h"
#include "engine/domain/kinds/standard.h"
#include "engine/domain/run/run_events.h"
#include "engine/log/event_log.h"

namespace skein::bus::test {

inline const codec::Codec& standard_codec() {
    static const domain::Registry kRegistry = domain::standard_registry();
    static const codec::Codec kCodec = codec::standard_codec(kRegistry);
    return kCodec;
}

// The first scope of the form swarm/sK that lives in this shard.
inline Scope scope_in(const log::EventFeed& log, Shard shard) {
    for (int k = 0;; ++k) {
        Scope scope("swarm/s" + std::to_string(k));
        if (skein::shard_of(scope, log.shard_count()) == shard) return scope;
    }
}

class EventWriter {
 public:
    explicit EventWriter(log::EventLog& log) : log_(log) {}

    // Appends `count` events of about `bytes` bytes, in one batch.
    void append(Shard shard, std::uint64_t count, std::size_t bytes = 100) {
        const log::Head head = log_.head(shard);
        const Scope scope = scope_in(log_, shard);
        log::Batch batch{shard, head.epoch, head.position, {}, {}};
        batch.commands.push_back(
            {id(shard, head, 1), scope, blake2b_256("content"), static_cast<std::uint32_t>(count)});
        const Stream stream(scope.str() + "/run/r" + std::to_string(head.position.value() % 5));
        log::Head end = head;
        for (std::uint64_t i = 0; i < count; ++i) {
            domain::Event event = step_completed(bytes);
            event.meta.stream = stream;
            event.meta.version = Version(log_.stream_head(stream).value() + i + 1);
            event.meta.shard = shard;
            event.meta.position = end.position.next();
            event.meta.event_id = id(shard, end, 2);
            event.meta.command_id = batch.commands[0].command_id;
            event.meta.epoch = head.epoch;
            std::string encoded = codec::encode_event(event, end.hash, standard_codec());
            end.hash = chain_next(shard, event.meta.position, end.hash, encoded);
            end.position = event.meta.position;
            batch.events.push_back({stream, event.meta.version, end.hash, std::move(encoded)});
        }
        if (log_.append_one(batch).outcome != log::BatchOutcome::kAppended)
            throw std::runtime_error("the log did not take a batch");
    }

 private:
    static Uuid id(Shard shard, const log::Head& head, std::uint8_t what) {
        std::array<std::uint8_t, 16> bytes{};
        for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = head.hash.bytes[i];
        bytes[0] = what;
        bytes[1] = static_cast<std::uint8_t>(shard.value());  // h(0) is that of all shards
        return Uuid(bytes);
    }
    static domain::Event step_completed(std::size_t bytes) {
        auto body = std::make_shared<domain::run::StepCompleted>();
        body->step = "think";
        body->output = json::Value::string(std::string(bytes, 'x'));
        domain::Event event;
        event.meta.recorded_at = Timestamp{1'700'000'000'000'001};
        event.meta.actor = "planner";
        event.body = body;
        return event;
    }

    log::EventLog& log_;
};

}  // namespace skein::bus::test
