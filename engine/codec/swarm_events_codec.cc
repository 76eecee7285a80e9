#include "engine/codec/swarm_events_codec.h"

#include "engine/codec/payload_builder.h"
#include "engine/codec/payload_reader.h"
#include "engine/domain/swarm/swarm_events.h"
#include "skein_schemas/swarm_generated.h"

namespace skein::codec {

namespace {

namespace swarm = domain::swarm;
using Shape = PayloadReader::Shape;
using Names = PayloadReader::Names;

constexpr char kSwarmIdentifier[] = "SKSW";

#define SKEIN_SAME_NUMBER(Name)                               \
    static_assert(static_cast<int>(fbs::SwarmStatus::Name) == \
                  static_cast<int>(swarm::SwarmStatus::k##Name))
SKEIN_SAME_NUMBER(Uninitialized);
SKEIN_SAME_NUMBER(Starting);
SKEIN_SAME_NUMBER(Running);
SKEIN_SAME_NUMBER(Idle);
SKEIN_SAME_NUMBER(Paused);
SKEIN_SAME_NUMBER(Stopped);
SKEIN_SAME_NUMBER(Failed);
SKEIN_SAME_NUMBER(Terminated);
SKEIN_SAME_NUMBER(Archived);
#undef SKEIN_SAME_NUMBER

std::string encode(const swarm::SwarmCreated& event, Builder& builder) {
    const auto goal = put_unless_null(builder, event.goal);
    const auto config = put_unless_null(builder, event.config);
    const auto team = put_unless_null(builder, event.team);
    const auto tools = put_unless_null(builder, event.tools);
    return finish(builder, fbs::CreateSwarmCreated(builder, goal, config, team, tools),
                  kSwarmIdentifier);
}
void read(PayloadReader& in, const fbs::SwarmCreated& table, swarm::SwarmCreated& event) {
    event.goal = in.value(table.goal(), "goal", Shape::kText);
    event.config = in.value(table.config(), "config", Shape::kObject);
    event.team = in.value(table.team(), "team");
    event.tools = in.value(table.tools(), "tools", Shape::kArray);
}

std::string encode(const swarm::SwarmUpdated& event, Builder& builder) {
    const auto goal = put_given(builder, event.goal);
    const auto config = put_given(builder, event.config);
    return finish(
        builder,
        fbs::CreateSwarmUpdated(builder, goal, config, same_number<fbs::SwarmStatus>(event.status)),
        kSwarmIdentifier);
}
void read(PayloadReader& in, const fbs::SwarmUpdated& table, swarm::SwarmUpdated& event) {
    event.goal = in.given(table.goal(), "goal", Shape::kText);
    event.config = in.given(table.config(), "config", Shape::kObject);
    event.status = in.choice<swarm::SwarmStatus>(table.status(), "status");
}

std::string encode(const swarm::AgentJoined& event, Builder& builder) {
    const auto agent = put_name(builder, event.agent);
    const auto role = put_text(builder, event.role);
    const auto config = put_unless_null(builder, event.config);
    return finish(builder, fbs::CreateAgentJoined(builder, agent, role, config), kSwarmIdentifier);
}
void read(PayloadReader& in, const fbs::AgentJoined& table, swarm::AgentJoined& event) {
    event.agent = in.id(table.agent(), "agent");
    event.role = in.text(table.role(), "role");
    event.config = in.value(table.config(), "config", Shape::kObject);
}

std::string encode(const swarm::AgentLeft& event, Builder& builder) {
    return finish(builder, fbs::CreateAgentLeft(builder, put_name(builder, event.agent)),
                  kSwarmIdentifier);
}
void read(PayloadReader& in, const fbs::AgentLeft& table, swarm::AgentLeft& event) {
    event.agent = in.id(table.agent(), "agent");
}

Offset<fbs::BoardSet> put_set(Builder& builder, const swarm::BoardSet& set) {
    const auto id = put_name(builder, set.id);
    const auto value = put_stored(builder, set.value);
    Offset<flatbuffers::String> type;
    if (set.type) type = put_name(builder, *set.type);
    Offset<fbs::BoardTags> tags;
    if (set.tags) tags = fbs::CreateBoardTags(builder, put_names(builder, *set.tags));
    flatbuffers::Optional<std::int64_t> expires_at = flatbuffers::nullopt;
    if (set.expires_at) expires_at = set.expires_at->us;
    return fbs::CreateBoardSet(builder, id, value, type, tags, expires_at);
}
swarm::BoardSet read_set(PayloadReader& in, const fbs::BoardSet& table) {
    swarm::BoardSet set;
    set.id = in.key(table.id(), "id");
    set.value = in.stored(table.value(), "value");
    if (table.type() != nullptr) set.type = in.text(table.type(), "type");
    if (table.tags() != nullptr) set.tags = in.names(table.tags()->tags(), "tags", Names::kTexts);
    set.expires_at = in.time(table.expires_at(), "expires_at");
    return set;
}

std::string encode(const swarm::BlackboardUpdated& event, Builder& builder) {
    const auto sets = put_list<fbs::BoardSet>(builder, event.sets, put_set);
    const auto deletes = put_names(builder, event.deletes);
    const auto from_run = put_text(builder, event.from_run);
    return finish(builder, fbs::CreateBlackboardUpdated(builder, sets, deletes, from_run),
                  kSwarmIdentifier);
}
void read(PayloadReader& in, const fbs::BlackboardUpdated& table, swarm::BlackboardUpdated& event) {
    event.sets = in.list<swarm::BoardSet>(table.sets(), read_set);
    event.deletes = in.names(table.deletes(), "deletes", Names::kKeys);
    if (table.from_run() != nullptr) event.from_run = in.id(table.from_run(), "from_run");
}

std::string encode(const swarm::SwarmArchived&, Builder& builder) {
    return finish(builder, fbs::CreateSwarmArchived(builder), kSwarmIdentifier);
}
void read(PayloadReader&, const fbs::SwarmArchived&, swarm::SwarmArchived&) {}

template <class Body, class Table>
EventCodec event_codec() {
    return {&Body::kType,
            [](const domain::EventBody& body) {
                return encode(static_cast<const Body&>(body), fresh_builder());
            },
            [](std::string_view payload) {
                return decode_as<Body, Table>(payload, kSwarmIdentifier,
                                              [](PayloadReader& in, const Table& table,
                                                 Body& event) { read(in, table, event); });
            }};
}

}  // namespace

std::vector<EventCodec> swarm_event_codecs() {
    return {event_codec<swarm::SwarmCreated, fbs::SwarmCreated>(),
            event_codec<swarm::SwarmUpdated, fbs::SwarmUpdated>(),
            event_codec<swarm::AgentJoined, fbs::AgentJoined>(),
            event_codec<swarm::AgentLeft, fbs::AgentLeft>(),
            event_codec<swarm::BlackboardUpdated, fbs::BlackboardUpdated>(),
            event_codec<swarm::SwarmArchived, fbs::SwarmArchived>()};
}

}  // namespace skein::codec
