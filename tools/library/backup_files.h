// The files of a backup: the note that lists them, copies that are checked against it, and
// directories that get their name when they are whole.
//
// `BACKUP` is two lines: canonical JSON, and the BLAKE2b-256 of that line in hex.
// Threads: pure over the file system. Errors: Fault kCorruption, kConfig, kUnavailable.
// Source: C-56, C-57.
#pragma once

#include <string>
#include <vector>

#include "tools/library/backup.h"

namespace skein {

inline constexpr const char* kBackupNote = "BACKUP";
inline constexpr const char* kBackupLog = "events";

struct BackupFile {
    std::string name;  // within the log
    std::uint64_t bytes = 0;
    Hash hash;
};
struct BackupNote {
    BackupContent content;
    std::vector<BackupFile> files;  // by name
};

// Every file of a closed log, with its hash.
std::vector<BackupFile> list_log_files(const std::filesystem::path& log);
void write_note(const std::filesystem::path& backup, const BackupNote& note);
BackupNote read_note(const std::filesystem::path& backup);
// Copies what the note lists, synced; each file must be what the note says.
void copy_log_files(const BackupNote& note, const std::filesystem::path& from,
                    const std::filesystem::path& to, const BackupProgress& progress);

// DIRECTORY.tmp, empty, until it is whole.
class UnfinishedDirectory {
 public:
    // `directory` must be vacant.
    explicit UnfinishedDirectory(const std::filesystem::path& directory);
    const std::filesystem::path& path() const { return path_; }
    // Synced, then under its name.
    void finish();

 private:
    std::filesystem::path directory_;
    std::filesystem::path path_;
};

}  // namespace skein
