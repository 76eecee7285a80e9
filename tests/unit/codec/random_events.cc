#include "tests/unit/codec/random_events.h"

#include <functional>
#include <map>
#include <stdexcept>

#include "engine/domain/run/run_events.h"
#include "engine/domain/swarm/swarm_events.h"

namespace skein::tests {

namespace run = domain::run;
namespace swarm = domain::swarm;

std::string Dice::id() {
    static constexpr std::string_view kLetters = "abcXYZ019_:~-";
    std::string id = "i";
    for (std::uint64_t n = below(12); n > 0; --n) id.push_back(kLetters[below(kLetters.size())]);
    return id;
}

std::string Dice::key() { return coin() ? id() : "k\xc3\xa4/ " + std::to_string(below(1000)); }

std::string Dice::text() {
    static const std::vector<std::string> kTexts = {"plain", "\xe2\x82\xac 5", "a \"quoted\" one\n",
                                                    "", "x"};
    if (rich_) return kTexts[below(3)];
    return kTexts[below(kTexts.size())];
}

json::Value Dice::value(int depth) {
    switch (below(depth > 3 ? 6 : 8)) {
        case 0: return json::Value();
        case 1: return json::Value::boolean(coin());
        case 2: return json::Value::integer(static_cast<std::int64_t>(below(2000)) - 1000);
        case 3: return json::Value::unsigned_integer(~below(1000));
        case 4: return json::Value::number(static_cast<double>(below(1000)) / 8 + 1e-7);
        case 5: return json::Value::string(text());
        case 6: return array(depth);
        default: return object(depth);
    }
}

json::Value Dice::object(int depth) {
    std::map<std::string, json::Value> members;
    for (std::uint64_t n = below(4); n > 0; --n) members[key()] = value(depth + 1);
    return json::Value::object({members.begin(), members.end()});
}

json::Value Dice::array(int depth) {
    std::vector<json::Value> elements;
    for (std::uint64_t n = below(4); n > 0; --n) elements.push_back(value(depth + 1));
    return json::Value::array(elements);
}

Timestamp Dice::time() {
    return Timestamp{static_cast<std::int64_t>(1'700'000'000'000'000 + below(1ULL << 40))};
}

domain::StoredValue Dice::stored() {
    if (coin()) return value();
    return domain::ValueRef{Stream("swarm/s1/run/" + id()),
                            version(),
                            coin() ? "variables" : "intermediate",
                            key(),
                            {below(~0ULL), below(9)}};
}

namespace {

template <class T, class Make>
std::optional<T> maybe(Dice& dice, Make&& make) {
    if (!dice.has()) return std::nullopt;
    return make();
}

template <class Enum>
Enum any_of(Dice& dice, Enum last) {
    return static_cast<Enum>(dice.below(static_cast<std::uint64_t>(last) + 1));
}

template <class T, class Make>
std::vector<T> list_of(Dice& dice, Make&& make) {
    std::vector<T> items;
    for (std::uint64_t n = (dice.has() ? 1 : 0) + dice.below(3); n > 0; --n)
        items.push_back(make());
    return items;
}

run::RunPoint point(Dice& dice) { return {dice.id(), dice.version()}; }

run::Update update(Dice& dice) {
    run::Update made;
    made.area = any_of(dice, run::Area::kIntermediate);
    made.key = dice.key();
    made.op = any_of(dice, run::UpdateOp::kMerge);
    if (made.op != run::UpdateOp::kDelete) made.value = dice.value();
    made.sensitivity =
        maybe<run::Sensitivity>(dice, [&] { return any_of(dice, run::Sensitivity::kPii); });
    made.source = maybe<run::Source>(dice, [&] { return any_of(dice, run::Source::kSystem); });
    made.mutability =
        maybe<run::Mutability>(dice, [&] { return any_of(dice, run::Mutability::kMutable); });
    return made;
}

// Keys of one list differ.
std::vector<run::Assignment> assignments(Dice& dice) {
    int count = 0;
    return list_of<run::Assignment>(dice, [&] {
        std::string key = dice.key() + "#" + std::to_string(count++);
        return run::Assignment{std::move(key), dice.value()};
    });
}

run::MergedKey merged_key(Dice& dice) {
    run::MergedKey merged;
    merged.area = any_of(dice, run::Area::kIntermediate);
    merged.key = dice.key();
    merged.result = any_of(dice, run::MergeResult::kConflict);
    const auto stored = [&] { return dice.stored(); };
    merged.value = maybe<domain::StoredValue>(dice, stored);
    merged.strategy =
        maybe<run::Strategy>(dice, [&] { return any_of(dice, run::Strategy::kManualReview); });
    merged.lost_at = list_of<run::RunPoint>(dice, [&] { return point(dice); });
    for (std::size_t i = 0; i < merged.lost_at.size(); ++i) merged.lost.push_back(dice.stored());
    merged.base_value = maybe<domain::StoredValue>(dice, stored);
    merged.source_value = maybe<domain::StoredValue>(dice, stored);
    merged.target_value = maybe<domain::StoredValue>(dice, stored);
    return merged;
}

run::MergeFacts facts(Dice& dice) {
    run::MergeFacts made;
    made.source = point(dice);
    made.strategy = any_of(dice, run::Strategy::kManualReview);
    made.base = maybe<run::RunPoint>(dice, [&] { return point(dice); });
    made.keys = list_of<run::MergedKey>(dice, [&] { return merged_key(dice); });
    return made;
}

std::optional<double> amount(Dice& dice) {
    return maybe<double>(dice, [&] { return static_cast<double>(dice.below(1000)) / 4; });
}

void fill(run::RunStarted& event, Dice& dice) {
    event.routine = dice.has() ? dice.object() : json::Value();
    event.inputs = assignments(dice);
    event.parent = maybe<run::RunPoint>(dice, [&] { return point(dice); });
    event.inherits_all = dice.coin();
    if (!event.inherits_all)
        event.inherited = list_of<std::string>(dice, [&] { return dice.key(); });
    event.permissions = dice.array();
    event.limits = dice.object();
    event.status = any_of(dice, run::RunStatus::kRunning);
}
void fill(run::ContextUpdated& event, Dice& dice) {
    event.updates = list_of<run::Update>(dice, [&] { return update(dice); });
}
void fill(run::StepStarted& event, Dice& dice) {
    event.step = dice.id();
    event.step_type = dice.text();
}
void fill(run::StepCompleted& event, Dice& dice) {
    event.step = dice.id();
    event.output = maybe<json::Value>(dice, [&] { return dice.value(); });
}
void fill(run::StepFailed& event, Dice& dice) {
    event.step = dice.id();
    event.error = dice.value();
}
void fill(run::StepUpdated& event, Dice& dice) {
    event.step = dice.id();
    event.status = any_of(dice, run::StepStatus::kBlocked);
    event.detail = maybe<json::Value>(dice, [&] { return dice.value(); });
}
void fill(run::UsageRecorded& event, Dice& dice) {
    event.usage = {amount(dice), amount(dice), amount(dice), amount(dice), amount(dice)};
    event.crossed = list_of<std::string>(dice, [&] { return std::string("credits"); });
}
void fill(run::ExportMarked& event, Dice& dice) {
    event.key = dice.key();
    event.mark.destination = any_of(dice, run::Destination::kExternalSystem);
    event.mark.has_transformation = dice.has();
    if (event.mark.has_transformation) event.mark.transformation = dice.coin() ? "/a/0" : "";
}
void fill(run::RunCompleted& event, Dice& dice) {
    event.outputs = assignments(dice);
    event.deliveries = list_of<run::Delivery>(dice, [&] {
        std::string key = dice.key();
        const auto destination = any_of(dice, run::Destination::kExternalSystem);
        return run::Delivery{std::move(key), destination, dice.stored()};
    });
    event.parent_merge = any_of(dice, run::ParentMerge::kParentEnded);
}
template <class Event>
void fill_error(Event& event, Dice& dice) {
    event.error = maybe<json::Value>(dice, [&] { return dice.value(); });
}
void fill(run::RunFailed& event, Dice& dice) { fill_error(event, dice); }
void fill(run::RunCancelled& event, Dice& dice) { fill_error(event, dice); }
void fill(run::RunPaused& event, Dice& dice) { fill_error(event, dice); }
void fill(run::RunResumed& event, Dice& dice) { fill_error(event, dice); }
void fill(run::RunStatusChanged& event, Dice& dice) {
    event.status = any_of(dice, run::RunStatus::kCancelled);
    event.detail = maybe<json::Value>(dice, [&] { return dice.value(); });
}
void fill(run::CheckpointCreated& event, Dice& dice) {
    event.name = dice.id();
    event.description = dice.text();
    event.retention = dice.text();
}
void fill(run::TagCreated& event, Dice& dice) { event.name = dice.id(); }
void fill(run::RunRestored& event, Dice& dice) {
    event.to = Version(dice.below(100));
    event.mode = any_of(dice, run::RestoreMode::kMerge);
}
void fill(run::RunForked& event, Dice& dice) {
    event.source = point(dice);
    event.updates = list_of<run::Update>(dice, [&] { return update(dice); });
}
void fill(run::RunMerged& event, Dice& dice) { event.facts = facts(dice); }
void fill(run::ChildMerged& event, Dice& dice) { event.facts = facts(dice); }
void fill(run::ConflictResolved& event, Dice& dice) {
    event.conflict = "c" + std::to_string(1 + dice.below(99)) + "." + std::to_string(dice.below(9));
    event.area = any_of(dice, run::Area::kIntermediate);
    event.key = dice.key();
    event.resolution = any_of(dice, run::Resolution::kValue);
    event.value = maybe<domain::StoredValue>(dice, [&] { return dice.stored(); });
}

void fill(swarm::SwarmCreated& event, Dice& dice) {
    event.goal = dice.has() ? json::Value::string(dice.text()) : json::Value();
    event.config = dice.object();
    event.team = dice.value();
    event.tools = dice.array();
}
void fill(swarm::SwarmUpdated& event, Dice& dice) {
    event.goal = maybe<json::Value>(
        dice, [&] { return dice.coin() ? json::Value::string(dice.text()) : json::Value(); });
    event.config = maybe<json::Value>(dice, [&] { return dice.object(); });
    event.status = maybe<swarm::SwarmStatus>(
        dice, [&] { return any_of(dice, swarm::SwarmStatus::kTerminated); });
}
void fill(swarm::AgentJoined& event, Dice& dice) {
    event.agent = dice.id();
    event.role = dice.text();
    event.config = dice.has() ? dice.object() : json::Value();
}
void fill(swarm::AgentLeft& event, Dice& dice) { event.agent = dice.id(); }
void fill(swarm::BlackboardUpdated& event, Dice& dice) {
    event.sets = list_of<swarm::BoardSet>(dice, [&] {
        swarm::BoardSet set;
        set.id = dice.key();
        set.value = dice.stored();
        set.type = maybe<std::string>(dice, [&] { return dice.text(); });
        set.tags = maybe<std::vector<std::string>>(
            dice, [&] { return list_of<std::string>(dice, [&] { return dice.text(); }); });
        set.expires_at = maybe<Timestamp>(dice, [&] { return dice.time(); });
        return set;
    });
    event.deletes = list_of<std::string>(dice, [&] { return dice.key(); });
    event.from_run = dice.has() ? dice.id() : "";
}
void fill(swarm::SwarmArchived&, Dice&) {}

using Maker = std::function<std::shared_ptr<const domain::EventBody>(Dice&)>;

template <class Body>
void add_maker(std::map<std::string_view, Maker>& makers) {
    makers[Body::kType.name] = [](Dice& dice) {
        auto body = std::make_shared<Body>();
        fill(*body, dice);
        return body;
    };
}

template <class... Bodies>
std::map<std::string_view, Maker> makers_of() {
    std::map<std::string_view, Maker> makers;
    (add_maker<Bodies>(makers), ...);
    return makers;
}

const std::map<std::string_view, Maker>& makers() {
    static const auto kMakers = makers_of<
        run::RunStarted, run::ContextUpdated, run::StepStarted, run::StepCompleted, run::StepFailed,
        run::StepUpdated, run::UsageRecorded, run::ExportMarked, run::RunCompleted, run::RunFailed,
        run::RunCancelled, run::RunPaused, run::RunResumed, run::RunStatusChanged,
        run::CheckpointCreated, run::TagCreated, run::RunRestored, run::RunForked, run::RunMerged,
        run::ChildMerged, run::ConflictResolved, swarm::SwarmCreated, swarm::SwarmUpdated,
        swarm::AgentJoined, swarm::AgentLeft, swarm::BlackboardUpdated, swarm::SwarmArchived>();
    return kMakers;
}

}  // namespace

std::vector<const domain::EventType*> all_types() {
    std::vector<const domain::EventType*> types = run::run_event_types();
    for (const domain::EventType* type : swarm::swarm_event_types()) types.push_back(type);
    return types;
}

std::shared_ptr<const domain::EventBody> random_body(std::string_view type, Dice& dice) {
    const auto maker = makers().find(type);
    if (maker == makers().end())
        throw std::logic_error("no random events of type " + std::string(type));
    return maker->second(dice);
}

domain::Event random_event(std::string_view type, Dice& dice) {
    domain::Event event;
    event.body = random_body(type, dice);
    domain::EventMeta& meta = event.meta;
    const std::string swarm_name = "swarm/" + dice.id();
    meta.stream =
        Stream(event.body->type().kind == "run" ? swarm_name + "/run/" + dice.id() : swarm_name);
    meta.version = dice.version();
    meta.shard = Shard(dice.below(16));
    meta.position = Position(1 + dice.below(1ULL << 40));
    meta.event_id = dice.uuid();
    meta.recorded_at = dice.time();
    meta.occurred_at = maybe<Timestamp>(dice, [&] { return dice.time(); });
    meta.command_id = dice.uuid();
    meta.causation_id = maybe<Uuid>(dice, [&] { return dice.uuid(); });
    meta.correlation_id = maybe<Uuid>(dice, [&] { return dice.uuid(); });
    meta.epoch = Epoch(dice.below(5));
    meta.actor = dice.text();
    meta.reason = dice.text();
    meta.traceparent = dice.text();
    meta.tenant = dice.has() ? dice.id() : "";
    return event;
}

namespace {

json::Value long_list(std::size_t elements) {
    json::Value list = json::Value::array({});
    for (std::size_t i = 0; i < elements; ++i)
        list = std::move(list).appended(json::Value::string("element " + std::to_string(i)));
    return list;
}

run::Entry entry_of(Dice& dice, json::Value value, const json::Path& place) {
    run::Entry entry;
    entry.value = std::move(value);
    entry.version = dice.version();
    entry.position = Position(1 + dice.below(1ULL << 40));
    entry.sensitivity = any_of(dice, run::Sensitivity::kPii);
    entry.source = any_of(dice, run::Source::kSystem);
    entry.mutability = any_of(dice, run::Mutability::kMutable);
    entry.actor = dice.text();
    entry.value_digest = json::digest(place.key("value"), entry.value);
    return entry;
}

void fill_sections(run::RunState& state, Dice& dice, std::size_t entries) {
    for (std::size_t i = 0; i < entries; ++i) {
        for (const run::Area area : {run::Area::kVariables, run::Area::kIntermediate}) {
            const std::string key = dice.key() + std::to_string(i);
            auto& section = state.area(area);
            section.put(key, entry_of(dice, dice.value(), section.path(key)));
        }
        run::Step step{any_of(dice, run::StepStatus::kBlocked),
                       dice.text(),
                       {},
                       {},
                       dice.version(),
                       dice.value()};
        step.started = maybe<Version>(dice, [&] { return dice.version(); });
        step.ended = maybe<Version>(dice, [&] { return dice.version(); });
        step.started_at = Position(3 * i);
        step.last_at = Position(5 * i);  // 0: a step of the first format
        state.steps.put(dice.id() + std::to_string(i), step);
        state.exports.put(dice.key() + std::to_string(i),
                          {any_of(dice, run::Destination::kExternalSystem), "/a", true});
        state.tags.put("t" + std::to_string(i), {dice.version()});
        state.checkpoints.put("c" + std::to_string(i), {dice.version(), dice.text(), dice.text()});
        run::Conflict conflict{dice.version(), i,         any_of(dice, run::Area::kIntermediate),
                               dice.key(),     {},        dice.value(),
                               dice.value(),   dice.id(), dice.version()};
        conflict.base = maybe<json::Value>(dice, [&] { return dice.value(); });
        state.conflicts.put({conflict.version.value(), i}, conflict);
        state.merged_from.put(dice.id() + std::to_string(i), {dice.version(), Position(i + 1)});
    }
}

domain::Mark random_mark(Dice& dice) {
    return {dice.version(), Shard(3), Position(1 + dice.below(1ULL << 40)), dice.time(),
            dice.uuid()};
}

}  // namespace

std::shared_ptr<run::RunState> random_run(Dice& dice, const StateSize& size) {
    auto state = std::make_shared<run::RunState>(Stream("swarm/s1/run/r1"));
    state->status = any_of(dice, run::RunStatus::kCancelled);
    state->status_detail = dice.value();
    state->parent = maybe<run::RunPoint>(dice, [&] { return point(dice); });
    state->forked_from = maybe<run::RunPoint>(dice, [&] { return point(dice); });
    state->routine = dice.object();
    state->permissions = dice.array();
    state->limits = dice.object();
    state->error = dice.value();
    state->usage = {amount(dice), amount(dice), amount(dice), amount(dice), amount(dice)};
    state->first_position = Position(1 + dice.below(1000));
    state->started_at = dice.time();
    state->updated_at = dice.time();
    fill_sections(*state, dice, size.entries);
    for (int i = 0; i < 3; ++i) {
        state->removed_variables.put(dice.key(), Position(1 + dice.below(1000)));
        state->removed_intermediate.put(dice.key(), Position(1 + dice.below(1000)));
    }
    state->running_steps = {"second", "first"};
    for (const std::string& step : state->running_steps)
        state->steps.put(step,
                         {run::StepStatus::kRunning, "", dice.version(), {}, dice.version(), {}});
    if (size.long_elements > 0) {
        const json::Path place = state->variables.path("long");
        state->variables.put("long", entry_of(dice, long_list(size.long_elements), place));
    }
    state->set_mark(random_mark(dice));
    return state;
}

std::shared_ptr<swarm::SwarmState> random_swarm(Dice& dice, const StateSize& size) {
    auto state = std::make_shared<swarm::SwarmState>(Stream("swarm/s1"));
    state->status = any_of(dice, swarm::SwarmStatus::kArchived);
    state->goal = json::Value::string(dice.text());
    state->config = dice.object();
    state->team = dice.value();
    state->tools = dice.array();
    state->created_at = dice.time();
    state->updated_at = dice.time();
    const auto put_item = [&](const std::string& id, json::Value value) {
        swarm::BoardItem item;
        item.value = std::move(value);
        item.type = dice.text();
        item.tags = list_of<std::string>(dice, [&] { return dice.text(); });
        item.expires_at = maybe<Timestamp>(dice, [&] { return dice.time(); });
        item.actor = dice.text();
        item.version = dice.version();
        item.value_digest = json::digest(state->board.path(id).key("value"), item.value);
        state->board.put(id, item);
    };
    for (std::size_t i = 0; i < size.entries; ++i) {
        state->agents.put(dice.id() + std::to_string(i), {dice.text(), dice.object()});
        put_item(dice.key() + std::to_string(i), dice.value());
        state->runs.put(dice.id() + std::to_string(i), {"running"});
    }
    if (size.long_elements > 0) put_item("long", long_list(size.long_elements));
    state->set_mark(random_mark(dice));
    return state;
}

}  // namespace skein::tests
