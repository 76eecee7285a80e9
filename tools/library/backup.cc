#include "tools/library/backup.h"

#include <fmt/format.h>

#include "engine/base/fault.h"
#include "engine/json/writer.h"
#include "engine/log/rocksdb/rocks_log.h"
#include "engine/replay/verify.h"
#include "tools/library/backup_files.h"
#include "tools/library/head_list.h"
#include "tools/library/store_directory.h"

namespace skein {

namespace {

namespace fs = std::filesystem;

std::unique_ptr<log::RocksLog> open_log(const fs::path& directory, log::OpenMode mode,
                                        log::Incarnation incarnation) {
    log::RocksLogOptions options;
    options.directory = directory.string();
    options.mode = mode;
    options.incarnation = incarnation;
    SystemRandom random;
    return log::RocksLog::open(options, random);
}

// Every event, its chain and its indexes.
void prove(const log::EventLog& log, const codec::Codec& codec, const BackupProgress& progress) {
    std::uint64_t total = 0;
    for (std::uint32_t shard = 0; shard < log.shard_count(); ++shard)
        total += log.head(Shard(shard)).position.value();
    const replay::LogReport report = replay::verify_log(
        log, codec, [&](std::uint64_t done) { progress("verifying", done, total); });
    if (report.findings.empty()) return;
    const replay::Finding& first = report.findings.front();
    throw Fault(FaultKind::kCorruption,
                fmt::format("the copy does not verify: {} at shard {} position {}: expected {}, "
                            "found {}",
                            first.what, first.shard.value(), first.position.value(), first.expected,
                            first.found),
                "`skein verify --all` says whether the store itself is damaged.");
}

BackupContent content_of(const log::EventLog& log) {
    BackupContent content;
    content.store_id = log.info().store_id;
    for (std::uint32_t shard = 0; shard < log.shard_count(); ++shard) {
        const log::Head head = log.head(Shard(shard));
        content.positions.push_back(head.position);
        content.hashes.push_back(head.hash);
    }
    return content;
}

// The copy must end where the store stood, or later; and its events must be the store's.
void compare_heads(Store& store, const std::vector<log::Head>& before, const BackupContent& copy) {
    for (std::uint32_t shard = 0; shard < before.size(); ++shard) {
        const Position position = copy.positions[shard];
        const bool has_all = position >= before[shard].position;
        const auto stored = store.log().read(Shard(shard), position);
        const bool is_same =
            position.value() == 0 || (stored && stored->hash == copy.hashes[shard]);
        if (has_all && is_same) continue;
        throw Fault(FaultKind::kCorruption,
                    fmt::format("the copy of shard {} ends at position {}, the store was at {}",
                                shard, position.value(), before[shard].position.value()),
                    "Run `skein verify --all`, then try again.");
    }
}

}  // namespace

std::uint64_t BackupContent::events() const { return sum_of(positions); }

json::Value BackupContent::document() const {
    json::ObjectWriter out;
    out.member_number("bytes", bytes);
    out.member_text("created_at", format_time(created_at));
    out.member_number("events", events());
    out.member_text("schema", "skein.backup/1");
    out.member("shards", heads_document(positions, hashes));
    out.member_text("store_id", store_id.str());
    return out.value();
}

BackupContent create_backup(Store& store, const fs::path& directory,
                            const BackupProgress& progress) {
    UnfinishedDirectory made(directory);
    std::vector<log::Head> before;
    for (std::uint32_t shard = 0; shard < store.log().shard_count(); ++shard)
        before.push_back(store.log().head(Shard(shard)));
    const fs::path events = made.path() / kBackupLog;
    const Timestamp now = store.clock().now();
    store.checkpoint(events, [&progress](std::uint64_t done, std::uint64_t total) {
        progress("copying", done, total);
    });
    fs::remove(events / "LOCK");  // says nothing; the restored log makes its own
    BackupNote note;
    {
        const auto copy = open_log(events, log::OpenMode::kReadOnly, log::Incarnation::kKeep);
        prove(*copy, store.codec(), progress);
        note.content = content_of(*copy);
    }
    compare_heads(store, before, note.content);
    note.content.created_at = now;
    note.files = list_log_files(events);
    for (const BackupFile& file : note.files) note.content.bytes += file.bytes;
    write_note(made.path(), note);
    made.finish();
    return note.content;
}

BackupContent restore_backup(const RestoreOptions& options, const BackupProgress& progress) {
    const BackupNote note = read_note(options.backup);
    UnfinishedDirectory made(options.directory);
    const fs::path log_directory = made.path() / "log";
    fs::create_directory(log_directory);
    copy_log_files(note, options.backup / kBackupLog, log_directory, progress);
    {
        const auto log = open_log(log_directory, log::OpenMode::kMustExist, log::Incarnation::kNew);
        prove(*log, *options.kinds.codec, progress);
        const BackupContent restored = content_of(*log);
        if (restored.positions != note.content.positions || restored.hashes != note.content.hashes)
            throw Fault(FaultKind::kCorruption,
                        fmt::format("the events in {} are not those that its note tells of",
                                    options.backup.string()),
                        "Restore from another backup.");
    }
    mark_directory(made.path());
    made.finish();
    return note.content;
}

}  // namespace skein
