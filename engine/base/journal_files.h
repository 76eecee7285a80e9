// Journal files that a database left behind: opening one begins a journal, NUMBER.log, and those of
// openings that wrote nothing stay, empty, until something is written. Thousands of reading
// commands would leave thousands of files.
//
// Threads: any; the directory's owner alone. Errors: none; what cannot be removed stays.
#pragma once

#include <filesystem>

namespace skein {

// Removes the empty ones of `directory`, but the newest, which is the one in use.
void remove_empty_journals(const std::filesystem::path& directory);

}  // namespace skein
