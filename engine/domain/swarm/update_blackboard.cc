#include <fmt/format.h>

#include <algorithm>

#include "engine/base/ids.h"
#include "engine/domain/swarm/codes.h"
#include "engine/domain/swarm/commands.h"
#include "engine/domain/swarm/guards.h"
#include "engine/domain/swarm/swarm_events.h"

namespace skein::domain::swarm {

namespace {

constexpr std::size_t kTagBytesMax = 512;  // as other short texts

struct UpdateBlackboard final : CommandBody {
    std::shared_ptr<const BlackboardUpdated> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_open_swarm(scene)) return fail(*std::move(no));
        return one_event(scene, event);
    }
};

std::optional<std::vector<std::string>> read_tags(Fields& item) {
    const auto list = item.array("tags", Presence::kOptional);
    if (!list) return std::nullopt;
    std::vector<std::string> tags;
    list->for_each_element([&](const json::Value& element) {
        auto tag = element.as_string();
        if (tag && tag->size() <= kTagBytesMax) {
            tags.push_back(*std::move(tag));
            return;
        }
        item.refuse(
            reject(codes::kInvalidField,
                   fmt::format("{}/tags must hold texts of at most 512 bytes.", item.where())));
    });
    return tags;
}

BoardSet read_set(Fields& item) {
    BoardSet set;
    set.id = item.key("id", Presence::kRequired).value_or("");
    set.value = item.value("value", Presence::kRequired).value_or(json::Value());
    set.type = item.text("type", Presence::kOptional);
    set.tags = read_tags(item);
    set.expires_at = item.time("expires_at", Presence::kOptional);
    return set;
}

std::vector<std::string> read_deletes(Fields& data) {
    std::vector<std::string> ids;
    const auto list = data.array("delete", Presence::kOptional);
    if (!list) return ids;
    list->for_each_element([&](const json::Value& element) {
        auto id = element.as_string();
        if (id && is_key(*id)) {
            ids.push_back(*std::move(id));
            return;
        }
        data.refuse(reject(codes::kInvalidKey,
                           "/data/delete must hold keys of 1 to 512 bytes of UTF-8 without NUL."));
    });
    return ids;
}

// Refuses ids that stand on both sides: which one was meant cannot be known.
void check_sides(Fields& data, const BlackboardUpdated& event) {
    std::vector<std::string> deleted = event.deletes;
    std::sort(deleted.begin(), deleted.end());
    for (const BoardSet& set : event.sets) {
        if (!std::binary_search(deleted.begin(), deleted.end(), set.id)) continue;
        data.refuse(reject(codes::kSetAndDeleted,
                           fmt::format("{} stands in both set and delete.", set.id)));
    }
}

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<BlackboardUpdated>();
    data.each_object("set", Presence::kOptional,
                     [&event](Fields& item) { event->sets.push_back(read_set(item)); });
    event->deletes = read_deletes(data);
    check_sides(data, *event);
    if (event->sets.empty() && event->deletes.empty()) {
        data.refuse(reject(codes::kEmptyCommand, "Give set or delete, with at least one item."));
    }
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<UpdateBlackboard>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec update_blackboard_command() {
    return {"UpdateBlackboard", "swarm", "Sets and deletes items of a swarm's blackboard.", parse};
}

}  // namespace skein::domain::swarm
