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

#include "tests/servers/full_disk.h"
#include "tests/servers/server_process.h"

namespace skein::test {

class PostgresServer;
// What pg_basebackup gives of a server that runs.
struct BaseBackupOf {
    const PostgresServer* source;
};

enum class PostgresTransport {
    kSocket,  // a Unix socket alone
    kTls,     // and a loopback port, where it refuses whoever does not encrypt
};

class PostgresServer {
 public:
    // `disk`, where there is one, outlives it.
    explicit PostgresServer(PostgresTransport transport = PostgresTransport::kSocket,
                            const FullDisk* disk = nullptr);
    explicit PostgresServer(BaseBackupOf copied);
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    // The one that the tests of this binary share, made when first asked for.
    static PostgresServer& shared();

    // A DSN of a new, empty database.
    std::string create_database();
    std::string dsn(const std::string& database) const;
    // Through the port, without a word about sslmode. The certificate is of `localhost`.
    std::string port_dsn(const std::string& database) const;
    std::string certificate() const { return directory() + "/server.crt"; }
    // Where it listens: a Unix socket.
    std::string socket_path() const;

    void start();
    // Does not wait until it answers.
    void launch();
    bool is_running() const { return postmaster_ > 0; }
    // Whether it has ended without being told to; then it does not run any more.
    bool has_ended();
    // SIGINT: sessions are ended, nothing is lost.
    void stop();
    // SIGQUIT: as after a power cut, the next start recovers.
    void stop_at_once();
    // SIGKILL of the postmaster; returns when the sessions that it left have ended too.
    void kill();
    // The processes of the sessions of clients.
    std::vector<pid_t> sessions() const;
    // SIGSTOP of all its processes and SIGCONT: connections stay, nothing is answered.
    void pause();
    void resume();

 private:
    std::vector<pid_t> processes() const;
    void configure(PostgresTransport transport);
    pid_t spawn(const std::vector<std::string>& command) const;
    void run(const std::vector<std::string>& command) const;
    void signal_and_wait(int signal);
    const std::string& directory() const { return directory_.path(); }

    const ServerDirectory directory_;
    const FullDisk* const disk_ = nullptr;
    std::string programs_;  // where initdb and postgres stand
    int port_ = 5432;
    pid_t postmaster_ = -1;
    std::vector<pid_t> paused_;
    std::atomic<int> databases_{0};
};

}  // namespace skein::test
