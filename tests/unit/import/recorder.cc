#include "tests/unit/import/recorder.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "engine/json/patch.h"

namespace skein::import::testing {
namespace {

std::string text(const json::Value& object, std::string_view key) {
    const auto member = object.find(key);
    return member ? member->as_string().value_or("") : "";
}

json::Value data_of(const json::Value& command) {
    return command.find("data").value_or(json::Value::object({}));
}

}  // namespace

Next Recorder::put(json::Value command, const SourcePlace&) {
    const std::string type = text(command, "type");
    const std::string swarm = text(command, "swarm");
    const std::string name = text(command, "run");
    ids.push_back(text(command, "command_id"));
    if (keep_texts) texts.push_back(command.text());
    ++types[type];
    auto& runs = swarms[swarm];
    if (type == "CreateSwarm") goals[swarm] = text(data_of(command), "goal");
    if (!name.empty()) play_run(runs[name], type, command);
    return Next::kContinue;
}

Next Recorder::report(const Problem& problem) {
    problems.push_back(problem);
    return on_problem_;
}

void Recorder::import(std::string_view format, const std::filesystem::path& path) {
    const Importer* importer = find_importer(format);
    REQUIRE(importer != nullptr);
    import_path(*importer, path, sinks());
}

RunModel& Recorder::run(const std::string& swarm, const std::string& name) {
    INFO("swarm/" << swarm << "/run/" << name);
    REQUIRE(has_run(swarm, name));
    return swarms[swarm][name];
}

bool Recorder::has_run(const std::string& swarm, const std::string& name) const {
    const auto found = swarms.find(swarm);
    return found != swarms.end() && found->second.count(name) == 1;
}

std::uint64_t Recorder::count(const std::string& type) const {
    const auto found = types.find(type);
    return found == types.end() ? 0 : found->second;
}

void Recorder::play_run(RunModel& run, const std::string& type, const json::Value& command) {
    const json::Value data = data_of(command);
    ++run.events;
    if (type == "StartRun") {
        run.status = "running";
        run.parent = text(data, "parent");
        if (const auto inputs = data.find("inputs")) {
            for (const auto& [key, value] : inputs->members()) run.variables[key] = value;
        }
    } else if (type == "UpdateContext") {
        play_updates(run, data);
    } else if (type == "CompleteRun") {
        run.status = "completed";
        if (const auto outputs = data.find("outputs")) {
            for (const auto& [key, value] : outputs->members()) run.variables[key] = value;
        }
    } else if (type == "ForkRun") {
        // The texts of concurrent traces are not checked here, so a fork starts empty.
        run.status = "running";
        run.parent = text(data, "source") + text(data, "at");
    } else if (type == "CancelRun" || type == "FailRun") {
        run.status = type == "CancelRun" ? "cancelled" : "failed";
    }
    play_step(run, type, data);
}

void Recorder::play_step(RunModel& run, const std::string& type, const json::Value& data) {
    const std::string step = text(data, "step");
    if (step.empty()) return;
    run.steps.insert(step);
    if (type == "FailStep") run.failed_steps.insert(step);
    if (type == "CompleteStep") {
        if (const auto output = data.find("output")) run.outputs[step] = *output;
    }
}

void Recorder::play_updates(RunModel& run, const json::Value& data) {
    for (const json::Value& update : data.find("updates")->elements()) {
        const std::string key = text(update, "key");
        const std::string op = text(update, "op");
        if (op == "delete") {
            run.variables.erase(key);
            continue;
        }
        const json::Value value = *update.find("value");
        const auto found = run.variables.find(key);
        if (op == "set") {
            run.variables[key] = value;
        } else if (op == "append") {
            json::Value array =
                found == run.variables.end() ? json::Value::array({}) : found->second;
            run.variables[key] = std::move(array).appended(value);
        } else {
            REQUIRE(op == "merge");
            const auto target = found == run.variables.end() ? std::optional<json::Value>()
                                                             : std::optional(found->second);
            run.variables[key] = json::merge(target, value);
        }
    }
}

std::uint64_t elements(const RunModel& run, const std::string& variable, const std::string& key,
                       const std::string& value) {
    const auto found = run.variables.find(variable);
    if (found == run.variables.end()) return 0;
    std::uint64_t count = 0;
    found->second.for_each_element([&](const json::Value& element) {
        if (key.empty() || text(element, key) == value) ++count;
    });
    return count;
}

std::string document(const RunModel& run) {
    std::string whole;
    for (const auto& [key, value] : run.variables) {
        if (key.starts_with("text.")) whole += value.as_string().value();
    }
    return whole;
}

std::vector<Row> read_index(const std::filesystem::path& file) {
    std::ifstream in(file);
    REQUIRE(in);
    const auto cells = [](std::string line) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        std::vector<std::string> found(1);
        bool quoted = false;
        for (const char c : line) {
            if (c == '"')
                quoted = !quoted;
            else if (c == ',' && !quoted)
                found.emplace_back();
            else
                found.back() += c;
        }
        return found;
    };
    std::string line;
    REQUIRE(std::getline(in, line));
    const auto names = cells(line);
    std::vector<Row> rows;
    while (std::getline(in, line)) {
        const auto values = cells(line);
        REQUIRE(values.size() == names.size());
        Row row;
        for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = values[i];
        rows.push_back(std::move(row));
    }
    REQUIRE(!rows.empty());
    return rows;
}

std::uint64_t number(const Row& row, const std::string& column) {
    INFO("column " << column);
    REQUIRE(row.count(column) == 1);
    return std::stoull(row.at(column));
}

std::vector<std::filesystem::path> roots(const std::string& set) {
    std::vector<std::filesystem::path> found;
    const std::filesystem::path kept = std::filesystem::path(SKEIN_TEST_DATA) / set;
    if (std::filesystem::exists(kept / "INDEX.csv")) found.push_back(kept);
    const char* folder = std::getenv("SKEIN_REAL_DATA");
    const std::filesystem::path whole =
        std::filesystem::path(folder != nullptr ? folder : SKEIN_REAL_DATA_DEFAULT) / set;
    if (std::filesystem::exists(whole / "INDEX.csv"))
        found.push_back(whole);
    else
        WARN("the whole set " << set << " was not run: it is not in the folder SKEIN_REAL_DATA");
    return found;
}

std::map<std::string, std::string> sets_of_records() {
    return {{"inspect", "inspect-logs"},
            {"swe-agent", "swe-agent-traj"},
            {"tau-bench", "tau-bench"},
            {"temporal", "temporal-histories"},
            {"who-and-when", "who-and-when"}};
}

TemporaryFile::TemporaryFile(const std::string& name, std::string_view content) {
    std::string pattern = (std::filesystem::temp_directory_path() / "skein-import-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    path_ = folder_ / name;
    std::filesystem::create_directories(path_.parent_path());
    std::ofstream(path_, std::ios::binary) << content;
}

TemporaryFile::~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

}  // namespace skein::import::testing
