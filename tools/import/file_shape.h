// The shape of a file: what the members of its first JSON document say about its format.
//
// Each format is known by members that no other has, see kRules in the .cc. The file is read only
// as far as it takes to find those of the format asked for.
// Threads: thread-safe. Errors: none thrown; a file that cannot be read to its end is left to its
// importer, which says where it breaks, unless it is seen to be of another format before.
// Source: interfaces section 10.
#pragma once

#include <filesystem>
#include <optional>

#include "tools/import/importer.h"

namespace skein::import {

// Why this file is none for this importer, with the format that it looks like; nullopt where it may
// be one. In a file of lines only the first counts, and one of the members suffices: what else it
// lacks is for the importer to say.
std::optional<Problem> refusal_of(const Importer& importer, const std::filesystem::path& file);

}  // namespace skein::import
