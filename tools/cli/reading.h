// What reading commands share: an address with its resource, single events, ranges of versions.
//
// Threads: as Store. Errors: Rejections; Fault kCorruption where the log lacks what it must have.
// Source: interfaces section 1.
#pragma once

#include <optional>
#include <string_view>

#include "engine/base/hash.h"
#include "tools/cli/cli.h"
#include "tools/library/store.h"

namespace skein::cli {

struct Located {
    replay::Resource resource;
    replay::Address address;
    replay::Point point() const { return address.point.value_or(replay::Point{}); }
};
Result<Located, domain::Rejection> locate(Store& store, std::string_view text);

// Versions after `after` up to and including `last`. Without a range: all up to the point.
struct Bounds {
    Version after;
    Version last;
};
Result<Bounds, domain::Rejection> bounds_of(Store& store, const Located& located);

// Nothing, or the exit code where the range ends before it begins, which is said then.
std::optional<int> refuse_reversed(Cli& cli, Store& store, const Located& located,
                                   const Bounds& bounds);

struct ShownEvent {
    domain::Event event;
    Hash hash;
};
// 0 < version <= head of the stream.
ShownEvent event_at(Store& store, const Stream& stream, Version version);
std::optional<ShownEvent> find_event(Store& store, const Uuid& event_id);

// Of all shards together, now.
std::uint64_t event_count(Store& store);

// Where states are folded: a store, or a log that is read beside its writer.
struct Folds {
    const replay::States& states;
    const domain::Registry& registry;
};
Folds folds_of(Store& store);
// The state after `version` by a fold of the log; empty before the first event.
std::shared_ptr<const domain::State> folded(const Folds& folds, const Stream& stream,
                                            Version version);

}  // namespace skein::cli
