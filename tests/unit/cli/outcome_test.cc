// Exit codes that golden scripts cannot bring about, and what a dry run says.
#include <catch2/catch.hpp>
#include <sstream>

#include "engine/base/fault_codes.h"
#include "engine/domain/codes.h"
#include "engine/json/parse.h"
#include "engine/runtime/outcome.h"
#include "tests/unit/cli/terminal.h"
#include "tools/cli/sending.h"

using namespace skein;
using skein::test::Terminal;

namespace {

struct Told {
    int exit = 0;
    std::string out;
    std::string err;
};

Told report_unknown(const std::string& detail, const FaultCode* cause = nullptr) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    cli::Cli cli({in, out, err}, standard_kinds());
    Outcome outcome;
    outcome.kind = OutcomeKind::kUnknown;
    outcome.command_id = Uuid::parse("01920000-0000-7000-8000-000000000001");
    outcome.detail = detail;
    outcome.cause = cause;
    Told told;
    told.exit = cli::report(cli, outcome);
    told.out = out.str();
    told.err = err.str();
    return told;
}

}  // namespace

TEST_CASE("send: an answer that did not come in time is unknown, with exit 8", "[unit][cli]") {
    const Told told =
        report_unknown("durable, but the view had not reached it when the deadline passed");
    CHECK(told.exit == 8);
    CHECK(told.out.find(R"("outcome":"unknown")") != std::string::npos);
    CHECK(
        told.err ==
        "error: no answer in time: durable, but the view had not reached it when the deadline "
        "passed\n"
        "next:  Send it again with --command-id 01920000-0000-7000-8000-000000000001, or its file "
        "again: what has a command_id is not done twice.\n");
}

TEST_CASE("send: an unknown outcome on a full disk has one remedy: free space, then send again",
          "[unit][cli]") {
    const Told told =
        report_unknown("the log failed: No space left on device", &fault_codes::kDiskFull);
    CHECK(told.exit == 8);
    CHECK(told.err ==
          "error: no answer in time: the log failed: No space left on device\n"
          "cause: The disk has no space left; whether this command was written is not known.\n"
          "next:  Free space, then send it again with --command-id "
          "01920000-0000-7000-8000-000000000001, or its file again: what has a command_id is not "
          "done twice.\n");
}

TEST_CASE("send, import: of many commands, the exit code is of what stopped them", "[unit][cli]") {
    using cli::OnRejection;
    Outcome accepted;
    accepted.kind = OutcomeKind::kAccepted;
    const Outcome conflict =
        runtime::rejected({}, domain::reject(domain::codes::kVersionConflict, "x"));
    const Outcome full = runtime::rejected({}, domain::reject(domain::codes::kDiskFull, "x"));
    const Outcome unknown;
    const auto after = [](std::vector<Outcome> outcomes, OnRejection on_rejection) {
        int exit = cli::kOk;
        for (const Outcome& outcome : outcomes) exit = cli::exit_after(exit, outcome, on_rejection);
        return exit;
    };
    CHECK(after({accepted, accepted}, OnRejection::kStop) == cli::kOk);
    CHECK(after({accepted, conflict}, OnRejection::kStop) == cli::kRejected);
    CHECK(after({accepted, full}, OnRejection::kStop) == cli::kUnavailable);
    CHECK(after({accepted, unknown}, OnRejection::kStop) == cli::kTimeout);
    CHECK(after({unknown, accepted}, OnRejection::kContinue) == cli::kTimeout);
    CHECK(after({conflict, full, accepted}, OnRejection::kContinue) == cli::kRejected);
}

TEST_CASE("store: a deadline that passed before the view came answers unknown, and it is durable",
          "[unit][cli]") {
    Terminal terminal;
    StoreOptions options;
    options.directory = terminal.path("store");
    options.projecting = Projecting::kLive;
    const auto store = Store::open(options);
    store->views().stop();  // a projector that stands still
    const auto past = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
    const Outcome outcome = store->submit(R"({"type":"CreateSwarm","swarm":"s1","ack":"view",)"
                                          R"("command_id":"01920000-0000-7000-8000-000000000001"})",
                                          past);
    CHECK(outcome.kind == OutcomeKind::kUnknown);
    const Outcome again = store->submit(
        R"({"type":"CreateSwarm","swarm":"s1","command_id":"01920000-0000-7000-8000-000000000001"})");
    CHECK(again.kind == OutcomeKind::kAccepted);
    CHECK(again.is_duplicate);
}

TEST_CASE("send: a dry run gives the version that would be, and no position", "[unit][cli]") {
    Terminal terminal;
    REQUIRE(terminal.type({"send", "CreateSwarm", "--swarm", "s1"}).exit == 0);
    REQUIRE(terminal.type({"send", "StartRun", "--swarm", "s1", "--run", "r1"}).exit == 0);
    const json::Value result = terminal.json(
        {"send", "TagRun", "--swarm", "s1", "--run", "r1", "-d", R"({"name":"t"})", "--dry-run"});
    const json::Value event = *result.find("events")->at(0);
    CHECK(event.find("version")->text() == "2");
    CHECK(event.find("position")->is_null());
    CHECK(event.find("stream")->as_string() == "swarm/s1/run/r1");
    CHECK(terminal.json({"show", "run/r1"}).find("point")->find("version")->text() == "1");
}
