// A store in Postgres and its topics on the broker of the tests, for intakes to work on.
//
// Threads: one. Errors: Fault.
#pragma once

#include <memory>
#include <string>

#include "engine/bus/kafka/kafka_admin.h"
#include "engine/log/postgres/migrator.h"
#include "tests/bus/intake_node.h"
#include "tests/bus/intake_topics.h"
#include "tests/servers/kafka_broker.h"
#include "tests/servers/postgres_server.h"

namespace skein::bus::test {

inline constexpr std::uint32_t kIntakeShards = 4;

class IntakeStore {
 public:
    explicit IntakeStore(std::string prefix)
        : prefix_(std::move(prefix)),
          dsn_(skein::test::PostgresServer::shared().create_database()) {
        const auto options = store_at(dsn_, log::PostgresOpen::kCreate, kIntakeShards);
        log::Migrator(options.connect).up();
        SystemRandom random;
        log::PostgresLog::open(options, random);
        make_topics(kafka(), topic_plans(kafka(), kIntakeShards));
    }

    const std::string& dsn() const { return dsn_; }
    const std::string& prefix() const { return prefix_; }
    std::string brokers() const { return skein::test::KafkaBroker::shared().address(); }
    KafkaOptions kafka() const { return command_topics_at(brokers(), prefix_); }

    std::unique_ptr<IntakeNode> start(const std::string& name) const {
        return std::make_unique<IntakeNode>(
            IntakeNodeOptions{dsn_, kafka(), name, std::chrono::milliseconds(500)});
    }
    std::unique_ptr<KafkaTopic> outcomes() const {
        return outcomes_topic(kafka(), kIntakeShards, WhenMissing::kRefuse);
    }
    std::unique_ptr<KafkaTopic> dead_letters() const {
        return dead_letters_topic(kafka(), kIntakeShards, WhenMissing::kRefuse);
    }
    // The values of a run, as the log has them.
    std::string values_of(const std::string& stream) const {
        SystemRandom random;
        const auto log =
            log::PostgresLog::open(store_at(dsn_, log::PostgresOpen::kMustExist, 0), random);
        const domain::Registry registry = domain::standard_registry();
        const codec::Codec codec = codec::standard_codec(registry);
        const replay::LogStates folds(*log, codec, replay::Snapshots::kIgnore);
        return folds.latest(Stream(stream))->values(Timestamp{}).text();
    }

 private:
    const std::string prefix_;
    const std::string dsn_;
};

// [0,1,...,count-1]
inline std::string numbers_up_to(std::uint64_t count) {
    std::string text = "[";
    for (std::uint64_t i = 0; i < count; ++i) text += (i > 0 ? "," : "") + std::to_string(i);
    return text + "]";
}

}  // namespace skein::bus::test
