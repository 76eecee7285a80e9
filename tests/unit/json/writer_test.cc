#include "engine/json/writer.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "engine/json/parse.h"

using namespace skein::json;

TEST_CASE("writer: members are written in canonical form", "[unit][json]") {
    ObjectWriter inner;
    inner.member_number("n", std::uint64_t{18446744073709551615ULL});
    ObjectWriter writer;
    writer.member("a", Value::array({Value::integer(1), Value()}));
    writer.member_text("b", "text \"quoted\"\n");
    writer.member_number("c", 1);
    writer.member_number("d", std::numeric_limits<std::int64_t>::min());
    writer.member_boolean("e", true);
    writer.member_null("f");
    writer.member_text("g", std::optional<std::string>());
    writer.member_text("h", std::optional<std::string>("there"));
    writer.member_canonical("i", inner.text());
    writer.member_text("é\"", std::string("last"));
    CHECK(
        writer.text() ==
        R"({"a":[1,null],"b":"text \"quoted\"\n","c":1,"d":-9223372036854775808,"e":true,"f":null,)"
        R"("g":null,"h":"there","i":{"n":18446744073709551615},"é\"":"last"})");
    CHECK(is_canonical(writer.text()));
    CHECK(writer.value().find("c") == Value::integer(1));
}

TEST_CASE("writer: an object without members is the empty object", "[unit][json]") {
    const ObjectWriter writer;
    CHECK(writer.value() == Value::object({}));
    CHECK(writer.text() == "{}");
}
