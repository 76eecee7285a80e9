// JSON from outside: whatever parses has one canonical form, and that form parses to itself.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/check.h"
#include "engine/base/utf8.h"
#include "engine/json/parse.h"

namespace skein {

namespace {

void read(std::string_view text) {
    const auto value = json::parse(text);
    if (!value) {
        SKEIN_CHECK(!json::is_canonical(text), "canonical text parses");
        SKEIN_CHECK(value.error().offset <= text.size(), "an error stands within the text");
        return;
    }
    const std::string canonical = value->text();
    SKEIN_CHECK(is_utf8(canonical), "values are UTF-8");
    SKEIN_CHECK(canonical.size() == value->size_bytes(), "the size is that of the text");
    SKEIN_CHECK(value->depth() <= json::kDepthMax, "depth {} is above the limit", value->depth());
    SKEIN_CHECK(json::is_canonical(canonical), "what a value writes is canonical");
    const auto again = json::parse(canonical);
    SKEIN_CHECK(again.has_value(), "canonical text parses");
    SKEIN_CHECK(*again == *value && again->text() == canonical, "one value, one text");
    SKEIN_CHECK(value->chunked().text() == canonical, "chunks join to the same text");
}

}  // namespace

}  // namespace skein

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    skein::read({reinterpret_cast<const char*>(data), size});
    return 0;
}
