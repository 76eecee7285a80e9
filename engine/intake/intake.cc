#include "engine/intake/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/crash_point.h"
#include "engine/base/fault.h"
#include "engine/base/planted_bug.h"
#include "engine/intake/command_record.h"

namespace skein::intake {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How long the thread waits for one thing while others may come: answers and deliveries while there
// are to be any, else records. A thread that waits does not notice new shards.
constexpr milliseconds kWaitBusy{1};
constexpr milliseconds kWaitIdle{20};

bool is_final(const runtime::Outcome& outcome) {
    if (outcome.kind == runtime::OutcomeKind::kAccepted) return true;
    return outcome.kind == runtime::OutcomeKind::kRejected &&
           outcome.rejection->code->rejection_class != domain::RejectionClass::kUnavailable;
}

std::string why(const runtime::Outcome& outcome) {
    return outcome.rejection ? outcome.rejection->message : outcome.detail;
}

}  // namespace

Intake::Intake(const IntakeParts& parts, const IntakeOptions& options)
    : parts_(parts),
      options_(options),
      outcomes_(*parts.outcomes),
      dead_letters_(*parts.dead_letters),
      commands_(*parts.commands),
      retry_after_(options.retry_after_min) {}

Intake::~Intake() { stop(); }

void Intake::start() {
    SKEIN_CHECK(!thread_.joinable(), "an intake starts once");
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        is_stopping_ = false;
    }
    thread_ = std::thread([this] { run(); });
}

void Intake::stop() {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        is_stopping_ = true;
    }
    if (thread_.joinable()) thread_.join();
}

void Intake::own(Shard shard, Epoch epoch) {
    const std::lock_guard<std::mutex> lock(mutex_);
    owned_[shard] = epoch;
}

void Intake::leave(Shard shard) {
    const std::lock_guard<std::mutex> lock(mutex_);
    owned_.erase(shard);
}

IntakeStatus Intake::status() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return status_;
}

void Intake::publish_status() {
    IntakeStatus status;
    for (const auto& [shard, lane] : lanes_)
        status.shards.push_back({shard, lane.epoch(), lane.told(), lane.next_read(), lane.size()});
    status.last_problem = last_problem_;
    status.counters = counted_;
    const std::lock_guard<std::mutex> lock(mutex_);
    status_ = std::move(status);
}

void Intake::run() {
    while (true) {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (is_stopping_) break;
        }
        step();
        publish_status();
    }
    drain();
    publish_status();
}

void Intake::step() {
    if (steady_clock::now() < retry_at_) {
        std::this_thread::sleep_for(std::min(kWaitIdle, options_.retry_after_min));
        return;
    }
    try {
        open();
        follow_ownership();
        read(milliseconds(0));
        take_answers();
        take_all();
        deliver(milliseconds(0));
        keep_points();
        wait();
        retry_after_ = options_.retry_after_min;
    } catch (const Fault& fault) {
        close(fault.what());
    }
}

void Intake::open() {
    if (reader_) return;
    for (bus::EventTopic* topic : {parts_.commands, parts_.outcomes, parts_.dead_letters})
        topic->prepare();
    reader_ = parts_.commands->open_reader(bus::EventTopic::Reading::kEnd);
    is_assigned_ = false;
}

// What was read stays, and what is not delivered is sent again.
void Intake::close(std::string problem) {
    reader_.reset();
    for (Outbox* outbox : {&outcomes_, &dead_letters_, &commands_}) outbox->close();
    last_problem_ = std::move(problem);
    ++counted_.failures;
    retry_at_ = steady_clock::now() + retry_after_;
    retry_after_ = std::min(retry_after_ * 2, options_.retry_after_max);
}

void Intake::follow_ownership() {
    std::map<Shard, Epoch> owned;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        owned = owned_;
    }
    for (auto at = lanes_.begin(); at != lanes_.end();) {
        const auto lane = at++;
        const auto found = owned.find(lane->first);
        if (found == owned.end() || found->second != lane->second.epoch()) leave_lane(lane);
    }
    for (const auto& [shard, epoch] : owned)
        if (!lanes_.contains(shard)) begin_lane(shard, epoch);
}

// Offsets alone do not say so: a topic that was made anew may have grown past them.
bool Intake::is_of_this_topic(Shard shard, const log::IntakePoint& kept,
                              const bus::EventTopic::Extent& extent) {
    const auto next = static_cast<bus::Offset>(kept.next);
    if (next > extent.end) return false;
    if (kept.mark == 0 || next <= extent.begin) return true;  // there is nothing to be held against
    bool is_same = false;
    parts_.commands->read(shard, next - 1, next, [&](const bus::StoredRecord& stored) {
        is_same = stored.offset == next - 1 && mark_of(stored) == kept.mark;
        return false;
    });
    return is_same;
}

// From the first offset whose answer may not have been told. Where the topic is another one, or was
// cut, from its beginning, since what was accepted before is known by its id.
void Intake::begin_lane(Shard shard, Epoch epoch) {
    const bus::EventTopic::Extent extent = parts_.commands->extent(shard);
    const auto kept = parts_.log->intake_point(shard);
    const auto begin = static_cast<std::uint64_t>(extent.begin);
    Lane::Start start;
    start.id = ++last_lane_;
    start.shard = shard;
    start.epoch = epoch;
    start.first = begin;
    if (kept && is_of_this_topic(shard, *kept, extent)) {
        start.point = *kept;
        start.first = std::max(kept->told, begin);
        counted_.lost_offsets += start.first - kept->told;
    } else if (kept) {
        ++counted_.begun_anew;
        last_problem_ = fmt::format(
            "partition {} of {} (offsets {} to {}) is not the one that was taken up to offset {}: "
            "it is taken from its beginning",
            shard.value(), parts_.commands_name, extent.begin, extent.end, kept->next);
    }
    lanes_.emplace(shard, start);
    is_assigned_ = false;
    SKEIN_CRASH_POINT("intake.after_begin");
}

// What the runtime has may be written yet: its answer is still waited for.
void Intake::leave_lane(std::map<Shard, Lane>::iterator lane) {
    if (lane->second.deciding() > 0) left_.push_back(std::move(lane->second));
    lanes_.erase(lane);
    is_assigned_ = false;
}

void Intake::assign() {
    std::vector<bus::EventReader::Start> starts;
    for (const auto& [shard, lane] : lanes_)
        if (!lane.is_suspended)
            starts.push_back({shard, static_cast<bus::Offset>(lane.next_read())});
    reader_->assign(starts);
    is_assigned_ = true;
}

void Intake::read(milliseconds wait_max) {
    for (auto& [shard, lane] : lanes_) {
        const bool has_room = lane.size() <= options_.lane_records_max / 4 &&
                              lane.bytes() <= options_.lane_bytes_max / 4;
        if (!lane.is_suspended || !has_room) continue;
        lane.is_suspended = false;
        is_assigned_ = false;
    }
    if (!is_assigned_) assign();
    const auto lost = reader_->poll(wait_max, [this](const bus::StoredRecord& stored) {
        const auto found = lanes_.find(stored.shard);
        if (found == lanes_.end()) return;
        Lane& lane = found->second;
        const auto offset = static_cast<std::uint64_t>(stored.offset);
        if (lane.is_suspended || offset < lane.next_read()) return;
        if (lane.size() >= options_.lane_records_max || lane.bytes() >= options_.lane_bytes_max) {
            lane.is_suspended = true;
            is_assigned_ = false;
            return;
        }
        lane.add(offset, mark_of(stored), copy_of(stored.record));
        ++counted_.records;
    });
    // Begun anew from what is kept.
    for (const Shard shard : lost) {
        const auto lane = lanes_.find(shard);
        if (lane != lanes_.end()) leave_lane(lane);
    }
}

Lane* Intake::find_lane(std::uint64_t id) {
    const auto found = std::find_if(lanes_.begin(), lanes_.end(),
                                    [id](const auto& entry) { return entry.second.id() == id; });
    return found == lanes_.end() ? find_left(id) : &found->second;
}

Lane* Intake::find_left(std::uint64_t id) {
    const auto found = std::find_if(left_.begin(), left_.end(),
                                    [id](const Lane& lane) { return lane.id() == id; });
    return found == left_.end() ? nullptr : &*found;
}

bool Intake::is_deciding() const {
    const auto has_some = [](const Lane& lane) { return lane.deciding() > 0; };
    return std::any_of(left_.begin(), left_.end(), has_some) ||
           std::any_of(lanes_.begin(), lanes_.end(),
                       [&](const auto& entry) { return has_some(entry.second); });
}

void Intake::take_answers() {
    std::vector<Answer> answers;
    {
        const std::lock_guard<std::mutex> lock(mailbox_->mutex);
        answers.swap(mailbox_->answers);
    }
    for (Answer& answer : answers) take_answer(std::move(answer));
    std::erase_if(left_, [](const Lane& lane) { return lane.deciding() == 0; });
}

void Intake::take_answer(Answer answer) {
    Lane* const lane = find_lane(answer.lane);
    if (lane == nullptr) return;  // it came after drain() had given up
    Lane::Entry* const entry = lane->find(answer.offset);
    SKEIN_CHECK(entry != nullptr && entry->offset == answer.offset, "an answer to offset {}",
                answer.offset);
    const runtime::Outcome& outcome = answer.outcome;
    const bool is_written =
        outcome.kind == runtime::OutcomeKind::kAccepted && !outcome.is_duplicate;
    if (find_left(answer.lane) != nullptr && !is_written)  // the next owner decides it
        return lane->set_undecided(*entry, steady_clock::now());
    if (!is_final(outcome)) {
        ++counted_.postponed;
        const auto now = steady_clock::now();
        if (!lane->has_refusals()) last_problem_ = why(outcome);
        lane->set_undecided(*entry, lane->has_refusals() ? now : now + options_.retry_after_min);
        return;
    }
    const Source here{parts_.commands_name, lane->shard().value(), entry->offset};
    const Source source = source_of(entry->parcel, here);
    if (outcome.kind == runtime::OutcomeKind::kAccepted) {
        ++counted_.accepted;
        if (is_written) lane->set_accepted(*entry);
    } else {
        ++counted_.rejected;
        lane->set_refused(*entry);
    }
    SKEIN_CRASH_POINT("intake.before_tell");
    send(*lane, *entry, outcomes_, outcome_parcel(outcome, source));
}

void Intake::take_all() {
    const auto now = steady_clock::now();
    for (auto& [shard, lane] : lanes_) {
        if (now < lane.retry_at) continue;
        // What no append keeps is kept alone, and for that nothing may be on its way.
        if (lane.is_point_needed() && now - lane.kept_at() >= options_.keep_interval &&
            lane.deciding() > 0)
            continue;
        while (lane.deciding() < options_.lane_deciding_max) {
            Lane::Entry* const entry = lane.next();
            if (entry == nullptr || !take(lane, *entry)) break;
        }
    }
}

// Returns whether the lane may go on.
bool Intake::take(Lane& lane, Lane::Entry& entry) {
    const Source here{parts_.commands_name, lane.shard().value(), entry.offset};
    const Source source = source_of(entry.parcel, here);
    auto command = read_command(*parts_.runtime, entry.parcel, source);
    if (!command) {
        const NoCommand& none = command.error();
        ++counted_.dead_letters;
        Parcel letter = dead_letter(std::move(entry.parcel), none.reason, source);
        send(lane, entry, dead_letters_, std::move(letter));
        // Who sent it under an id waits for its outcome.
        if (none.command_id)
            send(lane, entry, outcomes_,
                 outcome_parcel(runtime::rejected(*none.command_id, none.reason), source));
        return true;
    }
    const Shard shard = log::shard_of(*parts_.log, command->stream);
    if (shard != lane.shard()) {
        ++counted_.reproduced;
        send(lane, entry, commands_, reproduced(std::move(entry.parcel), *command, shard, source));
        return true;
    }
    if (!lane.is_known(entry)) return submit(lane, entry, std::move(*command));
    const auto outcome = parts_.runtime->known_outcome(*command);
    if (outcome) {
        ++counted_.told_again;
        send(lane, entry, outcomes_, outcome_parcel(*outcome, source));
    } else {
        lane.set_told(entry);  // refused, and told before anything behind it was decided
    }
    return true;
}

bool Intake::submit(Lane& lane, Lane::Entry& entry, domain::Command command) {
    auto done = [mailbox = mailbox_, id = lane.id(),
                 offset = entry.offset](runtime::Outcome outcome) {
        {
            const std::lock_guard<std::mutex> lock(mailbox->mutex);
            mailbox->answers.push_back({id, offset, std::move(outcome)});
        }
        mailbox->arrived.notify_one();
    };
    if (is_planted(PlantedBug::kOffsetFirst))
        parts_.log->move_intake(lane.shard(), lane.epoch(),
                                {entry.offset + 1, entry.offset + 1, entry.mark});
    const bool is_taken = parts_.runtime->submit_taken(std::move(command), std::move(done),
                                                       {lane.term(), entry.offset, entry.mark});
    if (!is_taken) {
        ++counted_.postponed;
        lane.retry_at = steady_clock::now() + options_.retry_after_min;
        return false;
    }
    lane.begin_deciding(entry);
    return true;
}

void Intake::send(Lane& lane, Lane::Entry& entry, Outbox& outbox, Parcel parcel) {
    const std::uint64_t ticket = ++last_ticket_;
    tickets_.emplace(ticket, Ticket{lane.id(), entry.offset});
    outbox.put(ticket, std::move(parcel));
    lane.begin_telling(entry);
    entry.parcel = {};
}

void Intake::deliver(milliseconds wait_max) {
    for (Outbox* outbox : {&outcomes_, &dead_letters_, &commands_}) {
        if (outbox->is_empty()) continue;
        outbox->step(wait_max, [this](const bus::Delivery& delivery) {
            SKEIN_CRASH_POINT("intake.after_delivery");
            ++counted_.deliveries;
            const auto found = tickets_.find(delivery.position.value());
            const Ticket ticket = found->second;
            tickets_.erase(found);
            Lane* const lane = find_lane(ticket.lane);
            if (lane == nullptr) return;
            Lane::Entry* const entry = lane->find(ticket.offset);
            SKEIN_CHECK(entry != nullptr && entry->offset == ticket.offset,
                        "a delivery of offset {}", ticket.offset);
            lane->set_told(*entry);
        });
    }
}

// Where an append has kept the offset already, only how far it was told is behind: that may wait.
void Intake::keep_points() {
    const auto now = steady_clock::now();
    for (auto& [shard, lane] : lanes_) {
        if (!lane.has_point_to_keep() || now < lane.retry_at) continue;
        const bool is_due = now - lane.kept_at() >= options_.keep_interval;
        const bool is_needed = lane.is_point_needed();
        if (lane.size() == 0 ? (is_needed || is_due) : (is_needed && is_due)) keep(lane);
    }
}

void Intake::keep(Lane& lane) {
    const log::IntakePoint point = lane.point();
    const auto now = steady_clock::now();
    SKEIN_CRASH_POINT("intake.before_keep");
    if (parts_.log->move_intake(lane.shard(), lane.epoch(), point)) {
        SKEIN_CRASH_POINT("intake.after_keep");
        lane.set_kept(point, now);
        ++counted_.kept_alone;
        return;
    }
    last_problem_ = fmt::format("shard {} is not ours any more", lane.shard().value());
    lane.retry_at = now + options_.retry_after_max;
}

void Intake::wait() {
    if (is_deciding()) {
        std::unique_lock<std::mutex> lock(mailbox_->mutex);
        mailbox_->arrived.wait_for(lock, kWaitBusy, [this] { return !mailbox_->answers.empty(); });
        return;
    }
    const bool is_telling =
        !outcomes_.is_empty() || !dead_letters_.is_empty() || !commands_.is_empty();
    if (is_telling) return deliver(kWaitBusy);
    if (reader_) read(kWaitIdle);
}

// What waits for the runtime is left to whoever owns the shard next.
void Intake::drain() {
    const auto end = steady_clock::now() + options_.drain_max;
    try {
        reader_.reset();
        const auto is_busy = [this] {
            return !outcomes_.is_empty() || !dead_letters_.is_empty() || !commands_.is_empty() ||
                   is_deciding();
        };
        while (is_busy() && steady_clock::now() < end) {
            take_answers();
            deliver(milliseconds(0));
            wait();
        }
        for (auto& [shard, lane] : lanes_)
            if (lane.has_point_to_keep()) keep(lane);
    } catch (const Fault& fault) {
        last_problem_ = fault.what();
    }
    for (Outbox* outbox : {&outcomes_, &dead_letters_, &commands_}) outbox->close();
    lanes_.clear();
    left_.clear();
}

}  // namespace skein::intake
