// StateCache: L1, the newest documents as readers may see them, least recently used first to go.
//
// Nothing in it goes stale: the projector publishes what it changed before anyone hears of the new
// position, and a reader that fills in what it read is refused where that changed meanwhile. So it
// needs no time to live.
// Threads: all methods from any thread; the lock is held for a lookup. Errors: none.
// Source: V-90 to V-92, V-98; design section 6 (L1).
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "engine/domain/state.h"
#include "projections/history/history_view.h"

namespace skein::projections {

// Scope documents (swarms) and stream documents (runs) do not push each other out.
enum class CacheClass : std::uint8_t { kScopes, kStreams };

class StateCache final : public history::Readers {
 public:
    struct Limits {
        std::size_t bytes_max = 0;
        std::array<std::size_t, 2> entries_max{};  // by CacheClass
    };
    struct Counters {
        std::uint64_t hits = 0;
        std::uint64_t misses = 0;
        std::uint64_t entries = 0;
        std::uint64_t bytes = 0;
    };
    using Classify = CacheClass (*)(const Stream&);

    StateCache(Limits limits, Classify classify) : limits_(limits), classify_(classify) {}

    // The newest state, or nullptr.
    std::shared_ptr<const domain::State> find(const Stream& stream);

    // A reader that missed: begin, read the rows, end. A begun fill must be ended.
    struct Fill {
        Stream stream;
        std::uint64_t round = 0;
    };
    Fill begin_fill(const Stream& stream);
    // `state` null: nothing was read, or what was read may be old. Of several fills at a time the
    // newest state stays, so that no reader finds less here than another one was given before.
    void end_fill(const Fill& fill, std::shared_ptr<const domain::State> state);

    // A new generation: everything goes, fills under way included.
    void clear();
    Counters counters() const;

    void publish(std::shared_ptr<const domain::State> document) override;
    void move_mark(const Stream& document, const domain::Mark& mark) override;
    void drop(const Stream& document) override;

 private:
    struct Entry {
        std::shared_ptr<const domain::State> state;
        std::size_t bytes = 0;
    };
    using Order = std::list<Entry>;  // most recently used first
    struct Class {
        Order order;
        std::unordered_map<Stream, Order::iterator> by_stream;
    };

    Class& class_of(const Stream& stream);
    void put(std::shared_ptr<const domain::State> state);
    void erase(Class& from, Order::iterator entry);
    void shrink(CacheClass kind);
    void refuse_fills(const Stream& stream) { fills_.erase(stream); }

    const Limits limits_;
    const Classify classify_;
    mutable std::mutex mutex_;  // guards what follows
    std::array<Class, 2> classes_;
    // Streams being read: the fills under way whose answers may still be taken share a round, which
    // ends with the last of them, or when something is published.
    struct Round {
        std::uint64_t number = 0;
        std::size_t open = 0;
    };
    std::map<Stream, Round> fills_;
    std::uint64_t rounds_ = 0;
    std::size_t bytes_ = 0;
    std::uint64_t hits_ = 0;
    std::uint64_t misses_ = 0;
};

}  // namespace skein::projections
