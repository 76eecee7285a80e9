// Bundles: a store in one file, to be moved between backends: events, positions, hashes, receipts,
// identity and intakes as they are. The format is that of bundle_format.h, and the same store gives
// the same bytes, whatever its backend.
//
// A bundle is taken while writers go on: each shard up to its head when it began. Moved in, it
// makes a store where none is, or an empty one gives way to it; all or nothing. It is the same
// store then, under the same identity: the one it was taken from is not to be written any more.
// Threads: any. Memory: a batch of events, whatever the store's size. Errors: Fault kMissing (no
// bundle there), kConfig (the target is not empty or in use, another format), kCorruption (the
// bundle is damaged, or the store that it is taken from), kUnavailable. What a progress callback
// throws goes through; nothing was made then.
// Source: interfaces section 4; design section 3.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/json/value.h"
#include "engine/log/log_import.h"
#include "tools/library/store.h"

namespace skein {

// What is being done, how much of it is done, and of how much.
using BundleProgress =
    std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)>;

struct BundleContent {
    Uuid store_id;
    Uuid incarnation;
    std::vector<Position> positions;  // of heads, by shard
    std::vector<Hash> hashes;         // of heads, by shard
    std::uint64_t commands = 0;
    std::uint64_t bytes = 0;

    std::uint64_t events() const;
    // `skein.bundle/1`
    json::Value document() const;
};

// `file` must not exist. Events are checked on their way: a store that is damaged gives no bundle.
BundleContent export_bundle(Store& store, const std::filesystem::path& file,
                            const BundleProgress& progress);

struct BundleSource {
    std::filesystem::path file;
    std::shared_ptr<const codec::Codec> codec;  // of all the kinds that it may hold
};
// Where a log is made of a bundle.
using BundleTarget = std::function<std::unique_ptr<log::LogImport>(const log::StoreInfo&)>;
// Into any log; import_bundle() below chooses one.
BundleContent import_bundle_into(const BundleSource& source, const BundleTarget& target,
                                 const BundleProgress& progress);

struct ImportBundleOptions {
    std::filesystem::path file;
    // Of the store to be, vacant; not looked at where the log is in Postgres.
    std::filesystem::path directory;
    std::optional<log::PostgresLogOptions> postgres;
    Kinds kinds;
};
BundleContent import_bundle(const ImportBundleOptions& options, const BundleProgress& progress);

}  // namespace skein
