// A node that takes commands from Kafka and nothing else: a log in Postgres, leases, a runtime and
// an intake. For tests in one process, and for the processes that tests kill.
//
// Threads: one owner. Errors: Fault.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "engine/bus/kafka/kafka_topic.h"
#include "engine/domain/kinds/standard.h"
#include "engine/intake/intake.h"
#include "engine/log/postgres/leased_log.h"
#include "engine/log/postgres/postgres_log.h"
#include "engine/replay/log_states.h"

namespace skein::bus::test {

struct IntakeNodeOptions {
    std::string dsn;  // migrated, with a store
    KafkaOptions kafka;
    std::string name;
    std::chrono::milliseconds lease{1000};
};

inline log::PostgresLogOptions store_at(const std::string& dsn, log::PostgresOpen mode,
                                        std::uint32_t shards) {
    log::PostgresLogOptions options;
    options.connect.dsn = dsn;
    options.mode = mode;
    options.shard_count = shards;
    options.pool_size = 8;
    return options;
}

class IntakeNode {
 public:
    explicit IntakeNode(const IntakeNodeOptions& options)
        : registry_(domain::standard_registry()),
          codec_(codec::standard_codec(registry_)),
          log_(log::PostgresLog::open(store_at(options.dsn, log::PostgresOpen::kMustExist, 0),
                                      random_)),
          folds_(*log_, codec_, replay::Snapshots::kIgnore),
          commands_(commands_topic(options.kafka, log_->shard_count(), WhenMissing::kRefuse)),
          outcomes_(outcomes_topic(options.kafka, log_->shard_count(), WhenMissing::kRefuse)),
          dead_letters_(
              dead_letters_topic(options.kafka, log_->shard_count(), WhenMissing::kRefuse)),
          keeper_(keeper_options(options)),
          leased_(*log_, keeper_),
          runtime_({&leased_, &codec_, &folds_, &clock_, &random_}, {}),
          intake_({&leased_, &runtime_, commands_.get(), outcomes_.get(), dead_letters_.get(),
                   options.kafka.topics.commands},
                  {}) {
        intake_.start();
        is_ready_ = true;
        for (std::uint32_t s = 0; s < log_->shard_count(); ++s) follow(Shard(s));
    }
    ~IntakeNode() {
        intake_.stop();
        runtime_.stop();
        keeper_.stop();
    }
    IntakeNode(const IntakeNode&) = delete;
    IntakeNode& operator=(const IntakeNode&) = delete;

    intake::Intake& intake() { return intake_; }
    log::EventLog& log() { return *log_; }
    log::LeaseKeeper& keeper() { return keeper_; }

 private:
    log::LeaseKeeperOptions keeper_options(const IntakeNodeOptions& options) {
        log::LeaseKeeperOptions keeper;
        keeper.connect.dsn = options.dsn;
        keeper.owner = {options.name, options.name + ":0", options.lease};
        keeper.sharing = log::LeaseSharing::kFairShare;
        // The keeper's thread begins before there is an intake.
        keeper.on_change = [this](Shard shard, std::optional<Epoch>) {
            if (is_ready_) follow(shard);
        };
        return keeper;
    }
    // What is told can be overtaken by what is told next; what is held is true.
    void follow(Shard shard) {
        const std::lock_guard<std::mutex> lock(following_);
        const auto epoch = keeper_.held(shard);
        epoch ? intake_.own(shard, *epoch) : intake_.leave(shard);
    }

    SystemRandom random_;
    SystemClock clock_;
    domain::Registry registry_;
    codec::Codec codec_;
    std::unique_ptr<log::PostgresLog> log_;
    replay::LogStates folds_;
    std::unique_ptr<KafkaTopic> commands_;
    std::unique_ptr<KafkaTopic> outcomes_;
    std::unique_ptr<KafkaTopic> dead_letters_;
    std::atomic<bool> is_ready_{false};
    std::mutex following_;
    log::LeaseKeeper keeper_;
    log::LeasedLog leased_;
    runtime::Runtime runtime_;
    intake::Intake intake_;
};

}  // namespace skein::bus::test
