#include "engine/log/rocksdb/wal_ahead.h"

#include <string>
#include <utility>

#include "engine/log/rocksdb/wal_mark.h"

namespace skein::log {

namespace {

using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class AheadFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
    AheadFile(std::unique_ptr<FSWritableFile> file, std::string path,
              std::shared_ptr<WalMarker> marker)
        : FSWritableFileOwnerWrapper(std::move(file)),
          path_(std::move(path)),
          marker_(std::move(marker)) {}

    IOStatus Append(const Slice& data, const IOOptions& io, IODebugContext* context) override {
        IOStatus status = target()->PositionedAppend(data, end_, io, context);
        if (!status.ok()) return status;
        end_ += data.size();
        if (end_ > zeroed_end_) write_zeros(io, context);
        return status;
    }
    IOStatus Append(const Slice& data, const IOOptions& io, const rocksdb::DataVerificationInfo&,
                    IODebugContext* context) override {
        return Append(data, io, context);
    }
    IOStatus Sync(const IOOptions& io, IODebugContext* context) override {
        return marked(target()->Sync(io, context));
    }
    IOStatus Fsync(const IOOptions& io, IODebugContext* context) override {
        return marked(target()->Fsync(io, context));
    }
    // Where the file ends for those who write it.
    std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return end_; }
    IOStatus Truncate(std::uint64_t size, const IOOptions& io, IODebugContext* context) override {
        IOStatus status = target()->Truncate(size, io, context);
        if (status.ok()) end_ = zeroed_end_ = size;
        return status;
    }
    IOStatus Close(const IOOptions& io, IODebugContext* context) override {
        // Zeros that stay harm nobody.
        if (zeroed_end_ > end_) target()->Truncate(end_, io, context).PermitUncheckedError();
        return target()->Close(io, context);
    }
    // RocksDB would reserve room that is written to later, which costs what the zeros save.
    void SetPreallocationBlockSize(std::size_t) override {}
    void PrepareWrite(std::size_t, std::size_t, const IOOptions&, IODebugContext*) override {}

 private:
    // RocksDB appends nothing while it syncs: what is durable now is what stood here before.
    IOStatus marked(IOStatus synced) {
        if (synced.ok()) marker_->mark(path_, end_);
        return synced;
    }
    void write_zeros(const IOOptions& io, IODebugContext* context) {
        static const std::string kZeros(kWalAheadBytes, '\0');
        zeroed_end_ = end_;
        const IOStatus status = target()->PositionedAppend(kZeros, end_, io, context);
        if (status.ok()) zeroed_end_ += kZeros.size();
    }

    const std::string path_;
    const std::shared_ptr<WalMarker> marker_;
    std::uint64_t end_ = 0;
    std::uint64_t zeroed_end_ = 0;
};

class AheadFiles final : public rocksdb::FileSystemWrapper {
 public:
    explicit AheadFiles(const std::shared_ptr<rocksdb::FileSystem>& files)
        : FileSystemWrapper(files), marker_(std::make_shared<WalMarker>(files)) {}
    const char* Name() const override { return "skein.WalAhead"; }

    IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                             std::unique_ptr<FSWritableFile>* result,
                             IODebugContext* context) override {
        IOStatus status = target()->NewWritableFile(path, options, result, context);
        if (status.ok() && path.ends_with(kWalSuffix))
            *result = std::make_unique<AheadFile>(std::move(*result), path, marker_);
        return status;
    }

 private:
    const std::shared_ptr<WalMarker> marker_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> with_wal_ahead(
    const std::shared_ptr<rocksdb::FileSystem>& files) {
    return std::make_shared<AheadFiles>(files);
}

}  // namespace skein::log
