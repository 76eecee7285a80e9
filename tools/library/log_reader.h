// LogReader: the log of a store, read beside whoever holds the store and writes to it.
//
// It takes no lock and writes nothing. It shows what stood on the disk when it last looked, and no
// event that a power cut could still take back. A look may fall between two steps of the writer (a
// file named but moved, a row without its neighbour), so what is damaged or missing is believed
// only where it stays so.
// Threads: one; log().interrupt_waiters() from any. Errors: Fault kMissing (no store there),
// kConfig (another format), kUnavailable, kCorruption. Source: interfaces section 4 (log --follow).
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "engine/replay/log_states.h"
#include "tools/library/store.h"

namespace skein {

class LogReader {
 public:
    // Of the store in `directory`, which is never made.
    LogReader(const std::filesystem::path& directory, Kinds kinds);
    ~LogReader();
    LogReader(const LogReader&) = delete;
    LogReader& operator=(const LogReader&) = delete;

    log::EventLog& log();
    const Kinds& kinds() const { return kinds_; }
    // Pure folds of the log.
    const replay::States& states() const { return *folds_; }

    // Calls `read`, which reads log() and states(). Where it throws a Fault that the writer's work
    // explains, the log is looked at anew and `read` called again, a few times.
    void read(const std::function<void()>& read);
    // Waits until files of the log have changed, which the next read() then looks at, or until
    // is_stopped, which is asked ten times a second.
    void wait_for_change(const std::function<bool()>& is_stopped);

 private:
    // The write-ahead log grows within zeros that stand there already, so its length says little.
    struct File {
        std::uintmax_t bytes = 0;
        std::filesystem::file_time_type changed_at;
        bool operator==(const File&) const = default;
    };
    using Files = std::map<std::string, File>;  // by name

    Files files_now() const;
    void look();
    void sync_tail() const;

    const std::filesystem::path directory_;  // of the log
    const Kinds kinds_;
    SystemRandom random_;
    std::unique_ptr<log::RocksLog> log_;
    std::unique_ptr<replay::LogStates> folds_;
    Files seen_;              // before the last look
    bool is_settled_ = true;  // a change after the last look shows in the files' times
    bool is_stale_ = false;
    std::chrono::steady_clock::time_point look_ended_;
    std::chrono::steady_clock::duration look_took_{};
};

}  // namespace skein
