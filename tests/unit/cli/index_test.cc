// Every column of every INDEX.csv that queries must reproduce, asked of a store: its views, its
// lists, its log.
#include <catch2/catch.hpp>
#include <set>

#include "engine/json/parse.h"
#include "tests/unit/cli/terminal.h"
#include "tests/unit/import/recorder.h"

using namespace skein;
using namespace skein::import::testing;
using skein::test::Terminal;
using std::filesystem::path;

namespace {

std::string stem(const Row& row) {
    std::string name = path(row.at("file")).stem().string();
    for (char& c : name) {
        const bool is_kept = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                             std::string_view("._:~-").find(c) != std::string_view::npos;
        if (!is_kept) c = '-';
    }
    return name;
}

// A store that a whole set was imported into by the program.
class Imported {
 public:
    Imported(const std::string& format, const path& source) {
        const json::Value totals = terminal_.json({"import", format, source.string()});
        CHECK(totals.find("problems")->text() == "0");
        CHECK(totals.find("rejected")->text() == "0");
        for (const json::Value& item : list("runs")) {
            const std::string resource = *item.find("resource")->as_string();
            runs_[resource.substr(0, resource.find("/run/"))].push_back(item);
        }
        store_ = terminal_.open();
        store_->views().catch_up();
    }

    // The run's document from the views, which must be what the log gives.
    json::Value run(const std::string& swarm, const std::string& run) {
        const std::string address = "swarm/" + swarm + "/run/" + run;
        INFO(address);
        const auto viewed = store_->read(address);
        REQUIRE(viewed);
        const auto folded = store_->read(address, {ReadFrom::kLog, replay::ClockKind::kRecorded});
        REQUIRE(folded);
        CHECK(viewed->state->digest() == folded->state->digest());
        return viewed->document();
    }
    // Items of `ls runs`.
    std::vector<json::Value> runs_of(const std::string& swarm) const {
        const auto found = runs_.find("swarm/" + swarm);
        return found == runs_.end() ? std::vector<json::Value>{} : found->second;
    }
    // Events of a stream in the log, by type; all streams of the swarm where `run` is empty.
    std::map<std::string, std::uint64_t> types_of(const std::string& swarm,
                                                  const std::string& run = {}) {
        std::map<std::string, std::uint64_t> types;
        const Scope scope("swarm/" + swarm);
        store_->log().scan_streams(scope, Stream(), [&](const Stream& stream, Version) {
            if (!run.empty() && stream.str() != scope.str() + "/run/" + run) return true;
            store_->log().scan_stream(stream, Version(0), [&](const log::EventView& view) {
                const domain::Event event = replay::decode_stored(view, store_->codec());
                ++types[std::string(event.body->type().name)];
                ++types["all"];
                return true;
            });
            return true;
        });
        return types;
    }

 private:
    std::vector<json::Value> list(const std::string& what) {
        std::vector<json::Value> items;
        std::vector<std::string> words{"ls", what, "--limit", "1000000"};
        for (const json::Value& item : terminal_.json(words).find("items")->elements())
            items.push_back(item);
        return items;
    }

    Terminal terminal_;
    std::unique_ptr<Store> store_;
    std::map<std::string, std::vector<json::Value>> runs_;
};

json::Value variable(const json::Value& run, const std::string& name) {
    const auto entry = run.find("variables")->find(name);
    return entry ? *entry->find("value") : json::Value();
}

// Elements of an array, of those alone whose member `key` is `value` where one is named.
std::uint64_t elements(const json::Value& array, const std::string& key = {},
                       const std::string& value = {}) {
    std::uint64_t count = 0;
    array.for_each_element([&](const json::Value& element) {
        const auto member = key.empty() ? std::nullopt : element.find(key);
        if (key.empty() || (member && member->as_string() == value)) ++count;
    });
    return count;
}

bool is_completed(const json::Value& run) { return run.find("status")->as_string() == "completed"; }

}  // namespace

TEST_CASE("store: tau-bench reproduces its index for every record", "[import][cli]") {
    for (const path& root : roots("tau-bench")) {
        Imported store("tau-bench", root);
        for (const Row& row : read_index(root / "INDEX.csv")) {
            const json::Value run =
                store.run("tau-" + row.at("task_id"), "trial-" + row.at("trial"));
            const json::Value messages = variable(run, "messages");
            CHECK(elements(messages) == number(row, "messages"));
            CHECK(elements(messages, "role", "user") == number(row, "user"));
            CHECK(elements(messages, "role", "assistant") == number(row, "assistant"));
            CHECK(elements(messages, "role", "tool") == number(row, "tool"));
            CHECK(run.find("steps")->count() == number(row, "tool_calls"));
            CHECK(variable(run, "reward").as_number() == std::stod(row.at("reward")));
            CHECK(is_completed(run));
        }
    }
}

TEST_CASE("store: who-and-when reproduces its index for every record", "[import][cli]") {
    for (const path& root : roots("who-and-when")) {
        Imported store("who-and-when", root);
        for (const Row& row : read_index(root / "INDEX.csv")) {
            const bool is_crafted = row.at("file").starts_with("hand-crafted");
            const std::string swarm = (is_crafted ? "ww-hc-" : "ww-ag-") + stem(row);
            const json::Value messages = variable(store.run(swarm, "main"), "messages");
            INFO(row.at("file"));
            CHECK(elements(messages) == number(row, "messages"));
            std::set<std::string> who;
            messages.for_each_element(
                [&](const json::Value& message) { who.insert(message.find("who")->text()); });
            CHECK(who.size() == number(row, "agents"));
            std::uint64_t children = 0;
            for (const json::Value& run : store.runs_of(swarm))
                children += run.find("parent")->is_null() ? 0 : 1;
            CHECK(children == number(row, "handoffs"));
        }
    }
}

TEST_CASE("store: temporal reproduces its index for every record", "[import][cli]") {
    for (const path& root : roots("temporal-histories")) {
        Imported store("temporal", root);
        for (const Row& row : read_index(root / "INDEX.csv")) {
            const path folder = path(row.at("file")).parent_path();
            std::string swarm = "temporal-" + stem(row);
            if (folder.filename().string().starts_with("run_"))
                swarm = "temporal-" + folder.parent_path().filename().string() + "." +
                        folder.filename().string();
            const json::Value run = store.run(swarm, row.at("run_id"));
            INFO(row.at("file"));
            CHECK(run.find("point")->find("version")->as_unsigned_integer() ==
                  number(row, "events"));
            CHECK(store.types_of(swarm, row.at("run_id"))["all"] == number(row, "events"));
            CHECK(run.find("steps")->count() == number(row, "activities"));
            CHECK(elements(variable(run, "signals")) == number(row, "signals_in"));
            CHECK(elements(variable(run, "markers")) == number(row, "markers"));
        }
    }
}

TEST_CASE("store: swe-agent reproduces its index for every record", "[import][cli]") {
    for (const path& root : roots("swe-agent-traj")) {
        Imported store("swe-agent", root);
        for (const Row& row : read_index(root / "INDEX.csv")) {
            const json::Value run = store.run("swe-" + stem(row), "main");
            CHECK(run.find("steps")->count() == number(row, "steps"));
            CHECK(elements(variable(run, "messages")) == number(row, "history_messages"));
            CHECK(is_completed(run));
        }
    }
}

TEST_CASE("store: inspect reproduces its index for every record", "[import][cli]") {
    for (const path& root : roots("inspect-logs")) {
        Imported store("inspect", root);
        for (const Row& row : read_index(root / "INDEX.csv")) {
            const std::string swarm = "inspect-" + stem(row);
            std::uint64_t models = 0;
            std::uint64_t tools = 0;
            const auto runs = store.runs_of(swarm);
            for (const json::Value& item : runs) {
                const std::string resource = *item.find("resource")->as_string();
                const json::Value messages = variable(
                    store.run(swarm, resource.substr(resource.find("/run/") + 5)), "messages");
                models += elements(messages, "event", "model");
                tools += elements(messages, "event", "tool");
            }
            INFO(row.at("file"));
            CHECK(runs.size() == number(row, "samples"));
            CHECK(models == number(row, "model_calls"));
            CHECK(tools == number(row, "tool_calls"));
        }
    }
}

TEST_CASE("store: editing traces reproduce their index for every record", "[import][cli]") {
    for (const path& root : roots("editing-traces")) {
        for (const Row& row : read_index(root / "INDEX.csv")) {
            Imported store("editing-traces", root / row.at("file"));
            const std::string swarm = "edit-" + stem(row);
            auto types = store.types_of(swarm);
            INFO(row.at("file"));
            CHECK(types["ContextUpdated"] == number(row, "txns"));
            CHECK(types["RunMerged"] == number(row, "merge_txns"));
            CHECK(types["RunForked"] == number(row, "fork_txns"));
            const json::Value run = store.run(swarm, "doc");
            if (types["RunForked"] > 0) continue;
            // In key order the chunks are the document.
            std::uint64_t codepoints = 0;
            run.find("variables")->for_each_member([&](std::string_view key, const json::Value& v) {
                if (!key.starts_with("text.")) return;
                const std::string text = v.find("value")->as_string().value_or("");
                for (const char c : text)
                    codepoints += (static_cast<unsigned char>(c) & 0xC0U) == 0x80U ? 0 : 1;
            });
            CHECK(codepoints == number(row, "end_content_codepoints"));
        }
    }
}
