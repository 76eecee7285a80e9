#include "tests/torture/workload.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <stdexcept>

#include "engine/base/fault.h"
#include "engine/base/random.h"
#include "engine/bus/kafka/kafka_topic.h"
#include "engine/json/parse.h"
#include "tests/waiting/comes_true.h"
#include "tools/http/http_client.h"

namespace skein::torture {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t kOperationsOfRun = 100;
constexpr std::uint64_t kEverySharedOne = 5;
constexpr std::uint64_t kEveryGuardedOne = 3;
// How long a producer asks for the fate of one command: far above any outage here.
constexpr std::chrono::seconds kPatience{40};
constexpr milliseconds kBetweenTries{30};
constexpr milliseconds kBetweenReads{20};
constexpr milliseconds kDeliveryMax{5000};
constexpr milliseconds kBetweenRecords{10};  // nodes take them one by one; a backlog proves nothing
constexpr std::uint64_t kWrongPartition = 3;

std::string text_at(const json::Value& document, std::string_view pointer_member) {
    const auto member = document.is_object() ? document.find(pointer_member) : std::nullopt;
    return (member ? member->as_string() : std::nullopt).value_or("");
}

std::uint64_t number_at(const json::Value& document, std::string_view member) {
    const auto found = document.is_object() ? document.find(member) : std::nullopt;
    return static_cast<std::uint64_t>((found ? found->as_integer() : std::nullopt).value_or(0));
}

// One that may be sent again as it is: its fate is open.
bool is_open(std::string_view answer) {
    return answer.empty() || answer == "unknown" || answer == "read-only" ||
           answer == "shard-elsewhere" || answer == "overloaded" || answer == "closed" ||
           answer == "disk-full" || answer == "unavailable";
}

// What one producer sends, in order.
class Script {
 public:
    Script(int producer, std::uint64_t seed) : producer_(producer), ids_(seed) {}

    std::uint64_t run() const { return run_; }

    struct Command {
        Operation operation;
        std::string text;
    };
    Command next() {
        ++number_;
        if (number_ % kEverySharedOne == 0) return shared();
        if (run_ == 0 || written_ == kOperationsOfRun) return start_run();
        ++written_;
        return update();
    }
    // What became of the last one, as far as it is known.
    void settled(const Operation& operation) {
        const bool is_of_run = operation.stream == stream();
        if (is_of_run)
            version_ = operation.fate == Fate::kAccepted ? operation.version : Version(0);
    }

 private:
    std::string stream() const {
        return fmt::format("swarm/{}/run/r{}", swarm_of(producer_), run_);
    }
    Command command(std::string stream, const std::string& rest) {
        Command made;
        made.operation.command_id = ids_.uuid();
        made.operation.stream = std::move(stream);
        made.operation.number = number_;
        made.operation.producer = producer_;
        made.text =
            fmt::format(R"({{"command_id":"{}",{}}})", made.operation.command_id.str(), rest);
        return made;
    }
    Command shared() {
        return command(
            fmt::format("swarm/{}", kShared),
            fmt::format(R"("type":"UpdateSwarm","swarm":"{}","data":{{"config":{{"p{}":{}}}}})",
                        kShared, producer_, number_));
    }
    Command start_run() {
        ++run_;
        written_ = 0;
        version_ = Version(0);
        return command(
            stream(),
            fmt::format(
                R"("type":"StartRun","swarm":"{}","run":"r{}","data":{{"inputs":{{"seq":{}}}}})",
                swarm_of(producer_), run_, number_));
    }
    // Some say which version they build on: then an answer that was made up shows as a conflict.
    Command update() {
        const bool is_guarded = number_ % kEveryGuardedOne == 0 && version_ > Version(0);
        const std::string guard =
            is_guarded ? fmt::format(R"("expected_version":{},)", version_.value()) : "";
        return command(
            stream(),
            fmt::format(
                R"("type":"UpdateContext","swarm":"{}","run":"r{}",{}"data":{{"updates":[{{"key":"seq","op":"set","value":{}}}]}})",
                swarm_of(producer_), run_, guard, number_));
    }

    const int producer_;
    SeededRandom ids_;
    std::uint64_t number_ = 0;
    std::uint64_t run_ = 0;
    std::uint64_t written_ = 0;
    Version version_{0};
};

// A node as a client of the network sees it.
class Caller {
 public:
    explicit Caller(Cluster& cluster) : cluster_(cluster) {}

    std::optional<json::Value> ask(int node, const http::Request& request) {
        try {
            http::HttpClient client(cluster_.node(node).address(),
                                    {milliseconds(1000), milliseconds(8000)});
            const http::Response response = client.ask(request);
            auto document = json::parse(response.body);
            if (!document) return std::nullopt;
            return *std::move(document);
        } catch (const Fault&) {
            return std::nullopt;
        }
    }

 private:
    Cluster& cluster_;
};

// Sends it to one node; true where its fate is known by the answer.
bool try_once(Caller& caller, int node, const std::string& text, Operation& operation) {
    ++operation.tries;
    operation.last_sent = SystemClock().now();
    const auto result = caller.ask(node, {"POST", "/v1/commands", text});
    if (!result) {
        operation.is_doubtful = true;
        return false;
    }
    const std::string outcome = text_at(*result, "outcome");
    operation.answer = outcome == "accepted" ? outcome : text_at(*result, "code");
    if (outcome == "accepted") {
        operation.fate = Fate::kAccepted;
        const auto duplicate = result->find("duplicate");
        operation.is_duplicate = duplicate && duplicate->as_boolean().value_or(false);
        const auto events = result->find("events");
        if (events && events->count() > 0)
            operation.version = Version(number_at(events->elements()[0], "version"));
        return true;
    }
    if (outcome == "unknown" || operation.answer.empty()) {
        operation.is_doubtful = true;
        return false;
    }
    if (is_open(operation.answer)) return false;  // refused for now: it was not done
    operation.fate = Fate::kRefused;
    return true;
}

}  // namespace

std::string swarm_of(int producer) { return fmt::format("s{}", producer); }

Workload::Workload(Cluster& cluster, History& history, std::uint64_t seed)
    : cluster_(cluster), history_(history), seed_(seed) {}

Workload::~Workload() { end(); }

void Workload::make_swarms() {
    std::vector<std::string> names{kShared};
    for (int producer = 0; producer < kProducers; ++producer) names.push_back(swarm_of(producer));
    for (const std::string& name : names) {
        const std::string text =
            fmt::format(R"({{"type":"CreateSwarm","swarm":"{}","data":{{}}}})", name);
        const bool is_made = skein::test::comes_true([&] {
            for (int node = 0; node < kNodes; ++node) {
                const std::string answer = cluster_.node(node).send(text);
                if (answer == "accepted" || answer == "already-exists") return true;
            }
            return false;
        });
        if (!is_made) throw std::runtime_error("no node makes the swarm " + name);
    }
}

void Workload::begin() {
    make_swarms();
    for (int producer = 0; producer < kHttpProducers; ++producer)
        threads_.emplace_back([this, producer] { produce(producer); });
    threads_.emplace_back([this] { produce_by_topic(kHttpProducers); });
    for (int reader = 0; reader < kReaders; ++reader)
        threads_.emplace_back([this, reader] { read(reader); });
}

void Workload::end() {
    is_ending_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void Workload::produce(int producer) {
    Caller caller(cluster_);
    Script script(producer, seed_ + static_cast<std::uint64_t>(producer));
    SeededRandom dice(seed_ ^ static_cast<std::uint64_t>(producer + 1));
    int node = producer % kNodes;
    while (!is_ending_) {
        Script::Command command = script.next();
        runs_[static_cast<std::size_t>(producer)] = script.run();
        const auto end = steady_clock::now() + kPatience;
        while (!try_once(caller, node, command.text, command.operation)) {
            if (steady_clock::now() > end) break;
            node = static_cast<int>(dice.below(kNodes));
            std::this_thread::sleep_for(kBetweenTries);
        }
        script.settled(command.operation);
        history_.add(std::move(command.operation));
    }
}

// A command that the broker has taken is a promise: it is taken once, whatever becomes of the
// nodes.
void Workload::produce_by_topic(int producer) {
    Script script(producer, seed_ + static_cast<std::uint64_t>(producer));
    bus::KafkaOptions options;
    options.brokers = cluster_.brokers();
    const auto topic = bus::commands_topic(options, kShards, bus::WhenMissing::kRefuse);
    std::unique_ptr<bus::Publisher> publisher;
    const std::string key = "swarm/" + swarm_of(producer);
    std::optional<steady_clock::time_point> end;
    const auto has_given_up = [&] {
        if (is_ending_ && !end) end = steady_clock::now() + kPatience;
        return end && steady_clock::now() > *end;
    };
    while (!is_ending_) {
        Script::Command command = script.next();
        runs_[static_cast<std::size_t>(producer)] = script.run();
        bool is_taken = false;
        // What follows builds on it, so nothing is given up before the end.
        while (!is_taken && !has_given_up()) {
            try {
                if (!publisher || !publisher->failure().empty())
                    publisher = topic->open_publisher();
                ++command.operation.tries;
                const Position number(command.operation.number);
                // Another shard's partition: it is re-produced to its own, in order.
                if (publisher->offer(Shard(kWrongPartition), number, {key, command.text, {}}) ==
                    bus::Publisher::Offer::kFull)
                    continue;
                const auto patience = steady_clock::now() + kDeliveryMax;
                while (!is_taken && steady_clock::now() < patience &&
                       publisher->failure().empty()) {
                    publisher->poll(milliseconds(20), [&](const bus::Delivery& delivery) {
                        is_taken = is_taken || (delivery.position == number && delivery.offset);
                    });
                }
            } catch (const Fault&) {
                publisher.reset();
                std::this_thread::sleep_for(kBetweenTries);
            }
        }
        if (is_taken) command.operation.fate = Fate::kAccepted;
        std::this_thread::sleep_for(kBetweenRecords);
        history_.add(std::move(command.operation));
    }
}

void Workload::read(int reader) {
    Caller caller(cluster_);
    SeededRandom dice(seed_ ^ static_cast<std::uint64_t>(1000 + reader));
    while (!is_ending_) {
        std::this_thread::sleep_for(kBetweenReads);
        const int node = static_cast<int>(dice.below(kNodes));
        const int producer = static_cast<int>(dice.below(kProducers));
        const std::uint64_t run = runs_[static_cast<std::size_t>(producer)];
        if (run == 0) continue;
        const int life = cluster_.life_of(node);
        const std::string path = fmt::format("/v1/swarms/{}/runs/r{}", swarm_of(producer), run);
        const auto asked = steady_clock::now();
        const auto document = caller.ask(node, {"GET", path, ""});
        const auto answered = steady_clock::now();
        if (!document || cluster_.life_of(node) != life) continue;
        const auto point = document->find("point");
        const auto variables = document->find("variables");
        if (!point || !variables) continue;  // the run is not in this node's views yet
        const auto seq = variables->find("seq");
        history_.add(Sighting{node, life, fmt::format("swarm/{}/run/r{}", swarm_of(producer), run),
                              Version(number_at(*point, "version")),
                              seq ? number_at(*seq, "value") : 0, asked, answered});
    }
}

}  // namespace skein::torture
