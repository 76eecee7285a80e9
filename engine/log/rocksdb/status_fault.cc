#include "engine/log/rocksdb/status_fault.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "engine/base/fault_codes.h"

namespace skein::log {

namespace {

bool says(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

std::string restore_remedy(const std::string& directory) {
    return fmt::format(
        "Restore {} from a backup or a bundle. Keep the damaged directory: most of it can be read.",
        directory);
}

// " (process 123)" of who holds the store's lock, or nothing. Must not be called where this process
// holds it: closing any descriptor of the file would give the lock up.
std::string lock_holder(const std::string& directory) {
    const int file = ::open((directory + "/LOCK").c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) return {};
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const bool is_known = ::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    ::close(file);
    return is_known ? fmt::format(" (process {})", lock.l_pid) : std::string();
}

Fault locked(const std::string& text, const std::string& directory) {
    const bool is_ours = says(text, "current process");
    return Fault(
        fault_codes::kStoreLocked,
        fmt::format("the store {} is in use by {}", directory,
                    is_ours ? "this process already" : "another process" + lock_holder(directory)),
        "Wait until that process ends, or stop it, then try again.");
}

Fault fault_of_io(const rocksdb::Status& status, const std::string& what,
                  const std::string& directory) {
    const std::string text = status.ToString();
    if (status.IsNoSpace() || tells_disk_full(text)) {
        return Fault(fault_codes::kDiskFull, what, "Free space on the disk, then try again.");
    }
    if (says(text, "While lock file") || says(text, "lock hold by current process")) {
        return locked(text, directory);
    }
    if (says(text, "Permission denied") || says(text, "Read-only file system")) {
        return Fault(FaultKind::kConfig, what,
                     fmt::format("Give this user write access to {}.", directory));
    }
    if (status.IsPathNotFound() || says(text, "No such file or directory")) {
        return Fault(FaultKind::kCorruption, what + ": a file of the store is missing",
                     restore_remedy(directory));
    }
    return Fault(FaultKind::kUnavailable, what, "Check the disk and the system's log.");
}

}  // namespace

Fault corruption(const std::string& what, const std::string& directory) {
    return Fault(FaultKind::kCorruption, fmt::format("{}: {}", directory, what),
                 restore_remedy(directory));
}

Fault fault_of(const rocksdb::Status& status, const std::string& doing,
               const std::string& directory) {
    const std::string what = fmt::format("{} {}: {}", doing, directory, status.ToString());
    if (status.IsCorruption() || status.IsNotFound()) {
        return Fault(FaultKind::kCorruption, what, restore_remedy(directory));
    }
    if (status.IsIOError() || status.IsNoSpace()) return fault_of_io(status, what, directory);
    if (status.IsInvalidArgument() || status.IsNotSupported()) {
        return Fault(FaultKind::kConfig, what,
                     fmt::format("Check that {} is a store of skein.", directory));
    }
    return Fault(FaultKind::kUnavailable, what, "Try again.");
}

void throw_if_failed(const rocksdb::Status& status, const char* doing,
                     const std::string& directory) {
    if (!status.ok()) throw fault_of(status, doing, directory);
}

}  // namespace skein::log
