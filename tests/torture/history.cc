#include "tests/torture/history.h"

#include <algorithm>

namespace skein::torture {

void History::add(Operation operation) {
    const std::lock_guard lock(mutex_);
    operations_.push_back(std::move(operation));
}

void History::add(Sighting sighting) {
    const std::lock_guard lock(mutex_);
    sightings_.push_back(std::move(sighting));
}

std::vector<Operation> History::operations() const {
    const std::lock_guard lock(mutex_);
    return operations_;
}

std::vector<Sighting> History::sightings() const {
    const std::lock_guard lock(mutex_);
    return sightings_;
}

History::Counts History::counts() const {
    const std::lock_guard lock(mutex_);
    const auto accepted =
        std::count_if(operations_.begin(), operations_.end(),
                      [](const Operation& operation) { return operation.fate == Fate::kAccepted; });
    return {operations_.size(), static_cast<std::uint64_t>(accepted)};
}

}  // namespace skein::torture
