// The kinds of the product, and how they become bytes.
//
// Threads: constants.
#pragma once

#include "engine/codec/codec.h"
#include "engine/domain/kinds/standard.h"

namespace skein::tests {

inline const domain::Registry& registry() {
    static const domain::Registry kRegistry = domain::standard_registry();
    return kRegistry;
}

inline const codec::Codec& standard() {
    static const codec::Codec kCodec = codec::standard_codec(registry());
    return kCodec;
}

}  // namespace skein::tests
