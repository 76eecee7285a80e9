// An embedded log in the making: DIRECTORY.tmp, which gets its name when it is whole and synced.
//
// Threads: one owner. Errors: as LogImport; Fault kConfig also where DIRECTORY is there.
// Source: engine/log/log_import.h.
#pragma once

#include <memory>
#include <string>

#include "engine/log/log_import.h"
#include "engine/log/rocksdb/rocks_log.h"

namespace skein::log {

class RocksImport final : public LogImport {
 public:
    // `directory` must not exist, its parent must. What an import before this one has left is
    // removed.
    RocksImport(const std::string& directory, const StoreInfo& identity);
    // Removes what was not finished.
    ~RocksImport() override;
    RocksImport(const RocksImport&) = delete;
    RocksImport& operator=(const RocksImport&) = delete;

    Epoch epoch() const override { return Epoch(); }
    AppendResult append(Batch batch) override { return log_->append_one(batch); }
    void finish() override;

 private:
    const std::string directory_;
    const std::string unfinished_;
    std::unique_ptr<RocksLog> log_;
};

}  // namespace skein::log
