#include "tests/torture/cluster.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <stdexcept>

#include "tests/waiting/comes_true.h"

namespace skein::torture {

namespace {

using node::test::ServeProcess;
using skein::test::comes_true;

constexpr int kUnavailable = 5;  // how a node ends that finds no server when it starts

void migrate(const std::string& dsn, const std::string& brokers) {
    skein::test::ServerDirectory directory("/tmp/skein_migrate_");
    const pid_t process =
        skein::test::start_process({{SKEIN_PROGRAM, "--pg", dsn, "--kafka", brokers, "migrate"},
                                    directory.output(),
                                    SIGKILL,
                                    {}});
    int status = 0;
    ::waitpid(process, &status, 0);
    if (status != 0) throw std::runtime_error("migrate failed:\n" + directory.output_tail());
}

}  // namespace

Cluster::Cluster() : dsn_(postgres_.create_database()) {
    migrate(dsn_, brokers());
    for (auto& node : nodes_) {
        const std::string address = "127.0.0.1:" + std::to_string(skein::test::free_port());
        node = std::make_unique<ServeProcess>(
            node::test::ServeOptions{dsn_, brokers(), "1s", address});
    }
    if (!comes_true([&] { return is_at_rest(); }))
        throw std::runtime_error("the nodes do not share the shards");
}

void Cluster::launch_node(int number) {
    ++lives_[static_cast<std::size_t>(number)];
    node(number).launch();
}

std::optional<std::string> Cluster::supervise() {
    if (postgres_.has_ended()) postgres_.launch();
    if (kafka_.has_ended()) kafka_.launch();
    for (int number = 0; number < kNodes; ++number) {
        const std::optional<int> exit = node(number).ended();
        if (!exit) continue;
        launch_node(number);
        if (*exit != kUnavailable)
            return fmt::format("node {} ended by itself with {}:\n{}", number, *exit,
                               node(number).output());
    }
    return std::nullopt;
}

bool Cluster::is_at_rest() {
    std::uint64_t owned = 0;
    for (const auto& node : nodes_) {
        if (node->metric("skein_relay_lag_events") != 0) return false;
        if (node->metric("skein_relay_sending") != 1) return false;
        if (node->metric("skein_feed_shards_on_log") != 0) return false;
        owned += node->owned();
    }
    return owned == kShards;
}

}  // namespace skein::torture
