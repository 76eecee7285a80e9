// The process that intake tests kill: a node that takes commands, until its standard input ends.
//
// usage: intake_child DSN BROKERS TOPIC_PREFIX NAME LEASE_MS
// Prints "ready" once it runs. Exit: 0 it was stopped; 5 a Fault.
#include <unistd.h>

#include <fmt/format.h>

#include <array>
#include <cstdio>

#include "engine/base/fault.h"
#include "tests/bus/intake_node.h"
#include "tests/bus/intake_topics.h"

namespace {

void run(const std::vector<std::string>& arguments) {
    skein::bus::test::IntakeNodeOptions options;
    options.dsn = arguments[0];
    options.kafka = skein::bus::test::command_topics_at(arguments[1], arguments[2]);
    options.name = arguments[3];
    options.lease = std::chrono::milliseconds(std::stoul(arguments[4]));
    const skein::bus::test::IntakeNode node(options);
    fmt::print("ready\n");
    std::fflush(stdout);
    std::array<char, 64> buffer;
    while (::read(STDIN_FILENO, buffer.data(), buffer.size()) > 0) continue;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 6) return 2;
    try {
        run({arguments + 1, arguments + count});
        return 0;
    } catch (const skein::Fault& fault) {
        fmt::print(stderr, "{}\n", fault.what());
        return 5;
    }
}
