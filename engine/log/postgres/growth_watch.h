// Growth between nodes: tells others that this one has appended, and hears of theirs.
//
// A thread with a connection of its own sends NOTIFY after commits, listens for those of others,
// and looks at the heads when it hears one, when somebody begins to wait, and every `poll_interval`
// while somebody waits. What a notification says is a hint: positions come from the heads alone.
// Commits within 2 ms share one NOTIFY, as each is a transaction beside the next append of a lone
// producer; inside the append it would take a lock of the whole database.
// Threads: methods from any thread; the thread is started by the first call and joined at the end.
// Errors: none: while the server is away it tries again with growing pauses.
// Source: design section 3 (wake-up).
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/log/growth.h"
#include "engine/log/postgres/pg_connection.h"

namespace skein::log {

class GrowthWatch {
 public:
    GrowthWatch(PgConnectOptions options, Growth& growth, std::chrono::milliseconds poll_interval);
    ~GrowthWatch();
    GrowthWatch(const GrowthWatch&) = delete;
    GrowthWatch& operator=(const GrowthWatch&) = delete;

    // An append of this node is committed.
    void announce();

    // Somebody waits for as long as this lives.
    class Waiting {
     public:
        explicit Waiting(GrowthWatch& watch);
        ~Waiting() { watch_.waiters_.fetch_sub(1); }
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;

     private:
        GrowthWatch& watch_;
    };

 private:
    class Ear;

    void start();
    void wake();
    void run();
    void serve(Ear& ear);
    // Sleeps until woken, until the connection says something, or so long at most. Returns false
    // where it was so long.
    bool pause(int socket, std::chrono::milliseconds longest);

    const PgConnectOptions options_;
    Growth& growth_;
    const std::chrono::milliseconds poll_interval_;
    std::atomic<int> waiters_{0};
    std::atomic<bool> has_news_{false};   // of ours, not announced yet
    std::atomic<bool> must_look_{false};  // at the heads
    std::atomic<bool> is_stopping_{false};
    std::chrono::steady_clock::time_point next_news_;  // not before; of the thread
    int wake_event_ = -1;                              // constant after construction
    std::once_flag started_;
    std::thread thread_;
};

}  // namespace skein::log
