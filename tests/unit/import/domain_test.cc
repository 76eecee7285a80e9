// What importers make is accepted by the rules of the domain, command by command.
#include <catch2/catch.hpp>

#include "tests/unit/import/domain_world.h"
#include "tests/unit/import/recorder.h"

using namespace skein;
using namespace skein::import;
using namespace skein::import::testing;
using std::filesystem::path;

namespace {

void import_into(DomainWorld& world, std::string_view format, const path& file) {
    import_path(*find_importer(format), file, {world, world});
    for (std::size_t i = 0; i < world.rejections.size() && i < 5; ++i)
        UNSCOPED_INFO(world.rejections[i]);
    CHECK(world.rejections.empty());
}

std::string member(const json::Value& document, std::initializer_list<std::string_view> keys) {
    json::Value value = document;
    for (const std::string_view key : keys) {
        const auto found = value.find(key);
        INFO("member " << key);
        REQUIRE(found);
        value = *found;
    }
    return value.text();
}

}  // namespace

TEST_CASE("import: the domain accepts every command of every record", "[unit][import]") {
    for (const auto& [format, set] : sets_of_records()) {
        for (const path& root : roots(set)) {
            INFO(format);
            DomainWorld world;
            import_into(world, format, root);
            CHECK(!world.events.empty());
        }
    }
}

TEST_CASE("import: a hand-off's reply comes to the run that handed off", "[unit][import]") {
    const TemporaryFile file("hand-crafted/8.json",
                             R"x({"question":"q","mistake_step":"1","history":[
{"role":"Orchestrator (-> A)","content":"go"},{"role":"Orchestrator (-> A)","content":"go on"},
{"role":"A","content":"one"},{"role":"Orchestrator (-> A)","content":"more"},{"role":"A","content":"two"},
{"role":"Orchestrator (-> B)","content":"?"}]})x");
    DomainWorld world;
    import_into(world, "who-and-when", file.path());
    const json::Value run = world.document("ww-hc-8", "main");
    CHECK(member(run, {"variables", "reply.A", "value"}) == R"("two")");
    CHECK(member(run, {"status"}) == R"("completed")");
    CHECK(member(world.document("ww-hc-8", "h4"), {"status"}) == R"("cancelled")");
    CHECK(world.events["ChildMerged"] == 3);
    // StartRun and one message come before the tag, whose point is its own version.
    CHECK(member(run, {"tags", "before-mistake"}) == "3");
}

TEST_CASE("import: a history's version is the number of its events", "[unit][import]") {
    const TemporaryFile file("h.json", R"({"events":[
{"eventId":"1","eventType":"WorkflowExecutionStarted","workflowExecutionStartedEventAttributes":{"originalExecutionRunId":"r"}},
{"eventId":"2","eventType":"ActivityTaskScheduled","activityTaskScheduledEventAttributes":{"activityType":{"name":"Do"}}},
{"eventId":"3","eventType":"ActivityTaskScheduled","activityTaskScheduledEventAttributes":{}},
{"eventId":"4","eventType":"ActivityTaskStarted","activityTaskStartedEventAttributes":{"scheduledEventId":"2"}},
{"eventId":"5","eventType":"ActivityTaskCompleted","activityTaskCompletedEventAttributes":{"scheduledEventId":"2","result":{"a":1}}},
{"eventId":"6","eventType":"ActivityTaskTimedOut","activityTaskTimedOutEventAttributes":{"scheduledEventId":"3"}},
{"eventId":"7","eventType":"UpsertWorkflowSearchAttributes"},
{"eventId":"8","eventType":"WorkflowExecutionFailed"}]})");
    DomainWorld world;
    import_into(world, "temporal", file.path());
    const json::Value run = world.document("temporal-h", "r");
    CHECK(member(run, {"status"}) == R"("failed")");
    CHECK(member(run, {"steps", "a2", "status"}) == R"("completed")");
    CHECK(member(run, {"steps", "a2", "started"}) == "4");
    CHECK(member(run, {"steps", "a3", "status"}) == R"("cancelled")");
    CHECK(member(run, {"intermediate", "a2", "value", "a"}) == "1");
}

TEST_CASE("import: editing traces keep their text through forks and merges", "[unit][import]") {
    for (const path& root : roots("editing-traces")) {
        for (const Row& row : read_index(root / "INDEX.csv")) {
            // The domain keeps every state here, so the long traces are played by other tests.
            if (number(row, "merge_txns") == 0) continue;
            DomainWorld world;
            import_into(world, "editing-traces", root / row.at("file"));
            CHECK(world.events["ContextUpdated"] == number(row, "txns"));
            CHECK(world.events["RunMerged"] == number(row, "merge_txns"));
            CHECK(world.events["RunForked"] == number(row, "fork_txns"));
        }
    }
    const TemporaryFile file("g.json", R"({"txns":[
{"parents":[],"numChildren":1,"patches":[[0,0,"a"]]},{"parents":[0],"numChildren":2,"patches":[[1,0,"b"]]},
{"parents":[1],"numChildren":1,"patches":[[2,0,"c"]]},{"parents":[1],"numChildren":1,"patches":[[0,0,"X"]]},
{"parents":[2,3],"numChildren":0,"patches":[[0,0,"d"]]}]})");
    DomainWorld world;
    import_into(world, "editing-traces", file.path());
    CHECK(world.text("edit-g", "doc") == "dXab");
    CHECK(world.text("edit-g", "b3") == "Xab");
}
