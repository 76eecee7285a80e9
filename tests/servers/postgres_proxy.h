// A TCP proxy before a Postgres server that knows the protocol: it counts round trips on the wire,
// and cuts a connection at a byte of a chosen statement's request or reply.
//
// A flight is what a client sends up to a Sync or a Query; the server answers it up to
// ReadyForQuery: one round trip.
// Threads: methods from any thread; one thread accepts, one serves each connection.
// Errors: std::runtime_error where no socket can be had.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace skein::test {

enum class CutMoment {
    kRequest,  // after `bytes` of the request were passed on
    kSent,     // when the whole request was passed on, without waiting for what becomes of it
    kReply,    // when the whole reply has come, after `bytes` of it were passed on
};
struct Cut {
    CutMoment moment = CutMoment::kRequest;
    std::size_t bytes = 0;
};

class PostgresProxy {
 public:
    // `upstream` is the path of a Unix socket.
    explicit PostgresProxy(std::string upstream);
    ~PostgresProxy();
    PostgresProxy(const PostgresProxy&) = delete;
    PostgresProxy& operator=(const PostgresProxy&) = delete;

    // The same database through the proxy.
    std::string through(const std::string& dsn) const;

    // Flights of all clients so far, and those that prepared or executed a statement.
    std::uint64_t round_trips() const { return round_trips_; }
    std::uint64_t round_trips_of(const std::string& statement) const;

    // Arms a cut of the next flight that prepares or executes `statement`.
    void cut_next(const std::string& statement, Cut cut);
    // Whether a cut is armed and its flight has not come.
    bool is_armed() const;
    // Bytes of the last whole flight of `statement`, and of its reply.
    struct Sizes {
        std::size_t request = 0;
        std::size_t reply = 0;
    };
    Sizes sizes_of(const std::string& statement) const;

 private:
    class Link;
    struct Seen {
        std::string statement;
        std::uint64_t count = 0;
        Sizes sizes;
    };

    void accept_clients();
    void serve(int client, int server);
    // Counts a flight; the cut where it is the armed one.
    std::optional<Cut> note_request(const std::string& statement, std::size_t bytes);
    void note_reply(const std::string& statement, std::size_t bytes);
    Seen& seen(const std::string& statement);

    const std::string upstream_;
    int listener_ = -1;
    int stop_event_ = -1;
    int port_ = 0;
    std::atomic<std::uint64_t> round_trips_{0};
    mutable std::mutex mutex_;
    std::vector<Seen> seen_;            // guarded by mutex_
    std::string armed_statement_;       // guarded by mutex_
    std::optional<Cut> armed_;          // guarded by mutex_
    std::vector<std::thread> servers_;  // owned by the thread that accepts
    std::thread acceptor_;
};

}  // namespace skein::test
