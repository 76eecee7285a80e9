// Fault: the infrastructure failed (disk, server, stored bytes). The kind says how to react.
//
// Thrown by adapters only (log backends, view store, files); caught in the runtime's retry loop,
// the projector loop, the server's request boundary and main.
// Threads: a value type. Source: style rule 19.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace skein {

enum class FaultKind {
    kUnavailable,  // try again with backoff: locked, disk full, server away
    kOverloaded,   // shed: a bounded queue is full
    kCorruption,   // stop the view or the shard and say so
    kConfig,       // exit: the operator has to change something
    kMissing,      // exit: what the operator named is not there
};

std::string_view to_string(FaultKind kind);

class Fault : public std::runtime_error {
 public:
    // `what` says what happened and why; `remedy` what to do next, as a sentence or a command.
    Fault(FaultKind kind, const std::string& what, std::string remedy = {});

    FaultKind kind() const { return kind_; }
    const std::string& remedy() const { return remedy_; }

 private:
    FaultKind kind_;
    std::string remedy_;
};

}  // namespace skein
