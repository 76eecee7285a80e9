#include "tools/library/store_directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>

#include "engine/base/fault.h"
#include "engine/base/fault_codes.h"
#include "tools/library/store.h"

namespace skein {

namespace {

namespace fs = std::filesystem;

constexpr const char* kMarkName = "SKEIN";
constexpr const char* kMarkText = "skein store, format 1";

[[noreturn]] void refuse_missing(const fs::path& directory) {
    throw Fault(fault_codes::kStoreMissing,
                fmt::format("there is no store at {}", directory.string()),
                "Check --data; the first `skein send` or `skein import` makes a store.");
}

[[noreturn]] void refuse_access(const fs::path& path, const std::error_code& error) {
    throw Fault(code_of(error), fmt::format("cannot open {}: {}", path.string(), error.message()),
                "Check its permissions, and who runs skein.");
}

[[noreturn]] void refuse_unmarked(const fs::path& directory) {
    throw Fault(FaultKind::kCorruption,
                fmt::format("{} holds a log, and its file {} is missing or empty: nothing says "
                            "which format the log has",
                            directory.string(), kMarkName),
                fmt::format("Restore a backup; or, where the log is known to be whole, run `echo "
                            "'{}' > {}`, then `skein verify --all`.",
                            kMarkText, (directory / kMarkName).string()));
}

// The first line of the mark, or nothing where there is no mark.
std::string read_mark(const fs::path& directory) {
    const fs::path mark = directory / kMarkName;
    std::ifstream in(mark);
    if (!in) {
        const std::error_code error(errno, std::generic_category());
        if (error != std::errc::no_such_file_or_directory) refuse_access(mark, error);
        return {};
    }
    std::string line;
    std::getline(in, line);
    return line;
}

// Who opens the store takes the log's lock, which is a file in it.
void check_writable(const fs::path& log) {
    if (::access(log.c_str(), W_OK | X_OK) == 0 || errno == ENOENT) return;
    const std::error_code error(errno, std::generic_category());
    throw Fault(code_of(error),
                fmt::format("{} cannot be written: {}", log.string(), error.message()),
                "Give this user write access to it, or copy the store to where there is some; "
                "reading takes the lock in it, too.");
}

// Empty, or with an empty mark alone, which is what an interrupted making leaves; views of stores
// in Postgres may stand beside it.
bool holds_nothing(const fs::path& directory) {
    for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
        const fs::path name = entry.path().filename();
        if (name != kMarkName && name != "postgres") return false;
    }
    return true;
}

void sync_path(const fs::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool is_synced = file >= 0 && ::fsync(file) == 0;
    const std::error_code error(errno, std::generic_category());
    if (file >= 0) ::close(file);
    if (!is_synced) refuse_access(path, error);
}

void make_directory(const fs::path& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error)
        throw Fault(code_of(error),
                    fmt::format("cannot make {}: {}", directory.string(), error.message()),
                    "Check the path and its permissions.");
    if (!holds_nothing(directory))
        throw Fault(fault_codes::kNoStore,
                    fmt::format("{} holds other files and is no store", directory.string()),
                    "Name an empty or a new directory.");
    mark_directory(directory);
}

// Whether there is a store of this format. What is another thing, or damaged, is a Fault.
bool holds_store(const fs::path& directory) {
    std::error_code error;
    if (fs::exists(directory, error) && !fs::is_directory(directory, error))
        throw Fault(fault_codes::kNoStore, fmt::format("{} is not a directory", directory.string()),
                    "Name a directory with --data.");
    const std::string mark = read_mark(directory);
    if (mark.empty()) {
        if (fs::exists(directory / "log", error)) refuse_unmarked(directory);
        return false;
    }
    if (mark != kMarkText)
        throw Fault(fault_codes::kStoreFormat,
                    fmt::format("{} says \"{}\"; this skein reads \"{}\"", directory.string(), mark,
                                kMarkText),
                    "Use the skein version that made the store.");
    if (!fs::exists(directory / "log", error) && fs::exists(directory / "views", error))
        throw Fault(FaultKind::kCorruption,
                    fmt::format("{} holds the views of a log that is gone", directory.string()),
                    "Restore a backup: `skein --data NEW backup restore DIR`. Views alone are no "
                    "store.");
    return true;
}

}  // namespace

void mark_directory(const fs::path& directory) {
    const fs::path mark = directory / kMarkName;
    std::ofstream out(mark);
    out << kMarkText << '\n';
    out.close();
    if (!out) {
        const std::error_code error(errno, std::generic_category());
        throw Fault(code_of(error),
                    fmt::format("cannot write {}: {}", mark.string(), error.message()),
                    "Check free space and permissions of the directory.");
    }
    // The log is synced, and without its mark it is refused: the mark has to last as long.
    sync_path(mark);
    sync_path(directory);
}

void prepare_directory(const fs::path& directory, OpenMode mode) {
    if (holds_store(directory)) return check_writable(directory / "log");
    if (mode == OpenMode::kMustExist) refuse_missing(directory);
    make_directory(directory);
}

void require_store(const fs::path& directory) {
    if (!holds_store(directory)) refuse_missing(directory);
}

}  // namespace skein
