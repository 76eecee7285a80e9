// RocksDB's files on a disk with so many bytes of room: a write that does not fit is cut where the
// room ends and refused, as the system's files do it.
//
// Threads: all methods from any thread. Errors: IOStatus NoSpace.
#pragma once

#include <rocksdb/file_system.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string>

namespace skein::test {

class FullDiskFiles final : public rocksdb::FileSystemWrapper {
 public:
    static constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();

    FullDiskFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
    const char* Name() const override { return "FullDiskFiles"; }

    void set_room(std::uint64_t bytes);
    // Whether a write was refused since the last set_room(), waiting for it.
    bool wait_for_refusal(std::chrono::minutes timeout);
    // How often a text log of RocksDB's own was asked for: writing one on a full disk ends the
    // process.
    int text_logs() const;

    rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* result,
                                      rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus NewLogger(const std::string& path, const rocksdb::IOOptions& options,
                                std::shared_ptr<rocksdb::Logger>* result,
                                rocksdb::IODebugContext* debug) override;

    // For the files handed out: how many of `wanted` bytes fit. They are taken.
    std::size_t take_room(std::size_t wanted);

 private:
    mutable std::mutex mutex_;
    std::condition_variable refused_;
    std::uint64_t room_ = kEndless;  // guarded by mutex_, as what follows
    bool has_refused_ = false;
    int text_logs_ = 0;
};

}  // namespace skein::test
