#include "engine/bus/topic_feed.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/base/planted_bug.h"

namespace skein::bus {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How long the topic is waited for: a thread that waits does not look at the log.
constexpr milliseconds kPollMax{20};
// After the bus could not be asked.
constexpr milliseconds kPause{100};
// Events for each taking of the mutex.
constexpr std::size_t kChunk = 256;
// As far as the log goes.
constexpr Position kHead{~std::uint64_t{0}};

}  // namespace

TopicFeed::TopicFeed(const log::EventLog& log, EventTopic& topic, TopicFeedOptions options)
    : log_(log),
      topic_(topic),
      options_(options),
      past_(log, topic, options.past),
      growth_(log.shard_count()),
      windows_(log.shard_count()),
      heads_(log.shard_count()) {
    status_.shards_on_log = log.shard_count();
}

TopicFeed::~TopicFeed() { stop(); }

void TopicFeed::start() {
    SKEIN_CHECK(!thread_.joinable(), "a feed starts once");
    thread_ = std::thread([this] { run(); });
}

void TopicFeed::stop() {
    is_stopping_ = true;
    if (thread_.joinable()) thread_.join();
    reader_.reset();
}

TopicFeedStatus TopicFeed::status() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    TopicFeedStatus status = status_;
    if (status.last_problem.empty()) status.last_problem = past_.problem();
    return status;
}

void TopicFeed::run() {
    while (!is_stopping_) {
        try {
            if (!reader_) assign_all();
            follow();
        } catch (const Fault& fault) {
            reader_.reset();
            const std::lock_guard<std::mutex> lock(mutex_);
            status_.last_problem = fault.what();
        }
        try {
            look();
        } catch (const Fault& fault) {
            const std::lock_guard<std::mutex> lock(mutex_);
            status_.last_problem = fault.what();
        }
        if (!reader_) std::this_thread::sleep_for(std::min(kPause, options_.look_interval));
    }
}

// From the last record of each partition, which begins the window: what came before, the log has.
void TopicFeed::assign_all() {
    auto reader = topic_.open_reader(EventTopic::Reading::kEnd);
    std::vector<EventReader::Start> starts;
    for (std::uint32_t s = 0; s < log_.shard_count(); ++s) {
        const EventTopic::Extent extent = topic_.extent(Shard(s));
        starts.push_back({Shard(s), std::max(extent.begin, extent.end - 1)});
    }
    reader->assign(starts);
    reader_ = std::move(reader);
}

void TopicFeed::follow() {
    const auto lost = reader_->poll(kPollMax, [this](const StoredRecord& stored) { take(stored); });
    // The partition was cut or made anew: its end is elsewhere now.
    if (!lost.empty()) reader_.reset();
}

void TopicFeed::take(const StoredRecord& stored) {
    if (stored.shard.value() >= windows_.size()) return;
    const auto event = received_event(stored);
    if (!event) return;
    FeedStep step = FeedStep::kRefetch;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        const Window& window = windows_[stored.shard.value()];
        if (window.rule) step = window.rule->judge(*event);
        if (is_planted(PlantedBug::kGapApplied) && window.rule &&
            event->position > window.rule->last())
            step = FeedStep::kApply;
        if (step == FeedStep::kDrop) ++status_.dropped;
        if (step == FeedStep::kRefetch) ++status_.refetched;
    }
    if (step == FeedStep::kDrop) return;
    // Asked without the mutex: the log may take its time.
    if (step == FeedStep::kRefetch && !is_of_log(stored.shard, *event)) return;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        Window& window = windows_[stored.shard.value()];
        if (step == FeedStep::kRefetch) {
            window.events.clear();
            window.bytes = 0;
            window.rule.emplace(Position(event->position.value() - 1),
                                hash_from_bytes(event->previous));
        }
        window.rule->applied(event->position, event->hash);
        widen(window, std::make_shared<const Event>(
                          Event{event->position, std::string(stored.record.value), event->hash}));
    }
    growth_.publish(stored.shard, event->position);
}

bool TopicFeed::is_of_log(Shard shard, const ReceivedEvent& event) const {
    const auto found = log_.read(shard, event.position);
    return found && found->hash == event.hash;
}

void TopicFeed::widen(Window& window, EventPtr event) const {
    window.bytes += event->bytes.size();
    window.events.push_back(std::move(event));
    while (window.events.size() > 1 && (window.events.size() > options_.window_events_max ||
                                        window.bytes > options_.window_bytes_max)) {
        window.bytes -= window.events.front()->bytes.size();
        window.events.pop_front();
    }
}

// Compares the heads of the log with the windows.
void TopicFeed::look() {
    const auto now = steady_clock::now();
    if (now < look_at_) return;
    look_at_ = now + options_.look_interval;
    const bool has_grown = log_.wait_for_growth(heads_, milliseconds(0));
    for (std::uint32_t s = 0; s < log_.shard_count(); ++s) {
        if (has_grown) heads_[s] = log_.grown_to(Shard(s));
        look_at(Shard(s), heads_[s]);
    }
}

void TopicFeed::look_at(Shard shard, Position head) {
    bool is_on_log = false;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        Window& window = windows_[shard.value()];
        const Position end = window.rule ? window.rule->last() : Position(0);
        const auto now = steady_clock::now();
        if (end >= head) {
            window.behind_since.reset();
            window.is_on_log = false;
        } else if (!window.behind_since) {
            window.behind_since = now;
        } else if (now - *window.behind_since >= options_.patience) {
            window.is_on_log = true;
        }
        is_on_log = window.is_on_log;
        status_.shards_on_log = static_cast<std::uint32_t>(std::count_if(
            windows_.begin(), windows_.end(), [](const Window& one) { return one.is_on_log; }));
    }
    if (is_on_log) growth_.publish(shard, head);
}

bool TopicFeed::wait_for_growth(const std::vector<Position>& known, milliseconds timeout) const {
    return growth_.wait(known, timeout);
}

std::uint64_t TopicFeed::scan_past(Shard shard, Position after, Position until,
                                   const std::function<bool(const log::EventView&)>& visit) const {
    if (past_.is_barred()) return 0;
    Position head = log_.grown_to(shard);
    if (head.value() == 0) head = log_.head(shard).position;  // nothing is known of it yet
    const Position end = std::min(until, head);
    if (end.value() < after.value() + options_.past_events_min) return 0;
    return past_.scan(shard, after, end, visit);
}

TopicFeed::Chunk TopicFeed::chunk_after(Shard shard, Position after) const {
    Chunk chunk;
    const std::lock_guard<std::mutex> lock(mutex_);
    const Window& window = windows_[shard.value()];
    const bool has_events = !window.events.empty();
    const std::uint64_t first = has_events ? window.events.front()->position.value() : 0;
    if (has_events && first <= after.value() + 1) {
        for (std::uint64_t i = after.value() + 1 - first;
             i < window.events.size() && chunk.events.size() < kChunk; ++i)
            chunk.events.push_back(window.events[i]);
        status_.from_topic += chunk.events.size();
        if (!chunk.events.empty()) return chunk;
    }
    // Who asks before the window begins has something to catch up with.
    if (window.is_on_log || !has_events) {
        chunk.log_until = kHead;
    } else if (has_events && first > after.value() + 1) {
        chunk.log_until = Position(first - 1);
    }
    return chunk;
}

std::uint64_t TopicFeed::scan(Shard shard, Position after,
                              const std::function<bool(const log::EventView&)>& visit) const {
    SKEIN_CHECK(shard.value() < windows_.size(), "shard {} of {}", shard.value(), windows_.size());
    std::uint64_t visited = 0;
    while (true) {
        const Chunk chunk = chunk_after(shard, after);
        for (const EventPtr& event : chunk.events) {
            after = event->position;
            ++visited;
            if (!visit({shard, event->position, event->bytes, event->hash.view()})) return visited;
        }
        if (!chunk.events.empty()) continue;
        if (chunk.log_until.value() == 0) return visited;
        bool is_wanted = true;
        const auto take = [&](const log::EventView& event) {
            if (event.position > chunk.log_until) return false;
            after = event.position;
            ++visited;
            return is_wanted = visit(event);
        };
        const std::uint64_t of_past = scan_past(shard, after, chunk.log_until, take);
        const std::uint64_t before = visited;
        if (of_past == 0) log_.scan(shard, after, take);
        const std::lock_guard<std::mutex> lock(mutex_);
        status_.from_topic += of_past;
        status_.from_log += visited - before;
        if (!is_wanted || (of_past == 0 && visited == before)) return visited;
    }
}

}  // namespace skein::bus
