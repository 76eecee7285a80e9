// The write-ahead log, looked at before RocksDB replays it: is what follows the last whole record a
// write that the power cut, or has something before the end been damaged?
//
// RocksDB 7.8 cannot tell. kTolerateCorruptedTailRecords refuses a tail torn within a sector,
// though nobody was told of it, and passes over a damaged length in the last 32 KiB, though
// acknowledged records follow. Here the tail is cut off where no record begins behind the damage,
// and the store is refused where one does: each write is synced before the next begins, so a record
// behind the damage means that the damaged one had been acknowledged. So does the mark (wal_mark.h)
// where it says that what is damaged was synced.
//
// Invariants: every file but the last with content must be whole. What is cut was never
// acknowledged, as far as the mark tells: a power cut may have taken the newest marks with it.
// Threads: pure; the caller holds the store's LOCK. Errors: Fault kCorruption, kUnavailable.
// Source: design section 3 (embedded log), reliability 3.3; RocksDB's write-ahead log format.
#pragma once

#include <rocksdb/file_system.h>

#include <string>
#include <string_view>

namespace skein::log {

// What the bytes of one log file hold.
struct WalExtent {
    std::uint64_t whole_bytes = 0;  // end of the last whole record
    bool is_whole = true;           // nothing but zeros, written ahead, stands behind it
    bool is_damaged = false;        // a record begins behind bytes that are none
};
WalExtent extent_of_wal(std::string_view bytes);

enum class TornTail { kCut, kLeave };
// Checks all log files of the directory, and cuts the torn tail of the last one off, synced.
void check_wal(rocksdb::FileSystem& files, const std::string& directory, TornTail torn_tail);

// A file of RocksDB's, whose name holds its number.
struct StoreFile {
    std::string directory;
    std::string name;
    std::string path() const { return directory + "/" + name; }
};
// It holds `kept` alone from now on, in one step, synced: by a new file under the old name, since
// RocksDB's own file system cannot shorten one. A crash in between leaves the old file, and beside
// it one that RocksDB removes.
void shorten_file(rocksdb::FileSystem& files, const StoreFile& file, std::string_view kept);

// CRC-32C (Castagnoli), as the records carry it.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace skein::log
