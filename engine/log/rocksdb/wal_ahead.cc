#include "engine/log/rocksdb/wal_ahead.h"

#include <string>
#include <utility>

namespace skein::log {

namespace {

using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class AheadFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
    explicit AheadFile(std::unique_ptr<FSWritableFile> file)
        : FSWritableFileOwnerWrapper(std::move(file)) {}

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
    void write_zeros(const IOOptions& io, IODebugContext* context) {
        static const std::string kZeros(kWalAheadBytes, '\0');
        zeroed_end_ = end_;
        const IOStatus status = target()->PositionedAppend(kZeros, end_, io, context);
        if (status.ok()) zeroed_end_ += kZeros.size();
    }

    std::uint64_t end_ = 0;
    std::uint64_t zeroed_end_ = 0;
};

class AheadFiles final : public rocksdb::FileSystemWrapper {
 public:
    using FileSystemWrapper::FileSystemWrapper;
    const char* Name() const override { return "skein.WalAhead"; }

    IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                             std::unique_ptr<FSWritableFile>* result,
                             IODebugContext* context) override {
        IOStatus status = target()->NewWritableFile(path, options, result, context);
        if (status.ok() && path.ends_with(kWalSuffix))
            *result = std::make_unique<AheadFile>(std::move(*result));
        return status;
    }
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> with_wal_ahead(std::shared_ptr<rocksdb::FileSystem> files) {
    return std::make_shared<AheadFiles>(std::move(files));
}

}  // namespace skein::log
