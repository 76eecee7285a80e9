#include "engine/base/utf8.h"

#include <catch2/catch.hpp>
#include <string>

using namespace skein;

namespace {

// The bytes that the general scheme gives for a code point, allowed or not.
std::string encoded(unsigned code) {
    const auto byte = [](unsigned bits) { return static_cast<char>(bits); };
    if (code < 0x80) return {byte(code)};
    if (code < 0x800) return {byte(0xc0 | (code >> 6)), byte(0x80 | (code & 0x3f))};
    if (code < 0x10000) {
        return {byte(0xe0 | (code >> 12)), byte(0x80 | ((code >> 6) & 0x3f)),
                byte(0x80 | (code & 0x3f))};
    }
    return {byte(0xf0 | (code >> 18)), byte(0x80 | ((code >> 12) & 0x3f)),
            byte(0x80 | ((code >> 6) & 0x3f)), byte(0x80 | (code & 0x3f))};
}

}  // namespace

TEST_CASE("utf8: every code point is taken but surrogates and those above U+10FFFF",
          "[unit][base]") {
    for (unsigned code = 0; code < 0x140000; ++code) {
        const bool allowed = (code < 0xd800 || code > 0xdfff) && code <= 0x10ffff;
        if (is_utf8(encoded(code)) != allowed) {
            INFO(code);
            REQUIRE(is_utf8(encoded(code)) == allowed);
        }
    }
    CHECK(is_utf8(""));
    CHECK(is_utf8("plain, é, €, 𝄞"));
}

TEST_CASE("utf8: overlong, cut and stray bytes are refused", "[unit][base]") {
    for (const char* text : {"\x80",
                             "\xbf",
                             "\xc0\x80",
                             "\xc1\xbf",
                             "\xe0\x80\x80",
                             "\xe0\x9f\xbf",
                             "\xf0\x80\x80\x80",
                             "\xf0\x8f\xbf\xbf",
                             "\xf5\x80\x80\x80",
                             "\xff",
                             "\xfe",
                             "\xc3",
                             "\xe2\x82",
                             "\xf0\x9d\x84",
                             "\xc3(",
                             "\xe2(\xac",
                             "\xe2\x82(",
                             "\xf0\x9d\x84(",
                             "a\xc3",
                             "\xed\xa0\x80\xed\xb0\x80"}) {
        INFO(text);
        CHECK(!is_utf8(text));
        CHECK(!is_utf8(std::string("é") + text + "a"));
    }
}
