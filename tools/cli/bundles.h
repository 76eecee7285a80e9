// What the command line does with bundles: `skein export --bundle`, `skein import bundle`, and
// `skein --bundle FILE COMMAND`, which reads one as if it were a store.
//
// Threads: one. Errors: as bundle.h. Source: interfaces section 4.
#pragma once

#include <filesystem>
#include <string>

#include "tools/cli/cli.h"

namespace skein::cli {

int export_to_bundle(Cli& cli, const std::string& file);
int import_from_bundle(Cli& cli, const std::string& file);

// A bundle unpacked into a directory of its own among the temporary ones, for as long as this
// lives.
class UnpackedBundle {
 public:
    explicit UnpackedBundle(Cli& cli);
    ~UnpackedBundle();
    UnpackedBundle(const UnpackedBundle&) = delete;
    UnpackedBundle& operator=(const UnpackedBundle&) = delete;

    std::filesystem::path store() const { return directory_ / "store"; }

 private:
    std::filesystem::path directory_;
};

}  // namespace skein::cli
