// L1: bounded, and never stale.
#include "projections/query/state_cache.h"

#include <catch2/catch.hpp>

#include "tests/unit/projections/story.h"

namespace {

using namespace skein;
using projections::CacheClass;
using projections::StateCache;

CacheClass classify(const Stream& stream) {
    return scope_of(stream).str() == stream.str() ? CacheClass::kScopes : CacheClass::kStreams;
}

std::shared_ptr<domain::State> state_of(const std::string& stream, std::uint64_t version) {
    static const domain::Registry registry = domain::standard_registry();
    auto state = registry.make_state(Stream(stream));
    domain::Mark mark;
    mark.version = Version(version);
    mark.position = Position(version);
    state->set_mark(mark);
    return state;
}

}  // namespace

TEST_CASE("state cache: the least recently used goes first, each class for itself [V-90]") {
    StateCache cache({1U << 20, {2, 3}}, classify);
    for (const char* name : {"swarm/a", "swarm/b"}) cache.publish(state_of(name, 1));
    for (const char* name : {"swarm/a/run/1", "swarm/a/run/2", "swarm/a/run/3"})
        cache.publish(state_of(name, 1));
    CHECK(cache.find(Stream("swarm/a/run/1")) != nullptr);
    cache.publish(state_of("swarm/a/run/4", 1));
    CHECK(cache.find(Stream("swarm/a/run/2")) == nullptr);
    CHECK(cache.find(Stream("swarm/a/run/1")) != nullptr);
    CHECK(cache.find(Stream("swarm/a")) != nullptr);
    CHECK(cache.counters().entries == 5);
    CHECK(cache.counters().hits == 3);
    CHECK(cache.counters().misses == 1);
}

TEST_CASE("state cache: bytes are bounded too [V-90]") {
    StateCache cache({10000, {1000, 1000}}, classify);
    for (int n = 0; n < 50; ++n) cache.publish(state_of("swarm/a/run/" + std::to_string(n), 1));
    CHECK(cache.counters().bytes <= 10000);
    CHECK(cache.counters().entries > 0);
}

TEST_CASE("state cache: a reader never puts back what the projector has replaced [V-98]") {
    StateCache cache({1U << 20, {2, 3}}, classify);
    const Stream stream("swarm/a/run/1");
    SECTION("published while it was read") {
        const auto fill = cache.begin_fill(stream);
        cache.publish(state_of(stream.str(), 2));
        cache.end_fill(fill, state_of(stream.str(), 1));
        CHECK(cache.find(stream)->version() == Version(2));
    }
    SECTION("published and dropped while it was read") {
        const auto fill = cache.begin_fill(stream);
        cache.drop(stream);
        cache.end_fill(fill, state_of(stream.str(), 1));
        CHECK(cache.find(stream) == nullptr);
    }
    SECTION("another generation while it was read") {
        const auto fill = cache.begin_fill(stream);
        cache.clear();
        cache.end_fill(fill, state_of(stream.str(), 1));
        CHECK(cache.find(stream) == nullptr);
    }
    SECTION("a slower reader that had read less") {
        const auto slow = cache.begin_fill(stream);
        const auto quick = cache.begin_fill(stream);
        cache.end_fill(quick, state_of(stream.str(), 2));
        CHECK(cache.find(stream)->version() == Version(2));
        cache.end_fill(slow, state_of(stream.str(), 1));
        CHECK(cache.find(stream)->version() == Version(2));
    }
    SECTION("a later reader that had read less") {
        const auto first = cache.begin_fill(stream);
        const auto second = cache.begin_fill(stream);
        cache.end_fill(first, state_of(stream.str(), 2));
        cache.end_fill(second, state_of(stream.str(), 1));
        CHECK(cache.find(stream)->version() == Version(2));
    }
    SECTION("replaced between two fills that lie over each other") {
        const auto old = cache.begin_fill(stream);
        cache.drop(stream);
        const auto fresh = cache.begin_fill(stream);
        cache.end_fill(old, state_of(stream.str(), 1));
        CHECK(cache.find(stream) == nullptr);
        cache.end_fill(fresh, state_of(stream.str(), 2));
        CHECK(cache.find(stream)->version() == Version(2));
    }
    SECTION("nothing happened") {
        const auto fill = cache.begin_fill(stream);
        cache.end_fill(fill, state_of(stream.str(), 1));
        CHECK(cache.find(stream)->version() == Version(1));
    }
}

TEST_CASE("state cache: a moved mark leaves the state that readers hold alone [V-98]") {
    StateCache cache({1U << 20, {2, 3}}, classify);
    const Stream swarm("swarm/a");
    cache.publish(state_of(swarm.str(), 4));
    const auto held = cache.find(swarm);
    domain::Mark mark;
    mark.position = Position(9);
    cache.move_mark(swarm, mark);
    CHECK(held->mark().position == Position(4));
    CHECK(cache.find(swarm)->mark().position == Position(9));
    CHECK(cache.find(swarm)->version() == Version(4));
}
