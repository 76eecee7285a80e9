// Nodes as they are run: real `skein serve` processes over one store, and the questions that tests
// ask them.
//
// Threads: one. Errors: std::runtime_error with what a node said.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/json/value.h"
#include "tests/servers/full_disk.h"
#include "tests/servers/server_process.h"
#include "tests/waiting/comes_true.h"
#include "tools/http/http_message.h"

namespace skein::node::test {

using skein::test::comes_true;

// A database with the tables and a store of sixteen shards.
void make_store(const std::string& dsn);

struct ServeOptions {
    std::string dsn;
    std::string kafka = {};  // empty: none
    std::string lease = "1s";
    std::string address = "127.0.0.1:0";  // of a node with many lives: one with a port of its own
    const skein::test::FullDisk* disk = nullptr;  // of its views; outlives it
};

class ServeProcess {
 public:
    // Starts it; ready when it answers.
    explicit ServeProcess(ServeOptions options);
    ~ServeProcess();  // SIGKILL
    ServeProcess(const ServeProcess&) = delete;
    ServeProcess& operator=(const ServeProcess&) = delete;

    // HOST:PORT
    const std::string& address() const { return address_; }
    std::string output() const;
    void signal(int number) const;
    // SIGSTOP, and back when all of it stands still; SIGCONT.
    void pause() const;
    void resume() const { signal(SIGCONT); }
    // The exit code, or 128 and the signal that ended it.
    int wait();
    // The same where it has ended; none while it runs.
    std::optional<int> ended();
    void kill();
    // Another life, over the data of the last one; does not wait until it answers.
    void launch();
    bool is_running() const { return process_ > 0; }

    // None where it does not answer.
    std::optional<http::Response> get(const std::string& path) const;
    std::optional<http::Response> post(const std::string& body) const;
    // The outcome of one command: "accepted", or the code of its rejection; empty: no answer.
    std::string send(const std::string& command) const;
    // A metric without labels; none where it does not answer.
    std::optional<std::uint64_t> metric(const std::string& name) const;
    std::uint64_t owned() const { return metric("skein_shards_owned").value_or(0); }

 private:
    std::optional<http::Response> ask(const http::Request& request) const;

    const ServeOptions options_;
    skein::test::ServerDirectory directory_;
    pid_t process_ = -1;
    std::string address_;
};

}  // namespace skein::node::test
