#include "engine/domain/run/three_way.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "engine/json/parse.h"

using namespace skein;
using namespace skein::domain::run;

namespace {

// Empty text is an absent side.
std::optional<json::Value> side(std::string_view text) {
    if (text.empty()) return std::nullopt;
    auto value = json::parse(text);
    REQUIRE(value);
    return *value;
}

std::string text_of(const std::optional<json::Value>& value) { return value ? value->text() : ""; }

struct Row {
    std::string_view base;
    std::string_view source;
    std::string_view target;
    std::string_view result;
    TargetLoss loss = TargetLoss::kNone;
};

template <class Merge>
void check_row(const Row& row, Merge merge) {
    CAPTURE(row.base, row.source, row.target);
    const MergedValue merged = merge({side(row.base), side(row.source), side(row.target)});
    CHECK(text_of(merged.value) == row.result);
    CHECK(merged.target_loss == row.loss);
}

}  // namespace

TEST_CASE("three-way: merge_objects joins objects by path, the source winning [V-33]",
          "[unit][run]") {
    const auto some = TargetLoss::kSome;
    const Row rows[] = {
        {R"({"a":1,"b":1})", R"({"a":2,"b":1})", R"({"a":1,"b":3})", R"({"a":2,"b":3})"},
        {R"({"a":1})", R"({"a":2})", R"({"a":3})", R"({"a":2})", some},
        {R"({"a":1,"b":1})", R"({"b":1})", R"({"a":1,"b":2})", R"({"b":2})"},
        {R"({"a":1,"b":1})", R"({"a":1,"b":2})", R"({"b":1})", R"({"b":2})"},
        {R"({"a":1})", R"({})", R"({"a":2})", R"({})", some},
        {R"({"a":1})", R"({"a":2})", R"({})", R"({"a":2})"},
        {R"({"a":{"x":1,"y":1}})", R"({"a":{"x":2,"y":1}})", R"({"a":{"x":1,"y":3}})",
         R"({"a":{"x":2,"y":3}})"},
        {R"({"a":1})", R"({"a":{"x":1}})", R"({"a":{"y":2}})", R"({"a":{"x":1,"y":2}})"},
        {"", R"({"a":1})", R"({"b":2})", R"({"a":1,"b":2})"},
        {"7", R"({"a":1})", R"({"a":2,"b":2})", R"({"a":1,"b":2})", some},
        {R"({"a":[1]})", R"({"a":[1,2]})", R"({"a":[1,3]})", R"({"a":[1,2]})", some},
        {R"({"a":1})", R"({"a":null})", R"({"a":2})", R"({"a":null})", some},
        {"1", "2", "3", "2", some},
        {R"({"a":1})", "", R"({"a":2})", "", some},
        {R"({"a":1})", R"({"a":2})", "", R"({"a":2})"},
        {R"({"a":1})", R"({"a":2})", "[1]", R"({"a":2})", some},
        {R"({"a":1,"b":1})", R"({"a":2,"b":2})", R"({"a":2,"b":1})", R"({"a":2,"b":2})"},
    };
    for (const Row& row : rows) check_row(row, merge_objects);
}

TEST_CASE("three-way: array_concat is the target, then what the source added [V-36]",
          "[unit][run]") {
    const auto some = TargetLoss::kSome;
    const Row rows[] = {
        {"[1]", "[1,2]", "[1,3]", "[1,3,2]"},
        {"", "[1,2]", "[3]", "[3,1,2]"},
        {"[1,1]", "[1,1,1]", "[1,1,2]", "[1,1,2,1]"},
        {"[1,2]", "[2]", "[1,2,3]", "[1,2,3]"},
        {"[1,2]", "[2,1,4,3]", "[5]", "[5,4,3]"},
        {"{}", "[1]", "[1]", "[1,1]"},
        {"[1]", "[1,{\"a\":1}]", "[]", "[{\"a\":1}]"},
        {"[1]", "[1.0,2]", "[1,3]", "[1,3,2]"},
        {"[1]", "5", "[1,2]", "5", some},
        {"[1]", "[1,2]", "5", "[1,2]", some},
        {"[1]", "", "[1,2]", "", some},
        {"[1]", "[1,2]", "", "[1,2]"},
    };
    for (const Row& row : rows) check_row(row, array_concat);
}

TEST_CASE("three-way: array_concat of long arrays keeps every element in order [V-36]",
          "[unit][run]") {
    std::vector<json::Value> base, source, target, expected;
    for (int i = 0; i < 5000; ++i) base.push_back(json::Value::integer(i));
    source = target = base;
    for (int i = 0; i < 700; ++i) source.push_back(json::Value::string("s" + std::to_string(i)));
    for (int i = 0; i < 300; ++i) target.push_back(json::Value::string("t" + std::to_string(i)));
    expected = target;
    expected.insert(expected.end(), source.begin() + 5000, source.end());
    const auto merged =
        array_concat({json::Value::array(base), json::Value::array(source).chunked(),
                      json::Value::array(target).chunked()});
    CHECK(merged.value == json::Value::array(expected));
}

TEST_CASE("three-way: deep_merge joins objects, and null is a value [V-21]", "[unit][run]") {
    const Row rows[] = {
        // under, over, unused, result
        {R"({"a":1,"b":{"x":1}})", R"({"b":{"y":2},"c":3})", "",
         R"({"a":1,"b":{"x":1,"y":2},"c":3})"},
        {R"({"a":1})", R"({"a":null})", "", R"({"a":null})"},
        {R"({"a":{"x":1}})", R"({"a":[1]})", "", R"({"a":[1]})"},
        {"1", R"({"a":1})", "", R"({"a":1})"},
        {R"({"a":1})", "null", "", "null"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.base, row.source);
        CHECK(deep_merge(*side(row.base), *side(row.source)).text() == row.result);
    }
}
