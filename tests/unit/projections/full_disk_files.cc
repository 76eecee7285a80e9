#include "tests/unit/projections/full_disk_files.h"

#include <algorithm>

namespace skein::test {

namespace {

rocksdb::IOStatus no_space(const std::string& path) {
    return rocksdb::IOStatus::NoSpace("While appending to file: " + path,
                                      "No space left on device");
}

class CountedFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
    CountedFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path,
                FullDiskFiles& disk)
        : FSWritableFileOwnerWrapper(std::move(file)), path_(std::move(path)), disk_(&disk) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
        const std::size_t fits = disk_->take_room(data.size());
        const rocksdb::IOStatus status =
            target()->Append(rocksdb::Slice(data.data(), fits), options, debug);
        return status.ok() && fits < data.size() ? no_space(path_) : status;
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo&,
                             rocksdb::IODebugContext* debug) override {
        return Append(data, options, debug);
    }
    rocksdb::IOStatus Allocate(std::uint64_t, std::uint64_t, const rocksdb::IOOptions&,
                               rocksdb::IODebugContext*) override {
        return rocksdb::IOStatus::OK();
    }

 private:
    const std::string path_;
    FullDiskFiles* const disk_;
};

}  // namespace

void FullDiskFiles::set_room(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    room_ = bytes;
    has_refused_ = false;
}

bool FullDiskFiles::wait_for_refusal(std::chrono::minutes timeout) {
    std::unique_lock lock(mutex_);
    return refused_.wait_for(lock, timeout, [this] { return has_refused_; });
}

int FullDiskFiles::text_logs() const {
    const std::lock_guard lock(mutex_);
    return text_logs_;
}

rocksdb::IOStatus FullDiskFiles::NewWritableFile(const std::string& path,
                                                 const rocksdb::FileOptions& options,
                                                 std::unique_ptr<rocksdb::FSWritableFile>* result,
                                                 rocksdb::IODebugContext* debug) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    const rocksdb::IOStatus status = target()->NewWritableFile(path, options, &file, debug);
    if (status.ok()) *result = std::make_unique<CountedFile>(std::move(file), path, *this);
    return status;
}

rocksdb::IOStatus FullDiskFiles::NewLogger(const std::string& path,
                                           const rocksdb::IOOptions& options,
                                           std::shared_ptr<rocksdb::Logger>* result,
                                           rocksdb::IODebugContext* debug) {
    {
        const std::lock_guard lock(mutex_);
        ++text_logs_;
    }
    return target()->NewLogger(path, options, result, debug);
}

std::size_t FullDiskFiles::take_room(std::size_t wanted) {
    const std::lock_guard lock(mutex_);
    if (room_ == kEndless) return wanted;
    const std::size_t fits = std::min<std::uint64_t>(wanted, room_);
    room_ -= fits;
    if (fits < wanted) {
        has_refused_ = true;
        refused_.notify_all();
    }
    return fits;
}

}  // namespace skein::test
