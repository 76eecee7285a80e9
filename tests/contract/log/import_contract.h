// The contract of LogImport: the suite beside this header runs on whatever place a backend's test
// file makes, which defines make_import_place().
//
// Threads: one. Errors: checks of Catch2. Source: engine/log/log_import.h.
#pragma once

#include <functional>
#include <memory>

#include "engine/log/log_import.h"

namespace skein::log::test {

// A place where no log with events stands yet.
struct ImportPlace {
    std::function<std::unique_ptr<LogImport>(const StoreInfo&)> begin;
    // Null where no log stands.
    std::function<std::unique_ptr<EventLog>()> open;
    std::shared_ptr<void> directory;
};
ImportPlace make_import_place();

}  // namespace skein::log::test
