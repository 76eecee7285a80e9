#include "engine/log/rocksdb/rocks_import.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "engine/base/fault.h"
#include "engine/base/random.h"

namespace skein::log {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const char* doing, const std::string& path, const std::error_code& why) {
    throw Fault(code_of(why), fmt::format("{} {} failed: {}", doing, path, why.message()),
                "Check free space and permissions, then try again.");
}

void sync_directory(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool is_synced = file >= 0 && ::fsync(file) == 0;
    const std::error_code why(errno, std::generic_category());
    if (file >= 0) ::close(file);
    if (!is_synced) refuse("syncing", path, why);
}

}  // namespace

RocksImport::RocksImport(const std::string& directory, const StoreInfo& identity)
    : directory_(directory), unfinished_(directory + ".tmp") {
    std::error_code why;
    if (fs::exists(directory_, why))
        throw Fault(FaultKind::kConfig, directory_ + " is there already",
                    "Name a directory that does not exist.");
    fs::remove_all(unfinished_, why);
    if (why) refuse("removing", unfinished_, why);
    RocksLogOptions options;
    options.directory = unfinished_;
    options.mode = OpenMode::kCreate;
    options.identity = identity;
    SystemRandom random;
    log_ = RocksLog::open(options, random);
}

RocksImport::~RocksImport() {
    if (!log_) return;
    log_.reset();
    std::error_code left;  // the next try removes it
    fs::remove_all(unfinished_, left);
}

void RocksImport::finish() {
    log_.reset();  // everything into tables, synced
    std::error_code why;
    fs::rename(unfinished_, directory_, why);
    if (why) refuse("naming", directory_, why);
    sync_directory(fs::absolute(directory_).parent_path().string());
}

}  // namespace skein::log
