// Random commands for one swarm: weighted so that every type and strategy occurs, with few keys and
// few values, so that histories collide. About a fifth breaks a rule.
//
// Threads: one owner. Source: V-30, interfaces section 2.
#pragma once

#include <string>
#include <vector>

#include "engine/base/random.h"
#include "tests/model/model.h"

namespace skein::model {

class RandomCommands {
 public:
    RandomCommands(SeededRandom& random, const Model& model) : random_(random), model_(model) {}

    // What the swarm begins with, and then one command after another.
    Json first();
    Json next();

 private:
    using Maker = Json (RandomCommands::*)();
    struct Weighted {
        std::uint64_t weight;
        const char* type;
        Maker data;  // of the command
    };
    static const std::vector<Weighted>& kinds();

    bool chance(std::uint64_t percent) { return random_.below(100) < percent; }
    std::string any(const std::vector<std::string>& words) {
        return words[random_.below(words.size())];
    }
    std::string key() { return any({"a", "b", "c", "d"}); }
    std::string step() { return any({"a", "s1", "s2"}); }
    std::string run();       // mostly one that is open
    std::string child();     // mostly one that is open, of an open parent
    std::string giver();     // mostly one with something marked for its parent
    std::string relative();  // of the run addressed: mostly one that it can be merged with
    std::string root_of(std::string id) const;
    std::string key_of(const std::string& id);  // mostly one that the run has
    std::string new_run();                      // mostly an id that is free
    std::string point(const std::string& of);
    std::string strategy();
    Json value();
    Json object();
    Json updates();
    Json choice();  // strategy, mapping, resolutions

    Json nothing() { return Json::object(); }
    Json swarm_update();
    Json agent();
    Json left_agent() { return {{"agent", any({"x", "y", "z"})}}; }
    Json board();
    Json started();
    Json forked();
    Json updated() { return {{"updates", updates()}}; }
    Json started_step();
    Json completed_step();
    Json failed_step() { return {{"step", step()}, {"error", value()}}; }
    Json updated_step();
    Json usage();
    Json exported();
    Json completed();
    Json error();
    Json status();
    Json checkpoint();
    Json tag() { return {{"name", any({"t1", "t2", "t3", "t4"})}}; }
    Json restored();
    Json merged();
    Json resolved();

    SeededRandom& random_;
    const Model& model_;
    std::string run_;  // that the command being made addresses
};

}  // namespace skein::model
