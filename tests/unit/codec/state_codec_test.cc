// States in slices and as snapshots: what is loaded is what was written, and damage is found.

#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "engine/base/hash.h"
#include "engine/codec/snapshot.h"
#include "engine/domain/kinds/standard.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/swarm/swarm_events.h"
#include "tests/unit/codec/random_events.h"
#include "tests/unit/codec/standard_kinds.h"

namespace skein::tests {

namespace {

constexpr Timestamp kNow{1'800'000'000'000'000};

class KeptChunks final : public codec::ChunkSink, public codec::ChunkSource {
 public:
    std::string put(const json::Value::Chunk& chunk) override {
        const auto id = blake2b_128(*chunk.bytes);
        std::string key(reinterpret_cast<const char*>(id.data()), id.size());
        chunks[key] = chunk.bytes;
        return key;
    }
    std::shared_ptr<const std::string> get(std::string_view id) const override {
        const auto found = chunks.find(std::string(id));
        return found == chunks.end() ? nullptr : found->second;
    }
    std::map<std::string, std::shared_ptr<const std::string>> chunks;
};

using StatePtr = std::shared_ptr<const domain::State>;

const codec::KindCodec& kind_of(const domain::State& state) {
    return standard().kind_codec(registry().kind_of(state.stream())->name);
}

std::vector<std::string> slices_of(const StatePtr& state, std::size_t bytes_max,
                                   codec::ChunkSink* chunks) {
    std::vector<std::string> slices;
    const auto slicer = kind_of(*state).slice(state, chunks);
    for (std::string slice; slicer->next(slice, bytes_max); slice.clear()) slices.push_back(slice);
    return slices;
}

Result<std::shared_ptr<domain::State>, codec::CodecError> loaded(
    const Stream& stream, const std::vector<std::string>& slices,
    const codec::ChunkSource* chunks) {
    auto state = registry().make_state(stream);
    for (const std::string& slice : slices) {
        if (auto problem = kind_of(*state).load(*state, slice, chunks)) return fail(*problem);
    }
    return state;
}

void check_same(const domain::State& found, const domain::State& expected) {
    CHECK(found.document(kNow).text() == expected.document(kNow).text());
    CHECK(found.digest() == expected.digest());
    CHECK(found.size_bytes() == expected.size_bytes());
    CHECK(found.mark().version == expected.mark().version);
    CHECK(found.mark().shard == expected.mark().shard);
    CHECK(found.mark().position == expected.mark().position);
    CHECK(found.mark().recorded_at == expected.mark().recorded_at);
    CHECK(found.mark().event_id == expected.mark().event_id);
}

// What a document does not show.
void check_hidden(const domain::run::RunState& found, const domain::run::RunState& expected) {
    CHECK(found.first_position == expected.first_position);
    CHECK(found.running_steps == expected.running_steps);
    CHECK(found.merged_from.size() == expected.merged_from.size());
    expected.merged_from.for_each(
        [&](const std::string& key, const domain::run::MergedFrom& merged) {
            const auto* other = found.merged_from.find(key);
            REQUIRE(other != nullptr);
            CHECK(other->version == merged.version);
            CHECK(other->position == merged.position);
        });
    CHECK(found.removed_variables.size() == expected.removed_variables.size());
    expected.removed_variables.for_each([&](const std::string& key, Position position) {
        CHECK(found.removed_at(domain::run::Area::kVariables, key) == position);
    });
    expected.removed_intermediate.for_each([&](const std::string& key, Position position) {
        CHECK(found.removed_at(domain::run::Area::kIntermediate, key) == position);
    });
    expected.variables.map().for_each([&](const std::string& key, const domain::run::Entry& entry) {
        const auto* other = found.variables.find(key);
        REQUIRE(other != nullptr);
        CHECK(other->position == entry.position);
        CHECK(other->version == entry.version);
        CHECK(other->value_digest == entry.value_digest);
    });
    expected.steps.map().for_each([&](const std::string& id, const domain::run::Step& step) {
        REQUIRE(found.steps.find(id) != nullptr);
        CHECK(found.steps.find(id)->last == step.last);
    });
}

class NoPast final : public domain::Past {
 public:
    StatePtr at(const Stream& stream, Version) const override {
        throw std::logic_error("nothing is known of " + stream.str());
    }
};

template <class Body>
void apply(domain::State& state, const Body& body) {
    domain::Event event;
    event.meta.stream = state.stream();
    event.meta.version = state.version().next();
    event.meta.shard = Shard(3);
    event.meta.position = state.mark().position.next();
    event.meta.recorded_at = kNow;
    event.meta.actor = "tester";
    event.body = std::make_shared<Body>(body);
    state.apply(event, NoPast());
}

void apply_some(domain::State& state) {
    domain::run::ContextUpdated update;
    update.updates.resize(2);
    update.updates[0].key = "long";
    update.updates[0].op = domain::run::UpdateOp::kAppend;
    update.updates[0].value = json::Value::string("one more");
    update.updates[1].key = "new";
    update.updates[1].value = json::Value::integer(5);
    apply(state, update);
    domain::run::StepCompleted done;
    done.step = "first";
    done.output = json::Value::integer(1);
    apply(state, done);
}

}  // namespace

TEST_CASE("state codec: a run comes back whole, whatever the size of the slices [V-20] [V-26]") {
    const std::uint64_t seed = std::random_device()();
    INFO("seed " << seed);
    Dice dice(seed);
    for (const std::size_t bytes_max : {1, 100, 1000, 100'000}) {
        const auto state = random_run(dice, {40, 0});
        const auto slices = slices_of(state, bytes_max, nullptr);
        if (bytes_max <= 100) CHECK(slices.size() > 20);
        if (bytes_max == 100'000) CHECK(slices.size() == 1);
        const auto found = loaded(state->stream(), slices, nullptr);
        if (!found) FAIL(found.error().what);
        check_same(**found, *state);
        check_hidden(domain::run::as_run(**found), *state);
    }
}

TEST_CASE("state codec: a swarm comes back whole with its list of runs") {
    const std::uint64_t seed = std::random_device()();
    INFO("seed " << seed);
    Dice dice(seed);
    for (const std::size_t bytes_max : {1, 300, 100'000}) {
        const auto state = random_swarm(dice, {30, 2000});
        KeptChunks chunks;
        const auto slices = slices_of(state, bytes_max, &chunks);
        const auto found = loaded(state->stream(), slices, &chunks);
        if (!found) FAIL(found.error().what);
        check_same(**found, *state);
        CHECK(chunks.chunks.size() > 5);
    }
}

TEST_CASE("state codec: long values stand in chunks, and their open end goes on growing") {
    Dice dice(29);
    const auto state = random_run(dice, {3, 20'000});
    KeptChunks chunks;
    for (const std::size_t bytes_max : {1, 600, 2000, 100'000}) {
        const auto slices = slices_of(state, bytes_max, &chunks);
        if (bytes_max == 2000) CHECK(slices.size() > 5);
        std::size_t bytes = 0;
        for (const std::string& slice : slices) bytes += slice.size();
        if (bytes_max == 100'000) CHECK(bytes < state->size_bytes() / 5);
        const auto found = loaded(state->stream(), slices, &chunks);
        if (!found) FAIL(found.error().what);
        check_same(**found, *state);
        const auto original = state->clone();
        apply_some(**found);
        apply_some(*original);
        check_same(**found, *original);
    }
}

TEST_CASE("state codec: what is appended later changes no chunk that was kept") {
    Dice dice(31);
    const auto state = random_run(dice, {0, 5'000});
    KeptChunks chunks;
    slices_of(state, 100'000, &chunks);
    const std::size_t before = chunks.chunks.size();
    const auto later = state->clone();
    apply_some(*later);
    slices_of(later, 100'000, &chunks);
    CHECK(chunks.chunks.size() <= before + 1);
}

TEST_CASE("state codec: a flipped bit in a slice is found") {
    Dice dice(37);
    for (const StatePtr& state :
         {StatePtr(random_run(dice, {2, 0})), StatePtr(random_swarm(dice, {2, 0}))}) {
        std::string slice = slices_of(state, 1'000'000, nullptr).at(0);
        for (std::size_t bit = 0; bit < slice.size() * 8; ++bit) {
            const auto mask = static_cast<char>(1U << (bit % 8));
            slice[bit / 8] = static_cast<char>(slice[bit / 8] ^ mask);
            if (loaded(state->stream(), {slice}, nullptr)) FAIL("bit " << bit << " is not found");
            slice[bit / 8] = static_cast<char>(slice[bit / 8] ^ mask);
        }
        CHECK(loaded(state->stream(), {slice}, nullptr));
    }
}

TEST_CASE("state codec: a slice that is damaged and checked anew never crashes") {
    Dice dice(41);
    const auto state = random_run(dice, {4, 3000});
    KeptChunks chunks;
    const std::string whole = slices_of(state, 1'000'000, &chunks).at(0);
    const std::string content = whole.substr(0, whole.size() - 8);
    for (int round = 0; round < 4000; ++round) {
        std::string forged =
            content.substr(0, dice.coin() ? content.size() : dice.below(content.size()));
        for (std::uint64_t n = dice.below(3); n > 0 && !forged.empty(); --n)
            forged[dice.below(forged.size())] = static_cast<char>(dice.below(256));
        std::uint64_t check = xxh3_64(forged);
        for (int i = 0; i < 8; ++i, check >>= 8) forged.push_back(static_cast<char>(check & 255));
        const auto found = loaded(state->stream(), {forged}, &chunks);
        if (found) (void)(*found)->document(kNow);
    }
}

TEST_CASE("state codec: slices out of order, twice, missing or of another stream are refused") {
    Dice dice(43);
    const auto state = random_run(dice, {20, 0});
    const auto slices = slices_of(state, 500, nullptr);
    REQUIRE(slices.size() > 3);
    CHECK_FALSE(loaded(state->stream(), {slices[1]}, nullptr));
    CHECK_FALSE(loaded(state->stream(), {slices[0], slices[0]}, nullptr));
    CHECK_FALSE(loaded(state->stream(), {slices[0], slices[2]}, nullptr));
    CHECK_FALSE(loaded(Stream("swarm/s1/run/r2"), slices, nullptr));
    auto twice = slices;
    twice.push_back(slices.front());
    CHECK_FALSE(loaded(state->stream(), twice, nullptr));
    auto partial = slices;
    partial.pop_back();
    const auto half = loaded(state->stream(), partial, nullptr);
    REQUIRE(half);
    CHECK_FALSE((*half)->exists());
}

TEST_CASE("state codec: a missing chunk is an error") {
    Dice dice(47);
    const auto state = random_run(dice, {0, 3000});
    KeptChunks chunks;
    const auto slices = slices_of(state, 1'000'000, &chunks);
    chunks.chunks.erase(chunks.chunks.begin());
    CHECK_FALSE(loaded(state->stream(), slices, &chunks));
    CHECK_FALSE(loaded(state->stream(), slices, nullptr));
}

TEST_CASE("snapshot: a state comes back from its file, and goes on as the original [V-20] [V-94]") {
    Dice dice(53);
    const auto state = random_run(dice, {200, 20'000});
    const std::string bytes = codec::encode_snapshot(state, standard());
    CHECK(bytes.size() < state->size_bytes());
    const auto found = codec::decode_snapshot(bytes, standard());
    if (!found) FAIL(found.error().what);
    check_same(**found, *state);
    check_hidden(domain::run::as_run(**found), *state);
    const auto original = state->clone();
    apply_some(**found);
    apply_some(*original);
    check_same(**found, *original);
    const auto swarm = random_swarm(dice, {20, 100});
    const auto other =
        codec::decode_snapshot(codec::encode_snapshot(swarm, standard()), standard());
    if (!other) FAIL(other.error().what);
    check_same(**other, *swarm);
}

TEST_CASE("snapshot: damage gives an error or the same state, never another one [O-11]") {
    Dice dice(59);
    const auto state = random_run(dice, {3, 0});
    std::string bytes = codec::encode_snapshot(state, standard());
    const std::string document = state->document(kNow).text();
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        const auto mask = static_cast<char>(1U << (bit % 8));
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
        const auto found = codec::decode_snapshot(bytes, standard());
        if (!found) ++refused;
        if (found && (*found)->document(kNow).text() != document) FAIL("bit " << bit);
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
    }
    CHECK(refused > bytes.size() * 6);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const std::vector<char> cut(bytes.begin(),
                                    bytes.begin() + static_cast<std::ptrdiff_t>(size));
        if (codec::decode_snapshot({cut.data(), cut.size()}, standard())) FAIL("cut to " << size);
    }
}

TEST_CASE("snapshot: a declared size beyond the cap is refused before anything is unpacked") {
    Dice dice(61);
    const std::string bytes = codec::encode_snapshot(random_run(dice, {1, 0}), standard());
    std::size_t refused = 0;
    // Every aligned word is forged in turn: one of them is the raw size of the slice.
    for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
        std::string forged = bytes;
        forged.replace(at, 4, "\xff\xff\xff\x7f");
        const auto found = codec::decode_snapshot(forged, standard());
        if (!found && found.error().what.find("at most") != std::string::npos) ++refused;
    }
    CHECK(refused == 1);
}

}  // namespace skein::tests
