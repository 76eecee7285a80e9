#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "tools/cli/app.h"
#include "tools/cli/commands.h"
#include "tools/cli/environment.h"
#include "tools/cli/kafka_options.h"
#include "tools/cli/postgres_options.h"
#include "tools/cli/text_output.h"
#include "tools/http/http_server.h"
#include "tools/node/node.h"
#include "tools/node/node_http.h"

namespace skein::cli {

namespace {

using std::chrono::milliseconds;

// What is still on its way when a node leaves; then it stops all the same.
constexpr std::chrono::seconds kDrainMax{10};
constexpr std::chrono::seconds kCloseMax{5};
// Answers that are given are sent before the connections close.
constexpr milliseconds kSendMax{1000};
constexpr milliseconds kLookAgain{50};

struct ServeOptions {
    std::string http = "127.0.0.1:7534";
    std::string advertise;
    std::string lease = "3s";
};

// SIGTERM and SIGINT, which wait until they are asked for. Made before any thread is.
class StopSignals {
 public:
    StopSignals() {
        sigemptyset(&set_);
        sigaddset(&set_, SIGTERM);
        sigaddset(&set_, SIGINT);
        pthread_sigmask(SIG_BLOCK, &set_, &before_);
    }
    ~StopSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    void wait() const {
        int signal = 0;
        while (sigwait(&set_, &signal) != 0) continue;
    }
    bool comes_within(milliseconds time) const {
        const timespec wait{time.count() / 1000, (time.count() % 1000) * 1'000'000};
        return sigtimedwait(&set_, nullptr, &wait) > 0;
    }

 private:
    sigset_t set_{};
    sigset_t before_{};
};

class Told {
 public:
    explicit Told(Cli& cli) : cli_(cli) {}
    void operator()(const std::string& line) {
        const std::lock_guard lock(mutex_);
        cli_.err() << "skein serve: " << printable(line) << std::endl;
    }

 private:
    Cli& cli_;
    std::mutex mutex_;
};

node::NodeOptions node_options(Cli& cli, const ServeOptions& options, std::string address) {
    node::NodeOptions made;
    made.store.directory = cli.data;
    made.store.kinds = cli.kinds();
    made.store.postgres = postgres_options(cli.pg);
    made.store.runtime.limits = limits_from_environment();
    const auto lease = parse_duration(options.lease);
    if (!lease || *lease < milliseconds(100))
        throw Fault(FaultKind::kConfig, fmt::format("--lease is \"{}\"", printable(options.lease)),
                    "Give a time from 100ms to 1h, like 3s.");
    made.store.lease = *lease;
    made.address = std::move(address);
    if (!cli.kafka.empty()) made.kafka = kafka_options(cli.kafka);
    made.drain_max = kDrainMax;
    return made;
}

// Waits for a signal, then until the node has left; a second signal, or too long a wait, ends the
// program at once: the leases run out by themselves, and nothing that was acknowledged is lost.
void leave_when_asked(const StopSignals& signals, node::Node& node, http::HttpServer& server,
                      Told& told) {
    signals.wait();
    told("takes no more commands, and gives its shards to others");
    std::atomic<bool> has_left{false};
    std::thread leaving([&] {
        node.drain();
        server.stop(kSendMax);
        has_left = true;
    });
    const auto end = std::chrono::steady_clock::now() + kDrainMax + kCloseMax;
    while (!has_left) {
        if (signals.comes_within(kLookAgain)) {
            told("stopped at once");
            std::_Exit(kInterrupted);
        }
        if (std::chrono::steady_clock::now() < end) continue;
        told("what it waits for does not answer: stopped all the same");
        std::_Exit(kOk);
    }
    leaving.join();
    told("stopped");
}

int serve(Cli& cli, const ServeOptions& options) {
    if (cli.pg.empty())
        return cli.refuse_usage("skein serve shares a store in Postgres with other nodes",
                                "Name it: `skein --pg postgresql://user@host/database serve`.");
    const StopSignals signals;
    http::HttpServer server({http::parse_endpoint(options.http)});
    const std::string address = options.advertise.empty() ? server.address() : options.advertise;
    http::parse_endpoint(address);
    Told told(cli);
    node::NodeOptions made = node_options(cli, options, address);
    made.tell = [&told](const std::string& line) { told(line); };
    std::atomic<bool> has_lost_log{false};
    made.on_lost_log = [&has_lost_log] {
        has_lost_log = true;
        ::kill(::getpid(), SIGTERM);  // leaves as where it is asked to
    };
    node::Node node(std::move(made));
    node::NodeHttp http(node, version_text());
    server.start([&http](const http::Request& request, http::HttpServer::Answer answer) {
        http.handle(request, std::move(answer));
    });
    told(fmt::format("node {} takes commands at {}", node.name(), address));
    leave_when_asked(signals, node, server, told);
    if (!has_lost_log) return kOk;
    cli.err() << "next:  Start it again: what it knew of the log is made anew from what stands.\n";
    return kCorruption;
}

}  // namespace

void add_serve(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<ServeOptions>();
    CliCommand sub = app.add_subcommand("serve", "Be a node: take commands, keep views");
    sub.add_option("--http", options->http, "Where it listens; port 0 is any free one")
        .from_environment("SKEIN_NODE__HTTP")
        .with_default();
    sub.add_option("--advertise", options->advertise,
                   "Where others reach it, if that is another HOST:PORT")
        .from_environment("SKEIN_NODE__ADVERTISE");
    sub.add_option("--lease", options->lease, "How long others wait for its shards after it died")
        .from_environment("SKEIN_NODE__LEASE")
        .with_default();
    sub.footer(
        "Any number of nodes share the shards of one store in Postgres evenly. Each takes the "
        "commands of\nthe shards that it owns, sends their events to Kafka where --kafka names "
        "brokers, and keeps views of\nall shards in --data. It answers at POST /v1/commands, "
        "/v1/swarms/S, /v1/swarms/S/runs/R, /metrics,\n/livez, /readyz and /version. SIGTERM hands "
        "its shards over; a second one stops it at once.\n"
        "Example:\n  skein --pg postgresql://skein@db/skein --kafka broker:9092 serve");
    sub.callback([&cli, options, set] { set([&cli, options] { return serve(cli, *options); }); });
}

}  // namespace skein::cli
