// The directory of a store: what marks it as one, and what a reader must never make.
//
// DIRECTORY/SKEIN is one line, `skein store, format 1`. A new store is marked, and the mark synced,
// before its log is made; so a log without a mark is damage, which nobody repairs silently.
// Threads: pure over the file system. Errors: Fault kMissing (no store there), kConfig (not a store,
// another format), kCorruption (a log without its mark), kUnavailable (no permission, disk).
// Source: interfaces section 4 ("reading commands never make a store").
#pragma once

#include <filesystem>

namespace skein {

enum class OpenMode;

// Makes the directory and its mark where `mode` allows it, and checks the mark where it is there.
void prepare_directory(const std::filesystem::path& directory, OpenMode mode);
// For who reads beside a writer and needs no right to write: Fault kMissing where no store is.
void require_store(const std::filesystem::path& directory);
// Writes the mark into a directory that holds all else.
void mark_directory(const std::filesystem::path& directory);

}  // namespace skein
