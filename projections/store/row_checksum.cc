#include "projections/store/row_checksum.h"

#include <fmt/format.h>

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "projections/store/keys.h"

namespace skein::projections::store {

std::string row_trailer(std::string_view key, std::string_view value) {
    std::string trailer;
    put_u64_le(trailer, xxh3_64(value, xxh3_64(key)));
    return trailer;
}

std::optional<std::string_view> open_row(std::string_view key, std::string_view stored) {
    if (stored.size() < kTrailerBytes) return std::nullopt;
    const std::string_view value = stored.substr(0, stored.size() - kTrailerBytes);
    ByteReader reader(stored.substr(value.size()));
    if (reader.u64_le() != xxh3_64(value, xxh3_64(key))) return std::nullopt;
    return value;
}

std::string show_key(std::string_view key) {
    const std::optional<RowPlace> place = place_of_row(key);
    if (!place) return fmt::format("reserved row {}", to_hex(key));
    return fmt::format("{} kind {} ordinal {}", place->stream.str(), static_cast<int>(place->kind),
                       place->ordinal);
}

}  // namespace skein::projections::store
