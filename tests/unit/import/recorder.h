// Recorder: a sink that keeps ids and plays commands into a small model, so that counts and texts
// are taken from the commands alone.
//
// Threads: one. Errors: problems are kept.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tools/import/importer.h"

namespace skein::import::testing {

struct RunModel {
    std::map<std::string, json::Value> variables;
    std::set<std::string> steps;
    std::set<std::string> failed_steps;
    std::map<std::string, json::Value> outputs;  // by step
    std::uint64_t events = 0;
    std::string parent;
    std::string status;
};

class Recorder final : public CommandSink, public ProblemSink {
 public:
    explicit Recorder(Next on_problem = Next::kContinue) : on_problem_(on_problem) {}

    Next put(json::Value command, const SourcePlace& place) override;
    Next report(const Problem& problem) override;
    Sinks sinks() { return {*this, *this}; }
    void import(std::string_view format, const std::filesystem::path& path);

    RunModel& run(const std::string& swarm, const std::string& name);
    bool has_run(const std::string& swarm, const std::string& name) const;
    std::uint64_t count(const std::string& type) const;

    std::map<std::string, std::map<std::string, RunModel>> swarms;
    std::map<std::string, std::string> goals;
    std::map<std::string, std::uint64_t> types;
    std::vector<std::string> ids;
    std::vector<std::string> texts;  // every command, where keep_texts
    bool keep_texts = false;
    std::vector<Problem> problems;

 private:
    void play_run(RunModel& run, const std::string& type, const json::Value& command);
    void play_step(RunModel& run, const std::string& type, const json::Value& data);
    void play_updates(RunModel& run, const json::Value& data);

    Next on_problem_;
};

// The elements of a variable whose member `key` is `value`; all where `key` is empty.
std::uint64_t elements(const RunModel& run, const std::string& variable,
                       const std::string& key = {}, const std::string& value = {});
// The document that the variables `text.*` make, in key order.
std::string document(const RunModel& run);

// The rows of an INDEX.csv, by column.
using Row = std::map<std::string, std::string>;
std::vector<Row> read_index(const std::filesystem::path& file);
std::uint64_t number(const Row& row, const std::string& column);

// Folders that hold the set: the records kept with the tests, and the whole set where it is there.
// Where the whole set is not there, says so.
std::vector<std::filesystem::path> roots(const std::string& set);
// The sets whose files hold records of runs, by the format that reads them.
std::map<std::string, std::string> sets_of_records();

// A file in a folder of its own that is gone with this object.
class TemporaryFile {
 public:
    TemporaryFile(const std::string& name, std::string_view content);
    ~TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    const std::filesystem::path& path() const { return path_; }

 private:
    std::filesystem::path folder_;
    std::filesystem::path path_;
};

}  // namespace skein::import::testing
