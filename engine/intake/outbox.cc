#include "engine/intake/outbox.h"

#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/fault.h"

namespace skein::intake {

void Outbox::put(std::uint64_t ticket, Parcel parcel) {
    SKEIN_CHECK(waiting_.empty() || ticket > waiting_.rbegin()->first, "ticket {} comes late",
                ticket);
    waiting_.emplace_hint(waiting_.end(), ticket, std::move(parcel));
}

void Outbox::step(std::chrono::milliseconds wait,
                  const std::function<void(const bus::Delivery&)>& delivered) {
    if (waiting_.empty()) return;
    if (!publisher_) {
        publisher_ = topic_->open_publisher();
        sent_ = 0;
    }
    for (auto at = waiting_.upper_bound(sent_); at != waiting_.end(); ++at) {
        const Parcel& parcel = at->second;
        const auto offer =
            publisher_->offer(parcel.partition, Position(at->first), parcel.record());
        if (offer == bus::Publisher::Offer::kFull) break;
        sent_ = at->first;
    }
    std::string problem;
    publisher_->poll(wait, [&](const bus::Delivery& delivery) {
        if (!delivery.offset) {
            problem = delivery.problem;
            return;
        }
        if (waiting_.erase(delivery.position.value()) > 0) delivered(delivery);
    });
    if (problem.empty()) problem = publisher_->failure();
    if (problem.empty()) return;
    close();
    throw Fault(FaultKind::kUnavailable, "a record was not delivered: " + problem,
                "Check that the broker runs and can be reached.");
}

}  // namespace skein::intake
