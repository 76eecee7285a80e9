#include "tools/library/forwarder.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <map>
#include <utility>

#include "engine/base/fault.h"
#include "engine/domain/codes.h"

namespace skein {

namespace {

using std::chrono::milliseconds;

// As many as one round of the runtime takes a part of; a request stays far below its limit.
constexpr std::size_t kBatchMax = 256;
constexpr std::size_t kBatchBytesMax = 4U << 20;
// Owners change seldom, and a wrong one says so.
constexpr milliseconds kLookInterval{1000};
constexpr milliseconds kPause{50};  // before a node is asked again
// Longer than a lease that runs out and is taken by another node.
constexpr std::chrono::seconds kPatience{30};

Outcome unknown(const Uuid& id, std::string detail) {
    Outcome outcome;
    outcome.command_id = id;
    outcome.detail = std::move(detail);
    return outcome;
}

bool is_rejected_by(const Outcome& outcome, const domain::RejectionCode& code) {
    return outcome.kind == OutcomeKind::kRejected && outcome.rejection->code == &code;
}

json::Value with_id(const json::Value& document, const Uuid& id) {
    if (document.find("command_id")) return document;
    auto members = document.members();
    members.emplace_back("command_id", json::Value::string(id.str()));
    return json::Value::object(std::move(members));
}

}  // namespace

Forwarder::Forwarder(Store& store, log::LeaseKeeper& leases, std::shared_ptr<CommandRoute> route)
    : store_(store), leases_(leases), route_(std::move(route)) {}

Forwarder::~Forwarder() { stop(); }

Outcome Forwarder::submit(const json::Value& document, Deadline deadline) {
    const auto answer = std::make_shared<std::promise<Outcome>>();
    std::future<Outcome> outcome = answer->get_future();
    store_.submit_async(document, [answer](Outcome given) { answer->set_value(std::move(given)); });
    if (!deadline || outcome.wait_until(*deadline) == std::future_status::ready)
        return outcome.get();
    Outcome late;
    late.command_id = domain::command_id_of(document);
    late.detail = "the deadline passed before the answer; send again with this command_id";
    return late;
}

void Forwarder::put(const json::Value& document, domain::Command command, Callback done,
                    std::shared_ptr<runtime::Sequence> sequence) {
    Item item;
    item.document = with_id(document, command.id);
    item.shard = log::shard_of(store_.log(), command.stream);
    item.command = std::move(command);
    item.done = std::move(done);
    item.sequence = std::move(sequence);
    {
        const std::lock_guard lock(mutex_);
        if (!is_stopping_) {
            if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
            queue_.push_back(std::move(item));
            changed_.notify_all();
            return;
        }
    }
    item.done(unknown(item.command.id, "the store is closing; send again with this command_id"));
}

void Forwarder::stop() {
    std::thread thread;
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        thread.swap(thread_);
    }
    changed_.notify_all();
    if (thread.joinable()) thread.join();
}

void Forwarder::run() {
    while (true) {
        Items items = take_waiting();
        if (items.empty()) return;
        const bool is_refused =
            std::any_of(items.begin(), items.end(), [](const Item& item) { return item.refused; });
        if (is_refused || !looked_at_ || Clock::now() - *looked_at_ > kLookInterval)
            look_at_owners();
        serve(std::move(items));
    }
}

// What waits, of one sequence; nothing once stopped.
Forwarder::Items Forwarder::take_waiting() {
    Items items;
    std::size_t bytes = 0;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_stopping_ || !queue_.empty(); });
    while (!queue_.empty() && items.size() < kBatchMax && bytes < kBatchBytesMax) {
        if (!items.empty() && queue_.front().sequence != items.front().sequence) break;
        bytes += queue_.front().command.content.size();
        items.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return items;
}

void Forwarder::look_at_owners() {
    looked_at_ = Clock::now();
    try {
        owners_ = leases_.owners();
    } catch (const Fault&) {
        owners_ = {};  // this process will hear so too, and say what is wrong
    }
}

Forwarder::Owner Forwarder::owner_of(const Item& item, std::string& address) const {
    for (const log::LeaseRow& row : owners_.shards) {
        if (row.shard != item.shard || !row.is_live() || row.address.empty()) continue;
        address = row.address;
        return Owner::kNode;
    }
    const bool is_patient = !item.give_up_at || Clock::now() < *item.give_up_at;
    return owners_.has_nodes && is_patient ? Owner::kNobodyYet : Owner::kThisProcess;
}

// Those of a sequence go on together while they have one owner; others are sorted by owner.
void Forwarder::serve(Items items) {
    std::map<std::string, Items> of_nodes;
    Items of_nobody;
    for (std::size_t i = 0; i < items.size(); ++i) {
        Item& item = items[i];
        std::string address;
        const Owner owner = owner_of(item, address);
        const bool breaks_order = item.sequence && !of_nodes.empty() && !of_nodes.contains(address);
        if (breaks_order || (item.sequence && owner == Owner::kNobodyYet)) {
            of_nobody.assign(std::make_move_iterator(items.begin() + static_cast<long>(i)),
                             std::make_move_iterator(items.end()));
            break;
        }
        switch (owner) {
            case Owner::kThisProcess: decide_here(std::move(item)); break;
            case Owner::kNobodyYet: of_nobody.push_back(std::move(item)); break;
            case Owner::kNode:
                if (item.refused) item.give_up_at.reset();
                item.refused.reset();
                of_nodes[address].push_back(std::move(item));
                break;
        }
    }
    if (!of_nobody.empty() && of_nodes.empty()) {
        put_back(std::move(of_nobody), "no node has taken the shard yet");
    } else if (!of_nobody.empty()) {
        const std::lock_guard lock(mutex_);
        queue_.insert(queue_.begin(), std::make_move_iterator(of_nobody.begin()),
                      std::make_move_iterator(of_nobody.end()));
    }
    for (auto& [address, group] : of_nodes) send(address, std::move(group));
}

// To be tried again after a pause, in their order; those that were tried for long are answered.
void Forwarder::put_back(Items items, const std::string& why) {
    looked_at_.reset();
    const Clock::time_point now = Clock::now();
    Items again;
    std::unique_lock lock(mutex_);
    for (Item& item : items) {
        if (!item.give_up_at) item.give_up_at = now + kPatience;
        if (!is_stopping_ && now < *item.give_up_at) {
            again.push_back(std::move(item));
            continue;
        }
        lock.unlock();
        item.done(unknown(item.command.id, why + "; send again with this command_id"));
        lock.lock();
    }
    queue_.insert(queue_.begin(), std::make_move_iterator(again.begin()),
                  std::make_move_iterator(again.end()));
    changed_.wait_for(lock, kPause, [this] { return is_stopping_; });
}

void Forwarder::decide_here(Item item) {
    // A node has none of it, and none has come since this process refused it.
    if (item.refused) return item.done(std::move(*item.refused));
    {
        const std::lock_guard lock(mutex_);
        ++own_;
    }
    const auto kept = std::make_shared<Item>(std::move(item));
    const std::shared_ptr<runtime::Sequence> sequence = kept->sequence;
    domain::Command command = kept->command;
    store_.submit_async(
        std::move(command),
        [this, kept](Outcome outcome) {
            if (!ask_again(*kept, outcome)) kept->done(std::move(outcome));
        },
        sequence);
}

// What was decided here is answered, but where a node took the shard meanwhile, perhaps: then who
// owns it is asked once more.
bool Forwarder::ask_again(Item& item, Outcome& outcome) {
    bool is_asked_again = false;
    {
        const std::lock_guard lock(mutex_);
        --own_;
        is_asked_again =
            !is_stopping_ && !item.sequence && is_rejected_by(outcome, domain::codes::kReadOnly);
        if (is_asked_again) {
            item.refused = std::move(outcome);
            item.give_up_at = Clock::now();
            queue_.push_front(std::move(item));
        }
    }
    changed_.notify_all();
    return is_asked_again;
}

// Until this process has answered what it decides: what is sent elsewhere may rest on it.
void Forwarder::wait_for_own() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return own_ == 0; });
}

void Forwarder::send(const std::string& address, Items items) {
    const std::shared_ptr<runtime::Sequence> sequence = items.front().sequence;
    if (sequence) {
        wait_for_own();
        if (sequence->is_stopped) {
            for (Item& item : items)
                item.done(unknown(item.command.id, "not tried: an earlier command was rejected"));
            return;
        }
    }
    std::vector<json::Value> documents;
    documents.reserve(items.size());
    for (const Item& item : items) documents.push_back(item.document);
    std::vector<Outcome> outcomes;
    try {
        outcomes =
            route_->send(address, documents, sequence ? AtRejection::kStop : AtRejection::kGoOn);
    } catch (const Fault& fault) {
        return put_back(std::move(items), fault.what());
    }
    Items again;
    for (std::size_t i = 0; i < items.size(); ++i) {
        Item& item = items[i];
        if (is_rejected_by(outcomes[i], domain::codes::kShardElsewhere) ||
            (sequence && !again.empty())) {
            again.push_back(std::move(item));
            continue;
        }
        if (sequence && outcomes[i].kind != OutcomeKind::kAccepted) sequence->is_stopped = true;
        item.done(std::move(outcomes[i]));
    }
    if (!again.empty())
        put_back(std::move(again), fmt::format("the node at {} does not write the shard", address));
}

}  // namespace skein
