// The log of a store: which one it is, what is read, and what is written through.
//
// An embedded store has one process, so both are the same. A log in Postgres is read as it stands
// and written under leases (engine/log/postgres/leased_log.h), as a node or as a guest of nodes.
// Threads: one owner; the logs as EventLog. Errors: Fault of the backends.
// Source: design sections 3 and 4.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/log/event_log.h"
#include "tools/library/store.h"

namespace skein {

namespace log {
class LeaseKeeper;
}

class ViewsPlace;

class StoreLog {
 public:
    static std::unique_ptr<StoreLog> open(const StoreOptions& options, Random& random);
    ~StoreLog();

    log::EventLog& reading() { return *log_; }
    log::EventLog& writing() { return writer_ ? *writer_ : *log_; }
    // Null where the log is embedded.
    log::LeaseKeeper* keeper() { return keeper_.get(); }
    // Null where the log is not embedded.
    log::RocksLog* embedded() { return embedded_; }
    const std::filesystem::path& views() const { return views_; }

    // Gives leases back. Idempotent.
    void stop_writing();

 private:
    StoreLog();

    void open_embedded(const StoreOptions& options, Random& random);
    void open_postgres(const StoreOptions& options, Random& random);

    std::unique_ptr<log::EventLog> log_;
    log::RocksLog* embedded_ = nullptr;
    std::unique_ptr<ViewsPlace> views_place_;
    std::filesystem::path views_;
    std::unique_ptr<log::LeaseKeeper> keeper_;
    std::unique_ptr<log::EventLog> writer_;  // on log_ and keeper_
};

}  // namespace skein
