// Forwarder: sends each command to who writes its shard: a node, or this process where no node is
// alive. Who that is, the leases say; they are asked again whenever a node is gone or refuses.
//
// Commands are sent again under the same id until there is an answer, so a node that dies on the
// way costs time, never a command. Those of one Sequence keep their order.
// Threads: all methods from any thread; answers come from a thread of its own or the runtime's.
// Errors: outcomes. Source: design section 4 (ownership); interfaces section 4.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/log/postgres/lease_keeper.h"
#include "engine/runtime/runtime.h"
#include "tools/library/command_route.h"
#include "tools/library/store.h"

namespace skein {

class Forwarder {
 public:
    using Callback = runtime::Runtime::Callback;
    using Deadline = runtime::Runtime::Deadline;

    // Both outlive it.
    Forwarder(Store& store, log::LeaseKeeper& leases, std::shared_ptr<CommandRoute> route);
    ~Forwarder();  // stop()
    Forwarder(const Forwarder&) = delete;
    Forwarder& operator=(const Forwarder&) = delete;

    Outcome submit(const json::Value& document, Deadline deadline);
    // `command` is what `document` says.
    void put(const json::Value& document, domain::Command command, Callback done,
             std::shared_ptr<runtime::Sequence> sequence);
    // Answers what waits: unknown where no node has answered. Idempotent.
    void stop();

 private:
    using Clock = std::chrono::steady_clock;
    struct Item {
        json::Value document;  // with its id
        domain::Command command;
        Shard shard;
        Callback done;
        std::shared_ptr<runtime::Sequence> sequence;
        std::optional<Clock::time_point> give_up_at;
        std::optional<Outcome> refused;  // by this process: a node may own the shard by now
    };
    using Items = std::vector<Item>;
    enum class Owner { kNode, kThisProcess, kNobodyYet };

    void run();
    Items take_waiting();
    void put_back(Items items, const std::string& why);
    void serve(Items items);
    void look_at_owners();
    Owner owner_of(const Item& item, std::string& address) const;
    void decide_here(Item item);
    bool ask_again(Item& item, Outcome& outcome);
    void send(const std::string& address, Items items);
    void wait_for_own();

    Store& store_;
    log::LeaseKeeper& leases_;
    const std::shared_ptr<CommandRoute> route_;

    // Owned by thread_.
    log::LeaseKeeper::Owners owners_;
    std::optional<Clock::time_point> looked_at_;  // none: look again

    std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    std::deque<Item> queue_;
    std::size_t own_ = 0;  // on their way in this process
    bool is_stopping_ = false;
    std::thread thread_;  // made when first needed
};

}  // namespace skein
