// What is tortured: two nodes over a PostgreSQL server and a Kafka broker of their own, all real
// processes.
//
// Threads: everything that starts or ends a process from the thread that made it (processes end
// with that thread); asking nodes from any. Errors: std::runtime_error with what a server said.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "tests/node/serve_process.h"
#include "tests/servers/kafka_broker.h"
#include "tests/servers/postgres_server.h"

namespace skein::torture {

inline constexpr int kNodes = 2;
inline constexpr std::uint32_t kShards = 16;

class Cluster {
 public:
    // All of it runs, and the nodes have shared the shards.
    Cluster();

    skein::test::PostgresServer& postgres() { return postgres_; }
    skein::test::KafkaBroker& kafka() { return kafka_; }
    node::test::ServeProcess& node(int number) { return *nodes_[static_cast<std::size_t>(number)]; }
    const std::string& dsn() const { return dsn_; }
    std::string brokers() const { return kafka_.address(); }

    // How often the node has been started: what is seen in one life never goes back in it.
    int life_of(int number) const { return lives_[static_cast<std::size_t>(number)]; }
    void launch_node(int number);

    // Starts again what ended by itself, as a supervisor would: a node that found no server, a
    // server that went down with its peer. Says what ended in a way that it must not.
    std::optional<std::string> supervise();

    // Everything runs, owns, is sent and is applied.
    bool is_at_rest();

 private:
    skein::test::PostgresServer postgres_;
    skein::test::KafkaBroker kafka_;
    std::string dsn_;
    std::array<std::unique_ptr<node::test::ServeProcess>, kNodes> nodes_;
    std::array<std::atomic<int>, kNodes> lives_{};
};

}  // namespace skein::torture
