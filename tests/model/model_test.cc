// Random histories on the engine and on a plain model: they agree at every version.
//
// SKEIN_MODEL_HISTORIES=N plays N histories (1000 by default); SKEIN_SEED=S plays one again,
// SKEIN_MODEL_FROM=S begins at another seed: the longer runs do, this one is the same everywhere.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>

#include "projections/query/views.h"
#include "tests/model/history.h"

namespace skein::model {

namespace {

constexpr std::uint64_t kHistories = 1000;
constexpr std::size_t kFailuresMax = 5;       // shown: one may say more than another
constexpr std::uint64_t kEnoughForAll = 100;  // so many histories show every type and strategy

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Views in memory: the same states, and nothing that their own verification finds.
std::string check_views(History& history) {
    test::MemoryEngine& engine = history.engine();
    const auto views = projections::Views::open({}, engine.log, engine.codec);
    views->catch_up();
    const std::string problem = history.check_source(*views, "views");
    if (!problem.empty()) return problem;
    const auto failures = views->verify(std::nullopt, {});
    return failures.empty() ? "" : "the views' verify: " + failures.front().what;
}

// Plays one history; what is wrong, empty where nothing is.
std::string play_one(std::uint64_t seed, Tally& tally) {
    History history(seed);
    std::string problem = history.play(40 + seed % 41);
    if (problem.empty()) problem = history.check_states();
    if (problem.empty()) problem = history.check_verified();
    if (problem.empty()) problem = check_views(history);
    tally.add(history.tally());
    if (problem.empty()) return {};
    std::cout << history.story();
    return "SKEIN_SEED=" + std::to_string(seed) + " plays it again: " + problem;
}

void check_variety(const Tally& tally) {
    for (const char* type :
         {"CreateSwarm",    "UpdateSwarm", "JoinSwarm",     "LeaveSwarm",    "UpdateBlackboard",
          "ArchiveSwarm",   "StartRun",    "UpdateContext", "StartStep",     "CompleteStep",
          "FailStep",       "UpdateStep",  "RecordUsage",   "MarkForExport", "CompleteRun",
          "FailRun",        "CancelRun",   "PauseRun",      "ResumeRun",     "SetRunStatus",
          "CheckpointRun",  "TagRun",      "RestoreRun",    "ForkRun",       "MergeRun",
          "ResolveConflict"}) {
        CAPTURE(type);
        CHECK(tally.types.count(type) == 1);
    }
    for (const char* strategy : {"child_wins", "parent_wins", "merge_objects", "array_concat",
                                 "keep_latest", "manual_review"}) {
        CAPTURE(strategy);
        CHECK(tally.strategies.count(strategy) == 1);
        CHECK(tally.decided.count(strategy) == 1);
    }
    CHECK(tally.strategies.count("explicit_mapping") == 1);
    CHECK(tally.strategies.count("fast_forward") == 1);
    CHECK(tally.decided.count("resolution") == 1);
    CHECK(tally.children_merged > 0);
    CHECK(tally.rejected > 0);
    CHECK(tally.duplicates > 0);
}

}  // namespace

TEST_CASE(
    "model: random histories agree with a plain model at every version [V-08][V-09][V-18][V-20]"
    "[V-26][V-30][V-31][V-32][V-33][V-34][V-35][V-36][V-37][V-170]",
    "[model]") {
    const bool repeats = std::getenv("SKEIN_SEED") != nullptr;
    const std::uint64_t first =
        number_from("SKEIN_SEED", number_from("SKEIN_MODEL_FROM", 20261121));
    const std::uint64_t count = repeats ? 1 : number_from("SKEIN_MODEL_HISTORIES", kHistories);
    std::cout << "histories " << count << " from SKEIN_SEED=" << first << std::endl;

    Tally tally;
    std::size_t failed = 0;
    for (std::uint64_t seed = first; seed < first + count && failed < kFailuresMax; ++seed) {
        const std::string problem = play_one(seed, tally);
        if (problem.empty()) continue;
        ++failed;
        std::cout << problem << std::endl;
        FAIL_CHECK(problem);
    }
    std::cout << "states compared " << tally.states << ", children merged " << tally.children_merged
              << ", rejected " << tally.rejected << std::endl;
    for (const auto* counts : {&tally.types, &tally.strategies, &tally.decided}) {
        for (const auto& [name, times] : *counts) std::cout << name << ' ' << times << "  ";
        std::cout << std::endl;
    }
    if (count >= kEnoughForAll) check_variety(tally);
}

}  // namespace skein::model
