// Events as records, and what a reader does with them.
#include "engine/bus/event_record.h"

#include <catch2/catch.hpp>
#include <map>

#include "engine/base/fault.h"
#include "engine/bus/feed_rule.h"
#include "engine/log/memory/memory_log.h"
#include "tests/bus/written_events.h"

namespace skein::bus::test {

namespace {

log::StoreInfo store_info() {
    log::StoreInfo info;
    info.store_id = *Uuid::parse("01935d3e-0000-7000-8000-000000000001");
    info.shard_count = 1;
    return info;
}

struct Written {
    Written() { EventWriter(log).append(Shard(0), 3); }
    log::EventView view(std::uint64_t position) {
        kept = *log.read(Shard(0), Position(position));
        return {Shard(0), Position(position), kept.bytes, kept.hash.view()};
    }
    log::MemoryLog log{store_info()};
    log::EventLog::StoredEvent kept;
};

}  // namespace

TEST_CASE("record: types are named by noun and verb", "[unit][bus]") {
    CHECK(cloud_event_type("RunStarted", 1) == "skein.run.started.v1");
    CHECK(cloud_event_type("TeamMemberAdded", 1) == "skein.team-member.added.v1");
    CHECK(cloud_event_type("ContextUpdated", 12) == "skein.context.updated.v12");
    CHECK(cloud_event_type("Started", 1) == "skein.started.v1");
    CHECK(cloud_event_type("started", 1) == "skein.started.v1");
}

TEST_CASE("record: an event is a CloudEvent with the stored bytes [V-112]", "[unit][bus]") {
    Written written;
    RecordWriter writer(written.log.info().store_id);
    const log::EventView event = written.view(2);
    const Record& record = writer.write(event);
    CHECK(record.key == "swarm/s0");
    CHECK(record.value == event.bytes);
    std::map<std::string, std::string> headers;
    for (const Header& header : record.headers)
        headers[std::string(header.name)] = std::string(header.value);
    const auto previous = written.log.read(Shard(0), Position(1))->hash;
    const std::map<std::string, std::string> wanted = {
        {"ce_specversion", "1.0"},
        {"ce_id", codec::decode_head(event.bytes)->event_id.str()},
        {"ce_source", "/skein/01935d3e-0000-7000-8000-000000000001"},
        {"ce_type", "skein.step.completed.v1"},
        {"ce_subject", "swarm/s0/run/r0"},
        {"ce_time", "2023-11-14T22:13:20.000001Z"},
        {"ce_partitionkey", "swarm/s0"},
        {"ce_sequence", "00000000000000000002"},
        {"content-type", "application/vnd.skein.event.v1+flatbuffers"},
        {"skein_shard", "0"},
        {"skein_position", "2"},
        {"skein_epoch", "0"},
        {"skein_prev_hash", to_hex(previous)},
        {"skein_hash", to_hex(event.hash)}};
    CHECK(headers == wanted);
    const auto received = received_event({Shard(0), 17, record});
    REQUIRE(received);
    CHECK(received->position == Position(2));
    CHECK(received->previous == previous.view());
    CHECK(received->hash.view() == event.hash);
}

TEST_CASE("record: what is no event of the shard is nobody's", "[unit][bus]") {
    Written written;
    RecordWriter writer(written.log.info().store_id);
    const Record record = writer.write(written.view(1));
    CHECK(received_event({Shard(0), 0, record}));
    CHECK_FALSE(received_event({Shard(1), 0, record}));
    Record other = record;
    other.value = "not an envelope";
    CHECK_FALSE(received_event({Shard(0), 0, other}));
    for (const char* const hash : {"", "12", "zz", "-1"}) {
        other = record;
        for (Header& header : other.headers)
            if (header.name == "skein_hash") header.value = hash;
        CHECK_FALSE(received_event({Shard(0), 0, other}));
    }
    other = record;
    other.headers.clear();
    CHECK_FALSE(received_event({Shard(0), 0, other}));
}

TEST_CASE("record: an envelope that says that it stands elsewhere is not sent", "[unit][bus]") {
    Written written;
    RecordWriter writer(written.log.info().store_id);
    log::EventView event = written.view(2);
    event.position = Position(3);
    CHECK_THROWS_AS(writer.write(event), Fault);
    event.bytes = "damaged";
    CHECK_THROWS_AS(writer.write(event), Fault);
}

TEST_CASE("feed rule: drop, apply or refetch", "[unit][bus]") {
    const Hash ours = blake2b_256("ours");
    const Hash other = blake2b_256("other");
    struct Row {
        std::uint64_t position;
        const Hash& previous;
        FeedStep step;
    };
    const FeedRule rule(Position(5), ours);
    const std::vector<Row> rows = {{1, ours, FeedStep::kDrop},     {5, ours, FeedStep::kDrop},
                                   {5, other, FeedStep::kDrop},    {6, ours, FeedStep::kApply},
                                   {6, other, FeedStep::kRefetch}, {7, ours, FeedStep::kRefetch},
                                   {9, other, FeedStep::kRefetch}};
    for (const Row& row : rows) {
        INFO("position " << row.position);
        CHECK(rule.judge({Position(row.position), row.previous.view(), other}) == row.step);
    }
    FeedRule moved = rule;
    moved.applied(Position(6), other);
    CHECK(moved.judge({Position(7), other.view(), ours}) == FeedStep::kApply);
    CHECK(moved.judge({Position(6), ours.view(), ours}) == FeedStep::kDrop);
}

}  // namespace skein::bus::test
