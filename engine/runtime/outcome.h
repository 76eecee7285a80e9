// What became of a command: accepted with its events, rejected by a named rule, or unknown.
//
// Threads: value types. Errors: none. Source: interfaces section 2 (Result).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/fault.h"
#include "engine/base/ids.h"
#include "engine/domain/rejection.h"
#include "engine/json/value.h"

namespace skein::runtime {

struct OutcomeEvent {
    Stream stream;
    Version version;
    Shard shard;
    Position position;
};

enum class OutcomeKind {
    kAccepted,
    kRejected,
    kUnknown,  // no answer in time: send again with the same command_id
};

struct Outcome {
    OutcomeKind kind = OutcomeKind::kUnknown;
    std::optional<Uuid> command_id;  // none where the text had none that could be read
    std::vector<OutcomeEvent> events;
    bool is_duplicate = false;  // the command was accepted before; these are its events
    std::optional<domain::Rejection> rejection;
    std::string detail;                // of unknown: why
    const FaultCode* cause = nullptr;  // of unknown: the failure behind it, where there was one
};

Outcome rejected(std::optional<Uuid> command_id, domain::Rejection rejection);
Outcome unknown(const Uuid& command_id, std::string detail);

// The contract's `skein.result/1`.
json::Value outcome_document(const Outcome& outcome);

}  // namespace skein::runtime
