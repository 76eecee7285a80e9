#include "tools/library/store_log.h"

#include <unistd.h>

#include <fmt/format.h>

#include <array>

#include "engine/log/postgres/leased_log.h"
#include "engine/log/rocksdb/rocks_log.h"
#include "tools/library/store_directory.h"
#include "tools/library/views_place.h"

namespace skein {

namespace {

// Names a process that passes by: never the same twice, and readable where somebody waits for it.
std::string guest_name(Random& random) {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    return fmt::format("process {} on {} ({})", ::getpid(), host.data(),
                       random.uuid().str().substr(0, 8));
}

}  // namespace

StoreLog::StoreLog() = default;

StoreLog::~StoreLog() { stop_writing(); }

std::unique_ptr<StoreLog> StoreLog::open(const StoreOptions& options, Random& random) {
    std::unique_ptr<StoreLog> opened(new StoreLog());
    if (options.postgres) {
        opened->open_postgres(options, random);
    } else {
        opened->open_embedded(options, random);
    }
    return opened;
}

void StoreLog::open_embedded(const StoreOptions& options, Random& random) {
    prepare_directory(options.directory, options.mode);
    log::RocksLogOptions log_options;
    log_options.directory = (options.directory / "log").string();
    log_options.mode =
        options.mode == OpenMode::kCreate ? log::OpenMode::kCreate : log::OpenMode::kMustExist;
    log_options.shard_count = options.shard_count;
    log_options.block_cache_bytes = options.log_cache_bytes;
    auto embedded = log::RocksLog::open(log_options, random);
    embedded_ = embedded.get();
    log_ = std::move(embedded);
    views_ = options.directory / "views";
}

void StoreLog::open_postgres(const StoreOptions& options, Random& random) {
    log::PostgresLogOptions log_options = *options.postgres;
    log_options.mode = options.mode == OpenMode::kCreate ? log::PostgresOpen::kCreate
                                                         : log::PostgresOpen::kMustExist;
    log_options.shard_count = options.shard_count;
    log_ = log::PostgresLog::open(log_options, random);
    views_place_ = std::make_unique<ViewsPlace>(options.directory, log_->info().store_id);
    views_ = views_place_->path();
    log::LeaseKeeperOptions keeper_options;
    keeper_options.connect = log_options.connect;
    keeper_options.owner = {guest_name(random), "", options.lease};
    if (options.node) {
        keeper_options.owner.name = options.node->name;
        keeper_options.owner.address = options.node->address;
        keeper_options.sharing = log::LeaseSharing::kFairShare;
        keeper_options.on_change = [tell = options.node->on_change](Shard shard, auto) {
            if (tell) tell(shard);
        };
    }
    keeper_ = std::make_unique<log::LeaseKeeper>(std::move(keeper_options));
    writer_ = std::make_unique<log::LeasedLog>(*log_, *keeper_);
}

void StoreLog::stop_writing() {
    if (keeper_) keeper_->stop();
}

}  // namespace skein
