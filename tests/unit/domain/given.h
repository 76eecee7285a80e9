// given / when / then: one command against what happened before, in one or two lines a test.
//
//   given({{"StartRun r"}}).when({"PauseRun r"}).then_events({"RunPaused"});
//   given({}).when({"PauseRun r"}).then_rejected("run-not-found");
//
// Swarm `s` exists unless the first line creates it or says "nothing".
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/domain/story.h"

namespace skein::domain {

// A command: "Type run" or "Type" alone, its data, and further members (`,"expected_version":3`).
struct Line {
    std::string head;
    std::string data = "{}";
    std::string rest = {};
};

class Given {
 public:
    explicit Given(const std::vector<Line>& lines);

    Given& when(const Line& line);
    // The types of the events, in order.
    Given& then_events(const std::vector<std::string>& types);
    // The data of the one event, in canonical form.
    Given& then_data(std::string_view json);
    // Rejected by this rule; states are as before.
    Given& then_rejected(std::string_view code);

    const Rejection& rejection() const { return outcome_.error(); }
    Story& story() { return story_; }
    const run::RunState& run(const std::string& run) { return *(held_ = story_.now(run)); }
    const swarm::SwarmState& swarm() { return *(held_swarm_ = story_.swarm()); }
    // One member of the run's document, as text.
    std::string shown(const std::string& run, const std::string& member);

 private:
    Story story_;
    Result<NewEvents, Rejection> outcome_;
    std::shared_ptr<const run::RunState> held_;
    std::shared_ptr<const swarm::SwarmState> held_swarm_;
};

Given given(const std::vector<Line>& lines);

// The digest of a state, taken anew from its document without what digests leave out.
json::Digest digest_from_document(const State& state);

}  // namespace skein::domain
