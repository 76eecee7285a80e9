// How merges, completions and resolutions store a value that stands in the scope already: small
// ones as they are, large ones as a reference, so that their events stay small however large the
// runs are.
//
// Threads: pure. Errors: none. Units: kInlineValueBytesMax counts canonical bytes.
// Source: design section 5 (Values), V-170.
#pragma once

#include "engine/domain/event.h"
#include "engine/domain/run/updates.h"

namespace skein::domain::run {

// Where a value stands: under `slot` of the run's stream, at that version.
struct ValuePlace {
    const Stream& stream;
    Version version;
    Slot slot;
};

// `value` itself up to kInlineValueBytesMax, above that a reference to its place.
StoredValue store_value(const json::Value& value, const ValuePlace& place);

}  // namespace skein::domain::run
