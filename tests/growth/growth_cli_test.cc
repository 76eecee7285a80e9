#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "engine/json/parse.h"
#include "tests/growth/notes.h"
#include "tools/cli/cli.h"

using namespace skein;
using namespace skein::test;

namespace {

struct Run {
    int exit = 0;
    std::string out;
    std::string err;
};

// The program as a function, on one store that also knows notes.
class Terminal {
 public:
    Run type(std::vector<std::string> words) {
        std::istringstream in;
        std::ostringstream out;
        std::ostringstream err;
        words.insert(words.begin(), {"--data", directory_.path() + "/store"});
        const int exit = cli::run_cli(words, {in, out, err}, kinds_);
        return {exit, out.str(), err.str()};
    }
    // Output of a command that must work.
    std::string ok(const std::vector<std::string>& words) {
        const Run run = type(words);
        INFO(words.front());
        INFO(run.err);
        REQUIRE(run.exit == 0);
        return run.out;
    }
    json::Value json(std::vector<std::string> words) {
        words.insert(words.begin(), "--json");
        const auto value = json::parse(ok(words));
        REQUIRE(value);
        return *value;
    }
    std::string path(const std::string& name) const { return directory_.path() + "/" + name; }

 private:
    TempDirectory directory_;
    Kinds kinds_ = kinds_with_notes();
};

std::string at(const json::Value& value, std::initializer_list<const char*> keys) {
    json::Value place = value;
    for (const char* key : keys) place = place.find(key).value_or(json::Value());
    return place.text();
}

void write_two(Terminal& terminal) {
    terminal.ok({"send", "WriteNote", "--note", "n1", "--actor", "ann", "-d", R"({"text":"one"})"});
    terminal.ok({"send", "WriteNote", "--note", "n1", "-d", R"({"text":"two","tags":["x"]})"});
}

}  // namespace

TEST_CASE("growth: the command line shows, lists and logs notes", "[growth][cli]") {
    Terminal terminal;
    write_two(terminal);
    CHECK(at(terminal.json({"show", "note/n1"}), {"text"}) == R"("two")");
    CHECK(at(terminal.json({"show", "note/n1@1"}), {"text"}) == R"("one")");
    CHECK(at(terminal.json({"show", "note/n1@1"}), {"point", "version"}) == "1");
    CHECK(terminal.type({"show", "note/n9"}).exit == 3);

    const json::Value list = terminal.json({"ls", "notes"});
    REQUIRE(list.find("items")->count() == 1);
    CHECK(at(*list.find("items")->at(0), {"resource"}) == R"("note/n1")");
    CHECK(at(*list.find("items")->at(0), {"tags"}) == "1");
    CHECK(terminal.ok({"ls", "notes"}).find("note/n1") != std::string::npos);
    CHECK(terminal.type({"ls", "notes", "--where", "text = one"}).exit == 1);
    CHECK(terminal.json({"ls", "notes", "--where", "text = two"}).find("items")->count() == 1);
    const Run wrong = terminal.type({"ls", "note"});
    CHECK(wrong.exit == 2);
    CHECK(wrong.err.find("notes") != std::string::npos);

    std::istringstream lines(terminal.ok({"log", "note/n1", "--json"}));
    std::string newest;
    std::getline(lines, newest);
    CHECK(at(*json::parse(newest), {"type"}) == R"("NoteWritten")");
    CHECK(at(*json::parse(newest), {"version"}) == "2");
}

TEST_CASE("growth: the command line diffs, blames, forks and verifies notes", "[growth][cli]") {
    Terminal terminal;
    write_two(terminal);
    const json::Value diff = terminal.json({"diff", "note/n1@1..2"});
    REQUIRE(diff.find("changes")->count() == 2);
    CHECK(at(*diff.find("changes")->at(0), {"path"}) == R"("/tags/0")");
    CHECK(at(*diff.find("changes")->at(1), {"path"}) == R"("/text")");

    CHECK(at(terminal.json({"fork", "note/n1@1", "--name", "n2"}), {"outcome"}) == R"("accepted")");
    CHECK(at(terminal.json({"show", "note/n2", "--values"}), {"text"}) == R"("one")");
    const json::Value blame = terminal.json({"blame", "note/n2", "text"});
    REQUIRE(blame.find("chain")->count() == 2);
    CHECK(at(*blame.find("chain")->at(0), {"from"}) == R"("note/n1")");
    CHECK(at(*blame.find("chain")->at(1), {"actor"}) == R"("ann")");

    CHECK(at(terminal.json({"verify", "--all"}), {"ok"}) == "true");
    CHECK(at(terminal.json({"verify", "note/n1"}), {"ok"}) == "true");
    const std::string from_log = terminal.ok({"replay", "note/n1", "--at", "@1", "--json"});
    CHECK(terminal.ok({"replay", "note/n1", "--at", "@1", "--from", "view", "--json"}) == from_log);
    CHECK(terminal.ok({"replay", "note/n1", "--at", "@1", "--from", "snapshot", "--json"}) ==
          from_log);
}

TEST_CASE("growth: the command line imports notes, and explains their codes", "[growth][cli]") {
    Terminal terminal;
    std::ofstream(terminal.path("notes.jsonl")) << write_note("n1", "one") << '\n'
                                                << fork_note("n2", "n1", "@head") << '\n';
    terminal.ok({"import", "jsonl", terminal.path("notes.jsonl")});
    terminal.ok({"import", "jsonl", terminal.path("notes.jsonl")});
    CHECK(at(terminal.json({"show", "note/n2"}), {"point", "version"}) == "1");
    CHECK(terminal.ok({"explain", "note-erased"}).find("erased") != std::string::npos);
    CHECK(terminal.ok({"send", "--help"}).find("WriteNote") != std::string::npos);
    CHECK(terminal.type({"send", "EraseNote", "--note", "n7"}).exit == 3);
}
