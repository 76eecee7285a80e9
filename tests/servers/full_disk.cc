#include "tests/servers/full_disk.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace skein::test {

namespace fs = std::filesystem;

// A copy, where any user may read it.
FullDisk::FullDisk() : directory_("/tmp/skein_disk_") {
    fs::permissions(directory_.path(), fs::perms(0755));
    fs::copy_file(SKEIN_FULL_DISK_LIBRARY, library());
}

void FullDisk::fill() const { std::ofstream(marker()) << '\n'; }

void FullDisk::make_room() const { fs::remove(marker()); }

void FullDisk::hold(const std::string& directory) const {
    const bool is_set = ::setenv("LD_PRELOAD", library().c_str(), 1) == 0 &&
                        ::setenv("SKEIN_FULL_DISK_WHILE", marker().c_str(), 1) == 0 &&
                        ::setenv("SKEIN_FULL_DISK_BELOW", directory.c_str(), 1) == 0;
    if (!is_set) ::_exit(126);
}

}  // namespace skein::test
