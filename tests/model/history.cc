#include "tests/model/history.h"

#include <fmt/format.h>

#include "engine/codec/snapshot.h"
#include "engine/json/digest.h"
#include "engine/replay/verify.h"
#include "tests/model/random_commands.h"

namespace skein::model {

namespace {

std::string first_difference(const std::string& found, const std::string& expected) {
    const Json from = Json::parse(expected);
    return Json::diff(from, Json::parse(found)).dump() + " in the expected " + expected;
}

void drop(Json& entries, const std::vector<const char*>& names) {
    for (auto& [key, entry] : entries.items())
        for (const char* name : names) entry.erase(name);
}

}  // namespace

void Tally::add(const Tally& other) {
    const auto sum = [](auto& into, const auto& from) {
        for (const auto& [name, count] : from) into[name] += count;
    };
    sum(types, other.types);
    sum(strategies, other.strategies);
    sum(decided, other.decided);
    rejected += other.rejected;
    duplicates += other.duplicates;
    children_merged += other.children_merged;
    states += other.states;
}

std::string digest_of_document(const std::string& document) {
    Json rest = Json::parse(document);
    for (const char* name : {"started_at", "updated_at", "created_at"}) rest.erase(name);
    if (rest["schema"] == "skein.run/1") {
        drop(rest["variables"], {"version", "source", "actor"});
        drop(rest["intermediate"], {"version", "source", "actor"});
    } else {
        drop(rest["board"], {"version", "actor", "expires_at"});
        Json runs = Json::object();
        for (const Json& line : rest["runs"]) runs[line["run"].get<std::string>()] = line["status"];
        rest["runs"] = runs;
    }
    const auto parsed = json::parse(rest.dump());
    SKEIN_CHECK(parsed.has_value(), "a document that is not JSON: {}", document);
    return json::digest(json::Path(), *parsed).hex();
}

History::History(std::uint64_t seed) : random_(seed) {}

Stream History::run_stream(const std::string& run) const {
    return Stream(swarm_stream().str() + "/run/" + run);
}

std::string History::story() const {
    std::string all;
    for (const std::string& line : story_) all += line + "\n";
    return all;
}

std::string History::send(const Json& command) {
    const std::string text = command.dump();
    engine_.clock.time.us += static_cast<std::int64_t>(random_.below(3)) * 1000;
    const bool expected = model_.apply(command, format_time(engine_.clock.time));
    const runtime::Outcome outcome = engine_.send(text);
    const bool accepted = outcome.kind == runtime::OutcomeKind::kAccepted;
    story_.push_back((accepted ? "accepted " : "rejected ") + text);
    if (accepted != expected) {
        return expected ? "the engine rejects what the model accepts: " +
                              (outcome.rejection ? outcome.rejection->message : outcome.detail)
                        : "the engine accepts what the model refuses: " + model_.why();
    }
    if (!accepted) {
        ++tally_.rejected;
        return {};
    }
    const std::string type = command["type"];
    ++tally_.types[type];
    if (type == "MergeRun") ++tally_.strategies[command["data"]["strategy"]];
    if (!command.contains("command_id")) return {};
    const runtime::Outcome again = engine_.send(text);
    ++tally_.duplicates;
    return again.is_duplicate ? "" : "a repeated command is no duplicate";
}

std::string History::play(std::uint64_t commands) {
    RandomCommands generator(random_, model_);
    std::string problem = send(generator.first());
    for (std::uint64_t i = 0; i < commands && problem.empty(); ++i)
        problem = send(generator.next());
    tally_.decided = model_.decided();
    tally_.children_merged = model_.children_merged();
    return problem;
}

std::string History::check_run(const replay::States& source, const std::string& run,
                               std::uint64_t version) {
    const auto state = source.at(run_stream(run), Version(version));
    const std::string found = state->document({}).text();
    const std::string expected = run_document(model_.at(run, version), model_.swarm_name());
    ++tally_.states;
    const std::string where = fmt::format("run {} at version {}: ", run, version);
    if (found != expected) return where + first_difference(found, expected);
    if (state->mark().position.value() != model_.at(run, version).position)
        return where + "position";
    if (state->digest().hex() != digest_of_document(expected)) return where + "digest";
    return {};
}

std::string History::check_swarm(const replay::States& source, std::uint64_t position) {
    const auto state = source.document_at(swarm_stream(), Position(position));
    const std::string found = state->document({}).text();
    const std::string expected = swarm_document(model_.swarm_at(position), model_.swarm_name());
    ++tally_.states;
    const std::string where = fmt::format("the swarm at position {}: ", position);
    if (found != expected) return where + first_difference(found, expected);
    if (state->digest().hex() != digest_of_document(expected)) return where + "digest";
    return {};
}

std::string History::check_source(const replay::States& source, const std::string& name) {
    for (const std::string& run : model_.run_ids()) {
        // From the newest down, so that no version is folded on from the one before it.
        for (std::uint64_t version = model_.now(run).version; version > 0; --version) {
            const std::string problem = check_run(source, run, version);
            if (!problem.empty()) return name + ": " + problem;
        }
    }
    for (std::uint64_t position = model_.head(); position > 0; --position) {
        const std::string problem = check_swarm(source, position);
        if (!problem.empty()) return name + ": " + problem;
    }
    return {};
}

void History::put_snapshots() {
    const replay::LogStates folds(engine_.log, engine_.codec, replay::Snapshots::kIgnore);
    for (const std::string& run : model_.run_ids()) {
        for (int i = 0; i < 2; ++i) {
            const Version version(1 + random_.below(model_.now(run).version));
            const Stream stream = run_stream(run);
            engine_.log.put_snapshot(
                stream, version, codec::encode_snapshot(folds.at(stream, version), engine_.codec));
        }
    }
    const auto swarm = folds.latest(swarm_stream());
    engine_.log.put_snapshot(swarm_stream(), swarm->version(),
                             codec::encode_snapshot(swarm, engine_.codec));
}

std::string History::check_states() {
    const Shard shard = log::shard_of(engine_.log, swarm_stream());
    if (engine_.log.head(shard).position.value() != model_.head())
        return "the log has another number of events than the model";
    const replay::LogStates folds(engine_.log, engine_.codec, replay::Snapshots::kIgnore);
    std::string problem = check_source(folds, "fold");
    if (!problem.empty()) return problem;
    put_snapshots();
    const replay::LogStates snapshots(engine_.log, engine_.codec, replay::Snapshots::kUse);
    return check_source(snapshots, "snapshots");
}

std::string History::check_verified() {
    const auto report = replay::verify_log(engine_.log, engine_.codec, [](std::uint64_t) {});
    if (!report.findings.empty()) return "verify: " + report.findings.front().what;
    if (report.events != model_.head()) return "verify did not see every event";
    for (const std::string& run : model_.run_ids()) {
        const auto of_run = replay::verify_stream(engine_.log, engine_.codec, run_stream(run));
        if (!of_run.findings.empty()) return "verify " + run + ": " + of_run.findings.front().what;
    }
    return {};
}

}  // namespace skein::model
