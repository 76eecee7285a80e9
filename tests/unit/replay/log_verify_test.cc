// What `verify` makes of a log that cannot be read everywhere.
#include <catch2/catch.hpp>

#include "engine/base/fault.h"
#include "engine/replay/verify.h"
#include "tests/unit/runtime/memory_engine.h"

using namespace skein;
using namespace skein::test;

namespace {

// A log with a shard that cannot be read.
class BrokenLog final : public log::MemoryLog {
 public:
    using log::MemoryLog::MemoryLog;

    std::uint64_t scan(Shard shard, Position after,
                       const std::function<bool(const log::EventView&)>& visit) const override {
        if (shard == broken) throw Fault(kind, "000009.sst: a block does not fit its checksum");
        return log::MemoryLog::scan(shard, after, visit);
    }
    std::optional<Shard> broken;
    FaultKind kind = FaultKind::kCorruption;
};

}  // namespace

TEST_CASE("verify: what cannot be read is a finding, and the rest is looked at [V-171]",
          "[replay]") {
    EngineOn<BrokenLog> engine;
    std::uint64_t events = 0;
    for (const char* const swarm : {"a", "b", "c", "d", "e", "f"}) {
        REQUIRE(engine.send(create_swarm(swarm)).kind == runtime::OutcomeKind::kAccepted);
        ++events;
    }
    const Shard broken = log::shard_of(engine.log, Stream("swarm/a"));
    events -= engine.log.head(broken).position.value();
    REQUIRE(events > 0);
    engine.log.broken = broken;
    const replay::LogReport report =
        replay::verify_log(engine.log, engine.codec, [](std::uint64_t) {});
    CHECK(report.shards == engine.log.shard_count());
    CHECK(report.events == events);
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].what == "store");
    CHECK(report.findings[0].shard == broken);
    CHECK_THAT(report.findings[0].found, Catch::Contains("000009.sst"));
    CHECK(!report.findings[0].remedy.empty());
    engine.log.kind = FaultKind::kUnavailable;
    CHECK_THROWS_AS(replay::verify_log(engine.log, engine.codec, [](std::uint64_t) {}), Fault);
}
