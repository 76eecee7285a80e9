#include "engine/domain/run/run_state.h"

namespace skein::domain::run {

std::vector<std::string_view> RunState::key_areas() const {
    return {to_string(Area::kVariables), to_string(Area::kIntermediate)};
}

std::optional<json::Value> RunState::keyed_value(const PlacedKey& place, Timestamp /*now*/) const {
    return find_value(place.area, place.key);
}

std::optional<Version> RunState::named_point(std::string_view space, std::string_view name) const {
    if (space == "tag") {
        const Tag* tag = tags.find(name);
        return tag == nullptr ? std::nullopt : std::optional(tag->version);
    }
    if (space == "ckpt") {
        const Checkpoint* checkpoint = checkpoints.find(name);
        return checkpoint == nullptr ? std::nullopt : std::optional(checkpoint->version);
    }
    if (space == "step") {
        const Step* step = steps.find(name);
        if (step == nullptr || is_of_source(*step)) return std::nullopt;
        return step->last;
    }
    return std::nullopt;
}

std::optional<Elsewhere> RunState::named_elsewhere(std::string_view space,
                                                   std::string_view name) const {
    const Step* step = space == "step" ? steps.find(name) : nullptr;
    if (step == nullptr || !is_of_source(*step)) return std::nullopt;
    return Elsewhere{sibling(forked_from->run), forked_from->version};
}

}  // namespace skein::domain::run
