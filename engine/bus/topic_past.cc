#include "engine/bus/topic_past.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/fault.h"
#include "engine/bus/event_record.h"

namespace skein::bus {

namespace {

constexpr std::chrono::milliseconds kPollMax{20};
constexpr std::size_t kIdleReadersMax = 2;

}  // namespace

// Records that follow each other, not yet confirmed.
class TopicPast::Run {
 public:
    Run(Shard shard, Position after, Position until) : shard_(shard), last_(after), until_(until) {}

    // False where it does not go on: nothing that comes later will be taken.
    void add(const StoredRecord& stored) {
        if (stored.shard != shard_ || is_broken_ || is_done()) return;
        const auto event = received_event(stored);
        if (!event || event->position <= last_) return;
        const bool follows =
            event->position == last_.next() && (!hash_ || event->previous == hash_->view());
        if (!follows) {
            is_broken_ = true;
            return;
        }
        last_ = event->position;
        hash_ = event->hash;
        bytes_ += stored.record.value;
        events_.push_back({stored.offset, bytes_.size(), event->hash});
    }

    Shard shard() const { return shard_; }
    bool empty() const { return events_.empty(); }
    bool is_broken() const { return is_broken_; }
    bool is_done() const { return last_ >= until_; }
    Position last() const { return last_; }

    bool is_of(const log::EventLog& log) const {
        const auto found = log.read(shard_, last_);
        return found && found->hash == *hash_;
    }
    // Hands it out while visit returns true. Where that ended, and the offset behind it.
    std::pair<Position, Offset> hand_out(const std::function<bool(const log::EventView&)>& visit) {
        std::pair<Position, Offset> ended(Position(last_.value() - events_.size()), 0);
        std::size_t begin = 0;
        for (const Event& event : events_) {
            ended = {ended.first.next(), event.offset + 1};
            const auto bytes = std::string_view(bytes_).substr(begin, event.end - begin);
            if (!visit({shard_, ended.first, bytes, event.hash.view()})) break;
            begin = event.end;
        }
        events_.clear();
        bytes_.clear();
        return ended;
    }

 private:
    struct Event {
        Offset offset = 0;
        std::size_t end = 0;  // of its bytes in bytes_
        Hash hash;
    };

    const Shard shard_;
    Position last_;
    const Position until_;
    std::optional<Hash> hash_;  // of last_; none before the first
    std::vector<Event> events_;
    std::string bytes_;  // of all of events_, one behind the other
    bool is_broken_ = false;
};

TopicPast::TopicPast(const log::EventLog& log, EventTopic& topic, TopicPastOptions options)
    : log_(log), topic_(topic), options_(options), places_(log.shard_count()) {}

std::string TopicPast::problem() const {
    const std::lock_guard lock(mutex_);
    return problem_;
}

void TopicPast::give_up(const std::string& why) {
    Readers ended;  // outside of the mutex: a client takes its time
    const std::lock_guard lock(mutex_);
    ended.swap(idle_);
    barred_until_ = Clock::now() + options_.pause;
    places_.assign(places_.size(), {});
    problem_ = why;
}

bool TopicPast::is_barred() const {
    const std::lock_guard lock(mutex_);
    return Clock::now() < barred_until_;
}

// A record stands at an offset no smaller than its position says, since the relay begins with the
// first one and leaves none out.
Offset TopicPast::start_of(Shard shard, Position after) const {
    const std::lock_guard lock(mutex_);
    const Place& place = places_.at(shard.value());
    return place.after == after ? place.offset : static_cast<Offset>(after.value());
}

std::unique_ptr<EventReader> TopicPast::take_idle() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    std::unique_ptr<EventReader> reader = std::move(idle_.back());
    idle_.pop_back();
    return reader;
}

void TopicPast::keep(std::unique_ptr<EventReader> reader) {
    try {
        reader->assign({});
    } catch (const Fault& fault) {
        give_up(fault.what());
        return;
    }
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleReadersMax) idle_.push_back(std::move(reader));
}

std::unique_ptr<EventReader> TopicPast::open(Shard shard, Position after) {
    try {
        std::unique_ptr<EventReader> reader = take_idle();
        if (!reader) reader = topic_.open_reader(EventTopic::Reading::kPast);
        reader->assign({{shard, start_of(shard, after)}});
        return reader;
    } catch (const Fault& fault) {
        give_up(fault.what());
        return nullptr;
    }
}

// False where nothing more of the run comes.
bool TopicPast::fill(EventReader& reader, Run& run) {
    const auto end = Clock::now() + options_.patience;
    bool is_lost = false;
    try {
        while (run.empty() && !run.is_broken() && !is_lost && Clock::now() < end)
            is_lost = !reader.poll(kPollMax, [&](const StoredRecord& stored) { run.add(stored); })
                           .empty();
    } catch (const Fault& fault) {
        give_up(fault.what());
        return false;
    }
    if (!run.empty()) return true;
    give_up(fmt::format("the topic does not go on behind position {} of shard {}",
                        run.last().value(), run.shard().value()));
    return false;
}

std::uint64_t TopicPast::scan(Shard shard, Position after, Position until,
                              const std::function<bool(const log::EventView&)>& visit) {
    if (is_barred()) return 0;
    std::unique_ptr<EventReader> reader = open(shard, after);
    if (!reader) return 0;
    Run run(shard, after, until);
    std::uint64_t visited = 0;
    bool is_wanted = true;
    const auto take = [&](const log::EventView& event) {
        ++visited;
        return is_wanted = visit(event);
    };
    while (is_wanted && !run.is_done() && fill(*reader, run)) {
        if (!run.is_of(log_)) {
            give_up(fmt::format("the topic has another position {} of shard {} than the log",
                                run.last().value(), shard.value()));
            break;
        }
        const auto [position, offset] = run.hand_out(take);
        const std::lock_guard lock(mutex_);
        places_.at(shard.value()) = {position, offset};
    }
    if (!is_wanted || run.is_done()) keep(std::move(reader));
    return visited;
}

}  // namespace skein::bus
