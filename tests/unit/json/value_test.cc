#include "engine/json/value.h"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "engine/json/canonical.h"
#include "engine/json/parse.h"
#include "tests/unit/json/random_documents.h"

using namespace skein;
using namespace skein::json;

namespace {

Value read(std::string_view text) {
    auto value = parse(text);
    REQUIRE(value);
    return *value;
}

// All but the last piece end between elements, or between characters and escapes.
bool chunks_are_sound(const Value& value) {
    const std::vector<Value::Chunk> chunks = value.chunks();
    std::string joined;
    std::size_t count = 0;
    for (const Value::Chunk& chunk : chunks) {
        if (chunk.bytes->empty()) return false;
        const bool array = value.is_array();
        const std::string whole = array ? "[" + *chunk.bytes + "]" : "\"" + *chunk.bytes + "\"";
        if (!is_canonical(whole)) return false;
        if (array && Value::from_canonical(whole).count() != chunk.count) return false;
        if (array && !joined.empty()) joined += ",";
        joined += *chunk.bytes;
        count += chunk.count;
    }
    const std::string text = value.text();
    return joined == text.substr(1, text.size() - 2) && count == value.count() &&
           value.size_bytes() == text.size() && chunks.size() == value.chunk_count();
}

}  // namespace

TEST_CASE("value: null is the default and what a move leaves behind", "[unit][json]") {
    Value value;
    CHECK(value.is_null());
    CHECK(value.text() == "null");
    CHECK(value.size_bytes() == 4);
    CHECK(value == Value::from_canonical("null"));
    value = Value::string("x");
    const Value moved = std::move(value);
    CHECK(moved.text() == "\"x\"");
    CHECK(value.is_null());
    Value assigned = Value::integer(1);
    Value source = Value::integer(2);
    assigned = std::move(source);
    CHECK(source.is_null());
    CHECK(assigned == Value::integer(2));
    Value& same = assigned;
    assigned = same;
    CHECK(assigned == Value::integer(2));
}

TEST_CASE("value: scalars are read as what they are and as nothing else", "[unit][json]") {
    CHECK(Value::boolean(true).as_boolean() == true);
    CHECK(Value::boolean(false).as_boolean() == false);
    CHECK(!Value::integer(1).as_boolean());
    CHECK(Value::integer(-5).as_integer() == -5);
    CHECK(!Value::integer(-5).as_unsigned_integer());
    CHECK(Value::unsigned_integer(18446744073709551615ULL).as_unsigned_integer() ==
          18446744073709551615ULL);
    CHECK(!Value::unsigned_integer(18446744073709551615ULL).as_integer());
    CHECK(Value::number(2.0).as_integer() == 2);
    CHECK(!Value::number(2.5).as_integer());
    CHECK(!Value::number(1e20).as_integer());
    CHECK(!Value::number(1e20).as_unsigned_integer());
    CHECK(Value::number(1e20).as_number() == 1e20);
    CHECK(Value::integer(7).as_number() == 7.0);
    CHECK(!Value::string("7").as_number());
    CHECK(Value::string("a\"\\\n\x01é").as_string() == "a\"\\\n\x01é");
    CHECK(Value::string("a\"\\\n\x01é").text() == "\"a\\\"\\\\\\n\\u0001é\"");
    CHECK(Value::string("\b\t\f\r\x7f/").text() == "\"\\b\\t\\f\\r\x7f/\"");
    CHECK(!Value().as_string());
    CHECK(Value::string("").size_bytes() == 2);
}

TEST_CASE("value: objects sort their keys by bytes and find members", "[unit][json]") {
    const Value value = Value::object({{"é", Value::integer(1)},
                                       {"b", Value::string("x")},
                                       {"", Value()},
                                       {"a\"", Value::array({Value(), Value::boolean(true)})},
                                       {"a!", Value::integer(2)}});
    CHECK(value.text() == "{\"\":null,\"a!\":2,\"a\\\"\":[null,true],\"b\":\"x\",\"é\":1}");
    CHECK(value.count() == 5);
    CHECK(value.depth() == 2);
    CHECK(value.find("a\"")->text() == "[null,true]");
    CHECK(value.find("é") == Value::integer(1));
    CHECK(value.find("")->is_null());
    CHECK(!value.find("a"));
    CHECK(!value.find("x"));
    CHECK(value.members()[2].first == "a\"");
    CHECK(value == Value::object(value.members()));
    CHECK(!Value::array({}).find("a"));
}

TEST_CASE("value: depth is 0 for scalars and 1 for an empty container", "[unit][json]") {
    CHECK(Value().depth() == 0);
    CHECK(Value::string("[[").depth() == 0);
    CHECK(read("[]").depth() == 1);
    CHECK(read("{}").depth() == 1);
    CHECK(read("{\"[[[\":[\"]\",{\"a\":[]}]}").depth() == 4);
    CHECK(read("[1]").appended(read("[[2]]")).depth() == 3);
}

TEST_CASE("value: appending to an array gives what building it anew gives [V-05]", "[unit][json]") {
    const std::uint64_t seed = 11;
    INFO("seed " << seed);
    RandomDocuments documents(seed);
    for (int round = 0; round < 20; ++round) {
        std::vector<Value> elements;
        Value array = Value::array({});
        std::vector<std::pair<Value, std::string>> earlier;  // values that must not change
        for (std::size_t i = 0; i < 300; ++i) {
            Value added = documents.below(40) == 0
                              ? Value::string(std::string(documents.below(9000), 'x'))
                              : documents.document(3);
            elements.push_back(added);
            if (documents.below(10) == 0) earlier.emplace_back(array, array.text());
            array =
                documents.below(2) == 0 ? array.appended(added) : std::move(array).appended(added);
            if (documents.below(8) == 0) CHECK(array.depth() == read(array.text()).depth());
        }
        const Value flat = Value::array(elements);
        INFO("round " << round);
        REQUIRE(array.is_chunked());
        REQUIRE(!flat.is_chunked());
        REQUIRE(array == flat);
        REQUIRE(flat == array);
        REQUIRE(array.text() == flat.text());
        REQUIRE(array.size_bytes() == flat.size_bytes());
        REQUIRE(array.count() == 300);
        REQUIRE(array.depth() == flat.depth());
        REQUIRE(array.elements() == elements);
        REQUIRE(chunks_are_sound(array));
        for (const std::size_t i : {0, 1, 150, 299}) REQUIRE(array.at(i) == elements[i]);
        REQUIRE(!array.at(300));
        for (const auto& [value, text] : earlier) REQUIRE(value.text() == text);
    }
}

TEST_CASE("value: appending to a string never splits a character or an escape [V-05]",
          "[unit][json]") {
    const std::uint64_t seed = 12;
    INFO("seed " << seed);
    RandomDocuments documents(seed);
    for (int round = 0; round < 10; ++round) {
        std::string text;
        Value string = Value::string("");
        std::vector<std::pair<Value, std::string>> earlier;
        for (int i = 0; i < 2000; ++i) {
            std::string piece = documents.string();
            if (documents.below(200) == 0) {
                for (int times = 0; times < 2000; ++times) piece += documents.string();
            }
            text += piece;
            if (documents.below(100) == 0) earlier.emplace_back(string, string.text());
            string = documents.below(2) == 0 ? string.appended(Value::string(piece))
                                             : std::move(string).appended(Value::string(piece));
        }
        INFO("round " << round);
        REQUIRE(string.is_chunked());
        REQUIRE(string == Value::string(text));
        REQUIRE(string.as_string() == text);
        REQUIRE(string.depth() == 0);
        REQUIRE(string.count() == 0);
        REQUIRE(chunks_are_sound(string));
        for (const auto& [value, old_text] : earlier) REQUIRE(value.text() == old_text);
    }
}

TEST_CASE("value: chunks but the last stay the same objects under appends", "[unit][json]") {
    Value array = Value::array({});
    for (int i = 0; i < 200'000; ++i) array = std::move(array).appended(Value::integer(i));
    const std::vector<Value::Chunk> before = array.chunks();
    REQUIRE(before.size() > 256);  // more than two blocks of the chunk list
    const Value longer = array.appended(Value::string("more"));
    const std::vector<Value::Chunk> after = longer.chunks();
    for (std::size_t i = 0; i + 1 < before.size(); ++i) REQUIRE(before[i].bytes == after[i].bytes);
    CHECK(chunks_are_sound(longer));
    CHECK(longer.at(123'456) == Value::integer(123'456));
    CHECK(longer.count() == 200'001);
    CHECK(array.count() == 200'000);
    CHECK(array != longer);

    Value loaded = Value::from_chunks(Type::kArray, before);
    CHECK(loaded == array);
    CHECK(loaded.chunk_count() == array.chunk_count());
    loaded = loaded.appended(Value::string("more"));
    CHECK(loaded == longer);
    CHECK(loaded.chunk_count() == longer.chunk_count());
    CHECK(loaded.depth() == 1);
}

TEST_CASE("value: flat and chunked forms of one value are equal", "[unit][json]") {
    std::string text = "[";
    for (int i = 0; i < 3000; ++i) text += std::to_string(i) + ",";
    const Value flat = read(text + "[{}]]");
    const Value chunked = flat.chunked();
    CHECK(chunked.is_chunked());
    CHECK(!flat.is_chunked());
    CHECK(chunks_are_sound(chunked));
    CHECK(flat == chunked);
    CHECK(chunked == flat);
    CHECK(chunked.depth() == 3);
    CHECK(flat.appended(Value()) == chunked.appended(Value()));
    CHECK(flat.appended(Value()) != chunked.appended(Value::boolean(true)));
    const std::vector<Value::Chunk> small_pieces{{std::make_shared<const std::string>("1,2"), 2},
                                                 {std::make_shared<const std::string>("3"), 1}};
    CHECK(Value::from_chunks(Type::kArray, small_pieces) == read("[1,2,3]"));
    CHECK(Value::from_chunks(Type::kArray, {}) == read("[]"));
    CHECK(Value::from_chunks(Type::kArray, {}).appended(Value::integer(1)) == read("[1]"));
    CHECK(!read("[1,2,3]").chunked().is_chunked());
    const Value object = read("{\"a\":\"" + std::string(10000, 'x') + "\"}");
    CHECK(!object.chunked().is_chunked());
    CHECK(object.find("a")->chunked().is_chunked());
}

TEST_CASE("value: a value can be appended to itself", "[unit][json]") {
    Value string = Value::string(std::string(5000, 'y')).chunked();
    string = std::move(string).appended(string);
    CHECK(string == Value::string(std::string(10000, 'y')));
    Value array = read("[\"" + std::string(5000, 'y') + "\"]").chunked();
    array = std::move(array).appended(array);
    CHECK(array.count() == 2);
    CHECK(array.depth() == 2);
    CHECK(array.at(1)->count() == 1);
}

TEST_CASE("value: small arrays and strings stay flat when appended to", "[unit][json]") {
    const Value array = Value::array({}).appended(Value::integer(1)).appended(Value::string("b"));
    CHECK(array.text() == "[1,\"b\"]");
    CHECK(!array.is_chunked());
    CHECK(array.flat() == "[1,\"b\"]");
    const Value string = Value::string("a").appended(Value::string("\n"));
    CHECK(string.text() == "\"a\\n\"");
    CHECK(!string.is_chunked());
}

TEST_CASE("value: copies may be read, appended to and dropped by many threads", "[unit][json]") {
    const Value shared = read("[\"" + std::string(6000, 'z') + "\",[1]]").chunked();
    const Value truth = Value::boolean(true);
    std::vector<std::thread> threads;
    std::atomic<int> right{0};
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&shared, &truth, &right] {
            for (int i = 0; i < 500; ++i) {
                Value copy = shared;
                for (int k = 0; k < 5; ++k) copy = std::move(copy).appended(truth);
                if (copy.count() == 7 && copy.depth() == 2 && shared.count() == 2) ++right;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(right == 2000);
}
