#include "engine/log/rocksdb/anchor.h"

#include <fmt/format.h>
#include <rocksdb/env.h>

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/log/rocksdb/status_fault.h"
#include "engine/log/rocksdb/wal_check.h"

namespace skein::log {

namespace {

constexpr std::uint64_t kAnchorFormat = 1;

std::string anchor_path(const std::string& directory) { return directory + "/HEADS"; }

std::string encode(const Anchor& anchor) {
    std::string rest;
    put_varint(rest, kAnchorFormat);
    put_string(rest, anchor.manifest);
    put_varint(rest, anchor.manifest_bytes);
    put_varint(rest, anchor.positions.size());
    for (const Position position : anchor.positions) put_varint(rest, position.value());
    std::string bytes;
    put_u64_be(bytes, xxh3_64(rest));
    return bytes + rest;
}

}  // namespace

std::optional<Anchor> read_anchor(rocksdb::FileSystem& files, const std::string& directory) {
    const std::string path = anchor_path(directory);
    if (!files.FileExists(path, rocksdb::IOOptions(), nullptr).ok()) return std::nullopt;
    std::string bytes;
    throw_if_failed(rocksdb::ReadFileToString(&files, path, &bytes), "reading HEADS of", directory);
    ByteReader reader(bytes);
    const std::uint64_t checksum = reader.u64_be();
    if (!reader.ok() || checksum != xxh3_64(reader.rest())) {
        throw corruption("the file HEADS is damaged", directory);
    }
    if (reader.varint() != kAnchorFormat) return std::nullopt;  // of a later version
    Anchor anchor;
    anchor.manifest = std::string(reader.string());
    anchor.manifest_bytes = reader.varint();
    for (std::uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
        anchor.positions.emplace_back(reader.varint());
    }
    if (!reader.done()) throw corruption("the file HEADS is damaged", directory);
    return anchor;
}

rocksdb::IOStatus write_anchor(rocksdb::FileSystem& files, const std::string& directory,
                               const Anchor& anchor) {
    const rocksdb::IOOptions io;
    const std::string path = anchor_path(directory);
    rocksdb::IOStatus status =
        rocksdb::WriteStringToFile(&files, encode(anchor), path + ".new", true);
    if (!status.ok()) return status;
    status = files.RenameFile(path + ".new", path, io, nullptr);
    if (!status.ok()) return status;
    std::unique_ptr<rocksdb::FSDirectory> handle;
    status = files.NewDirectory(directory, io, &handle, nullptr);
    return status.ok() ? handle->Fsync(io, nullptr) : status;
}

namespace {

std::string manifest_name(rocksdb::FileSystem& files, const std::string& directory) {
    std::string name;
    throw_if_failed(rocksdb::ReadFileToString(&files, directory + "/CURRENT", &name),
                    "reading CURRENT of", directory);
    if (!name.starts_with("MANIFEST-") || !name.ends_with('\n')) {
        throw corruption("the file CURRENT is damaged", directory);
    }
    name.pop_back();
    return name;
}

std::string read_manifest(rocksdb::FileSystem& files, const std::string& directory,
                          const std::string& name) {
    std::string bytes;
    throw_if_failed(rocksdb::ReadFileToString(&files, directory + "/" + name, &bytes),
                    "reading the manifest of", directory);
    return bytes;
}

}  // namespace

Anchor durable_manifest(rocksdb::FileSystem& files, const std::string& directory) {
    const rocksdb::IOOptions io;
    Anchor anchor;
    anchor.manifest = manifest_name(files, directory);
    // Background work may be writing to it: what is torn here is whole when it is synced.
    anchor.manifest_bytes =
        extent_of_wal(read_manifest(files, directory, anchor.manifest)).whole_bytes;
    std::unique_ptr<rocksdb::FSWritableFile> file;
    throw_if_failed(files.ReopenWritableFile(directory + "/" + anchor.manifest,
                                             rocksdb::FileOptions(), &file, nullptr),
                    "opening the manifest of", directory);
    throw_if_failed(file->Sync(io, nullptr), "syncing the manifest of", directory);
    throw_if_failed(file->Close(io, nullptr), "closing the manifest of", directory);
    return anchor;
}

void check_manifest(rocksdb::FileSystem& files, const std::string& directory,
                    const std::optional<Anchor>& anchor) {
    const std::string name = manifest_name(files, directory);
    const std::string bytes = read_manifest(files, directory, name);
    const WalExtent extent = extent_of_wal(bytes);  // the same records as the write-ahead log's
    const bool is_known = anchor && anchor->manifest == name && anchor->manifest_bytes > 0;
    const bool is_short = is_known && extent.whole_bytes < anchor->manifest_bytes;
    if (extent.whole_bytes == 0 || is_short || (extent.is_damaged && !is_known)) {
        throw corruption(fmt::format("{} is damaged at byte {}", name, extent.whole_bytes),
                         directory);
    }
    if (extent.is_whole || !is_known) return;
    shorten_file(files, {directory, name}, std::string_view(bytes).substr(0, extent.whole_bytes));
}

}  // namespace skein::log
