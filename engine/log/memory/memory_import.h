// A log in memory in the making, for tests of what makes logs.
//
// Threads: one owner. Errors: Fault kConfig where a log stands already. Source: engine/log/log_import.h.
#pragma once

#include <memory>
#include <utility>

#include "engine/base/fault.h"
#include "engine/log/log_import.h"
#include "engine/log/memory/memory_log.h"

namespace skein::log {

class MemoryImport final : public LogImport {
 public:
    // `made` is given the log by finish(); it outlives this.
    MemoryImport(StoreInfo identity, std::unique_ptr<EventLog>& made)
        : log_(std::make_unique<MemoryLog>(std::move(identity))), made_(made) {
        if (made_)
            throw Fault(FaultKind::kConfig, "there is a log already", "Make it somewhere else.");
    }

    Epoch epoch() const override { return Epoch(); }
    AppendResult append(Batch batch) override { return log_->append_one(batch); }
    void finish() override { made_ = std::move(log_); }

 private:
    std::unique_ptr<MemoryLog> log_;
    std::unique_ptr<EventLog>& made_;
};

}  // namespace skein::log
