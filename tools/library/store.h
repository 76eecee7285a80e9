// Store: skein as a library. One store, embedded in one directory or with its log in Postgres:
// commands in, states of any time out.
//
//     auto store = skein::Store::open({.directory = "data"});
//     skein::Outcome o = store->submit(R"({"type":"CreateSwarm","swarm":"s1","data":{}})");
//     auto then = store->read("swarm/s1/run/r1@12");
//
// DIRECTORY holds `SKEIN` (what this is, and its format), `log/` (the truth) and `views/`
// (disposable); beside a log in Postgres only `postgres/` with views.
// Threads: all methods from any thread, but close() by one. Errors: Rejections are values; Fault
// kMissing (no store there), kConfig (another format, tables that are not up to date), kUnavailable
// (locked, disk, no server), kCorruption.
// Source: design sections 2 to 7; interfaces sections 1 to 4.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/random.h"
#include "engine/base/time.h"
#include "engine/codec/codec.h"
#include "engine/domain/kind.h"
#include "engine/log/event_log.h"
#include "engine/log/postgres/postgres_log.h"
#include "engine/replay/log_states.h"
#include "engine/replay/resolve.h"
#include "engine/replay/resource.h"
#include "engine/runtime/runtime.h"
#include "projections/query/views.h"

namespace skein {

namespace log {
class LeaseKeeper;
class RocksLog;
}  // namespace log

class CommandRoute;
class Forwarder;
class StoreLog;
class ViewAcks;

using runtime::Outcome;
using runtime::OutcomeKind;

enum class OpenMode {
    kCreate,     // made where it is not there
    kMustExist,  // a missing store is a Fault: reading commands never make one
};
enum class Projecting {
    kLive,      // a thread keeps the views behind the log by moments
    kOnDemand,  // views catch up when somebody reads
};

// The kinds that a store knows and how they become bytes. More kinds: build your own.
struct Kinds {
    std::shared_ptr<const domain::Registry> registry;
    std::shared_ptr<const codec::Codec> codec;
};
Kinds standard_kinds();

// A process that takes its share of the shards of a log in Postgres, and keeps it.
struct NodeRole {
    std::string name;     // never used again by another process
    std::string address;  // where it takes commands
    // A shard became its own to write, or ceased to be. Called with nothing locked; quick.
    std::function<void(Shard)> on_change;
};

struct StoreOptions {
    std::filesystem::path directory;
    OpenMode mode = OpenMode::kCreate;
    Projecting projecting = Projecting::kLive;
    std::uint32_t shard_count = 16;  // of a new store
    runtime::RuntimeOptions runtime;
    projections::ViewOptions views;  // `directory` is filled in
    std::size_t log_cache_bytes = 64ULL << 20;
    // Where the log is in Postgres; its mode and shards are those above. Many processes may write.
    std::optional<log::PostgresLogOptions> postgres;
    std::chrono::milliseconds lease{3000};  // others wait as long for a process that died
    std::optional<NodeRole> node;           // none: it passes by, and writes what no node owns
    // How commands reach the nodes that own their shards; null: such commands are refused.
    std::shared_ptr<CommandRoute> route;
    // Makes what the projectors follow instead of the log itself; it lives as long as the store.
    std::function<std::unique_ptr<log::EventFeed>(const log::EventLog&)> feed;
    std::optional<Kinds> kinds;    // none: standard_kinds()
    const Clock* clock = nullptr;  // none: the system's
    Random* random = nullptr;      // none: the system's
};

// Where a reading comes from: all give the same bytes.
enum class ReadFrom { kView, kLog, kSnapshot };

struct ReadOptions {
    ReadFrom from = ReadFrom::kView;
    replay::ClockKind clock = replay::ClockKind::kRecorded;
};

// A state at a point, and how to print it.
struct Reading {
    std::shared_ptr<const domain::State> state;
    replay::Part part = replay::Part::kWhole;
    Timestamp expiry;  // what counts as now for expiring items

    // The contract's document with `point` and `digest` (of the board alone where part says so).
    json::Value document() const;
    // The values alone.
    json::Value values() const;
    // {"stream","version","shard","position","recorded_at","event_id"}
    json::Value point() const;
};

class Store {
 public:
    static std::unique_ptr<Store> open(const StoreOptions& options);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // Blocking; `command` is one JSON document of interfaces section 2. With ack "view" it returns
    // when the local view has it.
    Outcome submit(std::string_view command, runtime::Runtime::Deadline deadline = std::nullopt);
    Outcome submit(const json::Value& command, runtime::Runtime::Deadline deadline = std::nullopt);
    // Answers through `done` once durable or refused, with ack "view" once the local view has it;
    // see Runtime::submit_async.
    void submit_async(std::string_view command, runtime::Runtime::Callback done,
                      std::shared_ptr<runtime::Sequence> sequence = nullptr);
    void submit_async(const json::Value& command, runtime::Runtime::Callback done,
                      std::shared_ptr<runtime::Sequence> sequence = nullptr);
    // Shape and fields; a command without command_id gets one.
    Result<domain::Command, domain::Rejection> parse(const json::Value& command);
    // Of a command that was parsed here; it is decided by this process, whoever owns its shard.
    void submit_async(domain::Command command, runtime::Runtime::Callback done,
                      std::shared_ptr<runtime::Sequence> sequence = nullptr);
    // What the command would do now; nothing is appended.
    runtime::Preview preview(const json::Value& command);

    // `address` is a resource with an optional point: "swarm/s1/run/r1@12".
    Result<Reading, domain::Rejection> read(std::string_view address,
                                            const ReadOptions& options = {});
    Result<Reading, domain::Rejection> read(const replay::Resource& resource,
                                            const replay::Point& point, const ReadOptions& options);
    Result<replay::Resource, domain::Rejection> find(std::string_view resource) const;
    // The version that a point of a stream means.
    Result<Version, domain::Rejection> resolve(const Stream& stream, const replay::Point& point,
                                               replay::ClockKind clock) const;

    // States from the source named. kView: at least as new as the views, which catch up first where
    // nobody keeps them live.
    const replay::States& states(ReadFrom from);

    const domain::Registry& registry() const { return *kinds_.registry; }
    const codec::Codec& codec() const { return *kinds_.codec; }
    log::EventLog& log();
    // Who writes the shards of a log in Postgres; null where it is embedded.
    log::LeaseKeeper* leases();
    // What decides commands, and the log that it writes: for commands that come by other ways.
    runtime::Runtime& runtime() { return *runtime_; }
    log::EventLog& written_log();
    projections::Views& views() { return *views_; }
    runtime::RuntimeCounters counters() const { return runtime_->counters(); }
    const Clock& clock() const { return *clock_; }
    Random& random() { return *random_; }

    // A copy of the log in `directory`, which must not exist, while writers go on; see RocksLog.
    // Backups (backup.h) are made of it. Fault kConfig where the log is in Postgres.
    void checkpoint(const std::filesystem::path& directory,
                    const std::function<void(std::uint64_t, std::uint64_t)>& progress);

    // Answers what waits, gives leases back, stops the threads, writes the views out. Also done by
    // the destructor.
    void close();

 private:
    Store(const StoreOptions& options, Kinds kinds);

    const StoreOptions options_;
    const Kinds kinds_;
    SystemClock system_clock_;
    SystemRandom system_random_;
    const Clock* clock_;
    Random* random_;
    std::unique_ptr<StoreLog> log_;
    std::unique_ptr<log::EventFeed> feed_;  // null: the views follow the log
    std::unique_ptr<projections::Views> views_;
    std::unique_ptr<replay::LogStates> folds_;           // pure
    std::unique_ptr<replay::LogStates> snapshot_folds_;  // from stored snapshots
    std::unique_ptr<replay::States> committed_;          // views where they have it, else folds
    std::unique_ptr<ViewAcks> view_acks_;
    std::unique_ptr<runtime::Runtime> runtime_;
    std::unique_ptr<Forwarder> forwarder_;  // null: all commands are decided here
};

}  // namespace skein
