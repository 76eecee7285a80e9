#include <catch2/catch.hpp>

#include "engine/json/parse.h"
#include "tests/unit/import/recorder.h"
#include "tools/import/json_stream.h"
#include "tools/import/line_reader.h"

using namespace skein;
using namespace skein::import;
using skein::import::testing::TemporaryFile;

namespace {

// Reads the whole document by structure and writes it again, so that it can be compared.
std::string copy_of(JsonStream& in) {
    std::string out;
    if (in.peek() == '{') {
        in.enter_object();
        while (const auto key = in.next_member())
            out += (out.empty() ? "" : ",") + json::Value::string(*key).text() + ":" + copy_of(in);
        return "{" + out + "}";
    }
    if (in.peek() == '[') {
        for (in.enter_array(); in.next_element();) out += (out.empty() ? "" : ",") + copy_of(in);
        return "[" + out + "]";
    }
    return std::string(in.text());
}

}  // namespace

TEST_CASE("import: a document read by structure is the document", "[unit][import]") {
    const std::string text =
        R"({"a":[1,-2.5e3,true,null,"x\"]}\\",{}],"b\"":{"c":[[],[[]]]},"d":"\u00e9"})";
    const TemporaryFile file("a.json", " \n" + text + "\n ");
    JsonStream in(file.path());
    const std::string copy = copy_of(in);
    in.finish();
    CHECK(in.ok());
    CHECK(copy == text);
}

TEST_CASE("import: values that cross the buffer are whole", "[unit][import]") {
    for (const std::size_t size : {65533U, 65534U, 65535U, 65536U, 65537U, 200000U}) {
        const std::string value = "\"" + std::string(size, 'y') + "\\\"\"";
        const TemporaryFile file("a.json", "[" + value + " , " + value + ",12345]");
        JsonStream in(file.path());
        in.enter_array();
        REQUIRE(in.next_element());
        CHECK(in.text() == value);
        REQUIRE(in.next_element());
        in.skip();
        REQUIRE(in.next_element());
        CHECK(in.text() == "12345");
        CHECK(!in.next_element());
        in.finish();
        CHECK(in.ok());
    }
}

TEST_CASE("import: broken structure is named with its line", "[unit][import]") {
    const std::vector<std::pair<std::string, std::uint64_t>> broken{{"{\"a\":1\n\"b\":2}", 2},
                                                                    {"{\"a\" 1}", 1},
                                                                    {"{\n\n1:2}", 3},
                                                                    {"[1,\n]", 2},
                                                                    {"[1 2]", 1},
                                                                    {"[1,2", 1},
                                                                    {"{\"a\":\"x", 1},
                                                                    {"[1]\n[2]", 2},
                                                                    {"", 1},
                                                                    {"{\"a\":}", 1}};
    for (const auto& [text, line] : broken) {
        INFO(text);
        const TemporaryFile file("a.json", text);
        JsonStream in(file.path());
        copy_of(in);
        in.finish();
        CHECK(!in.ok());
        CHECK(in.line() == line);
    }
}

TEST_CASE("import: a value over the limit is refused, not held", "[unit][import]") {
    const TemporaryFile file("a.json", "[\"" + std::string(300000, 'z') + "\"]");
    JsonStream in(file.path(), 100000);
    in.enter_array();
    REQUIRE(in.next_element());
    CHECK(in.text().empty());
    CHECK_THAT(in.error(), Catch::Matchers::Contains("larger than 100000 bytes"));
}

TEST_CASE("import: lines come whole, also long ones and the last", "[unit][import]") {
    const std::string longest(150000, 'a');
    const TemporaryFile file("a.jsonl", "one\r\n\n" + longest + "\nlast");
    LineReader lines(file.path());
    CHECK(lines.next() == "one");
    CHECK(lines.next() == "");
    CHECK(lines.next() == longest);
    CHECK(lines.line() == 3);
    CHECK(lines.next() == "last");
    CHECK(!lines.next());
    CHECK(lines.ok());
    LineReader bounded(file.path(), 1000);
    bounded.next();
    bounded.next();
    CHECK(bounded.next() == "");
    CHECK(bounded.too_long());
    CHECK(bounded.next() == "last");
    CHECK(!bounded.too_long());
}
