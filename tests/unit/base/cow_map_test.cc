#include "engine/base/cow_map.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/random.h"

using namespace skein;

namespace {

using Map = CowMap<std::string, int>;
using Model = std::map<std::string, int>;

bool same(const Map& map, const Model& model) {
    auto expected = model.begin();
    bool equal = map.size() == model.size() && map.empty() == model.empty();
    map.for_each([&](const std::string& key, int value) {
        equal =
            equal && expected != model.end() && expected->first == key && expected->second == value;
        if (expected != model.end()) ++expected;
    });
    return equal && expected == model.end();
}

// The walk from `after` on gives what the model gives, stopped after `count_max` entries.
bool same_after(const Map& map, const Model& model, const std::string& after) {
    constexpr std::size_t count_max = 40;
    std::vector<std::pair<std::string, int>> found;
    map.for_each_after(after, [&found](const std::string& key, int value) {
        found.emplace_back(key, value);
        return found.size() < count_max;
    });
    std::vector<std::pair<std::string, int>> expected;
    for (auto it = model.upper_bound(after); it != model.end() && expected.size() < count_max; ++it)
        expected.emplace_back(it->first, it->second);
    return found == expected;
}

struct Copy {
    Map map;
    Model model;
};

void change_at_random(Copy& copy, SeededRandom& random, std::uint64_t keys) {
    const std::string key = "k" + std::to_string(random.below(keys));
    const int value = static_cast<int>(random.below(1000));
    switch (random.below(5)) {
        case 0:
        case 1:
            copy.map.put(key, value);
            copy.model[key] = value;
            return;
        case 2: {
            int* place = copy.map.find_mutable(key);
            REQUIRE((place != nullptr) == (copy.model.count(key) == 1));
            if (place == nullptr) return;
            *place = value;
            copy.model[key] = value;
            return;
        }
        case 3: REQUIRE(copy.map.erase(key) == (copy.model.erase(key) == 1)); return;
        default: break;
    }
    const int* place = copy.map.find(key);
    const auto expected = copy.model.find(key);
    REQUIRE((place != nullptr) == (expected != copy.model.end()));
    REQUIRE(copy.map.contains(key) == (place != nullptr));
    if (place != nullptr) REQUIRE(*place == expected->second);
}

}  // namespace

TEST_CASE("cow map: random changes of shared copies agree with std::map", "[unit][base]") {
    const std::uint64_t seed = 51;
    INFO("seed " << seed);
    SeededRandom random(seed);
    for (const std::uint64_t keys : {10ULL, 500ULL, 5000ULL}) {
        std::vector<Copy> copies(1);
        for (int step = 0; step < 20000; ++step) {
            Copy& picked = copies[random.below(copies.size())];
            change_at_random(picked, random, keys);
            if (random.below(1000) != 0) continue;
            const Copy shared = picked;
            if (copies.size() < 8) {
                copies.push_back(shared);
            } else {
                copies[random.below(copies.size())] = shared;
            }
        }
        for (const Copy& copy : copies) {
            REQUIRE(same(copy.map, copy.model));
            for (int i = 0; i < 20; ++i)
                REQUIRE(same_after(copy.map, copy.model, "k" + std::to_string(random.below(keys))));
            REQUIRE(same_after(copy.map, copy.model, ""));
            REQUIRE(same_after(copy.map, copy.model, "z"));
        }
    }
}

TEST_CASE("cow map: a copy stays as it was while the other empties and fills", "[unit][base]") {
    Map map;
    Model model;
    for (int i = 0; i < 3000; ++i) {
        map.put(std::to_string(i), i);
        model[std::to_string(i)] = i;
    }
    const Map copy = map;
    CHECK(copy.same_as(map));
    for (int i = 0; i < 3000; ++i) REQUIRE(map.erase(std::to_string(i)));
    CHECK(map.empty());
    CHECK(!map.erase("1"));
    CHECK(!copy.same_as(map));
    CHECK(same(copy, model));
    map.put("again", 1);
    CHECK(same(map, {{"again", 1}}));
    *map.find_mutable("again") = 2;
    CHECK(*map.find("again") == 2);
    map.clear();
    CHECK(same(map, {}));
    CHECK(map.find("again") == nullptr);
    CHECK(map.find_mutable("again") == nullptr);
    CHECK(same(copy, model));
}

TEST_CASE("cow map: ascending and descending keys keep their order", "[unit][base]") {
    CowMap<int, int> up;
    CowMap<int, int> down;
    for (int i = 0; i < 10000; ++i) {
        up.put(i, i);
        down.put(9999 - i, i);
    }
    int next = 0;
    up.for_each([&next](int key, int) { REQUIRE(key == next++); });
    CHECK(next == 10000);
    next = 0;
    down.for_each([&next](int key, int value) {
        REQUIRE(key == next);
        REQUIRE(value == 9999 - next);
        ++next;
    });
    CHECK(next == 10000);
}
