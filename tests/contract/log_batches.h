// A small language for tests of logs: batches with positions, versions and chain hashes filled in,
// and a check that everything in a log is dense and chained.
//
// Envelopes are text that says where the event belongs, `stream version payload`, since the log
// does not look into them. Threads: one builder, one thread. Errors: checks of Catch2.
#pragma once

#include <fmt/format.h>

#include <map>
#include <string>

#include "engine/base/bytes.h"
#include "engine/log/event_log.h"

namespace skein::log::test {

inline Uuid uuid_of(std::uint64_t high, std::uint64_t low) {
    std::string bytes;
    put_u64_be(bytes, high);
    put_u64_be(bytes, low);
    return *Uuid::from_bytes(bytes);
}
inline Uuid uuid_of(std::uint64_t number) { return uuid_of(7, number); }

// The chain of design section 3, spelt out a second time on purpose.
inline Hash chain_start(const Uuid& store_id) { return blake2b_256(store_id.view()); }
inline Hash chain_next(Shard shard, Position position, const Hash& previous,
                       std::string_view envelope) {
    std::string bytes(1, '\0');
    put_u32_be(bytes, static_cast<std::uint32_t>(shard.value()));
    put_u64_be(bytes, position.value());
    bytes += previous.view();
    bytes += blake2b_256(envelope).view();
    return blake2b_256(bytes);
}

// The n-th scope (from 0) of the form swarm/sK that lives in this shard.
inline Scope scope_in(const EventFeed& log, Shard shard, int n = 0) {
    for (int k = 0;; ++k) {
        Scope scope("swarm/s" + std::to_string(k));
        if (skein::shard_of(scope, log.shard_count()) == shard && n-- == 0) return scope;
    }
}
inline Stream run_in(const Scope& scope, int n) {
    return Stream(scope.str() + "/run/r" + std::to_string(n));
}

class BatchBuilder {
 public:
    BatchBuilder(const EventLog& log, Shard shard) : log_(log), head_(log.head(shard)) {
        batch_.shard = shard;
        batch_.epoch = head_.epoch;
        batch_.expected_head = head_.position;
    }

    BatchBuilder& command(const Scope& scope, const Uuid& id) {
        batch_.commands.push_back({id, scope, blake2b_256(id.view()), 0});
        return *this;
    }
    // An event of the last command, with the next version of its stream.
    BatchBuilder& event(const Stream& stream, const std::string& payload = "payload") {
        const auto [place, is_new] = versions_.try_emplace(stream);
        if (is_new) place->second = log_.stream_head(stream);
        return event_at(stream, place->second.next(), payload);
    }
    BatchBuilder& event_at(const Stream& stream, Version version,
                           const std::string& payload = "payload") {
        versions_[stream] = version;
        head_.position = head_.position.next();
        BatchEvent event{stream, version, Hash{},
                         fmt::format("{} {} {}", stream.str(), version.value(), payload)};
        head_.hash = chain_next(batch_.shard, head_.position, head_.hash, event.bytes);
        event.hash = head_.hash;
        batch_.events.push_back(std::move(event));
        ++batch_.commands.back().event_count;
        return *this;
    }
    const Batch& batch() const { return batch_; }

 private:
    const EventLog& log_;
    Head head_;
    Batch batch_;
    std::map<Stream, Version> versions_;
};

// One command with one event on the swarm of the shard's first scope.
inline Batch small_batch(const EventLog& log, Shard shard, std::uint64_t command) {
    const Scope scope = scope_in(log, shard);
    return BatchBuilder(log, shard)
        .command(scope, uuid_of(command))
        .event(run_in(scope, 0))
        .batch();
}

// Walks every shard: positions dense, hashes chained, versions of each stream dense and indexed.
// Returns the number of events; the reason why not is in `problem`.
struct Walk {
    std::uint64_t events = 0;
    std::string problem;
};
inline Walk walk(const EventLog& log) {
    Walk result;
    std::map<std::string, std::uint64_t> versions;
    for (std::uint32_t s = 0; s < log.shard_count(); ++s) {
        const Shard shard(s);
        Hash previous = chain_start(log.info().store_id);
        Position last;
        log.scan(shard, Position(), [&](const EventView& event) {
            const Hash hash = chain_next(shard, last.next(), previous, event.bytes);
            const std::size_t first = event.bytes.find(' ');
            const std::string stream(event.bytes.substr(0, first));
            const std::uint64_t version = ++versions[stream];
            if (event.position != last.next() || event.shard != shard) {
                result.problem = fmt::format("position {}", event.position.value());
            } else if (event.hash != hash.view()) {
                result.problem = fmt::format("hash at {}", event.position.value());
            } else if (std::stoull(std::string(event.bytes.substr(first + 1))) != version) {
                result.problem = fmt::format("version {} of {}", version, stream);
            } else if (log.position_of(Stream(stream), Version(version)) != event.position) {
                result.problem = fmt::format("index of {} {}", stream, version);
            }
            last = event.position;
            previous = hash;
            ++result.events;
            return result.problem.empty();
        });
        if (!result.problem.empty()) return result;
        const Head head = log.head(shard);
        if (head.position != last || head.hash != previous) {
            result.problem = fmt::format("head of shard {} at {}, events end at {}", s,
                                         head.position.value(), last.value());
        }
    }
    for (const auto& [stream, version] : versions) {
        if (log.stream_head(Stream(stream)) != Version(version))
            result.problem = "head of " + stream;
    }
    return result;
}

}  // namespace skein::log::test
