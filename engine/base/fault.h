// Fault: the infrastructure failed (disk, server, stored bytes). The kind says how to react.
//
// Thrown by adapters only (log backends, view store, files); caught in the runtime's retry loop,
// the projector loop, the server's request boundary and main.
// Threads: a value type. Source: style rule 19.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace skein {

enum class FaultKind {
    kUnavailable,  // try again with backoff: locked, disk full, server away
    kOverloaded,   // shed: a bounded queue is full
    kCorruption,   // stop the view or the shard and say so
    kConfig,       // exit: the operator has to change something
    kMissing,      // exit: what the operator named is not there
};

std::string_view to_string(FaultKind kind);

// The name of a failure that stays the same over releases, and what it means to people.
struct FaultCode {
    std::string_view name;  // kebab-case
    FaultKind kind;
    std::string_view cause;
    std::string_view remedy;  // where a fault brings none of its own
};
// What a fault of this kind has where the thrower knows nothing finer.
const FaultCode& code_of(FaultKind kind);
// What the system's answer to a file operation means: full, forbidden, out of memory, or else.
const FaultCode& code_of(const std::error_code& error);
// RocksDB passes some failures of the file system on as a text alone; of a full disk it is this.
bool tells_disk_full(std::string_view text);

class Fault : public std::runtime_error {
 public:
    // `what` says what happened and why; `remedy` what to do next, as a sentence or a command.
    Fault(FaultKind kind, const std::string& what, std::string remedy = {});
    // `code` is one of engine/base/fault_codes.h: it outlives the fault.
    Fault(const FaultCode& code, const std::string& what, std::string remedy = {});

    FaultKind kind() const { return code_->kind; }
    const FaultCode& code() const { return *code_; }
    const std::string& remedy() const { return remedy_; }

 private:
    const FaultCode* code_;
    std::string remedy_;
};

}  // namespace skein
