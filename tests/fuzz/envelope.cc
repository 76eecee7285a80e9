// Stored bytes of events: whatever they are, reading the head refuses them or stays within them.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/codec/envelope.h"

namespace skein {

namespace {

bool lies_in(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

void read(std::string_view bytes) {
    const auto head = codec::decode_head(bytes);
    if (!head) return;
    SKEIN_CHECK(lies_in(head->stream, bytes) && lies_in(head->type, bytes), "views stay inside");
    SKEIN_CHECK(head->previous.size() == 32, "a previous hash has 32 bytes");
}

}  // namespace

}  // namespace skein

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    skein::read({reinterpret_cast<const char*>(data), size});
    return 0;
}
