// Swarms: configuration, agents, blackboard, archive.
#include "tests/unit/domain/given.h"

namespace skein::domain {

TEST_CASE("swarm: it is created once, and its id is not used again [V-60]", "[unit][swarm]") {
    auto story =
        given({{"CreateSwarm", R"({"goal":"g","config":{"a":1},"tools":["t"],"team":"x"})"}});
    CHECK(story.swarm().document({1000}).find("goal")->text() == "\"g\"");
    CHECK(story.swarm().status == swarm::SwarmStatus::kRunning);
    story.when({"CreateSwarm", "{}", R"(,"expected_version":9)"}).then_rejected("already-exists");
    story.when({"ArchiveSwarm"}).then_events({"SwarmArchived"});
    story.when({"CreateSwarm"}).then_rejected("already-exists");
    given({{"nothing"}})
        .when({"CreateSwarm", "{}", R"(,"expected_version":9)"})
        .then_rejected("version-conflict");
    given({{"nothing"}})
        .when({"CreateSwarm", "{}", R"(,"expected_version":0)"})
        .then_events({"SwarmCreated"});
}

TEST_CASE("swarm: config is patched as RFC 7396 has it, goal and status are set [V-62] [V-63]",
          "[unit][swarm]") {
    auto story = given({{"CreateSwarm", R"({"config":{"a":1,"b":{"c":2}}})"}});
    story.when({"UpdateSwarm", R"({"config":{"a":null,"b":{"d":3}},"goal":"new","status":"idle"})"})
        .then_data(R"({"config":{"a":null,"b":{"d":3}},"goal":"new","status":"idle"})");
    CHECK(story.swarm().config.text() == R"({"b":{"c":2,"d":3}})");
    CHECK(story.swarm().status == swarm::SwarmStatus::kIdle);
    story.when({"UpdateSwarm", R"({"status":"archived"})"}).then_rejected("invalid-field");
    story.when({"UpdateSwarm"}).then_rejected("empty-command");
}

TEST_CASE("swarm: agents join and leave once [V-63]", "[unit][swarm]") {
    auto story = given({{"JoinSwarm", R"({"agent":"a","role":"lead","config":{"x":1}})"}});
    CHECK(story.swarm().document({}).find("agents")->text() ==
          R"({"a":{"config":{"x":1},"role":"lead"}})");
    story.when({"LeaveSwarm", R"({"agent":"a"})"}).then_events({"AgentLeft"});
    story.when({"LeaveSwarm", R"({"agent":"a"})"}).then_rejected("agent-not-joined");
}

TEST_CASE("blackboard: a set keeps what it leaves out, deletes of absent items pass [V-52] [V-53]",
          "[unit][swarm]") {
    auto story = given({{"UpdateBlackboard",
                         R"({"set":[{"id":"x","value":1,"type":"goal","tags":["a","b"],
                             "expires_at":"2030-01-01T00:00:00Z"}]})"}});
    story
        .when({"UpdateBlackboard",
               R"({"set":[{"id":"x","value":2},{"id":"x","value":3}],"delete":["y"]})"})
        .then_events({"BlackboardUpdated"});
    const swarm::BoardItem* item = story.swarm().board.find("x");
    REQUIRE(item != nullptr);
    CHECK(item->value.text() == "3");
    CHECK(item->type == "goal");
    CHECK(item->tags == std::vector<std::string>{"a", "b"});
    CHECK(item->expires_at.has_value());
    CHECK(item->version == Version(3));
    CHECK(item->actor == "tester");
    story.when({"UpdateBlackboard", R"({"set":[{"id":"x","value":4,"tags":[]}]})"});
    CHECK(story.swarm().board.find("x")->tags.empty());
    story.when({"UpdateBlackboard", R"({"set":[],"delete":[]})"}).then_rejected("empty-command");
}

TEST_CASE("blackboard: expired items are left out of documents and stay in the digest [V-53]",
          "[unit][swarm]") {
    auto story = given({{"UpdateBlackboard",
                         R"({"set":[{"id":"x","value":1,"expires_at":"2020-01-01T00:00:00Z"}]})"}});
    const Timestamp expiry = *parse_time("2020-01-01T00:00:00Z");
    const auto& swarm = story.swarm();
    CHECK(swarm.values({expiry.us - 1}).find("board")->text() == R"({"x":1})");
    CHECK(swarm.values(expiry).find("board")->text() == "{}");
    CHECK(swarm.document(expiry).find("board")->text() == "{}");
    CHECK(swarm.digest() == digest_from_document(swarm));
}

TEST_CASE("swarm: after archiving nothing of it or its runs is written [V-13]", "[unit][swarm]") {
    const std::vector<Line> before{{"CreateSwarm"}, {"StartRun r"}, {"ArchiveSwarm"}};
    for (const Line& line : std::vector<Line>{{"UpdateSwarm", R"({"goal":"g"})"},
                                              {"ArchiveSwarm"},
                                              {"PauseRun r"},
                                              {"StartRun q"},
                                              {"TagRun r", R"({"name":"t"})"},
                                              {"JoinSwarm", R"({"agent":"a"})"}}) {
        given(before).when(line).then_rejected("swarm-archived");
    }
}

TEST_CASE("swarm: its document lists the runs that it observes", "[unit][swarm]") {
    swarm::SwarmState document(Stream("swarm/s"));
    Story story;
    const auto see = [&] {
        for (const Event& event : story.batch()) {
            if (event.meta.stream.str() != "swarm/s") document.observe(event);
        }
    };
    story.run("b");
    see();
    story.run("a");
    see();
    story.accept(R"("type":"PauseRun","run":"b")");
    see();
    CHECK(document.document({}).find("runs")->text() ==
          R"([{"run":"a","status":"running"},{"run":"b","status":"paused"}])");
    CHECK(document.version() == Version(0));
    CHECK(document.mark().position == Position(4));
    CHECK(document.digest() == digest_from_document(document));
}

}  // namespace skein::domain
