// What base reads from text: times, UUIDs, UTF-8, and rows. What is accepted must survive a round
// trip.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/base/utf8.h"

namespace skein {

namespace {

void read_as_row(std::string_view text) {
    ByteReader row(text);
    while (row.ok() && !row.done()) {
        const std::size_t before = row.rest().size();
        switch (row.u8() % 4) {
            case 0: row.varint(); break;
            case 1: row.varint_signed(); break;
            case 2: row.string(); break;
            default: row.u32_be(); break;
        }
        SKEIN_CHECK(!row.ok() || row.rest().size() < before, "a reader goes forward");
    }
}

void read(std::string_view text) {
    if (const auto time = parse_time(text)) {
        const auto again = parse_time(format_time(*time));
        // An offset can carry a time out of the years 0000 to 9999, which alone can be written.
        const bool written = format_time(*time).find('-') == 4;
        SKEIN_CHECK(!written || again == time, "a time survives being written");
    }
    if (const auto uuid = Uuid::parse(text)) {
        SKEIN_CHECK(Uuid::parse(uuid->str()) == uuid, "an id survives being written");
    }
    SKEIN_CHECK(!is_key(text) || is_utf8(text), "keys are UTF-8");
    SKEIN_CHECK(!is_id(text) || is_key(text), "ids are keys");
    read_as_row(text);
}

}  // namespace

}  // namespace skein

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    skein::read({reinterpret_cast<const char*>(data), size});
    return 0;
}
