// Outbox: sends records to one topic until each is delivered.
//
// A session of sending that fails is ended, and the next one sends all that is not delivered once
// more: records arrive at least once, in any order.
// Threads: one. Errors: Fault where no session can be opened or one has failed; what is not
// delivered stays, and is sent by a later step().
// Source: reliability 3.2, section 6.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "engine/bus/event_topic.h"
#include "engine/intake/parcel.h"

namespace skein::intake {

class Outbox {
 public:
    explicit Outbox(bus::EventTopic& topic) : topic_(&topic) {}

    // `ticket` is named by step() once it is delivered; larger than all before.
    void put(std::uint64_t ticket, Parcel parcel);
    bool is_empty() const { return waiting_.empty(); }

    // Sends what waits, and hands out what was delivered, with its ticket as the position and where
    // it stands; waits for the first at most `wait`.
    void step(std::chrono::milliseconds wait,
              const std::function<void(const bus::Delivery&)>& delivered);
    // Ends the session; the next step() begins another.
    void close() { publisher_.reset(); }

 private:
    bus::EventTopic* topic_;
    std::map<std::uint64_t, Parcel> waiting_;  // by ticket
    std::uint64_t sent_ = 0;                   // the last ticket that the session has taken
    std::unique_ptr<bus::Publisher> publisher_;
};

}  // namespace skein::intake
