// The one place where a rocksdb::Status becomes a Fault: which failure means what reaction.
//
// Corruption and missing files: kCorruption. Locked, full or failing disk: kUnavailable. No
// permission, not a store, another format: kConfig.
// Threads: pure. Errors: none. Source: style rule 19, reliability 3.3.
#pragma once

#include <rocksdb/status.h>

#include <string>

#include "engine/base/fault.h"

namespace skein::log {

// `doing` as in "reading an event"; `directory` of the store.
Fault fault_of(const rocksdb::Status& status, const std::string& doing,
               const std::string& directory);
// Throws where the status is not ok.
void throw_if_failed(const rocksdb::Status& status, const char* doing,
                     const std::string& directory);

// Stored bytes that RocksDB holds to be sound and we do not.
Fault corruption(const std::string& what, const std::string& directory);

}  // namespace skein::log
