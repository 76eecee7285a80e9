#include "engine/log/rocksdb/wal_mark.h"

#include <rocksdb/env.h>

#include <algorithm>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/log/rocksdb/status_fault.h"
#include "engine/log/rocksdb/wal_ahead.h"

namespace skein::log {

std::optional<WalMark> read_wal_mark(rocksdb::FileSystem& files, const std::string& directory) {
    const std::string path = directory + "/" + kWalMarkName;
    if (!files.FileExists(path, rocksdb::IOOptions(), nullptr).ok()) return std::nullopt;
    std::string bytes;
    throw_if_failed(rocksdb::ReadFileToString(&files, path, &bytes), "reading SYNCED of",
                    directory);
    ByteReader reader(bytes);
    const std::uint64_t checksum = reader.u64_be();
    if (!reader.ok() || checksum != xxh3_64(reader.rest())) return std::nullopt;
    WalMark mark;
    mark.number = reader.u64_be();
    mark.bytes = reader.u64_be();
    if (!reader.done()) return std::nullopt;
    return mark;
}

std::optional<std::uint64_t> wal_number(std::string_view name) {
    const std::size_t digits = name.find_first_not_of("0123456789");
    if (digits == 0 || digits > 18 || name.substr(std::min(digits, name.size())) != kWalSuffix)
        return std::nullopt;
    return std::stoull(std::string(name.substr(0, digits)));
}

void WalMarker::mark(const std::string& path, std::uint64_t bytes) {
    const std::size_t slash = path.rfind('/');
    const auto number = wal_number(std::string_view(path).substr(slash + 1));
    if (!number) return;
    std::string rest;
    put_u64_be(rest, *number);
    put_u64_be(rest, bytes);
    std::string mark;
    put_u64_be(mark, xxh3_64(rest));
    mark += rest;
    const std::lock_guard lock(mutex_);
    if (!file_) {
        const std::string directory = path.substr(0, slash + 1);
        const auto made = files_->NewWritableFile(directory + kWalMarkName, rocksdb::FileOptions(),
                                                  &file_, nullptr);
        if (!made.ok()) return;
    }
    file_->PositionedAppend(mark, 0, rocksdb::IOOptions(), nullptr).PermitUncheckedError();
}

}  // namespace skein::log
