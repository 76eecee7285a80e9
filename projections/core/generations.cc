#include "projections/core/generations.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <system_error>

#include "engine/base/crash_point.h"
#include "projections/store/memory_view_store.h"

namespace skein::projections::core {

namespace {

constexpr const char* kCurrent = "CURRENT";
constexpr const char* kLostEvents = "LOST-EVENTS";
constexpr const char* kFinishedSuffix = ".finished";

[[noreturn]] void throw_errno(const std::string& doing) {
    const std::error_code why(errno, std::generic_category());
    throw Fault(code_of(why), fmt::format("{}: {}", doing, why.message()),
                "Check the disk and the rights of the view directory.");
}

// The number in `g000012`.
std::optional<std::uint64_t> number_of(const std::string& name) {
    std::uint64_t number = 0;
    const char* end = name.data() + name.size();
    if (name.size() < 2 || name.front() != 'g') return std::nullopt;
    const auto [stop, error] = std::from_chars(name.data() + 1, end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

void sync_path(const std::filesystem::path& path, int flags) {
    const int file = ::open(path.c_str(), flags);
    if (file < 0) throw_errno("opening " + path.string());
    const int synced = ::fsync(file);
    ::close(file);
    if (synced != 0) throw_errno("syncing " + path.string());
}

// The file has the old or the new content after a crash, never a part.
void replace_file(const std::filesystem::path& path, const std::string& content) {
    const std::filesystem::path next = path.string() + ".new";
    {
        std::ofstream out(next, std::ios::trunc);
        out << content;
        if (!out.flush()) throw_errno("writing " + next.string());
    }
    sync_path(next, O_RDONLY);
    if (::rename(next.c_str(), path.c_str()) != 0) throw_errno("renaming " + next.string());
    sync_path(path.parent_path(), O_RDONLY | O_DIRECTORY);
}

}  // namespace

Generations::Generations(std::filesystem::path directory, std::size_t block_cache_bytes,
                         std::shared_ptr<rocksdb::FileSystem> files)
    : directory_(std::move(directory)),
      block_cache_(std::make_shared<store::BlockCache>(block_cache_bytes)),
      files_(std::move(files)) {
    if (!directory_.empty()) read_directory();
}

std::filesystem::path Generations::mark_of(const std::string& name) const {
    return directory_ / (name + kFinishedSuffix);
}

void Generations::read_directory() {
    std::error_code made;
    std::filesystem::create_directories(directory_, made);
    std::string current;
    std::ifstream(directory_ / kCurrent) >> current;
    std::error_code failed;
    std::vector<std::filesystem::path> left;
    for (const auto& entry : std::filesystem::directory_iterator(directory_, failed)) {
        const std::string name = entry.path().filename().string();
        const auto number = number_of(name);
        if (!number || !entry.is_directory()) continue;
        last_number_ = std::max(last_number_, *number);
        if (name == current || std::filesystem::exists(mark_of(name))) {
            names_[name] = true;
        } else {
            left.push_back(entry.path());
        }
    }
    if (failed)
        throw Fault(FaultKind::kUnavailable,
                    fmt::format("reading {}: {}", directory_.string(), failed.message()),
                    "Check the rights of the view directory.");
    if (names_.count(current) > 0) live_ = current;
    for (const auto& path : left) std::filesystem::remove_all(path, failed);
}

std::optional<std::string> Generations::live() const {
    const std::lock_guard lock(mutex_);
    return live_;
}

std::vector<std::string> Generations::finished() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, believed] : names_)
        if (believed && name != live_) names.push_back(name);
    return names;
}

std::string Generations::make() {
    const std::lock_guard lock(mutex_);
    std::string name = fmt::format("g{:06}", ++last_number_);
    names_[name] = false;
    if (directory_.empty()) in_memory_[name] = std::make_shared<store::MemoryViewStore>();
    return name;
}

std::shared_ptr<store::ViewStore> Generations::open(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (names_.count(name) == 0)
        throw Fault(FaultKind::kMissing, fmt::format("there is no view generation {}", name),
                    "Run `skein views ls`.");
    if (directory_.empty()) return in_memory_.at(name);
    if (auto held = open_[name].lock()) return held;
    std::shared_ptr<store::ViewStore> opened =
        store::open_rocks_view_store({path_of(name), block_cache_, files_});
    open_[name] = opened;
    return opened;
}

std::string Generations::lost_events() const {
    if (directory_.empty()) return {};
    std::string what;
    std::ifstream file(directory_ / kLostEvents);
    std::getline(file, what);
    return what;
}

void Generations::note_lost_events(const std::string& what) {
    if (!directory_.empty()) replace_file(directory_ / kLostEvents, what + "\n");
}

void Generations::accept_lost_events() {
    std::error_code failed;
    if (!directory_.empty()) std::filesystem::remove(directory_ / kLostEvents, failed);
    if (failed)
        throw Fault(
            FaultKind::kUnavailable,
            fmt::format("removing {}: {}", (directory_ / kLostEvents).string(), failed.message()),
            "Check the rights of the view directory.");
}

void Generations::make_live(const std::string& name) {
    SKEIN_CRASH_POINT("view.before_switch");
    if (!directory_.empty()) replace_file(directory_ / kCurrent, name + "\n");
    SKEIN_CRASH_POINT("view.after_switch");
    const std::lock_guard lock(mutex_);
    live_ = name;
    names_[name] = true;
}

void Generations::mark_finished(const std::string& name) {
    if (!directory_.empty()) replace_file(mark_of(name), "\n");
    const std::lock_guard lock(mutex_);
    names_[name] = true;
}

void Generations::remove(const std::string& name) {
    const std::lock_guard lock(mutex_);
    names_.erase(name);
    if (live_ == name) live_.reset();
    in_memory_.erase(name);
    if (directory_.empty()) return;
    std::error_code ignored;  // what stays is removed by the next open
    std::filesystem::remove(mark_of(name), ignored);
    if (auto held = open_[name].lock()) {
        held->destroy_when_closed();
    } else {
        std::filesystem::remove_all(path_of(name), ignored);
    }
    open_.erase(name);
}

}  // namespace skein::projections::core
