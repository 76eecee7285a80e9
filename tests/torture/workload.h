// Producers that never give a command up before they know what became of it, and readers that
// remember what they saw.
//
// Each producer has a swarm of its own with one run after the other, and a part in a swarm that all
// share. `seq` of a run is the number of the operation that wrote it, so that every version tells
// which one made it.
// Threads: one a producer, one a reader. Errors: std::runtime_error from begin().
#pragma once

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/torture/cluster.h"
#include "tests/torture/history.h"

namespace skein::torture {

inline constexpr int kHttpProducers = 5;
// The last one sends by the commands topic.
inline constexpr int kProducers = kHttpProducers + 1;
inline constexpr int kReaders = 2;
inline constexpr const char* kShared = "shared";

std::string swarm_of(int producer);

class Workload {
 public:
    Workload(Cluster& cluster, History& history, std::uint64_t seed);
    ~Workload();
    Workload(const Workload&) = delete;
    Workload& operator=(const Workload&) = delete;

    // Makes the swarms, then sends and reads until end().
    void begin();
    // Returns when every producer knows what became of its last command, or gave it up.
    void end();

 private:
    void make_swarms();
    void produce(int producer);
    void produce_by_topic(int producer);
    void read(int reader);

    Cluster& cluster_;
    History& history_;
    const std::uint64_t seed_;
    std::atomic<bool> is_ending_{false};
    // The run that each producer writes at present.
    std::array<std::atomic<std::uint64_t>, kProducers> runs_{};
    std::vector<std::thread> threads_;
};

}  // namespace skein::torture
