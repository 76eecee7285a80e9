// What two generations differ in.
#include <algorithm>
#include <set>

#include "engine/json/patch.h"
#include "projections/query/verifier.h"

namespace skein::projections {

namespace {

std::set<Stream> streams_of(const GenerationView& generation) {
    std::set<Stream> streams;
    const store::KeyRange range = store::reserved_range(store::KeyKind::kIndex);
    generation.store->scan(range.from, range.to, [&](std::string_view key, std::string_view) {
        if (const auto stream = store::stream_of_reserved(key)) streams.insert(*stream);
        return true;
    });
    return streams;
}

std::vector<std::string> paths_between(const domain::State& a, const domain::State& b) {
    std::vector<std::string> paths;
    const Timestamp never{};  // nothing has expired then
    for (const json::Change& change : json::diff(a.document(never), b.document(never)))
        paths.push_back(change.path);
    return paths;
}

}  // namespace

std::vector<Views::Difference> compare_generations(const GenerationView& a, const GenerationView& b,
                                                   const log::EventLog& log,
                                                   const codec::Codec& codec) {
    std::vector<Position> both;
    for (std::uint32_t n = 0; n < log.shard_count(); ++n)
        both.push_back(std::min(core::load_checkpoint(*a.store, log, Shard(n)).position,
                                core::load_checkpoint(*b.store, log, Shard(n)).position));
    std::set<Stream> streams = streams_of(a);
    streams.merge(streams_of(b));
    std::vector<Views::Difference> differences;
    for (const Stream& stream : streams) {
        if (codec.registry().kind_of(stream) == nullptr) continue;
        const Position position = both[log::shard_of(log, stream).value()];
        const history::Reading in_a = a.reader.as_of(stream, position);
        const history::Reading in_b = b.reader.as_of(stream, position);
        if (in_a.ordinal == 0 && in_b.ordinal == 0) continue;
        if (in_a.ordinal == 0 || in_b.ordinal == 0) {
            differences.push_back({stream, {}});
            continue;
        }
        std::vector<std::string> paths = paths_between(*in_a.state, *in_b.state);
        if (!paths.empty()) differences.push_back({stream, std::move(paths)});
    }
    return differences;
}

}  // namespace skein::projections
