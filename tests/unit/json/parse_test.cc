#include "engine/json/parse.h"

#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/base/random.h"
#include "engine/json/scanner.h"
#include "tests/unit/json/random_documents.h"
#include "tests/unit/json/test_files.h"

using namespace skein;
using namespace skein::json;

namespace {

std::string canonical(std::string_view text) {
    const auto value = parse(text);
    return value ? value->text() : "refused: " + value.error().message;
}

std::string refusal(std::string_view text, const ParseLimits& limits = {}) {
    const auto value = parse(text, limits);
    if (value) return "accepted as " + value->text();
    return fmt::format("{}:{}: {}", value.error().line, value.error().column,
                       value.error().message);
}

// The fast reader and the scanner decide the same, and a refusal names a place inside the text.
bool readers_agree(const std::string& text) {
    const auto value = parse(text);
    const auto error = find_error(text, ParseLimits{});
    if (value.has_value() == error.has_value()) return false;
    if (value) return true;
    return value.error().line > 0 && value.error().column > 0 &&
           value.error().offset <= text.size() && value.error().message == error->message;
}

// What we decide where RFC 8259 leaves it open, by a part of the message; "" = accepted.
const std::map<std::string, std::string> kImplementationDefined{
    {"i_number_huge_exp.json", "too large"},
    {"i_number_neg_int_huge_exp.json", "too large"},
    {"i_number_pos_double_huge_exp.json", "too large"},
    {"i_number_very_big_negative_int.json", "integer lies outside"},
    {"i_object_key_lone_2nd_surrogate.json", "surrogate"},
    {"i_string_1st_surrogate_but_2nd_missing.json", "surrogate"},
    {"i_string_1st_valid_surrogate_2nd_invalid.json", "surrogate"},
    {"i_string_UTF-16LE_with_BOM.json", "expected a value, found the byte 0xff"},
    {"i_string_UTF-8_invalid_sequence.json", "not UTF-8"},
    {"i_string_UTF8_surrogate_U+D800.json", "not UTF-8"},
    {"i_string_incomplete_surrogate_and_escape_valid.json", "surrogate"},
    {"i_string_incomplete_surrogate_pair.json", "surrogate"},
    {"i_string_invalid_surrogate.json", "surrogate"},
    {"i_string_invalid_utf-8.json", "not UTF-8"},
    {"i_string_inverted_surrogates_U+1D11E.json", "surrogate"},
    {"i_string_iso_latin_1.json", "not UTF-8"},
    {"i_string_lone_utf8_continuation_byte.json", "not UTF-8"},
    {"i_string_not_in_unicode_range.json", "not UTF-8"},
    {"i_string_overlong_sequence_2_bytes.json", "not UTF-8"},
    {"i_string_overlong_sequence_6_bytes.json", "not UTF-8"},
    {"i_string_overlong_sequence_6_bytes_null.json", "not UTF-8"},
    {"i_string_truncated-utf-8.json", "not UTF-8"},
    {"i_structure_UTF-8_BOM_empty_object.json", "byte order mark"},
};

}  // namespace

TEST_CASE("parse: the JSON test suite is decided as it says [C-93]", "[unit][json]") {
    std::size_t implementation_defined = 0;
    for (const auto& [name, bytes] : read_test_folder("json-test-suite/test_parsing")) {
        INFO(name);
        CHECK(readers_agree(bytes));
        const auto value = parse(bytes);
        if (name[0] == 'y') {
            const bool duplicate = name.find("duplicated_key") != std::string::npos;
            CHECK(value.has_value() != duplicate);
            if (duplicate) CHECK(value.error().message.find("twice") != std::string::npos);
            continue;
        }
        if (name[0] == 'n') {
            REQUIRE(!value);
            CHECK(value.error().line > 0);
            CHECK(value.error().column > 0);
            CHECK(!value.error().message.empty());
            continue;
        }
        ++implementation_defined;
        REQUIRE(kImplementationDefined.count(name) == 1);
        const std::string& reason = kImplementationDefined.at(name);
        CHECK(value.has_value() == reason.empty());
        if (!value) {
            INFO(value.error().message);
            CHECK(value.error().message.find(reason) != std::string::npos);
        }
    }
    CHECK(implementation_defined == kImplementationDefined.size());
}

TEST_CASE("parse: surprising documents of the test suite are refused or kept exactly [C-93]",
          "[unit][json]") {
    for (const auto& [name, bytes] : read_test_folder("json-test-suite/test_transform")) {
        INFO(name);
        CHECK(readers_agree(bytes));
        const auto value = parse(bytes);
        const bool refused = name.rfind("object_same_key", 0) == 0 ||
                             name.find("invalid_codepoint") != std::string::npos ||
                             name == "number_-9223372036854775809.json";
        CHECK(value.has_value() != refused);
        if (value) CHECK(is_canonical(value->text()));
    }
}

TEST_CASE("parse: fast reader and scanner agree on mutations of the test suite [C-93]",
          "[unit][json]") {
    const std::uint64_t seed = 20261121;
    INFO("seed " << seed);
    SeededRandom random(seed);
    static constexpr std::string_view kBytes =
        "[]{}\",:\\u0019dD8aeE+-. tfn\n\x01\x80\xc3\xed\xa0\xf0";
    std::size_t accepted = 0;
    for (const auto& [name, bytes] : read_test_folder("json-test-suite/test_parsing")) {
        if (bytes.size() > 1000) continue;
        for (int round = 0; round < 150; ++round) {
            std::string text = bytes;
            for (std::uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
                const std::size_t at = random.below(text.size() + 1);
                const char byte = kBytes[random.below(kBytes.size())];
                if (at == text.size() || random.below(3) == 0) {
                    text.insert(at, 1, byte);
                } else if (random.below(2) == 0) {
                    text[at] = byte;
                } else {
                    text.erase(at, 1);
                }
            }
            INFO(name << ": " << text);
            REQUIRE(readers_agree(text));
            if (parse(text)) ++accepted;
        }
    }
    CHECK(accepted > 500);
}

TEST_CASE("parse: numbers have one canonical spelling [C-93]", "[unit][json]") {
    const std::map<std::string, std::string> rows{
        {"1.0", "1"},
        {"-0", "0"},
        {"-0.0", "0"},
        {"0e400", "0"},
        {"1e17", "100000000000000000"},
        {"1e19", "10000000000000000000"},
        {"1e20", "1e+20"},
        {"100000000000000000000.0", "1e+20"},
        {"-1e19", "-1e+19"},
        {"1e21", "1e+21"},
        {"1.5e300", "1.5e+300"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"-9223372036854775808.0", "-9223372036854775808"},
        {"-9223372036854777856.0", "-9.223372036854778e+18"},
        {"18446744073709551615", "18446744073709551615"},
        {"18446744073709551615.0", "1.8446744073709552e+19"},
        {"18446744073709549568.0", "18446744073709549568"},
        {"9007199254740993", "9007199254740993"},
        {"9007199254740993.0", "9007199254740992"},
        {"0.1", "0.1"},
        {"1E-1", "0.1"},
        {"123.456", "123.456"},
        {"-1.25", "-1.25"},
        {"0.000001", "0.000001"},
        {"0.00000123", "0.00000123"},
        {"0.0000001", "1e-7"},
        {"1.5e-7", "1.5e-7"},
        {"5e-324", "5e-324"},
        {"4.9406564584124654e-324", "5e-324"},
        {"1.7976931348623157e308", "1.7976931348623157e+308"},
        {"333333333.33333329", "333333333.3333333"},
        {"1e-6", "0.000001"},
        {"2251799813685248.5", "2251799813685248.5"},
    };
    for (const auto& [written, expected] : rows) {
        INFO(written);
        CHECK(canonical(written) == expected);
        CHECK(canonical(expected) == expected);
        CHECK(canonical("[" + written + "]") == "[" + expected + "]");
        CHECK(readers_agree(written));
    }
}

TEST_CASE("parse: refusals name the place and what was expected [C-93]", "[unit][json]") {
    ParseLimits short_texts;
    short_texts.bytes_max = 3;
    CHECK(refusal("1234", short_texts) == "1:4: the text has 4 bytes, at most 3 are allowed");
    const std::map<std::string, std::string> rows{
        {"", "1:1: expected a value, found the end of the text"},
        {"[1 2]", "1:4: expected ',' or ']', found '2'"},
        {"[1,\n  2,]", "2:5: expected a value, found ']'"},
        {"{\"a\" 1}", "1:6: expected ':', found '1'"},
        {"{\"a\":1,}", "1:8: expected a key, found '}'"},
        {"{a:1}", "1:2: expected a key or '}', found 'a'"},
        {"{\"a\":1 \"b\"", "1:8: expected ',' or '}', found '\"'"},
        {"[1] x", "1:5: expected the end of the text, found 'x'"},
        {"[é]", "1:2: expected a value, found 'é'"},
        {"\"ab", "1:4: expected '\"' to end the string, found the end of the text"},
        {"\"\\x\"", "1:3: expected one of \" \\ / b f n r t u after '\\', found 'x'"},
        {"\"\\u12g4\"", "1:6: expected four hexadecimal digits after '\\u', found 'g'"},
        {"\"a\tb\"", "1:3: a control character stands in a string; write it as \\u0009"},
        {"01", "1:1: a number must not begin with a needless 0"},
        {"-", "1:2: expected a digit, found the end of the text"},
        {"1.", "1:3: expected a digit, found the end of the text"},
        {"[1e400]", "1:2: the number is too large for a double"},
        {"[1e-400]", "1:2: the number is too small for a double: it would become 0"},
        {"{\"b\":1,\"a\":{},\"b\":2}", "1:15: the key \"b\" stands twice in one object"},
        {"{\"a\":1,\"\\u0061\":2}", "1:8: the key \"\\u0061\" stands twice in one object"},
        {"\"\\ud834\"", "1:2: half of a surrogate pair stands alone: no character"},
        {"nul", "1:1: expected a value, found 'n'"},
    };
    for (const auto& [text, expected] : rows) {
        INFO(text);
        CHECK(refusal(text) == expected);
        CHECK(readers_agree(text));
    }
    CHECK(refusal("18446744073709551616").find("the integer lies outside") != std::string::npos);
    CHECK(refusal("-9223372036854775809").find("the integer lies outside") != std::string::npos);
}

TEST_CASE("parse: a number that would underflow to zero is refused, zero is not [C-93]",
          "[unit][json]") {
    for (const char* text : {"1e-400", "0.1e-324", "2.4703282292062327e-324", "-1e-999999999999"}) {
        INFO(text);
        CHECK(refusal(text).find("too small") != std::string::npos);
        CHECK(readers_agree(text));
    }
    CHECK(refusal("0." + std::string(400, '0') + "1").find("too small") != std::string::npos);
    CHECK(refusal(std::string(400, '9') + ".5").find("too large") != std::string::npos);
    CHECK(canonical("[0.0,0e-400,-0.00]") == "[0,0,0]");
}

TEST_CASE("parse: depth is counted from 1 at the first bracket [C-93]", "[unit][json]") {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    CHECK(parse(nested(128)));
    CHECK(parse(nested(128))->depth() == 128);
    CHECK(refusal(nested(129)) ==
          "1:129: nested too deep: at most 128 levels of arrays and objects are allowed");
    ParseLimits flat;
    flat.depth_max = 0;
    CHECK(parse("1", flat));
    CHECK(refusal("[]", flat).find("1:1: nested too deep") == 0);
    flat.depth_max = 1;
    CHECK(parse("{\"a\":1}", flat));
    CHECK(!parse("{\"a\":{}}", flat));
    CHECK(refusal(std::string(100000, '[')).find("nested too deep") != std::string::npos);
}

TEST_CASE("parse: naughty strings round-trip as value and as key [C-93]", "[unit][json]") {
    const auto list = nlohmann::json::parse(
        read_test_file(std::string(SKEIN_TEST_DATA) + "/naughty-strings/blns.json"));
    REQUIRE(list.size() > 300);
    for (const auto& item : list) {
        const std::string text = item.get<std::string>();
        INFO(text);
        for (const bool ascii : {true, false}) {
            const std::string written = item.dump(-1, ' ', ascii);
            const auto value = parse(written);
            REQUIRE(value);
            CHECK(*value->as_string() == text);
            const auto object = parse("{" + written + ":1}");
            REQUIRE(object);
            CHECK(object->members().front().first == text);
            CHECK(object->find(text) == Value::integer(1));
        }
        CHECK(Value::string(text).text() == canonical(item.dump()));
        CHECK(nlohmann::json::parse(Value::string(text).text()).get<std::string>() == text);
    }
}

TEST_CASE("parse: equal documents have equal canonical bytes however written [C-93]",
          "[unit][json]") {
    const std::uint64_t seed = 7;
    INFO("seed " << seed);
    RandomDocuments documents(seed);
    for (int round = 0; round < 3000; ++round) {
        const Value value = documents.document();
        const std::string spelled = documents.spelled(value);
        INFO("round " << round << ": " << spelled);
        const auto read = parse(spelled);
        REQUIRE(read);
        REQUIRE(*read == value);
        REQUIRE(read->text() == value.text());
        REQUIRE(is_canonical(value.text()));
        REQUIRE(nlohmann::json::parse(spelled) == nlohmann::json::parse(value.text()));
        if (spelled != value.text()) REQUIRE(!is_canonical(spelled));
    }
}

TEST_CASE("parse: documents that differ have canonical bytes that differ [C-93]", "[unit][json]") {
    const std::uint64_t seed = 8;
    INFO("seed " << seed);
    RandomDocuments documents(seed);
    std::size_t equal = 0;
    for (int round = 0; round < 2000; ++round) {
        const Value before = documents.document();
        const Value after = documents.changed(before);
        INFO(before.text() << " and " << after.text());
        const bool same =
            nlohmann::json::parse(before.text()) == nlohmann::json::parse(after.text());
        REQUIRE((before == after) == same);
        if (same) ++equal;
    }
    CHECK(equal > 0);
    CHECK(equal < 2000);
}

TEST_CASE("parse: every double reads back as itself [C-93]", "[unit][json]") {
    const std::uint64_t seed = 9;
    INFO("seed " << seed);
    RandomDocuments documents(seed);
    for (int round = 0; round < 20000; ++round) {
        const double number = documents.number();
        const Value value = Value::number(number);
        INFO(value.text());
        REQUIRE(*value.as_number() == number);
        REQUIRE(parse(value.text()));
        REQUIRE(parse(value.text())->text() == value.text());
        REQUIRE(*value.as_number() == nlohmann::json::parse(value.text()).get<double>());
    }
}

TEST_CASE("parse: only the canonical form is canonical [C-93]", "[unit][json]") {
    for (const char* text : {"{}", "[]", "{\"a\":1,\"b\":[null,true]}", "\"\\n\"", "1e+20", "-1"}) {
        INFO(text);
        CHECK(is_canonical(text));
    }
    for (const char* text : {"", " {}", "{} ", "{\"b\":1,\"a\":2}", "[1, 2]", "1.0", "1e20", "-0",
                             "\"\\u000a\"", "\"\\/\"", "{\"a\":1,\"a\":1}", "100000000000000000000",
                             "1e-400", "[", "\"\\u001F\"", "0.0"}) {
        INFO(text);
        CHECK(!is_canonical(text));
    }
}
