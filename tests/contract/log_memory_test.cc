// The log's contract on the memory backend.
#include "engine/log/memory/memory_log.h"

#include "tests/contract/log/log_contract.h"

namespace skein::log::test {

LogUnderTest make_log() {
    StoreInfo info{uuid_of(1), uuid_of(2), 4, std::string(32, 's')};
    return {std::make_unique<MemoryLog>(std::move(info)), nullptr, nullptr};
}

}  // namespace skein::log::test
