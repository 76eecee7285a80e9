#include "engine/log/rocksdb/session.h"

#include <fmt/format.h>
#include <rocksdb/convenience.h>
#include <rocksdb/listener.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/chain.h"
#include "engine/base/check.h"
#include "engine/base/fault_codes.h"
#include "engine/base/journal_files.h"
#include "engine/log/rocksdb/database_options.h"
#include "engine/log/rocksdb/key_kinds.h"
#include "engine/log/rocksdb/status_fault.h"
#include "engine/log/rocksdb/wal_ahead.h"
#include "engine/log/rocksdb/wal_check.h"
#include "engine/log/rocksdb/wal_mark.h"

namespace skein::log {

namespace {

// Names of kMeta rows.
constexpr std::string_view kFormatName = "format";
constexpr std::string_view kStoreIdName = "store_id";
constexpr std::string_view kIncarnationName = "incarnation";
constexpr std::string_view kShardCountName = "shard_count";
constexpr std::string_view kSecretName = "secret";

constexpr std::size_t kSecretBytes = 32;
constexpr std::uint32_t kShardCountMax = 4096;  // one Kafka partition each; more is a typing error
constexpr std::size_t kScanReadaheadBytes = 1U << 20;

bool ends_with(const std::string& text, std::string_view end) {
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool is_rocksdb_name(const std::string& name) {
    static constexpr std::array<std::string_view, 6> kStarts = {"LOCK",     "LOG",     "MANIFEST-",
                                                                "IDENTITY", "OPTIONS", "."};
    static constexpr std::array<std::string_view, 3> kEnds = {".log", ".dbtmp", ".sst"};
    for (const std::string_view start : kStarts) {
        if (name.starts_with(start)) return true;
    }
    for (const std::string_view end : kEnds) {
        if (ends_with(name, end)) return true;
    }
    return false;
}

// Unless it is told not to, RocksDB counts for each thread what its reads do, which takes a tenth
// of a scan's time; nobody asks for these counts.
void count_nothing() { rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable); }

std::string varint_text(std::uint64_t value) {
    std::string text;
    put_varint(text, value);
    return text;
}

}  // namespace

// RocksDB would go on trying in the background. What it says is true at that moment only for what
// it tried, so nothing more is written until the log is reopened.
class Session::ErrorListener final : public rocksdb::EventListener {
 public:
    explicit ErrorListener(Session& session) : session_(session) {}
    void OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                           rocksdb::Status* status) override {
        session_.refuse_writes("background work failed", *status);
    }
    void OnFlushCompleted(rocksdb::DB* /*db*/, const rocksdb::FlushJobInfo& /*info*/) override {
        if (session_.is_open_) session_.drop_anchor();
    }

 private:
    Session& session_;
};

Session::Session(const RocksLogOptions& options, OpenMode mode, Random& random)
    : options_(options),
      mode_(mode),
      files_(options.files ? options.files : rocksdb::FileSystem::Default()),
      env_(rocksdb::NewCompositeEnv(with_wal_ahead(files_))),
      listener_(std::make_shared<ErrorListener>(*this)) {
    prepare_directory();
    if (has_current()) check_files();
    open_database();
    read_info(random);
    if (options_.incarnation == Incarnation::kNew) renew_incarnation(random);
    for (std::uint32_t i = 0; i < info_.shard_count; ++i) check_tail(Shard(i));
    if (mode_ != OpenMode::kReadOnly) drop_anchor();  // opening has begun a new manifest
    is_open_ = true;
}

Session::~Session() {
    if (!db_) return;
    if (mode_ != OpenMode::kReadOnly && is_open_ && !write_failure()) {
        const bool is_flushed = db_->Flush(rocksdb::FlushOptions()).ok();
        rocksdb::CancelAllBackgroundWork(db_.get(), true);
        if (is_flushed && !write_failure()) drop_anchor();
    }
    db_->Close().PermitUncheckedError();
    db_.reset();
}

void Session::drop_anchor() noexcept {
    try {
        Anchor anchor = durable_manifest(*files_, options_.directory);
        for (std::uint32_t i = 0; i < info_.shard_count; ++i) {
            anchor.positions.push_back(read_head(Shard(i)).position);
        }
        write_anchor(*files_, options_.directory, anchor).PermitUncheckedError();
    } catch (const std::exception&) {
        return;  // the anchor before stays: it says less, and nothing wrong
    }
}

bool Session::has_current() const {
    return files_->FileExists(options_.directory + "/CURRENT", rocksdb::IOOptions(), nullptr).ok();
}

void Session::prepare_directory() {
    if (has_current()) return;
    const rocksdb::IOOptions io;
    bool is_directory = false;
    const bool exists = files_->IsDirectory(options_.directory, io, &is_directory, nullptr).ok();
    if (exists && is_directory) return refuse_foreign_directory();
    if (exists) {
        throw Fault(FaultKind::kConfig,
                    options_.directory + " is a file, not the directory of a store",
                    "Name another directory.");
    }
    if (mode_ != OpenMode::kCreate) {
        throw Fault(
            FaultKind::kConfig, "no store at " + options_.directory,
            "The first `skein send` or `skein import` makes one; or name another directory.");
    }
    throw_if_failed(files_->CreateDir(options_.directory, io, nullptr), "creating",
                    options_.directory);
    // RocksDB syncs what it puts into its directory, not the directory's own entry.
    const std::size_t slash = options_.directory.find_last_of('/');
    const std::string parent = slash == std::string::npos
                                   ? "."
                                   : options_.directory.substr(0, std::max<std::size_t>(slash, 1));
    std::unique_ptr<rocksdb::FSDirectory> handle;
    throw_if_failed(files_->NewDirectory(parent, io, &handle, nullptr), "opening", parent);
    throw_if_failed(handle->Fsync(io, nullptr), "syncing", parent);
}

// Of a directory without CURRENT: it may hold what is left of an interrupted creation, nothing
// else.
void Session::refuse_foreign_directory() const {
    std::vector<std::string> names;
    throw_if_failed(files_->GetChildren(options_.directory, rocksdb::IOOptions(), &names, nullptr),
                    "listing the files of", options_.directory);
    for (const std::string& name : names) {
        if (name == "HEADS" || name == kWalMarkName || ends_with(name, ".sst"))
            throw corruption("the file CURRENT is missing", options_.directory);
        if (mode_ != OpenMode::kCreate || is_rocksdb_name(name)) continue;
        throw Fault(fault_codes::kNoStore,
                    fmt::format("{} is no store and not empty ({})", options_.directory, name),
                    "Name an empty directory.");
    }
    if (mode_ != OpenMode::kCreate) {
        throw Fault(
            FaultKind::kConfig, "no store at " + options_.directory,
            "The first `skein send` or `skein import` makes one; or name another directory.");
    }
}

void Session::check_files() {
    if (mode_ == OpenMode::kReadOnly) {
        anchor_ = read_anchor(*files_, options_.directory);
        // A writer may be at work: the manifest is not at rest.
        return check_wal(*files_, options_.directory, TornTail::kLeave);
    }
    // Without the lock, the tail of a log that another process writes at this moment would look
    // torn, and the anchor be one of before its manifest.
    const rocksdb::IOOptions io;
    rocksdb::FileLock* lock = nullptr;
    throw_if_failed(files_->LockFile(options_.directory + "/LOCK", io, &lock, nullptr), "locking",
                    options_.directory);
    try {
        anchor_ = read_anchor(*files_, options_.directory);
        check_manifest(*files_, options_.directory, anchor_);
        check_wal(*files_, options_.directory, TornTail::kCut);
    } catch (const Fault&) {
        files_->UnlockFile(lock, io, nullptr).PermitUncheckedError();
        throw;
    }
    throw_if_failed(files_->UnlockFile(lock, io, nullptr), "unlocking", options_.directory);
}

void Session::open_database() {
    rocksdb::Options options = make_database_options(options_);
    options.env = env_.get();
    options.listeners.push_back(listener_);
    options.create_if_missing = mode_ == OpenMode::kCreate;
    rocksdb::DB* opened = nullptr;
    if (mode_ == OpenMode::kReadOnly) {
        // check_wal has seen that what is torn is the tail alone.
        options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
        throw_if_failed(rocksdb::DB::OpenForReadOnly(options, options_.directory, &opened),
                        "opening the store", options_.directory);
    } else {
        throw_if_failed(rocksdb::DB::Open(options, options_.directory, &opened),
                        "opening the store", options_.directory);
        if (!options_.files) remove_empty_journals(options_.directory);
    }
    db_.reset(opened);
}

std::unique_ptr<rocksdb::Iterator> Session::iterate(const rocksdb::Slice* end, Reach reach) const {
    count_nothing();
    rocksdb::ReadOptions read;
    read.total_order_seek = true;  // the prefix filter is for receipts alone
    read.iterate_upper_bound = end;
    if (reach == Reach::kMany) {
        read.readahead_size = kScanReadaheadBytes;
        read.fill_cache = false;  // a long scan must not push out what single reads need
    }
    return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(read));
}

std::optional<std::string> Session::get(const std::string& key, const char* doing) const {
    count_nothing();
    std::string value;
    const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), key, &value);
    if (status.IsNotFound()) return std::nullopt;
    throw_if_failed(status, doing, options_.directory);
    return value;
}

bool Session::is_database_empty() const {
    const auto rows = iterate(nullptr, Reach::kFew);
    rows->SeekToFirst();
    const bool is_empty = !rows->Valid();
    throw_if_failed(rows->status(), "reading", options_.directory);
    return is_empty;
}

void Session::read_info(Random& random) {
    const char* const doing = "reading the description of";
    const auto format = get(meta_key(kFormatName), doing);
    if (!format) {
        if (anchor_) throw corruption("the store is empty, and was not", options_.directory);
        const bool may_create = mode_ == OpenMode::kCreate && is_database_empty();
        if (may_create) return create_info(random);
        throw Fault(
            fault_codes::kNoStore, options_.directory + " is no log of skein",
            "Name the directory of a store; the first `skein send` makes one in a new directory.");
    }
    if (*format != varint_text(kFormatVersion)) {
        ByteReader reader(*format);
        throw Fault(fault_codes::kStoreFormat,
                    fmt::format("{} has format {}, this program reads {}", options_.directory,
                                reader.varint(), kFormatVersion),
                    "Use the version of skein that wrote it.");
    }
    const auto store_id = Uuid::from_bytes(get(meta_key(kStoreIdName), doing).value_or(""));
    const auto incarnation = Uuid::from_bytes(get(meta_key(kIncarnationName), doing).value_or(""));
    const std::string count_bytes = get(meta_key(kShardCountName), doing).value_or("");
    ByteReader reader(count_bytes);
    const std::uint64_t shard_count = reader.varint();
    info_.secret = get(meta_key(kSecretName), doing).value_or("");
    const bool is_sound = store_id && incarnation && reader.done() && shard_count > 0 &&
                          shard_count <= kShardCountMax && info_.secret.size() == kSecretBytes;
    if (!is_sound) throw corruption("the description of the store is damaged", options_.directory);
    info_.store_id = *store_id;
    info_.incarnation = *incarnation;
    info_.shard_count = static_cast<std::uint32_t>(shard_count);
}

void Session::create_info(Random& random) {
    if (options_.identity) {
        info_ = *options_.identity;
        SKEIN_CHECK(info_.secret.size() == kSecretBytes, "a secret of {} bytes",
                    info_.secret.size());
    } else {
        info_.store_id = random.uuid();
        info_.incarnation = random.uuid();
        info_.shard_count = options_.shard_count;
        info_.secret = random.bytes(kSecretBytes);
    }
    if (info_.shard_count == 0 || info_.shard_count > kShardCountMax) {
        throw Fault(FaultKind::kConfig,
                    fmt::format("a store of {} shards cannot be made", info_.shard_count),
                    fmt::format("Choose between 1 and {} shards.", kShardCountMax));
    }
    rocksdb::WriteBatch rows;
    rows.Put(meta_key(kStoreIdName), std::string(info_.store_id.view()));
    rows.Put(meta_key(kIncarnationName), std::string(info_.incarnation.view()));
    rows.Put(meta_key(kShardCountName), varint_text(info_.shard_count));
    rows.Put(meta_key(kSecretName), info_.secret);
    rows.Put(meta_key(kFormatName), varint_text(kFormatVersion));
    rocksdb::WriteOptions synced;
    synced.sync = true;
    throw_if_failed(db_->Write(synced, &rows), "describing the store", options_.directory);
}

void Session::renew_incarnation(Random& random) {
    const Uuid renewed = random.uuid();
    rocksdb::WriteOptions synced;
    synced.sync = true;
    throw_if_failed(db_->Put(synced, meta_key(kIncarnationName), std::string(renewed.view())),
                    "naming the restored log of", options_.directory);
    info_.incarnation = renewed;
}

Head Session::read_head(Shard shard) const {
    const auto value = get(head_key(shard), "reading a head of");
    if (!value) return Head{Position(), chain_start(info_.store_id), Epoch()};
    const auto head = parse_head(*value);
    if (!head) {
        throw corruption(fmt::format("the head of shard {} is damaged", shard.value()),
                         options_.directory);
    }
    return *head;
}

// The newest events must be dense, chained, and end at the head with nothing behind it.
void Session::check_tail(Shard shard) const {
    const Head head = read_head(shard);
    const std::uint64_t last = head.position.value();
    if (anchor_ && shard.value() < anchor_->positions.size() &&
        head.position < anchor_->positions[shard.value()]) {
        throw corruption(
            fmt::format("shard {} ends at position {}, and had come to {}", shard.value(), last,
                        anchor_->positions[shard.value()].value()),
            options_.directory);
    }
    const std::uint64_t first = last > kTailEventsChecked ? last - kTailEventsChecked + 1 : 1;
    const std::string end_key = event_key(Shard(shard.value() + 1), Position());
    const rocksdb::Slice end(end_key);
    const auto rows = iterate(&end, Reach::kFew);
    std::uint64_t position = first;
    Hash previous = chain_start(info_.store_id);
    bool knows_previous = first == 1;
    const std::string from = event_key(shard, Position(knows_previous ? first : first - 1));
    if (!knows_previous) --position;
    for (rows->Seek(from); rows->Valid(); rows->Next(), ++position) {
        const std::string_view value(rows->value().data(), rows->value().size());
        const bool is_next = rows->key() == rocksdb::Slice(event_key(shard, Position(position)));
        if (!is_next || position > last || value.size() < kHashBytes) break;
        const Hash hash = hash_from_bytes(value.substr(0, kHashBytes));
        if (knows_previous &&
            chain_next(shard, Position(position), previous, value.substr(kHashBytes)) != hash) {
            break;
        }
        previous = hash;
        knows_previous = true;
    }
    throw_if_failed(rows->status(), "reading the newest events of", options_.directory);
    if (!rows->Valid() && position == last + 1 && previous == head.hash) return;
    throw corruption(fmt::format("shard {} breaks at position {}, its head is at {}", shard.value(),
                                 position, last),
                     options_.directory);
}

std::optional<Fault> Session::write_failure() const {
    if (mode_ == OpenMode::kReadOnly)
        return Fault(FaultKind::kUnavailable, "the store is open for reading alone");
    const std::lock_guard<std::mutex> lock(failure_mutex_);
    return failure_;
}

void Session::refuse_writes(const std::string& doing, const rocksdb::Status& status) {
    const std::string text = status.ToString();
    const bool is_full = status.IsNoSpace() || tells_disk_full(text);
    const FaultCode& code = is_full ? fault_codes::kDiskFull : fault_codes::kUnavailable;
    const std::lock_guard<std::mutex> lock(failure_mutex_);
    if (!failure_) failure_ = Fault(code, fmt::format("{}: {}", doing, text));
}

}  // namespace skein::log
