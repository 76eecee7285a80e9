#include "tools/node/node.h"

#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/fault.h"
#include "engine/domain/codes.h"
#include "engine/json/writer.h"
#include "engine/log/postgres/lease_keeper.h"

namespace skein::node {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTend{100};
constexpr milliseconds kHeads{500};
// A loop that has not come round for as long is stuck.
constexpr std::chrono::seconds kStuck{10};
// Of the questions at start: a broker that is away holds nobody up for long.
constexpr milliseconds kTopicCheck{3000};
// Sessions end and begin again by themselves; what lasts for longer is worth a line.
constexpr std::chrono::seconds kQuiet{3};
// A disk that refused something is held to be full for so long, unless it takes something.
constexpr std::chrono::seconds kFullKnown{5};
constexpr std::uint64_t kRetryAfterMs = 1000;

// Never the same twice, and readable where somebody looks for it.
std::string new_name(Random& random) {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    return fmt::format("{}:{}:{}", host.data(), ::getpid(), random.uuid().str().substr(0, 8));
}

Outcome refused(const Uuid& id, const domain::RejectionCode& code, Shard shard, std::string why) {
    json::ObjectWriter context;
    context.member_number("retry_after_ms", kRetryAfterMs);
    context.member_number("shard", shard.value());
    return runtime::rejected(id, domain::reject(code, std::move(why), context.value()));
}

std::string list_of(const std::map<Shard, Epoch>& shards) {
    std::vector<std::uint64_t> numbers;
    numbers.reserve(shards.size());
    for (const auto& [shard, epoch] : shards) numbers.push_back(shard.value());
    return fmt::format("{}", fmt::join(numbers, " "));
}

// What stood at the end of a shard and does not stand there any more; empty: everything does.
std::string find_lost(const log::EventLog& log, const std::vector<log::Head>& before,
                      const std::vector<log::Head>& now) {
    for (std::uint32_t s = 0; s < before.size(); ++s) {
        const Position position = before[s].position;
        if (now[s].position < position)
            return fmt::format("shard {} ends at position {}, and had come to {}", s,
                               now[s].position.value(), position.value());
        if (now[s].hash == before[s].hash || position.value() == 0) continue;
        const auto event = log.read(Shard(s), position);
        if (!event || event->hash != before[s].hash)
            return fmt::format("shard {} has another event at position {} than before", s,
                               position.value());
    }
    return {};
}

}  // namespace

Node::Node(NodeOptions options) : options_(std::move(options)) {
    SystemRandom random;
    name_ = new_name(random);
    tended_at_ = Clock::now().time_since_epoch().count();
    if (options_.kafka) open_bus();
    open_store();
    heads_.resize(store_->log().shard_count());
    if (relay_topic_) start_bus();
    tender_ = std::thread([this] { tend(); });
    watcher_ = std::thread([this] { watch_heads(); });
}

Node::~Node() { drain(); }

void Node::open_bus() {
    const bus::KafkaOptions& kafka = *options_.kafka;
    SystemRandom random;
    const log::StoreInfo info = log::PostgresLog::open(*options_.store.postgres, random)->info();
    bus::KafkaOptions hasty = kafka;
    hasty.timeout = std::min(kafka.timeout, kTopicCheck);
    try {
        bus::check_topics(hasty, bus::topic_plans(kafka, info.shard_count));
        bus::check_owner(*bus::events_topic(hasty, info.shard_count, bus::WhenMissing::kRefuse),
                         info.shard_count, info.store_id);
    } catch (const Fault& fault) {
        if (fault.kind() != FaultKind::kUnavailable) throw;
        tell(fmt::format("Kafka is away, commands go on without it: {}", fault.what()));
    }
    relay_topic_ = bus::events_topic(kafka, info.shard_count, bus::WhenMissing::kMake);
    const auto refuse = bus::WhenMissing::kRefuse;
    feed_topic_ = bus::events_topic(kafka, info.shard_count, refuse);
    commands_topic_ = bus::commands_topic(kafka, info.shard_count, refuse);
    outcomes_topic_ = bus::outcomes_topic(kafka, info.shard_count, refuse);
    dead_letters_topic_ = bus::dead_letters_topic(kafka, info.shard_count, refuse);
}

// Both begin with no shard at all.
void Node::start_bus() {
    relay_ = std::make_unique<bus::Relay>(store_->log(), store_->log().info().store_id,
                                          *relay_topic_, bus::RelayOptions{});
    relay_->set_shards({});
    relay_->start();
    const intake::IntakeParts parts{&store_->written_log(),    &store_->runtime(),
                                    commands_topic_.get(),     outcomes_topic_.get(),
                                    dead_letters_topic_.get(), options_.kafka->topics.commands};
    intake_ = std::make_unique<intake::Intake>(parts, intake::IntakeOptions{});
    intake_->start();
}

void Node::open_store() {
    StoreOptions store = options_.store;
    store.mode = OpenMode::kMustExist;
    store.projecting = Projecting::kLive;
    store.node = NodeRole{name_, options_.address, [this](Shard) {
                              ++ownership_changes_;
                              changed_.notify_all();
                          }};
    if (feed_topic_)
        store.feed = [this](const log::EventLog& log) {
            auto feed =
                std::make_unique<bus::TopicFeed>(log, *feed_topic_, bus::TopicFeedOptions{});
            feed_ = feed.get();
            feed->start();
            return feed;
        };
    store_ = Store::open(store);
}

void Node::tell(const std::string& line) const {
    if (options_.tell) options_.tell(line);
}

bool Node::is_read_only() const {
    if (has_lost_log_) return true;
    const log::LeaseKeeper::Health health = store_->leases()->health();
    const auto renewed_at = health.renewed_at.time_since_epoch();
    if (!health.problem.empty() || trouble_at_.load() > renewed_at.count()) return true;
    // A server that says nothing at all: looks wait for it.
    return renewed_at.count() > 0 && Clock::now() - health.renewed_at > 2 * options_.store.lease;
}

bool Node::is_log_full() const {
    return full_at_.load() > 0 &&
           Clock::now().time_since_epoch() - Clock::duration(full_at_.load()) < kFullKnown;
}

bool Node::is_stale() const {
    return is_read_only() || !store_->views().counters().failure.empty() ||
           lag_events() > options_.lag_events_max;
}

bool Node::is_alive() const {
    return Clock::now().time_since_epoch() - Clock::duration(tended_at_.load()) < kStuck;
}

std::vector<std::string> Node::unready() const {
    std::vector<std::string> reasons;
    if (is_draining_) reasons.emplace_back("draining");
    if (has_lost_log_) reasons.emplace_back("the log went back");
    if (is_read_only()) reasons.emplace_back("the log cannot be written");
    if (is_log_full()) reasons.emplace_back("the disk of the log is full");
    if (is_topic_foreign()) reasons.emplace_back("the topics are another store's");
    const std::string failure = store_->views().counters().failure;
    if (!failure.empty()) reasons.push_back("the views stand still: " + failure);
    const std::uint64_t lag = lag_events();
    if (lag > options_.lag_events_max)
        reasons.push_back(fmt::format("the views are {} events behind", lag));
    return reasons;
}

std::uint64_t Node::lag_events() const {
    std::vector<Position> heads;
    {
        const std::lock_guard lock(mutex_);
        heads = heads_;
    }
    std::uint64_t lag = 0;
    for (std::uint32_t s = 0; s < heads.size(); ++s) {
        const Position applied = store_->views().applied(Shard(s));
        if (heads[s] > applied) lag = std::max(lag, heads[s].value() - applied.value());
    }
    return lag;
}

NodeStatus Node::status() const {
    NodeStatus status;
    status.name = name_;
    {
        const std::lock_guard lock(mutex_);
        status.heads = heads_;
    }
    status.owned = store_->leases()->held_shards();
    for (std::uint32_t s = 0; s < status.heads.size(); ++s)
        status.applied.push_back(store_->views().applied(Shard(s)));
    status.is_read_only = is_read_only() || is_log_full();
    status.is_draining = is_draining_;
    status.lag_events = lag_events();
    status.accepted = accepted_;
    status.rejected = rejected_;
    status.unknown = unknown_;
    status.in_flight = open_commands_.count();
    status.ownership_changes = ownership_changes_;
    if (feed_ != nullptr) status.feed = feed_->status();
    if (!relay_) return status;
    status.relay = relay_->status();
    status.intake = intake_->counters();
    for (const Shard shard : status.owned) {
        // What this node has appended since it last asked counts as well.
        const Position head = std::max(status.heads[shard.value()], store_->log().grown_to(shard));
        const Position delivered = status.relay->shards[shard.value()].delivered;
        if (head > delivered) status.relay_lag_events += head.value() - delivered.value();
    }
    return status;
}

// At once, so that nobody waits for a log that is away or for a shard that others write.
std::optional<Outcome> Node::refusal_of(const domain::Command& command) const {
    const Shard shard = log::shard_of(store_->log(), command.stream);
    if (is_draining_)
        return refused(command.id, domain::codes::kShardElsewhere, shard, "this node is leaving");
    if (is_read_only())
        return refused(command.id, domain::codes::kReadOnly, shard,
                       "Postgres cannot be written to at present");
    if (store_->leases()->held(shard)) return std::nullopt;
    return refused(command.id, domain::codes::kShardElsewhere, shard,
                   fmt::format("shard {} is not this node's", shard.value()));
}

void Node::submit(const json::Value& command, runtime::Runtime::Callback done,
                  std::shared_ptr<runtime::Sequence> sequence) {
    auto parsed = store_->parse(command);
    // The store says what is wrong with it.
    if (!parsed) return store_->submit_async(command, std::move(done), std::move(sequence));
    // Before it is asked whether it drains: whoever drains waits for this one.
    const auto finish = open_commands_.add(parsed->id, std::move(done));
    if (auto refusal = refusal_of(*parsed)) {
        ++rejected_;
        return finish(std::move(*refusal));
    }
    const Shard shard = log::shard_of(store_->log(), parsed->stream);
    store_->submit_async(
        std::move(*parsed),
        [this, shard, finish](Outcome outcome) {
            take_outcome(shard, outcome);
            finish(std::move(outcome));
        },
        std::move(sequence));
}

std::string Node::why_read_only() const {
    if (has_lost_log_) return "the log went back";
    const std::string problem = store_->leases()->health().problem;
    return problem.empty() ? "Postgres has not answered" : problem;
}

// Read-only until the database has taken something of ours again.
void Node::note_trouble() {
    trouble_at_ = Clock::now().time_since_epoch().count();
    store_->leases()->look_soon();
}

void Node::give_up_late() {
    const std::size_t late = open_commands_.give_up(
        options_.answer_max,
        fmt::format("the log has not answered for {} s",
                    std::chrono::duration_cast<std::chrono::seconds>(options_.answer_max).count()));
    if (late == 0) return;
    unknown_ += late;
    note_trouble();
}

// Counts it; says `shard-elsewhere` where the runtime could only say that it was not let.
void Node::take_outcome(Shard shard, Outcome& outcome) {
    if (outcome.kind == OutcomeKind::kAccepted) {
        ++accepted_;
        full_at_ = 0;
    }
    if (outcome.kind == OutcomeKind::kUnknown) {
        ++unknown_;
        note_trouble();
    }
    if (outcome.kind != OutcomeKind::kRejected) return;
    ++rejected_;
    if (outcome.rejection->code == &domain::codes::kDiskFull) {
        full_at_ = Clock::now().time_since_epoch().count();
        outcome = refused(*outcome.command_id, domain::codes::kDiskFull, shard,
                          outcome.rejection->message);
        return;
    }
    if (outcome.rejection->code != &domain::codes::kReadOnly) return;
    if (store_->leases()->held(shard)) {
        note_trouble();
        outcome = refused(*outcome.command_id, domain::codes::kReadOnly, shard,
                          outcome.rejection->message);
    } else {
        outcome = refused(*outcome.command_id, domain::codes::kShardElsewhere, shard,
                          outcome.rejection->message);
    }
}

Node::Owned Node::owned_now() const {
    Owned owned;
    for (const Shard shard : store_->leases()->held_shards())
        if (const auto epoch = store_->leases()->held(shard)) owned.emplace(shard, *epoch);
    return owned;
}

bool Node::is_topic_foreign() const { return relay_ && relay_->status().is_foreign; }

void Node::give_to_relay(const Owned& before, const Owned& now) {
    const bool is_same =
        before.size() == now.size() &&
        std::equal(before.begin(), before.end(), now.begin(),
                   [](const auto& a, const auto& b) { return a.first == b.first; });
    if (is_same) return;
    std::vector<Shard> shards;
    for (const auto& [shard, epoch] : now) shards.push_back(shard);
    relay_->set_shards(std::move(shards));
}

void Node::give_to_intake(const Owned& before, const Owned& now) {
    for (const auto& [shard, epoch] : before)
        if (!now.contains(shard)) intake_->leave(shard);
    for (const auto& [shard, epoch] : now) {
        const auto known = before.find(shard);
        if (known == before.end() || known->second != epoch) intake_->own(shard, epoch);
    }
}

void Node::tell_of_log(Told& told) const {
    const bool read_only = is_read_only();
    if (std::exchange(told.is_read_only, read_only) != read_only)
        tell(read_only ? "read-only: " + why_read_only() : "commands are taken again");
    const bool is_full = is_log_full();
    if (std::exchange(told.is_full, is_full) != is_full)
        tell(is_full ? "the disk of the log is full, commands are refused"
                     : "the disk of the log has taken a command, or none has come");
}

void Node::tell_of_bus(Told& told) const {
    const bus::RelayStatus relay = relay_->status();
    if (relay.is_sending) told.sent_at = Clock::now();
    const bool is_sending = Clock::now() - told.sent_at < kQuiet;
    if (std::exchange(told.is_sending, is_sending) != is_sending)
        tell(is_sending ? "Kafka takes events again"
                        : "Kafka takes no events, they wait in the log: " + relay.last_problem);
    if (std::exchange(told.is_foreign, relay.is_foreign) != relay.is_foreign)
        tell(relay.is_foreign ? "commands are not taken from Kafka: " + relay.last_problem
                              : "commands are taken from Kafka again");
    const intake::IntakeCounters intake = intake_->counters();
    const std::uint64_t anew =
        intake.begun_anew - std::exchange(told.begun_anew, intake.begun_anew);
    if (anew > 0)
        tell(
            fmt::format("{} partitions of the commands topic are not those that were taken from, "
                        "and are taken from their beginning",
                        anew));
    const std::uint64_t lost =
        intake.lost_offsets - std::exchange(told.lost_offsets, intake.lost_offsets);
    if (lost > 0)
        tell(
            fmt::format("{} records of the commands topic were gone before they were taken", lost));
}

// Follows what is owned, and says so once it has stood for a moment.
void Node::tend() {
    Owned owned;
    Owned taken;  // from Kafka
    Told told;
    told.sent_at = Clock::now();
    bool is_told = true;
    while (true) {
        {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, kTend);
            if (is_stopping_) return;
        }
        tended_at_ = Clock::now().time_since_epoch().count();
        Owned now_owned = owned_now();
        if (relay_) {
            give_to_relay(owned, now_owned);
            Owned now_taken = is_topic_foreign() ? Owned{} : now_owned;
            give_to_intake(taken, now_taken);
            taken = std::move(now_taken);
        }
        const bool is_new = owned != now_owned;
        owned = std::move(now_owned);
        if (!is_new && !is_told)
            tell(fmt::format("owns {} of {} shards{}{}", owned.size(), store_->log().shard_count(),
                             owned.empty() ? "" : ": ", list_of(owned)));
        is_told = !is_new;
        give_up_late();
        tell_of_log(told);
        if (relay_ && !owned.empty()) tell_of_bus(told);
    }
}

void Node::note_lost_log(const std::string& what) {
    if (has_lost_log_.exchange(true)) return;
    tell(fmt::format("the log went back, so nothing is taken any more: {}", what));
    if (options_.on_lost_log) options_.on_lost_log();
}

// Also holds them against those of the last look: what stood there stands for ever.
void Node::watch_heads() {
    std::vector<log::Head> seen;
    std::unique_lock lock(mutex_);
    while (!is_stopping_) {
        lock.unlock();
        std::vector<log::Head> heads;
        try {
            for (std::uint32_t s = 0; s < store_->log().shard_count(); ++s)
                heads.push_back(store_->log().head(Shard(s)));
            const std::string lost = find_lost(store_->log(), seen, heads);
            if (!lost.empty()) note_lost_log(lost);
            seen = heads;
        } catch (const Fault&) {
            heads.clear();  // those of before stand
        }
        lock.lock();
        if (!heads.empty()) {
            heads_.clear();
            for (const log::Head& head : heads) heads_.push_back(head.position);
        }
        changed_.wait_for(lock, kHeads, [this] { return is_stopping_; });
    }
}

void Node::drain() {
    const Clock::time_point end = Clock::now() + options_.drain_max;
    if (is_draining_.exchange(true)) return;
    if (intake_) intake_->stop();
    open_commands_.wait_for_none(end);
    store_->close();
    if (relay_) relay_->stop();
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    changed_.notify_all();
    tender_.join();
    watcher_.join();
}

}  // namespace skein::node
