// A PostgreSQL server of a test binary's own: a throwaway cluster in a temporary directory, with
// data checksums and fsync, reached through a Unix socket there. Gone with the binary, also where
// that is killed.
//
// Threads: create_database() from any thread; the rest from one. Errors: std::runtime_error with
// the end of the server's log.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <string>
#include <vector>

namespace skein::test {

class PostgresServer {
 public:
    PostgresServer();
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    // The one that the tests of this binary share, made when first asked for.
    static PostgresServer& shared();

    // A DSN of a new, empty database.
    std::string create_database();
    std::string dsn(const std::string& database) const;
    // Where it listens: a Unix socket.
    std::string socket_path() const;

    void start();
    // SIGINT: sessions are ended, nothing is lost.
    void stop();
    // SIGQUIT: as after a power cut, the next start recovers.
    void stop_at_once();

 private:
    pid_t spawn(const std::vector<std::string>& command) const;
    void run(const std::vector<std::string>& command) const;
    void signal_and_wait(int signal);
    std::string log_tail() const;

    std::string directory_;
    std::string programs_;  // where initdb and postgres stand
    pid_t postmaster_ = -1;
    std::atomic<int> databases_{0};
};

}  // namespace skein::test
