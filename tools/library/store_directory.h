// The directory of a store: what marks it as one, and what a reader must never make.
//
// DIRECTORY/SKEIN is one line, `skein store, format 1`. It is written last when a store is made, so
// a half-made directory is never taken for a store.
// Threads: pure over the file system. Errors: Fault kConfig (no store there, not a store, another
// format), kUnavailable (no permission, disk).
// Source: interfaces section 4 ("reading commands never make a store").
#pragma once

#include <filesystem>

namespace skein {

enum class OpenMode;

// Makes the directory and its mark where `mode` allows it, and checks the mark where it is there.
void prepare_directory(const std::filesystem::path& directory, OpenMode mode);
// Writes the mark into a directory that holds all else.
void mark_directory(const std::filesystem::path& directory);

}  // namespace skein
