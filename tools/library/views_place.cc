#include "tools/library/views_place.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "engine/base/fault.h"

namespace skein {

namespace {

namespace fs = std::filesystem;

constexpr int kPlacesMax = 64;  // processes at once over one directory; each has its copy

[[noreturn]] void refuse(const fs::path& path, const std::error_code& error) {
    throw Fault(code_of(error), fmt::format("cannot open {}: {}", path.string(), error.message()),
                "Check its permissions and free space, or name another directory with --data.");
}

}  // namespace

ViewsPlace::ViewsPlace(const fs::path& directory, const Uuid& store_id) {
    const fs::path places = directory / "postgres" / store_id.str();
    std::error_code error;
    fs::create_directories(places, error);
    if (error) refuse(places, error);
    for (int place = 0; place < kPlacesMax; ++place) {
        const fs::path lock = places / fmt::format("{}.lock", place);
        const int file = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (file < 0) refuse(lock, std::error_code(errno, std::generic_category()));
        if (::flock(file, LOCK_EX | LOCK_NB) == 0) {
            lock_ = file;
            path_ = places / fmt::format("{}", place);
            return;
        }
        ::close(file);
    }
    throw Fault(FaultKind::kOverloaded,
                fmt::format("{} processes use the views in {}", kPlacesMax, places.string()),
                "Name another directory with --data.");
}

ViewsPlace::~ViewsPlace() { ::close(lock_); }

}  // namespace skein
