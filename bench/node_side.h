// The sides of a benchmark with more than one node: what fills the topic, and a node that reads.
//
// Threads: each object one, but what they drive. Errors: Fault from the servers; a reader that does
// not come on ends the process.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bench/bench.h"
#include "bench/workload.h"
#include "engine/bus/kafka/kafka_topic.h"
#include "engine/bus/relay.h"

namespace skein::bench {

// Of topics that no other run has.
bus::KafkaOptions topics_of(const Servers& servers, const std::string& name, int run);

// A topic that a relay fills from a log.
class RelayedTopic {
 public:
    RelayedTopic(const log::EventLog& log, const bus::KafkaOptions& options);

    bus::EventTopic& topic() { return *topic_; }
    // Until the broker has acknowledged all that stands in the log.
    void await_all() const;

 private:
    const log::EventLog& log_;
    const std::unique_ptr<bus::EventTopic> topic_;
    std::optional<bus::Relay> relay_;
};

// A node that only reads: empty views of its own, which follow the log of `dsn`, or `topic`.
std::unique_ptr<Store> open_reader(const std::string& dsn, const ScratchDirectory& scratch,
                                   bus::EventTopic* topic);
// Until its views have all that stands in the log.
void await_views(Store& reader);
// Of a new reader, from opening it to its last view.
double catch_up_seconds(const std::string& dsn, bus::EventTopic* topic);

}  // namespace skein::bench
