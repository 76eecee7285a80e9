#include "engine/domain/run/run_state.h"

#include <typeinfo>

#include "engine/base/check.h"
#include "engine/domain/kind.h"
#include "engine/domain/run/run_events.h"
#include "engine/json/writer.h"

namespace skein::domain::run {

namespace {

constexpr std::string_view kSchema = "skein.run/1";
// What the members of a document take that are not counted one by one, and one open conflict.
constexpr std::size_t kFrameBytes = 512;
constexpr std::size_t kConflictBytes = 512;
constexpr std::size_t kRemovedBytes = 64;

json::Value text_or_null(std::string_view text) {
    return text.empty() ? json::Value() : json::Value::string(text);
}

json::Value point_or_null(const std::optional<RunPoint>& point) {
    return point ? point->document() : json::Value();
}

std::string entry_text(const RunState& run, const Entry& entry) {
    json::ObjectWriter out;
    out.member("actor", text_or_null(entry.actor));
    out.member_boolean("mutable", entry.mutability == Mutability::kMutable);
    out.member_text("sensitivity", to_string(entry.sensitivity));
    out.member_text("source", to_string(entry.source));
    out.member("value", entry.value);
    out.member_number("version", run.version_of(entry).value());
    return out.text();
}

json::Value entries_document(const RunState& run, const Section<Entry>& section) {
    json::ObjectWriter out;
    section.map().for_each([&](const std::string& key, const Entry& entry) {
        out.member_canonical(key, entry_text(run, entry));
    });
    return out.value();
}

json::Value entries_values(const Section<Entry>& section) {
    json::ObjectWriter out;
    section.map().for_each(
        [&](const std::string& key, const Entry& entry) { out.member(key, entry.value); });
    return out.value();
}

// A section whose entries print themselves.
template <class T>
json::Value section_document(const Section<T>& section) {
    json::ObjectWriter out;
    section.map().for_each(
        [&](const std::string& key, const T& entry) { out.member(key, entry.document()); });
    return out.value();
}

json::Value conflicts_document(const RunState& run) {
    std::vector<json::Value> open;
    run.conflicts.for_each(
        [&](const auto&, const Conflict& conflict) { open.push_back(conflict.document()); });
    return json::Value::array(open);
}

json::Digest member_digest(std::string_view name, const json::Value& value) {
    return json::digest(json::Path().key(name), value);
}

json::Digest text_digest(std::string_view name, std::string_view text) {
    return member_digest(name, json::Value::string(text));
}

}  // namespace

RunState::RunState(Stream stream) : State(std::move(stream)) {}

std::shared_ptr<State> RunState::clone() const { return std::make_shared<RunState>(*this); }

std::string_view RunState::run() const { return segment_of(stream(), "run"); }
std::string_view RunState::swarm() const { return segment_of(stream(), "swarm"); }

Stream RunState::swarm_stream() const { return Stream(scope_of(stream()).str()); }

Stream RunState::sibling(std::string_view run) const {
    std::string name = scope_of(stream()).str();
    name.append("/run/").append(run);
    return Stream(std::move(name));
}

Section<Entry>& RunState::area(Area area) {
    return area == Area::kVariables ? variables : intermediate;
}
const Section<Entry>& RunState::area(Area area) const {
    return area == Area::kVariables ? variables : intermediate;
}

CowMap<std::string, Position>& RunState::removed(Area area) {
    return area == Area::kVariables ? removed_variables : removed_intermediate;
}
const CowMap<std::string, Position>& RunState::removed(Area area) const {
    return area == Area::kVariables ? removed_variables : removed_intermediate;
}

void RunState::remove(Area name, const std::string& key, Position position) {
    if (!area(name).erase(key)) return;
    removed(name).put(key, position);
}

Position RunState::removed_at(Area name, std::string_view key) const {
    const Position* position = removed(name).find(key);
    return position == nullptr ? Position() : *position;
}

const Entry* RunState::find_entry(std::string_view key) const {
    const Entry* variable = variables.find(key);
    return variable != nullptr ? variable : intermediate.find(key);
}

std::optional<json::Value> RunState::find_value(std::string_view area_name,
                                                std::string_view key) const {
    const auto area_found = parse_area(area_name);
    if (!area_found) return std::nullopt;
    const Entry* entry = area(*area_found).find(key);
    return entry == nullptr ? std::nullopt : std::optional(entry->value);
}

const Conflict* RunState::find_conflict(std::string_view id) const {
    const auto parsed = parse_conflict_id(id);
    return parsed ? conflicts.find(*parsed) : nullptr;
}

Version RunState::version_of(const Entry& entry) const {
    return entry.position < first_position ? Version(1) : entry.version;
}

std::string_view RunState::step() const {
    return running_steps.empty() ? std::string_view() : std::string_view(running_steps.back());
}

json::Value RunState::document(Timestamp /*now*/) const {
    const auto time = [this](Timestamp at) {
        return exists() ? json::Value::string(format_time(at)) : json::Value();
    };
    json::ObjectWriter out;
    out.member("checkpoints", section_document(checkpoints));
    out.member("conflicts", conflicts_document(*this));
    out.member("error", error);
    out.member("exports", section_document(exports));
    out.member("forked_from", point_or_null(forked_from));
    out.member("intermediate", entries_document(*this, intermediate));
    out.member("limits", limits);
    out.member("parent", point_or_null(parent));
    out.member("permissions", permissions);
    out.member("routine", routine);
    out.member_text("run", run());
    out.member_text("schema", kSchema);
    out.member("started_at", time(started_at));
    out.member_text("status", to_string(status));
    out.member("status_detail", status_detail);
    out.member("step", text_or_null(step()));
    out.member("steps", section_document(steps));
    out.member_text("swarm", swarm());
    out.member("tags", section_document(tags));
    out.member("updated_at", time(updated_at));
    out.member("usage", usage.document());
    out.member("variables", entries_document(*this, variables));
    return out.value();
}

std::optional<json::Value> RunState::list_member(std::string_view name) const {
    if (name == "status") return json::Value::string(to_string(status));
    if (name == "step") return text_or_null(step());
    if (name == "parent") return point_or_null(parent);
    if (name == "forked_from") return point_or_null(forked_from);
    if (name == "updated_at" && exists()) return json::Value::string(format_time(updated_at));
    return std::nullopt;
}

json::Value RunState::values(Timestamp /*now*/) const {
    json::ObjectWriter out;
    out.member("intermediate", entries_values(intermediate));
    out.member("variables", entries_values(variables));
    return out.value();
}

// The members of document() without started_at and updated_at. Most events change an area alone,
// so the rest is remembered.
json::Digest RunState::digest() const {
    std::optional<json::Digest> frame = frame_.get();
    if (!frame) {
        frame = frame_digest();
        frame_.keep(*frame);
    }
    json::Digest sum = *frame;
    sum += intermediate.digest();
    sum += variables.digest();
    return sum;
}

json::Digest RunState::frame_digest() const {
    json::Digest sum = json::container_digest(json::Path(), json::Type::kObject, 20);
    sum += checkpoints.digest();
    sum += member_digest("conflicts", conflicts_document(*this));
    sum += member_digest("error", error);
    sum += exports.digest();
    sum += member_digest("forked_from", point_or_null(forked_from));
    sum += member_digest("limits", limits);
    sum += member_digest("parent", point_or_null(parent));
    sum += member_digest("permissions", permissions);
    sum += member_digest("routine", routine);
    sum += text_digest("run", run());
    sum += text_digest("schema", kSchema);
    sum += text_digest("status", to_string(status));
    sum += member_digest("status_detail", status_detail);
    sum += member_digest("step", text_or_null(step()));
    sum += steps.digest();
    sum += text_digest("swarm", swarm());
    sum += tags.digest();
    sum += member_digest("usage", usage.document());
    return sum;
}

std::size_t RunState::size_bytes() const {
    return kFrameBytes + variables.size_bytes() + intermediate.size_bytes() + steps.size_bytes() +
           exports.size_bytes() + tags.size_bytes() + checkpoints.size_bytes() +
           conflicts.size() * kConflictBytes +
           (removed_variables.size() + removed_intermediate.size()) * kRemovedBytes +
           routine.size_bytes() + permissions.size_bytes() + limits.size_bytes() +
           error.size_bytes() + status_detail.size_bytes();
}

std::size_t RunState::memory_bytes() const {
    return sizeof(RunState) + size_bytes() + variables.map().memory_bytes() +
           intermediate.map().memory_bytes() + steps.map().memory_bytes() +
           exports.map().memory_bytes() + tags.map().memory_bytes() +
           checkpoints.map().memory_bytes() + conflicts.memory_bytes() +
           removed_variables.memory_bytes() + removed_intermediate.memory_bytes();
}

void RunState::evolve(const Event& event, const Past& past) {
    SKEIN_CHECK(event.body->type().kind == "run", "{} folded into a run", event.body->type().name);
    if (!exists()) {
        first_position = event.meta.position;
        started_at = event.meta.recorded_at;
    }
    const auto& body = static_cast<const RunEvent&>(*event.body);
    if (!body.changes_areas_alone()) frame_.forget();
    body.evolve(*this, event.meta, past);
    updated_at = event.meta.recorded_at;
}

const RunState& as_run(const State& state) {
    SKEIN_CHECK(typeid(state) == typeid(RunState), "{} is no run", state.stream().str());
    return static_cast<const RunState&>(state);
}

bool RunState::is_recovery_point(Version since) const {
    constexpr std::uint64_t kLongVersions = 1000;
    constexpr std::int64_t kLongMicros = 10LL * 60 * 1'000'000;
    const auto critical = routine.is_object() ? routine.find("critical") : std::nullopt;
    const bool counts = (critical && critical->as_boolean().value_or(false)) ||
                        version().value() > kLongVersions ||
                        updated_at.us - started_at.us > kLongMicros;
    if (!counts) return false;
    bool is_checkpointed = false;
    checkpoints.map().for_each([&](const std::string&, const Checkpoint& checkpoint) {
        is_checkpointed = is_checkpointed || checkpoint.version > since;
    });
    return is_checkpointed || is_terminal();
}

}  // namespace skein::domain::run
