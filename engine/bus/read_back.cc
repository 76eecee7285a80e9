#include "engine/bus/read_back.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/base/chain.h"
#include "engine/base/fault_codes.h"
#include "engine/bus/event_record.h"
#include "engine/bus/feed_rule.h"

namespace skein::bus {

namespace {

struct Accepted {
    Position position;
    Offset offset = 0;
    Hash hash;
};

void check_source(const StoredRecord& stored, const std::string& ours) {
    const auto source = header_of(stored.record, "ce_source");
    if (!source || *source == ours) return;
    throw Fault(fault_codes::kForeignTopic,
                fmt::format("partition {} of the events topic holds events of another store: {} at "
                            "offset {}, {}",
                            stored.shard.value(), *source, stored.offset,
                            ours.empty() ? "and this one is to be made" : "this one is " + ours),
                std::string(fault_codes::kForeignTopic.remedy));
}

// What a reader that accepts only `last + 1` takes, from its first event on.
class Chain {
 public:
    bool is_begun() const { return rule_.has_value(); }
    void begin(Position last, const Hash& hash) { rule_.emplace(last, hash); }
    // Whether the event stands at or before the last one taken.
    bool has(const ReceivedEvent& event) const {
        return rule_ && rule_->judge(event) == FeedStep::kDrop;
    }
    void take(const ReceivedEvent& event, Offset offset) {
        if (!rule_)
            rule_.emplace(Position(event.position.value() - 1), hash_from_bytes(event.previous));
        if (rule_->judge(event) != FeedStep::kApply) return;
        rule_->applied(event.position, event.hash);
        taken_.push_back({event.position, offset, event.hash});
    }
    std::vector<Accepted>& taken() { return taken_; }

 private:
    std::optional<FeedRule> rule_;
    std::vector<Accepted> taken_;
};

// What a strict reader has taken before the first of these offsets is not known. It is guessed: all
// before the first event here. The guess is wrong where that event stood behind a hole that was
// mended later; then the mending session begins here with an earlier event, which it had found to
// be next.
std::vector<Accepted> accepted_of(EventTopic& topic, Shard shard, EventTopic::Extent extent,
                                  const Uuid& store_id) {
    const std::string source = cloud_event_source(store_id);
    Chain guessed;
    Chain known;
    if (extent.begin == 0) known.begin(Position(0), chain_start(store_id));
    topic.read(shard, extent.begin, extent.end, [&](const StoredRecord& stored) {
        const auto event = received_event(stored);
        if (!event) return true;  // nobody's: readers pass over it too
        check_source(stored, source);
        if (known.is_begun() || guessed.has(*event)) {
            known.take(*event, stored.offset);
        } else {
            guessed.take(*event, stored.offset);
        }
        return true;
    });
    return std::move(known.is_begun() ? known.taken() : guessed.taken());
}

bool stands_in(const log::EventFeed& log, Shard shard, const Accepted& event) {
    bool is_same = false;
    log.scan(shard, Position(event.position.value() - 1), [&](const log::EventView& found) {
        is_same = found.position == event.position && found.hash == event.hash.view();
        return false;
    });
    return is_same;
}

// The last of a chain that the log has too: the chains part once, so halving finds it.
std::optional<Accepted> last_in_log(const log::EventFeed& log, Shard shard,
                                    const std::vector<Accepted>& accepted) {
    if (accepted.empty() || !stands_in(log, shard, accepted.front())) return std::nullopt;
    if (stands_in(log, shard, accepted.back())) return accepted.back();
    std::size_t same = 0;
    std::size_t other = accepted.size() - 1;
    while (other - same > 1) {
        const std::size_t middle = same + (other - same) / 2;
        (stands_in(log, shard, accepted[middle]) ? same : other) = middle;
    }
    return accepted[same];
}

}  // namespace

void check_owner(EventTopic& topic, std::uint32_t shard_count,
                 const std::optional<Uuid>& store_id) {
    const std::string ours = store_id ? cloud_event_source(*store_id) : std::string();
    bool is_found = false;
    for (std::uint32_t s = 0; s < shard_count && !is_found; ++s) {
        const EventTopic::Extent extent = topic.extent(Shard(s));
        topic.read(Shard(s), std::max(extent.begin, extent.end - 1), extent.end,
                   [&](const StoredRecord& stored) {
                       is_found = received_event(stored).has_value();
                       if (is_found) check_source(stored, ours);
                       return false;
                   });
    }
}

ResumePoint find_resume_point(EventTopic& topic, const log::EventFeed& log, const ReadBack& what) {
    const EventTopic::Extent whole = topic.extent(what.shard);
    ResumePoint point;
    auto wanted = static_cast<Offset>(what.records);
    while (point.records_read < static_cast<std::uint64_t>(whole.end - whole.begin)) {
        // Where the log went back behind all that was read, more is read.
        const EventTopic::Extent part{std::max(whole.begin, whole.end - wanted), whole.end};
        const auto accepted = accepted_of(topic, what.shard, part, what.store_id);
        point.records_read = static_cast<std::uint64_t>(part.end - part.begin);
        if (const auto last = last_in_log(log, what.shard, accepted)) {
            point.position = last->position;
            point.offset = last->offset;
            return point;
        }
        wanted *= 4;
    }
    return point;
}

}  // namespace skein::bus
