// Checkpoints: how far a generation is, and whether it may be believed beside this log.
//
// Threads: pure over their arguments. Errors: as the store and the log. Source: design section 6.
#pragma once

#include <optional>
#include <string>

#include "engine/codec/codec.h"
#include "engine/log/event_log.h"
#include "projections/store/rows.h"
#include "projections/store/view_store.h"

namespace skein::projections::core {

// What a generation was made by and from. Another one means that its rows mean something else.
struct Identity {
    Uuid incarnation;  // of the log
    std::uint64_t projection =
        0;  // of the layouts: kProjectionVersion and the kinds' state versions
};
Identity identity_of(const log::EventLog& log, const codec::Codec& codec);

// The checkpoint of a shard; position 0 and h(0) where nothing was projected yet.
store::CheckpointRow load_checkpoint(const store::ViewStore& store, const log::EventLog& log,
                                     Shard shard);

// Why rows cannot be those of a log.
struct Mismatch {
    // kVersion: they are of another version, or of the log before it was restored. kLog: the log
    // has lost events that stood in it when the rows were made, or has others in their place.
    enum class Of { kVersion, kLog };
    Of of = Of::kVersion;
    std::string what;
};

// Why the rows of `store` must not be believed beside `log`; nullopt where they may.
std::optional<Mismatch> find_mismatch(const store::ViewStore& store, const log::EventLog& log,
                                      const Identity& identity);

}  // namespace skein::projections::core
