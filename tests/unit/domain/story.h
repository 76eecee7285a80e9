// Story: one swarm told as commands in the contract's JSON, for tests that need several runs and
// their past. Every accepted event is folded at once, and every state it ever had can be asked for.
//
//   Story story;
//   story.run("a").set("x", "1").fork("b", "a").set("x", "2");
//   story.refused(R"({"type":"MergeRun","run":"a","data":{...}})", "key-frozen");
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/domain/kinds/standard.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/run_state.h"
#include "engine/domain/swarm/swarm_state.h"

namespace skein::domain {

class Story {
 public:
    enum class Opening { kSwarm, kNothing };
    // Swarm `s` exists, unless the story opens with nothing.
    explicit Story(Opening opening = Opening::kSwarm);

    // Sends one command to swarm `s`: `head` is `"type":"StartRun","run":"a"`, `data` its data.
    Result<NewEvents, Rejection> send(std::string_view head, std::string_view data = "{}");
    // Sends, and it must be accepted.
    Story& accept(std::string_view head, std::string_view data = "{}");
    // Sends, and it must be rejected; says by which rule.
    std::string refusal(std::string_view head, std::string_view data = "{}");

    Story& run(const std::string& run);
    Story& child(const std::string& run, const std::string& parent, const std::string& rest = "");
    Story& fork(const std::string& run, const std::string& source, const std::string& at = "@head");
    // `json` is any value; the area is "variables" or "intermediate".
    Story& set(const std::string& run, const std::string& key, const std::string& json,
               const std::string& area = "variables");
    Story& freeze(const std::string& run, const std::string& key, const std::string& json);
    Story& erase(const std::string& run, const std::string& key,
                 const std::string& area = "variables");
    // `rest` goes on after the strategy: `,"mapping":{...}`.
    Story& merge(const std::string& target, const std::string& source, const std::string& strategy,
                 const std::string& rest = "");
    std::string refused_merge(const std::string& target, const std::string& source,
                              const std::string& strategy, const std::string& rest = "");

    std::shared_ptr<const run::RunState> at(const std::string& run, std::uint64_t version) const;
    std::shared_ptr<const run::RunState> now(const std::string& run) const;
    std::shared_ptr<const swarm::SwarmState> swarm() const;
    // Whether a command was ever addressed to the run.
    bool has(const std::string& run) const;
    // {"intermediate":{...},"variables":{...}} as text, and one value of it ("" where absent).
    std::string values(const std::string& run) const;
    std::string value(const std::string& run, const std::string& key,
                      run::Area area = run::Area::kVariables) const;
    std::uint64_t version(const std::string& run) const { return now(run)->version().value(); }
    // The newest event, or those of the newest accepted command.
    const Event& last() const { return events_.back(); }
    const std::vector<Event>& batch() const { return batch_; }
    template <class Body>
    const Body& last_body() const {
        return dynamic_cast<const Body&>(*last().body);
    }
    // Folds everything again from nothing: the states must be the same, by document and by digest.
    void check_replay() const;

    Limits limits;
    std::string actor = "tester";

 private:
    class History;
    class Scene;
    using Versions = std::vector<std::shared_ptr<const State>>;  // by version; 0 is the start

    void take(const NewEvents& events);
    Versions& versions_of(const Stream& stream);

    std::shared_ptr<const Registry> registry_ =
        std::make_shared<const Registry>(standard_registry());
    std::map<Stream, Versions> states_;
    std::vector<Event> events_;
    std::vector<Event> batch_;
    std::uint64_t position_ = 0;
};

}  // namespace skein::domain
