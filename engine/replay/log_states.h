// LogStates: states as the pure fold of the log, the definition that every other source must match.
//
// Optionally it starts from the newest stored snapshot at or below the version asked for. States
// already folded are remembered (bounded), so that walking through versions costs each event once.
// Threads: all methods from any thread. Errors: Fault kCorruption where stored bytes do not decode.
// Source: V-20, V-26, design section 7.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "engine/codec/codec.h"
#include "engine/log/event_log.h"
#include "engine/replay/states.h"

namespace skein::replay {

enum class Snapshots { kIgnore, kUse };

// Decodes one stored event; a Fault kCorruption names its shard and position.
domain::Event decode_stored(const log::EventView& view, const codec::Codec& codec);

class LogStates final : public States {
 public:
    LogStates(const log::EventLog& log, const codec::Codec& codec, Snapshots snapshots);

    std::shared_ptr<const domain::State> at(const Stream& stream, Version version) const override;
    std::shared_ptr<const domain::State> latest(const Stream& stream) const override;
    std::shared_ptr<const domain::State> document_at(const Stream& stream,
                                                     Position position) const override;
    std::shared_ptr<const domain::State> document_latest(const Stream& stream) const override;

 private:
    static constexpr std::size_t kRememberedMax = 512;   // states share structure: some MiB at most
    static constexpr std::uint64_t kRememberEvery = 64;  // versions, within one long fold

    using Key = std::pair<Stream, Version>;
    std::shared_ptr<domain::State> start_of(const Stream& stream, Version version) const;
    void remember(const std::shared_ptr<const domain::State>& state) const;
    std::shared_ptr<const domain::State> fold(const Stream& stream, Version version) const;
    std::shared_ptr<const domain::State> scope_document(const Stream& stream,
                                                        Position position) const;

    const log::EventLog* log_;
    const codec::Codec* codec_;
    const Snapshots snapshots_;

    mutable std::mutex mutex_;  // guards the two below
    mutable std::map<Key, std::shared_ptr<const domain::State>> remembered_;
    mutable std::list<Key> order_;  // oldest first
};

}  // namespace skein::replay
