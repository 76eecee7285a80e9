// One random history, played on the engine and on the model, and what must hold of it afterwards.
//
// Threads: one owner. Errors: functions return what is wrong, empty where nothing is.
// Source: V-20, V-26, V-170.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/replay/states.h"
#include "tests/model/model.h"
#include "tests/unit/runtime/memory_engine.h"

namespace skein::model {

// How often things happened, over all histories of a test.
struct Tally {
    std::map<std::string, std::uint64_t> types;       // accepted commands
    std::map<std::string, std::uint64_t> strategies;  // of accepted MergeRuns
    Decided decided;                                  // conflicting keys by deciding strategy
    std::uint64_t rejected = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t children_merged = 0;
    std::uint64_t states = 0;  // compared

    void add(const Tally& other);
};

class History {
 public:
    explicit History(std::uint64_t seed);

    // Random commands to both; stops where they disagree whether one is accepted.
    std::string play(std::uint64_t commands);
    // Every version of every run, and the swarm at every position, from the fold of the log, from
    // snapshots, and from the model.
    std::string check_states();
    // The same against another source of states, such as views.
    std::string check_source(const replay::States& source, const std::string& name);
    // verify_log and verify_stream find nothing.
    std::string check_verified();

    const Tally& tally() const { return tally_; }
    const Model& model() const { return model_; }
    test::MemoryEngine& engine() { return engine_; }
    Stream run_stream(const std::string& run) const;
    Stream swarm_stream() const { return Stream("swarm/" + model_.swarm_name()); }
    // The commands so far, one a line, with what became of them.
    std::string story() const;

 private:
    std::string send(const Json& command);
    std::string check_run(const replay::States& source, const std::string& run,
                          std::uint64_t version);
    std::string check_swarm(const replay::States& source, std::uint64_t position);
    void put_snapshots();

    SeededRandom random_;
    test::MemoryEngine engine_;
    Model model_{"s"};
    Tally tally_;
    std::vector<std::string> story_;
};

// The digest of a document, by the contract's words alone: without times, and without version,
// source and actor of entries.
std::string digest_of_document(const std::string& document);

}  // namespace skein::model
