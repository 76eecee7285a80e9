// bisect: the first version, also where a condition comes and goes.
#include <catch2/catch.hpp>

#include "tests/unit/cli/terminal.h"

using namespace skein;
using skein::test::Terminal;
using skein::test::Typed;

namespace {

// Versions 2 and 4 hold a = 2; version 5 does not any more.
void send_flicker(Terminal& terminal) {
    CHECK(terminal.type({"send", "CreateSwarm", "--swarm", "s"}).exit == 0);
    CHECK(terminal.type({"send", "StartRun", "--swarm", "s", "--run", "r"}).exit == 0);
    for (const char* value : {"2", "1", "2", "1"}) {
        const std::string data =
            std::string(R"({"updates":[{"key":"a","op":"set","value":)") + value + "}]}";
        CHECK(terminal.type({"send", "UpdateContext", "--swarm", "s", "--run", "r", "-d", data})
                  .exit == 0);
    }
}

std::string number_at(const json::Value& found, const char* group, const char* name) {
    return found.find(group)->find(name)->text();
}

}  // namespace

TEST_CASE("bisect: the first of the versions that hold is found where a condition flickers") {
    Terminal terminal;
    send_flicker(terminal);
    const json::Value found = terminal.json({"bisect", "run/r", "--where", "variables.a = 2"});
    CHECK(number_at(found, "first", "version") == "2");
    CHECK(found.find("tested")->text() == "2");
}

TEST_CASE("bisect: a range is searched from its begin, and its last state need not hold") {
    Terminal terminal;
    send_flicker(terminal);
    const json::Value found = terminal.json({"bisect", "run/r@2..5", "--where", "variables.a = 2"});
    CHECK(number_at(found, "first", "version") == "4");
    CHECK(found.find("tested")->text() == "2");
}

TEST_CASE("bisect: a condition that never holds is a negative answer after all states") {
    Terminal terminal;
    send_flicker(terminal);
    const Typed typed = terminal.type({"--json", "bisect", "run/r", "--where", "variables.a = 7"});
    CHECK(typed.exit == 1);
    CHECK(typed.out.find("\"tested\":5") != std::string::npos);
}
