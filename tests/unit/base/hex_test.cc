#include "engine/base/hex.h"

#include <catch2/catch.hpp>
#include <string>

using namespace skein;

TEST_CASE("hex: bytes of every length and value come back", "[unit][base]") {
    std::string bytes;
    for (int value = 0; value < 256; ++value) {
        std::string back = "before";
        REQUIRE(append_hex(back, to_hex(bytes)));
        REQUIRE(back == "before" + bytes);
        bytes += static_cast<char>(value);
    }
    CHECK(to_hex(std::string_view("\x00\x0f\xa5\xff", 4)) == "000fa5ff");
    std::string out;
    CHECK(append_hex(out, "000fa5ff"));
    CHECK(out == std::string("\x00\x0f\xa5\xff", 4));
}

TEST_CASE("hex: every other character is refused at every place", "[unit][base]") {
    const std::string_view digits = "0123456789abcdef";
    for (int value = 0; value < 256; ++value) {
        const char c = static_cast<char>(value);
        for (std::size_t at = 0; at < 20; ++at) {
            std::string text(20, '7');
            text[at] = c;
            std::string out;
            INFO("character " << value << " at " << at);
            CHECK(append_hex(out, text) == (digits.find(c) != std::string_view::npos));
        }
    }
}

TEST_CASE("hex: half a byte is refused", "[unit][base]") {
    std::string out;
    for (const char* const text : {"1", "123", "123456789"}) CHECK_FALSE(append_hex(out, text));
}
