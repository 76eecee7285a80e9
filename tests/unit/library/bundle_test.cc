// Bundles: a store into a file and out of it again, and everything that may be wrong with the file.
#include "tools/library/bundle.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include "engine/base/fault.h"
#include "engine/log/memory/memory_import.h"
#include "engine/replay/verify.h"
#include "tests/contract/temp_directory.h"
#include "tools/library/bundle_format.h"

using namespace skein;
using skein::test::TempDirectory;

namespace fs = std::filesystem;

namespace {

constexpr const char* kCommandId = "0192aabb-ccdd-7234-8003-00000540a840";

std::unique_ptr<Store> open_at(const fs::path& directory, OpenMode mode = OpenMode::kCreate) {
    StoreOptions options;
    options.directory = directory;
    options.mode = mode;
    options.shard_count = 4;
    return Store::open(options);
}

Outcome send(Store& store, const std::string& command) { return store.submit(command); }

// Commands of one event and of several, in all shards but perhaps one.
void fill(Store& store, int swarms = 5) {
    for (int n = 0; n < swarms; ++n) {
        const std::string swarm = R"("swarm":"s)" + std::to_string(n) + R"(")";
        REQUIRE(send(store, R"({"type":"CreateSwarm",)" + swarm + "}").kind ==
                OutcomeKind::kAccepted);
        send(store, R"({"type":"StartRun",)" + swarm + R"(,"run":"r","data":{"inputs":{"a":1}}})");
        send(store, R"({"type":"StartRun",)" + swarm + R"(,"run":"c","data":{"parent":"r"}})");
        send(store, R"({"type":"MarkForExport",)" + swarm +
                        R"(,"run":"c","data":{"key":"a","destination":"parent_context"}})");
        const Outcome merged = send(store, R"({"type":"CompleteRun",)" + swarm + R"(,"run":"c"})");
        REQUIRE(merged.events.size() == 2);
    }
    REQUIRE(send(store, std::string(R"({"type":"CreateSwarm","swarm":"known","command_id":")") +
                            kCommandId + R"("})")
                .kind == OutcomeKind::kAccepted);
}

void no_progress(std::string_view /*what*/, std::uint64_t /*done*/, std::uint64_t /*total*/) {}

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
void write_file(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

BundleContent import_at(const fs::path& file, const fs::path& directory) {
    return import_bundle({file, directory, std::nullopt, standard_kinds()}, no_progress);
}

// What importing into memory says: empty where it was imported.
std::string refusal_of(const fs::path& file) {
    static const Kinds kinds = standard_kinds();
    std::unique_ptr<log::EventLog> made;
    try {
        import_bundle_into(
            {file, kinds.codec},
            [&made](const log::StoreInfo& store) {
                return std::make_unique<log::MemoryImport>(store, made);
            },
            no_progress);
    } catch (const Fault& fault) {
        CHECK(made == nullptr);
        return fault.what();
    }
    CHECK(made != nullptr);
    return {};
}

// The bundle of a filled store, in `directory`.
fs::path make_bundle(const TempDirectory& directory) {
    const fs::path base = directory.path();
    const auto store = open_at(base / "store");
    fill(*store);
    export_bundle(*store, base / "bundle", no_progress);
    return base / "bundle";
}

// Copies a bundle through its own reader and writer, changed on the way; checksums fit again.
struct Forgery {
    std::function<void(BundleShard&)> shard = [](BundleShard&) {};
    std::function<void(BundleCommand&)> command = [](BundleCommand&) {};
    std::function<void(std::string&)> event = [](std::string&) {};
};
void forge(const fs::path& from, const fs::path& to, const Forgery& forgery) {
    BundleReader in(from);
    BundleWriter out(to);
    const log::StoreInfo store = in.read_store();
    out.put(store);
    for (std::uint32_t s = 0; s < store.shard_count; ++s) {
        BundleShard shard = in.read_shard();
        std::uint64_t left = shard.position.value();
        forgery.shard(shard);
        out.put(shard);
        while (left > 0) {
            BundleCommand command = in.read_command();
            const std::uint64_t count = command.event_count;
            forgery.command(command);
            out.put(command);
            for (std::uint64_t i = 0; i < count; ++i, --left) {
                std::string event(in.read_event());
                forgery.event(event);
                out.put_event(event);
            }
        }
    }
    in.read_end();
    out.finish();
}

}  // namespace

TEST_CASE("bundle: a store comes back as it was, and gives the same bundle again", "[library]") {
    const TempDirectory directory;
    const fs::path base = directory.path();
    const fs::path file = make_bundle(directory);
    const auto before = open_at(base / "store");
    const BundleContent content = import_at(file, base / "copy");
    const auto after = open_at(base / "copy", OpenMode::kMustExist);
    CHECK(content.events() == 31);
    CHECK(content.commands == 26);
    CHECK(content.bytes == fs::file_size(file));
    CHECK((fs::status(file).permissions() & fs::perms::all) ==
          (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(after->log().info().store_id == before->log().info().store_id);
    CHECK(after->log().info().incarnation == before->log().info().incarnation);
    REQUIRE(after->log().shard_count() == 4);
    for (std::uint32_t s = 0; s < 4; ++s) {
        CHECK(after->log().head(Shard(s)).position == before->log().head(Shard(s)).position);
        CHECK(after->log().head(Shard(s)).hash == before->log().head(Shard(s)).hash);
    }
    const auto report = replay::verify_log(after->log(), after->codec(), [](std::uint64_t) {});
    CHECK(report.findings.empty());
    CHECK(report.events == 31);
    export_bundle(*after, base / "again", no_progress);
    CHECK(read_file(base / "again") == read_file(file));
    // What bundle_format.h says of the trailer: head 5, counts 1 and 1, hash 32, checksum 8.
    const std::string whole = read_file(file);
    CHECK(blake2b_256(whole.substr(0, whole.size() - 47)).view() ==
          whole.substr(whole.size() - 40, 32));
    // The receipts know their commands, and what stood in them.
    const std::string known =
        std::string(R"({"type":"CreateSwarm","swarm":"known","command_id":")") + kCommandId;
    CHECK(after->submit(known + R"("})").is_duplicate);
    CHECK(after->submit(known + R"(","data":{"goal":"another"}})").rejection);
    CHECK(after->submit(std::string(R"({"type":"CreateSwarm","swarm":"new"})")).kind ==
          OutcomeKind::kAccepted);
}

TEST_CASE("bundle: commands and events larger than what is written at once go through",
          "[library]") {
    const TempDirectory directory;
    const fs::path base = directory.path();
    {
        const auto store = open_at(base / "store");
        send(*store, R"({"type":"CreateSwarm","swarm":"s"})");
        send(*store, R"({"type":"StartRun","swarm":"s","run":"r"})");
        const std::string value(900'000, 'x');
        for (int i = 0; i < 12; ++i)
            REQUIRE(send(*store, R"({"type":"UpdateContext","swarm":"s","run":"r","data":)"
                                 R"({"updates":[{"key":"k)" +
                                     std::to_string(i) + R"(","op":"set","value":")" + value +
                                     R"("}]}})")
                        .kind == OutcomeKind::kAccepted);
        std::atomic<int> open{2500};
        for (int i = 0; i < 2500; ++i)
            store->submit_async(
                std::string_view(R"({"type":"UpdateContext","swarm":"s","run":"r","data":)"
                                 R"({"updates":[{"key":"n","op":"append","value":1}]}})"),
                [&open](const Outcome&) { --open; });
        store->close();
        REQUIRE(open == 0);
    }
    const auto store = open_at(base / "store");
    const BundleContent made = export_bundle(*store, base / "bundle", no_progress);
    CHECK(made.events() == 2514);
    import_at(base / "bundle", base / "copy");
    const auto copy = open_at(base / "copy");
    export_bundle(*copy, base / "again", no_progress);
    CHECK(read_file(base / "again") == read_file(base / "bundle"));
}

TEST_CASE("bundle: one taken beside a writer is whole up to a moment", "[library]") {
    const TempDirectory directory;
    const fs::path base = directory.path();
    const auto store = open_at(base / "store");
    fill(*store);
    std::atomic<bool> is_done{false};
    std::thread writer([&] {
        for (int n = 0; !is_done; ++n)
            send(*store, R"({"type":"CreateSwarm","swarm":"w)" + std::to_string(n) + R"("})");
    });
    const BundleContent made = export_bundle(*store, base / "bundle", no_progress);
    is_done = true;
    writer.join();
    CHECK(made.events() >= 31);
    import_at(base / "bundle", base / "copy");
    const auto copy = open_at(base / "copy");
    CHECK(replay::verify_log(copy->log(), copy->codec(), [](std::uint64_t) {}).findings.empty());
}

TEST_CASE("bundle: any byte changed, any end cut off or added is refused by its place",
          "[library]") {
    const TempDirectory directory;
    const fs::path base = directory.path();
    const fs::path file = base / "bundle";
    {
        const auto store = open_at(base / "store");
        fill(*store, 1);
        export_bundle(*store, file, no_progress);
    }
    const fs::path harmed = base / "harmed";
    const std::string whole = read_file(file);
    REQUIRE(refusal_of(file).empty());
    std::size_t unnamed = 0;
    const auto check = [&](const std::string& bytes, std::size_t at) {
        write_file(harmed, bytes);
        const std::string said = refusal_of(harmed);
        INFO("at " << at << ": " << said);
        REQUIRE_FALSE(said.empty());
        const std::size_t place = said.find("at byte ");
        if (place == std::string::npos) {
            ++unnamed;
        } else {
            REQUIRE(std::stoull(said.substr(place + 8)) <= at);
        }
    };
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
        check(bytes, at);
        check(whole.substr(0, at), at);
    }
    check(whole + '\0', whole.size());
    check(whole + whole, whole.size());
    // The first line has no offset to name: then it is another file altogether.
    CHECK(unnamed == 2 * std::string_view("skein bundle, format 1\n").size());
}

TEST_CASE("bundle: what fits its checksums and is no history is refused", "[library]") {
    const TempDirectory directory;
    const fs::path file = make_bundle(directory);
    const fs::path forged = file.string() + ".forged";
    int seen = 0;
    Forgery forgery;
    std::string wanted;
    SECTION("as it is") {}
    SECTION("an event is another one") {
        forgery.event = [&](std::string& event) {
            const std::size_t place = event.find("swarm/s3");
            if (place != std::string::npos && ++seen == 1) event[place + 7] = '9';
        };
        wanted = "is damaged: the record at byte";
    }
    SECTION("an event is no event") {
        forgery.event = [&](std::string& event) {
            if (++seen == 3) event = "no event";
        };
        wanted = "holds no event";
    }
    SECTION("the head has another hash") {
        forgery.shard = [&](BundleShard& shard) {
            if (++seen == 2) shard.hash.bytes[0] ^= 1;
        };
        wanted = "does not end in the hash";
    }
    SECTION("a shard comes twice") {
        forgery.shard = [&](BundleShard& shard) {
            if (++seen == 2) shard.shard = Shard(0);
        };
        wanted = "is of shard 0, where 1 is next";
    }
    SECTION("a shard ends before its events") {
        forgery.shard = [&](BundleShard& shard) { shard.position = Position(1); };
        wanted = "does not end in the hash";
    }
    SECTION("a command counts more events than it has") {
        forgery.command = [&](BundleCommand& command) {
            if (++seen == 1) ++command.event_count;
        };
        wanted = "should be an event";
    }
    SECTION("a command counts fewer events than it has") {
        forgery.command = [&](BundleCommand& command) {
            if (command.event_count > 1) command.event_count = 1;
        };
        wanted = "should be a command";
    }
    SECTION("a command counts more events than any shard has") {
        forgery.command = [&](BundleCommand& command) { command.event_count = INT32_MAX; };
        wanted = "beyond the head";
    }
    forge(file, forged, forgery);
    CHECK_THAT(refusal_of(forged), Catch::Contains(wanted));
    CHECK(refusal_of(forged).empty() == wanted.empty());
    if (wanted.empty()) CHECK(read_file(forged) == read_file(file));
}

TEST_CASE("bundle: neither a store nor a file is written over", "[library]") {
    const TempDirectory directory;
    const fs::path base = directory.path();
    const fs::path file = make_bundle(directory);
    const std::string whole = read_file(file);
    const auto store = open_at(base / "store");
    CHECK_THROWS_WITH(export_bundle(*store, file, no_progress),
                      Catch::Contains("is there already"));
    CHECK(read_file(file) == whole);
    CHECK_THROWS_WITH(import_at(file, base / "store"), Catch::Contains("is not empty"));
    write_file(base / "other", "something else, and long enough to be read");
    CHECK_THROWS_WITH(import_at(base / "other", base / "new"), Catch::Contains("is no bundle"));
    CHECK_THROWS_WITH(import_at(base / "nowhere", base / "new"),
                      Catch::Contains("there is no bundle"));
    write_file(base / "later", "skein bundle, format 2\n");
    CHECK_THROWS_WITH(import_at(base / "later", base / "new"), Catch::Contains("not known here"));
    CHECK_FALSE(fs::exists(base / "new"));
}

TEST_CASE("bundle: a damaged one leaves nothing that opens, and the next try succeeds",
          "[library]") {
    const TempDirectory directory;
    const fs::path base = directory.path();
    const fs::path file = make_bundle(directory);
    const std::string whole = read_file(file);
    write_file(base / "cut", whole.substr(0, whole.size() - 1));
    CHECK_THROWS_WITH(import_at(base / "cut", base / "new"), Catch::Contains("is cut short"));
    CHECK_FALSE(fs::exists(base / "new"));
    CHECK_THROWS_AS(open_at(base / "new.tmp", OpenMode::kMustExist), Fault);
    CHECK(import_at(file, base / "new").events() == 31);
    CHECK_FALSE(fs::exists(base / "new.tmp"));
}

TEST_CASE("bundle: what progress throws goes through, and no file is left", "[library]") {
    const TempDirectory directory;
    const fs::path base = directory.path();
    const auto store = open_at(base / "store");
    fill(*store);
    const auto stop = [](std::string_view, std::uint64_t, std::uint64_t) { throw 7; };
    CHECK_THROWS_AS(export_bundle(*store, base / "bundle", stop), int);
    CHECK_FALSE(fs::exists(base / "bundle"));
    CHECK_FALSE(fs::exists(base / "bundle.tmp"));
}
