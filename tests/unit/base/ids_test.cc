#include "engine/base/ids.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "engine/base/random.h"

using namespace skein;

TEST_CASE("ids: the characters and lengths of an id", "[unit][base]") {
    for (const char* text : {"a", "A.b_c:d~e-9", "...."}) {
        INFO(text);
        CHECK(is_id(text) == (std::string(text) != "...."));
    }
    CHECK(is_id(std::string(128, 'x')));
    for (const std::string& text :
         {std::string(), std::string("."), std::string(".."), std::string("a..b"),
          std::string("a/b"), std::string("a b"), std::string("é"), std::string(129, 'x'),
          std::string("a\0b", 3), std::string("a@1")}) {
        INFO(text);
        CHECK(!is_id(text));
    }
    CHECK(is_id(".a"));
    CHECK(is_id("a."));
}

TEST_CASE("ids: a key is any UTF-8 of 1 to 512 bytes without NUL", "[unit][base]") {
    CHECK(is_key("a key / with é and \n"));
    CHECK(is_key(std::string(512, 'k')));
    CHECK(!is_key(""));
    CHECK(!is_key(std::string(513, 'k')));
    CHECK(!is_key(std::string("a\0b", 3)));
    CHECK(!is_key("\xff"));
}

TEST_CASE("ids: the scope is the first two segments of a stream", "[unit][base]") {
    CHECK(scope_of(Stream("swarm/s1")) == Scope("swarm/s1"));
    CHECK(scope_of(Stream("swarm/s1/run/r1")) == Scope("swarm/s1"));
    CHECK(scope_of(Stream("note")) == Scope("note"));
    CHECK(shard_of(Scope("swarm/s1"), 1) == Shard(0));
    std::set<std::uint64_t> hit;
    for (int i = 0; i < 500; ++i) {
        const Shard shard = shard_of(Scope("swarm/" + std::to_string(i)), 16);
        REQUIRE(shard.value() < 16);
        REQUIRE(shard == shard_of(scope_of(Stream("swarm/" + std::to_string(i) + "/run/r")), 16));
        hit.insert(shard.value());
    }
    CHECK(hit.size() == 16);
}

TEST_CASE("uuid: any letter case is read, lower case is printed", "[unit][base]") {
    const auto id = Uuid::parse("0192ABCD-ef01-7234-89ab-cdef01234567");
    REQUIRE(id);
    CHECK(id->str() == "0192abcd-ef01-7234-89ab-cdef01234567");
    CHECK(Uuid::from_bytes(id->view()) == *id);
    CHECK(!id->is_nil());
    CHECK(Uuid().is_nil());
    CHECK(Uuid().str() == "00000000-0000-0000-0000-000000000000");
    for (const char* text :
         {"", "0192abcd-ef01-7234-89ab-cdef0123456", "0192abcd-ef01-7234-89ab-cdef012345678",
          "0192abcdef-01-7234-89ab-cdef01234567", "0192abcd-ef01-7234-89ab-cdef0123456g",
          "{192abcd-ef01-7234-89ab-cdef0123456}", "0192abcd_ef01-7234-89ab-cdef01234567"}) {
        INFO(text);
        CHECK(!Uuid::parse(text));
    }
    CHECK(!Uuid::from_bytes("short"));
    SeededRandom random(61);
    for (int i = 0; i < 200; ++i) {
        const Uuid made = random.uuid();
        REQUIRE(Uuid::parse(made.str()) == made);
        REQUIRE(made.str()[14] == '4');
    }
}

TEST_CASE("event ids: the place of the event is read back from the id", "[unit][base]") {
    SeededRandom random(62);
    for (int i = 0; i < 1000; ++i) {
        const Shard shard(random.below(1ULL << 14));
        const Position position(random.next() >> 16);
        const Uuid id = make_event_id(1'760'000'000'000 + i, 0xabcd, shard, position);
        const auto place = place_of(id);
        REQUIRE(place);
        REQUIRE(place->shard == shard);
        REQUIRE(place->position == position);
    }
    const Uuid id = make_event_id(0x0192aabbccddLL, 0x1234, Shard(3), Position(88123456));
    CHECK(id.str() == "0192aabb-ccdd-7234-8003-00000540a840");
    CHECK(id < make_event_id(0x0192aabbccdeLL, 0x1234, Shard(0), Position(1)));
    CHECK(!place_of(*Uuid::parse("0192aabb-ccdd-4234-8003-000005409740")));
    CHECK(!place_of(*Uuid::parse("0192aabb-ccdd-7234-c003-000005409740")));
    CHECK(!place_of(Uuid()));
}
