#include "engine/log/postgres/growth_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <pqxx/notification>

#include "engine/base/check.h"
#include "engine/log/postgres/pg_values.h"

namespace skein::log {

namespace {

constexpr std::chrono::milliseconds kPauseMin{50};
constexpr std::chrono::milliseconds kPauseMax{2000};
constexpr std::chrono::milliseconds kForever{-1};
constexpr std::chrono::milliseconds kBetweenNews{2};
constexpr const char* kTelling = "telling other nodes of growth";

}  // namespace

// The connection that listens; other nodes' notifications turn `heard` true.
class GrowthWatch::Ear final : pqxx::notification_receiver {
 public:
    explicit Ear(PgConnection& connection)
        : pqxx::notification_receiver(connection.raw(), "skein_growth"), connection_(connection) {}

    void operator()(const std::string&, int backend) override {
        if (backend != connection_.raw().backendpid()) heard = true;
    }
    PgConnection& connection() { return connection_; }

    bool heard = false;

 private:
    PgConnection& connection_;
};

GrowthWatch::Waiting::Waiting(GrowthWatch& watch) : watch_(watch) {
    watch_.start();
    watch_.waiters_.fetch_add(1);
    watch_.must_look_ = true;
    watch_.wake();
}

GrowthWatch::GrowthWatch(PgConnectOptions options, Growth& growth,
                         std::chrono::milliseconds poll_interval)
    : options_(std::move(options)),
      growth_(growth),
      poll_interval_(poll_interval),
      wake_event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    SKEIN_CHECK(wake_event_ >= 0, "no event descriptor: errno {}", errno);
}

GrowthWatch::~GrowthWatch() {
    is_stopping_ = true;
    wake();
    if (thread_.joinable()) thread_.join();
    ::close(wake_event_);
}

void GrowthWatch::start() {
    std::call_once(started_, [this] { thread_ = std::thread([this] { run(); }); });
}

void GrowthWatch::wake() {
    const std::uint64_t one = 1;
    // It fails only where the counter is full, and then the thread is woken anyway.
    [[maybe_unused]] const auto written = ::write(wake_event_, &one, sizeof one);
}

void GrowthWatch::announce() {
    start();
    if (!has_news_.exchange(true)) wake();
}

bool GrowthWatch::pause(int socket, std::chrono::milliseconds longest) {
    pollfd watched[2] = {{wake_event_, POLLIN, 0}, {socket, POLLIN, 0}};
    const int ready = ::poll(watched, socket < 0 ? 1 : 2, static_cast<int>(longest.count()));
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(wake_event_, &count, sizeof count);
    return ready != 0;
}

void GrowthWatch::run() {
    std::chrono::milliseconds next_pause = kPauseMin;
    while (!is_stopping_) {
        try {
            PgConnection connection(options_);
            // A notification needs no durability, and must not wait for the disk.
            connection.run_text("SET synchronous_commit = off", "listening for growth");
            Ear ear(connection);
            must_look_ = true;
            next_pause = kPauseMin;
            while (!is_stopping_) serve(ear);
            if (has_news_.exchange(false)) connection.run(statements::kNotify, kTelling);
            return;
        } catch (const std::exception&) {
            // Appends and reads say what is wrong; those who wait here see no growth meanwhile.
            if (is_stopping_) return;
            pause(-1, next_pause);
            next_pause = std::min(next_pause * 2, kPauseMax);
        }
    }
}

void GrowthWatch::serve(Ear& ear) {
    PgConnection& connection = ear.connection();
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_news_ && has_news_.exchange(false)) {
        connection.run(statements::kNotify, kTelling);
        next_news_ = now + kBetweenNews;
    }
    connection.raw().get_notifs();
    if (!connection.raw().is_open())
        throw Fault(FaultKind::kUnavailable, "the connection that listens was lost");
    if (ear.heard) must_look_ = true;
    ear.heard = false;
    if (must_look_.exchange(false)) {
        for (const pqxx::row& row : connection.run(statements::kHeads, "looking at the heads")) {
            const Shard shard(number_of(row[0], "a shard"));
            if (shard.value() < growth_.shard_count())
                growth_.publish(shard, Position(number_of(row[1], "a position")));
        }
    }
    // What came in beside an answer has left the socket: it must be asked for, not waited for.
    connection.raw().get_notifs();
    if (ear.heard || is_stopping_) return;
    if (has_news_) {
        pause(connection.raw().sock(), kBetweenNews);
        return;
    }
    const bool is_polling = waiters_.load() > 0;
    const bool is_woken = pause(connection.raw().sock(), is_polling ? poll_interval_ : kForever);
    if (!is_woken) must_look_ = true;
}

}  // namespace skein::log
