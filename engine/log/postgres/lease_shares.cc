#include "engine/log/postgres/lease_shares.h"

#include <algorithm>
#include <map>

#include "engine/base/hash.h"

namespace skein::log {

namespace {

std::uint64_t weight_of(Shard shard, const std::string& node) {
    return xxh3_64(node, shard.value());
}

// How many nodes rank before `self` for a shard.
std::size_t rank_of(Shard shard, const std::vector<std::string>& nodes, const std::string& self) {
    const std::vector<std::string> ranked = rank_nodes(shard, nodes);
    return static_cast<std::size_t>(std::find(ranked.begin(), ranked.end(), self) - ranked.begin());
}

// Those for which `self` ranks highest come first.
void sort_by_rank(std::vector<Shard>& shards, const std::vector<std::string>& nodes,
                  const std::string& self) {
    std::vector<std::pair<std::size_t, Shard>> ranked;
    ranked.reserve(shards.size());
    for (const Shard shard : shards) ranked.emplace_back(rank_of(shard, nodes, self), shard);
    std::sort(ranked.begin(), ranked.end());
    for (std::size_t i = 0; i < shards.size(); ++i) shards[i] = ranked[i].second;
}

}  // namespace

std::vector<std::string> rank_nodes(Shard shard, std::vector<std::string> nodes) {
    std::sort(nodes.begin(), nodes.end(), [shard](const std::string& a, const std::string& b) {
        const std::uint64_t weight_a = weight_of(shard, a);
        const std::uint64_t weight_b = weight_of(shard, b);
        return weight_a != weight_b ? weight_a > weight_b : a < b;
    });
    return nodes;
}

SharePlan plan_shares(const std::vector<OwnedShard>& shards, std::vector<std::string> nodes,
                      const std::string& self) {
    if (std::find(nodes.begin(), nodes.end(), self) == nodes.end()) nodes.push_back(self);
    const std::size_t least = shards.size() / nodes.size();
    const std::size_t most = (shards.size() + nodes.size() - 1) / nodes.size();
    std::map<std::string, std::size_t> counts;
    for (const std::string& node : nodes) counts[node] = 0;
    std::vector<Shard> mine;
    std::vector<Shard> unowned;
    for (const OwnedShard& shard : shards) {
        if (shard.owner.empty()) unowned.push_back(shard.shard);
        if (shard.owner == self) mine.push_back(shard.shard);
        if (const auto count = counts.find(shard.owner); count != counts.end()) ++count->second;
    }
    const bool another_has_too_few =
        std::any_of(counts.begin(), counts.end(),
                    [&](const auto& count) { return count.first != self && count.second < least; });
    // What is over a least share is for those that do not have theirs.
    const std::size_t wanted = another_has_too_few ? least : most;
    SharePlan plan;
    if (mine.size() < wanted) {
        plan.take_at_most = wanted - mine.size();
        sort_by_rank(unowned, nodes, self);
        plan.take = std::move(unowned);
    } else if (mine.size() > most || (mine.size() > wanted && unowned.empty())) {
        sort_by_rank(mine, nodes, self);
        const std::size_t kept = mine.size() > most ? most : mine.size() - 1;
        plan.release.assign(mine.begin() + static_cast<std::ptrdiff_t>(kept), mine.end());
    }
    return plan;
}

}  // namespace skein::log
