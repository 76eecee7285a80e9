// The bytes of a bundle: a whole store in one file, the same bytes for the same store, whatever its
// backend.
//
//   bundle  = "skein bundle, format 1\n" records
//   record  = kind u8 | length u32 BE | body | checksum u64 BE
//             checksum: xxh3_64 of kind, length and body, seeded with the offset of the record
//
//   kStore   1  store id 16 | incarnation 16 | secret 32 | varint shards
//   kShard   2  varint shard | varint position of its head | hash 32 of its head |
//               0x00, or 0x01 | varint next | varint told: the point of its intake, or 0x02 and
//               the same with varint mark
//   kCommand 3  content hash 32 | varint count: its receipt; its events follow
//   kEvent   4  the envelope, as stored
//   kEnd     5  varint commands | varint events | BLAKE2b-256 of all bytes before this record 32
//
//   records = kStore, for every shard in order: kShard (kCommand kEvent+)*, kEnd; nothing behind it
//
// Example, the head of shard 2 at position 0, behind a store of the id s, at offset 95:
//   02 00000023 02 00 BLAKE2b-256(s) 00 checksum
// A kind is never used again for another thing; a change of the grammar is another format.
// Positions, versions, streams and command ids stand in the envelopes; hashes follow from them, and
// have to end in those of the heads. Epochs, leases, snapshots and views are not in a bundle.
// Threads: one owner each. Errors: Fault kCorruption with the offset of the record that is damaged,
// kConfig (no bundle, another format), kUnavailable (disk).
// Source: interfaces section 4 (bundles); style rule 11.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/fault.h"
#include "engine/base/hash.h"
#include "engine/log/event_log.h"

namespace skein {

enum class BundleKind : std::uint8_t {
    kStore = 1,
    kShard = 2,
    kCommand = 3,
    kEvent = 4,
    kEnd = 5,
};

struct BundleShard {
    Shard shard;
    Position position;
    Hash hash;
    std::optional<log::IntakePoint> intake;
};
struct BundleCommand {
    Hash content_hash;
    std::uint64_t event_count = 0;
};
struct BundleEnd {
    std::uint64_t commands = 0;
    std::uint64_t events = 0;
    Hash hash;
};

class Descriptor {
 public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor();
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return number_; }

 private:
    const int number_;
};

// FILE.tmp, which gets its name when it is whole and synced. Only its owner may read it: it holds
// the secret of the store.
class BundleWriter {
 public:
    // `file` must not exist.
    explicit BundleWriter(const std::filesystem::path& file);
    ~BundleWriter();
    BundleWriter(const BundleWriter&) = delete;
    BundleWriter& operator=(const BundleWriter&) = delete;

    void put(const log::StoreInfo& store);
    void put(const BundleShard& shard);
    void put(const BundleCommand& command);
    void put_event(std::string_view envelope);
    std::uint64_t commands() const { return end_.commands; }
    // The trailer; then the file is there. Returns its bytes.
    std::uint64_t finish();

 private:
    void put_record(BundleKind kind, std::string_view body);
    void flush();

    const std::filesystem::path file_;
    const std::filesystem::path unfinished_;
    const Descriptor descriptor_;
    bool is_finished_ = false;
    std::string buffer_;
    std::uint64_t offset_ = 0;  // of what is put next
    Blake2b256 hash_;
    BundleEnd end_;
};

// Reads record by record; what does not fit is refused before it is believed.
class BundleReader {
 public:
    explicit BundleReader(const std::filesystem::path& file);
    BundleReader(const BundleReader&) = delete;
    BundleReader& operator=(const BundleReader&) = delete;

    // Of the whole file, for progress.
    std::uint64_t bytes() const { return bytes_; }
    // Where the record that was read last begins.
    std::uint64_t offset() const { return record_; }

    log::StoreInfo read_store();
    BundleShard read_shard();
    BundleCommand read_command();
    // A view until the next reading.
    std::string_view read_event();
    // And that all of the file is what was written.
    BundleEnd read_end();

    // The record that was read last is whole, and cannot be.
    Fault damaged(std::string_view why) const;

 private:
    // The body of the next record, which must be of this kind.
    std::string_view read_record(BundleKind kind);
    // So many bytes of the file; nothing is consumed.
    std::string_view peek(std::size_t count);
    void consume(std::size_t count);

    const std::filesystem::path file_;
    const Descriptor descriptor_;
    std::uint64_t bytes_ = 0;
    std::string buffer_;
    std::size_t used_ = 0;      // of the buffer
    std::uint64_t offset_ = 0;  // of what is read next
    std::uint64_t record_ = 0;
    Blake2b256 hash_;  // of everything before the trailer
};

}  // namespace skein
