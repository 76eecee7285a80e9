#include "tests/unit/bus/memory_topic.h"

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "engine/base/fault.h"

namespace skein::bus::test {

class MemoryTopic::Session final : public Publisher {
 public:
    explicit Session(MemoryTopic& topic) : topic_(topic) {}
    ~Session() override {
        const std::lock_guard<std::mutex> lock(topic_.mutex_);
        topic_.waiting_ -= queue_.size();
        topic_.late_.clear();
        if (!topic_.is_late_) return;
        for (Offered& offered : queue_) topic_.late_.push_back(std::move(offered));
    }

    Offer offer(Shard shard, Position position, const Record& record) override {
        const std::lock_guard<std::mutex> lock(topic_.mutex_);
        queue_.push_back({topic_.place_of(shard, record), position, topic_.keep(record)});
        ++topic_.waiting_;
        return Offer::kTaken;
    }

    void poll(std::chrono::milliseconds timeout,
              const std::function<void(const Delivery&)>& visit) override {
        std::vector<Delivery> deliveries;
        {
            const std::lock_guard<std::mutex> lock(topic_.mutex_);
            if (!topic_.is_down_) deliver(deliveries);
        }
        if (deliveries.empty() && timeout.count() > 0) std::this_thread::yield();
        for (const Delivery& delivery : deliveries) visit(delivery);
    }
    std::string failure() const override { return {}; }

 private:
    Offset append(const Offered& offered) {
        auto& partition = topic_.partitions_[offered.shard.value()];
        partition.push_back(offered.kept);
        return static_cast<Offset>(partition.size()) - 1;
    }
    void deliver(std::vector<Delivery>& deliveries) {
        // A record of the session before arrives between those of this one.
        if (!topic_.late_.empty() && !queue_.empty()) {
            append(topic_.late_.front());
            topic_.late_.pop_front();
        }
        while (!queue_.empty() && deliveries.size() < topic_.deliveries_max_) {
            const Offered& offered = queue_.front();
            deliveries.push_back({offered.shard, offered.position, std::nullopt, {}});
            deliver_one(offered, deliveries.back());
            queue_.pop_front();
            --topic_.waiting_;
        }
    }
    void deliver_one(const Offered& offered, Delivery& delivery) {
        const Loss loss = std::exchange(topic_.loss_, Loss::kNone);
        if (loss == Loss::kLostThoughAcknowledged) {
            topic_.late_.clear();  // a broker that forgets has lost its connections too
            delivery.offset = static_cast<Offset>(topic_.partitions_[offered.shard.value()].size());
            return;
        }
        if (loss != Loss::kFails) delivery.offset = append(offered);
        if (loss == Loss::kNone) return;
        delivery.offset.reset();
        delivery.problem = "lost on purpose";
    }

    MemoryTopic& topic_;
    std::deque<Offered> queue_;
};

namespace {

class Reader final : public EventReader {
 public:
    explicit Reader(MemoryTopic& topic) : topic_(topic) {}
    void assign(const std::vector<Start>& starts) override { starts_ = starts; }
    std::vector<Shard> poll(std::chrono::milliseconds timeout,
                            const std::function<void(const StoredRecord&)>& visit) override {
        std::vector<Shard> lost;
        bool has_read = false;
        for (Start& start : starts_) {
            const EventTopic::Extent extent = topic_.extent(start.shard);
            if (start.offset > extent.end) {
                lost.push_back(start.shard);
                continue;
            }
            topic_.read(start.shard, start.offset, extent.end, [&](const StoredRecord& stored) {
                has_read = true;
                start.offset = stored.offset + 1;
                visit(stored);
                return true;
            });
        }
        if (!has_read && timeout.count() > 0) std::this_thread::yield();
        return lost;
    }

 private:
    MemoryTopic& topic_;
    std::vector<Start> starts_;
};

}  // namespace

MemoryTopic::Kept MemoryTopic::keep(const Record& record) {
    Kept kept{std::string(record.key), std::string(record.value), {}, ++stored_};
    for (const Header& header : record.headers)
        kept.headers.emplace_back(std::string(header.name), std::string(header.value));
    return kept;
}

Shard MemoryTopic::place_of(Shard shard, const Record& record) const {
    if (shard != kByKey) return shard;
    return Shard(std::hash<std::string_view>{}(record.key) % partitions_.size());
}

void MemoryTopic::check_up() const {
    if (is_down_) throw Fault(FaultKind::kUnavailable, "the topic is down");
}

void MemoryTopic::prepare() {
    const std::lock_guard<std::mutex> lock(mutex_);
    check_up();
}

std::unique_ptr<Publisher> MemoryTopic::open_publisher() {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        check_up();
    }
    return std::make_unique<Session>(*this);
}

std::unique_ptr<EventReader> MemoryTopic::open_reader(Reading /*reading*/) {
    ++readers_opened_;
    return std::make_unique<Reader>(*this);
}

EventTopic::Extent MemoryTopic::extent(Shard shard) {
    const std::lock_guard<std::mutex> lock(mutex_);
    check_up();
    return {0, static_cast<Offset>(partitions_.at(shard.value()).size())};
}

void MemoryTopic::read(Shard shard, Offset from, Offset until,
                       const std::function<bool(const StoredRecord&)>& visit) {
    const std::lock_guard<std::mutex> lock(mutex_);
    check_up();
    const auto& partition = partitions_.at(shard.value());
    const Offset end = std::min(until, static_cast<Offset>(partition.size()));
    for (Offset at = from; at < end; ++at) {
        const Kept& kept = partition[static_cast<std::size_t>(at)];
        StoredRecord stored{shard, at, {kept.key, kept.value, {}}, kept.stored_at};
        for (const auto& [name, value] : kept.headers)
            stored.record.headers.push_back({name, value});
        if (!visit(stored)) return;
    }
}

void MemoryTopic::set_down(bool is_down) {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_down_ = is_down;
}

void MemoryTopic::cut(Shard shard, std::size_t records) {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto& partition = partitions_.at(shard.value());
    partition.resize(partition.size() - std::min(records, partition.size()));
    late_.clear();
}

void MemoryTopic::erase_all() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto& partition : partitions_) partition.clear();
    late_.clear();
}

void MemoryTopic::store(Shard shard, const Record& record) {
    const std::lock_guard<std::mutex> lock(mutex_);
    partitions_.at(shard.value()).push_back(keep(record));
}

void MemoryTopic::lose_next(Loss loss) {
    const std::lock_guard<std::mutex> lock(mutex_);
    loss_ = loss;
}

void MemoryTopic::set_late(bool is_late) {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_late_ = is_late;
}

void MemoryTopic::set_deliveries_max(std::size_t count) {
    const std::lock_guard<std::mutex> lock(mutex_);
    deliveries_max_ = count;
}

std::size_t MemoryTopic::waiting() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return waiting_;
}

}  // namespace skein::bus::test
