// Random events and states for the codec's tests: every type, every field, from a printed seed.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/random.h"
#include "engine/domain/event.h"
#include "engine/domain/run/run_state.h"
#include "engine/domain/swarm/swarm_state.h"

namespace skein::tests {

class Dice {
 public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}
    std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    bool coin() { return below(2) == 0; }
    // Optional fields are always there on rich dice: for golden files.
    bool has() { return rich_ || coin(); }
    void make_rich() { rich_ = true; }

    Uuid uuid() { return random_.uuid(); }
    std::string id();
    std::string key();
    std::string text();
    json::Value value(int depth = 0);
    json::Value object(int depth = 0);
    json::Value array(int depth = 0);
    Timestamp time();
    Version version() { return Version(1 + below(1U << 20)); }
    domain::StoredValue stored();

 private:
    SeededRandom random_;
    bool rich_ = false;
};

// All event types of runs and swarms.
std::vector<const domain::EventType*> all_types();
std::shared_ptr<const domain::EventBody> random_body(std::string_view type, Dice& dice);
// In a stream of the body's kind.
domain::Event random_event(std::string_view type, Dice& dice);

struct StateSize {
    std::size_t entries = 20;
    std::size_t long_elements = 0;  // of one list, so that it is chunked
};
std::shared_ptr<domain::run::RunState> random_run(Dice& dice, const StateSize& size);
std::shared_ptr<domain::swarm::SwarmState> random_swarm(Dice& dice, const StateSize& size);

}  // namespace skein::tests
