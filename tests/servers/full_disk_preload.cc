// Preloaded into a server, whatever it is, this makes its disk full on demand: while the file
// $SKEIN_FULL_DISK_WHILE exists, no file below $SKEIN_FULL_DISK_BELOW gets a new block. What has
// its blocks may be written again, as on a real disk.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr off_t kBlock = 4096;

bool is_full() {
    const char* const marker = ::getenv("SKEIN_FULL_DISK_WHILE");
    return marker != nullptr && ::access(marker, F_OK) == 0;
}

bool is_on_disk(int file) {
    const char* const below = ::getenv("SKEIN_FULL_DISK_BELOW");
    std::array<char, 64> link{};
    std::array<char, PATH_MAX> path{};
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
    if (below == nullptr || ::readlink(link.data(), path.data(), path.size() - 1) < 0) return false;
    return std::strncmp(path.data(), below, std::strlen(below)) == 0;
}

// Whether bytes up to `end` need a block that the file does not have.
bool has_no_room(int file, off_t end) {
    const int error = errno;
    struct stat state {};
    const bool is_refused = is_full() && ::fstat(file, &state) == 0 && S_ISREG(state.st_mode) &&
                            is_on_disk(file) &&
                            end > std::max<off_t>(state.st_blocks * 512,
                                                  (state.st_size + kBlock - 1) / kBlock * kBlock);
    errno = is_refused ? ENOSPC : error;
    return is_refused;
}

// Where a write without an offset would begin.
off_t place_of(int file) {
    const int error = errno;
    const off_t place =
        ::lseek(file, 0, (::fcntl(file, F_GETFL) & O_APPEND) != 0 ? SEEK_END : SEEK_CUR);
    errno = error;  // a pipe has none
    return place;
}

off_t size_of(const iovec* parts, int count) {
    off_t size = 0;
    for (int i = 0; i < count; ++i) size += static_cast<off_t>(parts[i].iov_len);
    return size;
}

// The function of that name which this one stands before.
template <class Function>
Function* next(const char* name, Function* /*like*/) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t size) {
    static const auto real = next("write", &::write);
    if (has_no_room(file, place_of(file) + static_cast<off_t>(size))) return -1;
    return real(file, bytes, size);
}

ssize_t writev(int file, const iovec* parts, int count) {
    static const auto real = next("writev", &::writev);
    if (has_no_room(file, place_of(file) + size_of(parts, count))) return -1;
    return real(file, parts, count);
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
    static const auto real = next("pwrite", &::pwrite);
    if (has_no_room(file, offset + static_cast<off_t>(size))) return -1;
    return real(file, bytes, size, offset);
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) {
    return pwrite(file, bytes, size, offset);
}

ssize_t pwritev(int file, const iovec* parts, int count, off_t offset) {
    static const auto real = next("pwritev", &::pwritev);
    if (has_no_room(file, offset + size_of(parts, count))) return -1;
    return real(file, parts, count, offset);
}

ssize_t pwritev64(int file, const iovec* parts, int count, off64_t offset) {
    return pwritev(file, parts, count, offset);
}

int fallocate(int file, int mode, off_t offset, off_t size) {
    static const auto real = next("fallocate", &::fallocate);
    if (has_no_room(file, offset + size)) return -1;
    return real(file, mode, offset, size);
}

int fallocate64(int file, int mode, off64_t offset, off64_t size) {
    return fallocate(file, mode, offset, size);
}

int posix_fallocate(int file, off_t offset, off_t size) {
    static const auto real = next("posix_fallocate", &::posix_fallocate);
    return has_no_room(file, offset + size) ? ENOSPC : real(file, offset, size);
}

int posix_fallocate64(int file, off64_t offset, off64_t size) {
    return posix_fallocate(file, offset, size);
}

}  // extern "C"
