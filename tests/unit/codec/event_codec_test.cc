// Events and envelopes: everything of an event comes back, and bytes that are not ours are refused.

#include <catch2/catch.hpp>

#include <random>

#include "engine/codec/envelope.h"
#include "engine/codec/event_json.h"
#include "engine/domain/kinds/standard.h"
#include "engine/domain/run/run_events.h"
#include "tests/unit/codec/random_events.h"
#include "tests/unit/codec/standard_kinds.h"

namespace skein::tests {

namespace {

const Hash kPrevious = blake2b_256("previous");

std::uint64_t printed_seed() {
    const std::uint64_t seed = std::random_device()();
    UNSCOPED_INFO("seed " << seed);
    return seed;
}

}  // namespace

TEST_CASE("codec: every event type of every kind has a codec [V-170]") {
    std::size_t found = 0;
    for (const domain::Kind& kind : registry().kinds()) {
        for (const domain::EventType* type : kind.events) {
            INFO(type->name);
            REQUIRE(standard().find_type(type->name) != nullptr);
            CHECK(standard().find_type(type->name)->kind == &kind);
            ++found;
        }
    }
    CHECK(found == all_types().size());
}

TEST_CASE("codec: an event of any type and content comes back as it was [V-170] [V-180]") {
    const std::uint64_t seed = printed_seed();
    Dice dice(seed);
    for (const domain::EventType* type : all_types()) {
        for (int round = 0; round < 200; ++round) {
            INFO("seed " << seed << ", " << type->name << ", round " << round);
            const domain::Event event = random_event(type->name, dice);
            const std::string bytes = codec::encode_event(event, kPrevious, standard());
            const auto decoded = codec::decode_event(bytes, standard());
            if (!decoded) FAIL(decoded.error().what);
            CHECK(decoded->previous == kPrevious);
            const Hash hash = blake2b_256(bytes);
            CHECK(codec::event_json(decoded->event, hash).text() ==
                  codec::event_json(event, hash).text());
            CHECK(decoded->event.meta.epoch == event.meta.epoch);
            CHECK(codec::encode_event(decoded->event, kPrevious, standard()) == bytes);
        }
    }
}

TEST_CASE("codec: bytes are read wherever they stand in memory") {
    Dice dice(7);
    const domain::Event event = random_event("RunMerged", dice);
    const std::string bytes = codec::encode_event(event, kPrevious, standard());
    for (std::size_t shift = 0; shift < 9; ++shift) {
        const std::string moved = std::string(shift, 'x') + bytes;
        const std::string_view view = std::string_view(moved).substr(shift);
        const auto decoded = codec::decode_event(view, standard());
        if (!decoded) FAIL(decoded.error().what);
        CHECK(codec::encode_event(decoded->event, kPrevious, standard()) == bytes);
        const auto head = codec::decode_head(view);
        REQUIRE(head);
        CHECK(head->stream == event.meta.stream.str());
        CHECK(head->stream.data() > view.data());
        CHECK(head->stream.data() < view.data() + view.size());
        CHECK(head->type == "RunMerged");
        CHECK(head->version == event.meta.version);
        CHECK(head->shard == event.meta.shard);
        CHECK(head->position == event.meta.position);
        CHECK(head->recorded_at == event.meta.recorded_at);
        CHECK(head->previous == kPrevious.view());
    }
}

TEST_CASE("codec: a flipped bit is refused or shows in the chain, and never crashes [P9]") {
    Dice dice(11);
    for (const domain::EventType* type : all_types()) {
        const domain::Event event = random_event(type->name, dice);
        std::string bytes = codec::encode_event(event, kPrevious, standard());
        const auto link = [&] {
            return codec::chain_next(event.meta.shard, event.meta.position, kPrevious, bytes);
        };
        const Hash before = link();
        std::size_t refused = 0;
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            const auto mask = static_cast<char>(1U << (bit % 8));
            bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
            if (!codec::decode_event(bytes, standard())) ++refused;
            (void)codec::decode_head(bytes);
            if (link() == before) FAIL(type->name << ": bit " << bit << " does not show");
            bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
        }
        CHECK(refused > 0);
        CHECK(link() == before);
    }
}

TEST_CASE("codec: an event cut short at any length is refused") {
    Dice dice(13);
    for (const domain::EventType* type : all_types()) {
        const std::string bytes =
            codec::encode_event(random_event(type->name, dice), kPrevious, standard());
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            // A copy of its own, so that a sanitizer sees a read behind the end.
            const std::vector<char> cut(bytes.begin(),
                                        bytes.begin() + static_cast<std::ptrdiff_t>(size));
            const auto decoded = codec::decode_event({cut.data(), cut.size()}, standard());
            if (decoded) FAIL(type->name << " is taken when cut to " << size << " bytes");
        }
    }
}

TEST_CASE("codec: random noise is refused") {
    Dice dice(17);
    for (int round = 0; round < 5000; ++round) {
        std::string noise;
        for (std::uint64_t n = dice.below(200); n > 0; --n)
            noise.push_back(static_cast<char>(dice.below(256)));
        if (noise.size() >= 8 && dice.coin()) noise.replace(4, 4, "SKEV");
        if (codec::decode_event(noise, standard())) FAIL("noise is an event");
    }
}

TEST_CASE("codec: an envelope above its size cap is refused before it is looked at") {
    const std::string big(codec::kEnvelopeBytesMax + 1, '\0');
    const auto decoded = codec::decode_event(big, standard());
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().what.find("at most") != std::string::npos);
    CHECK_FALSE(codec::decode_head(big));
}

TEST_CASE("codec: an event of 4 MiB of small updates is taken") {
    domain::run::ContextUpdated body;
    for (int i = 0; i < 80'000; ++i) {
        domain::run::Update update;
        update.key = "k" + std::to_string(i % 10);
        update.value = json::Value::integer(i % 10);
        body.updates.push_back(update);
    }
    const std::string payload = standard().encode_payload(body);
    CHECK(payload.size() > 3'000'000);
    const auto decoded = standard().decode_payload("ContextUpdated", 1, payload);
    if (!decoded) FAIL(decoded.error().what);
    CHECK((*decoded)->data() == body.data());
}

TEST_CASE("codec: payloads that break a rule of meaning are refused") {
    const auto refused = [](const domain::EventBody& body) {
        const std::string payload = standard().encode_payload(body);
        return !standard().decode_payload(body.type().name, 1, payload);
    };
    domain::run::StepStarted step;
    step.step = "fine";
    CHECK_FALSE(refused(step));
    step.step = "not an id";
    CHECK(refused(step));
    step.step = "fine";
    step.step_type = "\xff";
    CHECK(refused(step));
    domain::run::StepUpdated updated;
    updated.step = "fine";
    updated.status = static_cast<domain::run::StepStatus>(200);
    CHECK(refused(updated));
    domain::run::UsageRecorded usage;
    usage.usage.credits = -1;
    CHECK(refused(usage));
    domain::run::StepFailed failed;
    failed.step = "fine";
    failed.error = json::Value::from_canonical("{\"b\":1,\"a\":2}");
    CHECK(refused(failed));
    domain::run::ContextUpdated context;
    context.updates.resize(1);
    CHECK(refused(context));  // the empty key
    domain::run::ConflictResolved resolved;
    resolved.conflict = "c1.x";
    resolved.key = "k";
    CHECK(refused(resolved));
    domain::run::RunCompleted completed;
    completed.outputs = {{"a", json::Value()}, {"b", json::Value()}};
    CHECK_FALSE(refused(completed));
    completed.outputs.emplace_back("a", json::Value());
    CHECK(refused(completed));
    domain::run::RunStarted started;
    started.permissions = json::Value::object({});
    CHECK(refused(started));
}

TEST_CASE("codec: types, versions and streams that do not fit together are refused") {
    Dice dice(19);
    const domain::Event event = random_event("TagCreated", dice);
    const std::string payload = standard().encode_payload(*event.body);
    CHECK(standard().decode_payload("TagCreated", 1, payload));
    CHECK_FALSE(standard().decode_payload("TagCreated", 2, payload));
    CHECK_FALSE(standard().decode_payload("TagDestroyed", 1, payload));
    for (const char* stream : {"swarm/s1", "swarm/s1/run/", "swarm/s1/run/r1/", "swarm//run/r1",
                               "swarm/s1/run/..", "swarm/s1/ran/r1", ""}) {
        domain::Event elsewhere = event;
        elsewhere.meta.stream = Stream(stream);
        INFO(stream);
        CHECK_FALSE(
            codec::decode_event(codec::encode_event(elsewhere, kPrevious, standard()), standard()));
    }
    domain::Event placeless = event;
    placeless.meta.position = Position(0);
    CHECK_FALSE(
        codec::decode_event(codec::encode_event(placeless, kPrevious, standard()), standard()));
    domain::Event timeless = event;
    timeless.meta.recorded_at.us = INT64_MAX;
    CHECK_FALSE(
        codec::decode_event(codec::encode_event(timeless, kPrevious, standard()), standard()));
}

TEST_CASE("codec: the chain is what the contract says, byte for byte") {
    const Uuid store = *Uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
    CHECK(codec::chain_start(store) == blake2b_256(store.view()));
    const Hash inner = blake2b_256("bytes");
    std::string link("\0\0\0\1\2\0\0\0\0\0\0\3\4", 13);
    link.append(kPrevious.view()).append(inner.view());
    CHECK(codec::chain_next(Shard(0x102), Position(0x304), kPrevious, "bytes") ==
          blake2b_256(link));
}

TEST_CASE("codec: the event's JSON has the members of the contract") {
    Dice dice(23);
    domain::Event event = random_event("RunPaused", dice);
    event.meta.actor = "";
    event.meta.occurred_at.reset();
    const json::Value shown = codec::event_json(event, kPrevious);
    CHECK(shown.count() == 19);
    CHECK(shown.find("schema")->as_string() == "skein.event/1");
    CHECK(shown.find("actor")->is_null());
    CHECK(shown.find("occurred_at")->is_null());
    CHECK(shown.find("hash")->as_string() == to_hex(kPrevious));
    CHECK(*shown.find("data") == event.body->data());
}

}  // namespace skein::tests
