#include "engine/base/time.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <string>

#include "engine/base/random.h"

using namespace skein;

TEST_CASE("time: RFC 3339 in any offset and fraction becomes UTC in microseconds", "[unit][base]") {
    const std::map<std::string, std::string> rows{
        {"2026-11-20T10:03:14Z", "2026-11-20T10:03:14.000000Z"},
        {"2026-11-20t10:03:14z", "2026-11-20T10:03:14.000000Z"},
        {"2026-11-20 10:03:14Z", "2026-11-20T10:03:14.000000Z"},
        {"2026-11-20T10:03:14.25+00:00", "2026-11-20T10:03:14.250000Z"},
        {"2026-11-20T10:03:14.1234567890123456789012Z", "2026-11-20T10:03:14.123456Z"},
        {"2026-11-20T00:03:14+05:30", "2026-11-19T18:33:14.000000Z"},
        {"2026-12-31T23:59:59-00:01", "2027-01-01T00:00:59.000000Z"},
        {"2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000000Z"},
        {"2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"},
        {"2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999999Z"},
        {"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
        {"1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520000Z"},
        {"1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870000Z"},
        {"0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"},
        {"9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z"},
    };
    for (const auto& [text, expected] : rows) {
        INFO(text);
        const auto time = parse_time(text);
        REQUIRE(time);
        CHECK(format_time(*time) == expected);
    }
    CHECK(parse_time("1970-01-01T00:00:00Z") == Timestamp{0});
    CHECK(parse_time("1970-01-01T00:00:01.5Z") == Timestamp{1'500'000});
    CHECK(parse_time("1969-12-31T23:59:59Z") == Timestamp{-1'000'000});
}

TEST_CASE("time: what is no RFC 3339 is refused", "[unit][base]") {
    for (const char* text : {"",
                             "2026-11-20",
                             "2026-11-20T10:03:14",
                             "2026-11-20T10:03Z",
                             "2026-11-20T10:03:14.Z",
                             "2026-13-20T10:03:14Z",
                             "2026-00-20T10:03:14Z",
                             "2026-02-29T10:03:14Z",
                             "2026-11-31T10:03:14Z",
                             "2026-11-00T10:03:14Z",
                             "2026-11-20T24:00:00Z",
                             "2026-11-20T10:60:00Z",
                             "2026-11-20T10:03:61Z",
                             "2026-11-20T10:03:14+24:00",
                             "2026-11-20T10:03:14+05:60",
                             "2026-11-20T10:03:14+0530",
                             "2026-11-20T10:03:14Zx",
                             " 2026-11-20T10:03:14Z",
                             "26-11-20T10:03:14Z",
                             "2026-1-20T10:03:14Z",
                             "-026-11-20T10:03:14Z",
                             "2026-11-20T10:03:14,5Z",
                             "+2026-11-20T10:03:14Z",
                             "2026-11-20T10:03:14.-5Z",
                             "2026-11-20X10:03:14Z",
                             "0000-01-01T00:59:59+01:00",
                             "9999-12-31T23:00:00-01:00"}) {
        INFO(text);
        CHECK(!parse_time(text));
    }
}

TEST_CASE("time: every microsecond of years 0 to 9999 is printed and read back", "[unit][base]") {
    const std::int64_t first = parse_time("0000-01-01T00:00:00Z")->us;
    const std::int64_t last = parse_time("9999-12-31T23:59:59.999999Z")->us;
    const auto span = static_cast<std::uint64_t>(last - first);
    const std::uint64_t seed = 71;
    INFO("seed " << seed);
    SeededRandom random(seed);
    for (int i = 0; i < 20000; ++i) {
        const Timestamp time{first + static_cast<std::int64_t>(random.below(span))};
        REQUIRE(parse_time(format_time(time)) == time);
    }
}
