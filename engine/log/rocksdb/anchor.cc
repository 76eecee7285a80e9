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

Anchor current_manifest(rocksdb::FileSystem& files, const std::string& directory) {
    Anchor anchor;
    throw_if_failed(rocksdb::ReadFileToString(&files, directory + "/CURRENT", &anchor.manifest),
                    "reading CURRENT of", directory);
    if (!anchor.manifest.starts_with("MANIFEST-") || !anchor.manifest.ends_with('\n')) {
        throw corruption("the file CURRENT is damaged", directory);
    }
    anchor.manifest.pop_back();
    throw_if_failed(files.GetFileSize(directory + "/" + anchor.manifest, rocksdb::IOOptions(),
                                      &anchor.manifest_bytes, nullptr),
                    "looking at the manifest of", directory);
    return anchor;
}

void check_manifest(rocksdb::FileSystem& files, const std::string& directory,
                    const std::optional<Anchor>& anchor) {
    const std::string name = current_manifest(files, directory).manifest;
    std::string bytes;
    throw_if_failed(rocksdb::ReadFileToString(&files, directory + "/" + name, &bytes),
                    "reading the manifest of", directory);
    const WalExtent extent = extent_of_wal(bytes);  // the same records as the write-ahead log's
    const bool is_short =
        anchor && anchor->manifest == name && extent.whole_bytes < anchor->manifest_bytes;
    if (extent.whole_bytes == 0 || extent.is_damaged || is_short) {
        throw corruption(fmt::format("{} is damaged at byte {}", name, extent.whole_bytes),
                         directory);
    }
}

}  // namespace skein::log
