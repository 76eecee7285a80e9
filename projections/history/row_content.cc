#include "projections/history/row_content.h"

namespace skein::projections::history {

namespace {

// Above it a listed event's payload is kept once, in the delta of its own stream.
constexpr std::size_t kPayloadCopyMax = 256;
// Of one listed member: the head row is written anew with every batch.
constexpr std::size_t kListedBytesMax = 1024;

}  // namespace

store::DeltaRow delta_of(const core::Incoming& incoming, Origin origin) {
    const domain::EventMeta& meta = incoming.event.meta;
    store::DeltaRow delta;
    delta.observed = origin == Origin::kObserved;
    if (delta.observed) delta.suffix = meta.stream.str().substr(scope_of(meta.stream).str().size());
    delta.elsewhere = delta.observed && incoming.payload.size() > kPayloadCopyMax;
    delta.meta = meta;
    delta.type = incoming.event.body->type().name;
    delta.type_version = incoming.type_version;
    delta.payload = incoming.payload;
    return delta;
}

std::string listed_text(const domain::Kind& kind, const domain::State& state) {
    const auto members = domain::list_members(kind, state, kListedBytesMax);
    return members ? members->text() : std::string();
}

}  // namespace skein::projections::history
