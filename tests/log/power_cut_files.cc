#include "tests/log/power_cut_files.h"

#include <rocksdb/env.h>

#include <algorithm>
#include <cstdarg>
#include <cstring>

namespace skein::log::test {

namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

constexpr std::size_t kSectorBytes = 512;

IOStatus power_is_off() { return IOStatus::IOError("the power is off"); }

std::string parent_of(const std::string& path) { return path.substr(0, path.find_last_of('/')); }

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
    SequentialFile(PowerCutFiles& files, std::shared_ptr<PowerCutFiles::Content> content)
        : files_(files), content_(std::move(content)) {}
    IOStatus Read(std::size_t count, const IOOptions&, rocksdb::Slice* result, char* scratch,
                  IODebugContext*) override {
        const IOStatus status = files_.read(*content_, offset_, count, result, scratch);
        if (status.ok()) offset_ += result->size();
        return status;
    }
    IOStatus Skip(std::uint64_t count) override {
        offset_ += count;
        return IOStatus::OK();
    }

 private:
    PowerCutFiles& files_;
    std::shared_ptr<PowerCutFiles::Content> content_;
    std::uint64_t offset_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
    RandomAccessFile(PowerCutFiles& files, std::shared_ptr<PowerCutFiles::Content> content)
        : files_(files), content_(std::move(content)) {}
    IOStatus Read(std::uint64_t offset, std::size_t count, const IOOptions&, rocksdb::Slice* result,
                  char* scratch, IODebugContext*) const override {
        return files_.read(*content_, offset, count, result, scratch);
    }

 private:
    PowerCutFiles& files_;
    std::shared_ptr<PowerCutFiles::Content> content_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
    WritableFile(PowerCutFiles& files, std::shared_ptr<PowerCutFiles::Content> content)
        : files_(files), content_(std::move(content)) {}
    using FSWritableFile::Append;
    IOStatus Append(const rocksdb::Slice& data, const IOOptions&, IODebugContext*) override {
        return files_.append(*content_, {data.data(), data.size()});
    }
    IOStatus Append(const rocksdb::Slice& data, const IOOptions&,
                    const rocksdb::DataVerificationInfo&, IODebugContext*) override {
        return files_.append(*content_, {data.data(), data.size()});
    }
    using FSWritableFile::PositionedAppend;
    IOStatus PositionedAppend(const rocksdb::Slice& data, std::uint64_t offset, const IOOptions&,
                              IODebugContext*) override {
        return files_.write_at(*content_, offset, {data.data(), data.size()});
    }
    IOStatus Truncate(std::uint64_t size, const IOOptions&, IODebugContext*) override {
        return files_.truncate(*content_, size);
    }
    IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
    IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
    IOStatus Sync(const IOOptions&, IODebugContext*) override { return files_.sync(*content_); }
    std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
        return files_.size_of(*content_);
    }

 private:
    PowerCutFiles& files_;
    std::shared_ptr<PowerCutFiles::Content> content_;
};

class Directory final : public rocksdb::FSDirectory {
 public:
    Directory(PowerCutFiles& files, std::string path) : files_(files), path_(std::move(path)) {}
    IOStatus Fsync(const IOOptions&, IODebugContext*) override {
        return files_.sync_directory(path_);
    }
    IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
    PowerCutFiles& files_;
    std::string path_;
};

class SilentLogger final : public rocksdb::Logger {
 public:
    using Logger::Logv;
    void Logv(const char* /*format*/, va_list /*arguments*/) override {}
    std::size_t GetLogFileSize() const override { return 0; }
};

class Lock final : public rocksdb::FileLock {
 public:
    explicit Lock(std::string path) : path_(std::move(path)) {}
    const std::string& path() const { return path_; }

 private:
    std::string path_;
};

}  // namespace

PowerCutFiles::PowerCutFiles(SyncMode mode)
    : FileSystemWrapper(rocksdb::FileSystem::Default()), mode_(mode) {
    directories_["/disk"] = true;
}
PowerCutFiles::~PowerCutFiles() = default;

bool PowerCutFiles::passes_cut() {
    if (is_cut_) return true;
    if (operations_left_-- > 0) return false;
    is_cut_ = true;
    return true;
}

void PowerCutFiles::cut_after(std::uint64_t operations) {
    const std::lock_guard<std::mutex> lock(mutex_);
    operations_left_ = operations;
    if (operations == 0) is_cut_ = true;
}

void PowerCutFiles::cut_at_sync(std::string path_part, std::uint64_t nth) {
    const std::lock_guard<std::mutex> lock(mutex_);
    aimed_at_ = std::move(path_part);
    syncs_left_ = nth;
}

void PowerCutFiles::apply(Names& names, const Change& change) {
    if (!change.removed.empty()) names.erase(change.removed);
    if (change.content) {
        names[change.path] = change.content;
    } else {
        names.erase(change.path);
    }
}

void PowerCutFiles::change(Change change) {
    apply(names_, change);
    changes_.push_back(std::move(change));
}

namespace {

struct Sector {
    std::size_t begin;
    std::size_t end;
};

// Lets a sector hold what was durable of it, zeros, or anything.
void tear(std::string& bytes, const std::string& durable, const Sector& sector,
          SeededRandom& random) {
    const std::uint64_t choice = random.below(3);
    const char fill = static_cast<char>(choice == 1 ? random.below(256) : 0);
    for (std::size_t at = sector.begin; at < sector.end; ++at)
        bytes[at] = choice == 0 && at < durable.size() ? durable[at] : fill;
}

}  // namespace

// Of what was not synced: a prefix, in which single sectors hold what stood there before, or
// anything. Now and then nothing of it, now and then all.
std::string PowerCutFiles::survivor(const Content& content, SeededRandom& random,
                                    CutReport& report) {
    const std::string& durable = content.durable;
    if (content.bytes == durable) return durable;
    if (content.bytes.size() < durable.size())
        return random.below(2) == 0 ? durable : content.bytes;
    const auto unlike = std::mismatch(durable.begin(), durable.end(), content.bytes.begin());
    const auto first = static_cast<std::size_t>(unlike.first - durable.begin());
    const std::size_t changed = content.bytes.size() - first;
    const std::uint64_t choice = random.below(4);
    std::size_t kept = choice == 0 ? 0 : changed;
    if (choice > 1) kept = static_cast<std::size_t>(random.below(changed + 1));
    std::string left = content.bytes.substr(0, first + kept);
    if (left.size() < durable.size()) left += durable.substr(left.size());
    if (kept > 0) ++report.files_torn;
    report.bytes_dropped += changed - kept;
    for (std::size_t at = first; at < first + kept;) {
        const std::size_t end = std::min(first + kept, (at / kSectorBytes + 1) * kSectorBytes);
        if (choice == 3 && random.below(3) == 0) {
            tear(left, durable, {at, end}, random);
            ++report.sectors_torn;
        }
        at = end;
    }
    return left;
}

CutReport PowerCutFiles::restore(SeededRandom& random) {
    const std::lock_guard<std::mutex> lock(mutex_);
    CutReport report;
    const std::size_t kept = static_cast<std::size_t>(random.below(changes_.size() + 1));
    for (std::size_t i = 0; i < kept; ++i) apply(durable_names_, changes_[i]);
    report.entries_dropped = changes_.size() - kept;
    changes_.clear();
    Names survived;
    for (const auto& [path, content] : durable_names_) {
        auto left = std::make_shared<Content>();
        left->path = path;
        left->bytes = survivor(*content, random, report);
        left->durable = left->bytes;
        survived[path] = std::move(left);
    }
    names_ = survived;
    durable_names_ = survived;
    locks_.clear();
    operations_left_ = ~0ULL;
    aimed_at_.clear();
    fails_syncs_ = false;
    is_cut_ = false;
    return report;
}

std::vector<std::string> PowerCutFiles::names() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<std::string> found;
    for (const auto& [path, content] : names_) found.push_back(path);
    return found;
}

std::string PowerCutFiles::bytes_of(const std::string& path) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return names_.at(path)->bytes;
}

void PowerCutFiles::set_bytes(const std::string& path, std::string bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    names_.at(path)->bytes = bytes;
    names_.at(path)->durable = std::move(bytes);
}

std::map<std::string, std::string> PowerCutFiles::image() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::map<std::string, std::string> image;
    for (const auto& [path, content] : names_) image[path] = content->bytes;
    return image;
}

void PowerCutFiles::set_image(const std::map<std::string, std::string>& image) {
    const std::lock_guard<std::mutex> lock(mutex_);
    names_.clear();
    changes_.clear();
    for (const auto& [path, bytes] : image)
        names_[path] = std::make_shared<Content>(Content{path, bytes, bytes});
    durable_names_ = names_;
}

IOStatus PowerCutFiles::append(Content& content, std::string_view data) {
    return write_at(content, size_of(content), data);
}

// A full disk takes what overwrites, and nothing that lengthens a file.
IOStatus PowerCutFiles::write_at(Content& content, std::uint64_t offset, std::string_view data) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_cut_) return power_is_off();
    const auto from = static_cast<std::size_t>(offset);
    const std::size_t end = from + data.size();
    if (is_full_ && end > content.bytes.size()) return IOStatus::NoSpace("No space left on device");
    content.bytes.resize(std::max(content.bytes.size(), end));
    std::copy(data.begin(), data.end(), content.bytes.begin() + static_cast<std::ptrdiff_t>(from));
    return passes_cut() ? power_is_off() : IOStatus::OK();
}

IOStatus PowerCutFiles::sync(Content& content) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool is_aimed_at =
        !aimed_at_.empty() && content.path.find(aimed_at_) != std::string::npos;
    if (is_aimed_at && --syncs_left_ == 0) is_cut_ = true;
    if (passes_cut()) return power_is_off();
    if (fails_syncs_) return IOStatus::IOError("the disk does not answer");
    if (mode_ == SyncMode::kHonest) content.durable = content.bytes;
    return IOStatus::OK();
}

IOStatus PowerCutFiles::sync_directory(const std::string& path) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (passes_cut()) return power_is_off();
    if (mode_ == SyncMode::kLying) return IOStatus::OK();
    std::vector<Change> left;
    for (Change& one : changes_) {
        if (parent_of(one.path) == path) {
            apply(durable_names_, one);
        } else {
            left.push_back(std::move(one));
        }
    }
    changes_ = std::move(left);
    return IOStatus::OK();
}

IOStatus PowerCutFiles::read(const Content& content, std::uint64_t offset, std::size_t count,
                             rocksdb::Slice* result, char* scratch) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_cut_) return power_is_off();
    const std::size_t size = content.bytes.size();
    const std::size_t from = std::min(size, static_cast<std::size_t>(offset));
    const std::size_t length = std::min(count, size - from);
    std::memcpy(scratch, content.bytes.data() + from, length);
    *result = rocksdb::Slice(scratch, length);
    return IOStatus::OK();
}

IOStatus PowerCutFiles::truncate(Content& content, std::uint64_t size) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (passes_cut()) return power_is_off();
    content.bytes.resize(static_cast<std::size_t>(size));
    return IOStatus::OK();
}

std::uint64_t PowerCutFiles::size_of(const Content& content) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return content.bytes.size();
}

IOStatus PowerCutFiles::NewSequentialFile(const std::string& path, const rocksdb::FileOptions&,
                                          std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                          IODebugContext*) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto place = names_.find(path);
    if (place == names_.end()) return IOStatus::PathNotFound(path);
    *result = std::make_unique<SequentialFile>(*this, place->second);
    return IOStatus::OK();
}

IOStatus PowerCutFiles::NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions&,
                                            std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                            IODebugContext*) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto place = names_.find(path);
    if (place == names_.end()) return IOStatus::PathNotFound(path);
    *result = std::make_unique<RandomAccessFile>(*this, place->second);
    return IOStatus::OK();
}

IOStatus PowerCutFiles::NewWritableFile(const std::string& path, const rocksdb::FileOptions&,
                                        std::unique_ptr<rocksdb::FSWritableFile>* result,
                                        IODebugContext*) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (passes_cut()) return power_is_off();
    if (is_full_) return IOStatus::NoSpace("No space left on device");
    auto content = std::make_shared<Content>();
    content->path = path;
    change({path, content, {}});
    *result = std::make_unique<WritableFile>(*this, content);
    return IOStatus::OK();
}

IOStatus PowerCutFiles::ReopenWritableFile(const std::string& path, const rocksdb::FileOptions&,
                                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                                           IODebugContext*) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_cut_) return power_is_off();
    if (!names_.contains(path)) change({path, std::make_shared<Content>(), {}});
    *result = std::make_unique<WritableFile>(*this, names_.at(path));
    return IOStatus::OK();
}

IOStatus PowerCutFiles::NewDirectory(const std::string& path, const IOOptions&,
                                     std::unique_ptr<rocksdb::FSDirectory>* result,
                                     IODebugContext*) {
    *result = std::make_unique<Directory>(*this, path);
    return IOStatus::OK();
}

IOStatus PowerCutFiles::FileExists(const std::string& path, const IOOptions&, IODebugContext*) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_cut_) return power_is_off();
    const bool exists = names_.contains(path) || directories_.contains(path);
    return exists ? IOStatus::OK() : IOStatus::NotFound(path);
}

IOStatus PowerCutFiles::GetChildren(const std::string& path, const IOOptions&,
                                    std::vector<std::string>* result, IODebugContext*) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_cut_) return power_is_off();
    result->clear();
    for (const auto& [name, content] : names_) {
        if (parent_of(name) == path) result->push_back(name.substr(path.size() + 1));
    }
    return IOStatus::OK();
}

IOStatus PowerCutFiles::DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (passes_cut()) return power_is_off();
    if (!names_.contains(path)) return IOStatus::PathNotFound(path);
    change({path, nullptr, {}});
    return IOStatus::OK();
}

IOStatus PowerCutFiles::Truncate(const std::string& path, std::size_t size, const IOOptions&,
                                 IODebugContext*) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (passes_cut()) return power_is_off();
    names_.at(path)->bytes.resize(size);
    return IOStatus::OK();
}

IOStatus PowerCutFiles::CreateDir(const std::string& path, const IOOptions&, IODebugContext*) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (passes_cut()) return power_is_off();
    directories_[path] = true;
    return IOStatus::OK();
}

IOStatus PowerCutFiles::CreateDirIfMissing(const std::string& path, const IOOptions& options,
                                           IODebugContext* context) {
    return CreateDir(path, options, context);
}

IOStatus PowerCutFiles::GetFileSize(const std::string& path, const IOOptions&, std::uint64_t* size,
                                    IODebugContext*) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto place = names_.find(path);
    if (place == names_.end()) return IOStatus::PathNotFound(path);
    *size = place->second->bytes.size();
    return IOStatus::OK();
}

IOStatus PowerCutFiles::GetFileModificationTime(const std::string&, const IOOptions&,
                                                std::uint64_t* time, IODebugContext*) {
    *time = 0;
    return IOStatus::OK();
}

IOStatus PowerCutFiles::GetAbsolutePath(const std::string& path, const IOOptions&,
                                        std::string* result, IODebugContext*) {
    *result = path;
    return IOStatus::OK();
}

IOStatus PowerCutFiles::RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                                   IODebugContext*) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (passes_cut()) return power_is_off();
    const auto place = names_.find(from);
    if (place == names_.end()) return IOStatus::PathNotFound(from);
    change({to, place->second, from});
    return IOStatus::OK();
}

IOStatus PowerCutFiles::LockFile(const std::string& path, const IOOptions&,
                                 rocksdb::FileLock** lock, IODebugContext*) {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (is_cut_) return power_is_off();
    if (!locks_.emplace(path, true).second)
        return IOStatus::IOError("lock hold by current process");
    if (!names_.contains(path)) change({path, std::make_shared<Content>(), {}});
    *lock = new Lock(path);
    return IOStatus::OK();
}

IOStatus PowerCutFiles::UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) {
    const std::lock_guard<std::mutex> guard(mutex_);
    const std::unique_ptr<Lock> ours(static_cast<Lock*>(lock));
    locks_.erase(ours->path());
    return IOStatus::OK();
}

IOStatus PowerCutFiles::IsDirectory(const std::string& path, const IOOptions&, bool* is_directory,
                                    IODebugContext*) {
    const std::lock_guard<std::mutex> lock(mutex_);
    *is_directory = directories_.contains(path);
    return *is_directory || names_.contains(path) ? IOStatus::OK() : IOStatus::PathNotFound(path);
}

IOStatus PowerCutFiles::GetFreeSpace(const std::string&, const IOOptions&, std::uint64_t* free,
                                     IODebugContext*) {
    *free = is_full_ ? 0 : 1ULL << 40;
    return IOStatus::OK();
}

IOStatus PowerCutFiles::NewLogger(const std::string&, const IOOptions&,
                                  std::shared_ptr<rocksdb::Logger>* result, IODebugContext*) {
    *result = std::make_shared<SilentLogger>();
    return IOStatus::OK();
}

}  // namespace skein::log::test
