#include "engine/log/rocksdb/wal_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <vector>

#include "engine/log/rocksdb/status_fault.h"
#include "engine/log/rocksdb/wal_mark.h"

namespace skein::log {

namespace {

// A log file is a sequence of blocks; a record fragment never crosses one. Header: masked CRC-32C
// of type and payload u32 LE, length u16 LE, type u8.
constexpr std::size_t kBlockBytes = 32768;
constexpr std::size_t kHeaderBytes = 7;
enum FragmentType : std::uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

constexpr std::array<std::uint32_t, 256> make_crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0);
        table[i] = crc;
    }
    return table;
}
constexpr std::array<std::uint32_t, 256> kCrcTable = make_crc_table();

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint8_t>(bytes[at]);
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_hardware(std::string_view bytes) {
    std::uint64_t crc = ~0U;
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, sizeof word);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    auto rest = static_cast<std::uint32_t>(crc);
    for (; at < bytes.size(); ++at) rest = __builtin_ia32_crc32qi(rest, byte_at(bytes, at));
    return ~rest;
}
#endif

struct Fragment {
    std::uint8_t type = 0;
    std::size_t bytes = 0;  // with its header
};

// The fragment at `at`, or type 0 where none stands there. `block_end` bounds it.
Fragment fragment_at(std::string_view bytes, std::size_t at, std::size_t block_end) {
    if (at + kHeaderBytes > block_end) return {};
    const std::uint8_t type = byte_at(bytes, at + 6);
    if (type < kFull || type > kLast) return {};
    const std::size_t length =
        byte_at(bytes, at + 4) + (static_cast<std::size_t>(byte_at(bytes, at + 5)) << 8);
    if (at + kHeaderBytes + length > block_end) return {};
    std::uint32_t stored = 0;
    for (std::size_t i = 4; i-- > 0;) stored = (stored << 8) | byte_at(bytes, at + i);
    const std::uint32_t crc = crc32c(bytes.substr(at + 6, 1 + length));
    const std::uint32_t masked = ((crc >> 15) | (crc << 17)) + 0xA282EAD8U;
    if (stored != masked) return {};
    return {type, kHeaderBytes + length};
}

// Whether a record begins anywhere at or after `from`. Framing may be lost, so every byte is tried.
bool record_begins_after(std::string_view bytes, std::size_t from) {
    for (std::size_t at = from; at + kHeaderBytes <= bytes.size(); ++at) {
        const std::size_t block_end = std::min(bytes.size(), (at / kBlockBytes + 1) * kBlockBytes);
        const std::uint8_t type = fragment_at(bytes, at, block_end).type;
        if (type == kFull || type == kFirst) return true;
    }
    return false;
}

bool is_zero(std::string_view bytes) {
    return bytes.find_first_not_of('\0') == std::string_view::npos;
}

// Whether a fragment of this type may come next.
bool follows(bool in_record, std::uint8_t type) {
    return in_record ? type == kMiddle || type == kLast : type == kFull || type == kFirst;
}

// By their numbers.
std::map<std::uint64_t, StoreFile> log_files(rocksdb::FileSystem& files,
                                             const std::string& directory) {
    std::vector<std::string> names;
    throw_if_failed(files.GetChildren(directory, rocksdb::IOOptions(), &names, nullptr),
                    "listing the files of", directory);
    std::map<std::uint64_t, StoreFile> found;
    for (const std::string& name : names) {
        if (const auto number = wal_number(name)) found[*number] = {directory, name};
    }
    return found;
}

std::string read_whole(rocksdb::FileSystem& files, const StoreFile& file) {
    std::string bytes;
    throw_if_failed(rocksdb::ReadFileToString(&files, file.path(), &bytes), "reading the log of",
                    file.directory);
    return bytes;
}

}  // namespace

void shorten_file(rocksdb::FileSystem& files, const StoreFile& file, std::string_view kept) {
    constexpr std::string_view kDigits = "0123456789";
    const rocksdb::IOOptions io;
    const std::size_t first = file.name.find_first_of(kDigits);
    const std::size_t end = std::min(file.name.find_first_not_of(kDigits, first), file.name.size());
    const std::string made =
        fmt::format("{}/{}.dbtmp", file.directory, file.name.substr(first, end - first));
    throw_if_failed(
        rocksdb::WriteStringToFile(&files, rocksdb::Slice(kept.data(), kept.size()), made, true),
        "cutting a torn tail in", file.directory);
    throw_if_failed(files.RenameFile(made, file.path(), io, nullptr), "cutting a torn tail in",
                    file.directory);
    std::unique_ptr<rocksdb::FSDirectory> handle;
    throw_if_failed(files.NewDirectory(file.directory, io, &handle, nullptr), "opening",
                    file.directory);
    throw_if_failed(handle->Fsync(io, nullptr), "syncing", file.directory);
}

std::uint32_t crc32c(std::string_view bytes) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return crc32c_by_hardware(bytes);
#endif
    std::uint32_t crc = ~0U;
    for (const char c : bytes) {
        crc = kCrcTable[(crc ^ static_cast<std::uint8_t>(c)) & 0xFF] ^ (crc >> 8);
    }
    return ~crc;
}

WalExtent extent_of_wal(std::string_view bytes) {
    WalExtent extent;
    bool in_record = false;
    std::size_t at = 0;
    while (at < bytes.size()) {
        const std::size_t block_end = std::min(bytes.size(), (at / kBlockBytes + 1) * kBlockBytes);
        if (block_end % kBlockBytes == 0 && block_end - at < kHeaderBytes &&
            is_zero(bytes.substr(at, block_end - at))) {
            at = block_end;  // the trailer of a block
            if (!in_record) extent.whole_bytes = at;
            continue;
        }
        const Fragment fragment = fragment_at(bytes, at, block_end);
        if (fragment.type == 0 || !follows(in_record, fragment.type)) break;
        at += fragment.bytes;
        in_record = fragment.type == kFirst || fragment.type == kMiddle;
        if (!in_record) extent.whole_bytes = at;
    }
    extent.is_whole = !in_record && is_zero(bytes.substr(at));
    // Where a begun record breaks off, what stands at the break may already be the next one.
    if (!extent.is_whole) extent.is_damaged = record_begins_after(bytes, at);
    return extent;
}

void check_wal(rocksdb::FileSystem& files, const std::string& directory, TornTail torn_tail) {
    bool later_has_content = false;
    // Before the logs, which may grow meanwhile.
    const std::optional<WalMark> mark = read_wal_mark(files, directory);
    const auto logs = log_files(files, directory);
    const std::vector<std::pair<std::uint64_t, StoreFile>> last_first(logs.rbegin(), logs.rend());
    for (const auto& [number, file] : last_first) {
        const std::string bytes = read_whole(files, file);
        const WalExtent extent = extent_of_wal(bytes);
        if (extent.is_damaged || (!extent.is_whole && later_has_content)) {
            throw corruption(
                fmt::format("{} is damaged at byte {}, and what was written later stands behind it",
                            file.path(), extent.whole_bytes),
                directory);
        }
        if (mark && mark->number == number && extent.whole_bytes < mark->bytes)
            throw corruption(fmt::format("{} is damaged at byte {}, and was synced up to {}",
                                         file.path(), extent.whole_bytes, mark->bytes),
                             directory);
        if (!extent.is_whole && torn_tail == TornTail::kCut)
            shorten_file(files, file, std::string_view(bytes).substr(0, extent.whole_bytes));
        later_has_content = later_has_content || extent.whole_bytes > 0;
    }
}

}  // namespace skein::log
