#include "engine/json/patch.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/json/parse.h"
#include "tests/unit/json/random_documents.h"
#include "tests/unit/json/test_files.h"

using namespace skein;
using namespace skein::json;

namespace {

Value read(std::string_view text) {
    auto value = parse(text);
    INFO(text);
    REQUIRE(value);
    return *value;
}

std::string shown(const std::vector<Change>& changes) {
    std::string out;
    for (const Change& change : changes) {
        out += std::string(to_string(change.op)) + " " + change.path;
        if (change.from) out += " " + change.from->text();
        if (change.to) out += " -> " + change.to->text();
        out += "; ";
    }
    return out;
}

std::string patched(std::string_view document, std::string_view patch) {
    const auto result = apply_json_patch(read(document), read(patch));
    if (result) return result->text();
    return std::to_string(result.error().operation) + ": " + result.error().message;
}

// Cases whose documents hold duplicate keys are no JSON for us: every one must say so.
void run_patch_case(const nlohmann::json& row) {
    const Value document = read(row.at("doc").dump());
    const Value patch = read(row.at("patch").dump());
    const auto result = apply_json_patch(document, patch);
    if (row.contains("error")) {
        CHECK(!result);
        return;
    }
    INFO((result ? result->text() : result.error().message));
    REQUIRE(result);
    if (row.contains("expected")) CHECK(*result == read(row.at("expected").dump()));
}

}  // namespace

TEST_CASE("patch: the public JSON Patch cases give what they say [C-77]", "[unit][json]") {
    std::size_t ran = 0;
    for (const char* name : {"tests.json", "spec_tests.json"}) {
        const auto rows = nlohmann::json::parse(
            read_test_file(std::string(SKEIN_TEST_DATA) + "/json-patch-tests/" + name));
        for (const auto& row : rows) {
            if (!row.contains("patch") || row.value("disabled", false)) continue;
            INFO(name << ": " << row.dump());
            run_patch_case(row);
            ++ran;
        }
    }
    CHECK(ran == 73);
}

TEST_CASE("patch: a refused operation is named and nothing is applied [C-77]", "[unit][json]") {
    CHECK(patched("{\"a\":[1]}", R"([{"op":"add","path":"/a/2","value":1}])") ==
          "0: nothing can be added at /a/2");
    CHECK(patched("{}", R"([{"op":"add","path":"/a","value":1},{"op":"remove","path":"/b"}])") ==
          "1: there is nothing at /b");
    CHECK(patched("{\"a\":1}", R"([{"op":"test","path":"/a","value":2}])") ==
          "0: the value at /a is another one");
    CHECK(patched("{\"a\":1.0}", R"([{"op":"test","path":"/a","value":1}])") == "{\"a\":1}");
    CHECK(patched("{\"a\":{}}", R"([{"op":"move","from":"/a","path":"/a/b"}])") ==
          "0: /a/b lies inside what is moved");
    CHECK(patched("{\"a\":{}}", R"([{"op":"copy","from":"/a","path":"/a/b"}])") ==
          "{\"a\":{\"b\":{}}}");
    CHECK(patched("[1]", R"([{"op":"add","path":"/-","value":2}])") == "[1,2]");
    CHECK(patched("[1]", R"([{"op":"remove","path":"/-"}])") == "0: there is nothing at /-");
    CHECK(patched("[1]", R"([{"op":"remove","path":"/00"}])") == "0: there is nothing at /00");
    CHECK(patched("[1]", R"([{"op":"remove","path":""}])") ==
          "0: the whole document cannot be removed");
    CHECK(patched("[1]", R"([{"op":"replace","path":"","value":null}])") == "null");
    CHECK(patched("[1]", R"([{"op":"replace","path":"/0"}])") == "0: op replace has a \"value\"");
    CHECK(patched("[1]", R"([{"op":"swap","path":"/0"}])") ==
          "0: op swap is none of add, remove, replace, move, copy, test");
    CHECK(patched("[1]", R"([{"op":"add","path":"0","value":1}])") ==
          "0: path 0 is no JSON Pointer");
    CHECK(patched("1", R"([{"op":"add","path":"/a","value":1}])") ==
          "0: nothing can be added at /a");
    CHECK(patched("{}", "{}") == "0: a JSON Patch is an array of operations");
    CHECK(patched("{}", "[1]") == "0: an operation is an object");
}

TEST_CASE("diff: rows show order and shape of the change list [C-77]", "[unit][json]") {
    CHECK(diff(read("{\"a\":1}"), read("{\"a\":1.0}")).empty());
    CHECK(shown(diff(read("1"), read("[]"))) == "replace  1 -> []; ");
    CHECK(shown(diff(read("{\"a\":1,\"b\":{\"x\":1}}"), read("{\"b\":{\"x\":2},\"c\":3}"))) ==
          "remove /a 1; replace /b/x 1 -> 2; add /c -> 3; ");
    CHECK(shown(diff(read("[1,2,3,4]"), read("[1,5]"))) ==
          "replace /1 2 -> 5; remove /3 4; remove /2 3; ");
    CHECK(shown(diff(read("[1]"), read("[1,{\"b\":2},3]"))) ==
          "add /1 -> {\"b\":2}; add /2 -> 3; ");
    CHECK(shown(diff(read("{\"a/b\":1,\"m~n\":1}"), read("{\"a/b\":2,\"m~n\":2}"))) ==
          "replace /a~1b 1 -> 2; replace /m~0n 1 -> 2; ");
    CHECK(shown(diff(read("{\"a\":{\"x\":1},\"a!\":1}"), read("{\"a\":{\"x\":2},\"a!\":2}"))) ==
          "replace /a! 1 -> 2; replace /a/x 1 -> 2; ");
    CHECK(to_json_patch(diff(read("{\"a\":1,\"b\":1}"), read("{\"b\":null,\"c\":2}"))).text() ==
          R"([{"op":"remove","path":"/a"},{"op":"replace","path":"/b","value":null},)"
          R"({"op":"add","path":"/c","value":2}])");
}

TEST_CASE("diff: applied in order as a JSON Patch it gives the other document [C-77]",
          "[unit][json]") {
    const std::uint64_t seed = 31;
    INFO("seed " << seed);
    RandomDocuments documents(seed);
    for (int round = 0; round < 4000; ++round) {
        const Value before = documents.document();
        const Value after = round % 5 == 0 ? documents.document() : documents.changed(before);
        const std::vector<Change> changes = diff(before, after);
        INFO(before.text() << " to " << after.text() << ": " << shown(changes));
        const Value patch = to_json_patch(changes);
        const auto result = apply_json_patch(before, patch);
        REQUIRE(result);
        REQUIRE(*result == after);
        REQUIRE(changes.empty() == (before == after));
        const auto oracle =
            nlohmann::json::parse(before.text()).patch(nlohmann::json::parse(patch.text()));
        REQUIRE(oracle == nlohmann::json::parse(after.text()));
        for (const Change& change : changes) {
            REQUIRE(change.from.has_value() == (change.op != ChangeOp::kAdd));
            REQUIRE(change.to.has_value() == (change.op != ChangeOp::kRemove));
            if (change.op == ChangeOp::kReplace) REQUIRE(change.from != change.to);
        }
        const bool arrays = before.text().find('[') != std::string::npos ||
                            after.text().find('[') != std::string::npos;
        const auto by_path = [](const Change& a, const Change& b) { return a.path < b.path; };
        if (!arrays) REQUIRE(std::is_sorted(changes.begin(), changes.end(), by_path));
    }
}

TEST_CASE("diff: chunked and flat arrays compare by content [C-77]", "[unit][json]") {
    Value flat = Value::array({});
    for (int i = 0; i < 3000; ++i) flat = std::move(flat).appended(Value::integer(i));
    const Value same = Value::from_canonical(flat.text());
    CHECK(diff(flat, same).empty());
    CHECK(shown(diff(same, flat.appended(Value()))) == "add /3000 -> null; ");
}

TEST_CASE("merge: the examples of RFC 7396 appendix A [V-05]", "[unit][json]") {
    const std::vector<std::vector<std::string>> rows{
        {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
        {R"({"a":"b"})", R"({"a":null})", R"({})"},
        {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
        {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
        {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
        {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
        {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
        {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
        {R"({"a":"foo"})", R"(null)", R"(null)"},
        {R"({"a":"foo"})", R"("bar")", R"("bar")"},
        {R"({"e":null})", R"({"a":1})", R"({"a":1,"e":null})"},
        {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
        {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
    };
    for (const auto& row : rows) {
        INFO(row[0] << " with " << row[1]);
        CHECK(merge(read(row[0]), read(row[1])) == read(row[2]));
    }
    CHECK(merge(std::nullopt, read(R"({"a":null,"b":{"c":null,"d":1}})")) ==
          read(R"({"b":{"d":1}})"));
    CHECK(merge(std::nullopt, Value()) == Value());
}

TEST_CASE("merge: random merges agree with another implementation [V-05]", "[unit][json]") {
    const std::uint64_t seed = 32;
    INFO("seed " << seed);
    RandomDocuments documents(seed);
    std::size_t lossy = 0;
    for (int round = 0; round < 4000; ++round) {
        const Value before = documents.document();
        const Value after = documents.changed(before);
        INFO(before.text() << " and " << after.text());
        auto oracle = nlohmann::json::parse(before.text());
        oracle.merge_patch(nlohmann::json::parse(after.text()));
        const Value merged = merge(before, after);
        REQUIRE(nlohmann::json::parse(merged.text()) == oracle);
        REQUIRE(read(merged.text()).text() == merged.text());
        const Value patch = make_merge_patch(before, after);
        const bool exact = merge(before, patch) == after;
        REQUIRE(merge_patch_is_lossy(before, after) == !exact);
        if (!exact) {
            ++lossy;
            REQUIRE(after.text().find("null") != std::string::npos);
        }
    }
    CHECK(lossy > 0);
    CHECK(lossy < 2000);
}

TEST_CASE("merge: a merge patch says what it cannot say [C-77]", "[unit][json]") {
    CHECK(make_merge_patch(read("{\"a\":1,\"b\":{\"c\":1,\"d\":2}}"),
                           read("{\"b\":{\"c\":2,\"d\":2}}"))
              .text() == "{\"a\":null,\"b\":{\"c\":2}}");
    CHECK(!merge_patch_is_lossy(read("{\"a\":1}"), read("{}")));
    CHECK(merge_patch_is_lossy(read("{\"a\":1}"), read("{\"a\":null}")));
    CHECK(merge_patch_is_lossy(read("{}"), read("{\"a\":{\"b\":null}}")));
    CHECK(!merge_patch_is_lossy(read("{\"a\":null}"), read("{\"a\":null,\"b\":1}")));
    CHECK(!merge_patch_is_lossy(read("{}"), read("{\"a\":[null]}")));
}

TEST_CASE("pointer: RFC 6901 examples lead where they should [C-77]", "[unit][json]") {
    const Value document = read(
        R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8})");
    const std::vector<std::pair<std::string, std::string>> rows{{"/foo", "[\"bar\",\"baz\"]"},
                                                                {"/foo/0", "\"bar\""},
                                                                {"/", "0"},
                                                                {"/a~1b", "1"},
                                                                {"/c%d", "2"},
                                                                {"/e^f", "3"},
                                                                {"/g|h", "4"},
                                                                {"/i\\j", "5"},
                                                                {"/k\"l", "6"},
                                                                {"/ ", "7"},
                                                                {"/m~0n", "8"},
                                                                {"", document.text()}};
    for (const auto& [pointer, expected] : rows) {
        INFO(pointer);
        const auto found = resolve_pointer(document, pointer);
        REQUIRE(found);
        CHECK(found->text() == expected);
    }
    for (const char* pointer : {"/nope", "/foo/2", "/foo/01", "/foo/-", "/foo/", "/foo/0/x", "foo",
                                "/a~2b", "/a~", "/foo/18446744073709551616", "/foo/+1"}) {
        INFO(pointer);
        CHECK(!resolve_pointer(document, pointer));
    }
    CHECK(pointer_escape("~/~1") == "~0~1~01");
    CHECK(pointer_tokens("/~01/a") == std::vector<std::string>{"~1", "a"});
    CHECK(!pointer_tokens("a"));
    CHECK(pointer_tokens("")->empty());
}
