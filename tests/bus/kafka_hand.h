// What an operator, or another program, does to a cluster while skein runs: by librdkafka alone,
// without skein's own code.
//
// Threads: free functions. Errors: checks of Catch2.
#pragma once

#include <string>

namespace skein::bus::test {

// Makes a topic with these settings, as `name=value name=value`.
void make_topic(const std::string& brokers, const std::string& topic, int partitions,
                const std::string& settings = {});
// Returns when the controller has taken it: the broker may know it for a moment.
void delete_topic(const std::string& brokers, const std::string& topic);

}  // namespace skein::bus::test
