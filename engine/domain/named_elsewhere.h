// Names of a state that stand for an event of another stream: a fork lists the steps of its source.
//
// A kind whose states can hold such names implements NamedElsewhere on them.
// Threads: pure. Errors: none. Source: interfaces sections 1 (named points) and 9 (forking).
#pragma once

#include <optional>
#include <string_view>

#include "engine/base/ids.h"

namespace skein::domain {

// A stream, and the version of it that was taken over.
struct Elsewhere {
    Stream stream;
    Version version;
};

class NamedElsewhere {
 public:
    virtual ~NamedElsewhere() = default;
    // Where a name that State::named_point does not give came from; the state there knows it, by
    // the one or the other. nullopt where nothing has the name.
    virtual std::optional<Elsewhere> named_elsewhere(std::string_view space,
                                                     std::string_view name) const = 0;
};

}  // namespace skein::domain
