// Views: the read side of one store. What readers, the runtime and time travel ask for states.
//
// Behind it stand one live generation of RocksDB rows kept by the projector, and an L1 of assembled
// states. Every answer is the fold of the log up to a position that the answer names; a view that
// is lost or damaged is rebuilt from the log.
// Threads: all methods from any thread; start() and stop() by the owner. Errors: Fault kCorruption
// where even a rebuild cannot help (the log itself is damaged), kUnavailable when the disk is.
// Source: V-26, V-171, design sections 6 and 7; P7, P8.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/codec/codec.h"
#include "engine/domain/state.h"
#include "engine/log/event_log.h"
#include "engine/replay/states.h"

namespace rocksdb {
class FileSystem;
}  // namespace rocksdb

namespace skein::projections {

struct ViewOptions {
    std::filesystem::path
        directory;  // holds generations g000001, ... and CURRENT; empty: in memory
    std::size_t state_cache_bytes = 64ULL << 20;  // L1: assembled states, with the entries below
    std::size_t swarm_cache_entries = 1000;       // of scope documents; V-90 to V-92
    std::size_t run_cache_entries = 500;
    std::size_t block_cache_bytes = 64ULL << 20;
    // A keyframe is due when deltas reach this fraction of the state's bytes.
    double keyframe_fraction = 0.25;
    std::shared_ptr<rocksdb::FileSystem> files = nullptr;  // of the rows; null: the system's
    // So many events without any view are built, several shards at a time, rather than followed.
    std::uint64_t build_events_min = 50'000;
    // What the projector follows where it is not the log itself: the log as a topic tells it. It
    // outlives the views.
    log::EventFeed* feed = nullptr;
};

// One line of a list. `fields` is the contract's item of its kind (interfaces section 8, "Lists").
struct ListItem {
    Stream stream;
    std::string fields;  // canonical JSON object
};
struct ListRequest {
    std::string kind;            // "swarm", "run", or another registered kind
    std::optional<Scope> scope;  // within one scope only
    Stream after;                // exclusive; empty: from the first
    std::size_t limit = 1000;
};

struct ViewStatus {
    std::string view;  // "state", "list"
    std::string generation;
    bool live = false;
    Shard shard;
    Position position;
    std::uint64_t lag = 0;  // events behind the log
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
};

// How L1 and the projector fare since open().
struct ViewCounters {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t cached = 0;  // entries
    std::uint64_t cached_bytes = 0;
    std::uint64_t rebuilds = 0;  // because of damage
    std::string failure;         // why the projector stands still; empty while it does not
};

class Views : public replay::States {
 public:
    // Opens or makes the views; a checkpoint above the log's head, of another incarnation,
    // projection version or chain hash drops them. Does not project until start() or catch_up().
    static std::unique_ptr<Views> open(const ViewOptions& options, log::EventLog& log,
                                       const codec::Codec& codec);

    virtual void start() = 0;  // a projector thread follows the log
    virtual void stop() = 0;
    virtual void catch_up() = 0;  // in the calling thread, to the heads as they are now

    virtual Position applied(Shard shard) const = 0;
    // Whether the view of `shard` reached `position` in time.
    virtual bool wait_for(Shard shard, Position position, std::chrono::milliseconds timeout) = 0;

    // replay::States: latest(), at(), document_latest(), document_at() answer from the views, and
    // with the log's own events for points that the views have not reached, or where rows are
    // damaged. The state of a scope document's stream is the document: it lists the scope too.

    virtual std::vector<ListItem> list(const ListRequest& request) const = 0;

    virtual std::vector<ViewStatus> status() const = 0;
    virtual ViewCounters counters() const = 0;
    // What open() found, this time or before, where the log had lost events that the views knew of,
    // or had others in their place: acknowledged events are gone. The views were made anew; this is
    // kept beside them until it is accepted. Empty else.
    virtual const std::string& lost_events() const = 0;
    // What the log has is what there is: the next opening says nothing more.
    virtual void accept_lost_events() = 0;
    // What open() found broken in the views that stood there, which it then made anew. Empty else.
    virtual const std::string& broken_rows() const = 0;
    // A new generation from the log beside the live one; progress(done, total) in events. Switches
    // when it has caught up, unless `keep_both`; then compare() tells what differs.
    enum class AfterRebuild { kSwitch, kKeepBoth };
    virtual std::string rebuild(
        AfterRebuild after, const std::function<void(std::uint64_t, std::uint64_t)>& progress) = 0;
    struct Difference {
        Stream stream;
        std::vector<std::string> paths;  // JSON Pointers of what differs; empty: only on one side
    };
    virtual std::vector<Difference> compare(const std::string& generation_a,
                                            const std::string& generation_b) = 0;
    virtual void drop(const std::string& generation) = 0;

    // Compares every row with what the log gives, and looks for rows that it does not give. The
    // projector goes on between scopes. `progress` counts rows.
    struct RowFailure {
        Stream stream;         // empty: of no stream
        std::string what;      // "delta", "head", "keyframe", "row checksum", ...
        std::string expected;  // begins with the row: "delta 12: ..."
        std::string found;
        Shard shard;
        Version version;    // of the stream, 0 where the row is of none
        Position position;  // 0 where the row is of none
    };
    virtual std::vector<RowFailure> verify(const std::optional<Stream>& only,
                                           const std::function<void(std::uint64_t)>& progress) = 0;

    // Poison events: their stream is parked from that event on, the projector goes on.
    struct Parked {
        std::uint64_t id = 0;
        Stream stream;
        Version version;
        Position position;
        std::string code;
        std::string message;
    };
    virtual std::vector<Parked> parked() const = 0;
    // Tries the event again; where that works now, its scope is projected anew and takes it and
    // those behind it in. False where not.
    virtual bool replay_parked(std::uint64_t id) = 0;
    // Takes it off the list; its stream stays as it was before the event. False where unknown.
    virtual bool drop_parked(std::uint64_t id) = 0;
};

}  // namespace skein::projections
