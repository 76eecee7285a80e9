#include <catch2/catch.hpp>

#include "engine/json/parse.h"
#include "tests/unit/import/recorder.h"
#include "tools/import/chunked_text.h"
#include "tools/import/json_stream.h"

using namespace skein;
using namespace skein::import;
using namespace skein::import::testing;
using std::filesystem::path;

namespace {

std::string member_text(const path& file, const std::string& name) {
    JsonStream in(file);
    in.enter_object();
    while (const auto key = in.next_member()) {
        if (*key == name) return json::parse(in.text())->as_string().value();
        in.skip();
    }
    return {};
}

// The numbers rise, no chunk is empty or too large, and the text is what a plain string says.
void check_text(const ChunkedText& text, const std::string& expected) {
    CHECK(text.text() == expected);
    std::uint32_t last = 0;
    for (const auto& chunk : text.chunks()) {
        REQUIRE(chunk.number > last);
        REQUIRE(chunk.number <= ChunkedText::kNumberMax);
        REQUIRE(chunk.count > 0);
        REQUIRE(chunk.count <= ChunkedText::kChunkMax);
        REQUIRE(chunk.count == count_code_points(*chunk.text));
        last = chunk.number;
    }
}

}  // namespace

TEST_CASE("import: sequential editing traces end in their published content", "[unit][import]") {
    for (const path& root : roots("editing-traces")) {
        for (const Row& row : read_index(root / "INDEX.csv")) {
            if (!row.at("file").starts_with("sequential")) continue;
            const path file = root / row.at("file");
            Recorder recorder;
            recorder.import("editing-traces", file);
            const RunModel& run = recorder.run("edit-" + file.stem().string(), "doc");
            CHECK(run.events == number(row, "txns") + 1);
            const std::string text = document(run);
            CHECK(text == member_text(file, "endContent"));
            CHECK(count_code_points(text) == number(row, "end_content_codepoints"));
        }
    }
}

TEST_CASE("import: an editing trace may start with content, told after its transactions",
          "[unit][import]") {
    const TemporaryFile file(
        "late.json",
        R"({"txns":[{"time":"2024-01-01T00:00:00Z","patches":[[1,1,"\u00e9\ud83d\ude00"]]},)"
        R"({"patches":[[2,1,""],[99,5,"z"]]},{"patches":[]}],"startContent":"a\u00fcc"})");
    Recorder recorder;
    recorder.import("editing-traces", file.path());
    CHECK(recorder.problems.empty());
    CHECK(document(recorder.run("edit-late", "doc")) ==
          "a\xC3\xA9"
          "cz");
    CHECK(recorder.count("UpdateContext") == 3);
}

TEST_CASE("import: a transaction touches only the chunks that it changes", "[unit][import]") {
    ChunkedText text;
    const std::string start(4000, 'a');
    text.apply({0, 0, start});
    CHECK(text.take_changes().size() == text.chunks().size());
    REQUIRE(text.chunks().size() > 5);
    text.apply({2000, 0, "b"});
    CHECK(text.take_changes().size() == 1);
    text.apply({2000, 1, ""});
    CHECK(text.take_changes().size() == 1);
    check_text(text, start);
    // Without effect, yet named: a command needs an update.
    text.apply({5000, 3, ""});
    CHECK(text.take_changes().size() == 1);
}

TEST_CASE("import: chunks stay in the order of their numbers where no number is free",
          "[unit][import]") {
    ChunkedText text;
    std::string expected;
    std::map<std::uint32_t, std::string> variables;
    const auto edit = [&](std::uint64_t position, std::uint64_t deleted, const std::string& added) {
        text.apply({position, deleted, added});
        expected.replace(position, deleted, added);
        for (const auto& change : text.take_changes()) {
            if (change.text == nullptr)
                variables.erase(change.number);
            else
                variables[change.number] = *change.text;
        }
    };
    edit(0, 0, std::string(3000, 'x'));
    // Always at one place, so that one gap is used up again and again.
    for (int i = 0; i < 400; ++i) edit(400, 0, std::string(300, static_cast<char>('a' + i % 26)));
    check_text(text, expected);
    for (int i = 0; i < 150; ++i) edit(static_cast<std::uint64_t>(i * 50), 700, "-");
    check_text(text, expected);
    for (int i = 0; i < 300; ++i) edit(0, 0, std::string(200, 'y'));
    check_text(text, expected);
    std::string played;
    for (const auto& [key, value] : variables) played += value;
    CHECK(played == expected);
    edit(0, expected.size(), "");
    CHECK(text.chunks().empty());
    CHECK(variables.empty());
}

TEST_CASE("import: a merge of chunks takes what one side changed, and the source in a conflict",
          "[unit][import]") {
    ChunkedText base;
    base.apply({0, 0, std::string(1200, 'a')});
    base.take_changes();
    REQUIRE(base.chunks().size() == 4);
    ChunkedText target = base;
    ChunkedText source = base;
    target.apply({0, 1, "T"});
    source.apply({1199, 1, "S"});
    target.apply({500, 1, "t"});
    source.apply({500, 1, "s"});
    target.take_changes();
    target.merge(base.chunks(), source.chunks());
    std::string expected(1200, 'a');
    expected[0] = 'T';
    expected[500] = 's';
    expected[1199] = 'S';
    check_text(target, expected);
    CHECK(target.take_changes().size() == 3);
}

TEST_CASE("import: concurrent transactions fork and merge runs as their parents say",
          "[unit][import]") {
    // 0 - 1 - 2 - 4(2,3) and 1 - 3, then 5 of 4 and 6 of 4 and 3.
    const TemporaryFile file("graph.json",
                             R"({"kind":"concurrent","endContent":"","numAgents":2,"txns":[
{"parents":[],"numChildren":1,"agent":0,"time":"2024-01-01T00:00:00Z","patches":[[0,0,"a"]]},
{"parents":[0],"numChildren":2,"agent":0,"time":"2024-01-01T00:00:01Z","patches":[[1,0,"b"]]},
{"parents":[1],"numChildren":1,"agent":0,"time":"2024-01-01T00:00:02Z","patches":[[2,0,"c"]]},
{"parents":[1],"numChildren":2,"agent":1,"time":"2024-01-01T00:00:02Z","patches":[[0,0,"X"]]},
{"parents":[2,3],"numChildren":2,"agent":0,"time":"2024-01-01T00:00:03Z","patches":[[0,0,"d"]]},
{"parents":[4],"numChildren":0,"agent":0,"time":"2024-01-01T00:00:04Z","patches":[[0,0,"e"]]},
{"parents":[4,3],"numChildren":0,"agent":1,"time":"2024-01-01T00:00:04Z","patches":[[0,0,"f"]]}]})");
    Recorder recorder;
    recorder.import("editing-traces", file.path());
    CHECK(recorder.problems.empty());
    CHECK(recorder.count("UpdateContext") == 7);
    CHECK(recorder.count("MergeRun") == 2);
    CHECK(recorder.count("ForkRun") == 3);
    CHECK(recorder.run("edit-graph", "b3").parent == "doc@3");
    CHECK(recorder.run("edit-graph", "b6").parent == "doc@6");
    CHECK(recorder.run("edit-graph", "m6.1").parent == "b3@2");
    CHECK(recorder.run("edit-graph", "doc").events == 7);
}
