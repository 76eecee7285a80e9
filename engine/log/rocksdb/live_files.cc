#include "engine/log/rocksdb/live_files.h"

#include <fmt/format.h>
#include <rocksdb/env.h>

#include <algorithm>
#include <vector>

#include "engine/log/rocksdb/status_fault.h"

namespace skein::log {

namespace {

constexpr std::size_t kBlockBytes = 1U << 20;

// While it stands, no file is removed by work in the background.
class FilesKept {
 public:
    FilesKept(rocksdb::DB& db, const std::string& target) : db_(&db) {
        throw_if_failed(db.DisableFileDeletions(), "keeping files for the copy", target);
    }
    ~FilesKept() { db_->EnableFileDeletions(false).PermitUncheckedError(); }
    FilesKept(const FilesKept&) = delete;
    FilesKept& operator=(const FilesKept&) = delete;

 private:
    rocksdb::DB* db_;
};

class Copier {
 public:
    using Progress = std::function<void(std::uint64_t, std::uint64_t)>;
    Copier(rocksdb::FileSystem& files, const std::string& target, std::uint64_t total,
           const Progress& progress)
        : files_(&files), target_(&target), total_(total), progress_(&progress) {}

    void copy(const rocksdb::LiveFileStorageInfo& file) {
        const std::string name = file.relative_filename.substr(file.relative_filename[0] == '/');
        const std::string path = *target_ + "/" + name;
        std::unique_ptr<rocksdb::FSWritableFile> out;
        throw_if_failed(files_->NewWritableFile(path, rocksdb::FileOptions(), &out, nullptr),
                        "creating", path);
        if (!file.replacement_contents.empty()) {
            throw_if_failed(out->Append(file.replacement_contents, io_, nullptr), "writing", path);
        } else {
            copy_bytes(file.directory + "/" + name, file.size, *out);
        }
        throw_if_failed(out->Fsync(io_, nullptr), "syncing", path);
        throw_if_failed(out->Close(io_, nullptr), "closing", path);
    }

 private:
    void copy_bytes(const std::string& source, std::uint64_t size, rocksdb::FSWritableFile& out) {
        std::unique_ptr<rocksdb::FSSequentialFile> in;
        throw_if_failed(files_->NewSequentialFile(source, rocksdb::FileOptions(), &in, nullptr),
                        "opening", source);
        std::string block(kBlockBytes, '\0');
        for (std::uint64_t left = size; left > 0;) {
            rocksdb::Slice read;
            throw_if_failed(in->Read(std::min<std::uint64_t>(left, kBlockBytes), io_, &read,
                                     block.data(), nullptr),
                            "reading", source);
            if (read.empty())
                throw corruption(fmt::format("{} is {} bytes short", source, left), *target_);
            throw_if_failed(out.Append(read, io_, nullptr), "writing a copy in", *target_);
            left -= read.size();
            done_ += read.size();
            (*progress_)(done_, total_);
        }
    }

    const rocksdb::IOOptions io_;
    rocksdb::FileSystem* files_;
    const std::string* target_;
    const std::uint64_t total_;
    const Progress* progress_;
    std::uint64_t done_ = 0;
};

}  // namespace

void copy_live_files(rocksdb::DB& db, rocksdb::FileSystem& files, const std::string& target,
                     const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    const FilesKept kept(db, target);
    // Moves what was written so far into tables first; what is written meanwhile stands in the
    // write-ahead log, up to the length that is noted here.
    rocksdb::LiveFilesStorageInfoOptions wanted;
    std::vector<rocksdb::LiveFileStorageInfo> live;
    throw_if_failed(db.GetLiveFilesStorageInfo(wanted, &live), "listing the files of", target);
    std::uint64_t total = 0;
    for (const auto& file : live) total += file.replacement_contents.empty() ? file.size : 0;
    Copier copier(files, target, total, progress);
    for (const auto& file : live) copier.copy(file);
    std::unique_ptr<rocksdb::FSDirectory> handle;
    const rocksdb::IOOptions io;
    throw_if_failed(files.NewDirectory(target, io, &handle, nullptr), "opening", target);
    throw_if_failed(handle->Fsync(io, nullptr), "syncing", target);
}

}  // namespace skein::log
