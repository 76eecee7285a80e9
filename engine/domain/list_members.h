// What the list of a kind shows of a state, without rendering its document.
//
// A kind whose documents may be large implements ListMembers on its state; others are listed from
// their documents.
// Threads: pure. Errors: none. Source: interfaces section 8 (lists by kind).
#pragma once

#include <optional>
#include <string_view>

#include "engine/domain/kind.h"
#include "engine/json/value.h"

namespace skein::domain {

class ListMembers {
 public:
    virtual ~ListMembers() = default;
    // A member of the document that the kind lists, in O(1) of the document; of arrays their
    // length. nullopt: the document has to tell.
    virtual std::optional<json::Value> list_member(std::string_view name) const = 0;
};

// An object of the members that `kind` lists. nullopt where one of them is longer than `bytes_max`.
std::optional<json::Value> list_members(const Kind& kind, const State& state,
                                        std::size_t bytes_max);

}  // namespace skein::domain
