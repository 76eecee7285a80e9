// A command: a request that is either accepted (events) or rejected (a named rule).
//
// parse_command() checks shape and fields against the kinds that are registered; each kind's own
// parse functions read `data` through Fields, which names unknown and missing fields with a
// suggestion. A parsed body decides by itself: `decide(scene)` is a flat list of guards.
// Threads: immutable after parsing. Errors: Rejection. Source: interfaces sections 2 and 9.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/domain/event.h"
#include "engine/domain/rejection.h"
#include "engine/domain/state.h"

namespace skein::domain {

// Sizes a command may have; configurable, so that a store can be opened wider.
struct Limits {
    std::size_t value_bytes_max = 1ULL << 20;      // one value in a command
    std::size_t event_bytes_max = 4ULL << 20;      // one encoded event
    std::size_t variable_bytes_max = 64ULL << 20;  // what accumulates in one variable
    std::size_t command_bytes_max = 0;  // text of one command; 0: an event and what is around it
    std::size_t depth_max = json::kDepthMax;
};

// How deep the text of a command nests around its values: parse it with depth_max plus this.
inline constexpr std::size_t kCommandNesting = 8;

class Registry;
struct CommandSpec;

// What a decision may look at: the addressed stream, other streams of its scope, now and then.
class Scene : public Past {
 public:
    // The addressed stream; version 0 where it does not exist.
    virtual const State& target() const = 0;
    // Of the addressed stream, as the command demands it; decisions check it in the contract's
    // order.
    virtual std::optional<Version> expected_version() const = 0;
    // Any stream of the scope as it is now; version 0 where it does not exist. Never null.
    virtual std::shared_ptr<const State> current(const Stream& stream) const = 0;
    // A point of a stream of the scope ("@12", "@tag:x", "@-5m") to a version; 0 is the start.
    virtual Result<Version, Rejection> resolve(const Stream& stream,
                                               std::string_view point) const = 0;
    virtual const Limits& limits() const = 0;
    // The time of this decision, given by the runtime. Decisions store it, never read a clock.
    virtual Timestamp now() const = 0;
};

class CommandBody {
 public:
    virtual ~CommandBody() = default;
    // Pure: the same scene gives the same answer.
    virtual Result<NewEvents, Rejection> decide(const Scene& scene) const = 0;
};

enum class Ack { kLog, kView };

struct Command {
    const CommandSpec* spec = nullptr;
    Uuid id;
    Stream stream;
    std::optional<Version> expected_version;
    Ack ack = Ack::kLog;
    std::string actor;
    std::string reason;
    std::optional<Timestamp> occurred_at;
    std::string traceparent;
    std::optional<Uuid> causation_id;
    std::optional<Uuid> correlation_id;
    std::shared_ptr<const CommandBody> body;
    // Canonical text of type, address, expected_version and data: what "the same command" means.
    std::string content;
};

// `document` is one command of interfaces section 2. Where it has no command_id, `fallback_id` is
// taken (the runtime makes one); a nil fallback makes the field required.
Result<Command, Rejection> parse_command(const json::Value& document, const Registry& registry,
                                         const Limits& limits, const Uuid& fallback_id);
// Of any document, also one that is no command, so that its answer can be told apart; nullopt where
// it has none that can be read.
std::optional<Uuid> command_id_of(const json::Value& document);

}  // namespace skein::domain
