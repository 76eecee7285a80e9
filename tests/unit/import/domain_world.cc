#include "tests/unit/import/domain_world.h"

#include <catch2/catch.hpp>

#include "engine/domain/codes.h"

namespace skein::import::testing {

using domain::Rejection;

class DomainWorld::Scene final : public domain::Scene {
 public:
    Scene(const DomainWorld& world, const domain::Command& command)
        : world_(world), command_(command) {}

    std::shared_ptr<const domain::State> at(const Stream& stream, Version version) const override {
        return world_.versions_of(stream).at(version.value());
    }
    const domain::State& target() const override {
        return *world_.versions_of(command_.stream).back();
    }
    std::optional<Version> expected_version() const override { return command_.expected_version; }
    std::shared_ptr<const domain::State> current(const Stream& stream) const override {
        return world_.versions_of(stream).back();
    }
    // What importers write: `@<version>`.
    Result<Version, Rejection> resolve(const Stream& stream,
                                       std::string_view point) const override {
        const std::uint64_t version = std::stoull(std::string(point.substr(1)));
        if (version < world_.versions_of(stream).size()) return Version(version);
        return fail(domain::reject(domain::codes::kPointOutOfRange, "No such point."));
    }
    const domain::Limits& limits() const override { return world_.limits_; }
    Timestamp now() const override { return {1000}; }

 private:
    const DomainWorld& world_;
    const domain::Command& command_;
};

DomainWorld::Versions& DomainWorld::versions_of(const Stream& stream) const {
    Versions& versions = states_[stream];
    if (versions.empty()) versions.push_back(registry_.make_state(stream));
    return versions;
}

Next DomainWorld::put(json::Value document, const SourcePlace& place) {
    const auto refuse = [&](const Rejection& rejection) {
        rejections.push_back(to_string(place) + ": " + rejection.message + " " +
                             document.text().substr(0, 300));
        return Next::kContinue;
    };
    const auto command = domain::parse_command(document, registry_, limits_, Uuid());
    if (!command) return refuse(command.error());
    if (accepted_.count(command->id) > 0) return Next::kContinue;
    const auto made = command->body->decide(Scene(*this, *command));
    if (!made) return refuse(made.error());
    accepted_.insert(command->id);
    take(*made);
    return Next::kContinue;
}

Next DomainWorld::report(const Problem& problem) {
    rejections.push_back(to_string(problem.place) + ": " + problem.reason);
    return Next::kContinue;
}

void DomainWorld::take(const domain::NewEvents& made) {
    const domain::Command nobody;
    for (const domain::NewEvent& event : made) {
        Versions& versions = versions_of(event.stream);
        domain::Event full;
        full.meta.stream = event.stream;
        full.meta.version = versions.back()->version().next();
        full.meta.position = Position(++position_);
        full.meta.recorded_at = {static_cast<std::int64_t>(position_)};
        full.body = event.body;
        ++events[std::string(event.body->type().name)];
        auto state = versions.back()->clone();
        state->apply(full, Scene(*this, nobody));
        versions_of(event.stream).push_back(std::move(state));
    }
}

json::Value DomainWorld::document(const std::string& swarm, const std::string& run) const {
    return versions_of(Stream("swarm/" + swarm + "/run/" + run)).back()->document({});
}

std::map<std::string, json::Digest> DomainWorld::digests() const {
    std::map<std::string, json::Digest> digests;
    for (const auto& [stream, versions] : states_) {
        if (versions.size() > 1)
            digests.emplace(std::string(stream.str()), versions.back()->digest());
    }
    return digests;
}

std::string DomainWorld::text(const std::string& swarm, const std::string& run) const {
    std::string whole;
    document(swarm, run)
        .find("variables")
        ->for_each_member([&](std::string_view key, const json::Value& entry) {
            if (key.starts_with("text.")) whole += entry.find("value")->as_string().value();
        });
    return whole;
}

}  // namespace skein::import::testing
