#include "engine/domain/run/merge_outcome.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/domain/run/merge_base.h"
#include "engine/domain/run/merge_choice.h"

namespace skein::domain::run {

namespace {

using Members = std::vector<std::pair<std::string, json::Value>>;

json::Value text(std::string_view word) { return json::Value::string(word); }

void put_stored(Members& members, const StoredValue& value) {
    for (auto& member : stored_value_data(value).members()) members.push_back(std::move(member));
}

void put_side(Members& members, std::string name, const std::optional<StoredValue>& side) {
    if (side) members.emplace_back(std::move(name), stored_value_data(*side));
}

json::Value lost_data(const RunPoint& at, const StoredValue& value) {
    Members members{{"run", text(at.run)},
                    {"version", json::Value::unsigned_integer(at.version.value())}};
    put_stored(members, value);
    return json::Value::object(std::move(members));
}

json::Value merged_key_data(const MergedKey& merged) {
    Members members{{"area", text(to_string(merged.area))},
                    {"key", text(merged.key)},
                    {"result", text(to_string(merged.result))}};
    if (merged.value) put_stored(members, *merged.value);
    if (merged.strategy) members.emplace_back("strategy", text(to_string(*merged.strategy)));
    if (!merged.lost.empty()) {
        std::vector<json::Value> lost;
        for (std::size_t i = 0; i < merged.lost.size(); ++i) {
            lost.push_back(lost_data(merged.lost_at[i], merged.lost[i]));
        }
        members.emplace_back("lost", json::Value::array(lost));
    }
    put_side(members, "base", merged.base_value);
    put_side(members, "source", merged.source_value);
    put_side(members, "target", merged.target_value);
    return json::Value::object(std::move(members));
}

// Applies one MergeFacts; the source is looked up once, and only where a key needs it.
class Outcome {
 public:
    Outcome(RunState& run, const MergeFacts& facts, const Turn& turn)
        : run_(run), facts_(facts), turn_(turn), past_(turn.past, run) {}

    void apply() {
        std::uint64_t n = highest_conflict();
        for (const MergedKey& merged : facts_.keys) {
            const Slot slot{merged.area, merged.key};
            switch (merged.result) {
                case MergeResult::kTaken: take(slot, merged); break;
                case MergeResult::kCombined:
                    combine_entry(run_, slot, source().area(slot.area).find(slot.key),
                                  value_of(merged), turn_.meta);
                    break;
                case MergeResult::kDeleted:
                    run_.remove(slot.area, merged.key, turn_.meta.position);
                    break;
                case MergeResult::kKept: break;
                case MergeResult::kConflict: open_conflict(merged, ++n); break;
            }
        }
        run_.merged_from.put(facts_.source.run, {facts_.source.version, turn_.meta.position});
    }

 private:
    const RunState& source() {
        if (!source_) {
            const Stream stream = run_.sibling(facts_.source.run);
            source_ = run_at(turn_.past, stream, facts_.source.version);
        }
        return *source_;
    }
    json::Value value_of(const MergedKey& merged) const {
        if (!merged.value) throw corruption(merged.key, "has no value");
        return stored_value(*merged.value, past_);
    }
    void take(const Slot& slot, const MergedKey& merged) {
        const Entry* from = source().area(slot.area).find(slot.key);
        if (from == nullptr) throw corruption(merged.key, "is not in the run merged in");
        take_entry(run_, slot, *from, value_of(merged), turn_.meta);
    }

    // Conflicts that a fork copied may stand under this version already: new ones count on from
    // them.
    std::uint64_t highest_conflict() const {
        std::uint64_t highest = 0;
        const std::uint64_t version = turn_.meta.version.value();
        run_.conflicts.for_each_after(std::pair(version, std::uint64_t{0}),
                                      [&](const auto& id, const Conflict&) {
                                          if (id.first == version) highest = id.second;
                                          return id.first == version;
                                      });
        return highest;
    }
    void open_conflict(const MergedKey& merged, std::uint64_t n) {
        drop_conflict_of(merged);
        Conflict conflict;
        conflict.version = turn_.meta.version;
        conflict.n = n;
        conflict.area = merged.area;
        conflict.key = merged.key;
        conflict.base = side_of(merged.base_value);
        conflict.source = side_of(merged.source_value);
        conflict.target = side_of(merged.target_value);
        conflict.from = facts_.source.run;
        conflict.from_version = facts_.source.version;
        run_.conflicts.put({turn_.meta.version.value(), n}, std::move(conflict));
    }
    std::optional<json::Value> side_of(const std::optional<StoredValue>& side) const {
        if (!side) return std::nullopt;
        return stored_value(*side, past_);
    }
    void drop_conflict_of(const MergedKey& merged) {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> old;
        run_.conflicts.for_each([&](const auto& id, const Conflict& conflict) {
            if (conflict.area == merged.area && conflict.key == merged.key) old.push_back(id);
        });
        for (const auto& id : old) run_.conflicts.erase(id);
    }
    Fault corruption(const std::string& key, std::string_view found) const {
        return Fault(
            FaultKind::kCorruption,
            fmt::format("the merge at {} version {}: key {} {}", run_.stream().str(),
                        turn_.meta.version.value(), key, found),
            "Run `skein verify` on the scope; restore the log from a backup where it fails.");
    }

    RunState& run_;
    const MergeFacts& facts_;
    const Turn& turn_;
    PastWith past_;
    std::shared_ptr<const RunState> source_;
};

}  // namespace

std::shared_ptr<const State> PastWith::at(const Stream& stream, Version version) const {
    if (version != run_.version() || stream != run_.stream()) return past_.at(stream, version);
    return {std::shared_ptr<const State>(), &run_};  // not owned: the caller of evolve holds it
}

void apply_merge(RunState& run, const MergeFacts& facts, const Turn& turn) {
    Outcome(run, facts, turn).apply();
}

void take_entry(RunState& run, const Slot& slot, const Entry& from, json::Value value,
                const EventMeta& meta) {
    Entry entry = from;
    const bool same = value == from.value;  // then the digest is that of the same place
    entry.value = std::move(value);
    entry.version = meta.version;
    entry.position = meta.position;
    if (same) {
        run.area(slot.area).put(std::string(slot.key), std::move(entry));
    } else {
        put_entry(run, slot, std::move(entry));
    }
}

void combine_entry(RunState& run, const Slot& slot, const Entry* source, json::Value value,
                   const EventMeta& meta) {
    const Entry* target = run.area(slot.area).find(slot.key);
    Entry entry;
    if (source != nullptr) entry = *source;
    if (target != nullptr) entry = *target;
    if (source != nullptr) entry.sensitivity = std::max(entry.sensitivity, source->sensitivity);
    entry.value = std::move(value);
    entry.version = meta.version;
    entry.position = meta.position;
    entry.actor = meta.actor;
    put_entry(run, slot, std::move(entry));
}

json::Value merge_facts_data(const MergeFacts& facts) {
    std::vector<json::Value> keys;
    for (const MergedKey& merged : facts.keys) keys.push_back(merged_key_data(merged));
    return json::Value::object({{"source", facts.source.document()},
                                {"strategy", text(to_string(facts.strategy))},
                                {"base", facts.base ? facts.base->document() : json::Value()},
                                {"keys", json::Value::array(keys)}});
}

}  // namespace skein::domain::run
