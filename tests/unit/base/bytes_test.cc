#include "engine/base/bytes.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/random.h"

using namespace skein;

namespace {

// One of each kind, as a row would hold them.
std::string row() {
    std::string out;
    put_u8(out, 0xfe);
    put_u32_be(out, 0x01020304);
    put_u64_be(out, 0x0102030405060708ULL);
    put_u64_le(out, 0x0102030405060708ULL);
    put_varint(out, 300);
    put_varint_signed(out, -3);
    put_string(out, "text");
    out += "ab";
    return out;
}

bool read_row(std::string_view bytes) {
    ByteReader in(bytes);
    const bool same = in.u8() == 0xfe && in.u32_be() == 0x01020304 &&
                      in.u64_be() == 0x0102030405060708ULL &&
                      in.u64_le() == 0x0102030405060708ULL && in.varint() == 300 &&
                      in.varint_signed() == -3 && in.string() == "text" && in.raw(2) == "ab";
    return same && in.done();
}

}  // namespace

TEST_CASE("bytes: layouts are the bytes they are said to be", "[unit][base]") {
    CHECK(to_hex(row()) ==
          "fe01020304010203040506070808070605040302"
          "01ac020504746578746162");
    CHECK(read_row(row()));
}

TEST_CASE("bytes: a row cut short anywhere is noticed, and stays noticed", "[unit][base]") {
    const std::string whole = row();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        INFO(size);
        CHECK(!read_row(std::string_view(whole).substr(0, size)));
    }
    CHECK(!read_row(whole + "x"));
    ByteReader in("\x01");
    CHECK(in.u32_be() == 0);
    CHECK(!in.ok());
    CHECK(in.u8() == 0);
    CHECK(!in.done());
}

TEST_CASE("bytes: varints of every size come back", "[unit][base]") {
    std::vector<std::uint64_t> numbers{0, 1, 127, 128, std::numeric_limits<std::uint64_t>::max()};
    for (unsigned bit = 0; bit < 64; ++bit) numbers.push_back(1ULL << bit);
    for (const std::uint64_t number : numbers) {
        std::string bytes;
        put_varint(bytes, number);
        put_varint_signed(bytes, static_cast<std::int64_t>(number));
        ByteReader in(bytes);
        CHECK(in.varint() == number);
        CHECK(in.varint_signed() == static_cast<std::int64_t>(number));
        CHECK(in.done());
    }
}

TEST_CASE("bytes: varints that are too long or too large are refused", "[unit][base]") {
    for (const std::string& bytes :
         {std::string(10, '\x80'), std::string(9, '\xff') + "\x02", std::string(11, '\xff')}) {
        ByteReader in(bytes);
        CHECK(in.varint() == 0);
        CHECK(!in.ok());
    }
}

TEST_CASE("bytes: a string length beyond the end is refused without reading", "[unit][base]") {
    std::string bytes;
    put_varint(bytes, std::numeric_limits<std::uint64_t>::max());
    bytes += "abc";
    ByteReader in(bytes);
    CHECK(in.string().empty());
    CHECK(!in.ok());
}

TEST_CASE("bytes: big-endian keys sort as their numbers do", "[unit][base]") {
    SeededRandom random(41);
    for (int round = 0; round < 1000; ++round) {
        const std::uint64_t a = random.next() >> random.below(64);
        const std::uint64_t b = random.next() >> random.below(64);
        std::string key_a;
        std::string key_b;
        put_u64_be(key_a, a);
        put_u64_be(key_b, b);
        REQUIRE((a < b) == (key_a < key_b));
    }
}
