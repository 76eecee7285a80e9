#include "engine/bus/topic_verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <thread>

#include "engine/bus/event_record.h"

namespace skein::bus {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kBetween{50};
// Of the log, read ahead.
constexpr std::size_t kPageEvents = 2000;
constexpr std::size_t kPageBytes = 4U << 20;

class TopicCheck {
 public:
    TopicCheck(const log::EventFeed& log, const Uuid& store_id, Shard shard)
        : log_(log), shard_(shard), source_(cloud_event_source(store_id)) {}

    // Of a partition that retention has cut, the first event is where a reader begins.
    void begin(bool is_whole) {
        if (is_whole) last_ = Position(0);
    }
    // False where a difference was found.
    bool add(const StoredRecord& stored) {
        const auto event = received_event(stored);
        if (!event) return true;  // nobody's: readers pass over it
        const auto source = header_of(stored.record, "ce_source");
        if (source && *source != source_)
            return differ(event->position, stored.offset, "an event of " + source_,
                          fmt::format("one of {}", *source));
        if (!last_) last_ = Position(event->position.value() - 1);
        if (event->position <= *last_) return true;
        if (event->position == last_->next() && is_next(stored.record.value)) {
            last_ = event->position;
            passed_over_.reset();
        } else if (!passed_over_) {
            passed_over_ = Passed{event->position, stored.offset};
        }
        return true;
    }
    // What was passed over since the last one taken stands behind a hole, or is another event.
    void finish(Position head) {
        if (difference || last() >= head || !passed_over_) return;
        const Position wanted = last().next();
        differ(wanted, passed_over_->offset,
               fmt::format("position {} as in the log", wanted.value()),
               passed_over_->position == wanted
                   ? "another event of that position"
                   : fmt::format("position {} next", passed_over_->position.value()));
    }
    Position last() const { return last_.value_or(Position(0)); }

    std::optional<TopicDifference> difference;

 private:
    struct Passed {
        Position position;
        Offset offset = 0;
    };

    bool differ(Position position, Offset offset, std::string expected, std::string found) {
        difference = {position, offset, std::move(expected), std::move(found)};
        return false;
    }
    // Whether these are the bytes of the log's event behind the last one; then it is taken.
    bool is_next(std::string_view bytes) {
        if (page_.empty()) read_page();
        if (page_.empty() || page_.front() != bytes) return false;
        page_.pop_front();
        return true;
    }
    void read_page() {
        std::size_t page_bytes = 0;
        log_.scan(shard_, *last_, [&](const log::EventView& event) {
            page_.emplace_back(event.bytes);
            page_bytes += event.bytes.size();
            return page_.size() < kPageEvents && page_bytes < kPageBytes;
        });
    }

    const log::EventFeed& log_;
    const Shard shard_;
    const std::string source_;
    std::optional<Position> last_;
    std::optional<Passed> passed_over_;  // the first one since the last one taken
    std::deque<std::string> page_;       // of the log, behind `last_`
};

}  // namespace

TopicShardReport verify_topic(EventTopic& topic, const log::EventFeed& log, const Uuid& store_id,
                              Shard shard, milliseconds patience) {
    TopicShardReport report;
    report.head = log.head(shard).position;
    EventTopic::Extent extent = topic.extent(shard);
    TopicCheck check(log, store_id, shard);
    check.begin(extent.begin == 0);
    Offset next = extent.begin;
    auto came_at = steady_clock::now();
    while (true) {
        if (extent.end > next) came_at = steady_clock::now();
        topic.read(shard, next, extent.end,
                   [&](const StoredRecord& stored) { return check.add(stored); });
        next = std::max(next, extent.end);
        const bool is_over = steady_clock::now() - came_at >= patience;
        if (check.difference || check.last() >= report.head || is_over) break;
        std::this_thread::sleep_for(std::min(kBetween, patience));
        extent = topic.extent(shard);
    }
    check.finish(report.head);
    report.last = check.last();
    report.difference = std::move(check.difference);
    return report;
}

}  // namespace skein::bus
