#include "tools/library/log_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <system_error>
#include <thread>
#include <vector>

#include "engine/base/fault.h"
#include "engine/log/rocksdb/rocks_log.h"
#include "tools/library/store_directory.h"

namespace skein {

namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookAgain{100};
// A look reads the write-ahead log anew, up to 64 MiB of it: beside a busy writer it takes a fifth
// of one core at most.
constexpr int kRestPerLook = 4;
// Two writes within one tick of the system leave one time on a file; a tick is 10 ms at most.
constexpr std::chrono::milliseconds kTimeGrain{20};
constexpr int kLooksMax = 8;  // with pauses: most of a second, while a writer moves files at once

bool may_be_passing(FaultKind kind) {
    return kind == FaultKind::kUnavailable || kind == FaultKind::kCorruption;
}

bool is_write_ahead(const std::string& name) { return fs::path(name).extension() == ".log"; }

}  // namespace

LogReader::LogReader(const fs::path& directory, Kinds kinds)
    : directory_(directory / "log"), kinds_(std::move(kinds)) {
    require_store(directory);
    is_stale_ = true;
    read([] {});
    folds_ = std::make_unique<replay::LogStates>(*log_, *kinds_.codec, replay::Snapshots::kIgnore);
}

LogReader::~LogReader() = default;

log::EventLog& LogReader::log() { return *log_; }

LogReader::Files LogReader::files_now() const {
    Files files;
    std::error_code error;
    for (fs::directory_iterator entry(directory_, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code gone;
        File file;
        file.bytes = entry->file_size(gone);
        if (!gone) file.changed_at = entry->last_write_time(gone);
        if (!gone) files.emplace(entry->path().filename().string(), file);
    }
    return files;
}

void LogReader::look() {
    const SteadyClock::time_point begin = SteadyClock::now();
    seen_ = files_now();  // before: what changes meanwhile is looked at again
    is_settled_ = true;
    const fs::file_time_type recent = fs::file_time_type::clock::now() - kTimeGrain;
    for (const auto& [name, file] : seen_) is_settled_ = is_settled_ && file.changed_at < recent;
    if (log_) {
        log_->reopen();
    } else {
        log::RocksLogOptions options;
        options.directory = directory_.string();
        options.mode = log::OpenMode::kReadOnly;
        log_ = log::RocksLog::open(options, random_);
    }
    sync_tail();
    is_stale_ = false;
    look_ended_ = SteadyClock::now();
    look_took_ = look_ended_ - begin;
}

// The writer syncs what it wrote before it acknowledges it, and a look may come in between.
void LogReader::sync_tail() const {
    for (const auto& [name, bytes] : files_now()) {
        if (!is_write_ahead(name)) continue;
        const int file = ::open((directory_ / name).c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;  // gone: its content is in tables, which are synced
        const bool is_synced = ::fdatasync(file) == 0 || errno == EINVAL || errno == EROFS;
        const std::error_code error(errno, std::generic_category());
        ::close(file);
        if (!is_synced)
            throw Fault(
                code_of(error),
                fmt::format("cannot sync {}: {}", (directory_ / name).string(), error.message()),
                "Check the disk and the system's log.");
    }
}

void LogReader::read(const std::function<void()>& read) {
    for (int looks = 1;; ++looks) {
        try {
            if (is_stale_) look();
            return read();
        } catch (const Fault& fault) {
            if (!may_be_passing(fault.kind()) || looks == kLooksMax) throw;
            is_stale_ = true;
        }
        std::this_thread::sleep_for(kLookAgain);
    }
}

void LogReader::wait_for_change(const std::function<bool()>& is_stopped) {
    // Positions that no shard comes to: an interruption alone ends this wait early.
    const std::vector<Position> never(log_->shard_count(), Position(UINT64_MAX));
    while (!is_stopped()) {
        log_->wait_for_growth(never, kLookAgain);
        if (SteadyClock::now() < look_ended_ + kRestPerLook * look_took_) continue;
        if (is_settled_ && files_now() == seen_) continue;
        is_stale_ = true;
        return;
    }
}

}  // namespace skein
