// LeaseKeeper: the shards that this process may write, and the thread that keeps it so.
//
// A guest (kOnDemand: the command line) takes a lease when it has something to append, and gives it
// back when it is idle or somebody asks. A node (kFairShare) takes its even share of the shards and
// what others leave. Safety is the epoch's alone, which the database checks with every append: this
// class decides who tries.
// Threads: methods from any thread; `on_change` is called from the keeper's thread, or from the one
// that appends, with nothing locked. Errors: Fault of LeaseRows; the thread tries again by itself.
// Source: design sections 3 (leases) and 4 (ownership); V-172.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/log/event_log.h"
#include "engine/log/postgres/lease.h"
#include "engine/log/postgres/pg_options.h"

namespace skein::log {

class LeaseRows;

enum class LeaseSharing {
    kOnDemand,   // take what is needed, give back what is not
    kFairShare,  // share all shards evenly with the other nodes
};

struct LeaseKeeperOptions {
    PgConnectOptions connect;
    LeaseOwner owner;
    LeaseSharing sharing = LeaseSharing::kOnDemand;
    // A shard became ours (its epoch) or ceased to be (none).
    std::function<void(Shard, std::optional<Epoch>)> on_change;
};

class LeaseKeeper {
 public:
    explicit LeaseKeeper(LeaseKeeperOptions options);
    ~LeaseKeeper();  // stop()
    LeaseKeeper(const LeaseKeeper&) = delete;
    LeaseKeeper& operator=(const LeaseKeeper&) = delete;

    LeaseSharing sharing() const { return options_.sharing; }
    // The epoch under which this process writes the shard.
    std::optional<Epoch> held(Shard shard) const;
    std::vector<Shard> held_shards() const;
    // Who has which shard as the database says now, and whether any node is alive.
    struct Owners {
        std::vector<LeaseRow> shards;
        bool has_nodes = false;
    };
    Owners owners();

    // Whether the database takes what this process writes about itself, as of the last look.
    struct Health {
        std::chrono::steady_clock::time_point renewed_at;  // when the last look that worked began
        std::string problem;  // why the last one did not; empty: it did
    };
    Health health() const;
    // The next look comes now: somebody has reason to doubt the last one.
    void look_soon();

    // The right to append to a shard, for as long as this lives: it is not given back meanwhile.
    class Use {
     public:
        Use(LeaseKeeper& keeper, Shard shard) : keeper_(&keeper), shard_(shard) {}
        ~Use() {
            if (keeper_ != nullptr) keeper_->end_use(shard_);
        }
        Use(Use&& other) noexcept : keeper_(other.keeper_), shard_(other.shard_) {
            other.keeper_ = nullptr;
        }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;
        Use& operator=(Use&&) = delete;

     private:
        LeaseKeeper* keeper_;
        Shard shard_;
    };
    // None where the shard is not ours under that epoch.
    std::optional<Use> use(Shard shard, Epoch epoch);
    // The same for who cannot append yet, since its batch was made under another epoch: a guest
    // keeps the lease for its length, however long it takes to make the batch again.
    std::optional<Use> use_later(Shard shard, Epoch epoch);

    // Asks the database for the lease; the holder says who has it where that failed. Not at once
    // where it was just given to somebody who asked.
    TakenLease take(Shard shard);
    // Raises the epoch, or finds that another one has: appends of ours whose answers were lost
    // write nothing from now on, and what they wrote before can be seen.
    void fence_orphans(Shard shard);
    // The database said that the epoch is another one by now.
    void lose(Shard shard, Epoch epoch);

    // Gives everything back and joins the thread. Idempotent.
    void stop();

 private:
    using Clock = std::chrono::steady_clock;
    struct Held {
        Epoch epoch;
        unsigned uses = 0;
        bool is_leaving = false;
        bool is_awaited = false;  // somebody is making a batch for it
        Clock::time_point used_at;
    };

    void end_use(Shard shard);
    TakenLease take_now(Shard shard);
    void run();
    void renew();
    void give_back_idle(const std::vector<RenewedLease>& renewed);
    void share();
    void release(const std::vector<Shard>& shards);
    void tell(Shard shard, std::optional<Epoch> epoch) const;
    std::chrono::milliseconds pause() const;

    const LeaseKeeperOptions options_;
    const std::unique_ptr<LeaseRows> rows_;
    mutable std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    std::map<Shard, Held> held_;
    std::map<Shard, Clock::time_point> yielded_;  // given to who asked; not taken back at once
    Clock::time_point renewed_at_;                // when the last renewal that worked was sent
    std::string problem_;                         // of the last look
    bool must_look_ = false;
    bool is_stopping_ = false;
    bool has_stopped_ = false;
    std::thread thread_;  // started under mutex_

    std::optional<Clock::time_point> next_end_;  // of another one's lease; owned by thread_
};

}  // namespace skein::log
