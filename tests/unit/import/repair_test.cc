// A broken record leaves nothing that its repair contradicts.
#include <catch2/catch.hpp>

#include <fstream>

#include "tests/unit/import/domain_world.h"
#include "tests/unit/import/recorder.h"

using namespace skein;
using namespace skein::import;
using namespace skein::import::testing;

namespace {

constexpr std::string_view kHole = "@HOLE@";

struct Record {
    std::string format;
    std::string name;                 // of the file
    std::string content;              // with a hole
    std::string sound;                // what belongs into the hole
    std::string broken;               // what stands there before the repair
    std::vector<std::string> stands;  // streams that come although the record is broken
};

std::vector<Record> records() {
    return {
        {"tau-bench",
         "x_trajectories.jsonl",
         "{\"task_id\":1,\"trial\":0,\"reward\":1,\"traj\":[]}\n@HOLE@\n"
         "{\"task_id\":3,\"trial\":0,\"reward\":1,\"traj\":[]}\n",
         R"({"task_id":2,"trial":0,"reward":1,"traj":[{"role":"user"}]})",
         R"({"task_id":2,"trial":0,"reward":1,"traj":[{"role":"us)",
         {"swarm/tau-1", "swarm/tau-1/run/trial-0", "swarm/tau-3", "swarm/tau-3/run/trial-0"}},
        {"jsonl",
         "c.jsonl",
         "{\"type\":\"CreateSwarm\",\"swarm\":\"a\"}\n"
         "{\"type\":\"StartRun\",\"swarm\":\"a\",\"run\":\"r\"}\n@HOLE@\n"
         "{\"type\":\"CompleteRun\",\"swarm\":\"a\",\"run\":\"r\"}\n"
         "{\"type\":\"CreateSwarm\",\"swarm\":\"b\"}\n",
         R"({"type":"TagRun","swarm":"a","run":"r","data":{"name":"t"}})",
         R"({"type":"TagRun", "swarm" : "a","run":"r","data":{"name":)",
         {"swarm/a", "swarm/a/run/r", "swarm/b"}},
        {"inspect",
         "log.json",
         "{\"samples\":[{\"id\":1,\"epoch\":1,\"events\":[{\"event\":\"info\"}]},\n"
         "{\"id\":2,\"epoch\":1,\"events\":[{\"event\":\"info\"},@HOLE@,{\"event\":\"model\"}]},\n"
         "{\"id\":3,\"epoch\":1,\"events\":[{\"event\":\"info\"}]}]}",
         R"({"event":"tool"})",
         R"({"event":nul})",
         {"swarm/inspect-log", "swarm/inspect-log/run/1-e1", "swarm/inspect-log/run/3-e1"}},
        {"inspect",
         "ids.json",
         "{\"samples\":[{\"id\":@HOLE@,\"epoch\":1,\"events\":[]},"
         "{\"id\":2,\"epoch\":1,\"events\":[]}]}",
         "1",
         "nul",
         {"swarm/inspect-ids", "swarm/inspect-ids/run/2-e1"}},
        {"inspect",
         "sample.json",
         R"({"id":1,"epoch":1,"events":[{"event":"info"},@HOLE@,{"event":"model"}]})",
         R"({"event":"tool"})",
         "[]",
         {}},
        {"who-and-when",
         "hand-crafted/1.json",
         R"({"question":"q","history":[{"role":"A","content":"a"},@HOLE@,{"role":"B","content":"c"}]})",
         R"x({"role":"Orchestrator (-> B)","content":"go"})x",
         R"({"role":"C","role":"D"})",
         {}},
        {"who-and-when",
         "hand-crafted/2.json",
         R"({"question":@HOLE@,"history":[{"role":"A","content":"a"}]})",
         R"("q")",
         R"("\q")",
         {}},
        {"swe-agent",
         "a.traj",
         R"({"trajectory":[{"action":"ls"},@HOLE@,{"action":"ps"}],"history":[],"info":{}})",
         R"({"action":"cd"})",
         R"({"action":cd})",
         {}},
        {"temporal",
         "t.json",
         R"({"events":[{"eventId":"1","eventType":"WorkflowExecutionStarted"},@HOLE@,)"
         R"({"eventId":"3","eventType":"WorkflowExecutionCompleted"}]})",
         R"({"eventId":"2","eventType":"MarkerRecorded"})",
         R"({"eventId":"2"})",
         {}},
        {"editing-traces",
         "e.json",
         R"({"txns":[{"patches":[[0,0,"a"]]},@HOLE@,{"patches":[[2,0,"c"]]}]})",
         R"({"patches":[[1,0,"b"]]})",
         R"({"patches":[[1,0]]})",
         {}},
        {"editing-traces",
         "f.json",
         R"({"txns":[{"patches":[[0,0,"a"]]}],"startContent":@HOLE@})",
         R"("start")",
         "start",
         {}},
    };
}

std::string filled(const Record& record, const std::string& with) {
    std::string content = record.content;
    return content.replace(content.find(kHole), kHole.size(), with);
}

void write(const TemporaryFile& file, const std::string& content) {
    std::ofstream(file.path(), std::ios::binary | std::ios::trunc) << content;
}

void import_into(DomainWorld& world, const Record& record, const TemporaryFile& file) {
    import_path(*find_importer(record.format), file.path(), {world, world});
}

std::vector<std::string> names_of(const DomainWorld& world) {
    std::vector<std::string> names;
    for (const auto& [name, digest] : world.digests()) names.push_back(name);
    return names;
}

}  // namespace

TEST_CASE("import: a mended record completes what stands, as if it had never been broken",
          "[unit][import]") {
    for (const Record& record : records()) {
        INFO(record.format << " " << record.name);
        const TemporaryFile file(record.name, filled(record, record.broken));
        DomainWorld world;
        import_into(world, record, file);
        REQUIRE(world.rejections.size() == 1);
        CHECK_THAT(world.rejections.front(), Catch::Matchers::Contains(file.path().string() + ":"));
        CHECK(names_of(world) == record.stands);

        world.rejections.clear();
        write(file, filled(record, record.sound));
        import_into(world, record, file);
        CHECK(world.rejections == std::vector<std::string>());
        DomainWorld fresh;
        import_into(fresh, record, file);
        CHECK(world.digests() == fresh.digests());
        CHECK(fresh.rejections.empty());
    }
}

TEST_CASE("import: a broken record stops its file where the sink says so", "[unit][import]") {
    for (const Record& record : records()) {
        INFO(record.format << " " << record.name);
        const TemporaryFile file(record.name, filled(record, record.broken));
        Recorder stopping(Next::kStop);
        stopping.import(record.format, file.path());
        CHECK(stopping.problems.size() == 1);
        const Importer& importer = *find_importer(record.format);
        CHECK(stopping.ids.empty() == (importer.layout() == FileLayout::kDocument));
        CHECK(stopping.swarms.count("tau-3") + stopping.swarms.count("b") == 0);
    }
}
