// Every string of the big list of naughty strings, from a command's JSON to what the program
// prints.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "engine/json/parse.h"
#include "tests/unit/cli/terminal.h"

using namespace skein;
using skein::test::Terminal;

namespace {

std::vector<json::Value> naughty_strings() {
    std::ifstream in(std::string(SKEIN_TEST_DATA) + "/naughty-strings/blns.json");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto list = json::parse(text);
    REQUIRE(list);
    return list->elements();
}

bool is_legal_key(const std::string& text) {
    return !text.empty() && text.size() <= 512 && text.find('\0') == std::string::npos;
}

std::string set_command(const json::Value& key, const json::Value& value) {
    return fmt::format(R"({{"type":"UpdateContext","swarm":"s1","run":"r1","data":{{"updates":)"
                       R"([{{"key":{},"op":"set","value":{}}}]}}}})",
                       key.text(), value.text());
}

std::string code_of(const Outcome& outcome) {
    if (outcome.kind == OutcomeKind::kAccepted) return "accepted";
    return outcome.rejection ? std::string(outcome.rejection->code->name) : "unknown";
}

struct Walk {
    std::size_t values = 0;
    std::size_t keys = 0;
    std::size_t refused = 0;
};

// Each string as a value under a plain key, and as a key where it may be one.
Walk send_all(Store& store, const std::vector<json::Value>& strings) {
    Walk walk;
    REQUIRE(code_of(store.submit(R"({"type":"CreateSwarm","swarm":"s1"})")) == "accepted");
    REQUIRE(code_of(store.submit(R"({"type":"StartRun","swarm":"s1","run":"r1"})")) == "accepted");
    for (std::size_t i = 0; i < strings.size(); ++i) {
        INFO("string " << i << ": " << strings[i].text());
        const json::Value plain_key = json::Value::string(fmt::format("value {}", i));
        CHECK(code_of(store.submit(set_command(plain_key, strings[i]))) == "accepted");
        ++walk.values;
        const std::string code =
            code_of(store.submit(set_command(strings[i], json::Value::unsigned_integer(i))));
        const bool is_legal = is_legal_key(*strings[i].as_string());
        CHECK(code == (is_legal ? "accepted" : "invalid-key"));
        ++(is_legal ? walk.keys : walk.refused);
    }
    return walk;
}

// The event that `version` of the run is must hold key and value as they were sent.
void check_event(Store& store, Version version, const json::Value& key, const json::Value& value) {
    const Stream stream("swarm/s1/run/r1");
    bool is_found = false;
    store.log().scan_stream(stream, Version(version.value() - 1), [&](const log::EventView& view) {
        const domain::Event event = replay::decode_stored(view, store.codec());
        const auto update = event.body->data().find("updates")->at(0);
        is_found = update->find("key") == key && update->find("value") == value;
        return false;
    });
    CHECK(is_found);
}

// Whether `variables` hold every string, as value and as key.
std::size_t count_kept(const json::Value& variables, const std::vector<json::Value>& strings) {
    std::size_t kept = 0;
    const auto value_of = [&variables](const std::string& key) {
        const auto entry = variables.find(key);
        return entry ? entry->find("value").value_or(*entry) : json::Value();
    };
    for (std::size_t i = 0; i < strings.size(); ++i) {
        const std::string text = *strings[i].as_string();
        if (value_of(fmt::format("value {}", i)).text() == strings[i].text()) ++kept;
        if (!is_legal_key(text)) continue;
        const auto number = value_of(text).as_unsigned_integer();
        if (number && strings.at(*number).text() == strings[i].text()) ++kept;
    }
    return kept;
}

}  // namespace

TEST_CASE("naughty strings: each one stays what it is from command to event, view, show and digest",
          "[unit][cli]") {
    const std::vector<json::Value> strings = naughty_strings();
    REQUIRE(strings.size() > 300);
    Terminal terminal;
    REQUIRE(terminal.type({"send", "CreateSwarm", "--swarm", "s0"}).exit == 0);
    Walk walk;
    std::string digest;
    {
        const auto store = terminal.open();
        walk = send_all(*store, strings);
        Version version(1);
        for (std::size_t i = 0; i < strings.size(); ++i) {
            INFO("string " << i << ": " << strings[i].text());
            version = version.next();
            check_event(*store, version, json::Value::string(fmt::format("value {}", i)),
                        strings[i]);
            if (!is_legal_key(*strings[i].as_string())) continue;
            version = version.next();
            check_event(*store, version, strings[i], json::Value::unsigned_integer(i));
        }
        digest = store->read("run/r1", {ReadFrom::kLog, {}})->state->digest().hex();
        const auto viewed = store->read("run/r1", {ReadFrom::kView, {}});
        CHECK(viewed->state->digest().hex() == digest);
        CHECK(count_kept(*viewed->document().find("variables"), strings) ==
              walk.values + walk.keys);
    }
    const json::Value shown = terminal.json({"show", "run/r1"});
    CHECK(count_kept(*shown.find("variables"), strings) == walk.values + walk.keys);
    CHECK(shown.find("digest")->as_string() == digest);
    const json::Value values = terminal.json({"show", "run/r1", "--values"});
    CHECK(count_kept(*values.find("variables"), strings) == walk.values + walk.keys);
    CHECK(walk.values == strings.size());
    CHECK(walk.keys + walk.refused == strings.size());
    CHECK(walk.refused > 0);
    CHECK(terminal.type({"verify", "--all"}).exit == 0);
}
