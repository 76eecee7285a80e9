#include "projections/query/state_cache.h"

namespace skein::projections {

namespace {

constexpr std::size_t kEntryBytes = 2048;  // what a state takes beside its content

}  // namespace

StateCache::Class& StateCache::class_of(const Stream& stream) {
    return classes_[static_cast<std::size_t>(classify_(stream))];
}

std::shared_ptr<const domain::State> StateCache::find(const Stream& stream) {
    const std::lock_guard lock(mutex_);
    Class& kind = class_of(stream);
    const auto known = kind.by_stream.find(stream);
    if (known == kind.by_stream.end()) {
        ++misses_;
        return nullptr;
    }
    ++hits_;
    kind.order.splice(kind.order.begin(), kind.order, known->second);
    return known->second->state;
}

StateCache::Fill StateCache::begin_fill(const Stream& stream) {
    const std::lock_guard lock(mutex_);
    Round& round = fills_[stream];
    if (round.open++ == 0) round.number = ++rounds_;
    return {stream, round.number};
}

void StateCache::end_fill(const Fill& fill, std::shared_ptr<const domain::State> state) {
    const std::lock_guard lock(mutex_);
    const auto round = fills_.find(fill.stream);
    // Published or cleared since.
    if (round == fills_.end() || round->second.number != fill.round) return;
    if (--round->second.open == 0) fills_.erase(round);
    if (state == nullptr) return;
    const Class& kind = class_of(fill.stream);
    const auto known = kind.by_stream.find(fill.stream);
    const bool is_newer = known == kind.by_stream.end() ||
                          known->second->state->mark().position < state->mark().position;
    if (is_newer) put(std::move(state));
}

void StateCache::clear() {
    const std::lock_guard lock(mutex_);
    for (Class& kind : classes_) {
        kind.by_stream.clear();
        kind.order.clear();
    }
    fills_.clear();
    bytes_ = 0;
}

StateCache::Counters StateCache::counters() const {
    const std::lock_guard lock(mutex_);
    return {hits_, misses_, classes_[0].order.size() + classes_[1].order.size(), bytes_};
}

void StateCache::publish(std::shared_ptr<const domain::State> document) {
    const std::lock_guard lock(mutex_);
    refuse_fills(document->stream());
    put(std::move(document));
}

void StateCache::move_mark(const Stream& document, const domain::Mark& mark) {
    const std::lock_guard lock(mutex_);
    refuse_fills(document);
    Class& kind = class_of(document);
    const auto known = kind.by_stream.find(document);
    if (known == kind.by_stream.end()) return;
    domain::Mark moved = mark;
    moved.version = known->second->state->version();
    std::shared_ptr<domain::State> copy = known->second->state->clone();
    copy->set_mark(moved);
    known->second->state = std::move(copy);
}

void StateCache::drop(const Stream& document) {
    const std::lock_guard lock(mutex_);
    refuse_fills(document);
    Class& kind = class_of(document);
    const auto known = kind.by_stream.find(document);
    if (known != kind.by_stream.end()) erase(kind, known->second);
}

void StateCache::put(std::shared_ptr<const domain::State> state) {
    const Stream& stream = state->stream();
    Class& kind = class_of(stream);
    const auto known = kind.by_stream.find(stream);
    if (known != kind.by_stream.end()) erase(kind, known->second);
    const std::size_t bytes = kEntryBytes + state->memory_bytes();
    if (bytes > limits_.bytes_max) return;
    kind.order.push_front({std::move(state), bytes});
    kind.by_stream.emplace(kind.order.front().state->stream(), kind.order.begin());
    bytes_ += bytes;
    shrink(classify_(kind.order.front().state->stream()));
}

void StateCache::erase(Class& from, Order::iterator entry) {
    bytes_ -= entry->bytes;
    from.by_stream.erase(entry->state->stream());
    from.order.erase(entry);
}

void StateCache::shrink(CacheClass kind) {
    Class& full = classes_[static_cast<std::size_t>(kind)];
    const std::size_t entries_max = limits_.entries_max[static_cast<std::size_t>(kind)];
    while (full.order.size() > entries_max) erase(full, std::prev(full.order.end()));
    while (bytes_ > limits_.bytes_max) {
        Class& longer =
            classes_[0].order.size() > classes_[1].order.size() ? classes_[0] : classes_[1];
        erase(longer, std::prev(longer.order.end()));
    }
}

}  // namespace skein::projections
