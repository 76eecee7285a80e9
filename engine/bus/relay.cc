#include "engine/bus/relay.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/crash_point.h"
#include "engine/base/fault_codes.h"
#include "engine/base/planted_bug.h"

namespace skein::bus {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How long the log is waited for while deliveries are to come, and at all: a thread that waits does
// not notice that it shall stop.
constexpr milliseconds kWaitInFlight{1};
constexpr milliseconds kWaitMax{50};

// Sessions whose records may still arrive when another one begins: that of a relay which is being
// replaced, its own last one, and one to spare.
constexpr std::uint64_t kSessionsAtOnce = 4;

constexpr std::size_t kNoLane = ~std::size_t{0};

}  // namespace

Relay::Relay(const log::EventFeed& log, const Uuid& store_id, EventTopic& topic,
             RelayOptions options)
    : log_(log),
      store_id_(store_id),
      topic_(topic),
      options_(std::move(options)),
      writer_(store_id),
      ever_sent_(log.shard_count()),
      retry_after_(options_.retry_after_min) {
    std::vector<Shard> shards = options_.shards;
    for (std::uint32_t s = 0; options_.shards.empty() && s < log.shard_count(); ++s)
        shards.emplace_back(s);
    make_lanes(shards);
    status_ = counted_;
}

Relay::~Relay() { stop(); }

void Relay::start() {
    SKEIN_CHECK(!thread_.joinable(), "a relay starts once");
    is_stopping_ = false;
    audit_launch_ =
        std::launch::async | std::launch::deferred;  // in turn where no thread is to be had
    thread_ = std::thread([this] { run(); });
}

void Relay::stop() {
    is_stopping_ = true;
    if (thread_.joinable()) thread_.join();
    audit_ = {};  // waits for it
    publisher_.reset();
}

RelayStatus Relay::status() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return status_;
}

void Relay::make_lanes(const std::vector<Shard>& shards) {
    const std::uint32_t count = log_.shard_count();
    lanes_.clear();
    lane_of_shard_.assign(count, kNoLane);
    sent_.assign(count, Position(~std::uint64_t{0}));
    counted_.shards.assign(count, {});
    next_audit_ = 0;
    for (const Shard shard : shards) {
        SKEIN_CHECK(shard.value() < count, "shard {} of {}", shard.value(), count);
        lane_of_shard_[shard.value()] = lanes_.size();
        lanes_.emplace_back().shard = shard;
    }
}

void Relay::set_shards(std::vector<Shard> shards) {
    const std::lock_guard<std::mutex> lock(mutex_);
    wanted_ = std::move(shards);
}

void Relay::adopt_shards() {
    std::optional<std::vector<Shard>> wanted;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        wanted.swap(wanted_);
    }
    if (!wanted) return;
    drop_in_flight();
    make_lanes(*wanted);
}

void Relay::publish_status() {
    for (const Lane& lane : lanes_)
        counted_.shards[lane.shard.value()] = {lane.delivered, lane.offset};
    counted_.is_sending = publisher_ != nullptr;
    const std::lock_guard<std::mutex> lock(mutex_);
    status_ = counted_;
}

void Relay::run() {
    while (!is_stopping_) step(kWaitMax);
}

void Relay::step(milliseconds wait_max) {
    try {
        adopt_shards();
        if (lanes_.empty() || (!publisher_ && steady_clock::now() < retry_at_)) {
            publish_status();
            std::this_thread::sleep_for(std::min(wait_max, kWaitMax));
            return;
        }
        if (!publisher_) begin_session();
        const bool is_blocked = send_all(steady_clock::now() + std::min(wait_max, kWaitMax));
        take_deliveries(is_blocked ? std::min(wait_max, kWaitMax) : milliseconds(0));
        if (session_problem_.empty()) audit_one();
        if (session_problem_.empty() && !is_blocked) wait_for_work(wait_max);
        if (!session_problem_.empty()) end_session(session_problem_);
    } catch (const Fault& fault) {
        counted_.is_foreign = &fault.code() == &fault_codes::kForeignTopic;
        end_session(fault.what());
    }
    publish_status();
}

void Relay::begin_session() {
    topic_.prepare();
    for (Lane& lane : lanes_) resume(lane);
    // One after another over the interval: sending waits for each of them.
    const auto between = options_.audit_interval / std::max<std::size_t>(1, lanes_.size());
    for (std::size_t i = 0; i < lanes_.size(); ++i)
        lanes_[i].audit_at = steady_clock::now() + between * (i + 1);
    SKEIN_CRASH_POINT("relay.after_read_back");
    is_owner_known_ = false;
    publisher_ = topic_.open_publisher();
    counted_.is_foreign = false;
    ++counted_.sessions;
}

// A session may have found nothing in the topic and stay open for long: before its first event it
// looks once more, so that two new stores which were given one topic do not both write there.
void Relay::know_owner() {
    if (is_owner_known_) return;
    const bool has_found_ours = std::any_of(lanes_.begin(), lanes_.end(),
                                            [](const Lane& lane) { return lane.offset >= 0; });
    if (!has_found_ours) check_owner(topic_, log_.shard_count(), store_id_);
    is_owner_known_ = true;
}

void Relay::resume(Lane& lane) {
    const ResumePoint point = find_resume_point(
        topic_, log_, {store_id_, lane.shard, kSessionsAtOnce * options_.in_flight_events_max});
    lane.sent = lane.delivered =
        is_planted(PlantedBug::kNoReadBack) ? log_.head(lane.shard).position : point.position;
    lane.offset = point.offset;
    sent_[lane.shard.value()] = lane.sent;
}

void Relay::drop_in_flight() {
    SKEIN_CRASH_POINT("relay.before_purge");
    publisher_.reset();
    SKEIN_CRASH_POINT("relay.after_purge");
    for (Lane& lane : lanes_) lane.bytes.clear();
    in_flight_events_ = in_flight_bytes_ = 0;
    session_problem_.clear();
}

// Whatever is in flight may arrive or not; the next session reads back which.
void Relay::end_session(std::string why) {
    drop_in_flight();
    counted_.last_problem = std::move(why);
    ++counted_.failures;
    retry_at_ = steady_clock::now() + retry_after_;
    retry_after_ = std::min(retry_after_ * 2, options_.retry_after_max);
}

bool Relay::is_full() const {
    return in_flight_events_ >= options_.in_flight_events_max ||
           in_flight_bytes_ >= options_.in_flight_bytes_max;
}

bool Relay::send_all(Instant until) {
    if (is_full()) return true;
    if (!log_.wait_for_growth(sent_, milliseconds(0))) return false;
    know_owner();
    for (Lane& lane : lanes_) {
        if (log_.grown_to(lane.shard) > lane.sent && !send(lane, until)) return true;
    }
    return false;
}

// Returns whether everything of the shard was taken. Where there is no room it waits for
// deliveries, since a scan that is broken off reads its page again.
bool Relay::send(Lane& lane, Instant until) {
    bool is_taken = true;
    log_.scan(lane.shard, lane.sent, [&](const log::EventView& event) {
        is_taken = !is_full() && offer(lane, event);
        while (!is_taken && session_problem_.empty() && steady_clock::now() < until) {
            take_deliveries(kWaitInFlight);
            is_taken = !is_full() && offer(lane, event);
        }
        return is_taken;
    });
    return is_taken;
}

bool Relay::offer(Lane& lane, const log::EventView& event) {
    SKEIN_CHECK(event.position == lane.sent.next(), "the log gave position {} after {}",
                event.position.value(), lane.sent.value());
    const Record& record = writer_.write(event);
    SKEIN_CRASH_POINT("relay.before_produce");
    if (publisher_->offer(lane.shard, event.position, record) == Publisher::Offer::kFull)
        return false;
    SKEIN_CRASH_POINT("relay.after_produce");
    lane.sent = event.position;
    Position& ever_sent = ever_sent_[lane.shard.value()];
    if (event.position <= ever_sent) ++counted_.republished;
    ever_sent = std::max(ever_sent, event.position);
    sent_[lane.shard.value()] = lane.sent;
    lane.bytes.push_back(event.bytes.size());
    in_flight_bytes_ += event.bytes.size();
    ++in_flight_events_;
    counted_.in_flight_peak = std::max(counted_.in_flight_peak, in_flight_events_);
    return true;
}

void Relay::take_deliveries(milliseconds timeout) {
    publisher_->poll(timeout, [this](const Delivery& delivery) { take(delivery); });
    if (session_problem_.empty()) session_problem_ = publisher_->failure();
}

void Relay::take(const Delivery& delivery) {
    if (!session_problem_.empty()) return;  // what comes behind a problem proves nothing
    const std::uint64_t shard = delivery.shard.value();
    if (shard >= lane_of_shard_.size() || lane_of_shard_[shard] == kNoLane) {
        session_problem_ = fmt::format("a delivery for shard {}, which is not sent", shard);
        return;
    }
    Lane& lane = lanes_[lane_of_shard_[shard]];
    if (!delivery.offset) {
        session_problem_ = fmt::format("position {} of shard {} was not delivered: {}",
                                       delivery.position.value(), shard, delivery.problem);
    } else if (delivery.position != lane.delivered.next() || lane.bytes.empty()) {
        session_problem_ = fmt::format("position {} of shard {} was delivered after {}",
                                       delivery.position.value(), shard, lane.delivered.value());
    } else if (*delivery.offset <= lane.offset) {
        session_problem_ =
            fmt::format("the partition of shard {} was cut: offset {} was given out again after {}",
                        shard, *delivery.offset, lane.offset);
    } else {
        SKEIN_CRASH_POINT("relay.after_delivery");
        lane.delivered = delivery.position;
        lane.offset = *delivery.offset;
        in_flight_bytes_ -= lane.bytes.front();
        --in_flight_events_;
        lane.bytes.pop_front();
        ++counted_.deliveries;
        retry_after_ = options_.retry_after_min;
    }
}

// One shard after another. Where the relay has a thread of its own, sending does not wait for the
// answer.
void Relay::audit_one() {
    if (!audit_.valid()) begin_audit();
    if (!audit_.valid()) return;
    if (audit_.wait_for(milliseconds(0)) != std::future_status::timeout) end_audit();
}

void Relay::begin_audit() {
    if (lanes_.empty()) return;
    Lane& lane = lanes_[next_audit_];
    next_audit_ = (next_audit_ + 1) % lanes_.size();
    const auto now = steady_clock::now();
    if (now < lane.audit_at) return;
    lane.audit_at = now + options_.audit_interval;
    if (lane.delivered.value() == 0) return;
    audit_session_ = counted_.sessions;
    audit_ = std::async(
        audit_launch_, [this, shard = lane.shard, position = lane.delivered, offset = lane.offset] {
            return problem_of(shard, position, offset);
        });
}

void Relay::end_audit() {
    try {
        std::string problem = audit_.get();
        ++counted_.audits;
        // What was sent in an earlier session, this one has read back.
        if (audit_session_ == counted_.sessions) session_problem_ = std::move(problem);
    } catch (const Fault& fault) {
        // What cannot be asked now is asked again; what is in flight waits for the broker too.
        counted_.last_problem = fault.what();
    }
}

// Why an event does not stand where it was delivered, or empty.
std::string Relay::problem_of(Shard shard, Position position, Offset offset) const {
    const EventTopic::Extent extent = topic_.extent(shard);
    const auto gone = [&] {
        return fmt::format("position {} of shard {} does not stand at offset {} any more",
                           position.value(), shard.value(), offset);
    };
    if (extent.end <= offset) return gone();
    if (extent.begin > offset) return {};  // old records were removed: retention
    bool is_there = false;
    topic_.read(shard, offset, offset + 1, [&](const StoredRecord& stored) {
        const auto event = received_event(stored);
        is_there = event && event->position == position;
        return false;
    });
    return is_there ? std::string() : gone();
}

void Relay::wait_for_work(milliseconds wait_max) {
    if (in_flight_events_ == 0) {
        log_.wait_for_growth(sent_, std::min(wait_max, kWaitMax));
    } else if (!log_.wait_for_growth(sent_, milliseconds(0))) {
        take_deliveries(std::min(wait_max, kWaitInFlight));
    }
}

}  // namespace skein::bus
