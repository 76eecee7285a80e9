// The log's contract on the memory backend.
#include "engine/log/memory/memory_import.h"
#include "engine/log/memory/memory_log.h"

#include "tests/contract/log/import_contract.h"
#include "tests/contract/log/log_contract.h"

namespace skein::log::test {

LogUnderTest make_log() {
    StoreInfo info{uuid_of(1), uuid_of(2), 4, std::string(32, 's')};
    return {std::make_unique<MemoryLog>(std::move(info)), nullptr, nullptr};
}

// It is opened once.
ImportPlace make_import_place() {
    const auto made = std::make_shared<std::unique_ptr<EventLog>>();
    ImportPlace place;
    place.begin = [made](const StoreInfo& identity) {
        return std::make_unique<MemoryImport>(identity, *made);
    };
    place.open = [made] { return std::move(*made); };
    return place;
}

}  // namespace skein::log::test
