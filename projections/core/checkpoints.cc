#include "projections/core/checkpoints.h"

#include <fmt/format.h>

#include "engine/base/bytes.h"
#include "engine/codec/envelope.h"
#include "projections/store/keys.h"

namespace skein::projections::core {

Identity identity_of(const log::EventLog& log, const codec::Codec& codec) {
    std::string versions;
    put_varint(versions, store::kProjectionVersion);
    for (const domain::Kind& kind : codec.registry().kinds()) {
        put_string(versions, kind.name);
        put_varint(versions, codec.kind_codec(kind.name).state_version);
    }
    return {log.info().incarnation, xxh3_64(versions)};
}

store::CheckpointRow load_checkpoint(const store::ViewStore& store, const log::EventLog& log,
                                     Shard shard) {
    const std::string key = store::checkpoint_key(shard);
    if (const std::optional<std::string> value = store.get(key))
        return store::read_checkpoint(key, *value);
    store::CheckpointRow fresh;
    fresh.hash = codec::chain_start(log.info().store_id);
    return fresh;
}

std::optional<Mismatch> find_mismatch(const store::ViewStore& store, const log::EventLog& log,
                                      const Identity& identity) {
    using Of = Mismatch::Of;
    for (std::uint32_t number = 0; number < log.shard_count(); ++number) {
        const Shard shard(number);
        const store::CheckpointRow row = load_checkpoint(store, log, shard);
        if (row.position.value() == 0) continue;
        if (row.projection != identity.projection)
            return Mismatch{Of::kVersion, "made by another version of the views"};
        if (row.incarnation != identity.incarnation)
            return Mismatch{Of::kVersion, "made from another incarnation of the log"};
        const log::Head head = log.head(shard);
        if (row.position > head.position)
            return Mismatch{Of::kLog,
                            fmt::format("the views held shard {} up to position {}, the log ends "
                                        "at {}",
                                        number, row.position.value(), head.position.value())};
        const auto event = log.read(shard, row.position);
        if (!event || event->hash != row.hash)
            return Mismatch{Of::kLog, fmt::format("shard {} has another event at position {} than "
                                                  "the views held",
                                                  number, row.position.value())};
    }
    return std::nullopt;
}

}  // namespace skein::projections::core
