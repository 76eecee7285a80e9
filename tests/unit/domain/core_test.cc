// Reading commands: addresses, fields, suggestions, and what counts as the same command.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "engine/domain/codes.h"
#include "engine/domain/fields.h"
#include "engine/domain/guards.h"
#include "engine/domain/kinds/standard.h"
#include "engine/json/parse.h"

namespace skein::domain {

namespace {

Result<Command, Rejection> parsed(std::string_view text, const Uuid& fallback = {}) {
    static const Registry registry = standard_registry();
    static const Limits limits;
    const auto document = json::parse(text);
    REQUIRE(document);
    return parse_command(*document, registry, limits, fallback);
}

std::string problem(std::string_view text) {
    const auto command = parsed(text);
    return command ? "none" : std::string(command.error().code->name);
}

std::string suggestion(std::string_view text) {
    const auto command = parsed(text);
    if (command) return "accepted";
    const auto near = command.error().context.find("suggestion");
    return near ? *near->as_string() : "none";
}

constexpr std::string_view kId = "0192abcd-0000-7000-8000-00000000000a";

std::string command(std::string_view rest) {
    return fmt::format(R"({{"command_id":"{}","swarm":"s1",{}}})", kId, rest);
}

}  // namespace

TEST_CASE("command: its parts are read as the contract has them [V-39]", "[unit][domain]") {
    const auto read = parsed(command(
        R"("type":"PauseRun","run":"r1","expected_version":12,"actor":"a","reason":"b","ack":"view",
           "occurred_at":"2026-11-20T12:03:14+02:00","traceparent":"00-1")"));
    REQUIRE(read);
    CHECK(read->stream.str() == "swarm/s1/run/r1");
    CHECK(read->id.str() == kId);
    CHECK(read->expected_version == Version(12));
    CHECK(read->ack == Ack::kView);
    CHECK(read->actor == "a");
    CHECK(format_time(*read->occurred_at) == "2026-11-20T10:03:14.000000Z");
}

TEST_CASE("command: unknown names are refused with the nearest known one", "[unit][domain]") {
    CHECK(suggestion(command(R"("type":"PauseRum","run":"r")")) == "PauseRun");
    CHECK(suggestion(command(R"("type":"PauseRun","run":"r","actr":"x")")) == "actor");
    CHECK(suggestion(command(R"("type":"StartStep","run":"r","data":{"stepp":"x","step":"y"})")) ==
          "step");
    CHECK(suggestion(command(R"("type":"Frobnicate","run":"r")")) == "none");
    CHECK(problem(command(R"("type":"ArchiveSwarm","run":"r")")) == "unknown-field");
}

TEST_CASE("command: a misspelled field is named where the one that is meant is required",
          "[unit][domain]") {
    const auto refused = parsed(command(R"("type":"StartStep","run":"r","data":{"stpe":"y"})"));
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code->name == "missing-field");
    CHECK(refused.error().message == "/data/step is required. Is stpe a misspelling of it?");
}

TEST_CASE("command: an id is required unless one is made for it", "[unit][domain]") {
    constexpr std::string_view kNoId = R"({"type":"ArchiveSwarm","swarm":"s"})";
    CHECK(problem(kNoId) == "missing-field");
    const Uuid made = *Uuid::parse(kId);
    const auto read = parsed(kNoId, made);
    REQUIRE(read);
    CHECK(read->id == made);
    CHECK(problem(R"({"type":"ArchiveSwarm","swarm":"s","command_id":"7"})") == "invalid-field");
}

TEST_CASE("command: content compares type, address, expected version and data alone",
          "[unit][domain]") {
    const auto content = [](std::string_view rest) {
        const auto read = parsed(command(rest));
        REQUIRE(read);
        return read->content;
    };
    const auto base = content(R"("type":"FailRun","run":"r","data":{"error":{"a":1,"b":2}})");
    CHECK(base == content(R"("run":"r","type":"FailRun","actor":"x","reason":"y",
                             "data":{"error":{"b":2.0,"a":1}})"));
    CHECK(base != content(R"("type":"FailRun","run":"r","data":{"error":{"a":1}})"));
    CHECK(base != content(R"("type":"FailRun","run":"q","data":{"error":{"a":1,"b":2}})"));
    CHECK(base != content(R"("type":"CancelRun","run":"r","data":{"error":{"a":1,"b":2}})"));
    CHECK(base !=
          content(
              R"("type":"FailRun","run":"r","expected_version":1,"data":{"error":{"a":1,"b":2}})"));
    CHECK(content(R"("type":"FailRun","run":"r")") ==
          content(R"("type":"FailRun","run":"r","data":{})"));
}

TEST_CASE("command: texts of actor, role and type end at 512 bytes", "[unit][domain]") {
    const auto with_actor = [](std::size_t bytes) {
        return command(
            fmt::format(R"("type":"ArchiveSwarm","actor":"{}")", std::string(bytes, 'x')));
    };
    CHECK(problem(with_actor(512)) == "none");
    CHECK(problem(with_actor(513)) == "invalid-field");
}

TEST_CASE("rejections: class decides HTTP status and exit code", "[unit][domain]") {
    CHECK(http_status(codes::kInvalidField) == 422);
    CHECK(exit_code(codes::kInvalidField) == 4);
    CHECK(http_status(codes::kNoSuchStream) == 404);
    CHECK(exit_code(codes::kNoSuchStream) == 3);
    CHECK(http_status(codes::kAlreadyExists) == 409);
    CHECK(http_status(codes::kVersionConflict) == 412);
    CHECK(exit_code(codes::kVersionConflict) == 4);
    CHECK(http_status(codes::kReadOnly) == 503);
    CHECK(exit_code(codes::kReadOnly) == 5);
}

TEST_CASE("command: texts that no parser has seen must be UTF-8, too", "[unit][domain]") {
    static const Registry registry = standard_registry();
    const auto text = [](std::string_view bytes) { return json::Value::string(bytes); };
    const auto refused = [&](const char* field, std::string_view bytes) {
        const auto document = json::Value::object({{"command_id", text(kId)},
                                                   {"swarm", text("s1")},
                                                   {"type", text("CreateSwarm")},
                                                   {field, text(bytes)}});
        const auto command = parse_command(document, registry, Limits(), {});
        return command ? std::string("accepted") : std::string(command.error().code->name);
    };
    CHECK(refused("actor", "caf\xc3\xa9") == "accepted");
    CHECK(refused("actor", "caf\xe9") == "invalid-json");
    CHECK(refused("reason", "\xed\xa0\x80") == "invalid-json");
    CHECK(refused("actor", "\xc0\xaf") == "invalid-json");
}

TEST_CASE("registry: streams are told by their segments", "[unit][domain]") {
    const Registry registry = standard_registry();
    CHECK(registry.kind_of(Stream("swarm/s"))->name == "swarm");
    CHECK(registry.kind_of(Stream("swarm/s/run/r"))->name == "run");
    for (const char* name :
         {"", "swarm", "swarm/", "swarm/s/run", "swarm/s/run/", "team/t", "swarm/s/x/y"}) {
        CAPTURE(name);
        CHECK(registry.kind_of(Stream(name)) == nullptr);
    }
    CHECK(segment_of(Stream("swarm/s/run/r"), "run") == "r");
    CHECK(segment_of(Stream("swarm/s"), "run").empty());
    const std::vector<std::string> ids{"a", "b"};
    CHECK(make_stream(*registry.find_kind("run"), ids).str() == "swarm/a/run/b");
}

}  // namespace skein::domain
