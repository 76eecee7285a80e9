// The faults: what is killed, ended and paused, when, and for how long. A seed decides; every class
// comes once in each deal, so that none is left out.
//
// Threads: one, the one that made the cluster. Errors: std::runtime_error.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "tests/torture/cluster.h"

namespace skein::torture {

enum class FaultClass {
    kNodeKill,        // SIGKILL; it comes back over the same data
    kNodePause,       // SIGSTOP for longer than the lease, SIGCONT
    kNodeStop,        // SIGTERM: it hands over, and comes back
    kSessionEnd,      // one session of Postgres is ended, as an administrator does it
    kSessionKill,     // SIGKILL of a session: the server restarts all of them
    kPostmasterKill,  // SIGKILL of the postmaster; the next one recovers
    kPostgresPause,   // SIGSTOP of all its processes
    kBrokerKill,      // SIGKILL; the page cache is kept
    kBrokerPause,     // SIGSTOP
};
inline constexpr FaultClass kFaultClasses[] = {
    FaultClass::kNodeKill,      FaultClass::kNodePause,   FaultClass::kNodeStop,
    FaultClass::kSessionEnd,    FaultClass::kSessionKill, FaultClass::kPostmasterKill,
    FaultClass::kPostgresPause, FaultClass::kBrokerKill,  FaultClass::kBrokerPause};
std::string_view to_string(FaultClass fault);
bool is_kill(FaultClass fault);

class Nemesis {
 public:
    Nemesis(Cluster& cluster, std::uint64_t seed);

    // Faults until then. What it broke is whole again when it returns.
    void run(std::chrono::seconds duration);

    const std::map<FaultClass, int>& fired() const { return fired_; }
    int kills() const;
    // Processes that ended in a way that they must not.
    const std::vector<std::string>& crashes() const { return crashes_; }

 private:
    using Clock = std::chrono::steady_clock;
    enum class Target { kNode0, kNode1, kPostgres, kBroker };
    struct Heal {
        Clock::time_point at;
        FaultClass fault;
        Target target;
    };

    void deal();
    Target target_of(FaultClass fault);
    bool is_broken(Target target) const;
    // Whether it could be done now.
    bool inflict(FaultClass fault, Target target);
    bool strike_session(int signal);
    // False where it has to be tried again later.
    bool heal(const Heal& heal);
    bool heal_stopped(int number);
    void heal_due(Clock::time_point now);
    void supervise();
    std::chrono::milliseconds between(int least_ms, int most_ms);

    Cluster& cluster_;
    SeededRandom dice_;
    std::vector<FaultClass> cards_;
    std::vector<Heal> heals_;
    std::map<FaultClass, int> fired_;
    std::vector<std::string> crashes_;
};

}  // namespace skein::torture
