#include "tests/torture/nemesis.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "tests/waiting/comes_true.h"

namespace skein::torture {

namespace {

using std::chrono::milliseconds;

// How a node may end that is told to stop: well, while its server is away, before it listened.
constexpr int kStopped[] = {0, 5, 128 + SIGTERM};
constexpr milliseconds kTick{20};

// How often each class comes in one deal.
constexpr std::pair<FaultClass, int> kDeal[] = {
    {FaultClass::kNodeKill, 5},      {FaultClass::kNodePause, 2},
    {FaultClass::kNodeStop, 1},      {FaultClass::kSessionEnd, 2},
    {FaultClass::kSessionKill, 2},   {FaultClass::kPostmasterKill, 1},
    {FaultClass::kPostgresPause, 1}, {FaultClass::kBrokerKill, 1},
    {FaultClass::kBrokerPause, 1}};

int node_of(int target) { return target; }

}  // namespace

std::string_view to_string(FaultClass fault) {
    switch (fault) {
        case FaultClass::kNodeKill: return "node killed";
        case FaultClass::kNodePause: return "node paused beyond its lease";
        case FaultClass::kNodeStop: return "node told to stop";
        case FaultClass::kSessionEnd: return "Postgres session ended";
        case FaultClass::kSessionKill: return "Postgres session killed";
        case FaultClass::kPostmasterKill: return "postmaster killed";
        case FaultClass::kPostgresPause: return "Postgres paused";
        case FaultClass::kBrokerKill: return "broker killed";
        case FaultClass::kBrokerPause: return "broker paused";
    }
    return "?";
}

bool is_kill(FaultClass fault) {
    return fault == FaultClass::kNodeKill || fault == FaultClass::kSessionKill ||
           fault == FaultClass::kPostmasterKill || fault == FaultClass::kBrokerKill;
}

Nemesis::Nemesis(Cluster& cluster, std::uint64_t seed) : cluster_(cluster), dice_(seed) {}

int Nemesis::kills() const {
    int count = 0;
    for (const auto& [fault, times] : fired_) count += is_kill(fault) ? times : 0;
    return count;
}

void Nemesis::run(std::chrono::seconds duration) {
    const Clock::time_point end = Clock::now() + duration;
    Clock::time_point next = Clock::now();
    while (Clock::now() < end) {
        const Clock::time_point now = Clock::now();
        heal_due(now);
        supervise();
        if (now >= next) {
            if (cards_.empty()) deal();
            const FaultClass fault = cards_.back();
            const Target target = target_of(fault);
            // A target that is down already keeps the card for later.
            if (!is_broken(target) && inflict(fault, target)) {
                cards_.pop_back();
                ++fired_[fault];
                next = now + between(400, 2200);
            } else {
                std::swap(cards_.back(), cards_[dice_.below(cards_.size())]);
            }
        }
        std::this_thread::sleep_for(kTick);
    }
    const bool is_whole = skein::test::comes_true([this] {
        heal_due(Clock::time_point::max());
        return heals_.empty();
    });
    if (!is_whole) throw std::runtime_error("a node that was told to stop does not end");
}

void Nemesis::deal() {
    for (const auto& [fault, times] : kDeal)
        cards_.insert(cards_.end(), static_cast<std::size_t>(times), fault);
    for (std::size_t i = cards_.size(); i > 1; --i)
        std::swap(cards_[i - 1], cards_[dice_.below(i)]);
}

Nemesis::Target Nemesis::target_of(FaultClass fault) {
    switch (fault) {
        case FaultClass::kNodeKill:
        case FaultClass::kNodePause:
        case FaultClass::kNodeStop:
            return dice_.below(kNodes) == 0 ? Target::kNode0 : Target::kNode1;
        case FaultClass::kSessionEnd:
        case FaultClass::kSessionKill:
        case FaultClass::kPostmasterKill:
        case FaultClass::kPostgresPause: return Target::kPostgres;
        case FaultClass::kBrokerKill:
        case FaultClass::kBrokerPause: return Target::kBroker;
    }
    return Target::kPostgres;
}

bool Nemesis::is_broken(Target target) const {
    return std::any_of(heals_.begin(), heals_.end(),
                       [target](const Heal& heal) { return heal.target == target; });
}

bool Nemesis::inflict(FaultClass fault, Target target) {
    const int number = node_of(static_cast<int>(target));
    milliseconds hold{0};
    switch (fault) {
        case FaultClass::kNodeKill:
            cluster_.node(number).kill();
            hold = between(0, 1500);
            break;
        case FaultClass::kNodePause:
            cluster_.node(number).pause();
            hold = between(1200, 3000);
            break;
        case FaultClass::kNodeStop:
            cluster_.node(number).signal(SIGTERM);
            hold = between(0, 1500);
            break;
        case FaultClass::kSessionEnd: return strike_session(SIGTERM);
        case FaultClass::kSessionKill: return strike_session(SIGKILL);
        case FaultClass::kPostmasterKill:
            cluster_.postgres().kill();
            hold = between(0, 1500);
            break;
        case FaultClass::kPostgresPause:
            cluster_.postgres().pause();
            hold = between(300, 2500);
            break;
        case FaultClass::kBrokerKill:
            cluster_.kafka().kill();
            hold = between(0, 3000);
            break;
        case FaultClass::kBrokerPause:
            cluster_.kafka().pause();
            hold = between(500, 3000);
            break;
    }
    heals_.push_back({Clock::now() + hold, fault, target});
    return true;
}

bool Nemesis::strike_session(int signal) {
    const std::vector<pid_t> sessions = cluster_.postgres().sessions();
    if (sessions.empty()) return false;
    return ::kill(sessions[dice_.below(sessions.size())], signal) == 0;
}

// It may wait for a server that is away as well.
bool Nemesis::heal_stopped(int number) {
    const std::optional<int> exit = cluster_.node(number).ended();
    if (!exit) return false;
    const bool is_allowed =
        std::find(std::begin(kStopped), std::end(kStopped), *exit) != std::end(kStopped);
    if (!is_allowed)
        crashes_.push_back(fmt::format("node {} was told to stop and ended with {}:\n{}", number,
                                       *exit, cluster_.node(number).output()));
    cluster_.launch_node(number);
    return true;
}

bool Nemesis::heal(const Heal& heal) {
    const int number = node_of(static_cast<int>(heal.target));
    switch (heal.fault) {
        case FaultClass::kNodeKill: cluster_.launch_node(number); break;
        case FaultClass::kNodePause: cluster_.node(number).resume(); break;
        case FaultClass::kNodeStop: return heal_stopped(number);
        case FaultClass::kPostmasterKill: cluster_.postgres().launch(); break;
        case FaultClass::kPostgresPause: cluster_.postgres().resume(); break;
        case FaultClass::kBrokerKill: cluster_.kafka().launch(); break;
        case FaultClass::kBrokerPause: cluster_.kafka().resume(); break;
        case FaultClass::kSessionEnd:
        case FaultClass::kSessionKill: break;  // nothing to be healed
    }
    return true;
}

void Nemesis::heal_due(Clock::time_point now) {
    std::vector<Heal> later;
    for (const Heal& broken : heals_) {
        if (broken.at > now || !heal(broken)) later.push_back(broken);
    }
    heals_ = std::move(later);
}

// Only what was not broken on purpose has to run.
void Nemesis::supervise() {
    const bool has_stopping = std::any_of(heals_.begin(), heals_.end(), [](const Heal& heal) {
        return heal.fault == FaultClass::kNodeStop;
    });
    if (has_stopping) return;
    if (auto crash = cluster_.supervise()) crashes_.push_back(*std::move(crash));
}

milliseconds Nemesis::between(int least_ms, int most_ms) {
    return milliseconds(least_ms + static_cast<int>(dice_.below(
                                       static_cast<std::uint64_t>(most_ms - least_ms + 1))));
}

}  // namespace skein::torture
