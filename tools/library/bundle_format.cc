#include "tools/library/bundle_format.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "engine/base/bytes.h"
#include "engine/base/crash_point.h"
#include "engine/base/fault_codes.h"
#include "engine/codec/envelope.h"

namespace skein {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kName = "skein bundle, format ";
constexpr std::string_view kMagic = "skein bundle, format 1\n";
constexpr std::size_t kHeadBytes = 5;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kBlockBytes = 1U << 20;  // of writing and reading
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kSecretBytes = 32;
// Whether a shard has the point of an intake, and of which form.
constexpr std::uint8_t kNoIntake = 0;
constexpr std::uint8_t kPlainIntake = 1;
constexpr std::uint8_t kMarkedIntake = 2;
constexpr std::size_t kShortBytesMax = 1024;  // of all records but events

Fault unavailable(const char* doing, const fs::path& path) {
    const std::error_code why(errno, std::generic_category());
    return Fault(code_of(why), fmt::format("{} {} failed: {}", doing, path.string(), why.message()),
                 "Check free space and permissions, then try again.");
}

std::string_view name_of(BundleKind kind) {
    switch (kind) {
        case BundleKind::kStore: return "the description of the store";
        case BundleKind::kShard: return "the head of a shard";
        case BundleKind::kCommand: return "a command";
        case BundleKind::kEvent: return "an event";
        case BundleKind::kEnd: return "the trailer";
    }
    return "a record";
}

std::size_t bytes_max(BundleKind kind) {
    return kind == BundleKind::kEvent ? codec::kEnvelopeBytesMax : kShortBytesMax;
}

Hash hash_in(ByteReader& reader) {
    const std::string_view bytes = reader.raw(kHashBytes);
    return reader.ok() ? hash_from_bytes(bytes) : Hash{};
}

void sync_directory(const fs::path& directory) {
    const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_CLOEXEC));
    if (opened.get() < 0 || ::fsync(opened.get()) != 0) throw unavailable("syncing", directory);
}

int create(const fs::path& file, const fs::path& unfinished) {
    std::error_code none;
    if (fs::exists(fs::symlink_status(file, none)))
        throw Fault(FaultKind::kConfig, fmt::format("{} is there already", file.string()),
                    "Name a file that does not exist.");
    const int made = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (made < 0) throw unavailable("creating", unfinished);
    return made;
}

int open_existing(const fs::path& file) {
    const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (opened < 0 && errno == ENOENT)
        throw Fault(FaultKind::kMissing, fmt::format("there is no bundle at {}", file.string()),
                    "Name a file that `skein export --bundle` has made.");
    if (opened < 0) throw unavailable("opening", file);
    return opened;
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

BundleWriter::BundleWriter(const fs::path& file)
    : file_(file),
      unfinished_(file.string() + ".tmp"),
      descriptor_(create(file_, unfinished_)),
      buffer_(kMagic),
      offset_(kMagic.size()) {}

BundleWriter::~BundleWriter() {
    if (!is_finished_) ::unlink(unfinished_.c_str());
}

void BundleWriter::flush() {
    hash_.add(buffer_);
    for (std::string_view rest = buffer_; !rest.empty();) {
        const ssize_t count = ::write(descriptor_.get(), rest.data(), rest.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw unavailable("writing", unfinished_);
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
    buffer_.clear();
}

void BundleWriter::put_record(BundleKind kind, std::string_view body) {
    if (buffer_.size() >= kBlockBytes) flush();
    const std::size_t begin = buffer_.size();
    put_u8(buffer_, static_cast<std::uint8_t>(kind));
    put_u32_be(buffer_, static_cast<std::uint32_t>(body.size()));
    buffer_ += body;
    put_u64_be(buffer_, xxh3_64(std::string_view(buffer_).substr(begin), offset_));
    offset_ += buffer_.size() - begin;
}

void BundleWriter::put(const log::StoreInfo& store) {
    std::string body(store.store_id.view());
    body += store.incarnation.view();
    body += store.secret;
    put_varint(body, store.shard_count);
    put_record(BundleKind::kStore, body);
}

void BundleWriter::put(const BundleShard& shard) {
    std::string body;
    put_varint(body, shard.shard.value());
    put_varint(body, shard.position.value());
    body += shard.hash.view();
    if (shard.intake) {
        put_u8(body, shard.intake->mark == 0 ? kPlainIntake : kMarkedIntake);
        put_varint(body, shard.intake->next);
        put_varint(body, shard.intake->told);
        if (shard.intake->mark != 0) put_varint(body, shard.intake->mark);
    } else {
        put_u8(body, kNoIntake);
    }
    put_record(BundleKind::kShard, body);
}

void BundleWriter::put(const BundleCommand& command) {
    std::string body(command.content_hash.view());
    put_varint(body, command.event_count);
    put_record(BundleKind::kCommand, body);
    ++end_.commands;
}

void BundleWriter::put_event(std::string_view envelope) {
    put_record(BundleKind::kEvent, envelope);
    ++end_.events;
}

std::uint64_t BundleWriter::finish() {
    flush();
    std::string body;
    put_varint(body, end_.commands);
    put_varint(body, end_.events);
    body += hash_.finish().view();
    put_record(BundleKind::kEnd, body);
    hash_ = Blake2b256();
    flush();
    if (::fsync(descriptor_.get()) != 0) throw unavailable("syncing", unfinished_);
    SKEIN_CRASH_POINT("bundle.before_name");
    if (::rename(unfinished_.c_str(), file_.c_str()) != 0) throw unavailable("naming", file_);
    is_finished_ = true;
    sync_directory(fs::absolute(file_).parent_path());
    return offset_;
}

BundleReader::BundleReader(const fs::path& file) : file_(file), descriptor_(open_existing(file)) {
    struct stat found {};
    if (::fstat(descriptor_.get(), &found) == 0 && S_ISREG(found.st_mode))
        bytes_ = static_cast<std::uint64_t>(found.st_size);
    const std::string_view magic = peek(kMagic.size());
    if (magic.starts_with(kName) && magic != kMagic)
        throw Fault(
            fault_codes::kStoreFormat,
            fmt::format("{} is a bundle of a format that is not known here", file_.string()),
            "Use the version of skein that made it.");
    if (magic != kMagic)
        throw Fault(FaultKind::kConfig, fmt::format("{} is no bundle of skein", file_.string()),
                    "Name a file that `skein export --bundle` has made.");
    hash_.add(magic);
    consume(kMagic.size());
}

Fault BundleReader::damaged(std::string_view why) const {
    return Fault(
        FaultKind::kCorruption,
        fmt::format("{} is damaged: the record at byte {} {}", file_.string(), record_, why),
        "Nothing was imported. Take another copy of the bundle, or make it anew.");
}

// Fewer where the file ends before that.
std::string_view BundleReader::peek(std::size_t count) {
    if (buffer_.size() - used_ < count) {
        buffer_.erase(0, used_);
        used_ = 0;
    }
    while (buffer_.size() < count) {
        const std::size_t have = buffer_.size();
        buffer_.resize(std::max(count, have + kBlockBytes));
        const ssize_t got = ::read(descriptor_.get(), buffer_.data() + have, buffer_.size() - have);
        const int error = errno;
        buffer_.resize(have + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got == 0) break;
        errno = error;
        if (got < 0 && errno != EINTR) throw unavailable("reading", file_);
    }
    return std::string_view(buffer_).substr(used_, count);
}

void BundleReader::consume(std::size_t count) {
    used_ += count;
    offset_ += count;
}

std::string_view BundleReader::read_record(BundleKind kind) {
    record_ = offset_;
    const std::string_view head = peek(kHeadBytes);
    if (head.empty()) throw damaged("is missing: the file ends there");
    if (head.size() < kHeadBytes) throw damaged("is cut short");
    ByteReader reader(head);
    const std::uint8_t found = reader.u8();
    const std::size_t size = reader.u32_be();
    if (found != static_cast<std::uint8_t>(kind) || size > bytes_max(kind))
        throw damaged(
            fmt::format("should be {}, and says kind {} and {} bytes", name_of(kind), found, size));
    const std::size_t whole = kHeadBytes + size + kChecksumBytes;
    const std::string_view record = peek(whole);
    if (record.size() < whole) throw damaged("is cut short");
    const std::string_view content = record.substr(0, kHeadBytes + size);
    if (ByteReader(record.substr(content.size())).u64_be() != xxh3_64(content, record_))
        throw damaged("was changed: its checksum is another one");
    if (kind != BundleKind::kEnd) hash_.add(record);
    consume(whole);
    return content.substr(kHeadBytes);
}

log::StoreInfo BundleReader::read_store() {
    ByteReader reader(read_record(BundleKind::kStore));
    log::StoreInfo store;
    store.store_id = Uuid::from_bytes(reader.raw(kIdBytes)).value_or(Uuid());
    store.incarnation = Uuid::from_bytes(reader.raw(kIdBytes)).value_or(Uuid());
    store.secret = reader.raw(kSecretBytes);
    const std::uint64_t shards = reader.varint();
    if (!reader.done() || shards == 0 || shards > UINT16_MAX) throw damaged("is not of its form");
    store.shard_count = static_cast<std::uint32_t>(shards);
    return store;
}

BundleShard BundleReader::read_shard() {
    ByteReader reader(read_record(BundleKind::kShard));
    BundleShard shard;
    const std::uint64_t number = reader.varint();
    shard.position = Position(reader.varint());
    shard.hash = hash_in(reader);
    const std::uint8_t form = reader.u8();
    if (form == kPlainIntake || form == kMarkedIntake) {
        shard.intake.emplace();
        shard.intake->next = reader.varint();
        shard.intake->told = reader.varint();
        if (form == kMarkedIntake) shard.intake->mark = reader.varint();
    }
    const bool is_sound =
        reader.done() && form <= kMarkedIntake && number <= UINT16_MAX &&
        (!shard.intake || (shard.intake->told <= shard.intake->next &&
                           shard.intake->next <= INT64_MAX && shard.intake->mark <= INT64_MAX)) &&
        shard.position.value() <= INT64_MAX;
    if (!is_sound) throw damaged("is not of its form");
    shard.shard = Shard(static_cast<std::uint32_t>(number));
    return shard;
}

BundleCommand BundleReader::read_command() {
    ByteReader reader(read_record(BundleKind::kCommand));
    BundleCommand command;
    command.content_hash = hash_in(reader);
    command.event_count = reader.varint();
    if (!reader.done() || command.event_count == 0 || command.event_count > INT32_MAX)
        throw damaged("is not of its form");
    return command;
}

std::string_view BundleReader::read_event() { return read_record(BundleKind::kEvent); }

BundleEnd BundleReader::read_end() {
    ByteReader reader(read_record(BundleKind::kEnd));
    BundleEnd end;
    end.commands = reader.varint();
    end.events = reader.varint();
    end.hash = hash_in(reader);
    if (!reader.done()) throw damaged("is not of its form");
    if (end.hash != hash_.finish())
        throw damaged("tells of other bytes before it: a part of the bundle was exchanged");
    record_ = offset_;
    if (!peek(1).empty()) throw damaged("stands behind the end of the bundle");
    return end;
}

}  // namespace skein
