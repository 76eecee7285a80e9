// A Kafka broker of a test binary's own: one node (KRaft) in a temporary directory, on loopback
// ports that nobody else has. Gone with the binary, also where that is killed.
//
// Threads: one. Errors: std::runtime_error with the end of the broker's log.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/servers/full_disk.h"
#include "tests/servers/server_process.h"

namespace skein::test {

class KafkaBroker {
 public:
    // Further lines of server.properties, as "name=value"; they win over those of
    // tools/build/kafka_broker.sh. `{client}`, `{controller}` and `{other}` in them stand for its
    // ports; `{other}` is for a listener of the test's own. `disk`, where there is one, outlives
    // it. Starts it, and waits until it answers.
    explicit KafkaBroker(std::vector<std::string> properties = {}, const FullDisk* disk = nullptr);
    ~KafkaBroker();
    KafkaBroker(const KafkaBroker&) = delete;
    KafkaBroker& operator=(const KafkaBroker&) = delete;

    // The one that the tests of this binary share, made when first asked for.
    static KafkaBroker& shared();

    // `127.0.0.1:PORT`; the same after a restart.
    std::string address() const;
    std::string other_address() const;
    const std::string& directory() const { return directory_.path(); }
    // Where the segments of a partition stand.
    std::string partition_directory(const std::string& topic, int partition) const;
    bool is_running() const { return process_ > 0; }

    // Returns when it answers, with an offset for every partition it has.
    void start();
    // Does not wait for that.
    void launch();
    void wait_until_it_answers();
    // Whether it has ended without being told to; then it does not run any more.
    bool has_ended();
    // SIGTERM: what was acknowledged stands.
    void stop();
    // SIGKILL.
    void kill();
    // SIGSTOP and SIGCONT: connections stay, nothing is answered.
    void pause();
    void resume();

 private:
    std::string with_ports(std::string property) const;
    void signal_and_wait(int signal);

    const std::vector<std::string> properties_;
    const ServerDirectory directory_;
    const FullDisk* const disk_;
    int client_port_ = 0;
    int controller_port_ = 0;
    int other_port_ = 0;
    pid_t process_ = -1;
};

}  // namespace skein::test
