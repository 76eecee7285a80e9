#include "tests/unit/domain/story.h"

#include <fmt/format.h>

#include "engine/domain/codes.h"
#include "engine/json/parse.h"

namespace skein::domain {

namespace {

Stream stream_of(const std::string& run) { return Stream("swarm/s/run/" + run); }

}  // namespace

class Story::History final : public Past {
 public:
    History(std::map<Stream, Versions>& states, const Registry& registry)
        : states_(states), registry_(registry) {}

    std::shared_ptr<const State> at(const Stream& stream, Version version) const override {
        const Versions& versions = versions_of(stream);
        REQUIRE(version.value() > 0);
        REQUIRE(version.value() < versions.size());
        return versions[version.value()];
    }
    Versions& versions_of(const Stream& stream) const {
        Versions& versions = states_[stream];
        if (versions.empty()) versions.push_back(registry_.make_state(stream));
        return versions;
    }

 private:
    std::map<Stream, Versions>& states_;
    const Registry& registry_;
};

class Story::Scene final : public domain::Scene {
 public:
    Scene(Story& story, const Command& command)
        : story_(story), past_(story.states_, *story.registry_), command_(command) {}

    std::shared_ptr<const State> at(const Stream& stream, Version version) const override {
        return past_.at(stream, version);
    }
    const State& target() const override { return *past_.versions_of(command_.stream).back(); }
    std::optional<Version> expected_version() const override { return command_.expected_version; }
    std::shared_ptr<const State> current(const Stream& stream) const override {
        return past_.versions_of(stream).back();
    }
    // @head, @VERSION, @pos:N and named points: what these tests use.
    Result<Version, Rejection> resolve(const Stream& stream,
                                       std::string_view point) const override {
        const Versions& versions = past_.versions_of(stream);
        const std::string name(point.substr(1));
        if (name == "head") return versions.back()->version();
        if (name.rfind("pos:", 0) == 0) return before(versions, std::stoull(name.substr(4)));
        const std::size_t colon = name.find(':');
        if (colon != std::string::npos) {
            const auto named =
                versions.back()->named_point(name.substr(0, colon), name.substr(colon + 1));
            if (named) return *named;
        } else if (std::stoull(name) < versions.size()) {
            return Version(std::stoull(name));
        }
        return fail(reject(codes::kPointOutOfRange, "No such point."));
    }
    const Limits& limits() const override { return story_.limits; }
    Timestamp now() const override { return {1000}; }

 private:
    static Version before(const Versions& versions, std::uint64_t position) {
        Version found;
        for (const auto& state : versions) {
            if (state->mark().position.value() <= position) found = state->version();
        }
        return found;
    }

    Story& story_;
    History past_;
    const Command& command_;
};

Story::Story(Opening opening) {
    if (opening == Opening::kSwarm) accept(R"("type":"CreateSwarm")");
}

Result<NewEvents, Rejection> Story::send(std::string_view head, std::string_view data) {
    const std::string id =
        fmt::format("00000000-0000-4000-8000-{:012}", position_ * 1000 + events_.size());
    const std::string text = fmt::format(
        R"({{{},"swarm":"s","command_id":"{}","actor":"{}","data":{}}})", head, id, actor, data);
    const auto document = json::parse(text);
    INFO(text);
    REQUIRE(document);
    const auto command = parse_command(*document, *registry_, limits, Uuid());
    if (!command) return fail(command.error());
    auto events = command->body->decide(Scene(*this, *command));
    if (events) take(*events);
    return events;
}

void Story::take(const NewEvents& events) {
    batch_.clear();
    for (const NewEvent& event : events) {
        const History past(states_, *registry_);
        Versions& versions = past.versions_of(event.stream);
        Event full;
        full.meta.stream = event.stream;
        full.meta.version = versions.back()->version().next();
        full.meta.position = Position(++position_);
        full.meta.recorded_at = {static_cast<std::int64_t>(position_) * 1'000'000};
        full.meta.actor = actor;
        full.body = event.body;
        auto state = versions.back()->clone();
        state->apply(full, past);
        past.versions_of(event.stream).push_back(std::move(state));
        CHECK(event.body->data().is_object());
        events_.push_back(full);
        batch_.push_back(std::move(full));
    }
}

void Story::check_replay() const {
    std::map<Stream, Versions> again;
    const History past(again, *registry_);
    for (const Event& event : events_) {
        auto state = past.versions_of(event.meta.stream).back()->clone();
        state->apply(event, past);
        past.versions_of(event.meta.stream).push_back(std::move(state));
    }
    for (const auto& [stream, versions] : again) {
        const Versions& expected = states_.at(stream);
        REQUIRE(versions.size() == expected.size());
        for (std::size_t i = 1; i < versions.size(); ++i) {
            CAPTURE(stream.str(), i);
            CHECK(versions[i]->document({}) == expected[i]->document({}));
            CHECK(versions[i]->digest() == expected[i]->digest());
        }
    }
}

Story& Story::accept(std::string_view head, std::string_view data) {
    const auto events = send(head, data);
    const std::string refused =
        events ? "" : std::string(events.error().code->name) + ": " + events.error().message;
    INFO(head << " " << data);
    REQUIRE(refused.empty());
    return *this;
}

std::string Story::refusal(std::string_view head, std::string_view data) {
    const auto events = send(head, data);
    return events ? "accepted" : std::string(events.error().code->name);
}

Story& Story::run(const std::string& run) {
    return accept(fmt::format(R"("type":"StartRun","run":"{}")", run));
}

Story& Story::child(const std::string& run, const std::string& parent, const std::string& rest) {
    return accept(fmt::format(R"("type":"StartRun","run":"{}")", run),
                  fmt::format(R"({{"parent":"{}"{}}})", parent, rest));
}

Story& Story::fork(const std::string& run, const std::string& source, const std::string& at) {
    return accept(fmt::format(R"("type":"ForkRun","run":"{}")", run),
                  fmt::format(R"({{"source":"{}","at":"{}"}})", source, at));
}

Story& Story::set(const std::string& run, const std::string& key, const std::string& json,
                  const std::string& area) {
    return accept(fmt::format(R"("type":"UpdateContext","run":"{}")", run),
                  fmt::format(R"({{"updates":[{{"area":"{}","key":"{}","op":"set","value":{}}}]}})",
                              area, key, json));
}

Story& Story::freeze(const std::string& run, const std::string& key, const std::string& json) {
    return accept(
        fmt::format(R"("type":"UpdateContext","run":"{}")", run),
        fmt::format(R"({{"updates":[{{"key":"{}","op":"set","value":{},"mutable":false}}]}})", key,
                    json));
}

Story& Story::erase(const std::string& run, const std::string& key, const std::string& area) {
    return accept(
        fmt::format(R"("type":"UpdateContext","run":"{}")", run),
        fmt::format(R"({{"updates":[{{"area":"{}","key":"{}","op":"delete"}}]}})", area, key));
}

Story& Story::merge(const std::string& target, const std::string& source,
                    const std::string& strategy, const std::string& rest) {
    return accept(fmt::format(R"("type":"MergeRun","run":"{}")", target),
                  fmt::format(R"({{"source":"{}","strategy":"{}"{}}})", source, strategy, rest));
}

std::string Story::refused_merge(const std::string& target, const std::string& source,
                                 const std::string& strategy, const std::string& rest) {
    return refusal(fmt::format(R"("type":"MergeRun","run":"{}")", target),
                   fmt::format(R"({{"source":"{}","strategy":"{}"{}}})", source, strategy, rest));
}

std::shared_ptr<const run::RunState> Story::at(const std::string& run,
                                               std::uint64_t version) const {
    return std::static_pointer_cast<const run::RunState>(states_.at(stream_of(run)).at(version));
}

std::shared_ptr<const run::RunState> Story::now(const std::string& run) const {
    return std::static_pointer_cast<const run::RunState>(states_.at(stream_of(run)).back());
}

bool Story::has(const std::string& run) const { return states_.count(stream_of(run)) == 1; }

std::shared_ptr<const swarm::SwarmState> Story::swarm() const {
    return std::static_pointer_cast<const swarm::SwarmState>(states_.at(Stream("swarm/s")).back());
}

std::string Story::values(const std::string& run) const { return now(run)->values({}).text(); }

std::string Story::value(const std::string& run, const std::string& key, run::Area area) const {
    const run::Entry* entry = now(run)->area(area).find(key);
    return entry == nullptr ? "" : entry->value.text();
}

}  // namespace skein::domain
