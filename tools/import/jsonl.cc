// Commands of interfaces section 2, one a line, as they are. A command without an id gets one from
// its line number and content.
#include "tools/import/formats.h"

#include <set>

#include <fmt/format.h>

#include "tools/import/command_writer.h"
#include "tools/import/line_import.h"

namespace skein::import {
namespace {

json::Value with_id(const json::Value& command, std::uint64_t line) {
    if (command.find("command_id")) return command;
    Members members = command.members();
    const std::string content = "jsonl\n" + std::to_string(line) + "\n" + command.text();
    members.emplace_back("command_id", text_value(derived_id(content)));
    return object_value(std::move(members));
}

// Events are facts of another store, and nothing makes commands of them again.
bool is_event(const json::Value& document) {
    const auto schema = document.find("schema");
    return schema && schema->as_string() == "skein.event/1";
}

// What a broken line names as its swarm, as far as it can be read.
std::set<std::string> swarms_in(std::string_view line) {
    constexpr std::string_view kKey = "\"swarm\"";
    std::set<std::string> swarms;
    for (std::size_t at = line.find(kKey); at != std::string_view::npos; at = line.find(kKey)) {
        line.remove_prefix(at + kKey.size());
        const std::size_t from = line.find_first_not_of(" \t:");
        if (from == std::string_view::npos || line[from] != '"') continue;
        const std::string_view rest = line.substr(from + 1);
        const std::size_t end = rest.find('"');
        if (end != std::string_view::npos) swarms.emplace(rest.substr(0, end));
    }
    return swarms;
}

// The commands of one file. What follows a broken line may build on it (a CompleteRun after an
// update that is missing would refuse the update for good), so the rest of its swarm waits.
class Commands {
 public:
    explicit Commands(Sinks sinks) : sinks_(sinks) {}

    Next write(const json::Value& command, const SourcePlace& place) {
        if (is_event(command))
            return sinks_.problems.report({place,
                                           "an event as `skein export` prints it, and no command; "
                                           "`skein backup` copies a store"});
        if (waiting_.count(text_of(command, "swarm")) > 0) return Next::kContinue;
        return sinks_.commands.put(with_id(command, place.line), place);
    }

    std::string wait_for(std::string_view broken) {
        std::string said;
        for (const std::string& swarm : swarms_in(broken)) {
            said += fmt::format("; what follows for swarm/{} waits until it is mended", swarm);
            waiting_.insert(swarm);
        }
        return said;
    }

 private:
    Sinks sinks_;
    std::set<std::string> waiting_;
};

class Jsonl final : public Importer {
 public:
    std::string_view format() const override { return "jsonl"; }
    FileLayout layout() const override { return FileLayout::kLines; }
    bool takes(const std::filesystem::path& file) const override {
        return file.extension() == ".jsonl";
    }
    Next import_file(const std::filesystem::path& file, Sinks sinks) const override {
        Commands commands(sinks);
        return each_line_object(
            file, sinks.problems,
            {[&](const json::Value& command, const SourcePlace& place) {
                 return commands.write(command, place);
             },
             [&](std::string_view broken) { return commands.wait_for(broken); }});
    }
};

}  // namespace

const Importer& jsonl_importer() {
    static const Jsonl importer;
    return importer;
}

}  // namespace skein::import
