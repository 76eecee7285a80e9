// View: what the projector drives. It turns events into rows of a generation, and keeps in memory
// what it needs to go on; rows are the truth of a view, memory is not.
//
// Threads: one owner, the thread of its projector. Errors: store::ViewDamage where rows are broken,
// Fault kUnavailable; an event that cannot be applied is a Refusal. Source: design section 6,
// V-171.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/domain/event.h"

namespace skein::projections::core {

// Where a view puts its rows: the batch that the projector is filling.
class Rows {
 public:
    virtual ~Rows() = default;
    // A row that was not there before, and one that may have been: only the former is counted.
    virtual void put(std::string_view key, std::string_view value) = 0;
    virtual void replace(std::string_view key, std::string_view value) = 0;
    // Writes the rows of the events before this one now, because the view has to read them.
    virtual void write_now() = 0;
};

struct Incoming {
    const domain::Event& event;
    std::uint16_t type_version = 1;
    std::string_view payload;  // as stored in the log
};

// Why an event cannot be applied: it is poison, and parks its stream.
struct Refusal {
    std::string code;  // "version-gap", "unknown-kind", "refused"
    std::string message;
};

class View {
 public:
    virtual ~View() = default;

    // Adds the rows of one event. Nothing of a refused event stays.
    virtual std::optional<Refusal> apply(const Incoming& incoming, Rows& rows) = 0;
    // Adds what is written once a batch, however many events it has.
    virtual void finish(Rows& rows) = 0;
    // The rows given so far are written: readers may see them now.
    virtual void written() = 0;
    // The rows given since written() are lost: forgets everything that is only in memory.
    virtual void forget() = 0;
    // A piece of work that waits for no event; false where there is none.
    virtual bool work(Rows& rows) = 0;
};

}  // namespace skein::projections::core
