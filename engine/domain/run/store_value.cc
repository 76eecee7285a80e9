#include "engine/domain/run/store_value.h"

#include <string>

namespace skein::domain::run {

StoredValue store_value(const json::Value& value, const ValuePlace& place) {
    if (value.size_bytes() <= kInlineValueBytesMax) return value;
    return ValueRef{place.stream, place.version, std::string(to_string(place.slot.area)),
                    std::string(place.slot.key), json::digest(json::Path(), value)};
}

}  // namespace skein::domain::run
