// How RocksDB is set up for the log, each setting with its reason.
//
// Threads: pure. Errors: none. Source: design section 3 (embedded log), reliability 3.3 and 6.
#pragma once

#include <rocksdb/options.h>

#include "engine/log/rocksdb/rocks_log.h"

namespace skein::log {

rocksdb::Options make_database_options(const RocksLogOptions& options);

}  // namespace skein::log
