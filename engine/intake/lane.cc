#include "engine/intake/lane.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace skein::intake {

Lane::Lane(const Start& start)
    : start_(start),
      known_(start.point.next),
      next_read_(start.first),
      term_(std::make_shared<runtime::IntakeTerm>(start.epoch, start.first)),
      told_mark_(start.first == start.point.next ? start.point.mark : 0),
      next_offset_(start.first),
      kept_(start.point) {}

void Lane::add(std::uint64_t offset, std::uint64_t mark, Parcel parcel) {
    SKEIN_CHECK(offset >= next_read_, "offset {} came after {}", offset, next_read_);
    Entry entry;
    entry.offset = offset;
    entry.mark = mark;
    entry.bytes = parcel.bytes();
    entry.parcel = std::move(parcel);
    bytes_ += entry.bytes;
    entries_.push_back(std::move(entry));
    next_read_ = offset + 1;
}

Lane::Entry* Lane::find(std::uint64_t offset) {
    const auto found = std::lower_bound(
        entries_.begin(), entries_.end(), offset,
        [](const Entry& entry, std::uint64_t wanted) { return entry.offset < wanted; });
    return found == entries_.end() ? nullptr : &*found;
}

bool Lane::may_go_on() {
    if (!is_stopped_) return true;
    if (deciding_ > 0 || refusals_ > 0) return false;
    is_stopped_ = false;
    term_ = std::make_shared<runtime::IntakeTerm>(start_.epoch, told());
    return true;
}

// Those behind `next_offset_` that are being told already came before a stop.
Lane::Entry* Lane::next() {
    if (!may_go_on()) return nullptr;
    Entry* entry = find(next_offset_);
    while (entry != nullptr && entry->stage != Stage::kWaiting) {
        next_offset_ = entry->offset + 1;
        entry = find(next_offset_);
    }
    return entry;
}

void Lane::begin_deciding(Entry& entry) {
    entry.stage = Stage::kDeciding;
    ++deciding_;
}

void Lane::set_accepted(const Entry& entry) {
    if (entry.offset < kept_.next) return;
    kept_.next = entry.offset + 1;
    kept_.mark = entry.mark;
}

void Lane::set_refused(Entry& entry) {
    entry.is_refusal = true;
    ++refusals_;
    is_stopped_ = true;
}

void Lane::set_undecided(Entry& entry, Instant when) {
    entry.stage = Stage::kWaiting;
    --deciding_;
    next_offset_ = std::min(next_offset_, entry.offset);
    is_stopped_ = true;
    retry_at = std::max(retry_at, when);
}

void Lane::begin_telling(Entry& entry) {
    if (entry.stage == Stage::kDeciding) --deciding_;
    entry.stage = Stage::kTelling;
    ++entry.telling;
}

void Lane::set_told(Entry& entry) {
    if (entry.telling > 1) {
        --entry.telling;
        return;
    }
    entry.stage = Stage::kTold;
    if (entry.is_refusal) --refusals_;
    while (!entries_.empty() && entries_.front().stage == Stage::kTold) {
        bytes_ -= entries_.front().bytes;
        told_mark_ = entries_.front().mark;
        entries_.pop_front();
    }
    term_->told.store(told());
}

std::uint64_t Lane::told() const { return entries_.empty() ? next_read_ : entries_.front().offset; }

log::IntakePoint Lane::point() const {
    log::IntakePoint point{told(), told(), told_mark_};
    for (const Entry& entry : entries_) {
        const bool is_settled =
            entry.stage == Stage::kTold || (entry.stage == Stage::kTelling && !entry.is_refusal);
        if (!is_settled) break;
        point.next = entry.offset + 1;
        point.mark = entry.mark;
    }
    if (point.next < kept_.next) {
        point.next = kept_.next;
        point.mark = kept_.mark;
    }
    return point;
}

void Lane::set_kept(const log::IntakePoint& point, Instant now) {
    kept_ = point;
    kept_at_ = now;
}

}  // namespace skein::intake
