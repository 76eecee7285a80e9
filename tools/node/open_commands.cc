#include "tools/node/open_commands.h"

#include <utility>
#include <vector>

namespace skein::node {

OpenCommands::Callback OpenCommands::add(const Uuid& id, Callback done) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::uint64_t number = ++last_;
    open_.emplace(number, Open{id, Clock::now(), std::move(done)});
    return [this, number](runtime::Outcome outcome) { answer(number, std::move(outcome)); };
}

void OpenCommands::answer(std::uint64_t number, runtime::Outcome outcome) {
    Callback done;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto found = open_.find(number);
        if (found == open_.end() || !found->second.done) return;
        done = std::exchange(found->second.done, nullptr);
    }
    done(std::move(outcome));
    const std::lock_guard<std::mutex> lock(mutex_);
    open_.erase(number);
    if (open_.empty()) is_empty_.notify_all();
}

std::size_t OpenCommands::give_up(Clock::duration age, const std::string& why) {
    const Clock::time_point before = Clock::now() - age;
    std::vector<std::pair<std::uint64_t, Uuid>> late;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        for (const auto& [number, open] : open_) {
            if (open.since > before) break;
            if (open.done) late.emplace_back(number, open.id);
        }
    }
    for (const auto& [number, id] : late) answer(number, runtime::unknown(id, why));
    return late.size();
}

std::uint64_t OpenCommands::count() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return open_.size();
}

void OpenCommands::wait_for_none(Clock::time_point end) const {
    std::unique_lock<std::mutex> lock(mutex_);
    is_empty_.wait_until(lock, end, [this] { return open_.empty(); });
}

}  // namespace skein::node
