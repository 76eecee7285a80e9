// What was sent to nodes and what they answered, held against the log: every accepted command
// stands there once, none that was refused does, and views are the fold.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "engine/codec/envelope.h"
#include "engine/json/parse.h"
#include "tests/contract/temp_directory.h"
#include "tests/node/serve_process.h"
#include "tools/library/store.h"
#include "tools/node/command_client.h"

namespace skein::node::test {

inline std::string swarm_named(int number) { return "s" + std::to_string(number); }

inline std::string create_command(const std::string& swarm) {
    return R"({"type":"CreateSwarm","swarm":")" + swarm + R"(","data":{}})";
}
// Appends `number` to the goal's config, so that each accepted one changes the state by itself.
inline std::string update_command(const std::string& swarm, const std::string& key, int number) {
    return R"({"type":"UpdateSwarm","swarm":")" + swarm + R"(","data":{"config":{")" + key +
           R"(":)" + std::to_string(number) + "}}}";
}

// The store as a command line sees it: a guest, which sends commands to who owns their shards.
class Guest {
 public:
    explicit Guest(const std::string& dsn) {
        StoreOptions options;
        options.directory = directory_.path();
        options.mode = OpenMode::kMustExist;
        options.projecting = Projecting::kOnDemand;
        options.postgres.emplace().connect.dsn = dsn;
        options.route = std::make_shared<CommandClient>(standard_kinds().registry);
        store_ = Store::open(options);
    }
    Store& store() { return *store_; }

    // The state by a pure fold of the log, without where it stands.
    std::string fold(const std::string& resource) {
        const auto reading = store_->read(resource, {.from = ReadFrom::kLog});
        return reading ? reading->document().text() : std::string();
    }
    std::vector<log::Head> heads() {
        std::vector<log::Head> heads;
        for (std::uint32_t s = 0; s < store_->log().shard_count(); ++s)
            heads.push_back(store_->log().head(Shard(s)));
        return heads;
    }
    std::uint64_t events() {
        std::uint64_t count = 0;
        for (const log::Head& head : heads()) count += head.position.value();
        return count;
    }
    // The epochs of what was written since; none of it may be of an epoch of before.
    std::vector<Epoch> epochs_after(const std::vector<log::Head>& before) {
        std::vector<Epoch> epochs;
        for (std::uint32_t s = 0; s < before.size(); ++s) {
            store_->log().scan(Shard(s), before[s].position, [&](const log::EventView& view) {
                const auto event = codec::decode_event(view.bytes, store_->codec());
                REQUIRE(event);
                epochs.push_back(event->event.meta.epoch);
                CHECK(epochs.back() >= before[s].epoch);
                return true;
            });
        }
        return epochs;
    }

 private:
    skein::test::TempDirectory directory_;
    std::unique_ptr<Store> store_;
};

// Whether the node's views say of these swarms what a fold of the log does.
inline bool views_are_folds(const ServeProcess& node, Guest& guest, int swarms) {
    for (int i = 0; i < swarms; ++i) {
        const auto response = node.get("/v1/swarms/" + swarm_named(i));
        if (!response || response->status != 200) return false;
        if (response->body != guest.fold("swarm/" + swarm_named(i))) return false;
    }
    return true;
}

}  // namespace skein::node::test
