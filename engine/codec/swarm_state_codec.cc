#include "engine/codec/swarm_state_codec.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/codec/stage_slicer.h"
#include "engine/domain/swarm/swarm_state.h"

namespace skein::codec {

namespace {

namespace swarm = domain::swarm;

// A number is never reused.
constexpr std::uint8_t kAgentTag = 0x02;
constexpr std::uint8_t kItemTag = 0x03;
constexpr std::uint8_t kMoreTag = 0x04;
constexpr std::uint8_t kRunTag = 0x05;

void put_header(SliceWriter& out, const swarm::SwarmState& state) {
    out.u8(kHeaderTag);
    out.text(state.stream().str());
    out.u8(static_cast<std::uint8_t>(state.status));
    out.json(state.goal);
    out.json(state.config);
    out.json(state.team);
    out.json(state.tools);
    out.time(state.created_at);
    out.time(state.updated_at);
}

enum class SwarmStage { kHeader, kAgents, kBoard, kRuns, kEnd, kAllWritten };

class SwarmSlicer final : public StageSlicer<SwarmStage> {
 public:
    SwarmSlicer(const std::shared_ptr<const domain::State>& state, ChunkSink* chunks)
        : StageSlicer(state, chunks, {'W', kSwarmStateVersion, kMoreTag}),
          state_(&swarm::as_swarm(*state)) {}

 private:
    Walk write_stage(SliceWriter& out, SwarmStage stage) override {
        switch (stage) {
            case SwarmStage::kHeader: put_header(out, *state_); return Walk::kDone;
            case SwarmStage::kAgents: return write_agents(out);
            case SwarmStage::kBoard: return write_board(out);
            case SwarmStage::kRuns: return write_runs(out);
            case SwarmStage::kEnd: return write_end(out);
            case SwarmStage::kAllWritten: return Walk::kFull;
        }
        return Walk::kFull;
    }

    Walk write_agents(SliceWriter& out) {
        return write_map(state_->agents.map(), out,
                         [&](const std::string& id, const swarm::Agent& agent) {
                             out.u8(kAgentTag);
                             out.text(id);
                             out.text(agent.role);
                             out.json(agent.config);
                             return Walk::kDone;
                         });
    }

    Walk write_board(SliceWriter& out) {
        return write_map(state_->board.map(), out,
                         [&](const std::string& id, const swarm::BoardItem& item) {
                             put_item(out, id, item);
                             return write_value(out, 0, id, item.value);
                         });
    }

    static void put_item(SliceWriter& out, const std::string& id, const swarm::BoardItem& item) {
        out.u8(kItemTag);
        out.text(id);
        out.text(item.type);
        out.number(item.tags.size());
        for (const std::string& tag : item.tags) out.text(tag);
        out.u8(item.expires_at ? 1 : 0);
        if (item.expires_at) out.time(*item.expires_at);
        out.text(item.actor);
        out.number(item.version.value());
        out.digest(item.value_digest);
    }

    Walk write_runs(SliceWriter& out) {
        return write_map(state_->runs.map(), out,
                         [&](const std::string& run, const swarm::RunLine& line) {
                             out.u8(kRunTag);
                             out.text(run);
                             out.text(line.status);
                             return Walk::kDone;
                         });
    }

    const swarm::SwarmState* state_;
};

void read_header(SliceReader& in, swarm::SwarmState& state) {
    if (in.text() != state.stream().str()) in.refuse("it is of another stream");
    state.status = in.choice(swarm::SwarmStatus::kArchived);
    state.goal = in.json();
    state.config = in.json();
    state.team = in.json();
    state.tools = in.json();
    state.created_at = in.time();
    state.updated_at = in.time();
    const bool fits = (state.config.is_object() || state.config.is_null()) &&
                      (state.tools.is_array() || state.tools.is_null()) &&
                      (state.goal.is_string() || state.goal.is_null());
    if (!fits) in.refuse("goal, config or tools have another type");
}

void read_agent(SliceReader& in, swarm::SwarmState& state) {
    std::string id = in.id();
    swarm::Agent agent;
    agent.role = in.text();
    agent.config = in.json();
    if (in.ok()) state.agents.put(std::move(id), std::move(agent));
}

void read_item(SliceReader& in, swarm::SwarmState& state) {
    std::string id = in.key();
    swarm::BoardItem item;
    item.type = in.text();
    const std::size_t tags = in.count();
    for (std::size_t i = 0; i < tags && in.ok(); ++i) item.tags.push_back(in.text());
    if (in.u8() != 0) item.expires_at = in.time();
    item.actor = in.text();
    item.version = Version(in.number());
    item.value_digest = in.digest();
    item.value = in.value();
    if (!in.ok()) return;
    const json::Path place = state.board.path(id).key("value");
    if (in.last_value_was_inline() && json::digest(place, item.value) != item.value_digest)
        return in.refuse("a value does not match its digest");
    if (state.board.find(id) != nullptr) return in.refuse("an item stands there twice");
    state.board.put(std::move(id), std::move(item));
}

void read_more(SliceReader& in, swarm::SwarmState& state) {
    if (in.u8() != 0) in.refuse("pieces of a map that is unknown");
    const std::string id = in.key();
    const swarm::BoardItem* item = in.ok() ? state.board.find(id) : nullptr;
    if (item == nullptr) return in.refuse("pieces of an item that is not there");
    const json::Value value = in.more_pieces(item->value);
    if (in.ok()) state.board.update(id, [&](swarm::BoardItem& changed) { changed.value = value; });
}

void read_run(SliceReader& in, swarm::SwarmState& state) {
    std::string run = in.id();
    swarm::RunLine line{in.text()};
    if (in.ok()) state.runs.put(std::move(run), std::move(line));
}

void read_record(SliceReader& in, std::uint8_t tag, swarm::SwarmState& state) {
    switch (tag) {
        case kHeaderTag: return read_header(in, state);
        case kAgentTag: return read_agent(in, state);
        case kItemTag: return read_item(in, state);
        case kMoreTag: return read_more(in, state);
        case kRunTag: return read_run(in, state);
        default: return in.refuse("it has a record that is unknown");
    }
}

}  // namespace

std::unique_ptr<StateSlicer> slice_swarm(std::shared_ptr<const domain::State> state,
                                         ChunkSink* chunks) {
    return std::make_unique<SwarmSlicer>(state, chunks);
}

std::optional<CodecError> load_swarm(domain::State& state, std::string_view slice,
                                     const ChunkSource* chunks) {
    auto* loaded = dynamic_cast<swarm::SwarmState*>(&state);
    SKEIN_CHECK(loaded != nullptr, "{} is not the state of a swarm", state.stream().str());
    SliceReader in(slice, {'W', kSwarmStateVersion}, state, chunks);
    return load_records(in, state, [&](std::uint8_t tag) { read_record(in, tag, *loaded); });
}

}  // namespace skein::codec
