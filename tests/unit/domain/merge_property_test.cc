// Random edits on two branches, merged by skein and by a naive model on std::map.
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <string>

#include "engine/base/random.h"
#include "tests/unit/domain/story.h"

using namespace skein;
using namespace skein::domain;
using namespace skein::domain::run;

namespace {

constexpr std::uint64_t kSeed = 20261121;

// A value and when it was given.
struct Given {
    std::string value;
    std::uint64_t position = 0;
};
struct Branch {
    std::map<std::string, Given> keys;             // "variables/x"
    std::map<std::string, std::uint64_t> removed;  // positions of the events that took keys out
};

std::optional<std::string> value_in(const Branch& branch, const std::string& key) {
    const auto place = branch.keys.find(key);
    if (place == branch.keys.end()) return std::nullopt;
    return place->second.value;
}

std::uint64_t position_in(const Branch& branch, const std::string& key) {
    const auto place = branch.keys.find(key);
    if (place != branch.keys.end()) return place->second.position;
    const auto removed = branch.removed.find(key);
    return removed == branch.removed.end() ? 0 : removed->second;
}

// What `target` holds after the merge, by the words of the contract.
std::map<std::string, std::string> naive_merge(const Branch& base, const Branch& source,
                                               const Branch& target, const std::string& strategy) {
    std::map<std::string, std::string> merged;
    for (const std::string area : {"variables/", "intermediate/"}) {
        for (char letter = 'a'; letter <= 'h'; ++letter) {
            const std::string key = area + letter;
            const auto b = value_in(base, key);
            const auto s = value_in(source, key);
            const auto t = value_in(target, key);
            const bool source_is_later = position_in(source, key) >= position_in(target, key);
            bool take = s != b && t == b;
            if (s != b && t != b && s != t) {
                take = strategy == "child_wins" || (strategy == "keep_latest" && source_is_later);
            }
            if (const auto result = take ? s : t) merged[key] = *result;
        }
    }
    return merged;
}

class Branches {
 public:
    explicit Branches(std::uint64_t seed) : random_(seed) {
        story_.run("a");
        edit("a", 8);
        story_.fork("b", "a");
        base_ = branch_["b"] = branch_["a"];
    }

    void edit(const std::string& run, std::uint64_t times) {
        for (std::uint64_t i = 0; i < times; ++i) {
            const std::string area = random_.below(3) == 0 ? "intermediate" : "variables";
            const std::string key(1, static_cast<char>('a' + random_.below(8)));
            Branch& branch = branch_[run];
            if (random_.below(4) == 0) {
                story_.erase(run, key, area);
                if (branch.keys.erase(area + "/" + key) > 0)
                    branch.removed[area + "/" + key] = position();
            } else {
                // Some values are too large to stand in the merge's event.
                const std::size_t size = random_.below(4) == 0 ? 1500 : 1;
                const char digit = static_cast<char>('0' + random_.below(3));
                const std::string value = "\"" + std::string(size, digit) + "\"";
                story_.set(run, key, value, area);
                branch.keys[area + "/" + key] = {value, position()};
            }
        }
    }

    void merge_and_compare(const std::string& target, const std::string& source,
                           const std::string& strategy) {
        Branch& into = branch_[target];
        const Branch& from = branch_[source];
        const auto expected = naive_merge(base_, from, into, strategy);
        story_.merge(target, source, strategy);
        CHECK(present(target) == expected);
        std::map<std::string, Given> keys;
        for (const auto& [key, value] : expected) {
            const bool stays = value_in(into, key) == value;
            keys[key] = {value, stays ? into.keys[key].position : position()};
        }
        for (const auto& [key, given] : into.keys)
            if (keys.count(key) == 0) into.removed[key] = position();
        into.keys = std::move(keys);
        base_ = from;
    }

    SeededRandom& random() { return random_; }
    Story& story() { return story_; }

 private:
    std::uint64_t position() const { return story_.last().meta.position.value(); }
    std::map<std::string, std::string> present(const std::string& run) const {
        std::map<std::string, std::string> all;
        for (const Area area : {Area::kVariables, Area::kIntermediate}) {
            story_.now(run)->area(area).map().for_each(
                [&](const std::string& key, const Entry& entry) {
                    all[std::string(to_string(area)) + "/" + key] = entry.value.text();
                });
        }
        return all;
    }

    SeededRandom random_;
    Story story_;
    std::map<std::string, Branch> branch_;
    Branch base_;
};

}  // namespace

TEST_CASE(
    "merge: random edits on two branches merge as a naive model has it [V-18] [V-30] [V-31] "
    "[V-32] [V-34] [V-35]",
    "[unit][run]") {
    const std::string strategies[] = {"child_wins", "parent_wins", "keep_latest", "manual_review"};
    for (std::uint64_t seed = kSeed; seed < kSeed + 60; ++seed) {
        CAPTURE(seed);
        INFO("seed " << seed);
        Branches branches(seed);
        for (int round = 0; round < 4; ++round) {
            CAPTURE(round);
            for (int i = 0; i < 4; ++i) {
                branches.edit("a", branches.random().below(3));
                branches.edit("b", branches.random().below(3));
            }
            const bool down = branches.random().below(2) == 0;
            const std::string& strategy = strategies[branches.random().below(4)];
            branches.merge_and_compare(down ? "b" : "a", down ? "a" : "b", strategy);
        }
        branches.story().check_replay();
    }
}
