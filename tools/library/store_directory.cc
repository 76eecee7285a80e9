#include "tools/library/store_directory.h"

#include <fmt/format.h>

#include <fstream>
#include <string>
#include <system_error>

#include "engine/base/fault.h"
#include "tools/library/store.h"

namespace skein {

namespace {

namespace fs = std::filesystem;

constexpr const char* kMarkName = "SKEIN";
constexpr const char* kMarkText = "skein store, format 1";

[[noreturn]] void refuse_missing(const fs::path& directory) {
    throw Fault(FaultKind::kConfig, fmt::format("there is no store at {}", directory.string()),
                "Check --data; the first `skein send` or `skein import` makes a store.");
}

// The first line of the mark, or nothing where there is no mark.
std::string read_mark(const fs::path& directory) {
    std::ifstream in(directory / kMarkName);
    std::string line;
    std::getline(in, line);
    return line;
}

void make_directory(const fs::path& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error)
        throw Fault(FaultKind::kUnavailable,
                    fmt::format("cannot make {}: {}", directory.string(), error.message()),
                    "Check the path and its permissions.");
    if (!fs::is_empty(directory, error) && !fs::exists(directory / "log"))
        throw Fault(FaultKind::kConfig,
                    fmt::format("{} holds other files and is no store", directory.string()),
                    "Name an empty or a new directory.");
    mark_directory(directory);
}

}  // namespace

void mark_directory(const fs::path& directory) {
    const fs::path mark = directory / kMarkName;
    std::ofstream out(mark);
    out << kMarkText << '\n';
    out.flush();
    if (!out)
        throw Fault(FaultKind::kUnavailable, fmt::format("cannot write {}", mark.string()),
                    "Check free space and permissions of the directory.");
}

void prepare_directory(const fs::path& directory, OpenMode mode) {
    std::error_code error;
    if (fs::exists(directory, error) && !fs::is_directory(directory, error))
        throw Fault(FaultKind::kConfig, fmt::format("{} is not a directory", directory.string()),
                    "Name a directory with --data.");
    const std::string mark = read_mark(directory);
    if (mark.empty()) {
        if (mode == OpenMode::kMustExist) refuse_missing(directory);
        return make_directory(directory);
    }
    if (mark != kMarkText)
        throw Fault(
            FaultKind::kConfig,
            fmt::format("{} says \"{}\"; this skein reads \"{}\"", directory.string(), mark,
                        kMarkText),
            "Use the skein version that made the store, or export it there and import here.");
}

}  // namespace skein
